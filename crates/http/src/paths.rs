//! The way from a request to its operation: one tree of all paths, so that what a request costs does not grow with what is
//! mounted.

use std::future::{Future, ready};
use std::pin::Pin;

use actix_web::dev::{
    self, AppService, HttpServiceFactory, ResourceDef, Service, ServiceFactory, ServiceRequest, ServiceResponse,
};
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest, Route};
use matchit::Router;

use crate::mount::Answering;
use crate::{Code, Problem};

type Later<T> = Pin<Box<dyn Future<Output = T>>>;

/// Every mounted path.
#[derive(Default)]
struct Paths {
    /// The place of each in `patterns`.
    tree: Router<usize>,
    patterns: Vec<Pattern>,
}

struct Pattern {
    path: String,
    names: Vec<&'static str>,
}

impl Paths {
    /// Adds a path with `{name}` for a segment, or `{*name}` at its end for one and all that follow.
    fn add(&mut self, path: &str) {
        let mut names: Vec<&'static str> = Vec::new();
        let segments = path.split('/').map(|segment| {
            let Some(name) = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else { return segment.to_owned() };
            let (star, name) = name.strip_prefix('*').map_or(("", name), |name| ("*", name));
            names.push(Box::leak(name.to_owned().into_boxed_str()));
            // The tree wants one name for what stands in one place.
            format!("{{{star}{}}}", names.len())
        });
        let positional = segments.collect::<Vec<_>>().join("/");
        self.tree.insert(positional, self.patterns.len()).expect("no two paths are alike");
        self.patterns.push(Pattern { path: path.to_owned(), names });
    }

    fn find(&self, path: &str) -> Option<(usize, Vec<(&'static str, String)>)> {
        let found = self.tree.at(path).ok()?;
        let names = self.patterns[*found.value].names.iter();
        Some((*found.value, names.copied().zip(found.params.iter().map(|(_, value)| value.to_owned())).collect()))
    }
}

/// The mounted path that is a request's, with `{names}` for what may be secret; none when it is nowhere.
#[must_use]
pub fn pattern(request: &HttpRequest) -> Option<String> {
    let paths = request.app_data::<Data<Paths>>()?;
    let found = paths.tree.at(request.match_info().as_str()).ok()?;
    Some(paths.patterns[*found.value].path.clone())
}

/// One way to call a path.
pub(crate) struct Registered<R> {
    pub(crate) method: Method,
    pub(crate) name: &'static str,
    pub(crate) route: R,
}

/// The operations of each path.
pub(crate) struct Operations<R> {
    paths: Data<Paths>,
    of_path: Vec<Vec<Registered<R>>>,
}

impl Operations<Route> {
    pub(crate) fn new(routes: impl IntoIterator<Item = (String, Vec<Registered<Route>>)>) -> Self {
        let mut paths = Paths::default();
        let of_path = routes.into_iter().map(|(path, operations)| {
            paths.add(&path);
            operations
        });
        let of_path = of_path.collect();
        Self { paths: Data::new(paths), of_path }
    }

    /// Registers them, for requests and for [`pattern`]: whatever is asked for is answered here.
    pub(crate) fn configure(self, config: &mut actix_web::web::ServiceConfig) {
        config.app_data(self.paths.clone()).service(self);
    }
}

impl HttpServiceFactory for Operations<Route> {
    fn register(self, config: &mut AppService) {
        config.register_service(ResourceDef::prefix(""), None, self, None);
    }
}

impl ServiceFactory<ServiceRequest> for Operations<Route> {
    type Response = ServiceResponse;
    type Error = Error;
    type Config = ();
    type Service = Operations<<Route as ServiceFactory<ServiceRequest>>::Service>;
    type InitError = ();
    type Future = Later<Result<Self::Service, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let paths = self.paths.clone();
        let starting: Vec<Vec<_>> = (self.of_path.iter())
            .map(|operations| operations.iter().map(|it| (it.method.clone(), it.name, it.route.new_service(()))).collect())
            .collect();
        Box::pin(async move {
            let mut of_path = Vec::with_capacity(starting.len());
            for operations in starting {
                let mut ready = Vec::with_capacity(operations.len());
                for (method, name, route) in operations {
                    ready.push(Registered { method, name, route: route.await? });
                }
                of_path.push(ready);
            }
            Ok(Operations { paths, of_path })
        })
    }
}

impl<R> Service<ServiceRequest> for Operations<R>
where
    R: Service<ServiceRequest, Response = ServiceResponse, Error = Error, Future = Later<Result<ServiceResponse, Error>>>,
{
    type Response = ServiceResponse;
    type Error = Error;
    type Future = Later<Result<ServiceResponse, Error>>;

    dev::always_ready!();

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let Some((place, values)) = self.paths.find(request.match_info().as_str()) else {
            return refuse(request, Problem::new(Code::NotFound));
        };
        let operations = &self.of_path[place];
        let Some(operation) = operations.iter().find(|it| it.method == *request.method()) else {
            let allow = operations.iter().map(|it| it.method.as_str()).collect::<Vec<_>>().join(", ");
            return refuse(request, Problem { allow: Some(allow.into()), ..Problem::new(Code::MethodNotAllowed) });
        };
        for (name, value) in values {
            request.match_info_mut().add_static(name, value);
        }
        if let Some(Answering(name)) = request.extensions().get::<Answering>() {
            // A request has one operation.
            let _ = name.set(operation.name);
        }
        operation.route.call(request)
    }
}

fn refuse(request: ServiceRequest, problem: Problem) -> Later<Result<ServiceResponse, Error>> {
    Box::pin(ready(Ok(request.error_response(problem))))
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, HttpResponse, web};

    use super::*;
    use crate::Mount;

    async fn said(method: Method, path: &str) -> (StatusCode, String) {
        let mut mount = Mount::default();
        mount.add_page(Method::GET, "/a/{one}", "one", async |one: web::Path<String>| format!("one {one}"));
        mount.add_page(Method::DELETE, "/a/{one}", "gone", async || HttpResponse::NoContent());
        mount.add_page(Method::GET, "/a/fixed", "fixed", async || "fixed");
        mount.add_page(Method::GET, "/a/{other}/b/{two}", "two", async |two: web::Path<(String, String)>| {
            format!("{} {}", two.0, two.1)
        });
        mount.add_page(Method::GET, "/files/{*path}", "file", async |request: HttpRequest, path: web::Path<String>| {
            format!("{path} of {}", pattern(&request).unwrap_or_default())
        });
        let app = init_service(App::new().configure(|config| mount.configure(config))).await;
        let response = call_service(&app, TestRequest::with_uri(path).method(method).to_request()).await;
        (response.status(), String::from_utf8(read_body(response).await.to_vec()).expect("text"))
    }

    #[actix_web::test]
    async fn each_path_has_its_operation_and_its_values() {
        for (path, words) in [
            ("/a/x", "one x"),
            ("/a/fixed", "fixed"),
            ("/a/fixe", "one fixe"),
            ("/a/%2Bx%2Fy%20z", "one +x/y z"),
            ("/a/fixed/b/y", "fixed y"),
            ("/files/a/b.js", "a/b.js of /files/{*path}"),
        ] {
            assert_eq!(said(Method::GET, path).await, (StatusCode::OK, words.to_owned()), "{path}");
        }
        for path in ["/", "/a", "/a/", "/a/x/b", "/a//b/y", "/a/x/b/y/z", "/files", "/filesystem/x"] {
            assert_eq!(said(Method::GET, path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[actix_web::test]
    async fn another_method_is_refused() {
        assert_eq!(said(Method::DELETE, "/a/x").await.0, StatusCode::NO_CONTENT);
        assert_eq!(said(Method::DELETE, "/a/fixed").await.0, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(said(Method::POST, "/a/x").await.0, StatusCode::METHOD_NOT_ALLOWED);
    }
}
