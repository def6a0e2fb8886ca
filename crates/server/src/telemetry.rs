//! Logs and traces. Logs go to standard error, as JSON in production. Traces go out with OTLP when an endpoint is set;
//! without one there is nothing that could cost anything.

use std::io::{self, IsTerminal};
use std::time::Duration;

use anyhow::Context;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};
use url::Url;

use crate::roles::Roles;
use crate::settings::{LogFormat, Settings};

/// How long the last traces may take to leave.
const FLUSH: Duration = Duration::from_secs(2);

/// What has to be closed at the end.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Starts logs and traces of a serving process. Must not be called on an asynchronous thread.
    ///
    /// # Errors
    /// When the exporter of traces cannot be made.
    pub fn start(settings: &Settings, roles: &Roles) -> anyhow::Result<Self> {
        let traces = match &settings.telemetry.otlp_endpoint {
            Some(endpoint) => Some(traces(endpoint, settings.telemetry.trace_ratio, roles)?),
            None => None,
        };
        let layer = traces.as_ref().map(|traces| {
            // Only our own spans: those of the exporter's HTTP client would never end.
            let ours = Targets::new().with_target("pinfold", LevelFilter::INFO);
            tracing_opentelemetry::layer().with_tracer(traces.tracer("pinfold")).with_filter(ours)
        });
        let levels = levels(&settings.telemetry.log_level)?;
        tracing_subscriber::registry().with(layer).with(lines(settings.log_format()).with_filter(levels)).init();
        Ok(Self { traces })
    }

    pub fn is_tracing(&self) -> bool {
        self.traces.is_some()
    }

    /// Sends what is left. Must not be called on an asynchronous thread: the exporter waits there for itself.
    pub fn stop(self) {
        if let Some(Err(error)) = self.traces.map(|traces| traces.shutdown_with_timeout(FLUSH)) {
            tracing::warn!(error = &error as &(dyn std::error::Error + 'static), "the last traces did not leave");
        }
    }
}

/// Lets commands warn: plain lines, nothing below a warning.
pub fn start_for_command() {
    tracing_subscriber::registry().with(lines(LogFormat::Text).with_filter(LevelFilter::WARN)).init();
}

fn levels(text: &str) -> anyhow::Result<Targets> {
    let levels: Targets = text.parse().context("telemetry.log_level")?;
    // The parser of phone numbers names each of them whole.
    let levels = levels.with_target("rlibphonenumber", LevelFilter::OFF);
    // The HTTP server tells of each of its threads.
    let is_chosen = levels.iter().any(|(target, _)| target == "actix_server");
    Ok(if is_chosen { levels } else { levels.with_target("actix_server", LevelFilter::WARN) })
}

fn lines<S: Subscriber + for<'span> LookupSpan<'span>>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync> {
    match format {
        LogFormat::Json => {
            let layer = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
            layer.with_writer(io::stderr).boxed()
        }
        LogFormat::Text => fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr).boxed(),
    }
}

fn traces(endpoint: &Url, ratio: f64, roles: &Roles) -> anyhow::Result<SdkTracerProvider> {
    let mut address = endpoint.clone();
    if address.path() == "/" {
        address.set_path("/v1/traces");
    }
    let client = opentelemetry_client().context("the client for traces")?;
    let exporter = SpanExporter::builder().with_http().with_http_client(client).with_endpoint(address.as_str());
    let exporter = exporter.with_timeout(FLUSH).build().context("telemetry.otlp_endpoint")?;
    let resource = Resource::builder()
        .with_service_name("pinfold")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("pinfold.roles", roles.to_string()))
        .build();
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio)));
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_sampler(sampler).with_resource(resource).build())
}

/// Blocking, because the exporter's own thread has no asynchronous runtime; made here, off any, for the same reason.
fn opentelemetry_client() -> reqwest::Result<reqwest::blocking::Client> {
    reqwest::blocking::Client::builder().timeout(FLUSH).redirect(reqwest::redirect::Policy::none()).build()
}
