//! Runs rules over what was recorded: what would have been refused, and how much of it was verified later.

use std::collections::BTreeMap;

use super::{Finding, Guard, Mode, Place, Rule, Standing};

/// A send as it was recorded.
#[derive(Debug, Clone)]
pub struct Past {
    /// When it was accepted, in milliseconds.
    pub at_ms: u64,
    /// When it was verified, if it was.
    pub verified_ms: Option<u64>,
    /// What the written rules say of it.
    pub standing: Standing,
    /// Its places.
    pub places: Vec<Place>,
}

/// What one rule would have refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayRule {
    /// The rule and its first finding.
    pub first: Finding,
    /// Sends that it would have refused.
    pub refused: u64,
    /// Those of them that were verified: refusing them would have been wrong.
    pub verified: u64,
}

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replay {
    /// Sends that were looked at.
    pub sends: u64,
    /// Those that were verified.
    pub verified: u64,
    /// Sends that would have been refused.
    pub refused: u64,
    /// Those of them that were verified: refusing them would have been wrong.
    pub refused_verified: u64,
    /// By rule and what it is about, most first.
    pub rules: Vec<ReplayRule>,
}

/// Runs rules over the past, which is given in its order, as if they had been in force: what is refused counts no further.
#[must_use]
pub fn replay(mode: Mode, past: &[Past]) -> Replay {
    let mut guard = Guard::default();
    let mut found: BTreeMap<(Rule, String), ReplayRule> = BTreeMap::new();
    let mut replay = Replay::default();
    // Verifications of sends that went, by their time.
    let mut pending: BTreeMap<(u64, usize), usize> = BTreeMap::new();
    for (index, send) in past.iter().enumerate() {
        while let Some(entry) = pending.first_entry().filter(|entry| entry.key().0 <= send.at_ms) {
            let ((at_ms, _), of) = entry.remove_entry();
            let converted = past[of].places.iter().filter(|place| place.kind.is_converted());
            guard.verified(converted.map(|place| place.name.as_slice()), at_ms);
        }
        replay.sends += 1;
        replay.verified += u64::from(send.verified_ms.is_some());
        let finding = match &send.standing {
            Standing::Refused(finding) => Some(finding.clone()),
            Standing::Allowed => None,
            Standing::Open => {
                let judged = guard.send(if mode == Mode::Off { Mode::Off } else { Mode::Block }, &send.places, send.at_ms);
                judged.hit.filter(|_| judged.is_refused).map(|(place, hit)| send.places[place].finding(&hit))
            }
        };
        match finding {
            Some(finding) => {
                replay.refused += 1;
                replay.refused_verified += u64::from(send.verified_ms.is_some());
                let key = (finding.rule, finding.about.clone());
                let entry = found.entry(key).or_insert(ReplayRule { first: finding, refused: 0, verified: 0 });
                entry.refused += 1;
                entry.verified += u64::from(send.verified_ms.is_some());
            }
            None => {
                if let Some(at_ms) = send.verified_ms {
                    pending.insert((at_ms, index), index);
                }
            }
        }
    }
    replay.rules = found.into_values().collect();
    replay.rules.sort_by(|one, other| other.refused.cmp(&one.refused).then_with(|| one.first.about.cmp(&other.first.about)));
    replay
}
