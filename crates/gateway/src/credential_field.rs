//! A credential that a vendor's clients put among the fields of a request: in a JSON body, in a form, or in the query. The
//! body is read here and given back, for whoever answers.

use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use pinfold_http::{Code, Problem, whole_body};
use serde_json::{Map, Value};
use url::form_urlencoded;

/// The value of a field, from the body before the query.
///
/// # Errors
/// 413 for a body that is too large, 408 for one that does not come, 415 for one in which no field is looked for; any other fault
/// of the body is for the operation to tell.
pub(crate) async fn take(request: &mut ServiceRequest, name: &str) -> Result<Option<String>, Problem> {
    let body = whole_body(request.take_payload()).await?;
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !body.is_empty() && kind.get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/")) {
        let detail = "The body must be JSON or a form: set Content-Type: application/x-www-form-urlencoded.";
        return Err(Problem::new(Code::UnsupportedMediaType).detail(detail));
    }
    let is_compressed = request.headers().contains_key(CONTENT_ENCODING);
    let found = if is_compressed { None } else { of_body(kind, &body, name) };
    let found = found.or_else(|| of_form(request.query_string().as_bytes(), name));
    request.set_payload(Payload::from(body));
    Ok(found)
}

fn of_body(kind: &str, body: &[u8], name: &str) -> Option<String> {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return of_form(body, name);
    }
    match serde_json::from_slice::<Map<String, Value>>(body).ok()?.remove(name)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn of_form(form: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(form).find(|(field, _)| field == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use actix_web::web::Bytes;

    use super::*;

    #[actix_web::test]
    async fn the_field_is_found_wherever_it_stands_and_the_body_stays() {
        let (json, form) = ("application/json", "application/x-www-form-urlencoded");
        for (uri, kind, body, found) in [
            ("/", json, r#"{"api_token":"T","x":1}"#, Some("T")),
            ("/", form, "x=1&api_token=T", Some("T")),
            ("/?api_token=T", json, "", Some("T")),
            ("/?api_token=Q", json, r#"{"api_token":"T"}"#, Some("T")),
            ("/", json, r#"{"api_token":7}"#, None),
            ("/", json, "{", None),
            ("/?token=T", form, "x=1", None),
        ] {
            let request = TestRequest::post().uri(uri).insert_header((CONTENT_TYPE, kind)).set_payload(body);
            let mut request = request.to_srv_request();
            assert_eq!(take(&mut request, "api_token").await.expect("read").as_deref(), found, "{uri} {body}");
            assert_eq!(request.extract::<Bytes>().await.expect("still there"), body);
        }
    }

    #[actix_web::test]
    async fn a_body_in_parts_is_said_to_be_one_and_no_bad_credential() {
        for kind in ["multipart/form-data; boundary=x", "Multipart/Form-Data"] {
            let request = TestRequest::post().insert_header((CONTENT_TYPE, kind)).set_payload("--x\r\n");
            let refused = take(&mut request.to_srv_request(), "api_token").await.expect_err(kind);
            assert_eq!(refused.code, Code::UnsupportedMediaType);
        }
    }
}
