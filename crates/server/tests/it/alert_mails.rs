//! Alerts come by mail, over a real mail server: to owners and admins, once, and not when they are muted.

use std::time::Duration;

use pinfold_testkit::{Mail, SmtpPeer};
use serde_json::{Value, json};

use crate::support::person::{PASSWORD, Person};
use crate::support::{App, Options, pin_in};

const PATIENCE: Duration = Duration::from_secs(60);

/// The token of the newest of `count` mails.
async fn token(server: &SmtpPeer, count: usize, to: &str) -> String {
    let mails = server.wait_for(count, PATIENCE).await;
    let mail = mails.last().expect("a mail");
    assert_eq!((mail.to.as_slice(), mail.from.as_str()), ([to.to_owned()].as_slice(), "no-reply@pin.example.com"));
    let text = mail.text.as_deref().expect("a text");
    let (_, rest) = text.split_once("#token=").unwrap_or_else(|| panic!("no link in {text}"));
    rest.split_whitespace().next().expect("a token").to_owned()
}

async fn alerts(person: &mut Person, count: usize) -> Value {
    let mut last = Value::Null;
    for _ in 0..600 {
        last = person.get("/v1/alerts?kind=number_failures").await.expect(200).json();
        if last["alerts"].as_array().is_some_and(|all| all.len() == count) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{last}");
}

/// Twelve wrong guesses at PINs of one number.
async fn fail(app: &App, person: &mut Person, ids: &(String, String), to: &str) {
    for sent in 1..=3 {
        let body = json!({ "applicationId": ids.0, "messageId": ids.1, "to": to });
        let pin = person.post("/2fa/2/pin", body).await.expect(200).json();
        let shown = app.wait_for_messages(to, sent).await;
        let wrong = App::wrong(&pin_in(shown[0]["text"].as_str().unwrap_or_default()));
        let path = format!("/2fa/2/pin/{}/verify", pin["pinId"].as_str().expect("an id"));
        for _ in 0..4 {
            assert_eq!(person.post(&path, json!({ "pin": wrong })).await.json()["verified"], false);
        }
    }
}

#[actix_web::test]
async fn an_alert_is_mailed_once_to_owner_and_admin_and_a_muted_one_to_nobody() {
    let server = SmtpPeer::start();
    let settings = vec![
        ("PINFOLD__MAIL__SMTP_URL", format!("smtp://127.0.0.1:{}?security=none", server.port())),
        ("PINFOLD__MAIL__FROM", "Pinfold <no-reply@pin.example.com>".to_owned()),
    ];
    let app = App::start_with(Options { settings, ..Default::default() }).await;
    let mut ann = Person::new(&app, "ann@example.com");
    let body = json!({ "email": "ann@example.com", "password": PASSWORD, "name": "Ann", "organization": "Ann's Shop" });
    ann.post("/v1/sign-up", body).await.expect(202);
    let link = token(&server, 1, "ann@example.com").await;
    ann.post("/v1/sign-up/confirmations", json!({ "token": link })).await.expect(201);
    for (count, (email, role)) in
        (2..).zip([("bob@example.com", "admin"), ("eve@example.com", "analyst"), ("zed@example.com", "viewer")])
    {
        ann.post("/v1/invitations", json!({ "email": email, "role": role })).await.expect(201);
        let accept = json!({ "token": token(&server, count, email).await, "name": role, "password": PASSWORD });
        Person::new(&app, email).post("/v1/invitations/acceptances", accept).await.expect(201);
    }
    let limits = json!({
        "pinAttempts": 5, "allowMultiplePinVerifications": false, "pinTimeToLive": "5m", "verifyPinLimit": "1000/1s",
        "sendPinPerApplicationLimit": "1000/1d", "sendPinPerPhoneNumberLimit": "1000/1h", "lockAfterFailures": "100/1h",
    });
    let created = ann.post("/2fa/2/applications", json!({ "name": "Shop", "configuration": limits })).await.expect(200).json();
    let application = created["applicationId"].as_str().expect("an id").to_owned();
    let template = json!({ "pinType": "NUMERIC", "messageText": "Your code is {{pin}}", "pinLength": 6 });
    let created = ann.post(&format!("/2fa/2/applications/{application}/messages"), template).await.expect(200).json();
    let ids = (application, created["messageId"].as_str().expect("an id").to_owned());

    fail(&app, &mut ann, &ids, "41793026727").await;
    let of_alerts = |mails: &[Mail], about: &str| {
        let about = format!("About: {about}");
        let about = |mail: &&Mail| mail.text.as_deref().is_some_and(|text| text.contains(&about));
        let mut to: Vec<_> = mails.iter().filter(about).flat_map(|mail| mail.to.clone()).collect();
        to.sort();
        to
    };
    let owner_and_admin = ["ann@example.com".to_owned(), "bob@example.com".to_owned()];
    let mails = server.wait_for(6, PATIENCE).await;
    assert_eq!(of_alerts(&mails, "…6727"), owner_and_admin);
    let mail =
        mails.iter().find(|mail| mail.to == ["ann@example.com"] && mail.subject.as_deref() != Some("Confirm your address"));
    let mail = mail.expect("the owner's");
    assert_eq!(mail.subject.as_deref(), Some("Alert: One number failed many checks"));
    let text = mail.text.as_deref().unwrap_or_default();
    let page = format!("{}/console/alerts", app.client.base);
    for part in ["Hello Ann,", "Ann's Shop", "Alert: number_failures", "threshold: 10", page.as_str(), "mute"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!mail.raw.contains("41793026727"));

    let soon = "SELECT to_char(now() AT TIME ZONE 'UTC' + interval '1 day', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
    let soon = app.database.query(pinfold_testkit::Role::Superuser, soon).expect("a time");
    let mutes = json!({ "mutes": [{ "kind": "number_failures", "until": soon }] });
    ann.put("/v1/alert-mutes", mutes).await.expect(200);
    fail(&app, &mut ann, &ids, "41793026730").await;
    assert_eq!(alerts(&mut ann, 2).await["alerts"][0]["muted"], true);
    ann.put("/v1/alert-mutes", json!({ "mutes": [] })).await.expect(200);
    // What is raised later is mailed later: had the muted one a mail, it would be there by then.
    fail(&app, &mut ann, &ids, "41793026745").await;
    let mails = server.wait_for(8, PATIENCE).await;
    assert_eq!(of_alerts(&mails, "…6745"), owner_and_admin);
    assert_eq!(mails.len(), 8, "no other mail came");
}
