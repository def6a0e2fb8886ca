//! A tenant's message templates. The table keeps them as they were written; reading parses them.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::alphabet::Alphabet;
use pinfold_core::id::{ApplicationId, MessageId};
use pinfold_core::language::Language;
use pinfold_core::message::{Autofill, Body, EmailBody, IndiaDlt, Message, TextBody};
use pinfold_core::template::{PIN_PLACEHOLDER, Template};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::schema::messages;
use crate::{Error, TenantScope};

/// A tenant's message templates.
#[derive(Debug, Clone, Copy)]
pub struct Messages<'a>(pub(crate) TenantScope<'a>);

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = messages)]
struct Row {
    id: Uuid,
    application_id: Uuid,
    kind: String,
    alphabet: String,
    pin_length: i16,
    body: serde_json::Value,
}

/// The body of a template for SMS and voice.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredText {
    text: String,
    pin_placeholder: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sender: Option<String>,
    language: Language,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    voice_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repeat_dtmf: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    speech_rate: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    india_dlt: Option<IndiaDlt>,
    #[serde(default, skip_serializing_if = "Autofill::is_empty")]
    autofill: Autofill,
}

/// The body of a template for e-mail.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredEmail {
    email_template_id: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    landing_page_id: Option<String>,
    subject: String,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    html: Option<String>,
}

const TEXT: &str = "text";
const EMAIL: &str = "email";

impl From<TextBody> for StoredText {
    fn from(body: TextBody) -> Self {
        Self {
            text: body.text,
            pin_placeholder: body.pin_placeholder,
            sender: body.sender,
            language: body.language,
            voice_name: body.voice_name,
            repeat_dtmf: body.repeat_dtmf,
            speech_rate: body.speech_rate,
            india_dlt: body.india_dlt,
            autofill: body.autofill,
        }
    }
}

impl StoredText {
    fn parse(self) -> Option<TextBody> {
        Some(TextBody {
            template: Template::parse(&self.text, &self.pin_placeholder).ok()?,
            text: self.text,
            pin_placeholder: self.pin_placeholder,
            sender: self.sender,
            language: self.language,
            voice_name: self.voice_name,
            repeat_dtmf: self.repeat_dtmf,
            speech_rate: self.speech_rate,
            india_dlt: self.india_dlt,
            autofill: self.autofill,
        })
    }
}

impl From<EmailBody> for StoredEmail {
    fn from(body: EmailBody) -> Self {
        Self {
            email_template_id: body.email_template_id,
            from: body.from,
            landing_page_id: body.landing_page_id,
            subject: body.subject,
            text: body.text,
            html: body.html,
        }
    }
}

impl StoredEmail {
    fn parse(self) -> Option<EmailBody> {
        let html_template = self.html.as_deref().map(|html| Template::parse(html, PIN_PLACEHOLDER)).transpose().ok()?;
        Some(EmailBody {
            email_template_id: self.email_template_id,
            from: self.from,
            landing_page_id: self.landing_page_id,
            subject: self.subject,
            template: Template::parse(&self.text, PIN_PLACEHOLDER).ok()?,
            text: self.text,
            html: self.html,
            html_template,
        })
    }
}

impl From<Message> for Row {
    fn from(message: Message) -> Self {
        let json = |body: Result<serde_json::Value, _>| body.expect("text, numbers and maps with text keys serialise");
        let (kind, body) = match message.body {
            Body::Text(body) => (TEXT, json(serde_json::to_value(StoredText::from(body)))),
            Body::Email(body) => (EMAIL, json(serde_json::to_value(StoredEmail::from(body)))),
        };
        Self {
            id: message.id.into(),
            application_id: message.application.into(),
            kind: kind.to_owned(),
            alphabet: alphabet_name(message.alphabet).to_owned(),
            pin_length: message.pin_length.into(),
            body,
        }
    }
}

impl TryFrom<Row> for Message {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("messages", column, row.id);
        let body = match row.kind.as_str() {
            TEXT => serde_json::from_value(row.body).ok().and_then(StoredText::parse).map(Body::Text),
            EMAIL => serde_json::from_value(row.body).ok().and_then(StoredEmail::parse).map(Body::Email),
            _ => return Err(corrupt("kind")),
        };
        Ok(Self {
            id: row.id.into(),
            application: row.application_id.into(),
            alphabet: alphabet(&row.alphabet).ok_or_else(|| corrupt("alphabet"))?,
            pin_length: row.pin_length.try_into().map_err(|_| corrupt("pin_length"))?,
            body: body.ok_or_else(|| corrupt("body"))?,
        })
    }
}

/// The alphabet's name in the table. Those past the first four belong to no template: the table refuses them.
fn alphabet_name(alphabet: Alphabet) -> &'static str {
    match alphabet {
        Alphabet::Numeric => "NUMERIC",
        Alphabet::Alpha => "ALPHA",
        Alphabet::Hex => "HEX",
        Alphabet::Alphanumeric => "ALPHANUMERIC",
        Alphabet::Chosen => "CHOSEN",
        Alphabet::Dashed => "DASHED",
        Alphabet::Easy => "EASY",
    }
}

fn alphabet(name: &str) -> Option<Alphabet> {
    [Alphabet::Numeric, Alphabet::Alpha, Alphabet::Hex, Alphabet::Alphanumeric]
        .into_iter()
        .find(|alphabet| alphabet_name(*alphabet) == name)
}

impl Messages<'_> {
    /// Those of an application, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self, application: ApplicationId) -> Result<Vec<Message>, Error> {
        let rows: Vec<Row> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = messages::table
                        .filter(messages::tenant_id.eq(tenant).and(messages::application_id.eq(Uuid::from(application))))
                        .order((messages::created_at, messages::id))
                        .select(Row::as_select());
                    Ok(query.load(connection).await?)
                }
                .boxed()
            })
            .await?;
        rows.into_iter().map(Message::try_from).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, id: MessageId) -> Result<Option<Message>, Error> {
        let row: Option<Row> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = messages::table.find((tenant, Uuid::from(id))).select(Row::as_select());
                    Ok(query.first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        row.map(Message::try_from).transpose()
    }

    /// Adds one.
    ///
    /// # Errors
    /// [`Error::Refused`] when the tenant has no such application, and see [`Error`].
    pub async fn create(self, message: Message) -> Result<(), Error> {
        let row = Row::from(message);
        self.0
            .run(move |connection, tenant| {
                async move {
                    let values = (messages::tenant_id.eq(tenant), row);
                    diesel::insert_into(messages::table).values(values).execute(connection).await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Changes one by `change`, which sees it as nobody else changes it meanwhile, and may refuse. What it is then; `None` when there
    /// is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn update<E: Send + 'static>(
        self,
        id: MessageId,
        change: impl FnOnce(Message) -> Result<Message, E> + Send + 'static,
    ) -> Result<Option<Result<Message, E>>, Error> {
        self.0
            .run(move |connection, tenant| {
                async move {
                    let target = messages::table.find((tenant, Uuid::from(id)));
                    let row: Option<Row> = target.select(Row::as_select()).for_update().first(connection).await.optional()?;
                    let Some(stored) = row.map(Message::try_from).transpose()? else { return Ok(None) };
                    let changed = change(stored);
                    if let Ok(message) = &changed {
                        diesel::update(target).set(Row::from(message.clone())).execute(connection).await?;
                    }
                    Ok(Some(changed))
                }
                .boxed()
            })
            .await
    }
}

/// The tenant's messages, each by itself: one corrupt row spoils no other.
pub(crate) async fn load(connection: &mut AsyncPgConnection, tenant: Uuid) -> Result<Vec<Result<Message, Error>>, Error> {
    let query = messages::table.filter(messages::tenant_id.eq(tenant)).select(Row::as_select());
    Ok(query.load(connection).await?.into_iter().map(Message::try_from).collect())
}
