//! The caps that a message has to pass, as the scripts read them.

use pinfold_core::caps::{Budget, Capped};
use pinfold_core::id::ApplicationId;

use crate::function::Numbers;
use crate::keys::TenantKeyNames;

/// A count that is never reached: no cap.
const NONE: u32 = u32::MAX;

/// The bit that says that the last key and the last argument are the caps.
pub(crate) const BIT: u8 = 128;

/// The key of a tenant's counters and the argument; nothing where there are no caps.
pub(crate) fn given(names: &TenantKeyNames, budget: &Budget, application: ApplicationId) -> Option<(Vec<u8>, Vec<u8>)> {
    let read = budget.tenant.or(budget.application)?.recorded.day;
    let mut numbers = Numbers::default().u32(u32::try_from(read).unwrap_or(0));
    for capped in [budget.tenant, budget.application] {
        let capped = capped.unwrap_or_default();
        let Capped { caps, recorded } = capped;
        // A day that was read just before the other one is another day: what it says is void.
        let is_read = recorded.day == read;
        let messages = |count: u32| if is_read { count } else { 0 };
        let (day, month) = capped.is_spent();
        numbers = numbers
            .u32(caps.daily_messages.map_or(NONE, |cap| cap.min(NONE - 1)))
            .u32(caps.monthly_messages.map_or(NONE, |cap| cap.min(NONE - 1)))
            .u32(messages(recorded.day_messages))
            .u32(messages(recorded.month_messages))
            .u8(if is_read { u8::from(day) | u8::from(month) << 1 } else { 0 });
    }
    Some((names.caps().into_bytes(), [numbers.bytes(), application.as_bytes()].concat()))
}
