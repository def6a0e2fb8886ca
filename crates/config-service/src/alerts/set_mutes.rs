//! Sets of which kinds of alerts nobody is told.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::alert::AlertKind;
use pinfold_core::span::DAY_MS;
use pinfold_http::clock::now_ms;
use pinfold_http::{AlertsManage, Authorized, Body, Problem, ProblemView};

use super::view::MutesView;
use crate::refusals::NativeBody;
use crate::{State, moment, store};

/// The longest mute.
const LONGEST_DAYS: u64 = 30;

/// Sets of which kinds of alerts nobody is told, and until when: at most 30 days. They take the place of those before. Muted alerts
/// are listed all the same.
#[utoipa::path(
    put,
    path = "/v1/alert-mutes",
    operation_id = "alerts.set_mutes",
    tag = "Alerts",
    request_body = MutesView,
    responses(
        (status = 200, description = "The mutes", body = MutesView),
        (status = 400, description = "A field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<AlertsManage>,
    state: Data<State>,
    body: Body<MutesView>,
) -> Result<HttpResponse, Problem> {
    let mut mutes = BTreeMap::new();
    for mute in &body.value.mutes {
        if AlertKind::from_name(&mute.kind).is_none() {
            return Err(Problem::field("mutes", "must name kinds of alerts, such as fraud_recorded"));
        }
        let until_ms = moment::parse(&mute.until).filter(|until_ms| *until_ms <= now_ms() + LONGEST_DAYS * DAY_MS);
        let until_ms =
            until_ms.ok_or_else(|| Problem::field("mutes", "must end within 30 days, at a time such as 2026-11-22T12:00:00Z"))?;
        mutes.insert(mute.kind.clone(), until_ms);
    }
    let mutes: Vec<_> = mutes.into_iter().collect();
    state.database.tenant(caller.tenant).alerts().set_mutes(mutes.clone()).await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(MutesView::from(mutes)))
}
