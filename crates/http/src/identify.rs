//! The door of a role that runs behind the gateway: nobody gets in without an identity that the gateway signed just now
//! for this role and this request.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use pinfold_core::request_id::RequestId;

use crate::edge::REQUEST_ID;
use crate::identity::{HEADER, Identities};
use crate::visit::Visit;
use crate::{Caller, Code, Problem};

/// The roles that answer here; the server adds it as `web::Data`.
pub struct Audience {
    /// Their names.
    pub roles: Vec<&'static str>,
    /// Checks what the gateway signed.
    pub identities: Arc<Identities>,
}

/// Lets requests of the gateway in, and health checks; use with [`actix_web::middleware::from_fn`], inside the edge.
///
/// A request without a valid identity is answered 401, one for another role or request 403.
///
/// # Errors
/// None of its own: a refusal is an answer.
pub async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> actix_web::Result<ServiceResponse<BoxBody>> {
    match check(&request) {
        Ok((caller, visit)) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            if let Some(visit) = visit {
                request.extensions_mut().insert(visit);
            }
            next.call(request).await.map(ServiceResponse::map_into_boxed_body)
        }
        Err(problem) => Ok(request.error_response(problem)),
    }
}

fn check(request: &ServiceRequest) -> Result<(Option<Caller>, Option<Visit>), Problem> {
    if is_open(request.path()) {
        return Ok((None, None));
    }
    let audience = request.app_data::<web::Data<Audience>>().ok_or_else(|| Problem::internal("no audience is configured"))?;
    let headers = request.headers();
    let mut given = headers.get_all(HEADER);
    let (Some(token), None) = (given.next().and_then(|token| token.to_str().ok()), given.next()) else {
        return Err(Problem::new(Code::Unauthorized));
    };
    let mut refusal = Problem::new(Code::Unauthorized);
    for role in &audience.roles {
        match audience.identities.check_visit(role, request.method().as_str(), request.path(), token) {
            Ok(known) => {
                // The gateway's log, this one and the client's answer name the request alike.
                if let Some(id) = headers.get(&REQUEST_ID).and_then(|id| RequestId::parse(id.as_bytes())) {
                    request.extensions_mut().insert(id);
                }
                return Ok(known);
            }
            Err(problem) => refusal = problem,
        }
    }
    Err(refusal)
}

/// Health checks come from the platform, not from the gateway; metrics have a token of their own.
fn is_open(path: &str) -> bool {
    matches!(path, "/health" | "/health/live" | "/health/ready" | "/metrics")
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, HttpResponse};
    use pinfold_core::access::{Actor, Environment, Scopes};
    use pinfold_core::id::{ApiKeyId, TenantId};

    use super::*;
    use crate::edge::edge;
    use crate::{Authorized, PinSend, clock};

    async fn tenant(caller: Authorized<PinSend>) -> HttpResponse {
        HttpResponse::Ok().body(caller.tenant.to_string())
    }

    #[actix_web::test]
    async fn a_role_answers_nobody_but_the_gateway() {
        let identities = Arc::new(Identities::new(&"a secret of at least thirty-two bytes".to_owned().into()));
        let audience = Audience { roles: vec!["dispatch", "verification"], identities: Arc::clone(&identities) };
        let app = init_service(
            App::new()
                .app_data(web::Data::new(audience))
                .route("/2fa/2/pin", web::post().to(tenant))
                .route("/health/live", web::get().to(HttpResponse::Ok))
                .wrap(from_fn(identify))
                .wrap(from_fn(edge)),
        )
        .await;
        let caller = Caller {
            tenant: TenantId::random(),
            actor: Actor::Key(ApiKeyId::random()),
            address: None,
            scopes: Scopes::all(),
            environment: Environment::Live,
            default_application: None,
        };
        let sign = |role, path, caller: Option<&Caller>| {
            identities.sign(role, "POST", path, caller, clock::now_ms()).expect("HS256 signs anything")
        };
        // A stranger does not choose what the log calls the request.
        let cases = [
            (sign("verification", "/2fa/2/pin", Some(&caller)), StatusCode::OK, true),
            (sign("verification", "/2fa/2/pin", None), StatusCode::UNAUTHORIZED, true),
            (sign("config-service", "/2fa/2/pin", Some(&caller)), StatusCode::FORBIDDEN, false),
            (sign("verification", "/2fa/2/pin/voice", Some(&caller)), StatusCode::FORBIDDEN, false),
            ("rubbish".to_owned(), StatusCode::UNAUTHORIZED, false),
        ];
        for (token, status, is_named) in cases {
            let id = "0123456789abcdef0123456789abcdef";
            let request = TestRequest::post().uri("/2fa/2/pin").insert_header((HEADER, token)).insert_header((REQUEST_ID, id));
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(response.status(), status);
            assert_eq!(response.headers().get(REQUEST_ID).is_some_and(|given| given == id), is_named);
            if status == StatusCode::OK {
                assert_eq!(read_body(response).await, caller.tenant.to_string());
            }
        }
        let nobody = TestRequest::post().uri("/2fa/2/pin").to_request();
        assert_eq!(call_service(&app, nobody).await.status(), StatusCode::UNAUTHORIZED);
        let health = TestRequest::get().uri("/health/live").to_request();
        assert_eq!(call_service(&app, health).await.status(), StatusCode::OK);
    }
}
