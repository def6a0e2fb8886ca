//! One signed POST to an address that a tenant names. The same closed door as for providers: the address is checked each
//! time, a name is resolved once and the very addresses that were checked are connected to, nothing is followed, and
//! nothing goes through a proxy. Only the status of an answer matters, so its body is not read.

use std::borrow::Cow;
use std::time::Duration;

use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use pinfold_core::field::{Checks, FieldError};
use url::Url;

use crate::address::Addresses;
use crate::check;
use crate::client::{self, Client, ask, tls};
use crate::outcome::{Outcome, Reason};

/// Posts to addresses of tenants.
#[derive(Debug, Clone)]
pub struct Callbacks {
    client: Client,
    addresses: Addresses,
    deadline: Duration,
}

/// What one post came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why it does not count as taken; `None` after a 2xx. A stable word without anything of the answer in it.
    pub reason: Option<Reason>,
    /// How long the receiver asks to wait.
    pub retry_after: Option<Duration>,
}

impl Reply {
    fn none(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { status: None, reason: Some(reason.into()), retry_after: None }
    }
}

/// Whether a tenant may name this address.
///
/// # Errors
/// What is wrong with it, under the field `url`.
pub fn check_callback(url: &str, allow_private_addresses: bool) -> Result<(), Vec<FieldError>> {
    let mut checks = Checks::default();
    check::url("url", url, Addresses { allow_private: allow_private_addresses }, &mut checks);
    checks.finish()
}

impl Callbacks {
    /// A client that gives one post `deadline` in all.
    #[must_use]
    pub fn new(deadline: Duration, allow_private_addresses: bool) -> Self {
        let addresses = Addresses { allow_private: allow_private_addresses };
        let client = Client::new(&tls(), addresses, deadline);
        Self { client, addresses, deadline }
    }

    /// Posts a JSON body.
    pub async fn post(&self, url: &str, headers: &[(&'static str, String)], body: Vec<u8>) -> Reply {
        // Addresses written as numbers are resolved by nobody, and what is allowed may have changed since it was stored.
        if check_callback(url, self.addresses.allow_private).is_err() {
            return Reply::none("address_refused");
        }
        let uri = Url::parse(url).ok().and_then(|url| client::uri(&url));
        let (Some(uri), Some(headers)) = (uri, header_map(headers)) else { return Reply::none("invalid_request") };
        let request = client::request(Method::POST, uri, headers, body);
        let answer = match ask(&self.client, request, self.deadline, |_| false).await {
            Ok(answer) => answer,
            Err(outcome) => return Reply::none(reason(outcome)),
        };
        let status = answer.status;
        let why = (!status.is_success()).then(|| Cow::from(format!("http_{}", status.as_u16())));
        Reply { status: Some(status.as_u16()), reason: why, retry_after: answer.retry_after() }
    }
}

fn header_map(headers: &[(&'static str, String)]) -> Option<HeaderMap> {
    let mut map = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    for (name, value) in headers {
        map.insert(HeaderName::from_static(name), HeaderValue::from_str(value).ok()?);
    }
    Some(map)
}

pub(crate) fn reason(outcome: Outcome) -> Reason {
    match outcome {
        Outcome::Accepted { .. } => Reason::from("accepted"),
        Outcome::Temporary { reason, .. } | Outcome::Permanent { reason } | Outcome::Unknown { reason } => reason,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::client::Resolver;

    const OUTSIDE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
    const INSIDE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);

    /// A name that leads outside when it is first asked for, and inside ever after.
    fn rebinding(asked: Arc<AtomicUsize>) -> Resolver {
        Resolver::new(move |_| {
            let answer = if asked.fetch_add(1, Ordering::SeqCst) == 0 { OUTSIDE } else { INSIDE };
            Box::pin(async move { Ok(vec![SocketAddr::from((answer, 0))]) })
        })
    }

    #[tokio::test]
    async fn the_address_that_was_resolved_is_the_one_that_is_connected_to() {
        let outside = TcpListener::bind((OUTSIDE, 0)).await.expect("a free port");
        let port = outside.local_addr().expect("an address").port();
        let inside = TcpListener::bind((INSIDE, port)).await.expect("the same port");
        let (asked, deadline) = (Arc::new(AtomicUsize::new(0)), Duration::from_secs(2));
        let client = Client::new(&tls(), rebinding(Arc::clone(&asked)), deadline);
        let callbacks = Callbacks { client, addresses: Addresses { allow_private: true }, deadline };
        let answer = async {
            let (mut connection, _) = outside.accept().await.expect("a connection");
            let mut request = [0; 1_024];
            assert!(connection.read(&mut request).await.expect("a request") > 0);
            connection.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.expect("the answer leaves");
        };
        let url = format!("http://rebinding.example:{port}/");
        let (reply, ()) = tokio::join!(callbacks.post(&url, &[], b"{}".to_vec()), answer);
        assert_eq!(reply, Reply { status: Some(204), reason: None, retry_after: None });
        assert_eq!(asked.load(Ordering::SeqCst), 1, "asked once for one connection");
        let reached = tokio::time::timeout(Duration::from_millis(100), inside.accept()).await;
        assert!(reached.is_err(), "the inside was reached");
    }
}
