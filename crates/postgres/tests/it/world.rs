//! One migrated database per test, and the two roles that reach it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pinfold_core::access::{ApiKey, Environment, Scopes};
use pinfold_core::application::Application;
use pinfold_core::id::{ApiKeyId, ApplicationId, TenantId, WebhookEndpointId};
use pinfold_core::keys::MasterKey;
use pinfold_core::limits::Limits;
use pinfold_core::message::Message;
use pinfold_core::webhook::WebhookSecret;
use pinfold_postgres::{Applications, Database, Error, Messages, NewKey, NewWebhookEndpoint, Settings, Snapshots, migrate};
use pinfold_testkit::{Postgres, Role};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A migrated database with nobody in it.
pub struct World {
    /// The database as psql sees it.
    pub sql: Arc<pinfold_testkit::Database>,
    pub settings: Settings,
    /// As the service.
    pub database: Database,
    /// As the owner.
    pub owner: Database,
    pub master: Arc<MasterKey>,
    pub tracker: TaskTracker,
    stop: CancellationToken,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub fn settings(sql: &pinfold_testkit::Database) -> Settings {
    Settings {
        url: SecretString::from(sql.url_for(Role::Service)),
        admin_url: SecretString::from(sql.url_for(Role::Owner)),
        pool_size: 4,
        ..Settings::default()
    }
}

pub fn migrations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut folders: Vec<PathBuf> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

pub async fn world() -> World {
    world_with(|_| {}).await
}

pub async fn world_with(change: impl FnOnce(&mut Settings)) -> World {
    let mut hasher = DefaultHasher::new();
    for folder in migrations() {
        folder.hash(&mut hasher);
        std::fs::read(folder.join("up.sql")).unwrap().hash(&mut hasher);
    }
    let key = format!("postgres_{:016x}", hasher.finish());
    let prepare = async |sql: &pinfold_testkit::Database| {
        migrate(&settings(sql)).await.unwrap();
    };
    let template = Postgres::shared().template(&key, prepare).await;
    let sql = Postgres::shared().fresh_database(Some(&template));
    let mut settings = settings(&sql);
    change(&mut settings);
    let tracker = TaskTracker::new();
    World {
        database: Database::connect(&settings, tracker.clone()).unwrap(),
        owner: Database::connect(&settings.as_admin(), tracker.clone()).unwrap(),
        master: Arc::new(MasterKey::new(&[7; 32])),
        stop: CancellationToken::new(),
        sql: Arc::new(sql),
        settings,
        tracker,
    }
}

impl World {
    /// An endpoint of a tenant for webhooks of these types.
    pub async fn endpoint(&self, tenant: TenantId, types: Vec<&'static str>) -> WebhookEndpointId {
        let id = WebhookEndpointId::random();
        let new = NewWebhookEndpoint {
            id,
            url: "https://example.com/".into(),
            description: String::new(),
            types,
            format: Default::default(),
        };
        let keys = self.snapshots().tenant(tenant).await.unwrap().unwrap();
        let endpoints = self.database.tenant(tenant).webhook_endpoints();
        endpoints.create(new, &WebhookSecret::generate(), &keys.keys, 16).await.unwrap().unwrap();
        id
    }

    /// A new tenant.
    pub async fn tenant(&self, slug: &str) -> TenantId {
        self.owner.tenants().create(slug, slug, &self.master).await.unwrap().id
    }

    /// A new tenant with one application and one API key, whose hash comes back.
    pub async fn customer(&self, slug: &str) -> (TenantId, ApplicationId, [u8; 32]) {
        let tenant = self.tenant(slug).await;
        let application = application("main");
        self.database.tenant(tenant).applications().create(application.clone()).await.unwrap();
        let key = new_key("main");
        self.database.tenant(tenant).api_keys().create(key.clone()).await.unwrap();
        (tenant, application.id, key.hash)
    }

    /// Snapshots that watch until the test ends.
    pub fn snapshots(&self) -> Snapshots {
        let snapshots = Snapshots::new(self.database.clone(), Arc::clone(&self.master), &self.settings);
        self.tracker.spawn(snapshots.run(self.stop.clone()));
        snapshots
    }

    /// Snapshots that watch already.
    pub async fn watching_snapshots(&self) -> Snapshots {
        let snapshots = self.snapshots();
        within_5_s("watching", async || snapshots.stats().confirmations.load(Ordering::Relaxed) > 0).await;
        snapshots
    }

    /// What a superuser reads.
    pub fn read(&self, sql: &str) -> String {
        self.sql.query(Role::Superuser, sql).unwrap()
    }
}

pub fn application(name: &str) -> Application {
    Application::new(name, Limits::default())
}

pub fn new_key(name: &str) -> NewKey {
    NewKey {
        key: ApiKey {
            id: ApiKeyId::random(),
            name: name.to_owned(),
            scopes: Scopes::all(),
            environment: Environment::Live,
            default_application: None,
            networks: vec![],
            valid_from_ms: None,
            valid_to_ms: None,
            is_enabled: true,
        },
        hash: pinfold_core::entropy::bytes(),
        prefix: "pf_live_abcd".to_owned(),
        permissions: vec![],
        platform: vec![],
        scope_guids: vec![],
    }
}

/// Waits until `holds`; panics when that takes longer than a change may take to be seen.
pub async fn within_5_s(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(5), async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "not within 5 s: {what}");
}

/// Puts a whole object in the place of the one with its id.
pub trait Replace<T> {
    /// `None` when there is none.
    async fn replace(self, by: T) -> Result<Option<()>, Error>;
}

impl Replace<Application> for Applications<'_> {
    async fn replace(self, by: Application) -> Result<Option<()>, Error> {
        Ok(self.update(by.id, move |_| Ok::<_, ()>(by)).await?.map(|_| ()))
    }
}

impl Replace<Message> for Messages<'_> {
    async fn replace(self, by: Message) -> Result<Option<()>, Error> {
        Ok(self.update(by.id, move |_| Ok::<_, ()>(by)).await?.map(|_| ()))
    }
}
