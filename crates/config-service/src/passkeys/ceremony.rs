//! A ceremony: a challenge that a browser has a passkey answer. It is kept in Redis for five minutes, and good once, whatever the answer.

use pinfold_core::id::PersonId;
use pinfold_http::{Code, Problem};
use pinfold_postgres::Passkey as Stored;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::{State, store};

/// How long a challenge may be answered, in seconds.
const LIFE_S: u64 = 300;

/// What a challenge was made for.
#[derive(Serialize, Deserialize)]
pub(crate) enum Ceremony {
    /// A person enrols a passkey.
    Enrol(PersonId, PasskeyRegistration),
    /// A person proves who they are.
    Prove(PersonId, PasskeyAuthentication),
    /// Whoever has a passkey signs in with it.
    SignIn(DiscoverableAuthentication),
}

/// A challenge for a browser.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PasskeyOptions)]
pub(crate) struct OptionsView {
    /// What the browser is given, as JSON (WebAuthn level 3).
    #[schema(value_type = Object)]
    public_key: Value,
    /// The name of the ceremony, to come back with the answer.
    #[schema(example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    ceremony: String,
}

/// What a passkey answered.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasskeyAnswer)]
pub(crate) struct Answered {
    /// The name of the ceremony.
    #[schema(max_length = 64, example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    ceremony: String,
    /// The browser's credential, as JSON.
    #[schema(value_type = Object)]
    credential: Value,
}

fn wrong() -> Problem {
    Problem::new(Code::WrongCredentials)
}

/// The relying party that the installation's address makes. This machine is `localhost` to browsers.
///
/// # Errors
/// 404 where the address is a number: browsers know no passkeys of such places.
fn relying_party(console_url: &str) -> Result<Webauthn, Problem> {
    let mut origin = Url::parse(console_url).map_err(Problem::internal)?;
    if matches!(origin.host_str(), Some("127.0.0.1" | "[::1]")) {
        origin.set_host(Some("localhost")).map_err(Problem::internal)?;
    }
    let nameless = || Problem::new(Code::NotFound).detail("Passkeys need an http.public_url with a name, not a number.");
    let name = origin.domain().ok_or_else(nameless)?.to_owned();
    let builder = WebauthnBuilder::new(&name, &origin).map_err(Problem::internal)?.rp_name("Pinfold");
    builder.build().map_err(Problem::internal)
}

fn opened(stored: &Stored) -> Result<Passkey, Problem> {
    serde_json::from_value(stored.credential.clone()).map_err(Problem::internal)
}

impl Ceremony {
    /// A challenge by which a person enrols a passkey.
    ///
    /// # Errors
    /// 503 when a store does not answer.
    pub(super) async fn enrol(state: &State, person: PersonId) -> Result<OptionsView, Problem> {
        let known = state.database.people().passkeys().list(person).await.map_err(store::problem)?;
        let known: Vec<Passkey> = known.iter().map(opened).collect::<Result<_, _>>()?;
        let exclude = known.iter().map(|passkey| passkey.cred_id().clone()).collect();
        let whose = state.person(person).await?;
        let party = relying_party(&state.console_url)?;
        let (challenge, ceremony) = party
            .start_passkey_registration(Uuid::from(person), &whose.email, &whose.name, Some(exclude))
            .map_err(Problem::internal)?;
        let mut options = serde_json::to_value(challenge).map_err(Problem::internal)?;
        // So that the person can sign in with it alone.
        options["publicKey"]["authenticatorSelection"]["residentKey"] = "preferred".into();
        keep(state, options, &Self::Enrol(person, ceremony)).await
    }

    /// A challenge for one of a person's passkeys, or for anybody's.
    ///
    /// # Errors
    /// 404 for a person who has none; 429 for an address that asked too often; 503 when a store does not answer.
    pub(crate) async fn prove(state: &State, person: Option<PersonId>, address: &str) -> Result<OptionsView, Problem> {
        let party = relying_party(&state.console_url)?;
        let Some(person) = person else {
            crate::account::may_begin(state, address).await?;
            let (challenge, ceremony) = party.start_discoverable_authentication().map_err(Problem::internal)?;
            let options = serde_json::to_value(challenge).map_err(Problem::internal)?;
            return keep(state, options, &Self::SignIn(ceremony)).await;
        };
        let known = state.database.people().passkeys().list(person).await.map_err(store::problem)?;
        let known: Vec<Passkey> = known.iter().map(opened).collect::<Result<_, _>>()?;
        if known.is_empty() {
            return Err(store::missing());
        }
        let (challenge, ceremony) = party.start_passkey_authentication(&known).map_err(Problem::internal)?;
        let options = serde_json::to_value(challenge).map_err(Problem::internal)?;
        keep(state, options, &Self::Prove(person, ceremony)).await
    }
}

/// Keeps a ceremony, and gives the browser's part of it.
async fn keep(state: &State, mut options: Value, ceremony: &Ceremony) -> Result<OptionsView, Problem> {
    let id = format!("{:032X}", u128::from_be_bytes(pinfold_core::entropy::bytes()));
    let kept = serde_json::to_vec(ceremony).map_err(Problem::internal)?;
    state.hot.keep_ceremony(&id, &kept, LIFE_S).await.map_err(store::hot_problem)?;
    Ok(OptionsView { public_key: options["publicKey"].take(), ceremony: id })
}

impl Answered {
    async fn ceremony(&self, state: &State) -> Result<Ceremony, Problem> {
        let is_name = self.ceremony.len() == 32 && self.ceremony.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_name {
            return Err(wrong());
        }
        let kept = state.hot.take_ceremony(&self.ceremony).await.map_err(store::hot_problem)?.ok_or_else(wrong)?;
        serde_json::from_slice(&kept).map_err(Problem::internal)
    }

    /// Judges the answer of an enrolment, and gives the passkey with its credential id.
    ///
    /// # Errors
    /// 401 for an answer that is not good.
    pub(super) async fn enrolled(self, state: &State, person: PersonId) -> Result<(Vec<u8>, Value), Problem> {
        let Ceremony::Enrol(whose, ceremony) = self.ceremony(state).await? else { return Err(wrong()) };
        let credential: RegisterPublicKeyCredential = serde_json::from_value(self.credential).map_err(|_| wrong())?;
        if whose != person {
            return Err(wrong());
        }
        let passkey = relying_party(&state.console_url)?.finish_passkey_registration(&credential, &ceremony);
        let passkey = passkey.map_err(|_| wrong())?;
        let stored = serde_json::to_value(&passkey).map_err(Problem::internal)?;
        Ok((passkey.cred_id().to_vec(), stored))
    }

    /// Judges the answer of one of a person's passkeys; of anybody's without a person. Gives whose it is.
    ///
    /// # Errors
    /// 401 for an answer that is not good.
    pub(crate) async fn proved(self, state: &State, person: Option<PersonId>) -> Result<PersonId, Problem> {
        let ceremony = self.ceremony(state).await?;
        let credential: PublicKeyCredential = serde_json::from_value(self.credential).map_err(|_| wrong())?;
        let party = relying_party(&state.console_url)?;
        let found = state.database.people().passkeys().find(credential.raw_id.to_vec()).await.map_err(store::problem)?;
        let stored = found.ok_or_else(wrong)?;
        let mut passkey = opened(&stored)?;
        let result: AuthenticationResult = match (ceremony, person) {
            (Ceremony::Prove(whose, ceremony), Some(person)) if whose == person && stored.person == person => {
                party.finish_passkey_authentication(&credential, &ceremony).map_err(|_| wrong())?
            }
            (Ceremony::SignIn(ceremony), None) => {
                let (whose, _) = party.identify_discoverable_authentication(&credential).map_err(|_| wrong())?;
                if PersonId::from(whose) != stored.person {
                    return Err(wrong());
                }

                party.finish_discoverable_authentication_v2(&credential, ceremony, &passkey).map_err(|_| wrong())?
            }
            _ => return Err(wrong()),
        };
        // The library compares with what was known when the challenge was made; another proof may have come in between.
        let is_newer = passkey.update_credential(&result).ok_or_else(wrong)?;
        if result.counter() > 0 && !is_newer {
            return Err(wrong());
        }
        let after = serde_json::to_value(&passkey).map_err(Problem::internal)?;
        let is_noted = state.database.people().passkeys().used(stored.id, stored.credential, after).await;
        if is_noted.map_err(store::problem)? { Ok(stored.person) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::relying_party;

    #[test]
    fn an_address_with_a_name_is_a_relying_party() {
        for url in ["https://pin.example.com", "http://127.0.0.1:8080", "http://localhost:8080"] {
            assert!(relying_party(url).is_ok(), "{url}");
        }
        assert!(relying_party("http://192.0.2.1:8080").is_err());
    }
}
