//! A templated request arrives as it was configured.

use pinfold_channels::Outgoing;
use pinfold_core::channel::Channel;
use pinfold_core::language::Language;
use pinfold_core::message::IndiaDlt;
use pinfold_core::recipient::Recipient;
use pinfold_testkit::{Answer, HttpPeer};
use serde_json::json;

use crate::{accepted, connectors, deliver, http_connection, permanent, send_sms};

#[tokio::test]
async fn a_json_request_carries_every_value() {
    let peer = HttpPeer::start();
    peer.answer(Answer::ok().json(r#"{"messages":[{"messageId":"2034"}]}"#));
    let connection = http_connection(
        &format!("{}/sms/2?fixed=a%20b", peer.url()),
        json!({
            "headers": {"Authorization": "App secret", "X-Reference": "{{reference}}"},
            "query": {"track": "{{channel}} & more"},
            "body": {"json": {"messages": [{
                "from": "{{from}}", "destinations": [{"to": "+{{to}}", "messageId": "{{reference}}"}],
                "text": "{{text}}", "language": {"code": "{{language}}", "voice": "{{voice_name}}", "rate": "{{speech_rate}}"},
                "repeat": "{{repeat_dtmf}}", "until": "{{expires_at_ms}}", "subject": "{{subject}}",
                "dlt": "{{dlt_principal_entity_id}}/{{dlt_content_template_id}}/{{dlt_telemarketer_id}}", "flash": false,
            }]}},
            "id_pointer": "/messages/0/messageId",
        }),
    );
    let to = Recipient::parse("41793026727").expect("a number");
    let dlt = IndiaDlt { principal_entity_id: "P1".into(), content_template_id: Some("C1".into()), tele_marketer_id: None };
    let mut message = Outgoing::new("R1", Channel::Voice, &to, "Your PIN is \"495021\"\n{{from}}");
    message.from = Some("Bank");
    message.language = Language::PortugueseBrazilian;
    message.voice_name = Some("Ana");
    message.speech_rate = Some(1.0);
    message.repeat_dtmf = Some("1#");
    message.india_dlt = Some(&dlt);
    message.expires_at_ms = 1_763_720_300_000;

    assert_eq!(deliver(&connectors(), &connection, &message).await, accepted("2034"));

    let [request] = <[_; 1]>::try_from(peer.received()).expect("one request");
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/sms/2"));
    assert_eq!(request.query, "fixed=a%20b&track=voice+%26+more");
    assert_eq!(request.header("authorization"), Some("App secret"));
    assert_eq!(request.header("x-reference"), Some("R1"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        request.json(),
        json!({"messages": [{
            "from": "Bank", "destinations": [{"to": "+41793026727", "messageId": "R1"}],
            "text": "Your PIN is \"495021\"\n{{from}}", "language": {"code": "pt_br", "voice": "Ana", "rate": "1"},
            "repeat": "1#", "until": "1763720300000", "subject": "", "dlt": "P1/C1/", "flash": false,
        }]})
    );
}

#[tokio::test]
async fn a_form_and_a_query_cannot_be_extended_by_a_value() {
    let peer = HttpPeer::start();
    let form = http_connection(&peer.url(), json!({"method": "PUT", "body": {"form": {"To": "+{{to}}", "Body": "{{text}}"}}}));
    let query = http_connection(&peer.url(), json!({"method": "GET", "body": null, "query": {"t": "{{text}}", "k": "1"}}));
    let connectors = connectors();

    assert_eq!(send_sms(&connectors, &form, "1&To=2\r\n#é").await.name(), "accepted");
    assert_eq!(send_sms(&connectors, &query, "1&k=2\r\n#é").await.name(), "accepted");

    let [form, query] = <[_; 2]>::try_from(peer.received()).expect("two requests");
    assert_eq!(form.method, "PUT");
    assert_eq!(form.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(form.body, "Body=1%26To%3D2%0D%0A%23%C3%A9&To=%2B41793026727");
    assert_eq!((query.method.as_str(), query.query.as_str()), ("GET", "k=1&t=1%26k%3D2%0D%0A%23%C3%A9"));
    assert!(query.body.is_empty());
}

#[tokio::test]
async fn a_value_cannot_add_a_header() {
    let peer = HttpPeer::start();
    let connection = http_connection(&peer.url(), json!({"headers": {"X-Text": "{{text}}"}}));
    let connectors = connectors();
    for text in ["1\r\nX-Admin: 1", "1\nX-Admin: 1", "1\rX-Admin: 1", "1\0"] {
        assert_eq!(send_sms(&connectors, &connection, text).await, permanent("invalid_header"), "{text:?}");
    }
    assert!(peer.received().is_empty());
}

#[tokio::test]
async fn e_mail_does_not_go_this_way() {
    let peer = HttpPeer::start();
    let to = Recipient::parse("john@example.com").expect("an address");
    let message = Outgoing::new("R1", Channel::Email, &to, "495021");
    let outcome = deliver(&connectors(), &http_connection(&peer.url(), json!({})), &message).await;
    assert_eq!(outcome, permanent("wrong_channel"));
    assert!(peer.received().is_empty());
}
