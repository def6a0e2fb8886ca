//! What can go wrong with the system of record. "Not there" is `None`, no error.

use diesel::result::DatabaseErrorKind;
use diesel::result::Error as QueryError;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// An error of the system of record.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// PostgreSQL cannot be reached, refuses connections or went away.
    #[error("PostgreSQL is away")]
    Away(#[source] Source),
    /// PostgreSQL or the pool took too long.
    #[error("PostgreSQL took too long")]
    TimedOut,
    /// A value breaks a constraint: it is taken already, refers to nothing, or is out of bounds.
    #[error("the constraint {constraint} refuses the change")]
    Refused {
        /// The constraint's name, or what the database said.
        constraint: String,
        /// What the driver said.
        #[source]
        source: QueryError,
    },
    /// A query failed otherwise.
    #[error("a query failed")]
    Query(#[source] QueryError),
    /// A row does not hold what its column promises.
    #[error("{table}.{column} of {id} is corrupt")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's id.
        id: String,
    },
    /// The migrations failed.
    #[error("the migrations failed")]
    Migration(#[source] Source),
    /// A setting is unusable.
    #[error("postgres.{setting} is unusable")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Why.
        #[source]
        source: Source,
    },
    /// The task that held the transaction ended early: the process stops, or the task crashed.
    #[error("the work was interrupted")]
    Interrupted,
}

impl Error {
    /// Whether the cause is outside and may pass: worth a `503` and another try.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Away(_) | Self::TimedOut | Self::Interrupted)
    }

    /// Whether the change itself was refused: worth a `4xx`.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// The constraint that refused the change.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Refused { constraint, .. } => Some(constraint),
            _ => None,
        }
    }

    pub(crate) fn corrupt(table: &'static str, column: &'static str, id: impl ToString) -> Self {
        Self::Corrupt { table, column, id: id.to_string() }
    }
}

/// What PostgreSQL says when it goes away, comes up, or has no connection left; the driver drops the codes.
const AWAY: [&str; 7] = [
    "terminating connection",
    "the database system is",
    "remaining connection slots",
    "too many connections",
    "too many clients",
    "connection closed",
    "cannot execute",
];
/// What PostgreSQL says when a statement or a lock took too long.
const SLOW: [&str; 3] =
    ["canceling statement due to statement timeout", "canceling statement due to lock timeout", "deadlock detected"];
/// What PostgreSQL says about text that it cannot hold, such as NUL.
const UNSTORABLE: [&str; 3] = ["invalid byte sequence", "unsupported Unicode escape sequence", "invalid message format"];

impl From<QueryError> for Error {
    fn from(error: QueryError) -> Self {
        let QueryError::DatabaseError(kind, information) = &error else {
            return match error {
                QueryError::BrokenTransactionManager => Self::Away(Box::new(error)),
                other => Self::Query(other),
            };
        };
        let message = information.message();
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| message.contains(phrase));
        match kind {
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::RestrictViolation
            | DatabaseErrorKind::ExclusionViolation => {
                let constraint = information.constraint_name().unwrap_or(message).to_owned();
                Self::Refused { constraint, source: error }
            }
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ReadOnlyTransaction
            | DatabaseErrorKind::SerializationFailure => Self::Away(Box::new(error)),
            _ if says(&UNSTORABLE) => Self::Refused { constraint: "text".to_owned(), source: error },
            _ if says(&SLOW) => Self::TimedOut,
            _ if says(&AWAY) => Self::Away(Box::new(error)),
            _ => Self::Query(error),
        }
    }
}

impl From<diesel::ConnectionError> for Error {
    fn from(error: diesel::ConnectionError) -> Self {
        Self::Away(Box::new(error))
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Away(Box::new(error))
    }
}

/// An error with all its causes, for where the driver would lose them.
pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut texts: Vec<String> = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}
