//! Money under a cap is reserved before a provider hears of the message, so that no cap is passed, however many messages go at
//! once. A message without a known price, or under no cap on money in its currency, asks nobody.

use std::time::Duration;

use pinfold_core::caps::Budget;
use pinfold_core::id::ApplicationId;
use pinfold_core::life::Refusal;
use pinfold_core::price::Price;

use super::Delivery;
use super::hand_over::{Lack, Ready};

/// How long a message waits when its price cannot be reserved.
const AGAIN: Duration = Duration::from_secs(1);

/// What was reserved for a message.
pub(super) struct Reserved(Box<Sum>);

struct Sum {
    application: ApplicationId,
    budget: Budget,
    price: Price,
}

impl Delivery<'_> {
    /// Reserves what a message costs by the list of its route.
    ///
    /// # Errors
    /// The cap that it would pass, or a wait while Redis cannot be asked.
    pub(super) async fn reserve(&self, ready: &Ready<'_>) -> Result<Option<Reserved>, Lack> {
        let listed = ready.way.taken.as_ref().and_then(|taken| taken.leg.price);
        let message = ready.snapshot.messages.get(&self.record.message);
        let (Some(price), Some(message)) = (listed, message) else { return Ok(None) };
        let application = message.application;
        let budget = ready.snapshot.budget(application, self.record.flags.is_sandbox);
        let Some(budget) = budget.money_in(price.currency) else { return Ok(None) };
        let price = price.times(ready.rendered.segments().unwrap_or(1).into());
        match Box::pin(self.worker.hot.reserve_money(self.job.tenant, application, &budget, price.micros)).await {
            Ok(None) => Ok(Some(Reserved(Box::new(Sum { application, budget, price })))),
            Ok(Some(Refusal::MonthlyCap { .. })) => Err(Lack::Configuration("monthly_cap")),
            Ok(Some(_)) => Err(Lack::Configuration("daily_cap")),
            Err(error) => {
                self.worker.redis.begin(&error);
                Err(Lack::WayYet(AGAIN, "caps_unknown"))
            }
        }
    }

    /// Corrects what was reserved to what the message cost; nothing, when it was not sent. Where Redis cannot be asked, what was
    /// reserved counts: a cap stops rather early than late.
    pub(super) async fn correct(&self, reserved: Reserved, cost: Option<Price>) {
        let Sum { application, budget, price } = *reserved.0;
        let spent = cost.filter(|cost| cost.currency == price.currency).map_or(0, |cost| cost.micros);
        if spent == price.micros {
            return;
        }
        let correcting = self.worker.hot.correct_money(self.job.tenant, application, &budget, price.micros, spent);
        if let Err(error) = correcting.await {
            self.worker.redis.begin(&error);
        }
    }
}
