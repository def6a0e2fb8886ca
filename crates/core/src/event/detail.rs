//! The variable part of an event in the stream: what there is of it, each behind its number and its length in two bytes. What has
//! a number that nobody knows yet is passed over. Decisions and findings are JSON, as they are recorded. Scripts write delivery
//! and reason themselves.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Detail, Facts};
use crate::channel::Channel;
use crate::id::ConnectionId;

const DELIVERY: u8 = 1;
const ATTEMPT: u8 = 2;
const CONNECTION: u8 = 3;
const PROVIDER_ID: u8 = 4;
const SEGMENTS: u8 = 5;
const REASON: u8 = 6;
const FRAUD: u8 = 7;
// 8 was all of the facts as JSON.
const REGION: u8 = 9;
const LATENCY_MS: u8 = 10;
const PRICE_MICROS: u8 = 11;
const CURRENCY: u8 = 12;
const FAULT: u8 = 13;
const DECISION: u8 = 14;
const SANDBOX: u8 = 15;
const TEST: u8 = 16;
const STEP: u8 = 17;
const STEP_CHANNEL: u8 = 18;

impl Detail {
    /// The bytes behind an event's fixed part.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encode_into(&mut bytes);
        bytes
    }

    pub(super) fn encode_into(&self, bytes: &mut Vec<u8>) {
        let mut writer = Writer(bytes);
        writer.put(DELIVERY, self.delivery.as_ref().map(std::slice::from_ref));
        writer.put(ATTEMPT, self.attempt.as_ref().map(std::slice::from_ref));
        writer.put(CONNECTION, self.connection.as_ref().map(|id| id.as_bytes().as_slice()));
        writer.put(PROVIDER_ID, self.provider_id.as_deref().map(str::as_bytes));
        writer.put(SEGMENTS, self.segments.map(u16::to_be_bytes).as_ref().map(<[u8; 2]>::as_slice));
        writer.put(REASON, self.reason.as_deref().map(str::as_bytes));
        writer.put_json(FRAUD, self.fraud.as_deref());
        let Some(facts) = self.facts.as_deref() else { return };
        writer.put(REGION, facts.region.as_ref().map(|region| region.as_str().as_bytes()));
        writer.put(LATENCY_MS, facts.latency_ms.map(u32::to_be_bytes).as_ref().map(<[u8; 4]>::as_slice));
        writer.put(PRICE_MICROS, facts.price_micros.map(u64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
        writer.put(CURRENCY, facts.currency.as_ref().map(|currency| currency.code().as_bytes()));
        writer.put(FAULT, facts.fault.as_deref().map(str::as_bytes));
        writer.put_json(DECISION, facts.decision.as_ref());
        writer.put(SANDBOX, facts.is_sandbox.then_some(&[]));
        writer.put(TEST, facts.is_test.then_some(&[]));
        writer.put(STEP, facts.step.as_ref().map(std::slice::from_ref));
        writer.put(STEP_CHANNEL, facts.step_channel.map(Channel::code).as_ref().map(std::slice::from_ref));
    }

    /// `None` for what nobody wrote.
    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let mut detail = Self::default();
        while let Some(([number, high, low], rest)) = bytes.split_first_chunk() {
            let (value, rest) = rest.split_at_checked(u16::from_be_bytes([*high, *low]).into())?;
            match *number {
                DELIVERY => detail.delivery = Some(one(value)?),
                ATTEMPT => detail.attempt = Some(one(value)?),
                CONNECTION => detail.connection = Some(ConnectionId::from_bytes(value.try_into().ok()?)),
                PROVIDER_ID => detail.provider_id = Some(text(value)?),
                SEGMENTS => detail.segments = Some(u16::from_be_bytes(value.try_into().ok()?)),
                REASON => detail.reason = Some(text(value)?),
                FRAUD => detail.fraud = Some(json(value)?),
                REGION => detail.facts().region = Some(str::from_utf8(value).ok()?.parse().ok()?),
                LATENCY_MS => detail.facts().latency_ms = Some(u32::from_be_bytes(value.try_into().ok()?)),
                PRICE_MICROS => detail.facts().price_micros = Some(u64::from_be_bytes(value.try_into().ok()?)),
                CURRENCY => detail.facts().currency = Some(str::from_utf8(value).ok()?.parse().ok()?),
                FAULT => detail.facts().fault = Some(text(value)?.into()),
                DECISION => detail.facts().decision = Some(json(value)?),
                SANDBOX => detail.facts().is_sandbox = true,
                TEST => detail.facts().is_test = true,
                STEP => detail.facts().step = Some(one(value)?),
                STEP_CHANNEL => detail.facts().step_channel = Some(Channel::from_code(one(value)?)?),
                _ => {}
            }
            bytes = rest;
        }
        bytes.is_empty().then_some(detail)
    }

    fn facts(&mut self) -> &mut Facts {
        self.facts.get_or_insert_default()
    }
}

struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    fn put(&mut self, number: u8, value: Option<&[u8]>) {
        if let Some(value) = value {
            self.framed(number, |bytes| bytes.extend_from_slice(value));
        }
    }

    fn put_json(&mut self, number: u8, value: Option<&impl Serialize>) {
        if let Some(value) = value {
            self.framed(number, |bytes| serde_json::to_writer(bytes, value).expect("plain values serialise"));
        }
    }

    fn framed(&mut self, number: u8, write: impl FnOnce(&mut Vec<u8>)) {
        self.0.extend([number, 0, 0]);
        let start = self.0.len();
        write(self.0);
        let length = u16::try_from(self.0.len() - start).expect("a part of an event is some kilobytes at most");
        self.0[start - 2..start].copy_from_slice(&length.to_be_bytes());
    }
}

fn one(value: &[u8]) -> Option<u8> {
    if let [byte] = value { Some(*byte) } else { None }
}

fn text(value: &[u8]) -> Option<String> {
    std::str::from_utf8(value).ok().map(str::to_owned)
}

fn json<T: DeserializeOwned>(value: &[u8]) -> Option<T> {
    serde_json::from_slice(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::Currency;

    #[test]
    fn every_part_comes_back_and_none_is_made_up() {
        let full = Detail {
            delivery: Some(2),
            attempt: Some(3),
            connection: Some(ConnectionId::random()),
            provider_id: Some("é-1".into()),
            segments: Some(700),
            reason: Some("provider_refused".into()),
            fraud: None,
            facts: Some(Box::new(Facts {
                region: "CH".parse().ok(),
                latency_ms: Some(70_000),
                price_micros: Some(u64::MAX),
                currency: Some(Currency::EUR),
                fault: Some("recipient".into()),
                decision: None,
                is_sandbox: true,
                is_test: true,
                step: Some(2),
                step_channel: Some(Channel::Voice),
            })),
        };
        for detail in [full, Detail::default(), Detail { reason: Some(String::new()), ..Detail::default() }] {
            assert_eq!(Detail::decode(&detail.encode()), Some(detail));
        }
    }

    #[test]
    fn parts_of_a_later_version_are_passed_over_and_broken_ones_are_refused() {
        let later = [200, 0, 2, 9, 9, DELIVERY, 0, 1, 4];
        assert_eq!(Detail::decode(&later), Some(Detail { delivery: Some(4), ..Detail::default() }));
        for cut in [1, 2, 3, 4, 6, 7, 8] {
            assert_eq!(Detail::decode(&later[..cut]), None, "{cut}");
        }
        for broken in [
            &[DELIVERY, 0, 2, 1, 1][..],
            &[CONNECTION, 0, 1, 1],
            &[REASON, 0, 1, 0xff],
            &[CURRENCY, 0, 1, b'x'],
            &[STEP_CHANNEL, 0, 1, 99],
        ] {
            assert_eq!(Detail::decode(broken), None, "{broken:?}");
        }
    }
}
