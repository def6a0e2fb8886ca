//! The fallback plans of a tenant's message templates.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::fallback::Plan;
use pinfold_core::id::MessageId;
use uuid::Uuid;

use crate::schema::messages;
use crate::{Error, TenantScope};

/// The fallback plans of a tenant's message templates.
#[derive(Debug, Clone, Copy)]
pub struct Fallbacks<'a>(pub(crate) TenantScope<'a>);

impl Fallbacks<'_> {
    /// The plan of a template, which may have none; `None` when there is no such template.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, message: MessageId) -> Result<Option<Option<Plan>>, Error> {
        let id = Uuid::from(message);
        let found: Option<Option<serde_json::Value>> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = messages::table.find((tenant, id)).select(messages::fallback);
                    Ok(query.first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        found.map(|plan| plan.map(|plan| parse(id, plan)).transpose()).transpose()
    }

    /// Gives a template a plan, or takes it away; `None` when there is no such template.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn set(self, message: MessageId, plan: Option<&Plan>) -> Result<Option<()>, Error> {
        let plan = plan.map(|plan| serde_json::to_value(plan).expect("numbers and words serialise"));
        let changed = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let target = messages::table.find((tenant, Uuid::from(message)));
                    Ok(diesel::update(target).set(messages::fallback.eq(plan)).execute(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok((changed > 0).then_some(()))
    }
}

fn parse(id: Uuid, plan: serde_json::Value) -> Result<Plan, Error> {
    serde_json::from_value(plan).map_err(|_| Error::corrupt("messages", "fallback", id))
}

/// The tenant's plans, each by itself: one corrupt row spoils no other.
pub(crate) async fn load(
    connection: &mut AsyncPgConnection,
    tenant: Uuid,
) -> Result<Vec<Result<(MessageId, Plan), Error>>, Error> {
    let has_plan = messages::tenant_id.eq(tenant).and(messages::fallback.is_not_null());
    let query = messages::table.filter(has_plan).select((messages::id, messages::fallback.assume_not_null()));
    let rows: Vec<(Uuid, serde_json::Value)> = query.load(connection).await?;
    Ok(rows.into_iter().map(|(id, plan)| parse(id, plan).map(|plan| (id.into(), plan))).collect())
}
