//! A plan as clients write and see it.

use pinfold_core::channel::Channel;
use pinfold_core::fallback::{On, Plan, Step};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What follows when a message does not reach its person.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FallbackPlan)]
pub(crate) struct PlanView {
    /// The steps after the first message, in order.
    #[schema(min_items = 1, max_items = 4)]
    pub(super) steps: Vec<StepView>,
}

/// A step of a fallback plan.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FallbackPlanStep)]
pub(crate) struct StepView {
    /// `sms`, `voice`, `email` or `push`.
    #[schema(value_type = String, example = "voice")]
    channel: Channel,
    /// Seconds after the message before was handed to a provider.
    #[schema(example = 30, minimum = 5, maximum = 3600)]
    after: u32,
    /// `failure`: when the message before failed; `no_receipt`: or nobody said in that time that it arrived;
    /// `not_verified`, the default: or the PIN was not verified in that time.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "not_verified")]
    on: On,
}

impl From<&Plan> for PlanView {
    fn from(plan: &Plan) -> Self {
        let view = |step: &Step| StepView { channel: step.channel, after: step.after, on: step.on };
        Self { steps: plan.steps().iter().map(view).collect() }
    }
}

impl From<StepView> for Step {
    fn from(view: StepView) -> Self {
        Self { channel: view.channel, after: view.after, on: view.on }
    }
}
