//! What operators see of the installation: its processes, whether they left or died, and what waits in each partition.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::support::person::Person;
use crate::support::{App, Options};

const PATIENCE: Duration = Duration::from_secs(60);
const ROLES: [&str; 4] = ["config-service", "dispatch", "gateway", "verification"];

async fn operator(app: &App) -> Person {
    let (made, text) = app.command(&["operator", "create", "--email", "op@example.com", "--json"]);
    assert!(made, "{text}");
    let password = serde_json::from_str::<Value>(&text).expect("JSON")["password"].as_str().expect("a password").to_owned();
    let mut operator = Person::new(app, "op@example.com");
    operator.log_in(&password).await.expect(200);
    operator
}

async fn until(operator: &mut Person, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let look = async {
        loop {
            let health = operator.get("/v1/operator/health").await.expect(200).json();
            if holds(&health) {
                return health;
            }
            sleep(Duration::from_millis(200)).await;
        }
    };
    timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("not {what}"))
}

fn processes(health: &Value) -> &[Value] {
    health["processes"].as_array().expect("a list")
}

fn has_role(process: &Value, role: &str) -> bool {
    process["roles"].as_array().expect("a list").iter().any(|known| known == role)
}

fn with_role<'a>(health: &'a Value, role: &str) -> Vec<&'a Value> {
    processes(health).iter().filter(|process| has_role(process, role)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_who_runs_who_left_and_who_died() {
    let mut app = App::start_with(Options { has_own_worker: true, ..Options::default() }).await;
    let mut operator = operator(&app).await;
    let are_ready = |health: &Value| processes(health).len() == app.processes.len() && processes(health).iter().all(is_ready);
    let health = until(&mut operator, "all ready", are_ready).await;
    let roles: BTreeSet<&str> =
        processes(&health).iter().flat_map(|it| it["roles"].as_array().expect("a list")).filter_map(Value::as_str).collect();
    assert_eq!(roles, BTreeSet::from(ROLES));
    for process in processes(&health) {
        assert_eq!(process["version"], env!("CARGO_PKG_VERSION"));
        assert!(!process["host"].as_str().expect("a name").is_empty());
    }
    let partitions = health["partitions"].as_array().expect("a list");
    let numbers: Vec<u64> = partitions.iter().filter_map(|partition| partition["number"].as_u64()).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
    let jobs: u64 = partitions.iter().filter_map(|partition| partition["queues"]["jobs"].as_u64()).sum();
    assert_eq!(health["queues"]["jobs"], jobs);

    // One that dies cannot say so: it stays as it was last heard of, beside the one that takes its place.
    let dead = with_role(&health, "dispatch")[0]["id"].clone();
    let worker = app.role("dispatch");
    worker.kill();
    worker.restart();
    worker.ready().await;
    let health = until(&mut operator, "joined by another", |health| with_role(health, "dispatch").len() == 2).await;
    let last = |health: &Value| with_role(health, "dispatch").iter().find(|it| it["id"] == dead).map(|it| it["seenAt"].clone());
    let (silent_since, gateway) = (last(&health).expect("it is remembered"), with_role(&health, "gateway")[0].clone());
    let is_later = |health: &Value| with_role(health, "gateway").iter().all(|it| it["seenAt"] != gateway["seenAt"]);
    let health = until(&mut operator, "heard of again", is_later).await;
    assert_eq!(last(&health), Some(silent_since));

    // One that is stopped is gone.
    let worker = app.role("dispatch");
    worker.signal("TERM");
    assert!(worker.ended().await.success());
    let health = until(&mut operator, "without the worker", |health| with_role(health, "dispatch").len() == 1).await;
    assert_eq!(with_role(&health, "dispatch")[0]["id"], dead);
}

fn is_ready(process: &Value) -> bool {
    process["ready"] == true && process["faults"] == serde_json::json!([])
}
