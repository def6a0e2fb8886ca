//! Everything that a tenant configured, table by table. What is a secret, or a hash of one, is a column of bytes, and those stay here.

use diesel::sql_types::{Jsonb, Text};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use serde_json::{Map, Value};

use crate::{Error, TenantScope};

/// What happened is no configuration: reports have it.
const HISTORY: &str = "'events', 'verifications', 'deliveries', 'receipts', 'webhook_messages', 'webhook_attempts', \
     'webhook_backlogs', 'config_versions', 'tenant_keys', 'usage_days', 'cap_alerts', 'traffic', 'api_key_uses'";
/// The most rows of one table.
const MOST: u32 = 10_000;

#[derive(diesel::QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
    /// The columns that are shown, quoted, with commas between.
    #[diesel(sql_type = Text)]
    columns: String,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Jsonb)]
    row: Value,
}

impl TenantScope<'_> {
    /// The tenant's configuration as JSON: rows by the names of their tables.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn export(self) -> Result<Map<String, Value>, Error> {
        let tables = format!(
            "SELECT c.relname::text AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns \
             FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
                 AND a.atttypid <> 'bytea'::regtype AND c.relname NOT IN ({HISTORY}) AND c.relname NOT LIKE 'audit%' \
                 AND has_table_privilege(c.oid, 'SELECT') \
                 AND EXISTS (SELECT FROM pg_attribute AS t WHERE t.attrelid = c.oid AND t.attname = 'tenant_id' AND NOT t.attisdropped) \
             GROUP BY c.relname ORDER BY c.relname"
        );
        self.read(move |connection, tenant| {
            async move {
                let tables: Vec<Table> = diesel::sql_query(tables).load(connection).await?;
                let mut exported = Map::new();
                for Table { name, columns } in tables {
                    let query = format!(
                        "SELECT to_jsonb(one) AS row FROM (SELECT {columns} FROM {name} WHERE tenant_id = $1 LIMIT {MOST}) AS one"
                    );
                    let query = diesel::sql_query(query).bind::<diesel::sql_types::Uuid, _>(tenant);
                    let rows: Vec<Row> = query.load(connection).await?;
                    exported.insert(name, rows.into_iter().map(|row| row.row).collect());
                }
                Ok(exported)
            }
            .boxed()
        })
        .await
    }
}
