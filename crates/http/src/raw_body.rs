//! A request's body as it came: whole, small and in time, or refused.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures::StreamExt;

use crate::body::{compressed, declared_body, is_plain};
use crate::edge::LARGEST_BODY;
use crate::{Code, Problem};

/// How long a client may take to send a body.
const LONGEST_READ: Duration = Duration::from_secs(15);

/// A body that is not compressed, whatever else it is declared as.
#[derive(Debug)]
pub struct RawBody(pub Bytes);

impl FromRequest for RawBody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let declared = if is_plain(request) { Ok(()) } else { Err(compressed()) };
        let body = whole_body(payload.take());
        Box::pin(async { declared_body(body.await, declared).map(Self) })
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
    use actix_web::http::header::CONTENT_ENCODING;
    use actix_web::test::TestRequest;
    use futures::stream;

    use super::*;

    async fn read(pieces: Vec<Result<Bytes, PayloadError>>) -> Result<Bytes, Code> {
        let payload: Payload = Payload::Stream { payload: Box::pin(stream::iter(pieces)) };
        whole_body(payload).await.map_err(|problem| problem.code)
    }

    #[actix_web::test]
    async fn pieces_become_one_body_as_far_as_there_is_room() {
        let pieces = |lengths: &[usize]| -> Vec<Bytes> {
            lengths.iter().zip(b'a'..).map(|(length, byte)| Bytes::from(vec![byte; *length])).collect()
        };
        for lengths in [vec![], vec![0], vec![7], vec![0, 3], vec![3, 4, 5], vec![LARGEST_BODY], vec![LARGEST_BODY - 1, 1]] {
            let pieces = pieces(&lengths);
            let whole = read(pieces.iter().cloned().map(Ok).collect()).await;
            assert_eq!(whole.as_deref(), Ok(pieces.concat().as_slice()), "{lengths:?}");
        }
        for lengths in [vec![LARGEST_BODY + 1], vec![LARGEST_BODY, 1], vec![1, LARGEST_BODY]] {
            let whole = read(pieces(&lengths).into_iter().map(Ok).collect()).await;
            assert_eq!(whole, Err(Code::BodyTooLarge), "{lengths:?}");
        }
        let broken = || Err(PayloadError::Incomplete(None));
        for pieces in [vec![broken()], vec![Ok(Bytes::from_static(b"a")), broken()]] {
            assert_eq!(read(pieces).await, Err(Code::BadRequest));
        }
    }

    #[actix_web::test]
    async fn a_compressed_body_is_told_to_be_one() {
        for (encoding, taken) in [("identity", Ok(())), ("gzip", Err(Code::UnsupportedMediaType))] {
            let request = TestRequest::post().insert_header((CONTENT_ENCODING, encoding)).set_payload("x");
            let (request, mut payload) = request.to_http_parts();
            let body = RawBody::from_request(&request, &mut payload).await;
            assert_eq!(body.map(drop).map_err(|problem| problem.code), taken, "{encoding}");
        }
    }
}
