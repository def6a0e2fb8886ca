//! Passkeys: a software authenticator enrols and signs in, and every answer that is not quite right is refused.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pinfold_testkit::Role;
use serde_json::{Value, json};

use crate::support::person::{PASSWORD, Person};
use crate::support::{App, Options, command};

/// Present and verified.
const GOOD: u8 = 0b101;

/// A passkey in software.
struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    origin: String,
    handle: String,
    counter: u32,
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Authenticator {
    fn new(app: &App) -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).expect("a key");
        let id = key.public_key().as_ref()[1..33].to_vec();
        let origin = app.client.base.replace("127.0.0.1", "localhost");
        Self { key, id, origin, handle: String::new(), counter: 1 }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = options["publicKey"]["challenge"].as_str().expect("a challenge");
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false }).to_string().into_bytes()
    }

    fn head(&self, party: &str, flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, party.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// What a browser answers to an enrolment.
    fn enrol(&mut self, options: &Value, flags: u8) -> Value {
        self.handle = options["publicKey"]["user"]["id"].as_str().expect("a user").to_owned();
        let point = self.key.public_key().as_ref();
        let mut data = self.head("localhost", flags | 0x40);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
        data.extend(&self.id);
        data.extend([0xA5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[33..65]);
        let mut object = vec![0xA3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xA0\x68authData\x58");
        object.push(u8::try_from(data.len()).expect("short"));
        object.extend(&data);
        let client = self.client_data("webauthn.create", options);
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": { "attestationObject": text(&object), "clientDataJSON": text(&client) },
        })
    }

    /// What a browser answers to a proof.
    fn prove(&mut self, options: &Value, party: &str, flags: u8) -> Value {
        self.counter += 1;
        let data = self.head(party, flags);
        let client = self.client_data("webauthn.get", options);
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("signs");
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "authenticatorData": text(&data), "clientDataJSON": text(&client), "signature": text(signature.as_ref()),
                "userHandle": self.handle,
            },
        })
    }
}

async fn options(person: &mut Person) -> Value {
    person.post("/v1/session/passkey-options", json!({})).await.expect(200).json()
}

/// An enrolled passkey of somebody who signed up.
async fn enrolled(app: &App, email: &str) -> (Person, Authenticator) {
    let mut person = Person::signed_up(app, email, email.split('@').next().unwrap_or_default()).await;
    let mut authenticator = Authenticator::new(app);
    let asked = person.post("/v1/me/passkeys/options", json!({})).await.expect(200).json();
    let credential = authenticator.enrol(&asked, GOOD);
    let body = json!({ "ceremony": asked["ceremony"], "name": "test", "credential": credential });
    let made = person.post("/v1/me/passkeys", body.clone()).await.expect(201).json();
    assert_eq!(made["recoveryCodes"].as_array().map(Vec::len), Some(10));
    // A challenge is good once.
    person.get("/v1/session").await.expect(200);
    person.post("/v1/me/passkeys", body).await.expect(401);
    (person, authenticator)
}

#[actix_web::test]
async fn a_passkey_is_a_second_factor_and_signs_in_alone() {
    let app = App::start().await;
    let (mut ann, mut key) = enrolled(&app, "ann@example.com").await;
    let half = ann.log_in(PASSWORD).await.expect(200).json();
    assert_eq!((&half["state"], &half["methods"][1]), (&json!("second_factor_required"), &json!("passkey")));
    let asked = options(&mut ann).await;
    let credential = key.prove(&asked, "localhost", GOOD);
    let body = json!({ "passkey": { "ceremony": asked["ceremony"], "credential": credential } });
    ann.post("/v1/session/second-factor", body.clone()).await.expect(200);
    ann.get("/v1/tenant").await.expect(200);

    // Alone, without a name and a password.
    let mut anybody = Person::new(&app, "");
    let asked = options(&mut anybody).await;
    assert_eq!(asked["publicKey"]["allowCredentials"].as_array().map_or(0, Vec::len), 0);
    let body = json!({ "ceremony": asked["ceremony"], "credential": key.prove(&asked, "localhost", GOOD) });
    let session = anybody.post("/v1/session/passkey", body.clone()).await.expect(200).json();
    assert_eq!((&session["state"], &session["person"]["email"]), (&json!("signed_in"), &json!("ann@example.com")));
    Person::new(&app, "").post("/v1/session/passkey", body).await.expect(401);

    // It proves a signed-in person again, and is listed and removed.
    let asked = options(&mut ann).await;
    let credential = key.prove(&asked, "localhost", GOOD);
    let body = json!({ "passkey": { "ceremony": asked["ceremony"], "credential": credential } });
    ann.post("/v1/session/confirmation", body).await.expect(200);
    let listed = ann.get("/v1/me/passkeys").await.expect(200).json();
    assert!(listed["passkeys"][0]["usedAt"].is_string(), "{listed}");
    let path = format!("/v1/me/passkeys/{}", listed["passkeys"][0]["id"].as_str().expect("an id"));
    ann.delete(&path).await.expect(204);
    ann.delete(&path).await.expect(404);
    assert_eq!(ann.log_in(PASSWORD).await.expect(200).json()["state"], "signed_in");
}

#[actix_web::test]
async fn an_answer_that_is_not_quite_right_opens_nothing() {
    let app = App::start().await;
    let (_, mut key) = enrolled(&app, "ann@example.com").await;
    let (_, mut other) = enrolled(&app, "bob@example.com").await;
    let mut anybody = Person::new(&app, "");
    async fn try_it(anybody: &mut Person, change: impl FnOnce(&Value) -> Value) -> u16 {
        // Nobody's session: else the challenge would be its person's.
        anybody.csrf.clear();
        anybody.cookie.clear();
        let asked = options(anybody).await;
        let body = json!({ "ceremony": asked["ceremony"], "credential": change(&asked) });
        anybody.post("/v1/session/passkey", body).await.status
    }
    assert_eq!(try_it(&mut anybody, |asked| key.prove(asked, "localhost", GOOD)).await, 200, "as it should be");
    assert_eq!(try_it(&mut anybody, |asked| key.prove(asked, "localhost", 0b001)).await, 401, "nobody was verified");
    assert_eq!(try_it(&mut anybody, |asked| key.prove(asked, "localhost", 0b100)).await, 401, "nobody was present");
    assert_eq!(try_it(&mut anybody, |asked| key.prove(asked, "evil.example", GOOD)).await, 401, "another party");
    let own = std::mem::replace(&mut key.origin, "http://evil.example".to_owned());
    assert_eq!(try_it(&mut anybody, |asked| key.prove(asked, "localhost", GOOD)).await, 401, "another origin");
    key.origin = own;
    let stale = options(&mut anybody).await;
    assert_eq!(try_it(&mut anybody, |_| key.prove(&stale, "localhost", GOOD)).await, 401, "another challenge");
    let forged = |asked: &Value| {
        let mut credential = other.prove(asked, "localhost", GOOD);
        (credential["id"], credential["rawId"]) = (json!(text(&key.id)), json!(text(&key.id)));
        credential["response"]["userHandle"] = json!(key.handle);
        credential
    };
    assert_eq!(try_it(&mut anybody, forged).await, 401, "another key's signature");
    let borrowed = |asked: &Value| {
        let mut credential = other.prove(asked, "localhost", GOOD);
        credential["response"]["userHandle"] = json!(key.handle);
        credential
    };
    assert_eq!(try_it(&mut anybody, borrowed).await, 401, "another person's name");
    key.counter = 0;
    assert_eq!(try_it(&mut anybody, |asked| key.prove(asked, "localhost", GOOD)).await, 401, "a counter that went back");
    key.counter = 100;
    assert_eq!(try_it(&mut anybody, |asked| key.prove(asked, "localhost", GOOD)).await, 200, "as it should be");
    // A challenge of a person's own session signs nobody in, and one for anybody proves no person.
    let asked = options(&mut anybody).await;
    assert_eq!(asked["publicKey"]["allowCredentials"].as_array().map(Vec::len), Some(1));
    let body = json!({ "ceremony": asked["ceremony"], "credential": key.prove(&asked, "localhost", GOOD) });
    assert_eq!(anybody.post("/v1/session/passkey", body).await.status, 401, "another ceremony");
    let asked = options(&mut Person::new(&app, "")).await;
    let body = json!({ "passkey": { "ceremony": asked["ceremony"], "credential": key.prove(&asked, "localhost", GOOD) } });
    assert_eq!(anybody.post("/v1/session/confirmation", body).await.status, 401, "another ceremony");
    // A challenge lives for five minutes.
    let asked = options(&mut Person::new(&app, "")).await;
    let name = format!("pf:{{ceremony}}:{}", asked["ceremony"].as_str().expect("a name"));
    let life = format!("{:?}", command(&app.redis.url(), &[b"TTL", name.as_bytes()]));
    let life: u64 = life.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("seconds");
    assert!((290..=300).contains(&life), "{life}");
    command(&app.redis.url(), &[b"DEL", name.as_bytes()]);
    let body = json!({ "ceremony": asked["ceremony"], "credential": key.prove(&asked, "localhost", GOOD) });
    assert_eq!(anybody.post("/v1/session/passkey", body).await.status, 401, "too late");
}

#[actix_web::test]
async fn who_has_to_enrol_is_signed_in_by_a_passkey() {
    let settings = vec![("PINFOLD__PEOPLE__SECOND_FACTOR_FOR_ADMINS", "true".to_owned())];
    let app = App::start_with(Options { settings, ..Options::default() }).await;
    let mut ann = Person::signed_up(&app, "ann@example.com", "Shop").await;
    let mut authenticator = Authenticator::new(&app);
    let asked = ann.post("/v1/me/passkeys/options", json!({})).await.expect(200).json();
    // Somebody else's answer enrols nothing, and neither does one of a device that verified nobody.
    let mut bob = Person::signed_up(&app, "bob@example.com", "Other").await;
    let body = |asked: &Value, credential: Value| json!({ "ceremony": asked["ceremony"], "name": "x", "credential": credential });
    bob.post("/v1/me/passkeys", body(&asked, authenticator.enrol(&asked, GOOD))).await.expect(401);
    let asked = ann.post("/v1/me/passkeys/options", json!({})).await.expect(200).json();
    ann.post("/v1/me/passkeys", body(&asked, authenticator.enrol(&asked, 0b001))).await.expect(401);
    assert_eq!(ann.get("/v1/session").await.json()["state"], "second_factor_enrolment_required");
    let (asked, before) = (ann.post("/v1/me/passkeys/options", json!({})).await.expect(200).json(), ann.cookie.clone());
    ann.post("/v1/me/passkeys", body(&asked, authenticator.enrol(&asked, GOOD))).await.expect(201);
    assert_ne!(before, ann.cookie, "a new session in the place of the half one");
    assert_eq!(ann.get("/v1/session").await.expect(200).json()["state"], "signed_in");
    // Nobody has the same one twice.
    let asked = bob.post("/v1/me/passkeys/options", json!({})).await.expect(200).json();
    bob.post("/v1/me/passkeys", body(&asked, authenticator.enrol(&asked, GOOD))).await.expect(409);
    // Without a recent proof nobody adds one.
    app.database.query(Role::Superuser, "UPDATE sessions SET confirmed_until = now() - interval '1 second'").expect("the table");
    assert_eq!(ann.post("/v1/me/passkeys/options", json!({})).await.expect(403).json()["code"], "confirmation_needed");
}
