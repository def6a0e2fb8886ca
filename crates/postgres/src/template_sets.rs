//! A tenant's texts under names, and the texts themselves.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::channel::Channel;
use pinfold_core::id::{FragmentId, TemplateSetId};
use pinfold_core::template_set::{Fragment, TemplateSet};
use uuid::Uuid;

use crate::schema::{template_fragments, template_sets};
use crate::time::{Timestamp, millis};
use crate::{Error, Page, TenantScope};

/// The most sets that a tenant may have.
pub const MOST_SETS: i64 = 100;

/// A tenant's texts under names.
#[derive(Debug, Clone, Copy)]
pub struct TemplateSets<'a>(pub(crate) TenantScope<'a>);

/// A text with its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFragment {
    /// The text.
    pub fragment: Fragment,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it was last changed.
    pub updated_ms: u64,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = template_sets)]
struct SetRow {
    id: Uuid,
    name: String,
    is_default: bool,
}

impl From<SetRow> for TemplateSet {
    fn from(row: SetRow) -> Self {
        Self { id: row.id.into(), name: row.name, is_default: row.is_default }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = template_fragments)]
struct Row {
    id: Uuid,
    template_set_id: Uuid,
    channel: String,
    locale: String,
    text: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = template_fragments)]
struct Times {
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<Row> for Fragment {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("template_fragments", column, row.id);
        let channel = [Channel::Sms, Channel::Voice].into_iter().find(|channel| channel.name() == row.channel);
        Ok(Self {
            id: row.id.into(),
            set: row.template_set_id.into(),
            channel: channel.ok_or_else(|| corrupt("channel"))?,
            locale: row.locale.parse().map_err(|_| corrupt("locale"))?,
            text: row.text,
        })
    }
}

impl TryFrom<(Row, Times)> for StoredFragment {
    type Error = Error;

    fn try_from((row, times): (Row, Times)) -> Result<Self, Error> {
        let (created_ms, updated_ms) = (millis(times.created_at), millis(times.updated_at));
        Ok(Self { fragment: row.try_into()?, created_ms, updated_ms })
    }
}

impl TemplateSets<'_> {
    /// All sets, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<TemplateSet>, Error> {
        self.0.run(|connection, tenant| load(connection, tenant).boxed()).await
    }

    /// One of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, id: TemplateSetId) -> Result<Option<TemplateSet>, Error> {
        let row: Option<SetRow> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = template_sets::table.find((tenant, Uuid::from(id))).select(SetRow::as_select());
                    Ok(query.first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        Ok(row.map(TemplateSet::from))
    }

    /// Adds one; `false` when the tenant has [`MOST_SETS`] already.
    ///
    /// # Errors
    /// [`Error::Refused`] when the name is taken, and see [`Error`].
    pub async fn create(self, set: TemplateSet) -> Result<bool, Error> {
        let row = SetRow { id: set.id.into(), name: set.name, is_default: set.is_default };
        self.0
            .run(move |connection, tenant| {
                async move {
                    let of_tenant = template_sets::table.filter(template_sets::tenant_id.eq(tenant));
                    let count: i64 = of_tenant.count().get_result(connection).await?;
                    if count >= MOST_SETS {
                        return Ok(false);
                    }
                    let values = (template_sets::tenant_id.eq(tenant), row);
                    diesel::insert_into(template_sets::table).values(values).execute(connection).await?;
                    Ok(true)
                }
                .boxed()
            })
            .await
    }

    /// Changes the name of one, or whether it is the default: then no other is. `None` when there is not one.
    ///
    /// # Errors
    /// [`Error::Refused`] when the name is taken, and see [`Error`].
    pub async fn update(
        self,
        id: TemplateSetId,
        name: Option<String>,
        is_default: Option<bool>,
    ) -> Result<Option<TemplateSet>, Error> {
        let id = Uuid::from(id);
        let row: Option<SetRow> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    if is_default == Some(true) {
                        let others = template_sets::tenant_id.eq(tenant).and(template_sets::id.ne(id));
                        let others = template_sets::table.filter(others.and(template_sets::is_default));
                        diesel::update(others).set(template_sets::is_default.eq(false)).execute(connection).await?;
                    }
                    let target = template_sets::table.find((tenant, id));
                    // Something has to be set; the id itself changes nothing.
                    let change = (
                        template_sets::id.eq(id),
                        name.map(|name| template_sets::name.eq(name)),
                        is_default.map(|is_default| template_sets::is_default.eq(is_default)),
                    );
                    let update = diesel::update(target).set(change).returning(SetRow::as_returning());
                    Ok(update.get_result(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        Ok(row.map(TemplateSet::from))
    }

    /// Removes one; `None` when there is not one.
    ///
    /// # Errors
    /// [`Error::Refused`] while it has texts, and see [`Error`].
    pub async fn delete(self, id: TemplateSetId) -> Result<Option<()>, Error> {
        let gone = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let target = template_sets::table.find((tenant, Uuid::from(id)));
                    Ok(diesel::delete(target).execute(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok((gone > 0).then_some(()))
    }

    /// A page of the texts of a set, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn fragments(self, set: TemplateSetId, page: u32, size: u32) -> Result<Page<StoredFragment>, Error> {
        let set = Uuid::from(set);
        let (rows, total): (Vec<(Row, Times)>, i64) = self
            .0
            .read(move |connection, tenant| {
                async move {
                    let is_of_set = template_fragments::tenant_id.eq(tenant).and(template_fragments::template_set_id.eq(set));
                    let total = template_fragments::table.filter(is_of_set).count().get_result(connection).await?;
                    let rows = template_fragments::table
                        .filter(is_of_set)
                        .order((template_fragments::created_at, template_fragments::id))
                        .offset(i64::from(page) * i64::from(size))
                        .limit(size.into())
                        .select((Row::as_select(), Times::as_select()))
                        .load(connection)
                        .await?;
                    Ok((rows, total))
                }
                .boxed()
            })
            .await?;
        let items = rows.into_iter().map(StoredFragment::try_from).collect::<Result<_, _>>()?;
        Ok(Page { items, total: u64::try_from(total).unwrap_or(0) })
    }

    /// A text of a set.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn fragment(self, set: TemplateSetId, id: FragmentId) -> Result<Option<StoredFragment>, Error> {
        let (set, id) = (Uuid::from(set), Uuid::from(id));
        let row: Option<(Row, Times)> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = template_fragments::table.find((tenant, id)).filter(template_fragments::template_set_id.eq(set));
                    Ok(query.select((Row::as_select(), Times::as_select())).first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        row.map(StoredFragment::try_from).transpose()
    }

    /// Adds a text to a set.
    ///
    /// # Errors
    /// [`Error::Refused`] when there is no such set, or it has a text for channel and locale; and see [`Error`].
    pub async fn create_fragment(self, fragment: Fragment) -> Result<StoredFragment, Error> {
        let row = Row {
            id: fragment.id.into(),
            template_set_id: fragment.set.into(),
            channel: fragment.channel.name().to_owned(),
            locale: fragment.locale.code().to_owned(),
            text: fragment.text,
        };
        let stored: (Row, Times) = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let values = (template_fragments::tenant_id.eq(tenant), row);
                    let insert = diesel::insert_into(template_fragments::table).values(values);
                    Ok(insert.returning((Row::as_returning(), Times::as_returning())).get_result(connection).await?)
                }
                .boxed()
            })
            .await?;
        stored.try_into()
    }

    /// Changes a text of a set; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn update_fragment(
        self,
        set: TemplateSetId,
        id: FragmentId,
        text: String,
    ) -> Result<Option<StoredFragment>, Error> {
        let (set, id) = (Uuid::from(set), Uuid::from(id));
        let stored: Option<(Row, Times)> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let target = template_fragments::table.find((tenant, id)).filter(template_fragments::template_set_id.eq(set));
                    let change = (template_fragments::text.eq(text), template_fragments::updated_at.eq(diesel::dsl::now));
                    let update = diesel::update(target).set(change);
                    let update = update.returning((Row::as_returning(), Times::as_returning()));
                    Ok(update.get_result(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        stored.map(StoredFragment::try_from).transpose()
    }

    /// Removes a text of a set; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_fragment(self, set: TemplateSetId, id: FragmentId) -> Result<Option<()>, Error> {
        let (set, id) = (Uuid::from(set), Uuid::from(id));
        let gone = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let target = template_fragments::table.find((tenant, id)).filter(template_fragments::template_set_id.eq(set));
                    Ok(diesel::delete(target).execute(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok((gone > 0).then_some(()))
    }
}

/// The tenant's sets, oldest first.
pub(crate) async fn load(connection: &mut AsyncPgConnection, tenant: Uuid) -> Result<Vec<TemplateSet>, Error> {
    let query = template_sets::table
        .filter(template_sets::tenant_id.eq(tenant))
        .order((template_sets::created_at, template_sets::id))
        .select(SetRow::as_select());
    Ok(query.load(connection).await?.into_iter().map(TemplateSet::from).collect())
}

/// The tenant's texts, each by itself: one corrupt row spoils no other.
pub(crate) async fn load_fragments(
    connection: &mut AsyncPgConnection,
    tenant: Uuid,
) -> Result<Vec<Result<Fragment, Error>>, Error> {
    let query = template_fragments::table.filter(template_fragments::tenant_id.eq(tenant)).select(Row::as_select());
    Ok(query.load(connection).await?.into_iter().map(Fragment::try_from).collect())
}
