//! One PostgreSQL for all test processes of a checkout, and a database of its own for every test.

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;
use std::net::TcpStream;
use std::sync::OnceLock;

use url::Url;

use crate::checkout::{lock_file, script, shared_directory};
use crate::psql::Psql;

/// The roles' password on a server that was given by its URL.
const GIVEN_SERVER_PASSWORD: &str = "pinfold-test";
/// How long after its last use a private server is stopped.
const IDLE_SECONDS: &str = "60";

/// Who logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Superuser: arranges and inspects.
    Superuser,
    /// `pinfold_owner`: owns the databases, migrates, may create roles.
    Owner,
    /// `pinfold_service`: a plain member of `pinfold_app`, as the running service.
    Service,
}

/// The server that the test processes share.
#[derive(Debug)]
pub struct Postgres {
    superuser: Url,
    owner: Url,
    service: Url,
    psql: Psql,
    /// Held shared for this process' life: the server stops a while after nobody holds it any more.
    _in_use: File,
}

/// A database of one test; dropped with it.
#[derive(Debug)]
pub struct Database {
    server: &'static Postgres,
    name: String,
    is_kept: bool,
}

impl Postgres {
    /// The server of this checkout, started when it does not run; `TEST_DATABASE_URL` (a superuser's) names another one.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| match std::env::var_os("TEST_DATABASE_URL") {
            Some(url) => Self::given(&url.to_string_lossy()),
            None => Self::private(),
        })
    }

    /// The superuser's URL of the maintenance database.
    pub fn admin_url(&self) -> &str {
        self.superuser.as_str()
    }

    /// A new database owned by `pinfold_owner`: a copy of the template, or empty.
    pub fn fresh_database(&'static self, template: Option<&str>) -> Database {
        let name = format!("test_{:016x}", RandomState::new().build_hasher().finish());
        self.create(&name, template.unwrap_or("template0"));
        Database { server: self, name, is_kept: false }
    }

    /// The name of a template made once for all test processes: `prepare` fills a new database, typically by migrating it.
    /// The key names its content and thus changes with it: lower-case letters, digits and `_`.
    pub async fn template(&'static self, key: &str, prepare: impl AsyncFnOnce(&Database)) -> String {
        assert!(key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')), "not a template key: {key}");
        let name = format!("template_{key}");
        let lock = lock_file(&format!("{name}.lock"));
        lock.lock().expect("a local file can be locked");
        if self.sql(&format!("SELECT 1 FROM pg_database WHERE datname = '{name}'")) != "1" {
            // Filled under another name, so that a preparation that failed is never taken for a template.
            let draft = format!("{name}_draft");
            self.sql(&format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)"));
            self.create(&draft, "template0");
            let database = Database { server: self, name: draft.clone(), is_kept: true };
            prepare(&database).await;
            database.refuse_connections();
            self.sql(&format!("ALTER DATABASE {draft} RENAME TO {name}"));
        }
        name
    }

    /// Runs statements as superuser in the maintenance database.
    fn sql(&self, sql: &str) -> String {
        self.psql.run(&self.superuser, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    fn create(&self, name: &str, template: &str) {
        self.sql(&format!("CREATE DATABASE {name} OWNER pinfold_owner TEMPLATE {template} STRATEGY FILE_COPY"));
    }

    fn private() -> Self {
        let directory = shared_directory();
        let mut in_use = lock_file("users.lock");
        // Waits while an idle server is being stopped. Writing sets the time since which it is idle.
        in_use.lock_shared().expect("a local file can be locked");
        in_use.write_all(b".").expect("the shared directory is writable");
        let file = directory.join("services.env");
        let known = fs::read_to_string(&file).ok().and_then(|text| Self::from_variables(&text, &in_use));
        known.filter(Self::is_listening).unwrap_or_else(|| {
            let directory = directory.to_string_lossy();
            let start = ["env", "--throwaway", "--only", "postgres", "--idle-stop", IDLE_SECONDS, "--dir", &directory];
            let text = script("scripts/dev/services.py", &start);
            Self::from_variables(&text, &in_use).expect("the script prints the server's variables")
        })
    }

    fn from_variables(text: &str, in_use: &File) -> Option<Self> {
        let variables: HashMap<_, _> = text.lines().filter_map(|line| line.split_once('=')).collect();
        let url = |name: &str| variables.get(name).and_then(|value| Url::parse(value).ok());
        Some(Self {
            superuser: url("TEST_DATABASE_URL")?,
            owner: url("DATABASE_OWNER_URL")?,
            service: url("DATABASE_URL")?,
            psql: Psql::new(variables.get("PSQL")?),
            _in_use: in_use.try_clone().ok()?,
        })
    }

    fn is_listening(&self) -> bool {
        let addresses = self.superuser.socket_addrs(|| Some(5432)).unwrap_or_default();
        TcpStream::connect(addresses.as_slice()).is_ok()
    }

    /// Makes a server that was given ready: the roles get a password known to the tests.
    fn given(url: &str) -> Self {
        let superuser = Url::parse(url).unwrap_or_else(|error| panic!("TEST_DATABASE_URL: {error}"));
        let login = |name: &str| {
            let mut url = superuser.clone();
            url.set_username(name).expect("the URL has a host");
            url.set_password(Some(GIVEN_SERVER_PASSWORD)).expect("the URL has a host");
            url
        };
        let server = Self {
            owner: login("pinfold_owner"),
            service: login("pinfold_service"),
            psql: Psql::new("psql"),
            _in_use: lock_file("users.lock"),
            superuser,
        };
        let create = |name: &str, attributes: &str| {
            format!("IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN CREATE ROLE {name} {attributes}; END IF;")
        };
        // One process at a time: roles belong to the server, not to a database.
        server.sql(&format!(
            "DO $$ BEGIN PERFORM pg_advisory_xact_lock(1946027); {} {} {} \
             ALTER ROLE pinfold_owner PASSWORD '{GIVEN_SERVER_PASSWORD}'; \
             ALTER ROLE pinfold_service PASSWORD '{GIVEN_SERVER_PASSWORD}'; END $$",
            create("pinfold_app", "NOLOGIN"),
            create("pinfold_owner", "LOGIN CREATEROLE"),
            create("pinfold_service", "LOGIN IN ROLE pinfold_app"),
        ));
        server
    }
}

impl Database {
    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL with which a role logs in to it.
    pub fn url_for(&self, role: Role) -> String {
        self.url(role).into()
    }

    /// Runs statements as the role and returns the rows, one line each, columns separated by `|`; or the server's complaint.
    pub fn query(&self, role: Role, sql: &str) -> Result<String, String> {
        self.server.psql.run(&self.url(role), sql)
    }

    /// Ends all connections and refuses new ones, as if the server were away for this test alone.
    pub fn refuse_connections(&self) {
        self.server.sql(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name));
        self.server
            .sql(&format!("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = '{}'", self.name));
    }

    /// Accepts connections again.
    pub fn accept_connections(&self) {
        self.server.sql(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name));
    }

    fn url(&self, role: Role) -> Url {
        let mut url = match role {
            Role::Superuser => self.server.superuser.clone(),
            Role::Owner => self.server.owner.clone(),
            Role::Service => self.server.service.clone(),
        };
        url.set_path(&self.name);
        url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !self.is_kept {
            self.server.psql.start(&self.server.superuser, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}
