//! Test numbers as clients write and see them.

use pinfold_core::field::FieldError;
use pinfold_core::limits::Ceilings;
use pinfold_core::test_number::{TestNumber, TestNumbers};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The test numbers of an application.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TestNumbers)]
pub(crate) struct TestNumbersView {
    /// Each number once.
    #[schema(max_items = 20)]
    test_numbers: Vec<TestNumberView>,
}

/// A number and its code.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TestNumber)]
struct TestNumberView {
    /// The phone number, in international form.
    #[schema(example = "41793026727")]
    phone_number: String,
    /// The code of all its PINs: digits.
    #[schema(min_length = 4, max_length = 10, pattern = "^[0-9]+$", example = "123456")]
    code: String,
}

impl TestNumbersView {
    /// The numbers.
    ///
    /// # Errors
    /// Every field that breaks its bound, by its place in the list.
    pub(super) fn read(&self, ceilings: &Ceilings) -> Result<TestNumbers, Vec<FieldError>> {
        let given = self.test_numbers.iter().map(|one| (one.phone_number.as_str(), one.code.as_str()));
        TestNumbers::read("testNumbers", given, ceilings)
    }
}

impl From<&TestNumbers> for TestNumbersView {
    fn from(numbers: &TestNumbers) -> Self {
        Self { test_numbers: numbers.iter().map(TestNumberView::from).collect() }
    }
}

impl From<&TestNumber> for TestNumberView {
    fn from(number: &TestNumber) -> Self {
        Self { phone_number: number.phone.digits().to_owned(), code: number.code.expose().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_set_is_what_is_shown_in_canonical_form() {
        let asked = json!({ "testNumbers": [{ "phoneNumber": "+41 79 302 67 27", "code": "0042" }] });
        let view: TestNumbersView = serde_json::from_value(asked).expect("of the right shape");
        let numbers = view.read(&Ceilings::default()).expect("within bounds");
        let shown = serde_json::to_value(TestNumbersView::from(&numbers)).expect("serialises");
        assert_eq!(shown, json!({ "testNumbers": [{ "phoneNumber": "41793026727", "code": "0042" }] }));
    }
}
