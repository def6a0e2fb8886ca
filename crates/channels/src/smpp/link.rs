//! Keeps one bind to an SMSC: connects, binds, serves, and begins again when the link is lost. The first attempt after a loss is
//! made at once; after one that failed the link rests, longer each time, and whoever comes meanwhile is told at once.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use pinfold_core::entropy;
use rusmpp::pdus::BindTransceiver;
use rusmpp::{CommandId, CommandStatus, Pdu};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use super::Link;
use super::session::{End, Session};
use super::status;
use super::submit::Submit;
use super::wire::{self, Incoming};
use crate::address::Refused;
use crate::client::find;
use crate::outcome::Outcome;

/// How long the link rests after a failure, at first and at most.
const RESTS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// A session that lived longer says that the SMSC is well.
const LASTING: Duration = Duration::from_secs(5);
/// How many of a name's addresses are tried.
const ADDRESSES: usize = 3;
/// The number of the bind command.
const BIND: u32 = 1;

type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// Serves orders until no more will come.
pub(super) async fn keep(link: Arc<Link>, mut orders: mpsc::Receiver<Submit>) {
    let mut rest = RESTS.0;
    loop {
        match connect(&link).await {
            Ok((stream, read)) => {
                tracing::info!(connection.id = %link.connection, "bound to an SMSC");
                let since = Instant::now();
                match Session::new(&link, BIND).run(stream, read, &mut orders).await {
                    End::Unbound => return,
                    End::Lost(reason) => {
                        tracing::warn!(connection.id = %link.connection, reason, "the link to an SMSC is lost");
                        if since.elapsed() >= LASTING {
                            rest = RESTS.0;
                            continue;
                        }
                        // An SMSC that hangs up on every bind is not hammered.
                        if !pause(&mut orders, rest / 4, &Outcome::temporary(reason)).await {
                            return;
                        }
                    }
                }
            }
            Err(failure) => {
                let reason = failure.reason().unwrap_or_default();
                tracing::warn!(connection.id = %link.connection, reason, "no bind to an SMSC");
                // Wrong credentials stay wrong until somebody changes them, and accounts are locked for guessing.
                rest = if matches!(failure, Outcome::Permanent { .. }) { RESTS.1 } else { rest };
                if !pause(&mut orders, rest, &failure).await {
                    return;
                }
            }
        }
        rest = (rest * 2).min(RESTS.1);
    }
}

/// Rests, and tells whoever comes why and for how long. `false` when nobody will come any more.
async fn pause(orders: &mut mpsc::Receiver<Submit>, rest: Duration, failure: &Outcome) -> bool {
    // So that many processes do not come back in one moment.
    let [random] = entropy::bytes::<1>();
    let until = Instant::now() + rest.mul_f64(1.0 - f64::from(random) / 1024.0);
    loop {
        let Ok(order) = timeout_at(until, orders.recv()).await else { return true };
        let Some(order) = order else { return false };
        let left = until.duration_since(Instant::now());
        order.refuse(match failure {
            Outcome::Temporary { reason, .. } => Outcome::Temporary { reason: reason.clone(), retry_after: Some(left) },
            other => other.clone(),
        });
    }
}

/// A bound connection, and what was read of it beyond that.
async fn connect(link: &Link) -> Result<(Stream, BytesMut), Outcome> {
    let connected = timeout(link.deadline / 2, open(link)).await;
    let mut stream = connected.unwrap_or_else(|_| Err(Outcome::temporary("connect_timeout")))?;
    let bound = timeout(link.deadline / 2, bind(link, &mut stream)).await;
    let read = bound.unwrap_or_else(|_| Err(Outcome::temporary("bind_timeout")))?;
    Ok((stream, read))
}

async fn open(link: &Link) -> Result<Stream, Outcome> {
    let addresses = link.addresses.resolve(&link.host, link.port).await.map_err(|error| match find::<Refused>(&error) {
        Some(_) => Outcome::permanent("address_refused"),
        None => Outcome::temporary("dns_failed"),
    })?;
    let mut failed = Outcome::temporary("connect_failed");
    for address in addresses.into_iter().take(ADDRESSES) {
        match timeout(link.deadline / 4, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return secure(link, stream).await,
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => failed = Outcome::temporary("connect_refused"),
            Ok(Err(_)) => failed = Outcome::temporary("connect_failed"),
            Err(_) => failed = Outcome::temporary("connect_timeout"),
        }
    }
    Err(failed)
}

async fn secure(link: &Link, stream: TcpStream) -> Result<Stream, Outcome> {
    stream.set_nodelay(true).map_err(|_| Outcome::temporary("connect_failed"))?;
    let Some(tls) = &link.tls else { return Ok(Either::Left(stream)) };
    let name = ServerName::try_from(link.host.clone()).map_err(|_| Outcome::permanent("tls_failed"))?;
    match TlsConnector::from(Arc::clone(tls)).connect(name, stream).await {
        Ok(stream) => Ok(Either::Right(stream)),
        Err(error) => {
            tracing::debug!(%error, "no TLS with an SMSC");
            Err(Outcome::temporary("tls_failed"))
        }
    }
}

async fn bind(link: &Link, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Result<BytesMut, Outcome> {
    let lost = |_: io::Error| Outcome::temporary("connection_lost");
    let mut written = BytesMut::new();
    wire::put(&mut written, CommandStatus::EsmeRok, BIND, BindTransceiver::clone(&link.bind));
    stream.write_all(&written).await.map_err(lost)?;
    stream.flush().await.map_err(lost)?;
    let mut read = BytesMut::new();
    loop {
        let (id, status, sequence) = match wire::take(&mut read) {
            Ok(Some(Incoming::Command(command))) => (command.id(), command.status(), command.sequence_number()),
            // Whatever the SMSC says of itself: its status counts.
            Ok(Some(Incoming::Unreadable(head))) => (head.id, head.status, head.sequence),
            Ok(None) => match stream.read_buf(&mut read).await.map_err(lost)? {
                0 => return Err(Outcome::temporary("connection_lost")),
                _ => continue,
            },
            Err(wire::NoSmpp) => return Err(Outcome::temporary("smpp_protocol")),
        };
        match (id, status) {
            (CommandId::BindTransceiverResp, CommandStatus::EsmeRok) => return Ok(read),
            (CommandId::BindTransceiverResp | CommandId::GenericNack, status) => return Err(status::bind_refused(status)),
            (CommandId::EnquireLink, _) => {
                written.clear();
                wire::put(&mut written, CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp);
                stream.write_all(&written).await.map_err(lost)?;
                stream.flush().await.map_err(lost)?;
            }
            _ => {}
        }
    }
}
