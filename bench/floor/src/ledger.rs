//! One row per delivered message: the least record that survives, told once however often it is told.

use tokio_postgres::{Client, NoTls, Statement};

use crate::Failure;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS delivered (id text COLLATE \"C\" PRIMARY KEY, happened_at timestamptz NOT NULL, \
    outcome text NOT NULL)";
const INSERT: &str = "INSERT INTO delivered SELECT id, now(), 'sent' FROM unnest($1::text[]) AS id ON CONFLICT DO NOTHING";

/// Where deliveries are written down.
pub struct Ledger {
    client: Client,
    insert: Statement,
}

impl Ledger {
    /// Connects, and makes the table where there is none.
    pub async fn open(url: &str) -> Result<Self, Failure> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(TABLE).await?;
        let insert = client.prepare(INSERT).await?;
        Ok(Self { client, insert })
    }

    /// Writes a batch, in one statement and so in one transaction.
    pub async fn record(&self, ids: &[String]) -> Result<(), Failure> {
        self.client.execute(&self.insert, &[&ids]).await?;
        Ok(())
    }
}
