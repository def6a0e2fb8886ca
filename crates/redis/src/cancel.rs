//! Ends a PIN by the caller's wish.

use pinfold_core::id::{PinId, TenantId};
use pinfold_core::life::CancelOutcome;

use crate::function::{Function, Packed};
use crate::resend::terminal;
use crate::{Error, Hot};

impl Hot {
    /// Cancels a PIN, in one round trip.
    ///
    /// # Errors
    /// When Redis cannot be asked, or the record is foreign.
    pub async fn cancel(&self, tenant: TenantId, pin: PinId) -> Result<CancelOutcome, Error> {
        let names = self.names(tenant);
        let (key, events) = (names.pin(pin), names.partition.events());
        let ids = [tenant.as_bytes().as_slice(), pin.as_bytes()].concat();
        let numbers = Packed::default().ms(self.clock_ms);
        let (code, over): (i64, u64) =
            Function::Cancel.call(self, &[key.as_bytes(), events.as_bytes()], &[numbers.bytes(), &ids]).await?;
        match code {
            0 => Ok(CancelOutcome::Unknown),
            1 => Ok(CancelOutcome::Canceled),
            3 => Ok(CancelOutcome::Terminal(terminal(over)?)),
            _ => Err(Error::Foreign),
        }
    }
}
