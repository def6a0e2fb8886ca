//! The installation of one test.

use std::collections::BTreeMap;
use std::time::Duration;

use pinfold_testkit::{AppendOnly, Database, Postgres, Redis, RedisServer, Role, Sentinels};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{Client, pin_in};
use super::leaks::Leaks;
use super::process::{Process, free_port, run};

/// The sealed master key of all tests: 32 bytes in base64. Not a secret of anybody.
const MASTER_KEY: &str = "dGhlc2UgYXJlIHRoaXJ0eS10d28gdGVzdCBieXRlcyE=";

const INTERNAL_SECRET: &str = "the internal secret of tests, long enough";

/// What a test wants different.
#[derive(Default)]
pub struct Options {
    /// Settings, by the names of their variables.
    pub settings: Vec<(&'static str, String)>,
    /// Syncs Redis' file on every write, for tests that kill it.
    pub is_redis_durable: bool,
    /// A second gateway, with what it needs, beside the first one.
    pub has_second_gateway: bool,
    /// The worker in a process of its own, in every topology.
    pub has_own_worker: bool,
    /// A replica of Redis, and Sentinels that say which of the two is the master.
    pub has_replica: bool,
}

/// A running installation with its demo tenant.
pub struct App {
    /// First, so that it looks before anything is cleared away.
    _leaks: Leaks,
    pub redis: RedisServer,
    pub replica: Option<RedisServer>,
    _sentinels: Option<Sentinels>,
    pub database: Database,
    pub processes: Vec<Process>,
    pub environment: BTreeMap<String, String>,
    /// Client of the demo tenant with its live key.
    pub client: Client,
    pub demo: BTreeMap<String, String>,
    pub directory: TempDir,
}

impl App {
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub async fn start_with(options: Options) -> Self {
        let directory = tempfile::tempdir().expect("a directory for the test");
        let append_only = if options.is_redis_durable { AppendOnly::Always } else { AppendOnly::EverySecond };
        let redis = Redis::private().append_only(append_only).start();
        let database = Postgres::shared().fresh_database(Some(&migrated().await));
        let mut environment = environment(&database, &redis);
        let replica = options.has_replica.then(|| Redis::private().append_only(append_only).replica_of(&redis).start());
        let sentinels = options.has_replica.then(|| Sentinels::of(&redis, "pinfold"));
        if let Some(sentinels) = &sentinels {
            environment.insert("PINFOLD__REDIS__MODE".into(), "sentinel".into());
            environment.insert("PINFOLD__REDIS__URL".into(), Sentinels::master_url("pinfold"));
            environment.insert("PINFOLD__REDIS__SENTINELS".into(), sentinels.urls());
        }
        environment.extend(options.settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));

        let (gateway, config, verification, dispatch) = (free_port(), free_port(), free_port(), free_port());
        environment.insert("PINFOLD__HTTP__PUBLIC_URL".into(), format!("http://127.0.0.1:{gateway}"));
        environment.insert("PINFOLD__SIMULATOR__URL".into(), format!("http://127.0.0.1:{gateway}/simulator"));
        let demo_file = directory.path().join("demo.env");
        let demo_file = demo_file.to_str().expect("a temporary path is text");
        let mut announced = environment.clone();
        announced.insert("PINFOLD__HTTP__PORT".into(), gateway.to_string());
        let (status, text) = run(&announced, &["tenant", "demo", "--env-file", demo_file]);
        assert!(status.success(), "{text}");
        let demo = read_env(demo_file);

        let mut processes = Vec::new();
        let mut start =
            |roles: &str, port, environment: &_| processes.push(Process::start(roles, port, directory.path(), environment));
        if is_split() {
            let mut at_gateway = environment.clone();
            at_gateway.insert("PINFOLD__ROLES__CONFIG_SERVICE_URL".into(), format!("http://127.0.0.1:{config}"));
            at_gateway.insert("PINFOLD__ROLES__VERIFICATION_URL".into(), format!("http://127.0.0.1:{verification}"));
            at_gateway.insert("PINFOLD__ROLES__DISPATCH_URL".into(), format!("http://127.0.0.1:{dispatch}"));
            start("gateway", gateway, &at_gateway);
            start("config-service", config, &environment);
            start("verification", verification, &environment);
            start("dispatch", dispatch, &environment);
            if options.has_second_gateway {
                start("gateway", free_port(), &at_gateway);
            }
        } else if options.has_own_worker {
            let mut at_gateway = environment.clone();
            at_gateway.insert("PINFOLD__ROLES__DISPATCH_URL".into(), format!("http://127.0.0.1:{dispatch}"));
            start("gateway,config-service,verification", gateway, &at_gateway);
            start("dispatch", dispatch, &environment);
        } else {
            start("all", gateway, &environment);
            if options.has_second_gateway {
                start("all", free_port(), &environment);
            }
        }
        for process in &mut processes {
            process.ready().await;
        }
        let client = Client::new(&format!("http://127.0.0.1:{gateway}"), Some(&format!("App {}", demo["API_KEY"])));
        let places = [Some(directory.path()), redis.directory()].into_iter().flatten().map(Into::into).collect();
        let leaks = Leaks::watch(places, &demo, &[MASTER_KEY, INTERNAL_SECRET]);
        Self { _leaks: leaks, redis, replica, _sentinels: sentinels, database, processes, environment, client, demo, directory }
    }

    /// The same client at the second gateway.
    pub fn second(&self) -> Client {
        let last = self.processes.last().expect("there are processes");
        Client { base: last.url(), ..self.client.clone() }
    }

    pub fn application(&self) -> &str {
        &self.demo["APPLICATION_ID"]
    }

    pub fn message(&self) -> &str {
        &self.demo["MESSAGE_ID"]
    }

    /// The process that runs a role.
    pub fn role(&mut self, role: &str) -> &mut Process {
        let found = self.processes.iter_mut().find(|process| process.runs(role));
        found.expect("every role runs somewhere")
    }

    /// Runs a command of the executable with this installation's settings.
    pub fn command(&self, arguments: &[&str]) -> (bool, String) {
        let (status, text) = run(&self.environment, arguments);
        (status.success(), text)
    }

    /// A client of another, new tenant, with its application and template.
    pub async fn stranger(&self, slug: &str) -> (Client, String, String) {
        let (created, text) = self.command(&["tenant", "create", "--name", slug, "--slug", slug]);
        assert!(created, "{text}");
        let (created, text) = self.command(&["key", "create", "--tenant", slug, "--name", "test"]);
        assert!(created, "{text}");
        let key = text.split_whitespace().find(|word| word.starts_with("pf_live_")).expect("the key is shown once");
        // Every dialect takes a key as a bearer.
        let client = self.client.with(&format!("Bearer {key}"));
        let (application, message) = new_application(&client, json!({})).await;
        (client, application, message)
    }

    /// The demo tenant's client with its key as a bearer, which every dialect takes.
    pub fn bearer(&self) -> Client {
        self.client.with(&format!("Bearer {}", self.demo["API_KEY"]))
    }

    /// A client whose key belongs to a new application with these limits beside wide ones.
    pub async fn bearer_of(&self, configuration: Value) -> Client {
        let (application, _) = self.new_application(configuration).await;
        let body = json!({ "name": "of an application", "defaultApplicationId": application });
        let created = self.client.post("/settings/2/api-keys", body).await.expect(200).json();
        self.client.with(&format!("Bearer {}", created["apiKeySecret"].as_str().expect("the secret")))
    }

    /// A new application of the demo tenant with these limits beside wide ones, and a template of six digits.
    pub async fn new_application(&self, configuration: Value) -> (String, String) {
        new_application(&self.client, configuration).await
    }

    /// Sends by SMS and gives the PIN's id.
    pub async fn send(&self, application: &str, message: &str, to: &str) -> String {
        let body = json!({ "applicationId": application, "messageId": message, "to": to });
        let answer = self.client.post("/2fa/2/pin", body).await.expect(200);
        answer.json()["pinId"].as_str().expect("an id").to_owned()
    }

    /// Verifies and gives the answer's body.
    pub async fn verify(&self, pin_id: &str, pin: &str) -> Value {
        self.client.post(&format!("/2fa/2/pin/{pin_id}/verify"), json!({ "pin": pin })).await.expect(200).json()
    }

    /// What the simulated phone of `to` shows, newest first.
    pub async fn messages(&self, to: &str) -> Vec<Value> {
        let answer = self.client.anonymous().get(&format!("/simulator/api/messages?to={to}")).await.expect(200);
        answer.json()["messages"].as_array().cloned().unwrap_or_default()
    }

    /// Waits until the phone of `to` shows `count` messages, and gives them, newest first.
    pub async fn wait_for_messages(&self, to: &str, count: usize) -> Vec<Value> {
        for _ in 0..400 {
            let messages = self.messages(to).await;
            if messages.len() >= count {
                return messages;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{} of {count} messages came", self.messages(to).await.len());
    }

    /// Waits for the only message to `to` and gives its PIN.
    pub async fn pin_of(&self, to: &str) -> String {
        let messages = self.wait_for_messages(to, 1).await;
        pin_in(messages[0]["text"].as_str().unwrap_or_default())
    }

    /// A wrong PIN of the same kind.
    pub fn wrong(pin: &str) -> String {
        pin.bytes().map(|byte| if byte == b'9' { '0' } else { char::from(byte + 1) }).collect()
    }
}

async fn new_application(client: &Client, configuration: Value) -> (String, String) {
    let mut limits = json!({
        "pinAttempts": 5, "allowMultiplePinVerifications": false, "pinTimeToLive": "5m", "verifyPinLimit": "1000/1s",
        "sendPinPerApplicationLimit": "100000/1d", "sendPinPerPhoneNumberLimit": "1000/1h", "lockAfterFailures": "100/1h",
    });
    for (name, value) in configuration.as_object().into_iter().flatten() {
        limits[name] = value.clone();
    }
    let created = client.post("/2fa/2/applications", json!({ "name": "Test", "configuration": limits })).await.expect(200);
    let application = created.json()["applicationId"].as_str().expect("an id").to_owned();
    let template = json!({ "pinType": "NUMERIC", "messageText": "Your code is {{pin}}", "pinLength": 6 });
    let created = client.post(&format!("/2fa/2/applications/{application}/messages"), template).await.expect(200);
    (application, created.json()["messageId"].as_str().expect("an id").to_owned())
}

fn is_split() -> bool {
    std::env::var_os("PINFOLD_TEST_TOPOLOGY").is_some_and(|topology| topology == "split")
}

/// How talkative the processes of all tests are, which `Leaks` read; `trace` finds most.
fn log_level() -> String {
    std::env::var_os("PINFOLD_TEST_LOG_LEVEL").map_or_else(|| "info".into(), |level| level.to_string_lossy().into_owned())
}

fn environment(database: &Database, redis: &RedisServer) -> BTreeMap<String, String> {
    let settings = [
        ("PINFOLD__PROFILE", "development".to_owned()),
        ("PINFOLD__HTTP__WORKERS", "2".to_owned()),
        ("PINFOLD__POSTGRES__URL", database.url_for(Role::Service)),
        ("PINFOLD__POSTGRES__ADMIN_URL", database.url_for(Role::Owner)),
        ("PINFOLD__POSTGRES__POOL_SIZE", "4".to_owned()),
        ("PINFOLD__REDIS__URL", redis.url()),
        ("PINFOLD__SECURITY__MASTER_KEY", MASTER_KEY.to_owned()),
        ("PINFOLD__SECURITY__INTERNAL_SECRET", INTERNAL_SECRET.to_owned()),
        ("PINFOLD__DELIVERY__ALLOW_LOOPBACK", "true".to_owned()),
        ("PINFOLD__TELEMETRY__LOG_FORMAT", "json".to_owned()),
        ("PINFOLD__TELEMETRY__LOG_LEVEL", log_level()),
    ];
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The name of a migrated database, made once for all test processes.
async fn migrated() -> String {
    let prepare = async |database: &Database| {
        let redis = Redis::private().start();
        let (status, text) = run(&environment(database, &redis), &["migrate"]);
        assert!(status.success(), "{text}");
    };
    Postgres::shared().template(&format!("it_{}", fingerprint()), prepare).await
}

/// Changes with every migration, so that a template is never an old one.
fn fingerprint() -> String {
    let migrations = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let mut names: Vec<_> = std::fs::read_dir(migrations).expect("the migrations").flatten().map(|entry| entry.path()).collect();
    names.sort();
    let text: String = names.iter().filter_map(|path| std::fs::read_to_string(path.join("up.sql")).ok()).collect();
    let mut hash = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(&text, &mut hash);
    format!("{:016x}", std::hash::Hasher::finish(&hash))
}

fn read_env(path: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path).expect("the command wrote it");
    text.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
