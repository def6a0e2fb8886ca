//! Delivers queued jobs with the least work that is still honest: read a batch, open each seal, post it, and take a
//! job off the stream only after its answer. It ends by itself after `--seconds`.
//!
//! With `--postgres` it also writes one row per message there, `--record-batch` at a time, before the job leaves the stream.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use http_body_util::{BodyExt, Full};
use hyper::{Request, Uri, header::CONTENT_TYPE};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use pinfold_floor::{Failure, flags::Flags, keys, ledger::Ledger, vault::Vault};
use redis::{AsyncConnectionConfig, RedisResult, aio::MultiplexedConnection};

const BLOCK_MS: u32 = 200;

type Web = Client<HttpConnector, Full<Bytes>>;
type Entry = (String, Vec<Vec<u8>>);
type Batch = Option<Vec<(String, Vec<Entry>)>>;

/// Waits for work only when none is under way, else takes what is there.
async fn read(redis: &mut MultiplexedConnection, count: usize, wait: bool) -> RedisResult<Vec<Entry>> {
    let mut command = redis::cmd("XREADGROUP");
    command.arg("GROUP").arg(keys::GROUP).arg("1").arg("COUNT").arg(count);
    if wait {
        command.arg("BLOCK").arg(BLOCK_MS);
    }
    command.arg("STREAMS").arg(keys::JOBS).arg(">");
    let batch: Batch = command.query_async(redis).await?;
    Ok(batch.into_iter().flatten().flat_map(|(_, entries)| entries).collect())
}

/// The entry's id once the sink has taken the message; nothing when it must stay on the stream.
async fn deliver(web: &Web, sink: &Uri, vault: &Vault, (id, fields): Entry) -> Option<String> {
    let plain = vault.open(fields.into_iter().next_back()?).ok()?;
    let request = Request::post(sink).header(CONTENT_TYPE, "application/json").body(Full::from(plain)).ok()?;
    let answer = web.request(request).await.ok()?;
    let accepted = answer.status().is_success();
    answer.into_body().collect().await.ok()?;
    accepted.then_some(id)
}

async fn settle(redis: &mut MultiplexedConnection, ids: &mut Vec<String>) -> RedisResult<()> {
    let mut commands = redis::pipe();
    commands.cmd("XACK").arg(keys::JOBS).arg(keys::GROUP).arg(&*ids).ignore();
    commands.cmd("XDEL").arg(keys::JOBS).arg(&*ids).ignore();
    ids.clear();
    commands.query_async(redis).await
}

/// Writes a batch down and settles it. What fails stays on the stream.
async fn record(ledger: Arc<Ledger>, mut redis: MultiplexedConnection, mut ids: Vec<String>) -> Result<(), Failure> {
    ledger.record(&ids).await?;
    Ok(settle(&mut redis, &mut ids).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let flags = Flags::read()?;
    let (batch, at_once) = (flags.or("batch", 64_usize)?, flags.or("concurrency", 64_usize)?);
    let (sink, life) = (flags.must::<Uri>("sink")?, Duration::from_secs(flags.or("seconds", 60)?));
    let client = redis::Client::open(flags.must::<String>("redis")?)?;
    let unhurried = AsyncConnectionConfig::new().set_response_timeout(None);
    let mut reader = client.get_multiplexed_async_connection_with_config(&unhurried).await?;
    let mut writer = client.get_multiplexed_async_connection_with_config(&unhurried).await?;
    let mut group = redis::cmd("XGROUP");
    group.arg("CREATE").arg(keys::JOBS).arg(keys::GROUP).arg("0").arg("MKSTREAM");
    if let Err(error) = group.query_async::<()>(&mut writer).await
        && error.code() != Some("BUSYGROUP")
    {
        return Err(error.into());
    }

    let ledger = match flags.maybe::<String>("postgres")? {
        Some(url) => Some(Arc::new(Ledger::open(&url).await?)),
        None => None,
    };
    // Together they leave the stream: as many as a batch of records has, or of settlements.
    let together = if ledger.is_some() { flags.or("record-batch", 500_usize)? } else { batch };
    let mut recording = FuturesUnordered::new();

    let vault = Vault::new()?;
    let web: Web = Client::builder(TokioExecutor::new()).build_http();
    let mut under_way = FuturesUnordered::new();
    let mut done = Vec::with_capacity(together);
    let started = Instant::now();
    while started.elapsed() < life {
        let room = at_once - under_way.len();
        if room > 0 {
            for entry in read(&mut reader, room.min(batch), under_way.is_empty()).await? {
                under_way.push(deliver(&web, &sink, &vault, entry));
            }
        }
        done.extend(under_way.next().await.flatten());
        while let Some(Some(ended)) = under_way.next().now_or_never() {
            done.extend(ended);
        }
        while let Some(Some(recorded)) = recording.next().now_or_never() {
            recorded??;
        }
        if done.len() >= together || under_way.is_empty() && !done.is_empty() {
            match &ledger {
                Some(ledger) => {
                    let ids = std::mem::replace(&mut done, Vec::with_capacity(together));
                    recording.push(tokio::spawn(record(Arc::clone(ledger), writer.clone(), ids)));
                }
                None => settle(&mut writer, &mut done).await?,
            }
        }
    }
    Ok(())
}
