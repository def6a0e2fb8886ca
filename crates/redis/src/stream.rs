//! What reads of streams answer, taken apart without copies: queues are read in bulk.

use redis::Value;
use redis::streams::StreamPendingCountReply;

use crate::{Error, Hot, Partition};

/// An entry of a stream: its id, and the field it has.
pub(crate) struct StreamEntry {
    pub(crate) id: String,
    pub(crate) field: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
}

/// The answer of a read from several streams, each with the partition whose `name` it is.
///
/// # Errors
/// [`Error::Foreign`] for anything else.
pub(crate) fn by_partition(
    answer: Value,
    partitions: &[Partition],
    name: fn(Partition) -> String,
) -> Result<Vec<(Partition, StreamEntry)>, Error> {
    let streams: Vec<(Value, Value)> = match answer {
        Value::Nil => return Ok(Vec::new()),
        Value::Map(streams) => streams,
        Value::Array(streams) => streams.into_iter().map(pair).collect::<Option<_>>().ok_or(Error::Foreign)?,
        _ => return Err(Error::Foreign),
    };
    let mut found = Vec::new();
    for (stream, inside) in streams {
        let stream = text(stream).ok_or(Error::Foreign)?;
        let partition = partitions.iter().find(|partition| name(**partition) == stream).ok_or(Error::Foreign)?;
        found.extend(entries(inside)?.into_iter().map(|entry| (*partition, entry)));
    }
    Ok(found)
}

/// Takes a consumer that reads no more off a stream's group. One with entries in hand stays listed, or they would be lost
/// with it.
///
/// # Errors
/// When Redis cannot be asked.
pub(crate) async fn leave(hot: &Hot, stream: &str, group: &str, consumer: &str) -> Result<(), Error> {
    let mut pending = redis::cmd("XPENDING");
    pending.arg(stream).arg(group).arg("-").arg("+").arg(1).arg(consumer);
    let held: StreamPendingCountReply = match pending.query_async(&mut hot.link()).await {
        Ok(held) => held,
        Err(error) if error.code() == Some("NOGROUP") => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if held.ids.is_empty() {
        let mut delete = redis::cmd("XGROUP");
        delete.arg("DELCONSUMER").arg(stream).arg(group).arg(consumer);
        delete.query_async::<()>(&mut hot.link()).await?;
    }
    Ok(())
}

/// The entries of one stream. One that was deleted meanwhile has no bytes.
///
/// # Errors
/// [`Error::Foreign`] for anything else.
pub(crate) fn entries(answer: Value) -> Result<Vec<StreamEntry>, Error> {
    let Value::Array(entries) = answer else { return Err(Error::Foreign) };
    entries.into_iter().map(|one| entry(one).ok_or(Error::Foreign)).collect()
}

fn entry(value: Value) -> Option<StreamEntry> {
    let (id, fields) = pair(value)?;
    let mut fields = match fields {
        Value::Array(fields) => fields.into_iter(),
        Value::Nil => Vec::new().into_iter(),
        _ => return None,
    };
    let mut next = || if let Some(Value::BulkString(bytes)) = fields.next() { bytes } else { Vec::new() };
    let (field, bytes) = (next(), next());
    Some(StreamEntry { id: text(id)?, field, bytes })
}

/// When an entry was written: its id begins with the time.
pub(crate) fn written_ms(id: &str) -> u64 {
    id.split_once('-').and_then(|(ms, _)| ms.parse().ok()).unwrap_or(u64::MAX)
}

fn pair(value: Value) -> Option<(Value, Value)> {
    let Value::Array(values) = value else { return None };
    let [first, second] = <[Value; 2]>::try_from(values).ok()?;
    Some((first, second))
}

fn text(value: Value) -> Option<String> {
    if let Value::BulkString(bytes) = value { String::from_utf8(bytes).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn answers_of_both_protocols_are_read_and_others_are_not() {
        let partition = Partition::all(1).next().expect("one");
        let entry = Value::Array(vec![bulk("5-1"), Value::Array(vec![bulk("j"), bulk("bytes")])]);
        let gone = Value::Array(vec![bulk("5-2"), Value::Nil]);
        let inside = Value::Array(vec![entry, gone]);
        let name = bulk(&partition.jobs());
        let old = Value::Array(vec![Value::Array(vec![name.clone(), inside.clone()])]);
        for answer in [old, Value::Map(vec![(name, inside)])] {
            let found = by_partition(answer, &[partition], Partition::jobs).expect("an answer");
            let found: Vec<_> = found.iter().map(|(_, it)| (it.id.as_str(), it.field.as_slice(), it.bytes.as_slice())).collect();
            assert_eq!(found, [("5-1", b"j".as_slice(), b"bytes".as_slice()), ("5-2", b"", b"")]);
        }
        assert!(by_partition(Value::Nil, &[partition], Partition::jobs).is_ok_and(|found| found.is_empty()));
        assert!(by_partition(Value::Okay, &[partition], Partition::jobs).is_err());
    }
}
