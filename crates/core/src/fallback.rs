//! Fallback plans: which channels follow when a message does not reach its person, and when. Pure.
//!
//! The message of the send comes first and is no step of the plan. Each step has one message at most; all share the PIN,
//! its expiry, its attempts and its limits.

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::envelope::Envelope;
use crate::field::{Checks, FieldError};
use crate::life::Terminal;
use crate::message::Body;

/// The most steps of a plan. The record counts them in three bits.
pub const MOST_STEPS: usize = 4;
/// The shortest wait of a step, in seconds: a message needs some time to be read.
pub const SHORTEST_WAIT: u32 = 5;
/// The longest wait of a step, in seconds.
pub const LONGEST_WAIT: u32 = 3_600;

/// What makes a step start. Each one includes those before it, and an explicit request starts every step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// The message before failed.
    Failure,
    /// Or nobody said within the wait that it arrived.
    NoReceipt,
    /// Or the PIN was not verified within the wait.
    #[default]
    NotVerified,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// The way of its message.
    pub channel: Channel,
    /// How many seconds after the message before was handed to a provider.
    pub after: u32,
    /// What makes it start.
    #[serde(default)]
    pub on: On,
}

/// The steps, in order: one to four of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Plan(Vec<Step>);

impl Plan {
    /// Takes the steps that follow a message by `first`, where that is known, within a life of `life_ms`.
    ///
    /// # Errors
    /// Every bound that is broken.
    pub fn new(steps: Vec<Step>, first: Option<Channel>, life_ms: u64) -> Result<Self, Vec<FieldError>> {
        let mut checks = Checks::default();
        let count = steps.len();
        checks.require((1..=MOST_STEPS).contains(&count), "fallback", format!("must have 1 to {MOST_STEPS} steps"));
        let mut before = first;
        for (place, step) in steps.iter().enumerate().take(MOST_STEPS) {
            if before == Some(step.channel) {
                let must = format!("must not be {} again: the message before goes that way", step.channel);
                checks.push(FieldError::new(format!("fallback[{place}].channel"), must));
            }
            if !(SHORTEST_WAIT..=LONGEST_WAIT).contains(&step.after) {
                let must = format!("must be between {SHORTEST_WAIT} and {LONGEST_WAIT}");
                checks.push(FieldError::new(format!("fallback[{place}].after"), must));
            }
            before = Some(step.channel);
        }
        let total: u64 = steps.iter().map(|step| u64::from(step.after)).sum();
        let life = life_ms / 1_000;
        checks.require(total * 1_000 < life_ms, "fallback", format!("must wait less than the PIN lives, {life} s in all"));
        checks.finish()?;
        Ok(Self(steps))
    }

    /// The steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// What the step after `taken` ones is.
    #[must_use]
    pub fn step(&self, taken: u8) -> Option<Step> {
        self.0.get(usize::from(taken)).copied()
    }
}

/// What became of the message before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Before {
    /// It is on its way, as far as is known.
    Underway,
    /// A receipt says that it arrived.
    Arrived,
    /// It was given up, or a receipt says that it did not arrive.
    Failed,
}

/// Why a step has no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Skip {
    /// The person has no address for the channel.
    NoAddress,
    /// The template cannot travel on the channel.
    WrongTemplate,
    /// The message before went the same way.
    SameChannel,
    /// The number is locked after too many wrong guesses.
    Locked,
    /// The number had its messages.
    NumberLimit,
    /// The recipient had its push messages.
    PushLimit,
    /// The application had its messages.
    ApplicationLimit,
    /// A cap of the day is reached.
    DailyCap,
    /// A cap of the month is reached.
    MonthlyCap,
}

impl Skip {
    /// The reason as a stable word.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoAddress => "no_address",
            Self::WrongTemplate => "wrong_template",
            Self::SameChannel => "same_channel",
            Self::Locked => "number_locked",
            Self::NumberLimit => "number_limit",
            Self::PushLimit => "push_limit",
            Self::ApplicationLimit => "application_limit",
            Self::DailyCap => "daily_cap",
            Self::MonthlyCap => "monthly_cap",
        }
    }
}

/// What is known when a step may be due.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Why the PIN takes no more messages, if it does not. A PIN that was verified once needs none either.
    pub over: Option<Terminal>,
    /// When the PIN dies.
    pub expires_ms: u64,
    /// Steps that were started or skipped.
    pub taken: u8,
    /// The way of the message before.
    pub channel: Channel,
    /// When it was handed to a provider; until then, when it was accepted.
    pub since_ms: u64,
    /// What became of it.
    pub before: Before,
    /// Whether the person said that nothing came.
    pub is_asked_for: bool,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send the step's message.
    Start(Step),
    /// Go on to the step after this one, and say why.
    Skip(Step, Skip),
    /// Look again then, in milliseconds.
    WaitUntil(u64),
    /// Nothing follows.
    Stop(Stop),
}

/// Why nothing follows, for now or for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The PIN is over.
    Over(Terminal),
    /// All steps were taken.
    NoStepLeft,
    /// The step waits for a failure and there is none.
    NotFailed,
    /// The step waits for a missing receipt and there is one.
    Arrived,
    /// The PIN dies before the step is due.
    TooLate,
}

/// Why a channel cannot be used for this person and template, if it cannot.
#[must_use]
pub fn obstacle(envelope: &Envelope, body: &Body, channel: Channel) -> Option<Skip> {
    // Texts travel on every channel; a mail's text is too long to be read out or sent by SMS.
    let carries = matches!(body, Body::Text(_)) || matches!(channel, Channel::Email | Channel::Push);
    if !envelope.has_address(channel) { Some(Skip::NoAddress) } else { (!carries).then_some(Skip::WrongTemplate) }
}

/// Decides. `obstacle` says why a channel cannot be used for this person and template, if it cannot.
#[must_use]
pub fn next(plan: &Plan, known: &Known, now_ms: u64, obstacle: impl FnOnce(Channel) -> Option<Skip>) -> Next {
    let over = known.over.or((now_ms >= known.expires_ms).then_some(Terminal::Expired));
    if let Some(terminal) = over {
        return Next::Stop(Stop::Over(terminal));
    }
    let Some(step) = plan.step(known.taken) else { return Next::Stop(Stop::NoStepLeft) };
    if !known.is_asked_for && known.before != Before::Failed {
        match step.on {
            On::Failure => return Next::Stop(Stop::NotFailed),
            On::NoReceipt if known.before == Before::Arrived => return Next::Stop(Stop::Arrived),
            On::NoReceipt | On::NotVerified => {}
        }
        let due_ms = known.since_ms + u64::from(step.after) * 1_000;
        if due_ms >= known.expires_ms {
            return Next::Stop(Stop::TooLate);
        }
        if now_ms < due_ms {
            return Next::WaitUntil(due_ms);
        }
    }
    let skip = if step.channel == known.channel { Some(Skip::SameChannel) } else { obstacle(step.channel) };
    skip.map_or(Next::Start(step), |skip| Next::Skip(step, skip))
}

#[cfg(test)]
mod tests;
