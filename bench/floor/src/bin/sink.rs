//! Stands in for a provider: takes every message, answers 200 with an id, and counts. `GET /count` says how many came
//! and when the first and the last did; `DELETE /count` starts again. After `PUT /pins` it keeps what people would read,
//! until `GET /pins` takes it: number and PIN, a line each.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use actix_web::{App, HttpResponse, HttpServer, web};
use pinfold_floor::{Failure, flags::Flags};
use serde::Deserialize;
use serde_json::json;

struct Count {
    started: Instant,
    messages: AtomicU64,
    first_us: AtomicU64,
    last_us: AtomicU64,
    pins: Mutex<Option<String>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    to: &'a str,
    text: &'a str,
}

impl Count {
    fn now_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

async fn take(count: web::Data<Count>, body: web::Bytes) -> HttpResponse {
    let now = count.now_us();
    let before = count.messages.fetch_add(1, Relaxed);
    if before == 0 {
        count.first_us.store(now, Relaxed);
    }
    count.last_us.store(now, Relaxed);
    if let Some(kept) = &mut *count.pins.lock().unwrap_or_else(PoisonError::into_inner)
        && let Ok(message) = serde_json::from_slice::<Message<'_>>(&body)
        && let Some((_, pin)) = message.text.rsplit_once(' ')
    {
        kept.extend([message.to, " ", pin, "\n"]);
    }
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

async fn keep(count: web::Data<Count>) -> HttpResponse {
    *count.pins.lock().unwrap_or_else(PoisonError::into_inner) = Some(String::new());
    HttpResponse::NoContent().finish()
}

async fn kept(count: web::Data<Count>) -> HttpResponse {
    let pins = count.pins.lock().unwrap_or_else(PoisonError::into_inner).take();
    HttpResponse::Ok().body(pins.unwrap_or_default())
}

#[actix_web::main]
async fn main() -> Result<(), Failure> {
    let port: u16 = Flags::read()?.must("port")?;
    let none = || AtomicU64::new(0);
    let (messages, first_us, last_us) = (none(), none(), none());
    let count = Count { started: Instant::now(), messages, first_us, last_us, pins: Mutex::default() };
    let count = web::Data::from(Arc::new(count));
    HttpServer::new(move || {
        App::new()
            .app_data(count.clone())
            .service(web::resource("/count").get(show).delete(reset))
            .service(web::resource("/pins").put(keep).get(kept))
            .default_service(web::post().to(take))
    })
    .workers(1)
    .bind(("127.0.0.1", port))?
    .run()
    .await?;
    Ok(())
}
