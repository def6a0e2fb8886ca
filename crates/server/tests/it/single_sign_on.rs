//! Single sign-on at a real OpenID provider: who comes in as whom, what proves nothing, and what such a person may not do.

use std::collections::BTreeMap;

use pinfold_testkit::{OpenIdPeer, Role};
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use url::Url;

use crate::support::person::{PASSWORD, Person};
use crate::support::{Answer, App, Client, Options};

const SESSION: &str = "__Host-pinfold-session";
const SIGN_ON: &str = "__Host-pinfold-sign-on";
const SECRET: &str = "a client secret of tests, long enough";
const START: &str = "/v1/session/single-sign-on";

/// A browser that follows what it is told, with a jar for each origin. What the session's cookie allows is a `Person`'s.
#[derive(Clone)]
struct Browser {
    client: Client,
    jars: BTreeMap<String, BTreeMap<String, String>>,
}

fn origin(url: &str) -> String {
    Url::parse(url).expect("an address").origin().ascii_serialization()
}

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.header("location").expect("a way on")
}

/// One parameter of an address.
fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    url.query_pairs().find(|(one, _)| one == name).map(|(_, value)| value.into_owned())
}

/// The same address with another value of a parameter, or without it.
fn with(url: &str, name: &str, value: Option<&str>) -> String {
    let mut url = Url::parse(url).expect("an address");
    let others: Vec<(String, String)> =
        url.query_pairs().filter(|(one, _)| one != name).map(|(one, value)| (one.into_owned(), value.into_owned())).collect();
    url.query_pairs_mut().clear().extend_pairs(others).extend_pairs(value.map(|value| (name, value)));
    url.into()
}

impl Browser {
    fn new(app: &App) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().expect("a client");
        Self { client: Client { http, ..app.client.anonymous() }, jars: BTreeMap::new() }
    }

    async fn ask(&mut self, url: &str, form: Option<&[(&str, &str)]>) -> Answer {
        let method = if form.is_some() { "POST" } else { "GET" };
        let mut request = self.client.http.request(method.parse().expect("a method"), url);
        if let Some(form) = form {
            request = request.form(form);
        }
        let jar = self.jars.entry(origin(url)).or_default();
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        let answer = self.client.send(request).await;
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let (pair, rules) = cookie.to_str().expect("text").split_once(';').expect("a cookie has rules");
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            if value.is_empty() || rules.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// A cookie of the installation.
    fn cookie(&self, name: &str) -> Option<&String> {
        self.jars.get(&origin(&self.client.base))?.get(name)
    }

    /// Begins, and gives where the browser is led.
    async fn start(&mut self, query: &str) -> String {
        let url = format!("{}{START}?{query}", self.client.base);
        location(&self.ask(&url, None).await).to_owned()
    }

    /// Lets the provider see who it is, and gives the address that leads back, not yet followed.
    async fn at_provider(&mut self, address: &str, who: &str) -> String {
        let provider = origin(address);
        let mut url = address.to_owned();
        for _ in 0..10 {
            let answer = self.ask(&url, None).await;
            let answer = match answer.text.split_once("action=\"") {
                Some((_, form)) if answer.status == 200 => {
                    let action = form.split('"').next().expect("an address");
                    let action = Url::parse(&url).expect("an address").join(action).expect("an address");
                    self.ask(action.as_str(), Some(&[("prompt", "login"), ("login", who), ("password", "x")])).await
                }
                _ => answer,
            };
            url = Url::parse(&url).expect("an address").join(location(&answer)).expect("an address").into();
            if origin(&url) != provider {
                return url;
            }
        }
        panic!("the provider leads nowhere: {url}");
    }

    /// The whole way; where it ends.
    async fn sign_in(&mut self, organization: &str, who: &str) -> String {
        let address = self.start(&format!("organization={organization}")).await;
        let back = self.at_provider(&address, who).await;
        location(&self.ask(&back, None).await).to_owned()
    }
}

struct World {
    app: App,
    peer: OpenIdPeer,
    /// The owner of Acme.
    ann: Person,
}

/// An organization that signs in at a provider, whose tokens are signed so.
async fn world(algorithm: &str) -> World {
    let app = App::start().await;
    // Another site than the installation's.
    let mut peer = OpenIdPeer::start("localhost");
    let mut ann = Person::signed_up(&app, "ann@example.com", "Acme").await;
    register(&mut peer, &mut [&mut ann], algorithm).await;
    ann.put("/v1/single-sign-on", setting(&peer)).await.expect(200);
    World { app, peer, ann }
}

fn setting(peer: &OpenIdPeer) -> Value {
    json!({ "issuer": peer.issuer(), "clientId": "pinfold", "clientSecret": SECRET })
}

/// Tells the provider of the addresses that organizations show.
async fn register(peer: &mut OpenIdPeer, owners: &mut [&mut Person], algorithm: &str) {
    let mut addresses = Vec::new();
    for owner in owners {
        addresses.push(owner.get("/v1/single-sign-on").await.expect(200).json()["redirectUri"].clone());
    }
    let client = json!({ "id": "pinfold", "secret": SECRET, "redirect_uris": addresses, "alg": algorithm });
    peer.order(&json!({ "client": client })).await;
}

impl World {
    /// Somebody signs in, for the first time or again.
    async fn enter(&self, who: &str) -> Person {
        let mut browser = Browser::new(&self.app);
        assert_eq!(browser.sign_in("acme", who).await, "/console");
        assert_eq!(browser.cookie(SIGN_ON), None, "the way is over");
        let mut person = Person::new(&self.app, &format!("{who}@example.com"));
        person.cookie = browser.cookie(SESSION).expect("the session's cookie").clone();
        person.get("/v1/session").await.expect(200);
        person
    }

    /// Somebody comes back, and it comes to nothing.
    async fn refuse(&self, who: &str, problem: &str) {
        let mut browser = Browser::new(&self.app);
        let end = browser.sign_in("acme", who).await;
        assert_eq!(end, told(problem));
        assert_eq!(browser.cookie(SESSION), None);
        assert_eq!(browser.cookie(SIGN_ON), None);
    }

    fn query(&self, sql: &str) -> String {
        self.app.database.query(Role::Superuser, sql).expect("an answer")
    }
}

fn told(problem: &str) -> String {
    format!("/console/login?problem={problem}")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_the_provider_vouches_for_is_a_viewer_and_stays_the_same_person() {
    for algorithm in ["ES256", "EdDSA", "RS256"] {
        let mut world = world(algorithm).await;
        let mut bob = world.enter("bob").await;
        let first = bob.get("/v1/session").await.expect(200).json();
        assert_eq!((&first["state"], &first["person"]["managed"]), (&json!("signed_in"), &json!(true)));
        assert_eq!((&first["person"]["email"], &first["person"]["name"]), (&json!("bob@example.com"), &json!("bob")));
        assert_eq!((&first["tenant"]["slug"], &first["tenant"]["role"]), (&json!("acme"), &json!("viewer")));
        // The provider may have asked for nothing just now.
        assert_eq!(first["confirmedUntil"], Value::Null);
        bob.get("/v1/members").await.expect(200);
        bob.get("/v1/single-sign-on").await.expect(403);
        if algorithm != "RS256" {
            continue;
        }
        world.peer.order(&json!({ "person": "bob", "claims": { "name": "Bob B.", "email": "bob.b@example.com" } })).await;
        // Keys that nobody knows yet are asked for.
        world.peer.order(&json!({ "rotate": true })).await;
        let mut again = world.enter("bob").await;
        let again = again.get("/v1/session").await.expect(200).json();
        assert_eq!(again["person"]["id"], first["person"]["id"]);
        assert_eq!((&again["person"]["name"], &again["person"]["email"]), (&json!("Bob B."), &json!("bob.b@example.com")));
        let members = world.ann.get("/v1/members").await.expect(200).json();
        let managed: Vec<&Value> = members["members"].as_array().expect("a list").iter().map(|one| &one["managed"]).collect();
        assert_eq!(managed, [&json!(false), &json!(true)]);
        // What was done is told, without the secret.
        let log = world.ann.get("/v1/audit?object=single_sign_on").await.expect(200);
        assert_eq!(log.json()["entries"][0]["after"]["sealed_secret"], "hidden");
        assert!(!log.text.contains(SECRET));
        assert_eq!(
            world.query("SELECT password IS NULL AND email_key NOT LIKE '%@%' FROM people WHERE managed_by IS NOT NULL"),
            "t"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_of_the_same_address_is_not_touched() {
    let mut world = world("RS256").await;
    let before = world.ann.get("/v1/session").await.expect(200).json();
    world.peer.order(&json!({ "person": "mallory", "claims": { "email": "ann@example.com", "name": "Ann" } })).await;
    let mut mallory = world.enter("mallory").await;
    let session = mallory.get("/v1/session").await.expect(200).json();
    assert_eq!(session["person"]["email"], "ann@example.com");
    assert_ne!(session["person"]["id"], before["person"]["id"]);
    assert_eq!((&session["tenant"]["role"], session["tenants"].as_array().map(Vec::len)), (&json!("viewer"), Some(1)));
    // The password and the mails of that address are Ann's.
    let mut ann = Person::new(&world.app, "ann@example.com");
    let entered = ann.log_in(PASSWORD).await.expect(200).json();
    assert_eq!(entered["person"]["id"], before["person"]["id"]);
    Person::new(&world.app, "x@example.com").post("/v1/password-resets", json!({ "email": "bob@example.com" })).await.expect(202);
    world.enter("bob").await;
    Person::new(&world.app, "x@example.com").post("/v1/password-resets", json!({ "email": "bob@example.com" })).await.expect(202);
    assert_eq!(world.query("SELECT count(*) FROM password_resets"), "0");
    let mut bob = Person::new(&world.app, "bob@example.com");
    bob.log_in(PASSWORD).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_begin_here_ends_here() {
    let mut world = world("RS256").await;
    let mut carol = Person::signed_up(&world.app, "carol@example.com", "Bolt").await;
    register(&mut world.peer, &mut [&mut world.ann, &mut carol], "RS256").await;
    carol.put("/v1/single-sign-on", setting(&world.peer)).await.expect(200);

    // A page of another site cannot sign anybody in.
    let start = format!("{}{START}?organization=acme", world.app.client.base);
    let client = Browser::new(&world.app).client;
    let foreign = client.send(client.http.get(&start).header("sec-fetch-site", "cross-site")).await;
    assert_eq!((location(&foreign), foreign.header("set-cookie")), ("/console/login?organization=acme", None));

    let mut browser = Browser::new(&world.app);
    let address = browser.start("organization=acme").await;
    for (name, value) in [("response_type", "code"), ("code_challenge_method", "S256"), ("scope", "openid email profile")] {
        assert_eq!(parameter(&address, name).as_deref(), Some(value), "{address}");
    }
    let back = browser.at_provider(&address, "bob").await;
    let over = async |mut browser: Browser, url: &str, problem: &str| {
        let answer = browser.ask(url, None).await;
        assert_eq!(location(&answer), told(problem), "{url}");
        assert_eq!((browser.cookie(SESSION), browser.cookie(SIGN_ON)), (None, None));
    };
    over(browser.clone(), &with(&back, "state", Some("x")), "sign_on_over").await;
    over(browser.clone(), &with(&back, "state", None), "sign_on_over").await;
    over(browser.clone(), &with(&back, "code", None), "sign_on_denied").await;
    over(browser.clone(), &with(&back, "code", Some("x")), "sign_on_unproven").await;
    over(browser.clone(), &with(&back, "iss", Some("https://evil.example")), "sign_on_unproven").await;
    over(browser.clone(), &with(&with(&back, "code", None), "error", Some("access_denied")), "sign_on_denied").await;
    over(Browser::new(&world.app), &back, "sign_on_over").await;
    // The cookie of another organization, at its own address and at this one's.
    let mut other = Browser::new(&world.app);
    other.start("organization=bolt").await;
    over(other.clone(), &back, "sign_on_over").await;
    let tenants = [&mut world.ann, &mut carol].map(|owner| owner.clone());
    let mut ids = Vec::new();
    for mut owner in tenants {
        ids.push(owner.get("/v1/tenant").await.expect(200).json()["id"].as_str().expect("an id").to_owned());
    }
    over(other, &back.replace(&ids[0], &ids[1]), "sign_on_over").await;
    over(browser.clone(), &back.replace(&ids[0], &ids[1]), "sign_on_over").await;
    over(browser.clone(), &back.replace(&ids[0], "x"), "sign_on_not_offered").await;
    // A cookie that somebody changed.
    let mut changed = browser.clone();
    let jar = changed.jars.get_mut(&origin(&world.app.client.base)).expect("a jar");
    let cookie = jar.get_mut(SIGN_ON).expect("the cookie");
    let last = if cookie.ends_with('A') { "B" } else { "A" };
    cookie.replace_range(cookie.len() - 1.., last);
    over(changed, &back, "sign_on_over").await;

    // The code is good once; the cookie alone is good for nothing.
    let replay = browser.clone();
    assert_eq!(location(&browser.ask(&back, None).await), "/console");
    over(replay, &back, "sign_on_unproven").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_proves_nothing_lets_nobody_in() {
    let mut world = world("RS256").await;
    for (claims, signer) in [
        (json!({ "aud": "another" }), None),
        (json!({ "aud": ["pinfold", "another"] }), None),
        (json!({ "azp": "another" }), None),
        (json!({ "iss": "https://evil.example" }), None),
        (json!({ "exp": 1_700_000_000 }), None),
        (json!({ "nonce": "another" }), None),
        (json!({}), Some("stranger")),
    ] {
        world.peer.order(&json!({ "forge": claims, "signer": signer })).await;
        world.refuse("bob", "sign_on_unproven").await;
    }
    world.peer.order(&json!({ "forge": null })).await;
    // A nonce that another browser began with.
    let mut browser = Browser::new(&world.app);
    let address = browser.start("organization=acme").await;
    let back = browser.at_provider(&with(&address, "nonce", Some("x")), "bob").await;
    assert_eq!(location(&browser.ask(&back, None).await), told("sign_on_unproven"));
    assert_eq!(world.query("SELECT count(*) FROM people WHERE managed_by IS NOT NULL"), "0");

    let mut browser = Browser::new(&world.app);
    let address = browser.start("organization=acme").await;
    let back = browser.at_provider(&address, "bob").await;
    world.peer.order(&json!({ "away": true })).await;
    assert_eq!(location(&browser.ask(&back, None).await), told("sign_on_provider_away"));
    let away = world.ann.put("/v1/single-sign-on", setting(&world.peer)).await.expect(400).json();
    assert_eq!(away["fields"][0]["field"], "issuer");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_organization_says_who_comes_in() {
    let mut world = world("RS256").await;
    world.enter("early").await;
    let limited = json!({ "issuer": world.peer.issuer(), "clientId": "pinfold", "allowedDomains": ["Example.com"], "newMembersRole": "developer" });
    world.ann.put("/v1/single-sign-on", limited.clone()).await.expect(200);
    for claims in [
        json!({ "email": "bob@evil.example" }),
        json!({ "email": "bob@example.com", "email_verified": false }),
        json!({ "email": null }),
        json!({ "email": "bob" }),
    ] {
        world.peer.order(&json!({ "person": "bob", "claims": claims })).await;
        world.refuse("bob", "sign_on_address").await;
    }
    world.peer.order(&json!({ "person": "bob", "claims": {} })).await;
    let mut bob = world.enter("bob").await;
    assert_eq!(bob.get("/v1/session").await.expect(200).json()["tenant"]["role"], "developer");
    // Nobody new: those who were here come in.
    let mut closed = limited;
    closed["newMembersRole"] = json!("none");
    assert_eq!(world.ann.put("/v1/single-sign-on", closed).await.expect(200).json()["newMembersRole"], "none");
    world.refuse("late", "sign_on_not_a_member").await;
    world.enter("early").await;
    // Who is removed is forgotten, with their sessions.
    let person = bob.get("/v1/session").await.expect(200).json()["person"]["id"].as_str().expect("an id").to_owned();
    world.ann.delete(&format!("/v1/members/{person}")).await.expect(204);
    world.refuse("bob", "sign_on_not_a_member").await;
    assert_eq!(world.query("SELECT count(*) FROM people WHERE managed_by IS NOT NULL"), "1");
    assert_eq!(
        world.query("SELECT count(*) FROM sessions AS s JOIN people AS p ON p.id = s.person_id WHERE p.name = 'bob'"),
        "0"
    );

    // An organization that is closed, one that has no provider and one that is none look alike.
    let mut browser = Browser::new(&world.app);
    let address = browser.start("organization=acme").await;
    let back = browser.at_provider(&address, "early").await;
    world.query("UPDATE tenants SET is_enabled = false WHERE slug = 'acme' RETURNING 1");
    assert_eq!(location(&browser.ask(&back, None).await), told("sign_on_not_offered"));
    for organization in ["acme", "demo", "nobody", "", "%00"] {
        let end = Browser::new(&world.app).start(&format!("organization={organization}")).await;
        assert!(end == told("sign_on_not_offered"), "{organization}: {end}");
    }
    world.query("UPDATE tenants SET is_enabled = true WHERE slug = 'acme' RETURNING 1");
    // The end of it ends the sessions of all who came by it.
    world.enter("early").await;
    world.ann.delete("/v1/single-sign-on").await.expect(204);
    world.ann.delete("/v1/single-sign-on").await.expect(404);
    assert_eq!(
        world.query("SELECT count(*) FROM sessions AS s JOIN people AS p ON p.id = s.person_id WHERE p.managed_by IS NOT NULL"),
        "0"
    );
    assert_eq!(Browser::new(&world.app).start("organization=acme").await, told("sign_on_not_offered"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_managed_person_looks_after_nothing_of_the_account() {
    let mut world = world("RS256").await;
    let mut bob = world.enter("bob").await;
    let session = bob.get("/v1/session").await.expect(200).json();
    let (person, tenant) = (session["person"]["id"].clone(), session["tenant"]["id"].clone());
    let (person, tenant) = (person.as_str().expect("an id"), tenant.as_str().expect("an id"));
    // An invitation to another organization, to the same address.
    let mut carol = Person::signed_up(&world.app, "carol@example.com", "Bolt").await;
    carol.post("/v1/invitations", json!({ "email": "bob@example.com", "role": "admin" })).await.expect(201);
    let token = crate::support::person::token_of(&world.app, "bob@example.com", 1).await;
    for (method, path, body) in [
        ("PUT", "/v1/me".to_owned(), json!({ "name": "Robert" })),
        ("PUT", "/v1/me/password".into(), json!({ "password": "five brown horses" })),
        ("POST", "/v1/me/totp".into(), Value::Null),
        ("POST", "/v1/me/totp/confirmation".into(), json!({ "code": "000000" })),
        ("DELETE", "/v1/me/totp".into(), Value::Null),
        ("POST", "/v1/me/recovery-codes".into(), Value::Null),
        ("POST", "/v1/me/passkeys/options".into(), Value::Null),
        ("DELETE", format!("/v1/me/passkeys/{tenant}"), Value::Null),
        ("DELETE", format!("/v1/me/memberships/{tenant}"), Value::Null),
        ("POST", "/v1/tenants".into(), json!({ "name": "Mine" })),
        ("POST", "/v1/invitations/acceptances".into(), json!({ "token": token })),
        ("POST", "/v1/session/confirmation".into(), json!({ "password": PASSWORD })),
    ] {
        let answer = bob.call(method, &path, Some(body).filter(|body| !body.is_null())).await.expect(403);
        assert_eq!(answer.json()["code"], "managed_person", "{method} {path}");
    }
    let one = format!("/v1/members/{person}");
    let refused = world.ann.put(&one, json!({ "role": "owner" })).await.expect(403).json();
    assert_eq!(refused["code"], "managed_person");
    world.ann.put(&one, json!({ "role": "admin" })).await.expect(200);
    // The table refuses it too, whatever the code says.
    for attempt in [
        "UPDATE memberships SET role = 'owner' FROM people WHERE people.id = person_id AND managed_by IS NOT NULL",
        "INSERT INTO memberships SELECT t.id, p.id, 'viewer' FROM people AS p, tenants AS t WHERE p.managed_by IS NOT NULL AND t.slug = 'bolt'",
        "INSERT INTO operators SELECT id FROM people WHERE managed_by IS NOT NULL",
        "UPDATE people SET password = '$argon2id$x' WHERE managed_by IS NOT NULL",
    ] {
        assert!(world.app.database.query(Role::Superuser, attempt).is_err(), "{attempt}");
    }
    // Their sessions are theirs.
    let mut elsewhere = world.enter("bob").await;
    let sessions = bob.get("/v1/me/sessions").await.expect(200).json();
    let other = sessions["sessions"].as_array().expect("a list").iter().find(|one| one["current"] == false).expect("another");
    bob.delete(&format!("/v1/me/sessions/{}", other["id"].as_str().expect("an id"))).await.expect(204);
    elsewhere.cookie.clear();
    bob.delete("/v1/session").await.expect(204);
    assert_eq!(
        world.query("SELECT count(*) FROM sessions AS s JOIN people AS p ON p.id = s.person_id WHERE p.managed_by IS NOT NULL"),
        "0"
    );
    // The invitation opens an account of its own.
    let joined = json!({ "token": token, "name": "Bob", "password": PASSWORD });
    let opened = Person::new(&world.app, "bob@example.com").post("/v1/invitations/acceptances", joined).await.expect(201).json();
    assert_eq!((&opened["person"]["managed"], &opened["tenant"]["slug"]), (&json!(false), &json!("bolt")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_managed_person_proves_again_at_the_provider_who_they_are() {
    let mut world = world("RS256").await;
    let mut bob = world.enter("bob").await;
    let one = bob.get("/v1/session").await.expect(200).json()["person"]["id"].as_str().expect("an id").to_owned();
    world.ann.put(&format!("/v1/members/{one}"), json!({ "role": "admin" })).await.expect(200);
    let mut eve = world.enter("eve").await;
    let eves = eve.get("/v1/session").await.expect(200).json()["person"]["id"].as_str().expect("an id").to_owned();
    let eves = format!("/v1/members/{eves}");
    let change = json!({ "role": "analyst" });
    // A role holds within seconds.
    for _ in 0..100 {
        if bob.put(&eves, change.clone()).await.expect(403).json()["code"] == "confirmation_needed" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(bob.put(&eves, change.clone()).await.expect(403).json()["code"], "confirmation_needed");

    let query = "organization=acme&purpose=confirm&next=/console/members";
    let base = world.app.client.base.clone();
    // The session comes along to the start, from our own page, and not on the way back.
    let begin = async |person: &Person, query: &str| {
        let mut browser = Browser::new(&world.app);
        let jar = browser.jars.entry(origin(&base)).or_default();
        jar.insert(SESSION.to_owned(), person.cookie.clone());
        let address = browser.start(query).await;
        browser.jars.entry(origin(&base)).or_default().remove(SESSION);
        (browser, address)
    };
    let (mut browser, address) = begin(&bob, query).await;
    assert_eq!((parameter(&address, "prompt"), parameter(&address, "max_age")), (Some("login".into()), Some("0".into())));
    // Somebody else at the provider proves nothing.
    let back = browser.at_provider(&address, "eve").await;
    assert_eq!(location(&browser.ask(&back, None).await), told("sign_on_somebody_else"));
    assert_eq!(browser.cookie(SESSION), None);
    let (mut browser, address) = begin(&bob, query).await;
    let back = browser.at_provider(&address, "nobody-new").await;
    assert_eq!(location(&browser.ask(&back, None).await), told("sign_on_somebody_else"));
    // Nor does a provider that asked nobody.
    world.peer.order(&json!({ "forge": { "auth_time": 1_700_000_000 } })).await;
    let (mut browser, address) = begin(&bob, query).await;
    let back = browser.at_provider(&address, "bob").await;
    assert_eq!(location(&browser.ask(&back, None).await), told("sign_on_unproven"));
    world.peer.order(&json!({ "forge": null })).await;
    assert_eq!(bob.put(&eves, change.clone()).await.expect(403).json()["code"], "confirmation_needed");
    // Who is not signed in that way has nothing to prove.
    for person in [&Person::new(&world.app, "x@example.com"), &world.ann] {
        assert_eq!(begin(person, query).await.1, told("sign_on_over"));
    }

    let (mut browser, address) = begin(&bob, query).await;
    let back = browser.at_provider(&address, "bob").await;
    assert_eq!(location(&browser.ask(&back, None).await), "/console/members");
    bob.cookie = browser.cookie(SESSION).expect("the session's new cookie").clone();
    let session = bob.get("/v1/session").await.expect(200).json();
    assert!(session["confirmedUntil"].is_string(), "{session}");
    assert_eq!(bob.put(&eves, change).await.expect(200).json()["role"], "analyst");
    // No address leads anywhere else.
    let (mut browser, address) = begin(&bob, "organization=acme&purpose=confirm&next=//evil.example").await;
    let back = browser.at_provider(&address, "bob").await;
    assert_eq!(location(&browser.ask(&back, None).await), "/console");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_is_tried_and_its_secret_goes_to_nobody_else() {
    let mut world = world("RS256").await;
    let shown = world.ann.get("/v1/single-sign-on").await.expect(200);
    assert!(!shown.text.contains(SECRET));
    let shown = shown.json();
    let base = &world.app.client.base;
    assert_eq!(shown["signInUrl"], format!("{base}/console/login?organization=acme"));
    let tenant = world.ann.get("/v1/tenant").await.expect(200).json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(shown["redirectUri"], format!("{base}{START}/callback/{tenant}"));
    let with = |name: &str, value: Value| {
        let mut changed = setting(&world.peer);
        changed[name] = value;
        changed
    };
    for (changed, field) in [
        (with("issuer", json!(format!("{}/", world.peer.issuer()))), "issuer"),
        (with("issuer", json!(format!("{}/none", world.peer.issuer()))), "issuer"),
        (with("issuer", json!("http://127.0.0.1:9")), "issuer"),
        (with("issuer", json!(format!("{}?x", world.peer.issuer()))), "issuer"),
        (with("issuer", json!("javascript:x")), "issuer"),
        (with("clientId", json!("")), "clientId"),
        (with("clientSecret", json!("")), "clientSecret"),
        (with("newMembersRole", json!("owner")), "newMembersRole"),
        (with("allowedDomains", json!(["x"])), "allowedDomains"),
    ] {
        let refused = world.ann.put("/v1/single-sign-on", changed.clone()).await.expect(400).json();
        assert_eq!(refused["fields"][0]["field"], field, "{changed}");
    }
    // To another issuer the secret has to be given anew; to the same one it stays.
    let bare = json!({ "issuer": "https://login.example.com", "clientId": "pinfold" });
    assert_eq!(world.ann.put("/v1/single-sign-on", bare).await.expect(400).json()["fields"][0]["field"], "clientSecret");
    let bare = json!({ "issuer": world.peer.issuer(), "clientId": "pinfold", "newMembersRole": "analyst" });
    world.ann.put("/v1/single-sign-on", bare).await.expect(200);
    let mut bob = world.enter("bob").await;
    assert_eq!(bob.get("/v1/session").await.expect(200).json()["tenant"]["role"], "analyst");
    // It is exported without the secret, and sealed again with a new key.
    let export = world.ann.post("/v1/tenant/export", json!({})).await.expect(200);
    assert_eq!(export.json()["tables"]["single_sign_ons"][0]["client_id"], "pinfold");
    assert!(!export.text.contains("sealed_secret") && !export.text.contains(SECRET));
    for arguments in [["key", "rotate", "--tenant", "acme"].as_slice(), &["key", "rewrap"]] {
        let (done, text) = world.app.command(arguments);
        assert!(done, "{text}");
    }
    assert_eq!(world.query("SELECT get_byte(sealed_secret, 2) FROM single_sign_ons"), "2");
    world.enter("bob").await;
    // A sensitive change.
    world.query("UPDATE sessions SET confirmed_until = NULL RETURNING 1");
    for (method, body) in [("PUT", Some(setting(&world.peer))), ("DELETE", None)] {
        let answer = world.ann.call(method, "/v1/single-sign-on", body).await.expect(403);
        assert_eq!(answer.json()["code"], "confirmation_needed", "{method}");
    }
    // What is left of the tenant is nothing.
    world.ann.post("/v1/session/confirmation", json!({ "password": PASSWORD })).await.expect(200);
    world.ann.call("DELETE", "/v1/tenant", Some(json!({ "slug": "acme" }))).await.expect(200);
    assert_eq!(world.query("SELECT count(*) FROM people WHERE managed_by IS NOT NULL"), "0");
    assert_eq!(world.query("SELECT count(*) FROM single_sign_ons"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_inside_is_out_of_reach() {
    let settings = vec![("PINFOLD__DELIVERY__ALLOW_LOOPBACK", "false".to_owned())];
    let app = App::start_with(Options { settings, ..Options::default() }).await;
    let mut peer = OpenIdPeer::start("127.0.0.1");
    let mut ann = Person::signed_up(&app, "ann@example.com", "Acme").await;
    register(&mut peer, &mut [&mut ann], "RS256").await;
    for issuer in
        [peer.issuer(), "https://127.0.0.1", "https://localhost", "https://10.0.0.1", "https://169.254.169.254", "https://[::1]"]
    {
        let body = json!({ "issuer": issuer, "clientId": "x", "clientSecret": "x" });
        let refused = ann.put("/v1/single-sign-on", body).await.expect(400).json();
        assert_eq!(refused["fields"][0]["field"], "issuer", "{issuer}");
    }
}
