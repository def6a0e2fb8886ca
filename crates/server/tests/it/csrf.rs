//! No other page changes anything with a person's cookie: every change of the API document is asked for without the session's token,
//! with a foreign origin, as another page could send it, and by following a link.

use std::collections::BTreeSet;

use crate::matrix::{Documented, documented};
use crate::support::person::Person;
use crate::support::{Answer, App};

const FOREIGN: &str = "https://evil.example";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A request with the person's cookie, as some page makes it.
async fn ask(ann: &Person, one: &Documented, token: bool, origin: Option<&str>, kind: &str) -> Answer {
    let request = ann.client.request(&one.method, &one.nobodys());
    let mut request = request.header("cookie", format!("__Host-pinfold-session={}", ann.cookie)).header("content-type", kind);
    if token {
        request = request.header("x-csrf-token", &ann.csrf);
    }
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    ann.client.send(request.body(if kind == FORM { "a=b" } else { "{}" })).await
}

/// Whether an answer refuses with a status; IPROG's clients read it from the body of a 200.
fn refuses(answer: &Answer, status: u16) -> bool {
    answer.status == status || (answer.status == 200 && answer.json()["status"] == "error")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_page_changes_anything_with_a_persons_cookie() {
    let app = App::start().await;
    let mut ann = Person::signed_up(&app, "ann@example.com", "Shop").await;
    let operations = documented(&app).await;
    let read: BTreeSet<&str> = operations.iter().filter(|one| one.method == "GET").map(|one| one.path.as_str()).collect();
    let own = ann.origin.clone();
    let (mut by_token, mut by_origin, mut by_kind, mut by_link) = (0, 0, 0, 0);
    for one in operations.iter().filter(|one| one.method != "GET") {
        // What Infobip calls a session is shown in a header; a cookie counts for nothing there.
        if one.operation == "sessions.close" {
            let answer = ask(&ann, one, true, Some(&own), JSON).await;
            assert_eq!(answer.status, 401, "{}", answer.text);
            continue;
        }
        let takes = |kind: &str| one.bodies.iter().any(|body| body == kind);
        if one.is_closed {
            for (token, origin, kind) in [
                (false, Some(own.as_str()), JSON),
                (false, Some(FOREIGN), "text/plain"),
                (false, None, FORM),
                (true, Some(FOREIGN), JSON),
                (true, Some("null"), FORM),
                (true, None, JSON),
            ] {
                let answer = ask(&ann, one, token, origin, kind).await;
                assert!(refuses(&answer, 403), "{} {token} {origin:?} {kind}: {}", one.operation, answer.text);
                *(if token { &mut by_origin } else { &mut by_token }) += 1;
            }
        } else {
            // Who comes in shows no session; another page cannot have them come in either.
            let answer = ask(&ann, one, false, Some(FOREIGN), JSON).await;
            let is_of_people = pinfold_http::visit::is_for_visitors(&one.path);
            assert!(!is_of_people || answer.status == 403, "{}: {} {}", one.operation, answer.status, answer.text);
        }
        // With everything right, a kind of body that a form could send.
        for kind in ["text/plain", FORM] {
            if takes(JSON) && !takes(kind) && one.is_closed {
                let answer = ask(&ann, one, true, Some(&own), kind).await;
                assert!(refuses(&answer, 415), "{} as {kind}: {} {}", one.operation, answer.status, answer.text);
                by_kind += 1;
            }
        }
        if !read.contains(one.path.as_str()) {
            let answer = ann.call("GET", &one.nobodys(), None).await;
            assert!(matches!(answer.status, 404 | 405), "{} by GET: {} {}", one.operation, answer.status, answer.text);
            by_link += 1;
        }
    }
    assert!(by_token > 300 && by_origin > 300 && by_kind > 100 && by_link > 30, "{by_token} {by_origin} {by_kind} {by_link}");
    // Signing out and the end of the tenant were among them.
    let session = ann.get("/v1/session").await.expect(200).json();
    assert_eq!((session["state"].as_str(), session["tenant"]["slug"].as_str()), (Some("signed_in"), Some("shop")));
}
