//! TLS with real servers: a certificate that the system trusts is enough, any other is not.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use pinfold_core::connection::{Connection, Provider};
use pinfold_testkit::{Answer, HttpPeer, SmppEvent, SmppOptions, SmppPeer, SmtpOptions, SmtpPeer};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::{
    accepted, connection, connectors, http_connection, send_email, send_sms, smpp_connection, smtp_connection, temporary,
};

const PROVIDER: &str = "PROVIDER_TO_SEND_BY";
const PATIENCE: Duration = Duration::from_secs(10);

/// A mail server with STARTTLS; its certificate serves for all servers here.
fn starttls_peer() -> SmtpPeer {
    let credentials = Some(("user".to_owned(), "password".to_owned()));
    SmtpPeer::start_with(SmtpOptions { credentials, starttls: true })
}

fn starttls(port: u16) -> Connection {
    smtp_connection(port, json!({"security": "starttls", "username": "user", "password": "password"}))
}

/// Ends TLS before a server that knows none.
struct Terminator {
    port: u16,
    _serving: JoinSet<()>,
}

impl Terminator {
    async fn start(certificate: &Path, behind: u16) -> Self {
        let chain = vec![CertificateDer::from_pem_file(certificate).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_file(certificate.with_file_name("key.pem")).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .expect("the key belongs to the certificate");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut outside) = acceptor.accept(stream).await else { continue };
                let mut inside = TcpStream::connect(("127.0.0.1", behind)).await.expect("the server runs");
                // Either side may leave first.
                let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
            }
        });
        Self { port, _serving: serving }
    }
}

/// The system's certificates are set for a process: another one, which trusts this certificate, sends.
async fn sends_trusting(certificate: &Path, connection: &Connection) {
    let child = tokio::task::spawn_blocking({
        let mut command = Command::new(std::env::current_exe().expect("a test knows its program"));
        command
            .args(["--ignored", "--exact", "tls::sends_where_the_system_trusts"])
            .env("SSL_CERT_FILE", certificate)
            .env(PROVIDER, serde_json::to_string(&connection.provider).expect("a provider serialises"));
        move || command.output()
    });
    let output = child.await.expect("the wait goes on").expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test]
#[ignore = "runs in a process that the other tests prepare"]
async fn sends_where_the_system_trusts() {
    let provider = std::env::var_os(PROVIDER).expect("another test gives the provider");
    let connection = connection(serde_json::from_str(provider.to_str().expect("JSON")).expect("JSON"));
    let outcome = match &connection.provider {
        Provider::Smtp(_) => send_email(&connectors(), &connection, "495021").await,
        _ => send_sms(&connectors(), &connection, "495021").await,
    };
    assert_eq!(outcome.name(), "accepted", "{outcome:?}");
}

#[tokio::test]
async fn a_mail_goes_encrypted_after_starttls() {
    let peer = starttls_peer();
    let certificate = peer.certificate().expect("a server with STARTTLS has a certificate");
    assert_eq!(send_email(&connectors(), &starttls(peer.port()), "495021").await, temporary("tls_failed"));
    assert!(peer.mails().is_empty());
    sends_trusting(&certificate, &starttls(peer.port())).await;
    let mails = peer.wait_for(1, PATIENCE).await;
    assert!(mails[0].over_tls);
    assert_eq!(mails[0].authenticated_as.as_deref(), Some("user"));
}

#[tokio::test]
async fn a_mail_goes_encrypted_from_the_first_byte() {
    let (authority, peer) = (starttls_peer(), SmtpPeer::start());
    let certificate = authority.certificate().expect("a server with STARTTLS has a certificate");
    let terminator = Terminator::start(&certificate, peer.port()).await;
    let connection = smtp_connection(terminator.port, json!({"security": "tls", "host": "localhost"}));
    assert_eq!(send_email(&connectors(), &connection, "495021").await, temporary("tls_failed"));
    assert!(peer.mails().is_empty());
    sends_trusting(&certificate, &connection).await;
    assert_eq!(peer.wait_for(1, PATIENCE).await.len(), 1);
}

#[tokio::test]
async fn a_request_goes_over_https() {
    let (authority, peer) = (starttls_peer(), HttpPeer::start());
    peer.answer(Answer::ok().json(r#"{"id":"1"}"#));
    let certificate = authority.certificate().expect("a server with STARTTLS has a certificate");
    let behind = peer.url().rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port");
    let terminator = Terminator::start(&certificate, behind).await;
    let connection = http_connection(&format!("https://localhost:{}/", terminator.port), json!({"id_pointer": "/id"}));
    assert_eq!(send_sms(&connectors(), &connection, "495021").await, temporary("tls_failed"));
    assert!(peer.received().is_empty());
    sends_trusting(&certificate, &connection).await;
    assert_eq!(peer.received().len(), 1);
    let plain = http_connection(&peer.url(), json!({"id_pointer": "/id"}));
    assert_eq!(send_sms(&connectors(), &plain, "495021").await, accepted("1"));
}

#[tokio::test]
async fn an_sms_goes_over_an_encrypted_bind() {
    let peer = SmppPeer::start_with(&SmppOptions { tls: true, ..SmppOptions::default() });
    let certificate = peer.certificate().expect("a server with TLS has a certificate");
    let connection = smpp_connection(peer.port(), json!({"security": "tls", "host": "localhost"}));
    let outcome = send_sms(&connectors(), &connection, "495021").await;
    assert_eq!((outcome.name(), outcome.reason()), ("temporary", Some("tls_failed")));
    assert!(peer.events().iter().all(|event| !matches!(event, SmppEvent::Bind { .. })), "no password went out");
    sends_trusting(&certificate, &connection).await;
    assert_eq!(peer.wait_for_messages(1, PATIENCE).await.len(), 1);
}
