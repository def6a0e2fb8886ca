//! Pages for people.

use actix_web::test::{TestRequest, read_body};

use crate::installation::{Installation, OPENAPI};

#[actix_web::test]
async fn pages_load_nothing_but_our_own_files() {
    let installation = Installation::new().await;
    let gateway = installation.gateway().await;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/", "text/html; charset=utf-8"),
        ("/docs/assets/reference.js", "text/javascript; charset=utf-8"),
        ("/docs/assets/swagger-ui.css", "text/css; charset=utf-8"),
        ("/docs/assets/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("/docs/assets/landing.css", "text/css; charset=utf-8"),
        ("/verify", "text/html; charset=utf-8"),
        ("/confirm", "text/html; charset=utf-8"),
        ("/widget.js", "text/javascript; charset=utf-8"),
        ("/docs/assets/widget-pages.css", "text/css; charset=utf-8"),
        ("/simulator", "text/html; charset=utf-8"),
        ("/simulator/assets/simulator.css", "text/css; charset=utf-8"),
        ("/simulator/assets/simulator.js", "text/javascript; charset=utf-8"),
    ] {
        let response = gateway.call(TestRequest::get().uri(path)).await;
        assert_eq!(response.status(), 200, "{path}");
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        assert_eq!(header("content-type"), kind, "{path}");
        let policy = header("content-security-policy");
        for part in ["object-src 'none'", "base-uri 'none'", "frame-ancestors '"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        if kind.starts_with("text/html") {
            let outside = ["src=\"http", "href=\"http", "<style", " style=", " onclick=", "javascript:"];
            assert!(outside.iter().all(|what| !body.contains(what)), "{path} is on its own");
            assert!(!body.contains("{{"), "{path} is filled in");
        }
    }
    assert_eq!(gateway.ask(TestRequest::get().uri("/openapi.json")).await, (200, OPENAPI.to_owned()));
}

#[actix_web::test]
async fn the_widgets_script_is_for_pages_of_any_origin_and_small() {
    let installation = Installation::new().await;
    let gateway = installation.gateway().await;
    let script = gateway.call(TestRequest::get().uri("/widget.js").insert_header(("authorization", "Bearer rubbish"))).await;
    assert_eq!(
        (script.status().as_u16(), script.headers().get("access-control-allow-origin").unwrap().as_bytes()),
        (200, &b"*"[..])
    );
    let text = String::from_utf8(read_body(script).await.to_vec()).unwrap();
    // Packed, about a third of it: a page that waits for a person's code is not to wait for ours.
    assert!(text.len() < 24_000, "{}", text.len());
    for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "document.write", "localStorage", "document.cookie"] {
        assert!(!text.contains(way), "{way}");
    }
}

#[actix_web::test]
async fn a_file_that_the_client_has_is_not_sent_again() {
    let installation = Installation::new().await;
    let gateway = installation.gateway().await;
    let first = gateway.call(TestRequest::get().uri("/docs")).await;
    let tag = first.headers().get("etag").unwrap().clone();
    assert_eq!(first.headers().get("cache-control").unwrap(), "no-cache");
    let again = TestRequest::get().uri("/docs").insert_header(("if-none-match", tag));
    assert_eq!(gateway.ask(again).await, (304, String::new()));
    let other = TestRequest::get().uri("/docs").insert_header(("if-none-match", "\"other\""));
    assert_eq!(gateway.ask(other).await.0, 200);
}

#[actix_web::test]
async fn a_path_that_is_not_there_is_a_404_and_another_method_a_405() {
    let mut installation = Installation::new().await;
    let gateway = installation.gateway().await;
    for path in
        ["/docs/assets/nothing.js", "/docs/assets/..%2Fsimulator%2F..%2F..%2FCargo.toml", "/simulator/assets/x", "/nowhere"]
    {
        assert_eq!(gateway.ask(TestRequest::get().uri(path)).await.0, 404, "{path}");
    }
    let response = gateway.call(TestRequest::post().uri("/docs")).await;
    assert_eq!((response.status().as_u16(), response.headers().get("allow").unwrap().to_str().unwrap()), (405, "GET"));
    installation.simulator = None;
    let gateway = installation.gateway().await;
    for path in ["/simulator", "/simulator/assets/simulator.js", "/simulator/api/messages", "/simulator/api/events"] {
        assert_eq!(gateway.ask(TestRequest::get().uri(path)).await.0, 404, "{path}");
    }
    assert_eq!(gateway.ask(TestRequest::post().uri("/simulator/api/messages")).await.0, 404);
    assert!(!gateway.ask(TestRequest::get().uri("/")).await.1.contains("/simulator"));
}
