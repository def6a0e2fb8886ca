//! What operations about people share: passwords judged where nothing else waits, attempts counted before they are judged, sessions
//! begun and shown.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use pinfold_core::access::{Actor, Role};
use pinfold_core::email::Email;
use pinfold_core::id::{PersonId, SessionId, TenantId};
use pinfold_core::password::{self, WeakPassword};
use pinfold_core::visit::{attempts_of, csrf_token, session_hash, session_secret};
use pinfold_http::clock::{now_ms, rfc3339};
use pinfold_http::visit::session_cookie;
use pinfold_http::{Caller, Code, Problem, Visitor};
use pinfold_postgres::{Budget, Membership, NewSession, Note, Person, SessionRow, Stage};
use serde::Serialize;
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::{State, store};

/// Failures of an account: five in a quarter of an hour, each behind a longer pause.
const OF_ACCOUNT: Budget = Budget { most: 5, window_ms: 900_000, step_ms: 1_000 };
/// Failures of an address. Several people may share one, so there is no pause.
const OF_ADDRESS: Budget = Budget { most: 5, window_ms: 900_000, step_ms: 0 };
/// Mails to one mailbox.
const MAILS: Budget = Budget { most: 3, window_ms: 3_600_000, step_ms: 0 };
/// Requests for mails from one address.
const MAILS_OF_ADDRESS: Budget = Budget { most: 20, window_ms: 3_600_000, step_ms: 0 };
/// What nobody's session asks for, from one address: challenges, which are kept for some minutes; steps of a single sign-on, which
/// ask a provider.
const OPEN_TO_ALL: Budget = Budget { most: 100, window_ms: 900_000, step_ms: 0 };
/// Passwords that are hashed at once; each takes 19 MiB.
const AT_ONCE: usize = 4;

/// Judges passwords, a few at once.
#[derive(Clone)]
pub struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

type Judged = Result<(), WeakPassword>;

impl Passwords {
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let _turn = self.0.acquire().await.map_err(Problem::internal)?;
        web::block(work).await.map_err(Problem::internal)
    }

    /// Whether a new password will do for the person of an address.
    pub(crate) async fn check(&self, password: &Zeroizing<String>, email: Option<&Email>) -> Result<Judged, Problem> {
        let (password, email) = (password.clone(), email.cloned());
        self.work(move || password::check(&password, email.as_ref())).await
    }

    /// The PHC string of a new password.
    pub(crate) async fn hash(&self, password: Zeroizing<String>) -> Result<String, Problem> {
        self.work(move || password::hash(&password)).await
    }

    /// Whether a password is right; it takes as long when there is nothing to compare it with.
    pub(crate) async fn is_right(&self, password: Zeroizing<String>, phc: Option<String>) -> Result<bool, Problem> {
        self.work(move || password::is_right(&password, phc.as_deref())).await
    }
}

/// An attempt that was spent and is not judged yet.
pub(crate) struct Attempt<'a> {
    state: &'a State,
    account: [u8; 32],
    address: [u8; 32],
}

impl<'a> Attempt<'a> {
    /// Spends an attempt of an account from an address.
    ///
    /// # Errors
    /// 429 when there is none.
    pub(crate) async fn spend(state: &'a State, what: &str, account: &str, address: &str) -> Result<Self, Problem> {
        let attempts = state.database.people().attempts();
        let of = |what: &str, whose: &str| attempts_of(&state.master, what, whose);
        let attempt = Self { state, account: of(what, account), address: of("address", address) };
        for (subject, budget) in [(attempt.address, OF_ADDRESS), (attempt.account, OF_ACCOUNT)] {
            if let Some(wait) = attempts.spend(subject, budget).await.map_err(store::problem)? {
                if subject == attempt.account {
                    // The address did nothing that was judged.
                    attempts.forgive(attempt.address, false).await.map_err(store::problem)?;
                }
                return Err(Problem::new(Code::TooManyAttempts).retry_after_ms(wait));
            }
        }
        Ok(attempt)
    }

    /// It was no failure.
    pub(crate) async fn forgive(self) -> Result<(), Problem> {
        let attempts = self.state.database.people().attempts();
        attempts.forgive(self.account, true).await.map_err(store::problem)?;
        attempts.forgive(self.address, false).await.map_err(store::problem)
    }
}

/// Whether a mailbox may have one more mail; an error when the address asked for too many.
///
/// # Errors
/// 429.
pub(crate) async fn may_mail(state: &State, email: &Email, address: &str) -> Result<bool, Problem> {
    let attempts = state.database.people().attempts();
    let of_address = attempts_of(&state.master, "mails-of-address", address);
    if let Some(wait) = attempts.spend(of_address, MAILS_OF_ADDRESS).await.map_err(store::problem)? {
        return Err(Problem::new(Code::TooManyAttempts).retry_after_ms(wait));
    }
    let of_mailbox = attempts_of(&state.master, "mails", &email.budget_form());
    Ok(attempts.spend(of_mailbox, MAILS).await.map_err(store::problem)?.is_none())
}

/// Whether an address may have one more challenge for a passkey.
///
/// # Errors
/// 429.
pub(crate) async fn may_begin(state: &State, address: &str) -> Result<(), Problem> {
    may_ask(state, "challenges-of-address", address).await
}

/// Whether an address may take one more step of a single sign-on.
///
/// # Errors
/// 429.
pub(crate) async fn may_sign_on(state: &State, address: &str) -> Result<(), Problem> {
    may_ask(state, "sign-ons-of-address", address).await
}

async fn may_ask(state: &State, what: &str, address: &str) -> Result<(), Problem> {
    let subject = attempts_of(&state.master, what, address);
    let wait = state.database.people().attempts().spend(subject, OPEN_TO_ALL).await.map_err(store::problem)?;
    wait.map_or(Ok(()), |wait| Err(Problem::new(Code::TooManyAttempts).retry_after_ms(wait)))
}

/// A tenant that a person is a member of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionTenantEntry)]
struct TenantEntry {
    /// Its id.
    #[schema(value_type = String, example = "0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A")]
    id: TenantId,
    /// Its name.
    #[schema(example = "Example")]
    name: String,
    /// Its short name.
    #[schema(example = "example")]
    slug: String,
    /// What the person is to it.
    #[schema(value_type = String, example = "owner")]
    role: &'static str,
    /// Whether the operator closed it.
    suspended: bool,
}

/// The tenant that a person looks at.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionTenant)]
struct CurrentTenant {
    /// Its id.
    #[schema(value_type = String, example = "0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A")]
    id: TenantId,
    /// Its name.
    name: String,
    /// Its short name.
    slug: String,
    /// What the person is to it.
    #[schema(value_type = String, example = "owner")]
    role: &'static str,
    /// What the person may do there.
    #[schema(value_type = Vec<String>)]
    scopes: Vec<&'static str>,
}

/// A person, as they see themselves.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionPerson)]
pub(crate) struct PersonView {
    /// Their id.
    #[schema(value_type = String, example = "7C0B6F1D2E3A4958677685940A1B2C3D")]
    id: PersonId,
    /// Their address.
    #[schema(example = "john.smith@example.com")]
    email: String,
    /// Their name.
    #[schema(example = "John Smith")]
    name: String,
    /// Whether their organization's own sign-in looks after the account.
    managed: bool,
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        Self { managed: person.managed_by.is_some(), id: person.id, email: person.email, name: person.name }
    }
}

/// A session, as the console sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub(crate) struct SessionView {
    /// `signed_in`, `second_factor_required` or `second_factor_enrolment_required`.
    #[schema(value_type = String, example = "signed_in")]
    state: &'static str,
    /// The second factors that the person has: `totp`, `recovery_code`, `passkey`.
    #[schema(value_type = Vec<String>)]
    methods: Vec<&'static str>,
    /// Who.
    person: PersonView,
    /// The tenant that the person looks at.
    tenant: Option<CurrentTenant>,
    /// All that they are a member of.
    tenants: Vec<TenantEntry>,
    /// What each change has to show in the header `x-csrf-token`.
    csrf_token: String,
    /// Whether the person runs the platform.
    is_operator: bool,
    /// Until when sensitive changes need no other proof.
    #[schema(format = DateTime)]
    confirmed_until: Option<String>,
    /// When the session ends, however it is used.
    #[schema(format = DateTime)]
    expires_at: String,
    /// New recovery codes, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) recovery_codes: Option<Vec<String>>,
}

/// What a person beside the password has.
pub(crate) struct Factors {
    pub(crate) has_totp: bool,
    pub(crate) passkeys: usize,
    pub(crate) recovery_codes: u32,
}

impl Factors {
    pub(crate) fn has_any(&self) -> bool {
        self.has_totp || self.passkeys > 0
    }
}

impl State {
    /// The second factors of a person.
    ///
    /// # Errors
    /// 503 when the system of record does not answer.
    pub(crate) async fn factors(&self, person: PersonId) -> Result<Factors, Problem> {
        let people = self.database.people();
        let (has_totp, recovery_codes) = people.factors(person).count().await.map_err(store::problem)?;
        let passkeys = people.passkeys().list(person).await.map_err(store::problem)?.len();
        Ok(Factors { has_totp, passkeys, recovery_codes })
    }

    /// The person of a session.
    ///
    /// # Errors
    /// 401 when they are gone.
    pub(crate) async fn person(&self, person: PersonId) -> Result<Person, Problem> {
        let found = self.database.people().get(person).await.map_err(store::problem)?;
        found.ok_or_else(|| Problem::new(Code::Unauthorized))
    }

    /// A person who looks after their own account: none whom a tenant's provider manages.
    ///
    /// # Errors
    /// 403 for such a one, 401 when they are gone.
    pub(crate) async fn unmanaged(&self, person: PersonId) -> Result<Person, Problem> {
        let person = self.person(person).await?;
        if person.managed_by.is_some() { Err(Problem::new(Code::ManagedPerson)) } else { Ok(person) }
    }

    /// A session as the console sees it.
    ///
    /// # Errors
    /// 503 when the system of record does not answer.
    pub(crate) async fn session_view(&self, session: &SessionRow, person: Person) -> Result<SessionView, Problem> {
        let factors = self.factors(person.id).await?;
        let people = self.database.people();
        let is_in = session.stage == Stage::SignedIn;
        let memberships = if is_in { people.memberships(person.id).await.map_err(store::problem)? } else { Vec::new() };
        let is_operator = is_in && people.is_operator(person.id).await.map_err(store::problem)?;
        let current = memberships.iter().find(|one| Some(one.tenant) == session.tenant && one.is_enabled);
        let methods = [
            (factors.has_totp, "totp"),
            (factors.has_any() && factors.recovery_codes > 0, "recovery_code"),
            (factors.passkeys > 0, "passkey"),
        ];
        Ok(SessionView {
            state: match session.stage {
                Stage::SignedIn => "signed_in",
                Stage::SecondFactor => "second_factor_required",
                Stage::Enrolment => "second_factor_enrolment_required",
            },
            methods: methods.into_iter().filter(|(has, _)| *has).map(|(_, name)| name).collect(),
            tenant: current.map(|one| CurrentTenant {
                id: one.tenant,
                name: one.name.clone(),
                slug: one.slug.clone(),
                role: one.role.name(),
                scopes: one.role.scopes().iter().map(pinfold_core::access::Scope::name).collect(),
            }),
            tenants: memberships.into_iter().map(entry).collect(),
            csrf_token: csrf_token(&self.master, session.id),
            is_operator,
            confirmed_until: session.confirmed_until_ms.filter(|until| *until > now_ms()).map(rfc3339),
            expires_at: rfc3339(session.expires_ms),
            person: person.into(),
            recovery_codes: None,
        })
    }

    /// What a person's new session lacks, when the password was right.
    ///
    /// # Errors
    /// 503 when the system of record does not answer.
    pub(crate) async fn stage(&self, person: PersonId) -> Result<Stage, Problem> {
        if self.factors(person).await?.has_any() {
            return Ok(Stage::SecondFactor);
        }
        if !self.people.needs_second_factor {
            return Ok(Stage::SignedIn);
        }
        let people = self.database.people();
        let memberships = people.memberships(person).await.map_err(store::problem)?;
        let has_power = memberships.iter().any(|one| one.role >= Role::Admin);
        let has_power = has_power || people.is_operator(person).await.map_err(store::problem)?;
        Ok(if has_power { Stage::Enrolment } else { Stage::SignedIn })
    }

    /// Begins a session and answers with it.
    ///
    /// # Errors
    /// 503 when the system of record does not answer.
    pub(crate) async fn begin_session(
        &self,
        (status, person): (StatusCode, Person),
        stage: Stage,
        visitor: &Visitor,
        (before, tenant): (Option<SessionId>, Option<TenantId>),
        recovery_codes: Option<Vec<String>>,
    ) -> Result<HttpResponse, Problem> {
        let (secret, session) = self.new_session(&person, (stage, stage == Stage::SignedIn), visitor, (before, tenant)).await?;
        let view = SessionView { recovery_codes, ..self.session_view(&session, person).await? };
        Ok(HttpResponse::build(status).cookie(session_cookie(secret.to_string())).json(view))
    }

    /// Begins a session at a stage, and gives the value of its cookie; with the flag, the person proved just now who they are.
    ///
    /// # Errors
    /// 503 when the system of record does not answer.
    pub(crate) async fn new_session(
        &self,
        person: &Person,
        (stage, is_confirmed): (Stage, bool),
        visitor: &Visitor,
        (before, tenant): (Option<SessionId>, Option<TenantId>),
    ) -> Result<(Zeroizing<String>, SessionRow), Problem> {
        let (secret, hash) = self.session_secret()?;
        let memberships = self.database.people().memberships(person.id).await.map_err(store::problem)?;
        let first = memberships.iter().find(|one| one.is_enabled).map(|one| one.tenant);
        let new = NewSession {
            person: person.id,
            hash,
            stage,
            is_confirmed,
            address: visitor.address.clone(),
            user_agent: visitor.user_agent.clone(),
        };
        if stage == Stage::SignedIn {
            self.note_person("signed_in", Some(person.id)).await?;
        }
        let sessions = self.database.people().sessions();
        let mut session = sessions.begin(new, before, tenant).await.map_err(store::problem)?;
        let is_open = memberships.iter().any(|one| Some(one.tenant) == session.tenant && one.is_enabled);
        if let Some(first) = first.filter(|_| !is_open) {
            // Where the person looked last is closed, or they are no member any more.
            session = sessions.renew(session.id, hash, false, Some(first)).await.map_err(store::problem)?.unwrap_or(session);
        }
        Ok((secret, session))
    }

    /// A new value for a session's cookie, and the hash under which it is known.
    fn session_secret(&self) -> Result<(Zeroizing<String>, [u8; 32]), Problem> {
        let secret = session_secret();
        let hash = session_hash(&self.master, &secret).ok_or_else(|| Problem::internal("a secret that is none"))?;
        Ok((secret, hash))
    }

    /// Tells of something that a person did, or nobody we know, without changing a row.
    ///
    /// # Errors
    /// 503 when the system of record does not answer.
    pub(crate) async fn note_person(&self, action: &'static str, person: Option<PersonId>) -> Result<(), Problem> {
        let note = Note { action, object: "person", object_id: person.map(|id| id.to_string()), detail: None };
        self.database.platform_audit().note(note).await.map_err(store::problem)
    }

    /// Gives a session another cookie and answers with it.
    ///
    /// # Errors
    /// 401 when it ended.
    pub(crate) async fn renew_session(
        &self,
        (status, session): (StatusCode, SessionId),
        is_confirmed: bool,
        tenant: Option<TenantId>,
    ) -> Result<HttpResponse, Problem> {
        let (secret, session) = self.new_secret(session, is_confirmed, tenant).await?;
        let person = self.person(session.person).await?;
        let view = self.session_view(&session, person).await?;
        Ok(HttpResponse::build(status).cookie(session_cookie(secret.to_string())).json(view))
    }

    /// Gives a session another cookie, and says what else is new of it.
    ///
    /// # Errors
    /// 401 when it ended.
    pub(crate) async fn new_secret(
        &self,
        session: SessionId,
        is_confirmed: bool,
        tenant: Option<TenantId>,
    ) -> Result<(Zeroizing<String>, SessionRow), Problem> {
        let (secret, hash) = self.session_secret()?;
        let renewed = self.database.people().sessions().renew(session, hash, is_confirmed, tenant).await;
        let session = renewed.map_err(store::problem)?.ok_or_else(|| Problem::new(Code::Unauthorized))?;
        Ok((secret, session))
    }

    /// Wants a recent proof of who the person is.
    ///
    /// # Errors
    /// 403 without one.
    pub(crate) async fn confirmed(&self, session: SessionId) -> Result<(), Problem> {
        let session = self.database.people().sessions().get(session).await.map_err(store::problem)?;
        let is_recent = session.and_then(|session| session.confirmed_until_ms).is_some_and(|until| until > now_ms());
        if is_recent { Ok(()) } else { Err(Problem::new(Code::ConfirmationNeeded)) }
    }

    /// The same of a caller; an API key proves itself with every request.
    ///
    /// # Errors
    /// As [`Self::confirmed`].
    pub(crate) async fn confirmed_caller(&self, caller: &Caller) -> Result<(), Problem> {
        match caller.actor {
            Actor::Key(_) => Ok(()),
            Actor::Person { session, .. } => self.confirmed(session).await,
        }
    }

    /// Tells a person that something about their account changed.
    ///
    /// # Errors
    /// 503 when the system of record does not answer.
    pub(crate) async fn warn(&self, person: PersonId, what: &str) -> Result<(), Problem> {
        if self.mailer.check().is_err() {
            return Ok(());
        }
        let person = self.person(person).await?;
        let letter = crate::letters::warning(&self.console_url, &person.name, what);
        self.mailer.queue(&self.database, &self.master, &person.email, letter).await
    }
}

fn entry(one: Membership) -> TenantEntry {
    TenantEntry { id: one.tenant, name: one.name, slug: one.slug, role: one.role.name(), suspended: !one.is_enabled }
}

/// A name of a person or a tenant.
///
/// # Errors
/// 400 that names the field.
pub(crate) fn checked_name(field: &'static str, name: &str) -> Result<String, Problem> {
    let name = name.trim();
    match pinfold_core::application::check_name(name) {
        Ok(()) => Ok(name.to_owned()),
        Err(must) => Err(Problem::field(field, must.to_string())),
    }
}
