//! Form bodies (`application/x-www-form-urlencoded`): the same bounds, refusals and errors as JSON bodies.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use crate::body::{declared_body, declared_kind, is_json, parse_json};
use crate::params::parse_pairs;
use crate::raw_body::whole_body;
use crate::{Code, Problem};

/// The most fields in one form.
const MOST_FIELDS: usize = 256;
const KIND: &str = "application/x-www-form-urlencoded";

/// A checked form; one that is empty needs no declaration. A field that `T` names comes once; one that may come often is for
/// [`Form::all`].
#[derive(Debug)]
pub struct Form<T> {
    /// What it says.
    pub value: T,
    /// The bytes as they came, for idempotency.
    pub bytes: Bytes,
}

/// What a client gives in whatever way it likes: a JSON body, or else a form together with the query.
#[derive(Debug)]
pub struct Anywhere<T> {
    /// What it says.
    pub value: T,
    /// The bytes that were read, for idempotency.
    pub bytes: Bytes,
}

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl<T> Form<T> {
    /// All values of a field.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<String> {
        let pairs = form_urlencoded::parse(&self.bytes);
        pairs.filter(|(field, _)| field == name).map(|(_, value)| value.into_owned()).collect()
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let declared = declared_kind(request);
        let bytes = whole_body(payload.take());
        Box::pin(async move {
            let bytes = bytes.await;
            if bytes.as_ref().is_ok_and(Bytes::is_empty) {
                return Ok(Self { value: parse_pairs(&[], WHOLE, MUST)?, bytes: Bytes::new() });
            }
            let bytes = declared_body(bytes, declared.and_then(|kind| if kind == KIND { Ok(()) } else { Err(no_form()) }))?;
            check(&bytes)?;
            Ok(Self { value: parse_pairs(&bytes, WHOLE, MUST)?, bytes })
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Anywhere<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let declared = declared_kind(request);
        let query = Bytes::copy_from_slice(request.query_string().as_bytes());
        let bytes = whole_body(payload.take());
        Box::pin(async move {
            let bytes = bytes.await;
            let form = if bytes.as_ref().is_ok_and(Bytes::is_empty) {
                query
            } else {
                let is_json = declared.as_ref().is_ok_and(|kind| is_json(kind));
                let is_known = declared.and_then(|kind| if is_json || kind == KIND { Ok(()) } else { Err(no_form()) });
                let bytes = declared_body(bytes, is_known)?;
                if is_json {
                    return Ok(Self { value: parse_json(&bytes)?, bytes });
                }
                Bytes::from([query.as_ref(), b"&", &bytes].concat())
            };
            check(&form)?;
            Ok(Self { value: parse_pairs(&form, WHOLE, MUST)?, bytes: form })
        })
    }
}

const WHOLE: &str = "body";
const MUST: &str = "must be of the right kind and given once";

fn no_form() -> Problem {
    Problem::new(Code::UnsupportedMediaType)
        .detail("The body must be a form: set Content-Type: application/x-www-form-urlencoded.")
}

/// Refuses what would be read differently elsewhere: text that is no UTF-8, NUL, and more fields than anybody needs.
fn check(form: &[u8]) -> Result<(), Problem> {
    if is_plain(form) {
        return Ok(());
    }
    let refuse = |why| Err(Problem::new(Code::BadRequest).detail(why));
    for (number, (name, value)) in form_urlencoded::parse(form).enumerate() {
        if number == MOST_FIELDS {
            return refuse("The form has more than 256 fields.");
        }
        let is_broken = |text: &str| text.contains(['\0', char::REPLACEMENT_CHARACTER]);
        if is_broken(&name) || is_broken(&value) {
            return refuse("The form has text that is not UTF-8, or NUL.");
        }
    }
    Ok(())
}

/// Whether a form has few fields and says nothing but ASCII without NUL, which most do: then nothing has to be decoded to see
/// that nothing is wrong.
fn is_plain(form: &[u8]) -> bool {
    let mut rest = form;
    let mut fields = 1;
    while let Some((byte, behind)) = rest.split_first() {
        rest = match (byte, behind) {
            (b'%', [b'0', b'0', ..]) => return false,
            (b'%', [b'0'..=b'7', low, behind @ ..]) if low.is_ascii_hexdigit() => behind,
            (b'%' | 0 | 128.., _) => return false,
            (b'&', behind) => {
                fields += 1;
                behind
            }
            (_, behind) => behind,
        };
    }
    fields <= MOST_FIELDS
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Asked {
        to: String,
        code_length: Option<u8>,
    }

    #[test]
    fn what_is_plain_needs_no_second_look() {
        for plain in ["", "To=%2B15017122661&Channel=sms", "a=b+c&d=%7e%0a", "a=\u{7f}"] {
            assert!(is_plain(plain.as_bytes()) && check(plain.as_bytes()).is_ok(), "{plain}");
        }
        for doubtful in ["a=%00", "a=%80", "a=%C3%A9", "a=é", "a=\0", "a=%", "a=%2", "a=%2g"] {
            assert!(!is_plain(doubtful.as_bytes()), "{doubtful}");
        }
        assert!(!is_plain("&".repeat(MOST_FIELDS).as_bytes()));
    }

    async fn form(kind: &str, body: &str) -> Result<Form<Asked>, Problem> {
        let (request, mut payload) =
            TestRequest::post().insert_header(("content-type", kind)).set_payload(body.to_owned()).to_http_parts();
        Form::from_request(&request, &mut payload).await
    }

    async fn anywhere(uri: &str, kind: &str, body: &'static str) -> Result<Asked, Problem> {
        let (request, mut payload) =
            TestRequest::post().uri(uri).insert_header(("content-type", kind)).set_payload(body).to_http_parts();
        Anywhere::from_request(&request, &mut payload).await.map(|found: Anywhere<Asked>| found.value)
    }

    #[actix_web::test]
    async fn a_form_is_read_and_a_field_may_come_often() {
        let read = form(KIND, "To=%2B15017122661&CodeLength=6&Tag=a&Tag=b+c").await.expect("a form");
        assert_eq!((read.value.to.as_str(), read.value.code_length), ("+15017122661", Some(6)));
        assert_eq!(read.all("Tag"), ["a", "b c"]);
        form("application/x-www-form-urlencoded; charset=UTF-8", "To=x").await.expect("a form");
    }

    #[actix_web::test]
    async fn what_does_not_fit_names_its_field() {
        for (body, field) in [("", "To"), ("To=x&To=y", "To"), ("To=x&CodeLength=six", "CodeLength")] {
            let problem = form(KIND, body).await.expect_err(body);
            assert_eq!((problem.code, problem.fields[0].field.as_ref()), (Code::InvalidField, field), "{body}");
        }
        for body in ["To=%00", "To=%ff", "To=\u{fffd}"] {
            assert_eq!(form(KIND, body).await.expect_err(body).code, Code::BadRequest);
        }
        let many: String = (0..300).map(|number| format!("a{number}=1&")).collect();
        assert_eq!(form(KIND, &many).await.expect_err("too many").code, Code::BadRequest);
        for kind in ["application/json", "text/plain", "application/x-www-form-urlencoded; charset=latin1"] {
            assert_eq!(form(kind, "To=x").await.expect_err(kind).code, Code::UnsupportedMediaType);
        }
    }

    #[actix_web::test]
    async fn fields_are_found_in_json_form_and_query() {
        let json = "application/json";
        assert_eq!(anywhere("/", json, r#"{"To":"x"}"#).await.expect("JSON").to, "x");
        assert_eq!(anywhere("/", KIND, "To=x").await.expect("a form").to, "x");
        assert_eq!(anywhere("/?To=x", json, "").await.expect("a query").to, "x");
        assert_eq!(anywhere("/?CodeLength=6", KIND, "To=x").await.expect("both").code_length, Some(6));
        assert_eq!(anywhere("/?To=y", KIND, "To=x").await.expect_err("twice").code, Code::InvalidField);
        assert_eq!(anywhere("/", "text/plain", "To=x").await.expect_err("no form").code, Code::UnsupportedMediaType);
        assert_eq!(anywhere("/", json, "{").await.expect_err("no JSON").code, Code::InvalidJson);
    }
}
