//! Operations. One registration gives an operation its route, its entry in the OpenAPI document and its name in the
//! metrics; a path answers 405 with `Allow` to every other method.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, Responder, Route};
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::Path;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::schema::Schema;

use crate::Arguments;
use crate::paths::{Operations, Registered};

/// What the API document calls the scope that an operation needs.
pub const SCOPE: &str = "x-pinfold-scope";

/// The name of the operation that answers a request, as an extension of the request. It is filled when the operation is found.
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
    routes: BTreeMap<String, Vec<Registered<Route>>>,
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
        let route = web::route().to(handler);
        self.routes.entry(path.to_owned()).or_default().push(Registered { method, name, route });
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

    /// Registers every path; one with a literal segment wins over one with a name there. What is asked for elsewhere is a 404.
    pub fn configure(self, config: &mut ServiceConfig) {
        Operations::new(self.routes).configure(config);
    }
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
