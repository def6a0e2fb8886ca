//! A column of a batch: an array in PostgreSQL's binary format, written as it grows. A batch has some dozen columns of some hundred
//! rows; a value of its own for each cell would cost more than the rest of recording.

use std::fmt;
use std::io::Write as _;
use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Array, BigInt, Binary, Date, HasSqlType, Integer, Jsonb, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use uuid::Uuid;

/// 2000-01-01 in milliseconds since 1970: PostgreSQL counts from there.
const EPOCH_MS: i64 = 946_684_800_000;
const DAY_MS: i64 = 86_400_000;
/// The last millisecond that a `timestamptz` can say, in the year 294276.
const LAST_MS: i64 = 9_223_371_331_199_999;
/// How an array writes the length of a null.
const NULL: i32 = -1;

/// An array of `ST`.
pub(crate) struct Column<ST> {
    elements: Vec<u8>,
    len: i32,
    has_nulls: bool,
    of: PhantomData<fn(ST)>,
}

/// A value as an element of a [`Column`] of `ST`, in the binary format that the type's `recv` function reads.
pub(crate) trait Element<ST> {
    fn write(self, bytes: &mut Vec<u8>);
}

/// A time in milliseconds since 1970.
#[derive(Clone, Copy)]
pub(crate) struct Millis(pub(crate) u64);

/// The day of a time, in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(i32);

/// A document.
pub(crate) struct Json<'a, T>(pub(crate) &'a T);

impl<ST> Default for Column<ST> {
    fn default() -> Self {
        Self { elements: Vec::new(), len: 0, has_nulls: false, of: PhantomData }
    }
}

impl<ST> Column<ST> {
    pub(crate) fn push(&mut self, value: impl Element<ST>) {
        let start = self.begin();
        value.write(&mut self.elements);
        let length = i32::try_from(self.elements.len() - start).expect("a cell is some kilobytes at most");
        self.elements[start - 4..start].copy_from_slice(&length.to_be_bytes());
    }

    /// Nothing is a null.
    pub(crate) fn push_if(&mut self, value: Option<impl Element<ST>>) {
        match value {
            Some(value) => self.push(value),
            None => {
                self.begin();
                self.has_nulls = true;
            }
        }
    }

    /// Starts an element, which is a null as long as nothing follows.
    fn begin(&mut self) -> usize {
        self.elements.extend_from_slice(&NULL.to_be_bytes());
        self.len += 1;
        self.elements.len()
    }
}

impl<ST> fmt::Debug for Column<ST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Column({})", self.len)
    }
}

/// The format of `array_recv()`: dimensions, whether there are nulls, the elements' type; of the one dimension its length and the
/// index of its first element; the elements.
impl<ST> ToSql<Array<ST>, Pg> for Column<ST>
where
    Pg: HasSqlType<ST>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let element = <Pg as HasSqlType<ST>>::metadata(out.metadata_lookup()).oid()?;
        let dimensions = i32::from(self.len > 0);
        out.write_all(&dimensions.to_be_bytes())?;
        out.write_all(&i32::from(self.has_nulls).to_be_bytes())?;
        out.write_all(&element.to_be_bytes())?;
        if self.len > 0 {
            out.write_all(&self.len.to_be_bytes())?;
            out.write_all(&1_i32.to_be_bytes())?;
            out.write_all(&self.elements)?;
        }
        Ok(IsNull::No)
    }
}

impl Millis {
    fn since_epoch(self) -> i64 {
        i64::try_from(self.0).map_or(LAST_MS, |ms| (ms - EPOCH_MS).min(LAST_MS))
    }

    pub(crate) fn day(self) -> Day {
        Day(i32::try_from(self.since_epoch().div_euclid(DAY_MS)).unwrap_or(i32::MAX))
    }
}

impl Element<Timestamptz> for Millis {
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&(self.since_epoch() * 1_000).to_be_bytes());
    }
}

impl Element<Date> for Day {
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.0.to_be_bytes());
    }
}

impl Element<SqlUuid> for Uuid {
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.as_bytes());
    }
}

impl Element<Text> for &str {
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.as_bytes());
    }
}

impl Element<Binary> for &[u8] {
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self);
    }
}

impl Element<SmallInt> for i16 {
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_be_bytes());
    }
}

impl Element<Integer> for i32 {
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_be_bytes());
    }
}

impl Element<BigInt> for i64 {
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_be_bytes());
    }
}

impl<T: Serialize> Element<Jsonb> for Json<'_, T> {
    fn write(self, bytes: &mut Vec<u8>) {
        // The version of the format, and the text.
        bytes.push(1);
        serde_json::to_writer(bytes, self.0).expect("plain values serialise");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_days_are_counted_from_2000_and_end_before_infinity() {
        let written = |ms| {
            let mut bytes = Vec::new();
            Millis(ms).write(&mut bytes);
            i64::from_be_bytes(bytes.try_into().expect("eight bytes"))
        };
        let start = EPOCH_MS as u64;
        assert_eq!([written(start), written(start + 1), written(start - 1), written(0)], [0, 1_000, -1_000, EPOCH_MS * -1_000]);
        assert_eq!((written(u64::MAX), written(i64::MAX as u64)), (LAST_MS * 1_000, LAST_MS * 1_000));
        let day = DAY_MS as u64;
        assert_eq!([start, start + day - 1, start + day, start - 1].map(|ms| Millis(ms).day().0), [0, 0, 1, -1]);
    }
}
