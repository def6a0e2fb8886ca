//! What a tenant configures comes back as it was given.

use std::collections::BTreeMap;

use pinfold_core::access::{Environment, Scope, Scopes};
use pinfold_core::alphabet::Alphabet;
use pinfold_core::channel::Channel;
use pinfold_core::connection::{Connection, Http, HttpBody, Method, Provider, Smtp, SmtpSecurity, SuccessRule, Traffic};
use pinfold_core::id::{ApplicationId, ConnectionId, MessageId};
use pinfold_core::keys::MasterKey;
use pinfold_core::language::Language;
use pinfold_core::limits::Limits;
use pinfold_core::message::{Autofill, Body, EmailBody, IndiaDlt, Message, TextBody};
use pinfold_core::template::Template;
use pinfold_postgres::{Error, KeyFilter, KeyOrder};
use pinfold_testkit::Role;

use crate::world::{Replace, application, new_key, world};

pub fn text_message(application: ApplicationId, text: &str) -> Message {
    Message {
        id: MessageId::random(),
        application,
        alphabet: Alphabet::Hex,
        pin_length: 8,
        body: Body::Text(TextBody {
            text: text.to_owned(),
            pin_placeholder: "<pin>".to_owned(),
            template: Template::parse(text, "<pin>").unwrap(),
            sender: Some("Pinfold".to_owned()),
            language: Language::PortugueseBrazilian,
            voice_name: Some("Joanna".to_owned()),
            repeat_dtmf: Some("1#".to_owned()),
            speech_rate: Some(1.5),
            india_dlt: Some(IndiaDlt {
                principal_entity_id: "1".to_owned(),
                content_template_id: Some("2".to_owned()),
                tele_marketer_id: None,
            }),
            autofill: Autofill { web_origin: Some("example.com".to_owned()), android_hash: None },
        }),
    }
}

fn email_message(application: ApplicationId) -> Message {
    Message {
        id: MessageId::random(),
        application,
        alphabet: Alphabet::Alphanumeric,
        pin_length: 6,
        body: Body::Email(EmailBody {
            email_template_id: -1,
            from: Some("Pin <pin@example.com>".to_owned()),
            landing_page_id: Some("1_23456".to_owned()),
            subject: "Hello {{name}}".to_owned(),
            text: "{{pin}} for {{name}}".to_owned(),
            template: Template::parse("{{pin}} for {{name}}", "{{pin}}").unwrap(),
            html: Some("<b>{{pin}}</b>".to_owned()),
            html_template: Some(Template::parse("<b>{{pin}}</b>", "{{pin}}").unwrap()),
        }),
    }
}

fn http() -> Provider {
    Provider::Http(Http {
        url: "https://sms.example.com/send".to_owned(),
        method: Method::Put,
        headers: BTreeMap::from([("Authorization".to_owned(), "Bearer very-secret-token".to_owned())]),
        query: BTreeMap::new(),
        body: Some(HttpBody::Json(serde_json::json!({ "to": "{{to}}", "n": 1.5, "deep": [null, true] }))),
        success: SuccessRule { pointer: Some("/ok".to_owned()), equals: Some(serde_json::json!(true)) },
        id_pointer: Some("/id".to_owned()),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_come_back_in_their_written_spelling() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let applications = world.database.tenant(tenant).applications();
    let mut added = application("shop");
    added.limits = Limits {
        pin_attempts: 10,
        allow_multiple_verifications: true,
        time_to_live: "15m".parse().unwrap(),
        verify: "1/3s".parse().unwrap(),
        send_per_application: "10000/1d".parse().unwrap(),
        send_per_number: "3/d".parse().unwrap(),
        lock_after: "100/1h".parse().unwrap(),
    };
    applications.create(added.clone()).await.unwrap();
    assert_eq!(applications.get(added.id).await.unwrap(), Some(added.clone()));
    assert_eq!(
        world.read("SELECT time_to_live, send_per_application_limit, send_per_number_limit FROM applications"),
        "15m|10000/1d|3/d"
    );
    added.is_enabled = false;
    added.limits.send_per_number = "5/m".parse().unwrap();
    assert_eq!(applications.replace(added.clone()).await.unwrap(), Some(()));
    assert_eq!(applications.list().await.unwrap(), [added.clone()]);
    let taken = applications.create(added).await.unwrap_err();
    assert_eq!(taken.constraint(), Some("applications_pkey"));
    assert_eq!(applications.replace(application("other")).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_come_back_whole() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let messages = world.database.tenant(tenant).messages();
    let (text, email) = (text_message(application, "<pin> is it"), email_message(application));
    for message in [&text, &email] {
        messages.create(message.clone()).await.unwrap();
        assert_eq!(messages.get(message.id).await.unwrap().as_ref(), Some(message));
    }
    assert_eq!(messages.list(application).await.unwrap(), [text.clone(), email]);
    let mut changed = text_message(application, "now <pin>");
    changed.id = text.id;
    assert_eq!(messages.replace(changed.clone()).await.unwrap(), Some(()));
    assert_eq!(messages.get(text.id).await.unwrap(), Some(changed.clone()));
    assert_eq!(messages.list(ApplicationId::random()).await.unwrap(), []);
    let mut chosen = text_message(application, "<pin>");
    chosen.alphabet = Alphabet::Chosen;
    assert!(messages.create(chosen).await.unwrap_err().is_refused());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_row_is_named_and_breaks_nothing_else() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let messages = world.database.tenant(tenant).messages();
    let message = text_message(application, "<pin>");
    messages.create(message.clone()).await.unwrap();
    for (change, column) in [
        ("body = body || '{\"text\": \"no pin\"}'", "body"),
        ("body = '{}'", "body"),
        ("kind = 'email'", "body"),
        ("body = '{\"text\": 1}', kind = 'text'", "body"),
    ] {
        world.read(&format!("UPDATE messages SET {change}"));
        let error = messages.get(message.id).await.unwrap_err();
        let id = uuid::Uuid::from(message.id).to_string();
        assert!(matches!(&error, Error::Corrupt { table: "messages", column: c, id: i } if *c == column && *i == id), "{error}");
        assert!(!error.is_unavailable() && !error.is_refused());
    }
    let applications = world.database.tenant(tenant).applications();
    world.read("UPDATE applications SET verify_limit = '99999999999999999999/1s'");
    let error = applications.list().await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { table: "applications", column: "verify_limit", .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_sealed_and_bound_to_their_connection() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let snapshot = world.snapshots().tenant(tenant).await.unwrap().unwrap();
    let (connections, keys) = (world.database.tenant(tenant).connections(), &snapshot.keys);
    let smtp = Provider::Smtp(Smtp {
        host: "mail.example.com".to_owned(),
        port: 587,
        security: SmtpSecurity::Tls,
        username: Some("user".to_owned()),
        password: Some("very-secret-password".into()),
        from: "pin@example.com".to_owned(),
    });
    let added = [("sms", http()), ("mail", smtp), ("phone", Provider::Simulator {})].map(|(name, provider)| Connection {
        id: ConnectionId::random(),
        name: name.to_owned(),
        is_enabled: true,
        provider,
        traffic: Traffic::default(),
    });
    for connection in &added {
        connections.create(connection, keys).await.unwrap();
        assert_eq!(connections.get(connection.id, keys).await.unwrap().as_ref(), Some(connection));
    }
    assert_eq!(connections.list(keys).await.unwrap(), added);
    let dump = world.read("SELECT encode(sealed, 'escape'), name, kind FROM connections");
    assert!(dump.contains("|sms|http") && !dump.contains("very-secret") && !dump.contains("example.com"), "{dump}");
    let changed = Connection { is_enabled: false, provider: Provider::Simulator {}, ..added[0].clone() };
    let change = |stored| Ok::<_, ()>(Connection { is_enabled: false, provider: Provider::Simulator {}, ..stored });
    assert_eq!(connections.update(changed.id, snapshot.clone(), change).await.unwrap(), Some(Ok(changed.clone())));
    assert_eq!(connections.get(changed.id, keys).await.unwrap(), Some(changed.clone()));
    // A sealed value moved to another row is refused, never used.
    world.read("UPDATE connections SET sealed = (SELECT sealed FROM connections WHERE name = 'mail') WHERE name = 'sms'");
    let error = connections.get(changed.id, keys).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { table: "connections", column: "sealed", .. }), "{error}");
    assert_eq!(connections.delete(changed.id).await.unwrap(), Some(()));
    assert_eq!(connections.delete(changed.id).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_has_one_route() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let snapshot = world.snapshots().tenant(tenant).await.unwrap().unwrap();
    let scope = world.database.tenant(tenant);
    let [first, second] = [1, 2].map(|n| Connection {
        id: ConnectionId::random(),
        name: n.to_string(),
        is_enabled: true,
        provider: Provider::Simulator {},
        traffic: Traffic::default(),
    });
    for connection in [&first, &second] {
        scope.connections().create(connection, &snapshot.keys).await.unwrap();
    }
    scope.routes().set(Channel::Voice, Some(first.id)).await.unwrap();
    scope.routes().set(Channel::Email, Some(first.id)).await.unwrap();
    scope.routes().set(Channel::Voice, Some(second.id)).await.unwrap();
    let routed = async || {
        let routes = scope.routes().list().await.unwrap();
        routes.into_iter().map(|route| (route.channel, route.legs[0].connection)).collect::<Vec<_>>()
    };
    assert_eq!(routed().await, [(Channel::Email, first.id), (Channel::Voice, second.id)]);
    scope.routes().set(Channel::Email, None).await.unwrap();
    scope.routes().set(Channel::Sms, None).await.unwrap();
    assert_eq!(routed().await, [(Channel::Voice, second.id)]);
    assert!(scope.routes().set(Channel::Sms, Some(ConnectionId::random())).await.unwrap_err().is_refused());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_by_page_filter_and_order() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let keys = world.database.tenant(tenant).api_keys();
    for n in 0..5_u64 {
        let mut new = new_key(&format!("Key {}", 4 - n));
        new.key.valid_from_ms = Some(1_000 * n);
        new.key.valid_to_ms = (n > 0).then_some(1_763_720_000_123 + n);
        keys.create(new).await.unwrap();
    }
    let names = async |filter: KeyFilter| {
        let page = keys.list(filter).await.unwrap();
        (page.items.into_iter().map(|key| key.key.name).collect::<Vec<_>>().join(","), page.total)
    };
    let by_name = KeyFilter { name: Some("kEY".to_owned()), order: KeyOrder::Name, size: 2, ..KeyFilter::default() };
    assert_eq!(names(by_name.clone()).await, ("Key 0,Key 1".to_owned(), 5));
    assert_eq!(names(KeyFilter { page: 2, ..by_name.clone() }).await, ("Key 4".to_owned(), 5));
    assert_eq!(names(KeyFilter { page: 3, ..by_name.clone() }).await, (String::new(), 5));
    assert_eq!(names(KeyFilter { is_descending: true, ..by_name.clone() }).await, ("Key 4,Key 3".to_owned(), 5));
    assert_eq!(names(KeyFilter { order: KeyOrder::ValidFrom, ..by_name.clone() }).await.0, "Key 4,Key 3");
    let last = KeyFilter { order: KeyOrder::ValidTo, is_descending: true, ..by_name };
    assert_eq!(names(last).await.0, "Key 4,Key 0", "without an end counts as the latest end");
    let new = new_key("found by its hash");
    keys.create(new.clone()).await.unwrap();
    assert_eq!(names(KeyFilter { hash: Some(new.hash), size: 9, ..KeyFilter::default() }).await.0, "found by its hash");
    let mut off = keys.get(new.key.id).await.unwrap().unwrap();
    off.key.is_enabled = false;
    off.key.default_application = Some(application);
    off.permissions = vec!["PUBLIC_API".to_owned()];
    assert_eq!(keys.update(off.clone()).await.unwrap(), Some(off));
    assert_eq!(names(KeyFilter { is_enabled: Some(false), size: 9, ..KeyFilter::default() }).await.0, "found by its hash");
    assert_eq!(names(KeyFilter { is_enabled: Some(true), size: 9, ..KeyFilter::default() }).await.1, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_keeps_every_setting_and_is_revoked_for_good() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let keys = world.database.tenant(tenant).api_keys();
    let mut new = new_key("full");
    new.key.scopes = Scopes::from_iter([Scope::PinSend, Scope::ReportsRead]);
    new.key.environment = Environment::Sandbox;
    new.key.default_application = Some(application);
    new.key.networks = vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::1".parse().unwrap()];
    new.key.valid_from_ms = Some(1_763_720_000_123);
    new.key.valid_to_ms = Some(u64::MAX);
    new.platform = vec!["web".to_owned()];
    new.scope_guids = vec!["a".to_owned(), String::new()];
    let issued = keys.create(new.clone()).await.unwrap();
    let stored = keys.get(new.key.id).await.unwrap().unwrap();
    assert_eq!(stored, issued);
    assert_eq!((&stored.platform, &stored.scope_guids, stored.revoked_ms), (&new.platform, &new.scope_guids, None));
    assert!(stored.key.valid_to_ms > Some(4_000_000_000_000), "the end of time is still the future");
    new.key.valid_to_ms = stored.key.valid_to_ms;
    assert_eq!(stored.key, new.key);
    let twin = keys.create(pinfold_postgres::NewKey { key: new_key("twin").key, ..new.clone() }).await.unwrap_err();
    assert_eq!(twin.constraint(), Some("api_keys_hash_key"));
    assert_eq!(keys.revoke(new.key.id).await.unwrap(), Some(()));
    assert_eq!(keys.revoke(new.key.id).await.unwrap(), None);
    assert_eq!(keys.update(stored).await.unwrap(), None, "nothing switches it on again");
    let revoked = keys.get(new.key.id).await.unwrap().unwrap();
    assert!(revoked.revoked_ms.is_some() && !revoked.key.is_enabled);
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_created_by_the_owner_and_found_by_the_service() {
    let world = world().await;
    let tenant = world.owner.tenants().create("acme", "ACME Ltd", &world.master).await.unwrap();
    let tenants = world.database.tenants();
    assert_eq!(tenants.find("acme").await.unwrap(), Some(tenant.clone()));
    assert_eq!(tenants.find("ACME").await.unwrap(), None);
    assert_eq!(tenants.list().await.unwrap(), [tenant]);
    let taken = world.owner.tenants().create("acme", "other", &world.master).await.unwrap_err();
    assert_eq!(taken.constraint(), Some("tenants_slug_key"));
    for slug in ["", "-a", "A", "a b", "a:b", "ä", &"x".repeat(64)] {
        assert!(world.owner.tenants().create(slug, "name", &world.master).await.unwrap_err().is_refused(), "{slug}");
    }
    let refused = tenants.create("mine", "mine", &world.master).await.unwrap_err();
    assert!(matches!(refused, Error::Query(_)), "{refused:?}");
    // A failed creation leaves nothing behind.
    assert_eq!(world.read("SELECT (SELECT count(*) FROM tenants), (SELECT count(*) FROM tenant_keys)"), "1|1");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_keys_open_with_the_master_key_only() {
    use secrecy::ExposeSecret;
    let world = world().await;
    let keys = world.database.signing_keys();
    let jwk = serde_json::json!({ "kty": "OKP", "kid": "one" });
    keys.insert("one", b"private half", jwk.clone(), &world.master).await.unwrap();
    assert_eq!(keys.insert("one", b"x", jwk.clone(), &world.master).await.unwrap_err().constraint(), Some("signing_keys_pkey"));
    let listed = keys.list(&world.master).await.unwrap();
    assert_eq!((listed[0].private.expose_secret(), &listed[0].public_jwk), (b"private half".as_slice(), &jwk));
    assert!(!format!("{listed:?}").contains("112, 114"), "Debug shows the private half");
    assert!(
        !world
            .sql
            .query(Role::Superuser, "SELECT encode(sealed_private, 'escape') FROM signing_keys")
            .unwrap()
            .contains("private")
    );
    assert!(keys.list(&MasterKey::new(&[8; 32])).await.is_err());
    assert_eq!(keys.retire("one", 1_763_720_000_000).await.unwrap(), Some(()));
    assert_eq!(keys.retire("two", 0).await.unwrap(), None);
    assert_eq!(keys.list(&world.master).await.unwrap()[0].retires_ms, Some(1_763_720_000_000));
}
