//! One connection: where to, with or without TLS, and with its limits set.

use std::sync::Arc;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use secrecy::ExposeSecret;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::with_causes;
use crate::{Error, Settings};

/// Everything needed to make a connection, read and checked once.
#[derive(Clone)]
pub(crate) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    setup: Arc<str>,
    timeout: std::time::Duration,
}

impl Connector {
    /// Reads the URL in the settings.
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        let unusable = |setting, source: Box<dyn std::error::Error + Send + Sync>| Error::Setting { setting, source };
        let url = settings.url.expose_secret();
        if url.is_empty() {
            return Err(unusable("url", "it is not set".into()));
        }
        // The driver knows `require` only; it never skips the check of the certificate, so the others ask for nothing more.
        let url = url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require");
        // The parser's own error may quote the URL, password included.
        let mut config: Config = url.parse().map_err(|_| unusable("url", "it is not a PostgreSQL URL".into()))?;
        config.connect_timeout(settings.connect_timeout());
        config.tcp_user_timeout(settings.operation_timeout());
        if config.get_application_name().is_none() {
            config.application_name("pinfold");
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(tls(settings)?),
            _ => {
                config.ssl_mode(SslMode::Disable);
                None
            }
        };
        let setup = format!(
            "SET statement_timeout = {0}; SET lock_timeout = {0}; SET idle_in_transaction_session_timeout = {1}",
            settings.statement_timeout_ms,
            settings.operation_timeout_ms.saturating_mul(2),
        );
        Ok(Self { config, tls, setup: setup.into(), timeout: settings.connect_timeout() })
    }

    /// Lets statements of this connection take as long as they need; a lock still makes nobody wait long.
    pub(crate) fn patient(mut self) -> Self {
        self.setup = "SET statement_timeout = 0; SET lock_timeout = '1s'".into();
        self
    }

    /// Makes a connection.
    pub(crate) async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        let failed = |error: tokio_postgres::Error| ConnectionError::BadConnection(with_causes(&error));
        let establish = async {
            let mut connection = match &self.tls {
                Some(tls) => {
                    let (client, connection) = self.config.connect(tls.clone()).await.map_err(failed)?;
                    AsyncPgConnection::try_from_client_and_connection(client, connection).await?
                }
                None => {
                    let (client, connection) = self.config.connect(NoTls).await.map_err(failed)?;
                    AsyncPgConnection::try_from_client_and_connection(client, connection).await?
                }
            };
            connection.batch_execute(&self.setup).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        };
        let late = |_| ConnectionError::BadConnection("PostgreSQL took too long to answer".to_owned());
        tokio::time::timeout(self.timeout, establish).await.map_err(late)?
    }
}

fn tls(settings: &Settings) -> Result<MakeRustlsConnect, Error> {
    let roots = match &settings.ca_file {
        None => Vec::new(),
        Some(file) => CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| Error::Setting { setting: "ca_file", source: Box::new(error) })?,
    };
    if settings.ca_file.is_some() && roots.is_empty() {
        return Err(Error::Setting { setting: "ca_file", source: "it holds no certificate".into() });
    }
    let unusable = |error: rustls::Error| Error::Setting { setting: "ca_file", source: Box::new(error) };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Verifier::new_with_extra_roots(roots, provider.clone()).map_err(unusable)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
