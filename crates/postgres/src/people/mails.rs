//! The platform's mails that are on their way. Sealed: they hold links that let people in.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bytea, SmallInt, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::keys::MasterKey;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::schema::person_mails;
use crate::Error;
use crate::database::{Conn, Database};

/// The mails.
#[derive(Debug, Clone, Copy)]
pub struct Mails<'a>(pub(super) &'a Database);

/// A mail that is due.
pub struct DueMail {
    /// Its id.
    pub id: Uuid,
    /// What it says, opened; none when it does not open.
    pub content: Option<Zeroizing<Vec<u8>>>,
    /// How often it was tried, this time included.
    pub attempts: u16,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Bytea)]
    sealed: Vec<u8>,
    #[diesel(sql_type = SmallInt)]
    attempts: i16,
}

pub(crate) fn place(id: Uuid) -> Vec<u8> {
    [b"person-mail".as_slice(), id.as_bytes()].concat()
}

/// A mail as it waits, under an id of its own.
fn sealed(content: &[u8], master: &MasterKey) -> (Uuid, Vec<u8>) {
    let id = Uuid::from_bytes(pinfold_core::entropy::bytes());
    (id, master.seal(content, &place(id)))
}

async fn put(connection: &mut Conn, (id, sealed): (Uuid, Vec<u8>)) -> Result<(), Error> {
    let values = (person_mails::id.eq(id), person_mails::sealed.eq(sealed));
    diesel::insert_into(person_mails::table).values(values).execute(connection).await?;
    Ok(())
}

/// Queues a mail in somebody's transaction.
pub(super) async fn insert(connection: &mut Conn, content: &[u8], master: &MasterKey) -> Result<(), Error> {
    put(connection, sealed(content, master)).await
}

/// Takes what is due: whoever takes it has a minute, then it is due again for anybody.
const TAKE: &str = "UPDATE person_mails SET attempts = attempts + 1, due_at = now() + interval '1 minute' \
     WHERE id IN (SELECT id FROM person_mails WHERE due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED) \
     RETURNING id, sealed, attempts";

impl Mails<'_> {
    /// Queues one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn push(self, content: &[u8], master: &MasterKey) -> Result<(), Error> {
        let mail = sealed(content, master);
        self.0.run(move |connection| put(connection, mail).boxed()).await
    }

    /// Takes at most `most` that are due.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn take(self, most: i64, master: &MasterKey) -> Result<Vec<DueMail>, Error> {
        let query = diesel::sql_query(TAKE).bind::<BigInt, _>(most);
        let rows: Vec<Row> = self.0.run(move |connection| async move { Ok(query.load(connection).await?) }.boxed()).await?;
        let open = |row: Row| DueMail {
            content: master.open(&row.sealed, &place(row.id)).ok().map(Zeroizing::new),
            id: row.id,
            attempts: row.attempts.unsigned_abs(),
        };
        Ok(rows.into_iter().map(open).collect())
    }

    /// One is done, for better or worse.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn done(self, id: Uuid) -> Result<(), Error> {
        let work = self.0.run(move |connection| {
            async move {
                diesel::delete(person_mails::table.find(id)).execute(connection).await?;
                Ok(())
            }
            .boxed()
        });
        work.await
    }

    /// One is tried again so many seconds later.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn later(self, id: Uuid, seconds: i64) -> Result<(), Error> {
        let query = diesel::sql_query("UPDATE person_mails SET due_at = now() + $2 * interval '1 second' WHERE id = $1");
        let query = query.bind::<SqlUuid, _>(id).bind::<BigInt, _>(seconds);
        self.0.run(move |connection| async move { Ok(query.execute(connection).await.map(drop)?) }.boxed()).await
    }
}
