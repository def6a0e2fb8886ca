//! One exchange with an identity provider that a tenant names, by the same closed door as for callbacks: each address is checked each
//! time, a name is resolved once and the very addresses that were checked are connected to, nothing is followed, nothing goes through
//! a proxy. An answer is taken up to 64 KiB.

use std::pin::pin;
use std::time::Duration;

use http::header::AUTHORIZATION;
use reqwest::{Client, Request};

use crate::address::Addresses;
use crate::callback::reason;
use crate::check_callback;
use crate::client::{Body, client, failure, read, tls};
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
        let client = client(&tls(), addresses, deadline).expect("a client of checked settings is made");
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
        let request = Request::try_from(request).map_err(|_| NoAnswer("invalid_request".into()))?;
        let mut timer = pin!(tokio::time::sleep(self.deadline));
        let response = tokio::select! {
            biased;
            answered = self.client.execute(request) => answered.map_err(|error| NoAnswer(reason(failure(&error))))?,
            () = &mut timer => return Err(NoAnswer("timeout".into())),
        };
        let mut answer = http::Response::new(Vec::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        let body = tokio::select! {
            biased;
            body = read(response) => body,
            () = timer => Body::Cut("timeout"),
        };
        match body {
            Body::Whole(bytes) => *answer.body_mut() = bytes,
            Body::Cut(why) => return Err(NoAnswer(why.into())),
            Body::Unread => {}
        }
        Ok(answer)
    }
}
