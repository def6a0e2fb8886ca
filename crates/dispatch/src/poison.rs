//! Entries that cannot be read. What is malformed is buried at once; what may be a newer version's is handed to others
//! first, and what was handed out too often is buried: nothing is dropped, and nothing goes round for ever.

use pinfold_redis::{JobEntry, Then};

/// The longest entry of a foreign version. Anything longer is no job.
const LONGEST: usize = 512;
/// Versions that may come.
const VERSIONS: std::ops::RangeInclusive<u8> = 4..=31;
/// How much of a malformed entry is kept: nobody knows what is in it.
const KEPT: usize = 64;

/// What becomes of an entry that holds no job: `None` leaves it in hand until others take it over.
pub(crate) fn judge(entry: &JobEntry, most_hand_outs: u64) -> Option<Then> {
    if is_foreign(&entry.bytes) { unreadable(entry, "foreign_version", most_hand_outs) } else { Some(bury("malformed")) }
}

/// What becomes of a job that this worker cannot read: it may be another's to read.
pub(crate) fn unreadable(entry: &JobEntry, reason: &'static str, most_hand_outs: u64) -> Option<Then> {
    (entry.handed_out >= most_hand_outs).then(|| bury(reason))
}

/// The dead-letter stream.
pub(crate) fn bury(reason: impl Into<String>) -> Then {
    Then::Bury { reason: reason.into(), timer: None }
}

/// The entry without what must not be kept.
pub(crate) fn shortened(mut entry: JobEntry) -> JobEntry {
    if entry.job.is_none() && !is_foreign(&entry.bytes) {
        entry.bytes.truncate(KEPT);
        entry.bytes.shrink_to_fit();
    }
    entry
}

fn is_foreign(bytes: &[u8]) -> bool {
    bytes.len() <= LONGEST && bytes.first().is_some_and(|version| VERSIONS.contains(version))
}

#[cfg(test)]
mod tests {
    use pinfold_redis::{Job, Partition};

    use super::*;

    fn entry(bytes: Vec<u8>, handed_out: u64) -> JobEntry {
        let partition = Partition::all(1).next().expect("there is one");
        JobEntry { partition, id: "1-0".into(), job: Job::decode(&bytes), timer: None, bytes, handed_out, queued_ms: 0 }
    }

    fn reason(then: Option<Then>) -> Option<String> {
        then.map(|then| if let Then::Bury { reason, .. } = then { reason } else { panic!("poison is only buried") })
    }

    #[test]
    fn malformed_entries_are_buried_at_once_and_cut_short() {
        for bytes in [
            vec![],
            b"PIN 123456".to_vec(),
            vec![1; 10],
            vec![0; 40],
            vec![2; 40],
            vec![3; 40],
            vec![4; 10_000],
            vec![b'x'; 5_000_000],
        ] {
            let entry = entry(bytes, 1);
            assert_eq!(reason(judge(&entry, 5)).as_deref(), Some("malformed"));
            assert!(shortened(entry).bytes.len() <= KEPT);
        }
    }

    #[test]
    fn another_versions_entries_are_left_to_others_and_buried_whole() {
        let bytes = [vec![4], vec![7; 200]].concat();
        for handed_out in 1..5 {
            assert_eq!(reason(judge(&entry(bytes.clone(), handed_out), 5)), None);
        }
        let last = shortened(entry(bytes.clone(), 5));
        assert_eq!(reason(judge(&last, 5)).as_deref(), Some("foreign_version"));
        assert_eq!(last.bytes, bytes);
    }
}
