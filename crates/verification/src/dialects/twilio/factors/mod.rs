//! Authenticator apps of people. An app's secret is shown once, when it is enrolled; its first right code proves that the
//! person has it.

mod create;
mod delete;
mod fetch;
mod fields;
mod list;
mod update;
mod view;

use pinfold_core::id::EntityId;
use pinfold_core::totp::Judged;
use pinfold_http::twilio::id;
use pinfold_http::{Caller, Code, Mount, Problem, mount};
use pinfold_postgres::Factor;
use zeroize::Zeroizing;

use super::Service;
use crate::State;
use crate::state::record_problem;

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::create, self::list, self::fetch, self::update, self::delete);
}

/// The longest code that is looked at.
const LONGEST_CODE: usize = 8;

impl Service {
    /// The app of a SID.
    ///
    /// # Errors
    /// 404, by the vendor's number for apps.
    pub(super) async fn factor(&self, state: &State, caller: &Caller, entity: EntityId, sid: &str) -> Result<Factor, Problem> {
        let missing = || Problem::new(Code::NotFound).numbered(60390);
        let factors = state.database.tenant(caller.tenant).factors(self.id, entity);
        let id = id("YF", sid).map_err(|_| missing())?;
        factors.get(id).await.map_err(record_problem)?.ok_or_else(missing)
    }
}

/// A code from a form.
///
/// # Errors
/// 400 for what cannot be one; nothing is spent.
pub(super) fn code(text: String) -> Result<Zeroizing<String>, Problem> {
    let text = Zeroizing::new(text);
    let is_code = (1..=LONGEST_CODE).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_code { Ok(text) } else { Err(Problem::field("AuthPayload", "must be a code of digits").numbered(60306)) }
}

/// Whether a guess was right; `number` is the vendor's for too many that were not.
///
/// # Errors
/// 404 when there is nothing to judge, 429 when guesses are locked.
pub(super) fn is_right(judged: Option<Judged>, number: u32) -> Result<bool, Problem> {
    match judged {
        None => Err(Problem::new(Code::NotFound)),
        Some(Judged::Right) => Ok(true),
        Some(Judged::Wrong) => Ok(false),
        Some(Judged::Locked { retry_ms }) => Err(Problem::new(Code::NumberLocked).retry_after_ms(retry_ms).numbered(number)),
    }
}
