//! Operations. One registration gives an operation its route, its entry in the OpenAPI document and its name in the
//! metrics; a path answers 405 with `Allow` to every other method.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, OnceLock};

use actix_web::guard::{self, GuardContext};
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, Route};
use pinfold_core::access::Scope;
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::Path;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::schema::Schema;

use crate::{Arguments, Code, Problem};

/// What the API document calls the scope that an operation needs.
pub const SCOPE: &str = "x-pinfold-scope";

/// The scopes of what every person with a code waits for.
const HOT: [Scope; 2] = [Scope::PinSend, Scope::PinVerify];

/// The name of the operation that answers a request, as an extension of the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OperationName(pub(crate) &'static str);

/// The same for who asks before it is known: put into a request's extensions, it is filled when the operation is found.
#[derive(Debug, Clone, Default)]
pub struct Answering(pub Arc<OnceLock<&'static str>>);

/// One documented operation.
#[derive(Clone)]
pub struct Documents {
    /// Its path, with `{names}`.
    pub path: String,
    /// Its method.
    pub method: HttpMethod,
    /// What the OpenAPI document says.
    pub operation: Operation,
}

/// The operations of a role.
#[derive(Default)]
pub struct Mount {
    routes: BTreeMap<String, Vec<(Method, Route)>>,
    documents: Vec<Documents>,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Mount {
    /// Adds an operation: what `#[utoipa::path]` made of it, and its handler, whose arguments say what scope it needs.
    pub fn add<P, F, Args>(&mut self, _: P, handler: F)
    where
        P: Path + SchemaReferences + Tags<'static>,
        F: Handler<Args>,
        Args: FromRequest + Arguments + 'static,
        F::Output: Responder + 'static,
    {
        P::schemas(&mut self.schemas);
        let path = P::path();
        let mut operation = P::operation();
        operation.tags = Some(P::tags().into_iter().map(str::to_owned).collect());
        if let Some(scope) = Args::SCOPE {
            operation.extensions.get_or_insert_default().insert(SCOPE.to_owned(), scope.name().into());
        }
        for method in P::methods() {
            let documents = Documents { path: path.clone(), method, operation: operation.clone() };
            self.add_documented(documents, handler.clone());
        }
    }

    /// Adds operations of a role that runs in another process: the same paths, methods and names, all answered by
    /// `handler`, which passes them on.
    pub fn add_forwarded<F, Args>(&mut self, documents: &[Documents], handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        for operation in documents {
            self.add_documented(operation.clone(), handler.clone());
        }
    }

    /// Adds a page, a file or a tool of our own that is no part of the API and not in its document.
    pub fn add_page<F, Args>(&mut self, method: Method, path: &str, name: &'static str, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route(path, method, name, handler);
    }

    fn add_documented<F, Args>(&mut self, documents: Documents, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let name: &'static str = Box::leak(documents.operation.operation_id.clone().unwrap_or_default().into_boxed_str());
        self.route(&documents.path, actix_method(&documents.method), name, handler);
        self.documents.push(documents);
    }

    fn route<F, Args>(&mut self, path: &str, method: Method, name: &'static str, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let tag = move |context: &GuardContext<'_>| {
            let mut extensions = context.req_data_mut();
            if let Some(Answering(asked)) = extensions.get::<Answering>() {
                // A request has one operation; the first to match is it.
                let _ = asked.set(name);
            }
            extensions.insert(OperationName(name));
            true
        };
        let route = web::route().guard(guard::Method(method.clone())).guard(guard::fn_guard(tag)).to(handler);
        self.routes.entry(path.to_owned()).or_default().push((method, route));
    }

    /// The documented operations.
    #[must_use]
    pub fn documents(&self) -> &[Documents] {
        &self.documents
    }

    /// The shapes that the documented operations refer to by name; one that several operations use comes several times.
    #[must_use]
    pub fn schemas(&self) -> &[(String, RefOr<Schema>)] {
        &self.schemas
    }

    /// Registers every path. Paths with literal segments win over those with names. Paths that begin alike stand together, and
    /// those that send and verify come first, so that their requests are compared with few others.
    pub fn configure(self, config: &mut ServiceConfig) {
        let mut paths: Vec<_> = self.routes.into_iter().collect();
        let is_hot = |operation: &Documents| {
            let scope = operation.operation.extensions.as_ref().and_then(|extensions| extensions.get(SCOPE));
            scope.and_then(|scope| scope.as_str()).is_some_and(|scope| HOT.iter().any(|hot| hot.name() == scope))
        };
        let hot: HashSet<&str> = self.documents.iter().filter(|it| is_hot(it)).map(|it| it.path.as_str()).collect();
        paths.sort_by_cached_key(|(path, _)| {
            let layout: Vec<bool> = path.split('/').map(|segment| segment.starts_with('{')).collect();
            (layout, !hot.contains(path.as_str()))
        });
        let mut stems: Vec<String> = paths.iter().filter_map(|(path, _)| Some(path.split_once("/{")?.0.to_owned())).collect();
        stems.sort_unstable();
        stems.dedup_by(|longer, shorter| rest_behind(shorter, longer).is_some());
        stems.retain(|stem| !stem.is_empty());
        let mut groups: Vec<_> = stems.into_iter().map(|stem| (web::scope(&stem), stem)).collect();
        let mut alone = Vec::new();
        for (path, routes) in paths {
            let group = groups.iter_mut().find_map(|(scope, stem)| rest_behind(stem, &path).map(|rest| (scope, rest)));
            match group {
                None => alone.push((resource(&path, routes), path)),
                Some((scope, rest)) => {
                    let grown = std::mem::replace(scope, web::scope("")).service(resource(rest, routes));
                    *scope = grown;
                }
            }
        }
        // No stem begins with another, so their order is free.
        let is_hot = |stem: &str| hot.iter().any(|path| rest_behind(stem, path).is_some());
        let (hot_groups, groups): (Vec<_>, Vec<_>) = groups.into_iter().partition(|(_, stem)| is_hot(stem));
        let (hot_alone, alone): (Vec<_>, Vec<_>) = alone.into_iter().partition(|(_, path)| hot.contains(path.as_str()));
        for (groups, alone) in [(hot_groups, hot_alone), (groups, alone)] {
            for (scope, _) in groups {
                config.service(scope);
            }
            for (resource, _) in alone {
                config.service(resource);
            }
        }
    }
}

/// What follows whole segments of a path.
fn rest_behind<'a>(stem: &str, path: &'a str) -> Option<&'a str> {
    path.strip_prefix(stem).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn resource(path: &str, routes: Vec<(Method, Route)>) -> Resource {
    let allow = routes.iter().map(|(method, _)| method.as_str()).collect::<Vec<_>>().join(", ");
    let resource = routes.into_iter().fold(web::resource(path), |resource, (_, route)| resource.route(route));
    resource.default_service(web::to(move || {
        let allow = allow.clone();
        async move { Err::<HttpResponse, _>(Problem { allow: Some(allow.into()), ..Problem::new(Code::MethodNotAllowed) }) }
    }))
}

/// Registers operations by their files: each has a `handler` that `#[utoipa::path]` describes.
#[macro_export]
macro_rules! mount {
    ($mount:expr; $($operation:path),+ $(,)?) => {$(
        $crate::mount_one!($mount, $operation);
    )+};
}

/// See [`mount!`].
#[macro_export]
#[doc(hidden)]
macro_rules! mount_one {
    ($mount:expr, $operation:path) => {{
        use $operation as operation;
        $mount.add(operation::__path_handler, operation::handler);
    }};
}

fn actix_method(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}
