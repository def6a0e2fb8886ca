//! Every operation of the API document, with the scope that the document names: asked without a credential, with each
//! scope alone, with all but one, and with what each role may do. Nothing here is listed by hand.

use std::collections::BTreeMap;

use pinfold_core::access::{Role, Scope, Scopes};
use serde_json::{Value, json};

use crate::hostile::envelope;
use crate::support::{Answer, App, Client};

/// An operation as the document has it.
pub struct Documented {
    pub operation: String,
    pub method: String,
    /// With its parameters in braces.
    pub path: String,
    pub scope: Option<String>,
    /// Whether a caller has to say who they are.
    pub is_closed: bool,
    /// The media types of its body.
    pub bodies: Vec<String>,
}

impl Documented {
    /// The path with values that name nothing of anybody's.
    pub fn nobodys(&self) -> String {
        let filled = |segment: &str| match segment {
            "{channel}" => "sms".to_owned(),
            "{prefix}" => "41".to_owned(),
            segment if segment.starts_with('{') => "0".repeat(32),
            segment => segment.to_owned(),
        };
        self.path.split('/').map(filled).collect::<Vec<_>>().join("/")
    }

    async fn ask(&self, client: &Client) -> Answer {
        client.send(client.request(&self.method, &self.nobodys())).await
    }
}

/// Every operation of the document.
pub async fn documented(app: &App) -> Vec<Documented> {
    let document = app.client.anonymous().get("/openapi.json").await.expect(200).json();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, one) in methods.as_object().expect("methods").iter().filter(|(_, one)| one["operationId"].is_string()) {
            let open = |security: &Value| security.as_array().is_some_and(|all| all.contains(&json!({})));
            all.push(Documented {
                operation: one["operationId"].as_str().unwrap_or_default().to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                scope: one["x-pinfold-scope"].as_str().map(str::to_owned),
                is_closed: !one.get("security").is_some_and(open),
                bodies: one["requestBody"]["content"]
                    .as_object()
                    .map(|kinds| kinds.keys().cloned().collect())
                    .unwrap_or_default(),
            });
        }
    }
    assert!(all.len() > 150, "{} operations", all.len());
    all
}

/// Whether an answer says that the scope is missing. One vendor's clients read that in the body.
fn is_forbidden(one: &Documented, answer: &Answer) -> bool {
    if one.path.starts_with("/api/v1/otp") { answer.text.contains("needs the scope") } else { answer.status == 403 }
}

pub fn is_unauthorized(one: &Documented, answer: &Answer) -> bool {
    if one.path.starts_with("/api/v1/otp") { answer.text.contains("Invalid Token") } else { answer.status == 401 }
}

/// A client of a tenant that may do this and nothing else. Made by the operator, who may do all.
pub fn client_with(app: &App, tenant: &str, scopes: Scopes) -> Client {
    let names: Vec<&str> = scopes.iter().map(Scope::name).collect();
    let (created, text) = app.command(&["key", "create", "--tenant", tenant, "--name", "x", "--scope", &names.join(",")]);
    assert!(created, "{text}");
    let key = text.split_whitespace().find(|word| word.starts_with("pf_live_")).expect("the key is shown once");
    app.client.with(&format!("Bearer {key}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_without_a_credential() {
    let app = App::start().await;
    for one in documented(&app).await {
        assert!(one.is_closed || one.scope.is_none(), "{} is open and asks for a scope", one.operation);
        let strangers = [app.client.anonymous(), app.client.with("Bearer pf_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")];
        for stranger in strangers.iter().filter(|_| one.is_closed) {
            let answer = one.ask(stranger).await;
            assert!(is_unauthorized(&one, &answer), "{}: {} {}", one.operation, answer.status, answer.text);
            envelope(&one.path, &answer).unwrap_or_else(|fault| panic!("{}: {fault}", one.operation));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_takes_its_scope_and_no_other_and_each_role_what_it_may() {
    let app = App::start().await;
    let operations = documented(&app).await;
    let mut callers: BTreeMap<String, (Scopes, Client)> = BTreeMap::new();
    for scope in Scope::ALL {
        let only: Scopes = [*scope].into_iter().collect();
        let others: Scopes = Scope::ALL.iter().copied().filter(|other| other != scope).collect();
        callers.insert(format!("only {}", scope.name()), (only, client_with(&app, "demo", only)));
        callers.insert(format!("all but {}", scope.name()), (others, client_with(&app, "demo", others)));
    }
    for role in Role::ALL {
        callers.insert(role.name().to_owned(), (role.scopes(), client_with(&app, "demo", role.scopes())));
    }
    let (mut forbidden, mut allowed) = (0, 0);
    for one in operations.iter().filter(|one| one.scope.is_some()) {
        let scope: Scope = one.scope.as_deref().unwrap_or_default().parse().expect("a scope of ours");
        for (who, (scopes, client)) in &callers {
            let answer = one.ask(client).await;
            assert!(answer.status < 500, "{} for {who}: {}", one.operation, answer.text);
            assert!(!is_unauthorized(one, &answer), "{} for {who}: {}", one.operation, answer.text);
            assert_eq!(is_forbidden(one, &answer), !scopes.allows(scope), "{} for {who}: {}", one.operation, answer.text);
            *(if scopes.allows(scope) { &mut allowed } else { &mut forbidden }) += 1;
        }
    }
    assert!(forbidden > 1_000 && allowed > 1_000, "{forbidden} {allowed}");
}
