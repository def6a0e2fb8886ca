//! Judges a guess: spent before it is answered, in one script.

use pinfold_core::alphabet::Classes;
use pinfold_core::event::Kind;
use pinfold_core::id::{PinId, TenantId};
use pinfold_core::keys::{Digest, KeyVersion, Purpose};
use pinfold_core::life::{Refusal, Verdict};
use pinfold_core::spray::Budget;

use crate::function::{Function, Packed};
use crate::record::time;
use crate::resend::terminal;
use crate::{Error, Hot, Record};

/// A guess.
#[derive(Debug)]
pub struct Guess<'a> {
    /// Whose PIN it is.
    pub tenant: TenantId,
    /// Which PIN.
    pub of: GuessOf,
    /// The classes of its characters.
    pub classes: Classes,
    /// Its digest under every living version of the tenant's key.
    pub digests: &'a [(KeyVersion, Digest)],
    /// The hashed key under which the caller may ask for a lost success again.
    pub success_key: Option<[u8; 8]>,
    /// Where it comes from, if wrong first guesses are counted by that.
    pub source: Option<GuessSource>,
}

/// Where a guess comes from.
#[derive(Debug, Clone, Copy)]
pub struct GuessSource {
    /// What it is counted by: [`pinfold_core::spray::source`].
    pub hash: [u8; 8],
    /// What it may be wrong.
    pub budget: Budget,
    /// Whether its guesses are refused once that is spent; else it is only told.
    pub refuses: bool,
}

/// How the PIN is named.
#[derive(Debug, Clone, Copy)]
pub enum GuessOf {
    /// By its id.
    Pin(PinId),
    /// As the latest of a number for a purpose: the keyed hash of number and application, and the purpose.
    Latest(Digest, Purpose),
}

/// A judged guess.
#[derive(Debug)]
pub struct Judged {
    /// What it was worth.
    pub verdict: Verdict,
    /// The PIN's id and record after it, when there is one.
    pub pin: Option<(PinId, Record)>,
    /// The time by Redis' clock, in milliseconds.
    pub now_ms: u64,
}

impl Hot {
    /// Judges a guess, in one round trip.
    ///
    /// # Errors
    /// When Redis cannot be asked, or the record is foreign. A caller must treat that as *not verified*.
    pub fn verify<'a>(&'a self, guess: &Guess<'_>) -> impl Future<Output = Result<Judged, Error>> + use<'a> {
        let names = self.names(guess.tenant);
        let events = names.partition.events();
        let mut ids = guess.tenant.as_bytes().to_vec();
        let (key, by_number) = match guess.of {
            GuessOf::Pin(pin) => {
                ids.extend_from_slice(pin.as_bytes());
                (names.pin(pin).into_bytes(), None)
            }
            GuessOf::Latest(subject, purpose) => (names.number(&subject), Some((names.pin_prefix(), purpose))),
        };
        let mut digests = Vec::with_capacity(14 * guess.digests.len());
        for (version, digest) in guess.digests {
            digests.extend_from_slice(&version.to_be_bytes());
            digests.extend_from_slice(digest);
        }
        // One argument, because each is a string that Lua makes.
        let mut facts = Packed::with_room(160)
            .ms(self.clock_ms)
            .u8(guess.classes.bits())
            .text(&ids)
            .text(names.number_prefix().as_bytes())
            .text(&digests)
            .ms(self.lockout.locks_ms[0])
            .ms(self.lockout.locks_ms[1])
            .ms(self.lockout.locks_ms[2])
            .ms(self.lockout.memory_ms);
        let source = guess.source.map(|source| names.guess_source(&source.hash));
        if let Some(GuessSource { budget, refuses, .. }) = guess.source {
            facts = facts.u8(u8::from(refuses)).ms(budget.each_ms).ms(budget.room_ms());
        }
        let success_key = guess.success_key.as_ref().map(<[u8; 8]>::as_slice);
        let mut args: Vec<&[u8]> = Vec::with_capacity(4);
        args.push(facts.bytes());
        if success_key.is_some() || by_number.is_some() {
            args.push(success_key.unwrap_or_default());
        }
        if let Some((pin_prefix, purpose)) = &by_number {
            args.extend([pin_prefix.as_bytes(), purpose]);
        }
        let mut keys: Vec<&[u8]> = vec![&key, events.as_bytes()];
        keys.extend(source.as_deref());
        let (asking, partition) = (Function::Verify.call::<Vec<u8>>(self, &keys, &args), names.partition);
        async move {
            let answer = asking.await?;
            if let Some(event) = event(&answer) {
                self.tell_later(partition, &event);
            }
            judged(&answer)
        }
    }
}

/// The event of a right guess, or of a wrong one that was not the last; those that end more are left by the function.
fn event(answer: &[u8]) -> Option<Vec<u8>> {
    let (fixed, record) = answer.split_first_chunk::<45>()?;
    let kind = match fixed[0] {
        1 => Kind::Verified,
        2 if fixed[1..7] != [0; 6] => Kind::Wrong,
        _ => return None,
    };
    Some([&[kind as u8], &fixed[13..], record.get(3..64)?].concat())
}

/// Reads the function's answer: code, value, time, tenant and PIN id, record.
fn judged(answer: &[u8]) -> Result<Judged, Error> {
    let (code, rest) = answer.split_first().ok_or(Error::Foreign)?;
    if *code == 0 {
        return Ok(Judged { verdict: Verdict::Unknown, pin: None, now_ms: 0 });
    }
    let (fixed, record) = rest.split_first_chunk::<44>().ok_or(Error::Foreign)?;
    let value = time(fixed).ok_or(Error::Foreign)?;
    let now_ms = time(&fixed[6..]).ok_or(Error::Foreign)?;
    let pin = fixed.last_chunk().map(|id| PinId::from_bytes(*id)).ok_or(Error::Foreign)?;
    let mut record = Record::decode(record).ok_or(Error::Foreign)?;
    let remaining = u8::try_from(value).unwrap_or(0);
    let verdict = match code {
        1 | 7 => Verdict::Verified { remaining },
        2 => {
            // The function answers with the record as it was before a wrong guess.
            record.attempts_used = record.attempts.saturating_sub(remaining);
            Verdict::Wrong { remaining }
        }
        3 => Verdict::Terminal(terminal(value)?),
        4 => Verdict::Refused(Refusal::Locked { retry_ms: value }),
        5 => Verdict::Refused(Refusal::Throttled { retry_ms: value }),
        6 => Verdict::Alien,
        _ => return Err(Error::Foreign),
    };
    Ok(Judged { verdict, pin: Some((pin, record)), now_ms })
}
