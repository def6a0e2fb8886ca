//! The caps that a message has to pass, as the scripts read them, and the money that is reserved under them.

use pinfold_core::caps::{Budget, Capped};
use pinfold_core::id::{ApplicationId, TenantId};
use pinfold_core::life::Refusal;
use pinfold_core::price::Price;

use crate::function::{Function, Packed};
use crate::keys::TenantKeyNames;
use crate::send::refusal;
use crate::{Error, Hot};

/// A count that is never reached: no cap.
const NONE: u32 = u32::MAX;
/// An amount that is never reached: no cap.
const NO_MONEY: u64 = (1 << 48) - 1;

/// The amount of a cap as the scripts read it.
fn money(cap: Option<Price>) -> u64 {
    cap.map_or(NO_MONEY, |cap| cap.micros.min(NO_MONEY - 1))
}

/// What is done with reserved money.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Reserve,
    GiveBack,
    Add,
}

/// The bit that says that the last key and the last argument are the caps.
pub(crate) const BIT: u8 = 128;

/// The key of a tenant's counters and the argument; nothing where there are no caps.
pub(crate) fn given(names: &TenantKeyNames, budget: &Budget, application: ApplicationId) -> Option<(Vec<u8>, Vec<u8>)> {
    let read = budget.tenant.or(budget.application)?.recorded.day;
    let mut numbers = Packed::default().u32(u32::try_from(read).unwrap_or(0));
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
            .u8(if is_read { u8::from(day) | u8::from(month) << 1 } else { 0 })
            .ms(money(caps.daily_money))
            .ms(money(caps.monthly_money));
    }
    Some((names.caps().into_bytes(), [numbers.bytes(), application.as_bytes()].concat()))
}

impl Hot {
    /// Reserves what a message costs, in millionths, under caps on money in its currency ([`Budget::money_in`]). Refused, nothing
    /// is reserved, and the scripts accept nothing more until the day or the month ends or the cap is another one.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn reserve_money(
        &self,
        tenant: TenantId,
        application: ApplicationId,
        budget: &Budget,
        micros: u64,
    ) -> Result<Option<Refusal>, Error> {
        let (code, retry_ms) = self.spend(tenant, application, budget, Turn::Reserve, micros).await?;
        if code == 0 { Ok(None) } else { refusal(code, retry_ms).map(Some) }
    }

    /// Says that a message cost another amount than was reserved for it; nothing, when it was not sent.
    ///
    /// # Errors
    /// When Redis cannot be asked: then what was reserved stays so.
    pub async fn correct_money(
        &self,
        tenant: TenantId,
        application: ApplicationId,
        budget: &Budget,
        reserved: u64,
        spent: u64,
    ) -> Result<(), Error> {
        let turn = if spent < reserved { Turn::GiveBack } else { Turn::Add };
        self.spend(tenant, application, budget, turn, spent.abs_diff(reserved)).await.map(drop)
    }

    async fn spend(
        &self,
        tenant: TenantId,
        application: ApplicationId,
        budget: &Budget,
        turn: Turn,
        micros: u64,
    ) -> Result<(i64, u64), Error> {
        let read = budget.tenant.or(budget.application).map_or(0, |capped| capped.recorded.day);
        let mut caps = Packed::default().u32(u32::try_from(read).unwrap_or(0));
        for capped in [budget.tenant, budget.application] {
            let Capped { caps: cap, recorded } = capped.unwrap_or_default();
            let counted = |micros: u64| if recorded.day == read { micros.min(NO_MONEY - 1) } else { 0 };
            caps = caps
                .ms(money(cap.daily_money))
                .ms(money(cap.monthly_money))
                .ms(counted(recorded.day_micros))
                .ms(counted(recorded.month_micros));
        }
        let caps = [caps.bytes(), application.as_bytes()].concat();
        let numbers = Packed::default().ms(self.clock_ms).u8(turn as u8).ms(micros.min(NO_MONEY - 1));
        let key = self.names(tenant).caps();
        Function::Spend.call(self, &[key.as_bytes()], &[numbers.bytes(), &caps]).await
    }
}
