//! Identity providers that tenants name: what is asked of them leads outside or nowhere, and no answer holds anybody up.

use std::time::Duration;

use pinfold_channels::{Fetch, NoAnswer};
use pinfold_testkit::{Answer, HttpPeer};
use tokio::net::TcpListener;

fn request(url: &str) -> ::http::Request<Vec<u8>> {
    ::http::Request::builder().uri(url).body(Vec::new()).expect("a request")
}

fn reason<T>(answer: Result<T, NoAnswer>) -> Option<String> {
    answer.err().map(|NoAnswer(reason)| reason.into_owned())
}

#[tokio::test]
async fn a_provider_inside_is_not_asked() {
    let canary = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = canary.local_addr().unwrap().port();
    let fetch = Fetch::new(Duration::from_secs(2), false);
    for host in ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "2130706433"] {
        let url = format!("https://{host}:{port}/");
        assert!(!fetch.permits(&url), "{url}");
        assert_eq!(reason(fetch.exchange(request(&url)).await).as_deref(), Some("address_refused"), "{url}");
    }
    let reached = tokio::time::timeout(Duration::from_millis(100), canary.accept()).await;
    assert!(reached.is_err(), "the canary was reached");
}

#[tokio::test]
async fn an_answer_is_taken_as_it_is_and_not_past_its_bounds() {
    let (provider, inside) = (HttpPeer::start(), HttpPeer::start());
    let fetch = Fetch::new(Duration::from_secs(2), true);
    provider.answer_once(Answer::redirect(&inside.url()));
    let answer = fetch.exchange(request(&provider.url())).await.unwrap();
    assert!(answer.status().is_redirection());
    assert_eq!(inside.received().len(), 0);
    provider.answer_once(Answer::status(400).json("{\"error\":\"invalid_grant\"}"));
    let answer = fetch.exchange(request(&provider.url())).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().as_slice()), (400, b"{\"error\":\"invalid_grant\"}".as_slice()));
    for (answer, why) in [
        (Answer::ok().huge(u64::MAX / 2), "body_too_large"),
        (Answer::ok().dripping("x".repeat(1_000), Duration::from_secs(1)), "timeout"),
        (Answer::ok().broken_off("{"), "connection_lost"),
        (Answer::silence(), "timeout"),
    ] {
        provider.answer_once(answer);
        assert_eq!(reason(fetch.exchange(request(&provider.url())).await).as_deref(), Some(why));
    }
}
