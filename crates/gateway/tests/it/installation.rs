//! A migrated database, a Redis and a gateway over both.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpResponse, web};
use futures::future::LocalBoxFuture;
use pinfold_core::access::{Actor, ApiKey, Environment, Scopes};
use pinfold_core::credential::{Credential, beginning};
use pinfold_core::id::{ApiKeyId, TenantId};
use pinfold_core::keys::MasterKey;
use pinfold_core::limits::Lockout;
use pinfold_gateway::{SessionCache, Settings, Simulator, SimulatorAccess, State, authenticate, mount, mount_simulator};
use pinfold_http::edge::edge;
use pinfold_http::identity::Identities;
use pinfold_http::{Authorized, Mount, PinSend};
use pinfold_postgres::{Database, NewKey, Snapshots, migrate};
use pinfold_redis::Hot;
use pinfold_testkit::{Postgres, Redis, RedisServer, Role};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub const OPENAPI: &str = r#"{"openapi":"3.1.0","info":{"title":"Pinfold","version":"0"},"paths":{}}"#;
pub const SECRET: &str = "a secret of at least thirty-two bytes";

/// What stands behind a gateway.
pub struct Installation {
    pub sql: pinfold_testkit::Database,
    pub redis: RedisServer,
    pub database: Database,
    owner: Database,
    pub snapshots: Snapshots,
    pub master: Arc<MasterKey>,
    pub identities: Arc<Identities>,
    pub settings: Settings,
    pub simulator: Option<Arc<Simulator>>,
    stop: CancellationToken,
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Installation {
    pub async fn new() -> Self {
        Self::with(SimulatorAccess::Open).await
    }

    pub async fn with(access: SimulatorAccess) -> Self {
        let sql = Postgres::shared().fresh_database(Some(&template().await));
        let settings = postgres_settings(&sql);
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let database = Database::connect(&settings, tracker.clone()).unwrap();
        let master = Arc::new(MasterKey::new(&[7; 32]));
        let snapshots = Snapshots::new(database.clone(), Arc::clone(&master), &settings);
        tracker.spawn(snapshots.run(stop.clone()));
        Self {
            owner: Database::connect(&settings.as_admin(), tracker.clone()).unwrap(),
            identities: Arc::new(Identities::new(&SecretString::from(SECRET))),
            settings: Settings::default(),
            simulator: Some(Simulator::new(access, tracker, stop.clone())),
            redis: Redis::private().start(),
            sql,
            database,
            snapshots,
            master,
            stop,
        }
    }

    /// A new tenant.
    pub async fn tenant(&self, slug: &str) -> TenantId {
        self.owner.tenants().create(slug, slug, &self.master).await.unwrap().id
    }

    /// A new live API key of a tenant.
    pub async fn key(&self, tenant: TenantId) -> SecretString {
        self.key_with(tenant, |_| {}).await.1
    }

    /// A new API key of a tenant, changed before it is stored.
    pub async fn key_with(&self, tenant: TenantId, change: impl FnOnce(&mut ApiKey)) -> (ApiKeyId, SecretString) {
        let mut key = ApiKey {
            id: ApiKeyId::random(),
            name: "test".to_owned(),
            scopes: Scopes::all(),
            environment: Environment::Live,
            default_application: None,
            networks: Vec::new(),
            valid_from_ms: None,
            valid_to_ms: None,
            is_enabled: true,
        };
        change(&mut key);
        let (id, secret) = (key.id, Credential::Key(key.environment).generate());
        let text = secret.expose_secret();
        let new = NewKey {
            key,
            hash: self.master.credential_hash(text),
            prefix: beginning(text).to_owned(),
            permissions: Vec::new(),
            platform: Vec::new(),
            scope_guids: Vec::new(),
        };
        self.database.tenant(tenant).api_keys().create(new).await.unwrap();
        (id, secret)
    }

    pub fn state(&self) -> State {
        let settings = pinfold_redis::Settings { url: self.redis.url().into(), ..Default::default() };
        State {
            hot: Hot::lazy(&settings, &Lockout::default()).unwrap(),
            snapshots: self.snapshots.clone(),
            uses: Arc::default(),
            database: self.database.clone(),
            sessions: SessionCache::default(),
            master: Arc::clone(&self.master),
            identities: Arc::clone(&self.identities),
            settings: Arc::new(self.settings.clone()),
            openapi: OPENAPI.into(),
            simulator: self.simulator.clone(),
        }
    }

    /// A gateway with one operation of its own, `POST` to `/2fa/2/pin`, `/v1/keys` and `/v2/verify`, that says who is calling.
    pub async fn gateway(&self) -> Gateway {
        let mut operations = Mount::default();
        mount(&mut operations);
        mount_simulator(&mut operations);
        for path in ["/2fa/2/pin", "/v1/keys", "/v2/verify"] {
            operations.add_page(Method::POST, path, "who", who);
        }
        let app = App::new()
            .app_data(web::Data::new(self.state()))
            .configure(|config| operations.configure(config))
            .wrap(from_fn(authenticate))
            .wrap(from_fn(edge));
        let app = Rc::new(init_service(app).await);
        Gateway(Box::new(move |request| {
            let app = Rc::clone(&app);
            Box::pin(async move { call_service(&*app, request.to_request()).await })
        }))
    }
}

pub async fn who(caller: Authorized<PinSend>) -> HttpResponse {
    let who = match caller.actor {
        Actor::Key(key) => key.to_string(),
        Actor::Person { person, .. } => person.to_string(),
    };
    HttpResponse::Ok().body(format!("{} {who} {:?}", caller.tenant, caller.environment))
}

/// A gateway without a network.
pub struct Gateway(Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, ServiceResponse<BoxBody>>>);

impl Gateway {
    pub async fn call(&self, request: TestRequest) -> ServiceResponse<BoxBody> {
        (self.0)(request).await
    }

    /// Status and body of an answer.
    pub async fn ask(&self, request: TestRequest) -> (u16, String) {
        let response = self.call(request).await;
        let status = response.status().as_u16();
        (status, String::from_utf8(read_body(response).await.to_vec()).unwrap())
    }

    /// The answer of the operation that says who is calling.
    pub async fn ask_as(&self, authorization: &str) -> (u16, String) {
        self.ask(TestRequest::post().uri("/2fa/2/pin").insert_header(("authorization", authorization))).await
    }
}

/// Waits until `holds`; panics when that takes longer than a change may take to be seen.
pub async fn within_5_s(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(5), async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "not within 5 s: {what}");
}

fn postgres_settings(sql: &pinfold_testkit::Database) -> pinfold_postgres::Settings {
    pinfold_postgres::Settings {
        url: sql.url_for(Role::Service).into(),
        admin_url: sql.url_for(Role::Owner).into(),
        pool_size: 4,
        ..Default::default()
    }
}

async fn template() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path().join("up.sql")).collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files.iter().filter(|file| file.is_file()) {
        file.hash(&mut hasher);
        std::fs::read(file).unwrap().hash(&mut hasher);
    }
    let migrated = async |sql: &pinfold_testkit::Database| {
        migrate(&postgres_settings(sql)).await.unwrap();
    };
    Postgres::shared().template(&format!("gateway_{:016x}", hasher.finish()), migrated).await
}
