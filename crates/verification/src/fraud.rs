//! The fraud guard of a send: what somebody wrote down is judged here, what is counted inside the hot state. What it decides is
//! told behind the answer; decisions of one kind that come within seconds are told as one, so that a flood of refused sends is no
//! flood of records.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use pinfold_core::channel::Channel;
use pinfold_core::event::{Detail, Event, FraudDetail, Kind};
use pinfold_core::fraud::{Facts, Finding, Mode, Place, Rule, Rules, Standing, judge, places};
use pinfold_core::id::{MessageId, PinId, TenantId};
use pinfold_core::keys::Digest;
use pinfold_core::phone::{Line, Phone};
use pinfold_core::recipient::Recipient;
use pinfold_core::region::Region;
use pinfold_http::clock::now_ms;
use pinfold_http::{Code, Problem};
use pinfold_postgres::Snapshot;
use pinfold_redis::{Found, Guarded};

use crate::State;

/// How long decisions alike are gathered after one was told, in milliseconds.
const GATHER_MS: u64 = 10_000;
/// The most kinds of decisions that are gathered at once; further ones are told one by one.
const MOST: usize = 10_000;

/// What is decided alike.
type Alike = (TenantId, bool, Rule, String);

/// Decisions that were told a moment ago.
#[derive(Debug, Default)]
pub struct Told(Mutex<HashMap<Alike, Gathered>>);

#[derive(Debug)]
struct Gathered {
    since_ms: u64,
    more: u32,
}

impl Told {
    /// Whether a decision is told now, and for how many; those in between are counted.
    fn tell(&self, alike: Alike, now_ms: u64) -> Option<u32> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gathered) = told.get_mut(&alike) {
            if gathered.since_ms + GATHER_MS > now_ms {
                gathered.more = gathered.more.saturating_add(1);
                return None;
            }
            gathered.since_ms = now_ms;
            return Some(std::mem::take(&mut gathered.more).saturating_add(1));
        }
        if told.len() >= MOST {
            told.retain(|_, gathered| gathered.since_ms + GATHER_MS > now_ms);
        }
        if told.len() < MOST {
            told.insert(alike, Gathered { since_ms: now_ms, more: 0 });
        }
        Some(1)
    }
}

/// What is known of a message that the guard judges.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent<'a> {
    pub(crate) pin: PinId,
    pub(crate) message: MessageId,
    pub(crate) subject: Digest,
    pub(crate) channel: Channel,
    /// The person's address, as the caller states it.
    pub(crate) address: Option<IpAddr>,
    /// A key of the caller's own.
    pub(crate) key: Option<&'a str>,
    /// Whether it costs nothing.
    pub(crate) is_sandbox: bool,
    /// Whether it stays here, whatever the rules say of its number.
    pub(crate) is_test: bool,
}

/// A message that may go as far as anything is written about it, and the places that it is counted by.
#[derive(Debug)]
pub(crate) struct Screened {
    mode: Mode,
    places: Vec<Place>,
    region: Option<Region>,
    /// What is told of the number. The digits at its end would make it whole again beside its prefix.
    shown: String,
}

impl Screened {
    /// What the hot state judges it by.
    pub(crate) fn guarded(&self) -> Option<Guarded<'_>> {
        (!self.places.is_empty()).then_some(Guarded { mode: self.mode, places: &self.places })
    }
}

impl State {
    /// The rules that hold for a tenant.
    pub(crate) fn fraud_rules<'a>(&'a self, snapshot: &'a Snapshot) -> &'a Rules {
        snapshot.fraud_rules.as_ref().unwrap_or(&self.fraud)
    }

    /// Judges a message by what somebody wrote down: the number of its `recipient`, and `others` that a fallback plan may use.
    ///
    /// # Errors
    /// 403 where it is refused.
    pub(crate) fn screen(
        &self,
        snapshot: &Snapshot,
        sent: &Sent<'_>,
        recipient: &Recipient,
        others: &[Recipient],
    ) -> Result<Screened, Problem> {
        let rules = self.fraud_rules(snapshot);
        let mut screened = Screened { mode: rules.mode, places: Vec::new(), region: None, shown: String::new() };
        if sent.is_test {
            return Ok(screened);
        }
        for (index, recipient) in std::iter::once(recipient).chain(others).enumerate() {
            let Recipient::Phone(phone) = recipient else { continue };
            let is_counted = index == 0 && rules.mode != Mode::Off && !sent.is_sandbox;
            let is_written = !rules.countries.is_empty() || !snapshot.fraud_lists.is_empty();
            if !is_counted && !is_written && !is_paid(phone) {
                continue;
            }
            let region = phone.region();
            // A further number is for steps by SMS and voice, whatever the first message's channel is.
            let channel = if sent.channel == Channel::Voice { Channel::Voice } else { Channel::Sms };
            let number = if snapshot.fraud_lists.is_empty() { [0; 16] } else { snapshot.keys.listed(phone) };
            let facts = Facts { channel, phone, region, number: &number, address: sent.address };
            let standing = judge(rules, &snapshot.fraud_lists, &facts);
            screened.region = region;
            screened.shown = format!("{}…", phone.digits().get(..4).unwrap_or_default());
            match standing {
                Standing::Refused(finding) => {
                    // A country that is not open has a number of its own at one vendor.
                    let number = (finding.rule == Rule::Country).then_some(60605);
                    self.tell_decision(snapshot, sent, &screened, finding, true);
                    return Err(Problem { number, ..Problem::new(Code::FraudBlocked) });
                }
                Standing::Open if is_counted => {
                    screened.places = places(rules, &snapshot.keys, phone, region, sent.address, sent.key);
                }
                Standing::Open | Standing::Allowed => {}
            }
        }
        Ok(screened)
    }

    /// Tells what the hot state found of a message.
    pub(crate) fn tell_found(&self, snapshot: &Snapshot, sent: &Sent<'_>, screened: &Screened, found: Found) {
        let Some((index, hit)) = found else { return };
        let Some(place) = screened.places.get(index) else { return };
        self.tell_decision(snapshot, sent, screened, place.finding(&hit), screened.mode == Mode::Block);
    }

    fn tell_decision(&self, snapshot: &Snapshot, sent: &Sent<'_>, screened: &Screened, finding: Finding, is_blocked: bool) {
        let now_ms = now_ms();
        let Some(sends) = self.told.tell((snapshot.tenant, is_blocked, finding.rule, finding.about.clone()), now_ms) else {
            return;
        };
        let detail = FraudDetail { finding, number: screened.shown.clone(), region: screened.region, sends };
        self.hot.tell_event(&Event {
            kind: if is_blocked { Kind::FraudBlocked } else { Kind::FraudRecorded },
            channel: sent.channel,
            at_ms: now_ms,
            created_ms: now_ms,
            expires_ms: now_ms,
            tenant: snapshot.tenant,
            pin: sent.pin,
            message: sent.message,
            subject: sent.subject,
            detail: Detail { fraud: Some(Box::new(detail)), ..Detail::default() },
        });
    }

    /// Counts a verified PIN for the places of its number, behind the answer.
    pub(crate) fn count_verified(&self, snapshot: &Snapshot, recipient: &Recipient, is_sandbox: bool, at_ms: u64) {
        let rules = self.fraud_rules(snapshot);
        let Recipient::Phone(phone) = recipient else { return };
        if rules.mode == Mode::Off || is_sandbox {
            return;
        }
        let places = places(rules, &snapshot.keys, phone, phone.region(), None, None);
        let converted = places.iter().filter(|place| place.kind.is_converted());
        self.hot.count_verified(snapshot.tenant, converted.map(|place| place.name.as_slice()), at_ms);
    }
}

fn is_paid(phone: &Phone) -> bool {
    matches!(phone.line(), Line::Premium | Line::SharedCost)
}

/// The address of the person, as a caller states it in `field`.
///
/// # Errors
/// 400 for what is none.
pub(crate) fn address(field: &'static str, text: Option<&str>) -> Result<Option<IpAddr>, Problem> {
    let must = "must be an IP address, such as 192.0.2.7";
    text.map(|text| text.parse().map_err(|_| Problem::field(field, must))).transpose()
}

/// The longest key of the caller's own, in bytes.
const LONGEST_KEY: usize = 255;

/// A key of the caller's own, given in `field`.
///
/// # Errors
/// 400 for one that is empty or too long.
pub(crate) fn key<'a>(field: &'static str, text: Option<&'a str>) -> Result<Option<&'a str>, Problem> {
    match text {
        Some(text) if !(1..=LONGEST_KEY).contains(&text.len()) => Err(Problem::field(field, "must have 1 to 255 bytes")),
        text => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_alike_are_told_as_one() {
        let (told, tenant) = (Told::default(), TenantId::random());
        let alike = |about: &str| (tenant, true, Rule::Pumping, about.to_owned());
        assert_eq!(told.tell(alike("prefix 41"), 1_000), Some(1));
        for _ in 0..500 {
            assert_eq!(told.tell(alike("prefix 41"), 2_000), None);
        }
        assert_eq!(told.tell(alike("prefix 49"), 2_000), Some(1));
        assert_eq!(told.tell(alike("prefix 41"), 11_001), Some(501));
        assert_eq!(told.tell(alike("prefix 41"), 11_002), None);
    }
}
