//! Answers sends and verifies with the least work that is still honest: parse, check the key, one digest, one seal,
//! one script, answer. It looks up no configuration, parses no number and logs nothing.

use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::header::AUTHORIZATION, web};
use pinfold_floor::{Failure, flags::Flags, keys, vault::Vault};
use redis::{AsyncConnectionConfig, Client, Cmd, RedisError, RedisResult, aio::MultiplexedConnection};
use serde::{Deserialize, Serialize};

const SEND: &str = include_str!("../send.lua");
const VERIFY: &str = include_str!("../verify.lua");
const LIFE_MS: u32 = 900_000;
const ATTEMPTS: i64 = 10;

/// Everything one worker thread owns; threads share nothing.
struct State {
    redis: MultiplexedConnection,
    vault: Vault,
    send: String,
    verify: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SendRequest<'a> {
    application_id: &'a str,
    message_id: &'a str,
    to: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent<'a> {
    pin_id: &'a str,
    to: &'a str,
    nc_status: &'static str,
    sms_status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Job<'a> {
    pin_id: &'a str,
    application_id: &'a str,
    message_id: &'a str,
    to: &'a str,
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VerifyRequest<'a> {
    pin_id: &'a str,
    pin: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified<'a> {
    pin_id: &'a str,
    verified: bool,
    attempts_remaining: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin_error: Option<&'static str>,
}

impl State {
    async fn connect(url: &str) -> Result<Self, Failure> {
        let patience = AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(5)));
        let mut redis = Client::open(url)?.get_multiplexed_async_connection_with_config(&patience).await?;
        let send = redis::cmd("SCRIPT").arg("LOAD").arg(SEND).query_async(&mut redis).await?;
        let verify = redis::cmd("SCRIPT").arg("LOAD").arg(VERIFY).query_async(&mut redis).await?;
        Ok(Self { redis, vault: Vault::new()?, send, verify })
    }

    fn admits(&self, request: &HttpRequest) -> bool {
        request.headers().get(AUTHORIZATION).is_some_and(|value| self.vault.admits(value.as_bytes()))
    }

    async fn run(&self, script: &Cmd) -> RedisResult<i64> {
        script.query_async(&mut self.redis.clone()).await
    }
}

async fn send(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    if !state.admits(&request) {
        return HttpResponse::Unauthorized().finish();
    }
    let Ok(SendRequest { application_id, message_id, to }) = serde_json::from_slice(&body) else {
        return HttpResponse::BadRequest().finish();
    };
    let Ok(fresh) = state.vault.fresh() else { return HttpResponse::InternalServerError().finish() };
    let id = fresh.id.as_str();
    let digest = state.vault.digest(id, &fresh.pin);
    let job = Job { pin_id: id, application_id, message_id, to, text: format!("Your PIN is {}", fresh.pin) };
    let Some(sealed) = serde_json::to_vec(&job).ok().and_then(|plain| state.vault.seal(plain).ok()) else {
        return HttpResponse::InternalServerError().finish();
    };

    let mut script = redis::cmd("EVALSHA");
    script.arg(&state.send).arg(4).arg(keys::number(to)).arg(keys::APPLICATION).arg(keys::pin(id)).arg(keys::JOBS);
    script.arg(1_000_000).arg(60_000).arg(1_000_000_000).arg(1_000).arg(digest.as_ref()).arg(LIFE_MS).arg(sealed);
    match state.run(&script).await {
        Ok(1..) => HttpResponse::Ok().json(Sent { pin_id: id, to, nc_status: "NC_NOT_CONFIGURED", sms_status: "MESSAGE_SENT" }),
        Ok(_) => HttpResponse::TooManyRequests().finish(),
        Err(error) => unavailable(&error),
    }
}

async fn verify(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    if !state.admits(&request) {
        return HttpResponse::Unauthorized().finish();
    }
    let Ok(VerifyRequest { pin_id, pin }) = serde_json::from_slice(&body) else {
        return HttpResponse::BadRequest().finish();
    };
    let digest = state.vault.digest(pin_id, pin);

    let mut script = redis::cmd("EVALSHA");
    script.arg(&state.verify).arg(2).arg(keys::pin(pin_id)).arg(keys::tries(pin_id));
    script.arg(digest.as_ref()).arg(LIFE_MS).arg(ATTEMPTS);
    let outcome = match state.run(&script).await {
        Ok(0) => return HttpResponse::NotFound().finish(),
        Ok(outcome) => outcome,
        Err(error) => return unavailable(&error),
    };
    HttpResponse::Ok().json(Verified {
        pin_id,
        verified: outcome == 1,
        attempts_remaining: if outcome < 0 { (ATTEMPTS + outcome).max(0) } else { 0 },
        pin_error: match outcome {
            1 => None,
            -1000 => Some("NO_MORE_PIN_ATTEMPTS"),
            _ => Some("WRONG_PIN"),
        },
    })
}

fn unavailable(error: &RedisError) -> HttpResponse {
    HttpResponse::ServiceUnavailable().body(error.to_string())
}

#[actix_web::main]
async fn main() -> Result<(), Failure> {
    let flags = Flags::read()?;
    let (port, workers, url) = (flags.must("port")?, flags.or("workers", 2)?, flags.must::<String>("redis")?);
    HttpServer::new(move || {
        let url = url.clone();
        App::new()
            .data_factory(move || {
                let url = url.clone();
                async move { State::connect(&url).await }
            })
            .route("/send", web::post().to(send))
            .route("/verify", web::post().to(verify))
    })
    .workers(workers)
    .bind(("127.0.0.1", port))?
    .run()
    .await?;
    Ok(())
}
