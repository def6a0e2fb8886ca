//! A secret for a person's authenticator app. It counts once a code of it was shown.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::totp::{Totp, TotpSecret};
use pinfold_http::visit::Lacks;
use pinfold_http::{Code, Problem, ProblemView, Visitor};
use qrcode::QrCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::refusals::ConsoleOne;
use crate::{State, store};

/// What the app shows above its codes.
const ISSUER: &str = "Pinfold";

/// A secret for an app, shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LoginTotp)]
pub(crate) struct TotpView {
    /// The secret, to be typed.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// The same as an address.
    uri: String,
    /// The address as a picture to be scanned (SVG).
    qr_svg: String,
}

/// Makes a secret for your authenticator app. Needs a recent confirmation.
#[utoipa::path(
    post,
    path = "/v1/me/totp",
    operation_id = "factors.offer_totp",
    tag = "Oneself",
    security(("session" = [])),
    responses(
        (status = 200, description = "The secret, to be confirmed by a code", body = TotpView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(visitor: Visitor, state: Data<State>) -> Result<HttpResponse, Problem> {
    let shown = visitor.shown(&[Lacks::Enrolment])?;
    let person = state.unmanaged(shown.person).await?;
    if shown.lacks == Lacks::Nothing {
        state.confirmed(shown.session).await?;
    }
    let secret = TotpSecret::generate();
    let factors = state.database.people().factors(person.id);
    if !factors.offer_totp(&secret, &state.master).await.map_err(store::problem)? {
        return Err(Problem::new(Code::AlreadyThere).detail("Remove the authenticator app that you have first."));
    }
    let uri = Totp::default().uri(ISSUER, &person.email, &secret);
    let qr = QrCode::new(uri.as_bytes()).map_err(Problem::internal)?;
    let qr_svg = qr.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build();
    Ok(HttpResponse::Ok().json(TotpView { secret: secret.base32().to_string(), uri: uri.to_string(), qr_svg }))
}
