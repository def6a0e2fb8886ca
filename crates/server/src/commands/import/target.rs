//! This Pinfold, through its public API.

use std::collections::HashMap;

use anyhow::{Context, bail};
use reqwest::Method;
use serde_json::{Value, json};

use super::Args;
use super::credentials::Credentials;
use super::wanted::Kind;
use super::web::Web;

/// This Pinfold.
pub struct Target(Web);

/// What an import made of an origin earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub application: String,
    pub message: Option<String>,
}

/// What became of a change.
pub enum Written {
    /// The thing as it is now.
    Done(Value),
    /// Fields that break a bound here, each with what must hold.
    Refused(Vec<(String, String)>),
}

impl Target {
    /// The one that the arguments name.
    ///
    /// # Errors
    /// When a credential is missing or the address is none.
    pub fn new(args: &Args, credentials: &Credentials) -> anyhow::Result<Self> {
        let key = credentials.need("PINFOLD_API_KEY")?;
        Ok(Self(Web::new("Pinfold", &args.to, &format!("Bearer {key}"), args.allow_plain_http)?))
    }

    /// Everything that has an origin.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn origins(&self) -> anyhow::Result<HashMap<String, Known>> {
        let mut all = HashMap::new();
        let mut after = String::new();
        loop {
            let page = self.0.get(&format!("/v1/origins?size=1000&after={after}")).await?;
            for one in page["origins"].as_array().into_iter().flatten() {
                let text = |name: &str| one[name].as_str().map(str::to_owned);
                let Some((origin, application)) = text("origin").zip(text("applicationId")) else { continue };
                all.insert(origin, Known { application, message: text("messageId") });
            }
            match page["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => return Ok(all),
            }
        }
    }

    /// The tenant's applications.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn applications(&self) -> anyhow::Result<Vec<Value>> {
        array(self.0.get("/2fa/2/applications").await?)
    }

    /// The templates of an application.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn messages(&self, application: &str) -> anyhow::Result<Vec<Value>> {
        array(self.0.get(&format!("/2fa/2/applications/{application}/messages")).await?)
    }

    /// Makes an application, or changes the one with this id.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn write_application(&self, id: Option<&str>, body: &Value) -> anyhow::Result<Written> {
        let path = "/2fa/2/applications".to_owned();
        self.write(path, id, body).await
    }

    /// Makes a template of an application, or changes the one with this id.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn write_message(&self, application: &str, kind: Kind, id: Option<&str>, body: &Value) -> anyhow::Result<Written> {
        let path = format!("/2fa/2/applications/{application}/{}", kind.path());
        self.write(path, id, body).await
    }

    async fn write(&self, path: String, id: Option<&str>, body: &Value) -> anyhow::Result<Written> {
        let answer = match id {
            None => self.0.send(Method::POST, &path, body).await?,
            Some(id) => self.0.send(Method::PUT, &format!("{path}/{id}"), body).await?,
        };
        match answer.status {
            200..300 => Ok(Written::Done(answer.json)),
            400 => {
                let faults = answer.json.pointer("/requestError/serviceException/validationErrors").and_then(Value::as_object);
                let first = |list: &Value| list[0].as_str().unwrap_or("is refused").to_owned();
                let faults: Vec<_> = faults.into_iter().flatten().map(|(field, list)| (field.clone(), first(list))).collect();
                if faults.is_empty() {
                    bail!("Pinfold refuses a request without saying why");
                }
                Ok(Written::Refused(faults))
            }
            status => bail!("Pinfold answers {path} with {status}"),
        }
    }

    /// Says where something comes from.
    ///
    /// # Errors
    /// When that is refused or no answer comes.
    pub async fn say_origin(&self, origin: &str, application: &str, message: Option<&str>) -> anyhow::Result<()> {
        let body = json!({ "applicationId": application, "messageId": message });
        let answer = self.0.send(Method::PUT, &format!("/v1/origins/{origin}"), &body).await?;
        if answer.status == 200 { Ok(()) } else { bail!("Pinfold does not take the origin {origin}: {}", answer.status) }
    }

    /// The same address, for what is not in Infobip's shape.
    pub fn web(&self) -> &Web {
        &self.0
    }
}

fn array(json: Value) -> anyhow::Result<Vec<Value>> {
    match json {
        Value::Array(items) => Ok(items),
        _ => None.context("Pinfold's answer is no list"),
    }
}
