//! Whom the service logs in as. Row-level security is worth nothing against owners and superusers.

use diesel::sql_types::{Array, Bool, Text};
use diesel_async::RunQueryDsl;
use futures::FutureExt;

use crate::{Database, Error};

/// Why a role is not fit to serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoleFault {
    /// It is a superuser.
    #[error("the role {0} is a superuser, whom row-level security does not bind")]
    Superuser(String),
    /// It bypasses row-level security.
    #[error("the role {0} has BYPASSRLS")]
    BypassesRowSecurity(String),
    /// It may create roles, and with that become the owner.
    #[error("the role {0} has CREATEROLE")]
    CreatesRoles(String),
    /// It owns tables, or is a member of the role that does.
    #[error("the role {0} owns the tables; the service needs a login that is only a member of pinfold_app")]
    Owner(String),
    /// It has none of the grants.
    #[error("the role {0} is not a member of pinfold_app")]
    NoMember(String),
    /// A table of tenants has no forced row-level security.
    #[error("the table {0} has no forced row-level security")]
    OpenTable(String),
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Bool)]
    is_superuser: bool,
    #[diesel(sql_type = Bool)]
    bypasses: bool,
    #[diesel(sql_type = Bool)]
    creates_roles: bool,
    #[diesel(sql_type = Bool)]
    is_owner: bool,
    #[diesel(sql_type = Bool)]
    is_member: bool,
    #[diesel(sql_type = Array<Text>)]
    open_tables: Vec<String>,
}

const QUERY: &str = "
    SELECT
        r.rolname::text AS role,
        r.rolsuper AS is_superuser,
        r.rolbypassrls AS bypasses,
        r.rolcreaterole AS creates_roles,
        EXISTS (
            SELECT FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND pg_has_role(relowner, 'MEMBER')
        ) AS is_owner,
        EXISTS (SELECT FROM pg_roles AS app WHERE app.rolname = 'pinfold_app' AND pg_has_role(app.oid, 'USAGE')) AS is_member,
        ARRAY(
            SELECT c.relname::text FROM pg_class AS c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
                AND (c.relname = 'tenants' OR EXISTS (
                    SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
                ))
            ORDER BY c.relname
        ) AS open_tables
    FROM pg_roles AS r WHERE r.rolname = current_user";

impl Database {
    /// What is wrong with the role that this pool logs in as; nothing for the service's own.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn role_faults(&self) -> Result<Vec<RoleFault>, Error> {
        let row: Row =
            self.run(|connection| async { Ok(diesel::sql_query(QUERY).get_result(connection).await?) }.boxed()).await?;
        let role = || row.role.clone();
        let mut faults = Vec::new();
        if row.is_superuser {
            faults.push(RoleFault::Superuser(role()));
        }
        if row.bypasses && !row.is_superuser {
            faults.push(RoleFault::BypassesRowSecurity(role()));
        }
        if row.creates_roles && !row.is_superuser {
            faults.push(RoleFault::CreatesRoles(role()));
        }
        if row.is_owner && !row.is_superuser {
            faults.push(RoleFault::Owner(role()));
        }
        if !row.is_member {
            faults.push(RoleFault::NoMember(role()));
        }
        faults.extend(row.open_tables.into_iter().map(RoleFault::OpenTable));
        Ok(faults)
    }
}
