//! An endpoint as a client sees it, and the fields by which it is created and changed.

use pinfold_channels::check_callback;
use pinfold_core::field::Checks;
use pinfold_core::webhook::WebhookType;
use pinfold_http::twilio::{sid, time};
use pinfold_http::{Code, Problem};
use pinfold_postgres::WebhookEndpoint;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Place;

/// What the vendor's clients write for every type.
const EVERYTHING: &str = "*";

/// An endpoint, or changes to one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioWebhookRequest)]
pub(super) struct WebhookRequest {
    /// What it is for.
    #[schema(max_length = 255)]
    pub(super) friendly_name: Option<String>,
    /// Where messages go: an `https` address on the public Internet.
    #[schema(example = "https://example.com/hooks/pins")]
    webhook_url: Option<String>,
    /// `enabled` or `disabled`.
    status: Option<String>,
    /// `v2`, or `v1`, which is the same here.
    version: Option<String>,
    /// The types it wants: names such as `pin.verified`, or `*`. The field comes once for each.
    #[serde(skip_deserializing)]
    #[schema(example = json!(["*"]))]
    #[expect(dead_code, reason = "describes a field that comes several times")]
    event_types: Vec<String>,
}

/// The parts of a request, checked.
pub(super) struct Checked {
    pub(super) friendly_name: Option<String>,
    pub(super) url: Option<String>,
    pub(super) types: Option<Vec<&'static str>>,
    pub(super) is_enabled: Option<bool>,
}

impl WebhookRequest {
    /// # Errors
    /// 400 with the fields; 60204 for the types that are not there.
    pub(super) fn check(self, types: &[String], allow_private: bool) -> Result<Checked, Problem> {
        let mut checks = Checks::default();
        if let Some(name) = &self.friendly_name {
            let is_fine = name.chars().count() <= 255 && !name.contains('\0');
            checks.require(is_fine, "FriendlyName", "must have at most 255 characters");
        }
        if let Some(url) = &self.webhook_url
            && let Err(errors) = check_callback(url, allow_private)
        {
            let must = errors.into_iter().next().map_or_else(|| "must be an address".into(), |error| error.must);
            checks.require(false, "WebhookUrl", must);
        }
        let is_enabled = self.status.as_deref().map(|status| status == "enabled");
        checks.require(
            matches!(self.status.as_deref(), None | Some("enabled" | "disabled")),
            "Status",
            "must be enabled or disabled",
        );
        checks.require(matches!(self.version.as_deref(), None | Some("v1" | "v2")), "Version", "must be v1 or v2");
        checks.finish()?;
        let named = |types: &[String]| -> Result<Vec<&'static str>, Problem> {
            if types.iter().any(|name| name == EVERYTHING) {
                return Ok(WebhookType::ALL.iter().map(|known| known.name()).collect());
            }
            let mut known: Vec<WebhookType> = types
                .iter()
                .map(|name| {
                    name.parse().map_err(|_| match name.split_once('.') {
                        Some(("factor" | "challenge", _)) => {
                            let detail = "Events of factors and challenges are not told here; pin.verified and * are.";
                            Problem::new(Code::InvalidField).detail(detail).numbered(60204)
                        }
                        _ => Problem::field("EventTypes", "must be types such as pin.verified, or *"),
                    })
                })
                .collect::<Result<_, _>>()?;
            known.sort_unstable();
            known.dedup();
            Ok(known.into_iter().map(WebhookType::name).collect())
        };
        let types = if types.is_empty() { None } else { Some(named(types)?) };
        Ok(Checked { friendly_name: self.friendly_name, url: self.webhook_url, types, is_enabled })
    }
}

/// An endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioWebhook)]
pub(super) struct WebhookView {
    /// Its SID.
    #[schema(example = "YW0933f3bc087d2a617ac6dcb2ef5b8a61")]
    sid: String,
    service_sid: String,
    account_sid: String,
    /// What it is for.
    friendly_name: String,
    /// The types it wants; `*` for all.
    event_types: Vec<String>,
    /// `enabled` or `disabled`.
    #[schema(value_type = String, example = "enabled")]
    status: &'static str,
    /// Always `v2`.
    #[schema(value_type = String, example = "v2")]
    version: &'static str,
    /// Where messages go.
    webhook_url: String,
    /// Always `POST`.
    #[schema(value_type = String, example = "POST")]
    webhook_method: &'static str,
    date_created: String,
    date_updated: String,
    url: String,
}

impl WebhookView {
    pub(super) fn new(endpoint: WebhookEndpoint, service_sid: &str, place: &Place) -> Self {
        let webhook_sid = sid("YW", endpoint.id);
        let url = place.base.url(&format!("/v2/Services/{service_sid}/Webhooks/{webhook_sid}"));
        let is_all = endpoint.types.len() == WebhookType::ALL.len();
        Self {
            sid: webhook_sid,
            service_sid: service_sid.to_owned(),
            account_sid: place.account_sid.clone(),
            friendly_name: endpoint.description,
            event_types: if is_all { vec![EVERYTHING.to_owned()] } else { endpoint.types },
            status: if endpoint.disabled.is_none() { "enabled" } else { "disabled" },
            version: "v2",
            webhook_url: endpoint.url,
            webhook_method: "POST",
            date_created: time(endpoint.created_ms),
            date_updated: time(endpoint.created_ms),
            url,
        }
    }
}
