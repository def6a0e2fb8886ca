//! Judges a guess: spent before it is answered, in one script.

use std::sync::LazyLock;

use pinfold_core::alphabet::Classes;
use pinfold_core::id::{PinId, TenantId};
use pinfold_core::keys::{Digest, KeyVersion};
use pinfold_core::life::{Refusal, Verdict};

use crate::resend::terminal;
use crate::script::{Numbers, Script, script};
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
}

/// How the PIN is named.
#[derive(Debug, Clone, Copy)]
pub enum GuessOf {
    /// By its id.
    Pin(PinId),
    /// As the latest of a number: the keyed hash of number, application and purpose.
    Latest(Digest),
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

static SCRIPT: LazyLock<Script> = LazyLock::new(|| script!("window", "number", "record", "verify"));

impl Hot {
    /// Judges a guess, in one round trip.
    ///
    /// # Errors
    /// When Redis cannot be asked, or the record is foreign. A caller must treat that as *not verified*.
    pub async fn verify(&self, guess: &Guess<'_>) -> Result<Judged, Error> {
        let names = self.names(guess.tenant);
        let events = names.partition.events();
        let (key, name) = match guess.of {
            GuessOf::Pin(pin) => (names.pin(pin).into_bytes(), pin.as_bytes().to_vec()),
            GuessOf::Latest(subject) => (names.latest(&subject), names.pin_prefix().into_bytes()),
        };
        let numbers = Numbers::default()
            .ms(self.clock_ms)
            .u8(guess.classes.bits())
            .ms(self.lockout.locks_ms[0])
            .ms(self.lockout.locks_ms[1])
            .ms(self.lockout.locks_ms[2])
            .ms(self.lockout.memory_ms)
            .u8(u8::from(matches!(guess.of, GuessOf::Latest(_))));
        let mut digests = Vec::with_capacity(14 * guess.digests.len());
        for (version, digest) in guess.digests {
            digests.extend_from_slice(&version.to_be_bytes());
            digests.extend_from_slice(digest);
        }
        let number_prefix = names.number_prefix();
        let success_key = guess.success_key.as_ref().map_or(&[][..], |key| key);
        let args: [&[u8]; 6] = [numbers.bytes(), guess.tenant.as_bytes(), number_prefix.as_bytes(), &name, success_key, &digests];

        let answer: (i64, u64, u64, Vec<u8>, Option<Vec<u8>>) = SCRIPT.run(self, &[&key, events.as_bytes()], &args).await?;
        let (code, value, now_ms, record, pin) = answer;
        let remaining = u8::try_from(value).unwrap_or(0);
        let verdict = match code {
            0 => return Ok(Judged { verdict: Verdict::Unknown, pin: None, now_ms }),
            1 => Verdict::Verified { remaining },
            2 => Verdict::Wrong { remaining },
            3 => Verdict::Terminal(terminal(value)?),
            4 => Verdict::Refused(Refusal::Locked { retry_ms: value }),
            5 => Verdict::Refused(Refusal::Throttled { retry_ms: value }),
            6 => Verdict::Alien,
            _ => return Err(Error::Foreign),
        };
        let pin = pin.and_then(|bytes| bytes.try_into().ok()).map(PinId::from_bytes).ok_or(Error::Foreign)?;
        Ok(Judged { verdict, pin: Some((pin, Record::decode(&record).ok_or(Error::Foreign)?)), now_ms })
    }
}
