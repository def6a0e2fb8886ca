//! Checkpoints: the ends of all chains of the audit log, signed, taken to a place outside of the database now and then.

use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use pinfold_channels::Callbacks;
use pinfold_core::audit::{ChainEnd, Checkpoint};
use pinfold_core::keys::MasterKey;
use pinfold_http::clock::now_ms;
use pinfold_postgres::Database;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::background::repeat;

/// Where checkpoints go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Place {
    /// Nowhere: whoever owns the database can write the log anew.
    None,
    /// The process's standard output, a line each.
    #[default]
    Stdout,
    /// The end of a file.
    File(PathBuf),
    /// A receiver of webhooks.
    Webhook(Url),
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "stdout" => Ok(Self::Stdout),
            _ => match (text.strip_prefix("file:"), Url::parse(text)) {
                (Some(path), _) if !path.is_empty() => Ok(Self::File(path.into())),
                (None, Ok(url)) if matches!(url.scheme(), "http" | "https") => Ok(Self::Webhook(url)),
                _ => Err("must be none, stdout, file: and a path, or an address with http or https".to_owned()),
            },
        }
    }
}

impl Place {
    async fn keep(&self, line: &str) -> anyhow::Result<()> {
        match self {
            Self::None => Ok(()),
            Self::Stdout => {
                let mut output = std::io::stdout().lock();
                Ok(writeln!(output, "{line}").and_then(|()| output.flush())?)
            }
            Self::File(path) => {
                let file = tokio::fs::OpenOptions::new().create(true).append(true).open(path).await;
                let mut file = file.with_context(|| format!("audit.checkpoint: {}", path.display()))?;
                file.write_all(format!("{line}\n").as_bytes()).await?;
                Ok(file.sync_all().await?)
            }
            Self::Webhook(url) => {
                let headers = [("content-type", "application/json".to_owned())];
                let callbacks = Callbacks::new(Duration::from_secs(10), true);
                let reply = callbacks.post(url.as_str(), &headers, line.as_bytes().to_vec()).await;
                match reply.status {
                    Some(200..=299) => Ok(()),
                    Some(status) => bail!("audit.checkpoint: the receiver answered {status}"),
                    None => bail!("audit.checkpoint: the receiver does not answer"),
                }
            }
        }
    }
}

/// The ends of all chains now, as a signed line.
///
/// # Errors
/// When the record cannot be read.
pub async fn take(database: &Database, master: &MasterKey) -> anyhow::Result<String> {
    let chains = database.audit_heads().await?.into_iter().map(|head| ChainEnd {
        tenant: head.tenant.to_string(),
        sequence: head.sequence,
        hash: hex::encode(head.hash),
    });
    Ok(Checkpoint { at_ms: now_ms(), chains: chains.collect() }.signed(master))
}

/// Takes a checkpoint whenever the last one is `every_seconds` old, in whichever process, until `stop`.
pub async fn take_when_due(
    database: Database,
    master: Arc<MasterKey>,
    place: Place,
    every_seconds: u32,
    stop: CancellationToken,
) {
    if place == Place::None {
        return stop.cancelled().await;
    }
    let look = Duration::from_secs(u64::from(every_seconds).clamp(1, 60));
    // Who claimed a checkpoint owes it until it is kept.
    let is_owed = AtomicBool::new(false);
    let turn = || async {
        let work = async {
            if is_owed.load(Ordering::Relaxed) || database.claim_audit_checkpoint(every_seconds).await? {
                is_owed.store(true, Ordering::Relaxed);
                place.keep(&take(&database, &master).await?).await?;
                is_owed.store(false, Ordering::Relaxed);
            }
            anyhow::Ok(())
        };
        work.await.map_err(|error| tracing::error!(error = format!("{error:#}"), "no checkpoint of the audit log")).is_ok()
    };
    repeat(look, stop, turn).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_by_its_kind() {
        assert_eq!("none".parse(), Ok(Place::None));
        assert_eq!("stdout".parse(), Ok(Place::Stdout));
        assert_eq!("file:/var/log/x".parse(), Ok(Place::File("/var/log/x".into())));
        assert!(matches!("https://example.com/x".parse(), Ok(Place::Webhook(_))));
        for wrong in ["", "file:", "ftp://example.com", "syslog", "/var/log/x"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
