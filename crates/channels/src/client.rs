//! One HTTP exchange with a provider: no proxy, no redirect, one deadline for all of it, and no more of an answer
//! than its beginning.

use std::error::Error;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::Resolve;
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use reqwest::{Client, Request, Response, StatusCode};
use rustls::{ClientConfig, RootCertStore};

use crate::address::Refused;
use crate::outcome::Outcome;

mod answer;

pub(crate) use answer::{Answer, Body, Rule, id, is_id};

/// How much of an answer is read.
const BODY_LIMIT: usize = 64 * 1024;
/// Idle connections are closed before most providers do, so that a request seldom meets one that is going away.
const IDLE: Duration = Duration::from_secs(30);
const IDLE_CONNECTIONS: usize = 256;

/// The TLS settings that every HTTP client shares: the system's certificates are read and kept once.
pub(crate) fn tls() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("the provider has the cipher suites of TLS 1.2 and 1.3");
    let builder = match rustls_platform_verifier::Verifier::new(provider) {
        Ok(verifier) => builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
        Err(error) => {
            tracing::error!(%error, "no certificates of this system can be read: no HTTPS provider can be trusted");
            builder.with_root_certificates(RootCertStore::empty())
        }
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

/// A client that connects within half the deadline, so that a failure to connect is known as such.
pub(crate) fn client(tls: &ClientConfig, addresses: impl Resolve + 'static, deadline: Duration) -> reqwest::Result<Client> {
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .dns_resolver(addresses)
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .user_agent(concat!("Pinfold/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(deadline / 2)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .build()
}

/// Sends `request` and judges the answer by `rule`; its body is read only when the rule looks into it.
pub(crate) async fn exchange(client: &Client, request: Request, deadline: Duration, rule: &Rule) -> Outcome {
    match ask(client, request, deadline, |status| rule.wants_body() && status.is_success()).await {
        Ok(answer) => rule.judge(&answer),
        Err(outcome) => outcome,
    }
}

/// Sends `request` and takes the answer, with its body when `wants_body` says so.
///
/// # Errors
/// What it means that there is no answer.
pub(crate) async fn ask(
    client: &Client,
    request: Request,
    deadline: Duration,
    wants_body: impl Fn(StatusCode) -> bool,
) -> Result<Answer, Outcome> {
    let mut timer = pin!(tokio::time::sleep(deadline));
    let response = tokio::select! {
        biased;
        answered = client.execute(request) => match answered {
            Ok(response) => response,
            Err(error) => return Err(failure(&error)),
        },
        () = &mut timer => return Err(Outcome::unknown("timeout")),
    };
    let mut answer = Answer::of(response.status(), response.headers());
    if wants_body(answer.status) {
        answer.body = tokio::select! {
            biased;
            body = read(response) => body,
            () = timer => Body::Cut("timeout"),
        };
    }
    Ok(answer)
}

/// A header value, marked as a secret so that no layer below prints it or keeps it in a compression table.
pub(crate) fn secret_header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

pub(crate) async fn read(mut response: Response) -> Body {
    if response.content_length().is_some_and(|length| length > BODY_LIMIT as u64) {
        return Body::Cut("body_too_large");
    }
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > BODY_LIMIT => return Body::Cut("body_too_large"),
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Body::Whole(bytes),
            Err(_) => return Body::Cut("connection_lost"),
        }
    }
}

/// What a failed exchange means: as long as no connection stood, nothing was sent.
pub(crate) fn failure(error: &reqwest::Error) -> Outcome {
    if error.is_builder() {
        return Outcome::permanent("invalid_request");
    }
    if !error.is_connect() {
        return Outcome::unknown("connection_lost");
    }
    if find::<Refused>(error).is_some() {
        return Outcome::permanent("address_refused");
    }
    if let Some(error) = find::<rustls::Error>(error) {
        tracing::debug!(%error, "no TLS with a provider");
        return Outcome::temporary("tls_failed");
    }
    let is_refused = find::<io::Error>(error).is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused);
    Outcome::temporary(match () {
        () if error.is_dns() => "dns_failed",
        () if error.is_timeout() => "connect_timeout",
        () if is_refused => "connect_refused",
        () => "connect_failed",
    })
}

/// The first error of one type among the causes. `io::Error` hides what it wraps from `source`.
pub(crate) fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let wrapped = wrapped.map(|wrapped| wrapped as &(dyn Error + 'static));
    wrapped.or_else(|| error.source()).and_then(find)
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use tokio::net::TcpListener;
    use tokio::time::timeout;
    use url::Url;

    use super::*;
    use crate::address::Addresses;

    #[tokio::test]
    async fn a_name_that_leads_inside_gets_no_connection() {
        let canary = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://localhost:{}/", canary.local_addr().expect("an address").port());
        let deadline = Duration::from_secs(1);
        let client = client(&tls(), Addresses { allow_private: false }, deadline).expect("a client");
        let request = Request::new(Method::POST, Url::parse(&url).expect("a URL"));
        let outcome = exchange(&client, request, deadline, &Rule::default()).await;
        assert_eq!(outcome, Outcome::permanent("address_refused"));
        assert!(timeout(Duration::from_millis(50), canary.accept()).await.is_err(), "the canary was reached");
    }
}
