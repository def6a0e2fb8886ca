//! Traces from the edge to the connector: a span around every request, and the way its context travels on, as a
//! `traceparent` (W3C Trace Context), into the queue and out of it again. Used only when traces go somewhere.

use std::collections::HashMap;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use pinfold_http::edge::TraceParent;
use pinfold_http::pattern;
use tracing::{Instrument, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

const HEADER: &str = "traceparent";

/// Wraps every request; use with [`actix_web::middleware::from_fn`], outside of everything else.
///
/// # Errors
/// None of its own.
pub async fn request_span(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = %request.method(),
        http.response.status_code = field::Empty,
        http.route = field::Empty,
    );
    if let Some(parent) = request.headers().get(HEADER).and_then(|value| value.to_str().ok()) {
        continue_trace(&span, parent);
    }
    if let Some(context) = trace_parent(&span) {
        // Whatever passes the request on to another process passes this on with it.
        if let Ok(value) = HeaderValue::from_str(&context) {
            request.headers_mut().insert(HeaderName::from_static(HEADER), value);
        }
        request.extensions_mut().insert(TraceParent(context));
    }
    let response = next.call(request).instrument(span.clone()).await?;
    let (request, status) = (response.request(), response.status());
    // The pattern, not the path: a path names a PIN.
    let route = pattern(request).unwrap_or_else(|| "none".to_owned());
    // The span has begun, and with it its name: only the trace itself can change it now.
    span.context().span().update_name(format!("{} {route}", request.method()));
    span.record("http.route", route);
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    Ok(response)
}

/// Makes `span` part of the trace that `parent` names; of a new one when it names none.
pub fn continue_trace(span: &Span, parent: &str) {
    let carrier = HashMap::from([(HEADER.to_owned(), parent.to_owned())]);
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    // Fails only without traces, and then there is nothing to continue.
    let _ = span.set_parent(context);
}

/// What names the trace of `span`, for others to continue.
fn trace_parent(span: &Span) -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.remove(HEADER)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Kept(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for Kept {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().expect("nobody panics with it").extend(batch);
            Ok(())
        }
    }

    #[test]
    fn a_trace_goes_on_from_the_caller_through_the_queue() {
        let exporter = Kept::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let request = tracing::info_span!("request");
            continue_trace(&request, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
            let queued = trace_parent(&request).expect("the span is traced");
            assert!(queued.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && queued.ends_with("-01"), "{queued}");
            let delivery = tracing::info_span!("deliver");
            continue_trace(&delivery, &queued);
            for hostile in ["", "00-short", "00-00000000000000000000000000000000-0000000000000000-01", "x\r\ny"] {
                continue_trace(&tracing::info_span!("other"), hostile);
            }
        });
        let spans = exporter.0.lock().expect("nobody panics with it").clone();
        let find = |name: &str| spans.iter().find(|span| span.name == name).expect(name).clone();
        let (request, delivery) = (find("request"), find("deliver"));
        assert_eq!(request.parent_span_id.to_string(), "b7ad6b7169203331");
        assert_eq!(delivery.span_context.trace_id(), request.span_context.trace_id());
        assert_eq!(delivery.parent_span_id, request.span_context.span_id());
        assert_ne!(find("other").span_context.trace_id(), request.span_context.trace_id());
    }
}
