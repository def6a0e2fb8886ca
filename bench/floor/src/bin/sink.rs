//! Stands in for a provider: takes every message, answers 200 with an id, and counts. `GET /count` says how many came
//! and when the first and the last did; `DELETE /count` starts again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use actix_web::{App, HttpResponse, HttpServer, web};
use pinfold_floor::{Failure, flags::Flags};
use serde_json::json;

struct Count {
    started: Instant,
    messages: AtomicU64,
    first_us: AtomicU64,
    last_us: AtomicU64,
}

impl Count {
    fn now_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

async fn take(count: web::Data<Count>, _body: web::Bytes) -> HttpResponse {
    let now = count.now_us();
    let before = count.messages.fetch_add(1, Relaxed);
    if before == 0 {
        count.first_us.store(now, Relaxed);
    }
    count.last_us.store(now, Relaxed);
    HttpResponse::Ok().content_type("application/json").body(format!(r#"{{"ok":true,"id":"{now}-{before}"}}"#))
}

async fn show(count: web::Data<Count>) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "messages": count.messages.load(Relaxed),
        "first_us": count.first_us.load(Relaxed),
        "last_us": count.last_us.load(Relaxed),
    }))
}

async fn reset(count: web::Data<Count>) -> HttpResponse {
    for number in [&count.messages, &count.first_us, &count.last_us] {
        number.store(0, Relaxed);
    }
    HttpResponse::NoContent().finish()
}

#[actix_web::main]
async fn main() -> Result<(), Failure> {
    let port: u16 = Flags::read()?.must("port")?;
    let none = || AtomicU64::new(0);
    let count = web::Data::from(Arc::new(Count { started: Instant::now(), messages: none(), first_us: none(), last_us: none() }));
    HttpServer::new(move || {
        App::new()
            .app_data(count.clone())
            .service(web::resource("/count").get(show).delete(reset))
            .default_service(web::post().to(take))
    })
    .workers(1)
    .bind(("127.0.0.1", port))?
    .run()
    .await?;
    Ok(())
}
