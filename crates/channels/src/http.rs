//! Any provider with an HTTP API, described by one templated request.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pinfold_core::channel::Channel;
use pinfold_core::connection::{self, HttpBody};
use pinfold_core::field::Checks;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request};
use url::Url;

use crate::address::Addresses;
use crate::client::{self, Rule, secret_header};
use crate::connector::{Connector, InvalidConnection};
use crate::kinds::{Kind, Parts};
use crate::outcome::Outcome;
use crate::outgoing::Outgoing;

mod check;
mod template;

use template::{NAMES, Slot, Template, UnknownPlaceholder};

/// A templated request, taken apart when the connection was built.
struct Http {
    client: Client,
    method: Method,
    url: Url,
    query: Option<Query>,
    headers: HeaderMap,
    templated_headers: Vec<(HeaderName, Template)>,
    body: Option<Template>,
    rule: Rule,
    deadline: Duration,
}

/// The query when it differs from message to message: what the address itself has, and the templated rest.
struct Query {
    own: String,
    template: Template,
}

impl Http {
    fn new(http: &connection::Http, client: Client, deadline: Duration) -> Result<Self, InvalidConnection> {
        let unknown = |_: UnknownPlaceholder| InvalidConnection::new("a placeholder is unknown");
        let mut url = Url::parse(&http.url).map_err(|_| InvalidConnection::new("the url cannot be used"))?;
        let own = url.query().map(|query| format!("{query}&")).unwrap_or_default();
        let template = Template::form(&http.query).map_err(unknown)?;
        let query = match template.fixed() {
            Some("") => None,
            Some(fixed) => {
                url.set_query(Some(&(own + fixed)));
                None
            }
            None => Some(Query { own, template }),
        };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let body = match &http.body {
            None => None,
            Some(HttpBody::Json(document)) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Some(Template::json(document).map_err(unknown)?)
            }
            Some(HttpBody::Form(fields)) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
                Some(Template::form(fields).map_err(unknown)?)
            }
        };
        let mut templated_headers = Vec::new();
        for (name, value) in &http.headers {
            let invalid = || InvalidConnection::new("a header cannot be used");
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
            let template = Template::plain(value).map_err(unknown)?;
            match template.fixed() {
                Some(fixed) => drop(headers.insert(name, secret_header(fixed).ok_or_else(invalid)?)),
                None => templated_headers.push((name, template)),
            }
        }
        let rule = Rule {
            pointer: http.success.pointer.clone(),
            equals: http.success.equals.clone(),
            id_pointer: http.id_pointer.clone(),
        };
        let method = match http.method {
            connection::Method::Get => Method::GET,
            connection::Method::Post => Method::POST,
            connection::Method::Put => Method::PUT,
        };
        Ok(Self { client, method, url, query, headers, templated_headers, body, rule, deadline })
    }

    /// The request for one message; `None` when a value cannot stand in a header.
    fn request(&self, message: &Outgoing<'_>) -> Option<Request> {
        let mut url = self.url.clone();
        if let Some(query) = &self.query {
            url.set_query(Some(&(query.own.clone() + &query.template.render(message))));
        }
        let mut request = Request::new(self.method.clone(), url);
        *request.headers_mut() = self.headers.clone();
        for (name, template) in &self.templated_headers {
            request.headers_mut().insert(name.clone(), secret_header(&template.render(message))?);
        }
        *request.body_mut() = self.body.as_ref().map(|template| template.render(message).into());
        Some(request)
    }
}

impl Kind for connection::Http {
    fn check(&self, addresses: Addresses, checks: &mut Checks) {
        check::check_http(self, addresses, checks);
    }

    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        Ok(Arc::new(Http::new(self, parts.client()?, parts.deadline)?))
    }
}

#[async_trait]
impl Connector for Http {
    async fn deliver(&self, message: &Outgoing<'_>) -> Outcome {
        if !matches!(message.channel, Channel::Sms | Channel::Voice) {
            return Outcome::permanent("wrong_channel");
        }
        match self.request(message) {
            Some(request) => client::exchange(&self.client, request, self.deadline, &self.rule).await,
            None => Outcome::permanent("invalid_header"),
        }
    }
}
