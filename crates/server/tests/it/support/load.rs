//! Many sends, by clients that insist: each repeats its request with the same key until it is answered.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use serde_json::{Value, json};

use super::app::App;
use super::client::{Answer, Client};

/// How long a client insists.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause before a repetition, and between the sends of one client.
const PAUSE: Duration = Duration::from_millis(100);

/// Sends of one application.
#[derive(Clone)]
pub struct Load {
    pub client: Client,
    pub application: String,
    pub message: String,
}

/// An accepted send.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub pin_id: String,
    pub to: String,
}

impl Load {
    /// With the demo tenant's application.
    pub fn of(app: &App) -> Self {
        let (application, message) = (app.application().to_owned(), app.message().to_owned());
        Self { client: app.client.clone(), application, message }
    }

    /// The request's body.
    pub fn body(&self, to: &str) -> Value {
        json!({ "applicationId": self.application, "messageId": self.message, "to": to })
    }

    /// A number of its own for every count.
    pub fn number(count: u32) -> String {
        format!("4179{count:06}0")
    }

    /// Sends and insists.
    pub async fn accepted(&self, to: &str) -> Accepted {
        let answer = insist(&self.client, "/2fa/2/pin", &format!("send-{to}"), self.body(to)).await;
        let pin_id = answer.json()["pinId"].as_str().expect("an id").to_owned();
        Accepted { pin_id, to: to.to_owned() }
    }

    /// Some sends at once, to the numbers from `first` on.
    pub async fn burst(&self, first: u32, count: u32) -> Vec<Accepted> {
        let sends = (first..first + count).map(async |number| self.accepted(&Self::number(number)).await);
        futures::future::join_all(sends).await
    }

    /// Sends with some clients at once, to the numbers from `first` on, for as long as `during` lasts.
    pub async fn during<T>(&self, first: u32, clients: usize, during: impl Future<Output = T>) -> (Vec<Accepted>, T) {
        let (next, is_over, accepted) = (Cell::new(first), Cell::new(false), RefCell::new(Vec::new()));
        let client = async || {
            while !is_over.get() {
                let to = Self::number(next.replace(next.get() + 1));
                let sent = self.accepted(&to).await;
                accepted.borrow_mut().push(sent);
                tokio::time::sleep(PAUSE).await;
            }
        };
        let during = async {
            let result = during.await;
            is_over.set(true);
            result
        };
        let clients = futures::future::join_all((0..clients).map(|_| client()));
        let (result, _) = tokio::join!(during, clients);
        (accepted.into_inner(), result)
    }
}

/// Posts with a key until there is an answer that is none of a server in trouble.
pub async fn insist(client: &Client, path: &str, key: &str, body: Value) -> Answer {
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        let request = client.request("POST", path).header("idempotency-key", key).json(&body);
        match client.try_send(request).await {
            Ok(answer) if answer.status < 500 && answer.status != 409 => return answer.expect(200),
            Ok(_) | Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    panic!("{path} with the key {key} is never answered");
}
