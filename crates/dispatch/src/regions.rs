//! The countries of numbers. Finding one costs some hundred times what a look into memory does, and the first digits say it:
//! they are remembered.

use std::sync::{Mutex, PoisonError};

use pinfold_core::id::IdMap;
use pinfold_core::phone::Phone;
use pinfold_core::region::Region;

/// So many digits say which country it is.
const DIGITS: usize = 8;
/// How many are remembered.
const MOST: usize = 20_000;

/// Countries by the first digits of their numbers.
#[derive(Default)]
pub(crate) struct Regions(Mutex<IdMap<[u8; DIGITS], Option<Region>>>);

impl Regions {
    /// A number's country.
    pub(crate) fn of(&self, phone: &Phone) -> Option<Region> {
        let Some(start) = phone.digits().as_bytes().first_chunk() else { return phone.region() };
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(region) = known().get(start) {
            return *region;
        }
        let region = phone.region();
        let mut known = known();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(*start, region);
        region
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_the_number_plan_are_told_apart() {
        let regions = Regions::default();
        for _ in 0..2 {
            for (number, country) in [("41793026727", "CH"), ("16175550123", "US"), ("14165550123", "CA"), ("447400123456", "GB")]
            {
                let region = regions.of(&Phone::parse(number).expect(number));
                assert_eq!(region.map(|region| region.to_string()).as_deref(), Some(country), "{number}");
            }
        }
    }
}
