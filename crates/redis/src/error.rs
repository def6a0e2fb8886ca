//! Why hot state could not be asked.

/// An error of the hot state. Outcomes such as a wrong PIN are not errors.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Redis does not answer, or answers that it cannot write: come back later.
    #[error("Redis is unavailable")]
    Unavailable(#[source] redis::RedisError),
    /// It was carried out, and no replica has it: who must not lose it comes back.
    #[error("no replica of Redis has it")]
    NotReplicated,
    /// Redis answered what this version does not understand.
    #[error("Redis answered unexpectedly")]
    Unexpected(#[source] redis::RedisError),
    /// A record of a foreign version, or sealed with a key that is gone: it is left alone.
    #[error("a record of this PIN cannot be read by this version")]
    Foreign,
    /// The address or mode in the settings is not usable.
    #[error("the Redis settings are not usable: {0}")]
    Settings(&'static str),
}

impl From<redis::RedisError> for Error {
    fn from(error: redis::RedisError) -> Self {
        let refuses = error.code().is_some_and(|code| {
            [
                "OOM",
                "MISCONF",
                "LOADING",
                // Somebody else's script holds the server.
                "BUSY",
                "READONLY",
                "MASTERDOWN",
                "UNBLOCKED",
                "NOREPLICAS",
                "CLUSTERDOWN",
                "TRYAGAIN",
                "NOAUTH",
                "WRONGPASS",
            ]
            .contains(&code)
        });
        let has_no_master = error.kind() == redis::ErrorKind::MasterNameNotFoundBySentinel;
        let transport = has_no_master
            || error.is_io_error()
            || error.is_timeout()
            || error.is_connection_dropped()
            || error.is_connection_refusal();
        if transport || refuses { Self::Unavailable(error) } else { Self::Unexpected(error) }
    }
}

impl Error {
    /// Whether coming back later may help.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NotReplicated)
    }
}
