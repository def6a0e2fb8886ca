//! Which API keys a list shows.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use uuid::Uuid;

use crate::schema::api_keys;

/// Which keys a list shows, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyFilter {
    /// Those whose name contains this, whatever the case.
    pub name: Option<String>,
    /// Those that are switched on, or those that are not.
    pub is_enabled: Option<bool>,
    /// The one with this hash.
    pub hash: Option<[u8; 32]>,
    /// What they are ordered by.
    pub order: KeyOrder,
    /// Whether the order is turned round.
    pub is_descending: bool,
    /// The page, from 0.
    pub page: u32,
    /// Keys on a page.
    pub size: u32,
}

/// What a list of keys is ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyOrder {
    /// When it was created.
    #[default]
    Created,
    /// Its name.
    Name,
    /// When it starts to work.
    ValidFrom,
    /// When it stops to work.
    ValidTo,
}

pub(super) type Chosen = api_keys::BoxedQuery<'static, diesel::pg::Pg>;

impl KeyFilter {
    /// The tenant's keys that pass.
    pub(super) fn chosen(&self, tenant: Uuid) -> Chosen {
        let mut query = api_keys::table.filter(api_keys::tenant_id.eq(tenant)).into_boxed();
        if let Some(name) = &self.name {
            let contains = sql::<Bool>("position(lower(").bind::<Text, _>(name.clone()).sql(") IN lower(api_keys.name)) > 0");
            query = query.filter(contains);
        }
        if let Some(is_enabled) = self.is_enabled {
            query = query.filter(api_keys::is_enabled.and(api_keys::revoked_at.is_null()).eq(is_enabled));
        }
        if let Some(hash) = self.hash {
            query = query.filter(api_keys::hash.eq(hash.to_vec()));
        }
        query
    }

    /// Of those, the page.
    pub(super) fn ordered(&self, query: Chosen) -> Chosen {
        let query = match (self.order, self.is_descending) {
            (KeyOrder::Created, false) => query.order(api_keys::created_at.asc()),
            (KeyOrder::Created, true) => query.order(api_keys::created_at.desc()),
            (KeyOrder::Name, false) => query.order(api_keys::name.asc()),
            (KeyOrder::Name, true) => query.order(api_keys::name.desc()),
            (KeyOrder::ValidFrom, false) => query.order(api_keys::valid_from.asc().nulls_first()),
            (KeyOrder::ValidFrom, true) => query.order(api_keys::valid_from.desc().nulls_last()),
            (KeyOrder::ValidTo, false) => query.order(api_keys::valid_to.asc().nulls_last()),
            (KeyOrder::ValidTo, true) => query.order(api_keys::valid_to.desc().nulls_first()),
        };
        // The id makes the order total, so that pages neither repeat nor miss a key.
        query.then_order_by(api_keys::id).limit(self.size.into()).offset(i64::from(self.page) * i64::from(self.size))
    }
}
