//! Which page of a list.

use pinfold_http::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

/// Items on a page when a request does not say, and the most there may be.
const PAGE: u32 = 100;

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// The page, from 1.
    #[param(minimum = 1, example = 1)]
    page: Option<u32>,
    /// Items on a page; 100 by default.
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u32>,
}

impl PageParams {
    /// The number of the page, from 1, and its size.
    ///
    /// # Errors
    /// 422 naming the parameter.
    pub(super) fn read(&self) -> Result<(u32, u32), Problem> {
        let (page, size) = (self.page.unwrap_or(1), self.page_size.unwrap_or(PAGE));
        if !(1..=1_000_000).contains(&page) {
            return Err(Problem::field("page", "must be between 1 and 1000000"));
        }
        if !(1..=PAGE).contains(&size) {
            return Err(Problem::field("page_size", format!("must be between 1 and {PAGE}")));
        }
        Ok((page, size))
    }
}
