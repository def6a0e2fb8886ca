//! `pinfold tenant demo`: a tenant to try things with, with an application, templates, keys, and a simulated phone as the
//! provider of every channel; and a file that tells scripts about all of it. Run again, it makes only what is missing.

use std::convert::Infallible;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use pinfold_core::access::{Environment, Role, Scopes};
use pinfold_core::alphabet::Alphabet;
use pinfold_core::application::Application;
use pinfold_core::channel::Channel;
use pinfold_core::connection::{Connection, Provider, Traffic};
use pinfold_core::email::Email;
use pinfold_core::id::{ApplicationId, ConnectionId, MessageId};
use pinfold_core::keys::{MasterKey, TenantKeys};
use pinfold_core::language::Language;
use pinfold_core::limits::{Ceilings, Limits};
use pinfold_core::message::{Autofill, Body, EmailBody, Message, TextBody};
use pinfold_core::route::Prefix;
use pinfold_core::span::{Rate, Span};
use pinfold_core::template::{PIN_PLACEHOLDER, Template};
use pinfold_core::{password, visit};
use pinfold_postgres::{Database, Snapshots, TenantScope};
use secrecy::ExposeSecret;

use crate::env_file::EnvFile;
use crate::issued_keys::{Wish, issue, works};
use crate::operator::Operator;
use crate::print;

const SLUG: &str = "demo";
/// The slug of the demo application: the sub-account that 8x8's tutorials show.
const APPLICATION_SLUG: &str = "amazing_hq";
const NAME: &str = "Demo";
const APPLICATION: &str = "Demo application";
const CONNECTION: &str = "Simulated phone";
/// Who owns the demo tenant at the console.
const OWNER: &str = "owner@demo.example";

/// Arguments of `tenant demo`.
#[derive(clap::Args)]
pub struct Args {
    /// The file that tells scripts about it, as `NAME=value` lines. Keys in it that still work are kept.
    #[arg(long)]
    env_file: PathBuf,
}

/// Makes what is missing of the demo tenant, and writes its ids and keys to `env_file`, which later runs read.
///
/// # Errors
/// When the record refuses, or the file cannot be written.
pub async fn run(operator: &Operator, args: &Args) -> anyhow::Result<ExitCode> {
    let (database, master) = (operator.database()?, std::sync::Arc::new(operator.master()?));
    let owned = operator.owned_database()?;
    let tenant = match owned.tenants().find(SLUG).await? {
        Some(tenant) => tenant,
        None => owned.tenants().create(SLUG, NAME, &master).await?,
    };
    let snapshots = Snapshots::new(database.clone(), master.clone(), &operator.settings.postgres);
    let snapshot = snapshots.tenant(tenant.id).await?.context("the demo tenant is gone again")?;
    let demo = Demo { tenant: database.tenant(tenant.id), master: &master, keys: &snapshot.keys };

    let mut file = EnvFile::read(&args.env_file)?;
    let Application { id: application, slug, .. } =
        demo.application(operator.settings.ceilings(), file.get("APPLICATION_ID")).await?;
    let messages = demo.messages(application).await?;
    demo.routes().await?;
    let base = operator.settings.public_url().as_str().trim_end_matches('/').to_owned();
    for (name, environment) in [("API_KEY", Environment::Live), ("SANDBOX_API_KEY", Environment::Sandbox)] {
        file.set(name, demo.key(file.get(name), environment, application).await?);
    }
    // What Vonage's clients ask for: any name, and the API key as its secret.
    file.set("VONAGE_API_KEY", "demo".to_owned());
    file.set("VONAGE_API_SECRET", file.get("API_KEY").unwrap_or_default().to_owned());
    file.set("APPLICATION_ID", application.to_string());
    file.set("SUBACCOUNT_ID", slug.unwrap_or_default());
    file.set("ACCOUNT_SID", format!("AC{}", tenant.id.to_string().to_ascii_lowercase()));
    file.set("SERVICE_SID", format!("VA{}", application.to_string().to_ascii_lowercase()));
    if let Some(key) = file.get("API_KEY").map(str::to_owned) {
        file.set("AUTH_TOKEN", key);
    }
    file.set("MESSAGE_ID", messages.0.to_string());
    file.set("EMAIL_MESSAGE_ID", messages.1.to_string());
    file.set("SIMULATOR_URL", format!("{base}/simulator"));
    file.set("CONSOLE_PASSWORD", demo.owner(&database, file.get("CONSOLE_PASSWORD")).await?);
    file.set("CONSOLE_EMAIL", OWNER.to_owned());
    file.set("CONSOLE_URL", format!("{base}/console"));
    file.set("BASE_URL", base);
    file.set("REDIS_URL", operator.settings.redis.url.expose_secret().to_owned());
    file.set("DATABASE_URL", operator.settings.postgres.url.expose_secret().to_owned());
    file.write()?;
    print::line(format_args!("The tenant {SLUG} is ready; {} tells scripts about it.", args.env_file.display()));
    Ok(ExitCode::SUCCESS)
}

struct Demo<'a> {
    tenant: TenantScope<'a>,
    master: &'a MasterKey,
    keys: &'a TenantKeys,
}

impl Demo<'_> {
    /// The tenant's owner, with the password that the file names, or a new random one.
    async fn owner(&self, database: &Database, known: Option<&str>) -> anyhow::Result<String> {
        let email = Email::parse(OWNER)?;
        let people = database.people();
        let password = known.map_or_else(|| visit::recovery_code().to_string(), str::to_owned);
        let person = match people.find(&email).await? {
            Some(person) => person,
            None => {
                people.create(&email, "Demo owner", &password::hash(&password)).await?.context("the owner is there already")?
            }
        };
        if !password::is_right(&password, person.password.as_deref()) {
            people.set_password(person.id, &password::hash(&password), None).await?;
        }
        self.tenant.members().add(person.id, Role::Owner).await?;
        Ok(password)
    }

    /// The application that the file names, or the one of that name, or a new one.
    async fn application(&self, ceilings: Ceilings, known: Option<&str>) -> anyhow::Result<Application> {
        let known: Option<ApplicationId> = known.and_then(|id| id.parse().ok());
        let there = self.tenant.applications().list().await?;
        let found = there.iter().find(|one| Some(one.id) == known).or(there.iter().find(|one| one.name == APPLICATION));
        if let Some(found) = found {
            // One that an earlier version made has no slug yet.
            if found.slug.is_none() && !there.iter().any(|one| one.slug.as_deref() == Some(APPLICATION_SLUG)) {
                let named = |stored| Ok::<_, Infallible>(Application { slug: Some(APPLICATION_SLUG.to_owned()), ..stored });
                if let Some(Ok(changed)) = self.tenant.applications().update(found.id, named).await? {
                    return Ok(changed);
                }
            }
            return Ok(found.clone());
        }
        let slug = Some(APPLICATION_SLUG.to_owned());
        let application = Application { slug, ..Application::new(APPLICATION, generous(ceilings)) };
        self.tenant.applications().create(application.clone()).await?;
        Ok(application)
    }

    /// The first template for texts and the first one for e-mail.
    async fn messages(&self, application: ApplicationId) -> anyhow::Result<(MessageId, MessageId)> {
        let there = self.tenant.messages().list(application).await?;
        let text = there.iter().find(|message| matches!(message.body, Body::Text(_)));
        let email = there.iter().find(|message| matches!(message.body, Body::Email(_)));
        let text = match text {
            Some(message) => message.id,
            None => self.message(application, text_body()?).await?,
        };
        let email = match email {
            Some(message) => message.id,
            None => self.message(application, email_body()?).await?,
        };
        Ok((text, email))
    }

    async fn message(&self, application: ApplicationId, body: Body) -> anyhow::Result<MessageId> {
        let id = MessageId::random();
        let message = Message { id, application, alphabet: Alphabet::Numeric, pin_length: 6, body };
        self.tenant.messages().create(message).await?;
        Ok(id)
    }

    /// Leads every channel that leads nowhere to the simulated phone.
    async fn routes(&self) -> anyhow::Result<()> {
        let routed = self.tenant.routes().list().await?;
        let open: Vec<Channel> = Channel::ALL
            .into_iter()
            .filter(|channel| !routed.iter().any(|route| route.channel == *channel && route.prefix == Prefix::Any))
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        let there = self.tenant.connections().list(self.keys).await?;
        let phone = match there.iter().find(|one| one.provider == Provider::Simulator {}) {
            Some(connection) => connection.id,
            None => {
                let id = ConnectionId::random();
                let added = Connection {
                    id,
                    name: CONNECTION.to_owned(),
                    is_enabled: true,
                    provider: Provider::Simulator {},
                    traffic: Traffic::default(),
                };
                self.tenant.connections().create(&added, self.keys).await?;
                id
            }
        };
        for channel in open {
            self.tenant.routes().set(channel, Some(phone)).await?;
        }
        Ok(())
    }

    /// The key that the file names when it still works, or a new one.
    async fn key(&self, known: Option<&str>, environment: Environment, application: ApplicationId) -> anyhow::Result<String> {
        if let Some(known) = known
            && works(self.tenant, self.master, known, environment).await?
        {
            return Ok(known.to_owned());
        }
        let name = format!("Demo ({})", environment.name());
        let wish = Wish { name, scopes: Scopes::of_a_key(), environment, default_application: Some(application) };
        let (secret, _) = issue(self.tenant, self.master, wish).await?;
        Ok(secret.expose_secret().to_owned())
    }
}

/// Limits that nobody meets who tries things by hand, below the operator's ceilings.
fn generous(ceilings: Ceilings) -> Limits {
    let rate = |text: &str| text.parse::<Rate>().expect("a literal rate");
    let life = Span::from_millis(ceilings.time_to_live_ms.min(10 * 60_000)).expect("a ceiling is a span");
    Limits {
        pin_attempts: ceilings.pin_attempts.min(10),
        allow_multiple_verifications: false,
        time_to_live: life,
        verify: rate("1000/1s"),
        send_per_application: rate("1000000/1d"),
        send_per_number: rate("1000/1h"),
        lock_after: rate("100/1h"),
    }
}

fn text_body() -> anyhow::Result<Body> {
    let text = "Your Pinfold code is {{pin}}";
    Ok(Body::Text(TextBody {
        text: text.to_owned(),
        pin_placeholder: PIN_PLACEHOLDER.to_owned(),
        template: Template::parse(text, PIN_PLACEHOLDER)?,
        sender: Some("Pinfold".to_owned()),
        language: Language::English,
        voice_name: None,
        repeat_dtmf: None,
        speech_rate: None,
        india_dlt: None,
        autofill: Autofill::default(),
    }))
}

fn email_body() -> anyhow::Result<Body> {
    let text = "Your Pinfold code is {{pin}}.\n\nIf you did not ask for it, ignore this mail.";
    Ok(Body::Email(EmailBody {
        email_template_id: 1,
        from: Some("demo@pinfold.example".to_owned()),
        landing_page_id: None,
        subject: "Your Pinfold code".to_owned(),
        text: text.to_owned(),
        template: Template::parse(text, PIN_PLACEHOLDER)?,
        html: None,
        html_template: None,
    }))
}
