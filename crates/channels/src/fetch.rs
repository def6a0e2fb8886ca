//! One exchange with an identity provider that a tenant names, by the same closed door as for callbacks: each address is checked each
//! time, a name is resolved once and the very addresses that were checked are connected to, nothing is followed, nothing goes through
//! a proxy. An answer is taken up to 64 KiB.

use std::time::Duration;

use http::header::AUTHORIZATION;
use http_body_util::Full;

use crate::address::Addresses;
use crate::callback::reason;
use crate::check_callback;
use crate::client::{Body, Client, ask, tls};
use crate::outcome::Reason;

/// Asks identity providers.
#[derive(Debug, Clone)]
pub struct Fetch {
    client: Client,
    addresses: Addresses,
    deadline: Duration,
}

/// There was no answer; a stable word says why, without anything of the provider's in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(pub Reason);

impl Fetch {
    /// A client that gives one exchange `deadline` in all.
    #[must_use]
    pub fn new(deadline: Duration, allow_private_addresses: bool) -> Self {
        let addresses = Addresses { allow_private: allow_private_addresses };
        let client = Client::new(&tls(), addresses, deadline);
        Self { client, addresses, deadline }
    }

    /// Whether requests may go to an address.
    #[must_use]
    pub fn permits(&self, url: &str) -> bool {
        check_callback(url, self.addresses.allow_private).is_ok()
    }

    /// Sends a request and takes the whole answer, whatever its status.
    ///
    /// # Errors
    /// [`NoAnswer`], also for an answer that is cut off or too large.
    pub async fn exchange(&self, mut request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, NoAnswer> {
        if !self.permits(&request.uri().to_string()) {
            return Err(NoAnswer("address_refused".into()));
        }
        if let Some(secret) = request.headers_mut().get_mut(AUTHORIZATION) {
            secret.set_sensitive(true);
        }
        let request = request.map(|body| Full::new(body.into()));
        let asked = ask(&self.client, request, self.deadline, |_| true).await;
        let answer = asked.map_err(|outcome| NoAnswer(reason(outcome)))?;
        let body = match answer.body {
            Body::Whole(bytes) => bytes.into(),
            Body::Cut(why) => return Err(NoAnswer(why.into())),
            Body::Unread => Vec::new(),
        };
        let mut whole = http::Response::new(body);
        (*whole.status_mut(), *whole.headers_mut()) = (answer.status, answer.headers);
        Ok(whole)
    }
}
