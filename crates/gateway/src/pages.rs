//! Pages for people: a landing page, the console, the OpenAPI document and the reference made from it. All of it is in the executable
//! and works without a network; no page runs a script that is not a file of ours.

mod asset;
mod console;
mod landing;
mod reference;
mod widget;

use actix_web::http::Method;
use pinfold_http::Mount;

pub(crate) use asset::{Asset, page};

/// Adds the pages.
pub(crate) fn mount(mount: &mut Mount) {
    mount.add_page(Method::GET, "/", "pages.landing", landing::handler);
    mount.add_page(Method::GET, "/console", "console.page", console::page);
    mount.add_page(Method::GET, "/console/{*path}", "console.file", console::file);
    mount.add_page(Method::GET, "/openapi.json", "reference.document", reference::document);
    mount.add_page(Method::GET, "/docs", "reference.page", reference::page_handler);
    mount.add_page(Method::GET, "/docs/assets/{file}", "reference.asset", reference::asset);
    mount.add_page(Method::GET, "/widget.js", "widget.script", widget::script);
    mount.add_page(Method::GET, "/verify", "widget.page", widget::verify);
    mount.add_page(Method::GET, "/confirm", "widget.confirmation", widget::confirm);
}
