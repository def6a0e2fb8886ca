//! One migrated database per test, tenants in it, and the role's operations behind the edge that serves them.

use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use actix_web::{App, HttpMessage};
use futures::future::LocalBoxFuture;
use pinfold_channels::Connectors;
use pinfold_config_service::{Mailer, Passwords, PeoplePolicy, Ranking, Settings, State, mount};
use pinfold_core::access::{Actor, Environment, Scope, Scopes};
use pinfold_core::id::{ApiKeyId, TenantId};
use pinfold_core::keys::MasterKey;
use pinfold_core::limits::{Ceilings, Lockout};
use pinfold_core::ranking::Rules;
use pinfold_http::edge::edge;
use pinfold_http::{Caller, Mount};
use pinfold_postgres::{Database, Snapshots, Window, migrate};
use pinfold_redis::Hot;
use pinfold_testkit::{Postgres, Redis, RedisServer, Role};
use secrecy::SecretString;
use serde_json::Value;
use tokio_util::task::TaskTracker;

pub struct World {
    /// Ends with the test.
    _redis: RedisServer,
    pub sql: pinfold_testkit::Database,
    pub state: Data<State>,
    owner: Database,
    operations: Operations,
}

/// The role's operations behind the edge, built once: that takes longer than most requests.
type Operations = Box<dyn Fn(TestRequest, Option<Caller>) -> LocalBoxFuture<'static, ServiceResponse<BoxBody>>>;

async fn operations(state: &Data<State>) -> Operations {
    let mut operations = Mount::default();
    mount(&mut operations);
    let app = App::new().app_data(state.clone()).configure(|config| operations.configure(config)).wrap(from_fn(edge));
    let app = Rc::new(init_service(app).await);
    Box::new(move |request, caller| {
        let (app, request) = (Rc::clone(&app), request.to_request());
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
        Box::pin(async move { call_service(&*app, request).await })
    })
}

/// An answer, with its body as JSON where it is.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    pub json: Value,
}

fn settings(sql: &pinfold_testkit::Database) -> pinfold_postgres::Settings {
    pinfold_postgres::Settings {
        url: SecretString::from(sql.url_for(Role::Service)),
        admin_url: SecretString::from(sql.url_for(Role::Owner)),
        pool_size: 4,
        ..pinfold_postgres::Settings::default()
    }
}

async fn migrated() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut folders: Vec<_> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    let mut hasher = DefaultHasher::new();
    for folder in folders {
        folder.file_name().hash(&mut hasher);
        std::fs::read(folder.join("up.sql")).unwrap().hash(&mut hasher);
    }
    let prepare = async |sql: &pinfold_testkit::Database| {
        migrate(&settings(sql)).await.unwrap();
    };
    Postgres::shared().template(&format!("config_service_{:016x}", hasher.finish()), prepare).await
}

pub async fn world() -> World {
    world_with(Settings::default()).await
}

pub async fn world_with(role: Settings) -> World {
    let sql = Postgres::shared().fresh_database(Some(&migrated().await));
    let settings = settings(&sql);
    let (tracker, master) = (TaskTracker::new(), Arc::new(MasterKey::new(&[7; 32])));
    let database = Database::connect(&settings, tracker.clone()).unwrap();
    let redis = Redis::fresh();
    let hot = pinfold_redis::Settings { url: redis.url().into(), ..Default::default() };
    // Connections to private addresses are refused by the operations, and reached by the test button.
    let channels = pinfold_channels::Settings { allow_private_addresses: true, ..Default::default() };
    let window = Window { now_ms: 0, length_ms: 1_800_000, ripe_ms: 0, most: 1_000, partition: 0 };
    let state = State {
        providers: pinfold_config_service::IdentityProviders::new(false),
        snapshots: Arc::new(Snapshots::new(database.clone(), Arc::clone(&master), &settings)),
        database,
        master,
        ceilings: Ceilings::default(),
        allow_private_addresses: false,
        public_url: Some("https://pin.example.com".to_owned()),
        console_url: "https://pin.example.com".to_owned(),
        mailer: Mailer::new(Arc::new(Connectors::new(pinfold_channels::Settings::default())), None),
        passwords: Passwords::default(),
        people: PeoplePolicy { needs_second_factor: false },
        allow_live_simulator: false,
        fraud: pinfold_core::fraud::Rules::default(),
        hot: Hot::lazy(&hot, &Lockout::default()).unwrap(),
        connectors: Arc::new(Connectors::new(channels)),
        ranking: Ranking { rules: Rules::default(), window },
        settings: role,
    };
    let state = Data::new(state);
    let operations = operations(&state).await;
    World { _redis: redis, owner: Database::connect(&settings.as_admin(), tracker).unwrap(), state, operations, sql }
}

impl World {
    /// A caller of a new tenant who may do everything.
    pub async fn customer(&self, slug: &str) -> Caller {
        let tenant = self.owner.tenants().create(slug, slug, &self.state.master).await.unwrap().id;
        caller(tenant, Scopes::all(), Environment::Live)
    }

    pub async fn get(&self, caller: &Caller, path: &str) -> Answer {
        self.call(Some(caller), Method::GET, path, None).await
    }

    pub async fn delete(&self, caller: &Caller, path: &str) -> Answer {
        self.call(Some(caller), Method::DELETE, path, None).await
    }

    pub async fn post(&self, caller: &Caller, path: &str, body: Value) -> Answer {
        self.call(Some(caller), Method::POST, path, Some(body.to_string().into_bytes())).await
    }

    pub async fn put(&self, caller: &Caller, path: &str, body: Value) -> Answer {
        self.call(Some(caller), Method::PUT, path, Some(body.to_string().into_bytes())).await
    }

    pub async fn call(&self, caller: Option<&Caller>, method: Method, path: &str, body: Option<Vec<u8>>) -> Answer {
        let mut request = TestRequest::default().method(method).uri(path);
        if let Some(body) = body {
            request = request.insert_header((CONTENT_TYPE, "application/json")).set_payload(body);
        }
        self.send(caller, request).await
    }

    pub async fn send(&self, caller: Option<&Caller>, request: TestRequest) -> Answer {
        let response = (self.operations)(request, caller.cloned()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = read_body(response).await.to_vec();
        Answer { status, headers, json: serde_json::from_slice(&bytes).unwrap_or(Value::Null), bytes }
    }

    /// All that is configured, as text: to see that nothing changed.
    pub fn dump(&self) -> String {
        let tables = [
            "applications",
            "messages",
            "connections",
            "routes",
            "prefix_routes",
            "route_legs",
            "api_keys",
            "webhook_endpoints",
            "webhook_messages",
        ];
        tables.iter().fold(String::new(), |mut dump, table| {
            let sql = format!("SELECT row_to_json(t)::text FROM {table} AS t ORDER BY 1");
            writeln!(dump, "{table}\n{}", self.sql.query(Role::Superuser, &sql).unwrap()).unwrap();
            dump
        })
    }
}

pub fn caller(tenant: TenantId, scopes: Scopes, environment: Environment) -> Caller {
    Caller { tenant, actor: Actor::Key(ApiKeyId::random()), address: None, scopes, environment, default_application: None }
}

/// The same caller with these scopes only.
pub fn only(caller: &Caller, scopes: &[Scope]) -> Caller {
    Caller { scopes: scopes.iter().copied().collect(), ..caller.clone() }
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json
    }

    /// The fields that an answer in Infobip's envelope complains about.
    #[track_caller]
    pub fn faults(self) -> Vec<String> {
        let json = self.expect(400);
        let faults = json["requestError"]["serviceException"]["validationErrors"].as_object().expect("names fields").clone();
        faults.into_iter().map(|(field, _)| field).collect()
    }

    /// The fields that an answer in our own shape complains about.
    #[track_caller]
    pub fn native_faults(self) -> Vec<String> {
        let json = self.expect(400);
        json["fields"].as_array().expect("names fields").iter().map(|fault| fault["field"].as_str().unwrap().to_owned()).collect()
    }
}
