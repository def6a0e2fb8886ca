//! What was sent and verified shows in the figures within seconds, to its tenant alone.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{App, Client};

/// Asks until the totals say so many PINs and so many of them verified.
async fn until(client: &Client, query: &str, pins: u64, verified: u64) -> Value {
    let mut last = Value::Null;
    for _ in 0..300 {
        last = client.get(&format!("/v1/statistics{query}")).await.expect(200).json();
        if last["totals"]["pins"] == pins && last["totals"]["pinsVerified"] == verified {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{pins} PINs, {verified} verified: {last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_show_what_was_sent_and_verified() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({})).await;
    let pin = app.send(&application, &message, "41793026701").await;
    let code = app.pin_of("41793026701").await;
    app.verify(&pin, &App::wrong(&code)).await;
    app.verify(&pin, &code).await;
    app.send(&application, &message, "33612345678").await;
    app.pin_of("33612345678").await;

    let of_application = format!("?applicationId={application}");
    let time = until(&app.client, &of_application, 2, 1).await;
    let totals = &time["totals"];
    assert_eq!((&totals["pinsSent"], &totals["messagesSent"], &totals["wrongGuesses"]), (&json!(2), &json!(2), &json!(1)));
    let answered: u64 = totals["handOver"].as_array().expect("a list").iter().filter_map(|span| span["messages"].as_u64()).sum();
    let after: u64 = totals["verifiedAfter"].as_array().expect("a list").iter().filter_map(|span| span["pins"].as_u64()).sum();
    assert_eq!((answered, after), (2, 1), "{totals}");
    assert_eq!((&time["by"], &time["bucket"]), (&json!("time"), &json!("1h")));
    let spans = time["groups"].as_array().expect("a list");
    assert!((24..=25).contains(&spans.len()) && time["asOf"].is_string(), "{time}");
    let in_spans: u64 = spans.iter().filter_map(|span| span["pins"].as_u64()).sum();
    assert_eq!(in_spans, 2);

    let countries = until(&app.client, &format!("{of_application}&by=country"), 2, 1).await;
    let keys: Vec<&str> =
        countries["groups"].as_array().expect("a list").iter().filter_map(|group| group["key"].as_str()).collect();
    assert_eq!(keys, ["CH", "FR"]);
    let connections = until(&app.client, &format!("{of_application}&by=connection&country=CH"), 1, 1).await;
    assert!(connections["groups"][0]["name"].is_string() || connections["groups"][0]["key"] == "", "{connections}");
    let refused = app.client.get("/v1/statistics?by=weather&bucket=1w").await.expect(400).json();
    let fields: Vec<&str> =
        refused["fields"].as_array().expect("a list").iter().filter_map(|field| field["field"].as_str()).collect();
    assert_eq!(fields, ["bucket", "by"]);

    let (stranger, ..) = app.stranger("bob").await;
    let nothing = stranger.get(&format!("/v1/statistics{of_application}")).await.expect(200).json();
    assert_eq!(nothing["totals"]["pins"], 0, "{nothing}");
}
