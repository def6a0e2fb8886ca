//! Many messages over one bind.

#![expect(clippy::print_stdout, reason = "whoever reads the run wants the figures")]

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use pinfold_channels::{Connectors, Outcome, Outgoing, ReceivedReceipt};
use pinfold_core::channel::Channel;
use pinfold_core::connection::Connection;
use pinfold_core::recipient::Recipient;
use pinfold_testkit::{SmppEvent, SmppPeer};
use serde_json::json;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::{connectors_with_receipts, get, smpp_connection};

const PATIENCE: Duration = Duration::from_secs(60);
/// How many deliveries run at once.
const WORKERS: usize = 64;

/// Sends `count` messages, each until it is accepted, and gives the ids by message and how many attempts were unknown.
async fn send_all(connectors: &Arc<Connectors>, connection: &Connection, count: usize) -> (HashSet<String>, usize) {
    let mut tasks = JoinSet::new();
    for worker in 0..WORKERS {
        let (connectors, connection) = (Arc::clone(connectors), connection.clone());
        tasks.spawn(async move {
            let to = Recipient::parse("41793026727").expect("a number");
            let (mut ids, mut lost) = (Vec::new(), 0);
            for number in (worker..count).step_by(WORKERS) {
                let (reference, text) = (format!("R{number}"), format!("Your PIN is {number:06}"));
                loop {
                    let message = Outgoing::new(&reference, Channel::Sms, &to, &text);
                    let connector = get(&connectors, &connection).expect("a usable connection");
                    match connector.deliver(&message).await {
                        Outcome::Accepted { provider_id, .. } => break ids.push(provider_id.expect("the SMSC gives ids")),
                        Outcome::Unknown { .. } => lost += 1,
                        Outcome::Temporary { .. } => tokio::time::sleep(Duration::from_millis(20)).await,
                        Outcome::Permanent { reason } => panic!("{reason}"),
                    }
                }
            }
            (ids, lost)
        });
    }
    let done = tasks.join_all().await;
    let lost = done.iter().map(|(_, lost)| lost).sum();
    (done.into_iter().flat_map(|(ids, _)| ids).collect(), lost)
}

/// Keeps receipts until there are so many different ones.
async fn keep_receipts(received: &mut Receiver<ReceivedReceipt>, count: usize) -> HashSet<String> {
    let mut ids = HashSet::new();
    while ids.len() < count {
        let receipt = received.recv().await.expect("the connectors live");
        ids.insert(receipt.receipt.provider_id.clone());
        receipt.keep();
    }
    ids
}

fn binds(peer: &SmppPeer) -> usize {
    peer.events().iter().filter(|event| matches!(event, SmppEvent::Bind { .. })).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bind_carries_many_messages_and_their_receipts() {
    const COUNT: usize = 5000;
    let mut peer = SmppPeer::start();
    peer.order(json!({"receipts": "text"})).await;
    let (connectors, mut received) = connectors_with_receipts();
    let (connectors, connection) = (Arc::new(connectors), smpp_connection(peer.port(), json!({"window": 10})));
    let begin = Instant::now();
    let all = async { tokio::join!(send_all(&connectors, &connection, COUNT), keep_receipts(&mut received, COUNT)) };
    let ((ids, lost), receipts) = timeout(PATIENCE, all).await.expect("all of them in time");
    let rate = COUNT as f64 / begin.elapsed().as_secs_f64();
    println!("SMPP: {COUNT} messages and their receipts over one bind, {rate:.0} messages/s");
    assert_eq!((ids.len(), lost, binds(&peer)), (COUNT, 0, 1));
    assert_eq!(ids, receipts, "every receipt is of a message, and every message has one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_is_cut_under_load_loses_nothing() {
    const COUNT: usize = 2000;
    const WINDOW: usize = 10;
    let mut peer = SmppPeer::start();
    peer.order(json!({"receipts": "text"})).await;
    let (connectors, mut received) = connectors_with_receipts();
    let (connectors, connection) = (Arc::new(connectors), smpp_connection(peer.port(), json!({"window": WINDOW})));
    peer.order(json!({"cut": true, "after": COUNT / 2})).await;
    let all = async { tokio::join!(send_all(&connectors, &connection, COUNT), keep_receipts(&mut received, COUNT)) };
    let ((ids, lost), mut receipts) = timeout(PATIENCE, all).await.expect("all of them in time");
    // The SMSC writes down what happened in order: once it has carried out another order, everything before is known.
    peer.order(json!({"receipts": "text"})).await;
    assert_eq!((ids.len(), binds(&peer)), (COUNT, 2));
    assert!((1..=WINDOW).contains(&lost), "{lost}: only what was in the window is unknown");
    let texts: HashSet<String> = peer.submitted().into_iter().map(|message| message.text).collect();
    assert_eq!(texts.len(), COUNT, "the SMSC has every message");
    println!("SMPP: {COUNT} messages, the link cut once, {lost} attempts unknown, none lost");

    // Those that were unknown may have been taken: their receipts come too.
    let taken = peer.submitted().len();
    assert!((COUNT..=COUNT + lost).contains(&taken), "{taken}");
    let late = keep_receipts(&mut received, taken - receipts.len());
    receipts.extend(timeout(PATIENCE, late).await.expect("all of them in time"));
    assert!(ids.is_subset(&receipts), "every message has its receipt");
}
