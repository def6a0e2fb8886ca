//! How the system of record's answers become the role's: what is not there is a 404, whoever's it is.

use std::str::FromStr;

use pinfold_http::{Code, Problem};
use pinfold_postgres::{Error, Note, TenantScope};

/// The id in a path. What cannot be an id names nothing, like an unknown one.
///
/// # Errors
/// 404.
pub(crate) fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| missing())
}

/// The id in a path of a dialect that writes ids with hyphens.
pub(crate) fn uuid<T: From<uuid::Uuid>>(text: &str) -> Option<T> {
    uuid::Uuid::try_parse(text).ok().filter(|_| text.len() == 36).map(T::from)
}

/// Nothing there, or nothing of this tenant.
pub(crate) fn missing() -> Problem {
    Problem::new(Code::NotFound)
}

/// What was looked for.
///
/// # Errors
/// 404 when it is not there, and see [`problem`].
pub(crate) fn found<T>(answer: Result<Option<T>, Error>) -> Result<T, Problem> {
    answer.map_err(problem)?.ok_or_else(missing)
}

/// Tells in the audit log of something that changes no configuration.
///
/// # Errors
/// See [`problem`].
pub(crate) async fn tell(
    scope: TenantScope<'_>,
    action: &'static str,
    object: &'static str,
    object_id: impl ToString,
) -> Result<(), Problem> {
    let note = Note { action, object, object_id: Some(object_id.to_string()), detail: None };
    scope.audit().note(note).await.map_err(problem)
}

/// A store that failed: worth coming back, or our fault.
pub(crate) fn problem(error: Error) -> Problem {
    if error.is_unavailable() { Problem::unavailable(error) } else { Problem::internal(error) }
}

/// The same for hot state.
pub(crate) fn hot_problem(error: pinfold_redis::Error) -> Problem {
    if error.is_unavailable() { Problem::unavailable(error) } else { Problem::internal(error) }
}

#[cfg(test)]
mod tests {
    use pinfold_core::id::ApplicationId;

    use super::*;

    #[test]
    fn what_cannot_be_an_id_names_nothing() {
        for text in ["", "1", "../x", "0933F3BC087D2A617AC6DCB2EF5B8A6Z", "0933F3BC087D2A617AC6DCB2EF5B8A611", "*", "{appId}"] {
            assert_eq!(id::<ApplicationId>(text).expect_err(text).code, Code::NotFound);
        }
        id::<ApplicationId>("0933f3bc087d2a617ac6dcb2ef5b8a61").expect("an id, whatever its case");
    }
}
