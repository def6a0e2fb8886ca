//! The HTTP peer keeps what it is sent and misbehaves exactly as told.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::Duration;

use pinfold_testkit::{Answer, HttpPeer};

fn client() -> reqwest::Client {
    let settings = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    settings.timeout(Duration::from_millis(400)).build().expect("the settings are valid")
}

fn is_reset(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::ConnectionReset) {
            return true;
        }
        cause = error.source();
    }
    false
}

#[tokio::test]
async fn it_keeps_requests_and_answers_in_order() {
    let peer = HttpPeer::start();
    peer.answer_once(Answer::status(503).retry_after(7));
    peer.answer_once(Answer::redirect("http://127.0.0.1:1/elsewhere"));
    peer.answer(Answer::ok().json("{not json"));
    let client = client();
    let send =
        || client.post(format!("{}/sms?to=1", peer.url())).header("Authorization", "Bearer key").body("{\"text\":\"hi\"}").send();
    let first = send().await.expect("the peer answers");
    assert_eq!((first.status().as_u16(), first.headers()["retry-after"].to_str().ok()), (503, Some("7")));
    let second = send().await.expect("the peer answers");
    assert_eq!(
        (second.status().as_u16(), second.headers()["location"].to_str().ok()),
        (307, Some("http://127.0.0.1:1/elsewhere"))
    );
    let third = send().await.expect("the peer answers").text().await;
    assert_eq!(third.expect("the body is whole"), "{not json");

    let received = peer.wait_for(3, Duration::from_secs(1)).await;
    assert_eq!((received[2].method.as_str(), received[2].path.as_str(), received[2].query.as_str()), ("POST", "/sms", "to=1"));
    assert_eq!(received[2].header("authorization"), Some("Bearer key"));
    assert_eq!(received[2].json()["text"], "hi");
    peer.clear();
    assert!(peer.received().is_empty());
}

#[tokio::test]
async fn it_resets_connections_at_once_and_in_the_middle() {
    let peer = HttpPeer::start();
    peer.answer(Answer::reset());
    let error = client().get(peer.url()).send().await.expect_err("the connection is reset");
    assert!(is_reset(&error), "{error:?}");

    peer.answer(Answer::ok().broken_off("{\"id\":"));
    let mut answer = client().get(peer.url()).send().await.expect("the answer begins well");
    assert_eq!(answer.chunk().await.expect("the beginning arrives").as_deref(), Some(&b"{\"id\":"[..]));
    let error = answer.chunk().await.expect_err("the connection is reset");
    assert!(is_reset(&error), "{error:?}");
}

#[tokio::test]
async fn it_can_be_late_slow_or_silent() {
    let peer = HttpPeer::start();
    for answer in [
        Answer::ok().delayed(Duration::from_secs(30)),
        Answer::ok().dripping("0123456789", Duration::from_millis(100)),
        Answer::silence(),
    ] {
        peer.answer(answer);
        let outcome = async { client().get(peer.url()).send().await?.bytes().await };
        assert!(outcome.await.expect_err("the client's patience ends").is_timeout());
    }
    assert_eq!(peer.received().len(), 3);
}

#[tokio::test]
async fn it_sends_bodies_of_any_size() {
    let peer = HttpPeer::start();
    peer.answer(Answer::ok().huge(5_000_001));
    let body = client().get(peer.url()).send().await.expect("the peer answers").bytes().await;
    assert_eq!(body.expect("the body is whole").len(), 5_000_001);
}
