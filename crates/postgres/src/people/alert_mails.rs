//! The mails that tell of alerts: what they say is asked for where the alerts are taken, so that both happen or neither.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Jsonb, Text};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::keys::MasterKey;
use serde_json::Value;
use zeroize::Zeroizing;

use super::Mails;
use super::mails::insert;
use crate::Error;
use crate::database::Access;

/// An alert that owners and admins are told of.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertToMail {
    /// The tenant's name.
    pub tenant_name: String,
    /// Its kind, such as `number_failures`.
    pub kind: String,
    /// What it is about; never a whole number.
    pub about: String,
    /// The figures, as they were noticed last.
    pub figures: Value,
    /// Whether the mail is to say that more were raised than are told of one by one.
    pub is_more: bool,
}

/// Whom a mail goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// Where their mail goes.
    pub email: String,
    /// Their name.
    pub name: String,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    tenant_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    about: String,
    #[diesel(sql_type = Jsonb)]
    figures: Value,
    #[diesel(sql_type = Bool)]
    is_more: bool,
    #[diesel(sql_type = Array<Text>)]
    emails: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    names: Vec<String>,
}

impl Mails<'_> {
    /// Takes at most `most` alerts whose mails are due and queues what `write` says to each owner and admin, in one transaction.
    /// A tenant has at most `most_per_hour` alerts mailed within an hour, and one mail more. Says how many alerts were mailed.
    ///
    /// # Errors
    /// See [`Error`]. Then the mails are still due.
    pub async fn tell_alerts(
        self,
        most: i32,
        most_per_hour: i32,
        master: Arc<MasterKey>,
        write: impl Fn(&AlertToMail, &Addressee) -> Zeroizing<Vec<u8>> + Send + 'static,
    ) -> Result<usize, Error> {
        let work = self.0.transaction(None, Access::Write, move |connection| {
            async move {
                let query = diesel::sql_query("SELECT * FROM take_alert_mails($1, $2)")
                    .bind::<Integer, _>(most)
                    .bind::<Integer, _>(most_per_hour);
                let taken: Vec<Row> = query.load(connection).await?;
                let count = taken.len();
                for Row { tenant_name, kind, about, figures, is_more, emails, names } in taken {
                    let alert = AlertToMail { tenant_name, kind, about, figures, is_more };
                    for (email, name) in emails.into_iter().zip(names) {
                        let content = write(&alert, &Addressee { email, name });
                        insert(connection, &content, &master).await?;
                    }
                }
                Ok(count)
            }
            .boxed()
        });
        work.await
    }
}
