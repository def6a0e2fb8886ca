//! No tenant reaches another one's rows, whatever the code above does.

use pinfold_core::access::{Environment, Role as Member};
use pinfold_core::alphabet::Alphabet;
use pinfold_core::channel::Channel;
use pinfold_core::connection::{Connection, Provider, Traffic};
use pinfold_core::email::Email;
use pinfold_core::event::{Detail, Event, Kind};
use pinfold_core::id::{
    ApplicationId, ConnectionId, FragmentId, MessageId, PinId, TemplateSetId, TenantId, WebhookEndpointId, WebhookMessageId,
};
use pinfold_core::keys::TenantKeys;
use pinfold_core::language::Language;
use pinfold_core::message::{Autofill, Body, Message, TextBody};
use pinfold_core::public_key::PublicKey;
use pinfold_core::receipt::{Receipt, ReceiptState};
use pinfold_core::route::Route;
use pinfold_core::service::ServiceSettings;
use pinfold_core::template::Template;
use pinfold_core::template_set::{Fragment, Locale, TemplateSet};
use pinfold_core::totp::{Totp, TotpSecret};
use pinfold_core::webhook::WebhookSecret;
use pinfold_postgres::{
    Added, NewChallenge, NewFactor, NewInvitation, NewWebhookEndpoint, Origin, Queued, SingleSignOn, WebhookEndpointChange,
    WebhookFilter,
};
use pinfold_testkit::Role;

use crate::world::{Replace, World, application, new_key, world};

/// A key of 2048 bits whose other half nobody has.
const PUBLIC_KEY: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtPSiyYYrBTX3Uq42jXYE\n\
2MpGGxAcQLYidx9AJ06e4lcGbDAu3/NB/1nG/gGbH/dkwTLrERwpPxjCdOO9K9t2\n\
E7mU6ODyGyWi7qcVoJMsOSrBsGfrcrONynVWIK2P9Yt0XPp/an96oyZAdjr4cF95\n\
bfs20DSji29mYTx7AjGE1y2zZZSFYic7zIYOuAg/QhB+8FprCr5F8fUaqNlvDKmn\n\
7nVZluEdHO/+w0e/6XhTQT55Tl+O4z7OWwR1oiX80FN/NEN4GkmdBxQ1orwc+Zj3\n\
tZEfFbWqeS3WmoJFD9/tGQyNcmievNTLDAv5qXIlwCj6qKeYLHX5stzuYiqTtaU8\n\
SQIDAQAB\n\
-----END PUBLIC KEY-----\n";

const TENANTS_TABLES: &str = "SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') \
     AND (c.relname = 'tenants' OR EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')) ORDER BY 1";

fn message(application: ApplicationId) -> Message {
    Message {
        id: MessageId::random(),
        application,
        alphabet: Alphabet::Numeric,
        pin_length: 4,
        body: Body::Text(TextBody {
            text: "{{pin}}".to_owned(),
            pin_placeholder: "{{pin}}".to_owned(),
            template: Template::parse("{{pin}}", "{{pin}}").unwrap(),
            sender: None,
            language: Language::English,
            voice_name: None,
            repeat_dtmf: None,
            speech_rate: Some(1.0),
            india_dlt: None,
            autofill: Autofill::default(),
        }),
    }
}

struct Customer {
    tenant: TenantId,
    application: ApplicationId,
    message: MessageId,
    connection: ConnectionId,
    pin: PinId,
    endpoint: WebhookEndpointId,
    webhook: WebhookMessageId,
}

/// A tenant that has something in every table.
async fn customer(world: &World, slug: &str) -> Customer {
    let (tenant, application, _) = world.customer(slug).await;
    let scope = world.database.tenant(tenant);
    let message = message(application);
    scope.messages().create(message.clone()).await.unwrap();
    let connection = Connection {
        id: ConnectionId::random(),
        name: "phone".to_owned(),
        is_enabled: true,
        provider: Provider::Simulator {},
        traffic: Traffic::default(),
    };
    let snapshots = world.snapshots();
    let snapshot = snapshots.tenant(tenant).await.unwrap().unwrap();
    scope.connections().create(&connection, &snapshot.keys).await.unwrap();
    scope.routes().set(Channel::Sms, Some(connection.id)).await.unwrap();
    let origin = Origin { origin: "vendor:1".to_owned(), application, message: Some(message.id) };
    scope.origins().set(origin).await.unwrap();
    let (key, half) = (PublicKey::from_pem(PUBLIC_KEY).unwrap(), *application.as_bytes());
    scope.public_keys().set(application, &key, Environment::Live, std::array::from_fn(|at| half[at % 16])).await.unwrap();
    let set = TemplateSet { id: TemplateSetId::random(), name: "x".to_owned(), is_default: true };
    assert!(scope.template_sets().create(set.clone()).await.unwrap());
    let (id, locale, text) = (FragmentId::random(), Locale::EnUs, "${code}".to_owned());
    scope.template_sets().create_fragment(Fragment { id, set: set.id, channel: Channel::Sms, locale, text }).await.unwrap();
    let pin = PinId::random();
    let event = Event {
        kind: Kind::Sent,
        channel: Channel::Sms,
        at_ms: 1_763_720_000_500,
        created_ms: 1_763_720_000_000,
        expires_ms: 1_763_720_300_000,
        tenant,
        pin,
        message: message.id,
        subject: [3; 12],
        detail: Detail { delivery: Some(1), ..Detail::default() },
    };
    let (snapshots, endpoint) = (world.snapshots(), WebhookEndpointId::random());
    let keys = snapshots.tenant(tenant).await.unwrap().unwrap();
    let hook = NewWebhookEndpoint {
        id: endpoint,
        url: "https://example.com/hook".to_owned(),
        description: String::new(),
        types: vec!["pin.sent"],
        format: Default::default(),
    };
    let endpoints = world.database.tenant(tenant).webhook_endpoints();
    endpoints.create(hook, &WebhookSecret::generate(), &keys.keys, 16).await.unwrap().unwrap();
    assert_eq!(world.database.record(&[(format!("00-{slug}"), event)]).await.unwrap().new, 1);
    let receipt = Receipt::new("M-1", ReceiptState::Delivered);
    world.database.tenant(tenant).receipts().store(connection.id, &[receipt]).await.unwrap();
    let told = world.database.tenant(tenant).webhook_messages(endpoint);
    let webhook = told.list(WebhookFilter { size: 1, ..Default::default() }).await.unwrap().unwrap()[0].id;
    world.read(&format!(
        "INSERT INTO webhook_attempts SELECT tenant_id, endpoint_id, id, 1, now(), 'http_500', 500, 1 FROM webhook_messages \
         WHERE id = '{webhook}'"
    ));
    let caps = pinfold_core::caps::Caps { daily_messages: Some(1), ..Default::default() };
    scope.caps().set(None, caps).await.unwrap();
    let lookup =
        pinfold_core::lookup::NumberLookup { connection: connection.id, cache_seconds: 60, deadline_ms: 100, price: None };
    scope.number_lookups().set(lookup).await.unwrap();
    let fixed = [("41793026727", "123456")];
    let fixed = pinfold_core::test_number::TestNumbers::read("", fixed.into_iter(), &Default::default()).unwrap();
    scope.test_numbers(application).set(fixed, snapshots.tenant(tenant).await.unwrap().unwrap()).await.unwrap().unwrap();
    let sign_on = SingleSignOn {
        issuer: "https://login.example.com".to_owned(),
        client_id: slug.to_owned(),
        client_secret: "secret".to_owned().into(),
        new_members_role: None,
        allowed_domains: Vec::new(),
    };
    scope.single_sign_on().set(&sign_on, &snapshot.keys).await.unwrap();
    world.read(&format!(
        "INSERT INTO cap_alerts (tenant_id, period, starts_on, counted, percent, most, used) \
         VALUES ('{}', 'day', '2026-01-01', 'messages', 80, 1, 1)",
        uuid::Uuid::from(tenant)
    ));
    let email = Email::parse(&format!("{slug}@example.com")).unwrap();
    let person = world.database.people().create(&email, slug, "$argon2id$x").await.unwrap().unwrap();
    scope.members().add(person.id, Member::Owner).await.unwrap();
    let asked = NewInvitation {
        email: Email::parse("asked@example.com").unwrap(),
        role: Member::Viewer,
        hash: std::array::from_fn(|at| half[at % 16]),
        invited_by: slug.to_owned(),
        expires_ms: 4_000_000_000_000,
    };
    scope.invitations().create(asked).await.unwrap().unwrap();
    twilio(world, tenant, application, &keys.keys).await;
    crate::fraud::something(world, tenant, message.id).await;
    Customer { tenant, application, message: message.id, connection: connection.id, pin, endpoint, webhook }
}

/// Something in each table of Twilio's dialect.
async fn twilio(world: &World, tenant: TenantId, application: ApplicationId, keys: &TenantKeys) {
    let scope = world.database.tenant(tenant);
    scope.services().update(application, "x".to_owned(), &ServiceSettings::default()).await.unwrap().unwrap();
    let limits = scope.rate_limits(application);
    let Added::Added(limit) = limits.create("ip".to_owned(), String::new(), 1).await.unwrap() else { panic!("a limit") };
    assert!(matches!(limits.add_bucket(limit.id, 1, 60, 1).await.unwrap(), Added::Added(_)));
    let countries = scope.messaging_configurations(application);
    let messaging_service = format!("MG{}", "0".repeat(32));
    assert!(matches!(countries.create("CA".to_owned(), messaging_service).await.unwrap(), Added::Added(_)));
    scope.safe_numbers().add([7; 16], 1).await.unwrap().unwrap();
    let people = scope.entities(application);
    let Added::Added(person) = people.create("0123456789".to_owned()).await.unwrap() else { panic!("a person") };
    let new = NewFactor { friendly_name: "x".to_owned(), totp: Totp::default(), metadata: None, secret: TotpSecret::generate() };
    let factor = scope.factors(application, person.id).create(new, keys, 1).await.unwrap().unwrap();
    let new = NewChallenge { factor: factor.id, details: None, hidden_details: None, expires_ms: 1_763_720_300_000 };
    scope.challenges(application, person.id).create(new).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tenant_every_table_is_empty_and_with_one_it_shows_that_one() {
    let world = world().await;
    let (one, two) = (customer(&world, "one").await, customer(&world, "two").await);
    for told in ["api_key_uses SELECT tenant_id, id, now() FROM api_keys", "retentions SELECT id, 30 FROM tenants"] {
        world.read(&format!("INSERT INTO {told} RETURNING 1"));
    }
    world.read("SELECT roll_up_traffic(min(created_at), max(created_at) + interval '1 hour') FROM verifications");
    let tables = world.read(TENANTS_TABLES);
    assert!(tables.lines().count() > 30, "{tables}");
    for table in tables.lines() {
        let column = if table == "tenants" { "id" } else { "tenant_id" };
        let is_partition =
            table.rsplit_once('_').is_some_and(|(_, day)| day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit()));
        let count = world.sql.query(Role::Service, &format!("SELECT count(*) FROM {table}"));
        if is_partition {
            assert!(count.unwrap_err().contains("permission denied"), "{table}");
            continue;
        }
        assert_eq!(count.as_deref(), Ok("0"), "{table}");
        assert_ne!(world.read(&format!("SELECT count(*) FROM {table}")), "0", "{table} proves nothing");
        for tenant in [one.tenant, two.tenant] {
            let tenant = uuid::Uuid::from(tenant);
            let seen = format!("SET app.tenant = '{tenant}'; SELECT DISTINCT {column} FROM {table}");
            assert_eq!(world.sql.query(Role::Service, &seen), Ok(tenant.to_string()), "{table}");
        }
        // What is left of the setting after a transaction is text without a tenant.
        let seen = format!("SET app.tenant = ''; SELECT count(*) FROM {table}");
        assert_eq!(world.sql.query(Role::Service, &seen).as_deref(), Ok("0"), "{table}");
    }
    // What belongs to the platform: people are of many tenants, or of none yet.
    let open = world.read(
        "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace \
         AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)",
    );
    assert_eq!(
        open,
        "__diesel_schema_migrations audit_checkpoints login_totps offboardings operators passkeys password_resets people \
         person_attempts person_mails recovery_codes sessions sign_ups signing_keys traffic_state"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_cannot_write_as_another_tenant() {
    let world = world().await;
    let (one, two) = (customer(&world, "one").await, customer(&world, "two").await);
    let (a, b) = (uuid::Uuid::from(one.tenant), uuid::Uuid::from(two.tenant));
    let refused = |sql: &str| world.sql.query(Role::Service, &format!("SET app.tenant = '{a}'; {sql}")).unwrap_err();
    let insert = format!(
        "INSERT INTO routes (tenant_id, channel, connection_id) VALUES ('{b}', 'voice', '{}')",
        uuid::Uuid::from(two.connection)
    );
    assert!(refused(&insert).contains("row-level security"));
    assert!(refused(&format!("UPDATE applications SET tenant_id = '{b}'")).contains("row-level security"));
    assert!(refused("INSERT INTO tenants (id, slug, name) VALUES (gen_random_uuid(), 'x', 'x')").contains("permission denied"));
    assert!(refused("DELETE FROM api_keys").contains("permission denied"));
    assert!(refused("UPDATE verifications SET verified_at = now()").contains("permission denied"));
    assert!(refused("INSERT INTO events SELECT * FROM events").contains("permission denied"));
    assert!(refused("UPDATE config_versions SET version = 1").contains("permission denied"));
    assert!(refused("SET SESSION AUTHORIZATION pinfold_owner").contains("permission denied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_finds_nothing_and_changes_nothing() {
    let world = world().await;
    let victim = customer(&world, "victim").await;
    let stranger = world.tenant("stranger").await;
    let snapshots = world.snapshots();
    let keys = snapshots.tenant(stranger).await.unwrap().unwrap();
    let key = world.database.tenant(victim.tenant).api_keys().list(Default::default()).await.unwrap();
    assert_eq!((key.items.len(), key.total), (0, 1), "a page of no size still counts");
    let page = pinfold_postgres::KeyFilter { size: 10, ..Default::default() };
    let key = world.database.tenant(victim.tenant).api_keys().list(page.clone()).await.unwrap().items.remove(0);
    let dump = "SELECT (SELECT array_agg(a ORDER BY a) FROM applications a), (SELECT array_agg(m ORDER BY m) FROM messages m), \
        (SELECT array_agg(c ORDER BY c) FROM connections c), (SELECT array_agg(r ORDER BY r) FROM routes r), \
        (SELECT array_agg(e ORDER BY e) FROM webhook_endpoints e), (SELECT array_agg(w ORDER BY w) FROM webhook_messages w), \
        (SELECT array_agg(p ORDER BY p) FROM prefix_routes p), (SELECT array_agg(l ORDER BY l) FROM route_legs l), \
        (SELECT array_agg(k ORDER BY k) FROM api_keys k), (SELECT array_agg(v ORDER BY v) FROM config_versions v)";
    let before = world.read(dump);
    let scope = world.database.tenant(stranger);
    assert_eq!(scope.applications().get(victim.application).await.unwrap(), None);
    assert_eq!(scope.applications().list().await.unwrap(), []);
    let mut mine = application("mine");
    mine.id = victim.application;
    assert_eq!(scope.applications().replace(mine).await.unwrap(), None);
    assert_eq!(scope.messages().get(victim.message).await.unwrap(), None);
    assert_eq!(scope.messages().list(victim.application).await.unwrap(), []);
    let mut changed = message(victim.application);
    changed.id = victim.message;
    assert_eq!(scope.messages().replace(changed.clone()).await.unwrap(), None);
    assert_eq!(scope.connections().get(victim.connection, &keys.keys).await.unwrap(), None);
    assert_eq!(scope.connections().list(&keys.keys).await.unwrap(), []);
    assert_eq!(scope.connections().delete(victim.connection).await.unwrap(), None);
    assert_eq!(scope.routes().list().await.unwrap(), []);
    assert_eq!(scope.api_keys().get(key.key.id).await.unwrap(), None);
    assert_eq!(scope.api_keys().update(key.clone()).await.unwrap(), None);
    assert_eq!(scope.api_keys().revoke(key.key.id).await.unwrap(), None);
    assert_eq!(scope.api_keys().list(page).await.unwrap().total, 0);
    assert_eq!(scope.verifications().get(victim.pin).await.unwrap(), None);
    assert_eq!(scope.verifications().list([3; 12], None, None).await.unwrap(), []);
    let endpoints = scope.webhook_endpoints();
    assert_eq!(endpoints.list().await.unwrap(), []);
    assert_eq!(endpoints.get(victim.endpoint).await.unwrap(), None);
    let change = WebhookEndpointChange {
        url: "https://evil.example/".into(),
        description: String::new(),
        types: vec!["pin.sent".into()],
        is_enabled: Some(false),
    };
    assert_eq!(endpoints.update(victim.endpoint, change).await.unwrap(), None);
    assert_eq!(endpoints.rotate(victim.endpoint, &WebhookSecret::generate(), 0, &keys.keys).await.unwrap(), None);
    assert_eq!(endpoints.delete(victim.endpoint).await.unwrap(), None);
    let told = scope.webhook_messages(victim.endpoint);
    assert_eq!(told.list(WebhookFilter { size: 9, ..Default::default() }).await.unwrap(), None);
    assert_eq!(told.get(victim.webhook).await.unwrap(), None);
    assert_eq!(told.test().await.unwrap(), Queued::Missing);
    assert_eq!(told.replay(victim.webhook).await.unwrap(), Queued::Missing);
    assert_eq!(told.replay_failed(0).await.unwrap(), Queued::Missing);
    // References across tenants are refused by the tables themselves.
    changed.id = MessageId::random();
    assert!(scope.messages().create(changed).await.unwrap_err().is_refused());
    assert!(scope.routes().set(Channel::Sms, Some(victim.connection)).await.unwrap_err().is_refused());
    let mut borrowed = new_key("borrowed");
    borrowed.key.default_application = Some(victim.application);
    assert!(scope.api_keys().create(borrowed).await.unwrap_err().is_refused());
    assert_eq!(world.read(dump), before);
    // The victim finds all of it.
    let scope = world.database.tenant(victim.tenant);
    assert!(scope.verifications().get(victim.pin).await.unwrap().is_some());
    assert_eq!(scope.routes().list().await.unwrap(), [Route::single(Channel::Sms, victim.connection)]);
    let used = scope.connections().delete(victim.connection).await.unwrap_err();
    assert_eq!(used.constraint(), Some("routes_tenant_id_connection_id_fkey"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_end_takes_everything_it_configured() {
    let world = world().await;
    let (gone, kept) = (customer(&world, "gone").await, customer(&world, "kept").await);
    let snapshots = world.snapshots();
    assert!(snapshots.tenant(gone.tenant).await.unwrap().is_some());
    world.sql.query(Role::Owner, "DELETE FROM tenants WHERE slug = 'gone'").unwrap();
    let tables = ["tenants", "tenant_keys", "config_versions", "applications", "messages", "connections", "routes", "api_keys"];
    for table in tables.into_iter().chain(["webhook_endpoints", "webhook_backlogs", "webhook_messages", "webhook_attempts"]) {
        assert_eq!(world.read(&format!("SELECT count(*) FROM {table}")), "1", "{table}");
    }
    crate::world::within_5_s("the tenant is gone", async || snapshots.tenant(gone.tenant).await.unwrap().is_none()).await;
    assert!(snapshots.tenant(kept.tenant).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_kept_as_they_are_or_refused() {
    let world = world().await;
    let (one, two) = (world.tenant("one").await, world.tenant("two").await);
    let long = "x".repeat(10_240);
    let names = [
        "{}",
        "{{pin}}",
        ":",
        "*",
        "a\r\nb",
        "../../etc/passwd",
        "'; DROP TABLE tenants; --",
        "$1",
        "\\",
        "%s",
        "\u{202e}evil",
        "👩‍👩‍👧‍👦",
        " ",
        "NULL",
        "pf:{07}:pin:x",
    ];
    for name in names {
        let added = application(name);
        let scope = world.database.tenant(one);
        scope.applications().create(added.clone()).await.unwrap();
        assert_eq!(scope.applications().get(added.id).await.unwrap().unwrap().name, name);
        let key = new_key(name);
        scope.api_keys().create(key.clone()).await.unwrap();
        let filter = pinfold_postgres::KeyFilter { name: Some(name.to_owned()), size: 50, ..Default::default() };
        let found = scope.api_keys().list(filter).await.unwrap();
        assert!(found.items.iter().any(|found| found.key == key.key), "{name}");
        assert!(found.items.iter().all(|found| found.key.name.to_lowercase().contains(&name.to_lowercase())), "{name}");
    }
    assert_eq!(world.database.tenant(two).applications().list().await.unwrap(), []);
    for name in ["", "\0", "a\0b", &long] {
        let error = world.database.tenant(one).applications().create(application(name)).await.unwrap_err();
        assert!(error.is_refused() && !error.is_unavailable(), "{error:?}");
        assert!(world.database.tenant(one).api_keys().create(new_key(name)).await.unwrap_err().is_refused());
        let error = world.owner.tenants().create(name, "name", &world.master).await.unwrap_err();
        assert!(error.is_refused(), "{error:?}");
        let filter = pinfold_postgres::KeyFilter { name: Some(name.to_owned()), size: 1, ..Default::default() };
        let _ = world.database.tenant(one).api_keys().list(filter).await;
    }
    let mut hostile = message(ApplicationId::random());
    if let Body::Text(body) = &mut hostile.body {
        body.sender = Some("a\0b".to_owned());
    }
    assert!(world.database.tenant(one).messages().create(hostile).await.unwrap_err().is_refused());
    world.database.ping().await.unwrap();
}
