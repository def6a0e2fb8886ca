//! What stands at the installation's address: where to go from here.

use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::{HttpResponse, web};

use crate::State;

const POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const PAGE: &str = include_str!("../../assets/pages/landing.html");
const SIMULATOR: &str = r#"<li><a href="/simulator">Simulator</a>: a phone that shows every message</li>"#;

/// Answers with the page.
pub(crate) async fn handler(state: web::Data<State>) -> HttpResponse {
    let address = state.settings.public_url.as_str().trim_end_matches('/');
    let simulator = if state.simulator.is_some() { SIMULATOR } else { "" };
    let page = PAGE.replace("{{address}}", &escape(address)).replace("{{simulator}}", simulator);
    HttpResponse::Ok().insert_header((CONTENT_SECURITY_POLICY, POLICY)).content_type("text/html; charset=utf-8").body(page)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
