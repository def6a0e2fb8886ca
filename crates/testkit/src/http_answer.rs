//! What a provider answers in a test: well, badly, late, slowly, endlessly, or not at all.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::Response;
use hyper::body::Frame;

pub(crate) type Body = UnsyncBoxBody<Bytes, Broken>;

/// The connection is to be reset.
#[derive(Debug)]
pub(crate) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the answer breaks off here")
    }
}

impl std::error::Error for Broken {}

/// One answer of an [`HttpPeer`](crate::HttpPeer).
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    delay: Duration,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Whole(Bytes),
    BrokenOff(Bytes),
    Dripping { bytes: Bytes, pause: Duration },
    Huge { size_bytes: u64 },
    Reset,
    Silence,
}

impl Answer {
    /// An empty answer with a status.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), delay: Duration::ZERO, content: Content::Whole(Bytes::new()) }
    }

    /// An empty 200.
    pub fn ok() -> Self {
        Self::status(200)
    }

    /// A redirect (307, which repeats the request) to an address.
    pub fn redirect(to: &str) -> Self {
        Self::status(307).header("location", to)
    }

    /// No answer: the connection is reset as soon as the request is read.
    pub fn reset() -> Self {
        Self { content: Content::Reset, ..Self::ok() }
    }

    /// No answer: the request is read and the connection stays open.
    pub fn silence() -> Self {
        Self { content: Content::Silence, ..Self::ok() }
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With `Retry-After` in seconds.
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header("retry-after", &seconds.to_string())
    }

    /// After a delay.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// With a body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.content = Content::Whole(body.into());
        self
    }

    /// With a body declared as JSON; it need not be valid.
    pub fn json(self, body: impl Into<Bytes>) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    /// Resets the connection after the first bytes of a body.
    pub fn broken_off(mut self, beginning: impl Into<Bytes>) -> Self {
        self.content = Content::BrokenOff(beginning.into());
        self
    }

    /// Sends the body byte by byte with a pause before each.
    pub fn dripping(mut self, body: impl Into<Bytes>, pause: Duration) -> Self {
        self.content = Content::Dripping { bytes: body.into(), pause };
        self
    }

    /// With a body of that many bytes, made while it is sent.
    pub fn huge(mut self, size_bytes: u64) -> Self {
        self.content = Content::Huge { size_bytes };
        self
    }

    /// Waits as told and gives the response; nothing if the connection is to be reset at once.
    pub(crate) async fn respond(self) -> Result<Response<Body>, Broken> {
        tokio::time::sleep(self.delay).await;
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let body = match self.content {
            Content::Whole(bytes) => whole(bytes),
            Content::BrokenOff(bytes) => broken_off(bytes),
            Content::Dripping { bytes, pause } => dripping(bytes, pause),
            Content::Huge { size_bytes } => huge(size_bytes),
            Content::Reset => return Err(Broken),
            Content::Silence => std::future::pending().await,
        };
        Ok(response.body(body).expect("the test gave a valid status and valid headers"))
    }
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

fn broken_off(bytes: Bytes) -> Body {
    let beginning = stream::iter([Ok(Frame::data(bytes))]);
    // The pause lets the beginning leave before the connection breaks.
    let end = stream::once(async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(Broken)
    });
    StreamBody::new(beginning.chain(end)).boxed_unsync()
}

fn dripping(bytes: Bytes, pause: Duration) -> Body {
    let drops = stream::unfold(bytes, move |mut left| async move {
        if left.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        Some((Ok(Frame::data(left.split_to(1))), left))
    });
    StreamBody::new(drops).boxed_unsync()
}

fn huge(size_bytes: u64) -> Body {
    const CHUNK: &[u8] = &[b' '; 64 * 1024];
    let chunks = stream::unfold(size_bytes, |left| async move {
        let size = CHUNK.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        (size > 0).then(|| (Ok(Frame::data(Bytes::from_static(&CHUNK[..size]))), left - size as u64))
    });
    StreamBody::new(chunks).boxed_unsync()
}
