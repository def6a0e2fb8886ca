//! A request's body as it came: whole, small and in time, or refused.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures::StreamExt;

use crate::edge::LARGEST_BODY;
use crate::{Code, Problem};

/// How long a client may take to send a body.
const LONGEST_READ: Duration = Duration::from_secs(15);

/// A body, whatever it is declared as.
#[derive(Debug)]
pub struct RawBody(pub Bytes);

impl FromRequest for RawBody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = whole_body(payload.take());
        Box::pin(async { body.await.map(Self) })
    }
}

/// Reads a body to its end. It is not unpacked where it is compressed.
///
/// # Errors
/// 408 for one that does not come in time, 413 for one of more than [`LARGEST_BODY`] bytes, 400 for one that breaks off.
pub async fn whole_body(payload: Payload) -> Result<Bytes, Problem> {
    tokio::time::timeout(LONGEST_READ, gather(payload)).await.map_err(|_| Problem::new(Code::RequestTimeout))?
}

async fn gather(mut payload: Payload) -> Result<Bytes, Problem> {
    // Nearly every body comes in one piece, which is taken as it is.
    let Some(first) = payload.next().await else { return Ok(Bytes::new()) };
    let first = fitting(0, first)?;
    let Some(second) = payload.next().await else { return Ok(first) };
    let mut body = BytesMut::from(first);
    let mut next = Some(second);
    while let Some(piece) = next {
        body.extend_from_slice(&fitting(body.len(), piece)?);
        next = payload.next().await;
    }
    Ok(body.freeze())
}

/// A piece that there is room for behind `length` bytes.
fn fitting(length: usize, piece: Result<Bytes, PayloadError>) -> Result<Bytes, Problem> {
    match piece {
        Ok(piece) if length + piece.len() <= LARGEST_BODY => Ok(piece),
        Ok(_) | Err(PayloadError::Overflow) => Err(Problem::new(Code::BodyTooLarge)),
        Err(_) => Err(Problem::new(Code::BadRequest)),
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    async fn read(pieces: Vec<Result<Bytes, PayloadError>>) -> Result<Bytes, Code> {
        let payload: Payload = Payload::Stream { payload: Box::pin(stream::iter(pieces)) };
        whole_body(payload).await.map_err(|problem| problem.code)
    }

    #[actix_web::test]
    async fn pieces_become_one_body_as_far_as_there_is_room() {
        let piece = |length| Ok(Bytes::from(vec![b'x'; length]));
        for lengths in [vec![], vec![0], vec![7], vec![0, 3], vec![3, 4, 5], vec![LARGEST_BODY], vec![LARGEST_BODY - 1, 1]] {
            let whole = read(lengths.iter().copied().map(piece).collect()).await;
            assert_eq!(whole.map(|body| body.len()), Ok(lengths.iter().sum()), "{lengths:?}");
        }
        for lengths in [vec![LARGEST_BODY + 1], vec![LARGEST_BODY, 1], vec![1, LARGEST_BODY]] {
            let whole = read(lengths.iter().copied().map(piece).collect()).await;
            assert_eq!(whole, Err(Code::BodyTooLarge), "{lengths:?}");
        }
        for pieces in [vec![Err(PayloadError::Incomplete(None))], vec![piece(1), Err(PayloadError::Incomplete(None))]] {
            assert_eq!(read(pieces).await, Err(Code::BadRequest));
        }
    }
}
