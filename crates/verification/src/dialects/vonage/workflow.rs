//! The channels of a verification, in order, as a request states them; and what becomes of them: a first message and a fallback
//! plan whose waits are the channels' time.

use pinfold_core::channel::Channel;
use pinfold_core::fallback::{MOST_STEPS, On, Step};
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::recipient::Recipient;
use serde::Deserialize;
use utoipa::ToSchema;

/// A channel of a workflow.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = VonageWorkflowItem)]
pub(super) struct Item {
    /// `sms`, `voice` or `email`.
    #[schema(example = "sms")]
    channel: String,
    /// A number in E.164 without its plus, or an e-mail address.
    #[schema(example = "447700900000")]
    to: Option<String>,
    /// The sender.
    #[schema(example = "ACME")]
    from: Option<String>,
    /// The hash of an Android app that reads the code out of the SMS.
    #[schema(min_length = 11, max_length = 11, example = "ABC123def45")]
    app_hash: Option<String>,
    /// Not per request: see the guide.
    entity_id: Option<String>,
    /// Not per request: see the guide.
    content_id: Option<String>,
}

/// A workflow that can be sent.
#[derive(Debug)]
pub(super) struct Workflow {
    /// The way of the first message.
    pub(super) first: Channel,
    /// Whom it goes to.
    pub(super) to: Recipient,
    /// From whom.
    pub(super) sender: Option<String>,
    /// What follows.
    pub(super) steps: Vec<Step>,
    /// The person's other addresses.
    pub(super) others: Vec<Recipient>,
    /// The hash that ends an SMS.
    pub(super) app_hash: Option<String>,
    /// All channels, in order.
    pub(super) channels: Vec<Channel>,
}

/// The channels that one verification may have: a first one and the steps of a plan.
pub(super) const MOST: usize = 1 + MOST_STEPS;

impl Workflow {
    /// What the items ask for, each channel with `timeout_s`.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub(super) fn read(items: &[Item], timeout_s: u32) -> Result<Self, Vec<FieldError>> {
        let mut checks = Checks::default();
        let mut read: Vec<(Channel, Recipient)> = Vec::new();
        checks.require((1..=MOST).contains(&items.len()), "workflow", format!("must have 1 to {MOST} channels"));
        for (place, item) in items.iter().enumerate().take(MOST) {
            let field = |name: &str| format!("workflow[{place}].{name}");
            let fault = |name: &str, must: &str| FieldError::new(field(name), must.to_owned());
            let Some(channel) = channel(&item.channel) else {
                checks.push(fault("channel", "must be sms, voice or email: this installation offers no other"));
                continue;
            };
            for (name, value) in [("entity_id", &item.entity_id), ("content_id", &item.content_id)] {
                if value.is_some() {
                    checks.push(fault(name, "must not be given: it is kept with the message template"));
                }
            }
            if item.app_hash.as_deref().is_some_and(|hash| channel != Channel::Sms || !is_app_hash(hash)) {
                checks.push(fault("app_hash", "must be the 11 characters of an app's hash, for sms"));
            }
            let recipient = item.to.as_deref().and_then(|to| Recipient::parse(to).ok());
            let Some(recipient) = recipient.filter(|recipient| recipient.is_reached_by(channel)) else {
                let must =
                    if channel == Channel::Email { "must be one e-mail address" } else { "must be a phone number in E.164" };
                checks.push(fault("to", must));
                continue;
            };
            if read.iter().any(|(_, known)| is_other_of_its_kind(known, &recipient)) {
                checks.push(fault("to", "must be that of the channels before: one verification is of one person"));
            }
            if read.last().is_some_and(|(before, _)| *before == channel) {
                checks.push(fault("channel", "must not be the one before again"));
            }
            read.push((channel, recipient));
        }
        checks.finish()?;
        let first = read[0].0;
        let steps = read[1..].iter().map(|(channel, _)| Step { channel: *channel, after: timeout_s, on: On::NotVerified });
        let channels = read.iter().map(|(channel, _)| *channel).collect();
        let steps = steps.collect();
        let mut recipients = read.into_iter().map(|(_, recipient)| recipient);
        let to = recipients.next().expect("there is a first channel");
        let mut others: Vec<Recipient> = Vec::new();
        for other in recipients {
            if other != to && !others.contains(&other) {
                others.push(other);
            }
        }
        Ok(Self {
            first,
            to,
            sender: items[0].from.clone(),
            steps,
            others,
            app_hash: items.iter().find_map(|item| item.app_hash.clone()),
            channels,
        })
    }
}

/// The channels that a workflow may have. Push is ours alone.
fn channel(name: &str) -> Option<Channel> {
    [Channel::Sms, Channel::Voice, Channel::Email].into_iter().find(|channel| channel.name() == name)
}

fn is_app_hash(hash: &str) -> bool {
    hash.len() == 11 && hash.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

/// Whether both are numbers, or both addresses, and not the same.
fn is_other_of_its_kind(one: &Recipient, other: &Recipient) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other) && one != other
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(items: Value) -> Result<Workflow, Vec<String>> {
        let items: Vec<Item> = serde_json::from_value(items).expect("of the right shape");
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        Workflow::read(&items, 120).map_err(fields)
    }

    #[test]
    fn channels_after_the_first_are_steps_with_their_time() {
        let workflow = read(json!([
            {"to": "447700900000", "from": "Acme", "channel": "sms"}, {"to": "a@b.com", "channel": "email"},
            {"to": "447700900000", "channel": "voice"},
        ]))
        .expect("the client's own example");
        assert_eq!((workflow.first, workflow.sender.as_deref(), workflow.others.len()), (Channel::Sms, Some("Acme"), 1));
        let steps: Vec<_> = workflow.steps.iter().map(|step| (step.channel, step.after, step.on)).collect();
        assert_eq!(steps, [(Channel::Email, 120, On::NotVerified), (Channel::Voice, 120, On::NotVerified)]);
    }

    #[test]
    fn what_cannot_be_sent_is_named() {
        let number = "447700900000";
        for (items, fields) in [
            (json!([]), vec!["workflow"]),
            (json!([{"channel": "silent_auth", "to": number}]), vec!["workflow[0].channel"]),
            (json!([{"channel": "whatsapp", "to": number, "from": number}]), vec!["workflow[0].channel"]),
            (json!([{"channel": "push", "to": number}]), vec!["workflow[0].channel"]),
            (json!([{"channel": "sms"}]), vec!["workflow[0].to"]),
            (json!([{"channel": "email", "to": number}]), vec!["workflow[0].to"]),
            (json!([{"channel": "sms", "to": "a@b.com"}]), vec!["workflow[0].to"]),
            (json!([{"channel": "sms", "to": number}, {"channel": "sms", "to": number}]), vec!["workflow[1].channel"]),
            (json!([{"channel": "sms", "to": number}, {"channel": "voice", "to": "447700900001"}]), vec!["workflow[1].to"]),
            (json!([{"channel": "sms", "to": number, "app_hash": "short"}]), vec!["workflow[0].app_hash"]),
            (json!([{"channel": "sms", "to": number, "entity_id": "1"}]), vec!["workflow[0].entity_id"]),
        ] {
            let expected: Vec<String> = fields.into_iter().map(str::to_owned).collect();
            assert_eq!(read(items.clone()).map(|_| ()), Err(expected), "{items}");
        }
    }
}
