//! What it means that an exchange failed.

use std::error::Error;
use std::io;

use super::connect::Unresolved;
use super::pool::Lost;
use crate::address::Refused;
use crate::outcome::Outcome;

/// What a failed exchange means: as long as no connection stood, nothing was sent.
pub(super) fn failure(lost: &Lost) -> Outcome {
    let error: &(dyn Error + 'static) = lost;
    if let Lost::Unanswered(_) = lost {
        let is_untouched = find::<h2::Error>(error).is_some_and(is_untouched);
        return if is_untouched { Outcome::temporary("not_taken") } else { Outcome::unknown("connection_lost") };
    }
    if find::<Refused>(error).is_some() {
        return Outcome::permanent("address_refused");
    }
    if let Some(error) = find::<rustls::Error>(error) {
        tracing::debug!(%error, "no TLS with a provider");
        return Outcome::temporary("tls_failed");
    }
    if find::<Unresolved>(error).is_some() {
        return Outcome::temporary("dns_failed");
    }
    Outcome::temporary(match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::TimedOut) => "connect_timeout",
        Some(io::ErrorKind::ConnectionRefused) => "connect_refused",
        _ => "connect_failed",
    })
}

/// Whether a server says that it did nothing with a request (RFC 9113, 8.7).
fn is_untouched(error: &h2::Error) -> bool {
    let is_said = |reason| error.is_remote() && error.reason() == Some(reason);
    error.is_go_away() && is_said(h2::Reason::NO_ERROR) || error.is_reset() && is_said(h2::Reason::REFUSED_STREAM)
}

/// The first error of one type among the causes. `io::Error` hides what it wraps from `source`.
pub(crate) fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let wrapped = wrapped.map(|wrapped| wrapped as &(dyn Error + 'static));
    wrapped.or_else(|| error.source()).and_then(find)
}
