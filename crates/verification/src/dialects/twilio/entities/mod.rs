//! People, by the identity that the tenant gives them: what authenticator apps are enrolled for.

mod create;
mod delete;
mod fetch;
mod list;
mod view;

use pinfold_http::{Caller, Code, Mount, Problem, mount};
use pinfold_postgres::{Added, Entity};

use super::Service;
use crate::State;
use crate::state::record_problem;

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::create, self::list, self::fetch, self::delete);
}

impl Service {
    /// The person of an identity.
    ///
    /// # Errors
    /// 404.
    pub(super) async fn entity(&self, state: &State, caller: &Caller, identity: &str) -> Result<Entity, Problem> {
        let entities = state.database.tenant(caller.tenant).entities(self.id);
        let found = entities.get(identity.to_owned()).await.map_err(record_problem)?;
        found.ok_or_else(|| Problem::new(Code::NotFound))
    }

    /// The person of an identity, created if it is new: the vendor's clients enroll apps without creating people first.
    ///
    /// # Errors
    /// 400 for what is no identity.
    pub(super) async fn find_or_create_entity(&self, state: &State, caller: &Caller, identity: &str) -> Result<Entity, Problem> {
        check_identity(identity)?;
        let entities = state.database.tenant(caller.tenant).entities(self.id);
        match entities.create(identity.to_owned()).await.map_err(record_problem)? {
            Added::Added(entity) => Ok(entity),
            Added::Taken => self.entity(state, caller, identity).await,
            Added::Full | Added::Gone => Err(Problem::new(Code::NotFound)),
        }
    }
}

/// # Errors
/// 400 naming the field.
fn check_identity(identity: &str) -> Result<(), Problem> {
    let is_plain = identity.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if (8..=64).contains(&identity.len()) && is_plain {
        Ok(())
    } else {
        Err(Problem::field("Identity", "must have 8 to 64 letters, digits, _ - or ."))
    }
}
