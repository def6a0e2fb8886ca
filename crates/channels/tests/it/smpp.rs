//! SMS arrive at a real SMSC as they were composed, and its receipts come back.

use std::time::Duration;

use pinfold_channels::Outgoing;
use pinfold_core::channel::Channel;
use pinfold_core::id::TenantId;
use pinfold_core::receipt::ReceiptState;
use pinfold_core::recipient::Recipient;
use pinfold_testkit::{SmppAddress, SmppEvent, SmppPeer};
use serde_json::json;

use crate::{accepted, connectors, connectors_with_receipts, deliver, permanent, send_sms, smpp_connection};

const PATIENCE: Duration = Duration::from_secs(10);

fn address(ton: u8, npi: u8, address: &str) -> SmppAddress {
    SmppAddress { ton, npi, address: address.into() }
}

#[tokio::test]
async fn a_text_arrives_over_one_bind() {
    let peer = SmppPeer::start();
    let connectors = connectors();
    let connection = smpp_connection(peer.port(), json!({"system_type": "OTP", "service_type": "CMT"}));
    assert_eq!(send_sms(&connectors, &connection, "Your PIN is 495021, €5 [ok]").await, accepted("1"));
    assert_eq!(send_sms(&connectors, &connection, "Ваш код 495021 😀").await, accepted("2"));

    let messages = peer.wait_for_messages(2, PATIENCE).await;
    let first = &messages[0];
    assert_eq!((first.text.as_str(), first.data_coding, first.esm_class), ("Your PIN is 495021, €5 [ok]", 0, 0));
    assert_eq!(first.source, address(5, 0, "Bank"));
    assert_eq!(first.destination, address(1, 1, "41793026727"));
    assert_eq!((first.registered_delivery, first.service_type.as_str()), (0, "CMT"), "nobody takes receipts here");
    assert_eq!((messages[1].text.as_str(), messages[1].data_coding), ("Ваш код 495021 😀", 8));

    let bind = |event: &SmppEvent| match event {
        SmppEvent::Bind { system_id, system_type, version, status } => {
            Some((system_id.clone(), system_type.clone(), *version, *status))
        }
        _ => None,
    };
    assert_eq!(peer.wait_for(1, PATIENCE, bind).await, [("pinfold".to_owned(), "OTP".to_owned(), 0x34, 0)], "one for both");
}

#[tokio::test]
async fn a_long_text_arrives_in_parts_or_whole() {
    let peer = SmppPeer::start();
    let connectors = connectors();
    let texts = ["Your PIN is 495021. ".repeat(20), "Ваш код 495021. ".repeat(10)];
    for (text, parts) in texts.iter().zip([3, 3]) {
        let before = peer.submitted().len();
        send_sms(&connectors, &smpp_connection(peer.port(), json!({})), text).await;
        let messages = peer.wait_for_messages(before + parts, PATIENCE).await.split_off(before);
        assert_eq!(messages.len(), parts);
        assert_eq!(messages.iter().map(|part| part.text.as_str()).collect::<String>(), *text);
        for (index, part) in messages.iter().enumerate() {
            let [element] = part.udh.as_deref().expect("a header") else { panic!("one element: {:?}", part.udh) };
            let number = u8::try_from(index + 1).expect("few parts");
            assert_eq!((element[0], element[1], &element[3..]), (0, 3, &[3, number][..]), "{element:?}");
            assert_eq!(part.esm_class, 0x40);
            assert_eq!(element[2], messages[0].udh.as_ref().expect("a header")[0][2], "the same reference in all");
        }
    }
    let before = peer.submitted().len();
    send_sms(&connectors, &smpp_connection(peer.port(), json!({"long_text": "payload"})), &texts[0]).await;
    let messages = peer.wait_for_messages(before + 1, PATIENCE).await.split_off(before);
    assert_eq!((messages.len(), messages[0].is_payload), (1, true));
    assert_eq!(messages[0].text, texts[0]);
}

#[tokio::test]
async fn an_smsc_gets_the_alphabet_and_types_that_it_wants() {
    let peer = SmppPeer::start();
    let connectors = connectors();
    let settings = json!({"alphabet": "latin1", "source_ton": 0, "source_npi": 8, "destination_ton": 2, "destination_npi": 3});
    send_sms(&connectors, &smpp_connection(peer.port(), settings), "Für @lle: 495021").await;
    let message = peer.wait_for_messages(1, PATIENCE).await.remove(0);
    assert_eq!((message.text.as_str(), message.data_coding), ("Für @lle: 495021", 3));
    assert_eq!((message.source, message.destination), (address(0, 8, "Bank"), address(2, 3, "41793026727")));
}

#[tokio::test]
async fn what_is_no_sms_is_refused_without_a_bind() {
    let peer = SmppPeer::start();
    let connectors = connectors();
    let connection = smpp_connection(peer.port(), json!({}));
    let to = Recipient::parse("41793026727").expect("a number");
    let message = Outgoing::new("R1", Channel::Voice, &to, "495021");
    assert_eq!(deliver(&connectors, &connection, &message).await, permanent("wrong_channel"));
    let mut message = Outgoing::new("R1", Channel::Sms, &to, "495021");
    message.from = Some("Ein zu langer Name");
    assert_eq!(deliver(&connectors, &connection, &message).await, permanent("invalid_sender"));
    assert!(peer.events().is_empty());
}

#[tokio::test]
async fn receipts_come_back_in_every_form() {
    let mut peer = SmppPeer::start();
    let (connectors, mut received) = connectors_with_receipts();
    let connection = smpp_connection(peer.port(), json!({}));
    let tenant = TenantId::random();
    let to = Recipient::parse("41793026727").expect("a number");
    let mut message = Outgoing::new("R1", Channel::Sms, &to, "495021");
    message.tenant = Some(tenant);
    for (form, word, state, reason) in [
        ("text", "DELIVRD", ReceiptState::Delivered, None),
        ("tlv", "UNDELIV", ReceiptState::Undeliverable, None),
        ("both", "REJECTD", ReceiptState::Rejected, Some("smpp_err_011")),
        ("text", "ENROUTE", ReceiptState::Sent, None),
    ] {
        peer.order(json!({"receipts": form, "state": word, "error": "011"})).await;
        let outcome = deliver(&connectors, &connection, &message).await;
        let receipt = received.recv().await.expect("the connectors live");
        assert_eq!((receipt.tenant, receipt.connection), (Some(tenant), connection.id));
        assert_eq!(outcome, accepted(&receipt.receipt.provider_id), "{form}");
        assert_eq!((receipt.receipt.state, receipt.receipt.reason.as_deref()), (state, reason), "{form}");
        receipt.keep();
    }
    let answers = |event: &SmppEvent| match event {
        SmppEvent::Receipt { status, .. } => Some(*status),
        _ => None,
    };
    assert_eq!(peer.wait_for(4, PATIENCE, answers).await, [0; 4]);
}

#[tokio::test]
async fn the_receipt_of_a_long_text_is_that_of_its_last_part() {
    let mut peer = SmppPeer::start();
    let (connectors, mut received) = connectors_with_receipts();
    peer.order(json!({"receipts": "text"})).await;
    let outcome = send_sms(&connectors, &smpp_connection(peer.port(), json!({})), &"495021 ".repeat(60)).await;
    assert_eq!(outcome, accepted("3"));
    let receipt = received.recv().await.expect("the connectors live");
    assert_eq!(receipt.receipt.provider_id, "3");
    assert!(received.try_recv().is_err(), "one for the whole");
}

#[tokio::test]
async fn a_receipt_that_nobody_kept_is_asked_for_again() {
    let mut peer = SmppPeer::start();
    let (connectors, mut received) = connectors_with_receipts();
    peer.order(json!({"receipts": "text"})).await;
    send_sms(&connectors, &smpp_connection(peer.port(), json!({})), "495021").await;
    drop(received.recv().await.expect("the connectors live"));
    let answers = |event: &SmppEvent| match event {
        SmppEvent::Receipt { status, .. } => Some(*status),
        _ => None,
    };
    received.recv().await.expect("the connectors live").keep();
    assert_eq!(peer.wait_for(2, PATIENCE, answers).await, [0x64, 0], "a temporary error of the receiver first");
    // What a person writes is nobody's receipt, whatever it says.
    peer.order(json!({"say": {"source_addr": "41793026727", "short_message": "id:1 stat:DELIVRD"}})).await;
    assert_eq!(peer.wait_for(3, PATIENCE, answers).await, [0x64, 0, 0]);
    assert!(received.try_recv().is_err());
}

#[tokio::test]
async fn a_connection_that_is_no_longer_used_unbinds() {
    let peer = SmppPeer::start();
    let connectors = connectors();
    let mut connection = smpp_connection(peer.port(), json!({}));
    send_sms(&connectors, &connection, "495021").await;
    connection.provider = smpp_connection(peer.port(), json!({"window": 20})).provider;
    send_sms(&connectors, &connection, "495021").await;
    let unbind = |event: &SmppEvent| matches!(event, SmppEvent::Unbind(_)).then_some(());
    peer.wait_for(1, PATIENCE, unbind).await;
    connectors.close().await;
    peer.wait_for(2, PATIENCE, unbind).await;
}
