//! Any provider with an HTTP API, described by one templated request.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Uri};
use pinfold_core::channel::Channel;
use pinfold_core::connection::{self, HttpBody};
use pinfold_core::field::Checks;
use url::Url;

use crate::address::Addresses;
use crate::client::{self, Client, Request, Rule, secret_header};
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
    place: Place,
    headers: HeaderMap,
    templated_headers: Vec<(HeaderName, Template)>,
    body: Option<Template>,
    rule: Rule,
    deadline: Duration,
}

/// Where requests go.
enum Place {
    Fixed(Uri),
    /// With a query that differs from message to message: all before it, and the query.
    Queried(String, Template),
}

impl Http {
    fn new(http: &connection::Http, client: Client, deadline: Duration) -> Result<Self, InvalidConnection> {
        let unknown = |_: UnknownPlaceholder| InvalidConnection::new("a placeholder is unknown");
        let mut url = Url::parse(&http.url).map_err(|_| InvalidConnection::new("the url cannot be used"))?;
        let own = url.query().map(|query| format!("{query}&")).unwrap_or_default();
        let query = Template::form(&http.query).map_err(unknown)?;
        match query.fixed() {
            Some("") => {}
            Some(fixed) => url.set_query(Some(&(own + fixed))),
            None => url.set_query(Some(&own)),
        }
        let fixed = client::uri(&url).ok_or(InvalidConnection::new("the url cannot be used"))?;
        let place = if query.fixed().is_some() { Place::Fixed(fixed) } else { Place::Queried(url.into(), query) };
        // What a request adds must not make its index grow.
        let mut headers = HeaderMap::with_capacity(http.headers.len() + 6);
        headers.insert(USER_AGENT, client::PRODUCT);
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
            pointer: http.success.pointer.as_deref().map(Into::into),
            equals: http.success.equals.clone(),
            id_pointer: http.id_pointer.as_deref().map(Into::into),
        };
        let method = match http.method {
            connection::Method::Get => Method::GET,
            connection::Method::Post => Method::POST,
            connection::Method::Put => Method::PUT,
        };
        Ok(Self { client, method, place, headers, templated_headers, body, rule, deadline })
    }

    /// The request for one message; else why there can be none.
    fn request(&self, message: &Outgoing<'_>) -> Result<Request, &'static str> {
        let uri = match &self.place {
            Place::Fixed(uri) => uri.clone(),
            Place::Queried(start, query) => {
                Uri::try_from(format!("{start}{}", query.render(message))).map_err(|_| "invalid_request")?
            }
        };
        let mut headers = self.headers.clone();
        for (name, template) in &self.templated_headers {
            headers.insert(name.clone(), secret_header(&template.render(message)).ok_or("invalid_header")?);
        }
        let body = self.body.as_ref().map(|template| template.render(message));
        Ok(client::request(self.method.clone(), uri, headers, body.unwrap_or_default()))
    }
}

impl Kind for connection::Http {
    fn check(&self, addresses: Addresses, checks: &mut Checks) {
        check::check_http(self, addresses, checks);
    }

    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        Ok(Arc::new(Http::new(self, parts.client(), parts.deadline)?))
    }
}

#[async_trait]
impl Connector for Http {
    async fn deliver(&self, message: &Outgoing<'_>) -> Outcome {
        if !matches!(message.channel, Channel::Sms | Channel::Voice) {
            return Outcome::permanent("wrong_channel");
        }
        // Awaited behind the match, inside of which the request would have room twice.
        let exchanging = match self.request(message) {
            Ok(request) => client::exchange(&self.client, request, self.deadline, &self.rule),
            Err(reason) => return Outcome::permanent(reason),
        };
        exchanging.await
    }
}
