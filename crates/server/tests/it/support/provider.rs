//! A tenant's own SMS provider, which keeps what it was given.

use std::collections::BTreeMap;
use std::time::Duration;

use pinfold_testkit::{Answer, HttpPeer};
use serde_json::json;

use super::app::App;
use super::client::{Client, pin_in};

/// A provider that the demo tenant's SMS go to.
pub struct Provider(pub HttpPeer);

/// One message as the provider got it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Given {
    pub to: String,
    pub reference: String,
    pub pin: String,
}

impl Provider {
    /// Starts it and leads the demo tenant's SMS to it; waits until they arrive.
    pub async fn of(app: &App) -> Self {
        let provider = Self(HttpPeer::start());
        provider.connect(&app.client).await;
        for number in 0..100 {
            app.send(app.application(), app.message(), &format!("417800000{number:02}")).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
            if !provider.given().is_empty() {
                // Messages before the last one may have gone either way; none of them is on its way any more.
                tokio::time::sleep(Duration::from_millis(300)).await;
                provider.0.clear();
                return provider;
            }
        }
        panic!("no message comes to the provider");
    }

    async fn connect(&self, client: &Client) {
        let body = json!({ "to": "{{to}}", "text": "{{text}}", "reference": "{{reference}}" });
        let provider = json!({ "kind": "http", "url": self.0.url(), "method": "POST", "body": { "json": body } });
        let created = client.post("/v1/connections", json!({ "name": "Provider", "provider": provider })).await.expect(201);
        client.put("/v1/routes/sms", json!({ "connectionId": created.json()["id"] })).await.expect(200);
    }

    /// Answers every request like this from now on.
    pub fn answer(&self, answer: Answer) {
        self.0.answer(answer);
    }

    /// Every message so far, repetitions included.
    pub fn given(&self) -> Vec<Given> {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let read = |json: serde_json::Value| Given {
            to: text(&json["to"]).trim_start_matches('+').to_owned(),
            reference: text(&json["reference"]),
            pin: pin_in(&text(&json["text"])),
        };
        self.0.received().iter().map(|request| read(request.json())).collect()
    }

    /// What came about a PIN.
    pub fn given_of(&self, pin_id: &str) -> Vec<Given> {
        self.given().into_iter().filter(|given| given.reference.starts_with(pin_id)).collect()
    }

    /// Waits until something came about each of these PINs, and gives the code of each.
    pub async fn pins_of(&self, pin_ids: &[String], patience: Duration) -> BTreeMap<String, String> {
        let mut left = patience;
        loop {
            let given = self.given();
            let pin = |id: &String| {
                given.iter().find(|given| given.reference.starts_with(id.as_str())).map(|given| (id.clone(), given.pin.clone()))
            };
            let found: BTreeMap<String, String> = pin_ids.iter().filter_map(pin).collect();
            if found.len() == pin_ids.len() {
                return found;
            }
            let missing: Vec<_> = pin_ids.iter().filter(|id| !found.contains_key(*id)).collect();
            assert!(!left.is_zero(), "{} of {} never came: {missing:?}", missing.len(), pin_ids.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
            left = left.saturating_sub(Duration::from_millis(50));
        }
    }

    /// How many messages were repetitions. Each must have been the same message to the same person with the same code.
    pub fn repetitions(&self) -> usize {
        let given = self.given();
        let mut first: BTreeMap<&str, &Given> = BTreeMap::new();
        let mut repetitions = 0;
        for one in &given {
            if let Some(before) = first.insert(&one.reference, one) {
                assert_eq!(before, one, "a repetition differs");
                repetitions += 1;
            }
        }
        repetitions
    }
}
