//! What Vonage's clients expect beside errors of the platform: refusals of the vendor's own, each with its page and words.

use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use pinfold_core::request_id::RequestId;
use serde_json::{Value, json};

/// Where the vendor explains its errors.
const PAGES: &str = "https://developer.vonage.com/api-errors/verify-v2";

/// A refusal in the vendor's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The code is wrong.
    InvalidCode,
    /// The last code that was allowed is wrong.
    TooManyCodes,
    /// There is no such request, or it is over.
    UnknownRequest(String),
    /// A verification of the same number runs: the id of its request.
    Concurrent(String),
    /// No step of the workflow is left.
    NoEvents,
    /// There is no such template.
    TemplateNotFound,
    /// There is no such fragment.
    FragmentNotFound,
    /// The name is taken.
    TemplateExists,
    /// The template has a fragment for channel and locale.
    FragmentExists,
    /// The template has fragments.
    NotEmptyTemplate,
    /// The tenant has as many templates as it may.
    MaxTemplates,
}

impl Refusal {
    /// Status, page, title and detail.
    fn words(&self) -> (StatusCode, &'static str, &'static str, String) {
        const TOO_MANY: &str = "An incorrect code has been provided too many times. Workflow terminated.";
        const RUNNING: &str = "Concurrent verifications to the same number are not allowed";
        let text = |text: &str| text.to_owned();
        match self {
            Self::InvalidCode => (
                StatusCode::BAD_REQUEST,
                "invalid-code",
                "Invalid Code",
                text("The code you provided does not match the expected value."),
            ),
            Self::TooManyCodes => (StatusCode::GONE, "expired", "Invalid Code", text(TOO_MANY)),
            Self::UnknownRequest(id) => {
                let detail = format!("Request {id} was not found or it has been verified already.");
                (StatusCode::NOT_FOUND, "not-found", "Not Found", detail)
            }
            Self::Concurrent(_) => (StatusCode::CONFLICT, "concurrent", "Conflict", text(RUNNING)),
            Self::NoEvents => (StatusCode::CONFLICT, "no-events", "Conflict", text("There are no more events left to trigger.")),
            Self::TemplateNotFound => (StatusCode::NOT_FOUND, "template-not-found", "Not Found", text("Template was not found.")),
            Self::FragmentNotFound => {
                (StatusCode::NOT_FOUND, "template-fragment-not-found", "Not Found", text("Template fragment was not found."))
            }
            Self::TemplateExists => {
                (StatusCode::CONFLICT, "template-exists", "Conflict", text("A template with this name exists already."))
            }
            Self::FragmentExists => {
                let detail = "The template has a fragment for this channel and locale already.";
                (StatusCode::CONFLICT, "fragment-exists", "Conflict", text(detail))
            }
            Self::NotEmptyTemplate => {
                (StatusCode::CONFLICT, "not-empty-template", "Conflict", text("The template has fragments; delete them first."))
            }
            Self::MaxTemplates => {
                (StatusCode::FORBIDDEN, "max-templates", "Forbidden", text("There are as many templates as an account may have."))
            }
        }
    }

    /// The answer to a request.
    #[must_use]
    pub fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let id = request.extensions().get::<RequestId>().map_or_else(String::new, RequestId::to_string);
        let (status, page, title, detail) = self.words();
        let mut body = json!({ "type": format!("{PAGES}#{page}"), "title": title, "detail": detail, "instance": id });
        if let Self::Concurrent(running) = self {
            body["request_id"] = json!(running);
        }
        HttpResponse::build(status).content_type("application/problem+json").body(body.to_string())
    }
}

/// A page of a list, as the clients expect it: pages count from 1, and the links are under the installation's own address, or
/// without a host where nobody said it.
#[must_use]
pub fn page(base: Option<&str>, path: &str, name: &str, items: &[Value], (number, size, total): (u64, u64, u64)) -> Value {
    let pages = total.div_ceil(size.max(1)).max(1);
    let link = |number: u64| json!({ "href": format!("{}{path}?page={number}&page_size={size}", base.unwrap_or_default()) });
    let mut links = json!({ "self": link(number), "last": link(pages) });
    if number < pages {
        links["next"] = link(number + 1);
    }
    if number > 1 {
        links["prev"] = link((number - 1).min(pages));
    }
    json!({
        "page_size": size, "page": number, "total_pages": pages, "total_items": total,
        "_embedded": { name: items }, "_links": links,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_link_to_their_neighbours_and_to_no_host_that_a_client_named() {
        let page = page(None, "/v2/verify/templates", "templates", &[], (2, 10, 25));
        assert_eq!((&page["total_pages"], &page["page"]), (&json!(3), &json!(2)));
        assert_eq!(page["_links"]["next"]["href"], "/v2/verify/templates?page=3&page_size=10");
        assert_eq!(page["_links"]["prev"]["href"], "/v2/verify/templates?page=1&page_size=10");
        let only = super::page(Some("https://pin.example.com"), "/x", "x", &[], (1, 10, 0));
        assert!(only["_links"].get("next").is_none() && only["_links"].get("prev").is_none());
        assert_eq!(only["_links"]["last"]["href"], "https://pin.example.com/x?page=1&page_size=10");
    }
}
