//! Enrolls an authenticator app. Its secret is in the answer and nowhere else.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::totp::TotpSecret;
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, Code, Form, PinSend, Problem};
use pinfold_postgres::NewFactor;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::super::{Service, not_offered, object};
use super::fields::{Asked, check_name};
use super::view::FactorView;
use crate::State;
use crate::state::record_problem;

/// The factors that a person may have.
const MOST: usize = 20;

/// An app to enroll.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioFactorRequest)]
pub(crate) struct CreateRequest {
    /// What the person calls it.
    #[schema(max_length = 64, example = "Ann's phone")]
    friendly_name: String,
    /// `totp`.
    #[schema(example = "totp")]
    factor_type: String,
    /// A secret of the app's own, in base32.
    #[serde(rename = "Binding.Secret")]
    binding_secret: Option<String>,
    /// How many seconds a code lasts; the service's unless set.
    #[serde(rename = "Config.TimeStep")]
    #[schema(minimum = 20, maximum = 60)]
    time_step: Option<i64>,
    /// How many steps the app's clock may be off.
    #[serde(rename = "Config.Skew")]
    #[schema(minimum = 0, maximum = 2)]
    skew: Option<i64>,
    /// The digits of a code.
    #[serde(rename = "Config.CodeLength")]
    #[schema(minimum = 4, maximum = 8)]
    code_length: Option<i64>,
    /// `sha1`, `sha256` or `sha512`.
    #[serde(rename = "Config.Alg")]
    #[schema(example = "sha1")]
    alg: Option<String>,
    /// What the tenant keeps with it: a JSON object.
    metadata: Option<String>,
}

/// Enrolls an authenticator app. Its secret is in the answer and nowhere else.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/Entities/{Identity}/Factors",
    operation_id = "twilio_factors.create",
    tag = "Twilio Verify",
    params(
        ("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"),
        ("Identity" = String, Path, description = "What the tenant calls the person", example = "ff483d1ff591898a9942916050d2ca3f"),
    ),
    request_body(content = CreateRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 201, description = "The app, with its secret", body = FactorView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
    form: Form<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    let asked = form.value;
    match asked.factor_type.as_str() {
        "totp" => {}
        "push" | "passkeys" => return Err(not_offered("Push and passkeys are no factors here.")),
        _ => return Err(Problem::field("FactorType", "must be totp")),
    }
    check_name(&asked.friendly_name)?;
    let metadata = object("Metadata", asked.metadata.as_deref())?.map(Value::Object);
    let secret = match asked.binding_secret.map(Zeroizing::new) {
        None => TotpSecret::generate(),
        Some(text) => {
            TotpSecret::from_base32(&text).ok_or_else(|| Problem::field("Binding.Secret", "must be 16 to 64 bytes in base32"))?
        }
    };
    let service = Service::find(&state, &caller, &request, &path.0).await?;
    let application = service.application()?;
    let wanted =
        Asked { alg: asked.alg.as_deref(), time_step: asked.time_step, code_length: asked.code_length, skew: asked.skew };
    let totp = wanted.apply(service.settings.totp)?;
    let entity = service.find_or_create_entity(&state, &caller, &path.1).await?;
    let factors = state.database.tenant(caller.tenant).factors(service.id, entity.id);
    let new = NewFactor { friendly_name: asked.friendly_name, totp, metadata, secret: secret.clone() };
    let created = factors.create(new, &service.snapshot.keys, MOST).await.map_err(record_problem)?;
    let factor = created.ok_or_else(|| Problem::new(Code::AlreadyThere).detail("A person has at most 20 factors."))?;
    let issuer = service.settings.totp_issuer.as_deref().unwrap_or(&application.name);
    let view = FactorView::with_secret(factor, &entity, &service.place, issuer, &secret);
    Ok(HttpResponse::Created().json(view))
}
