//! The credential of a request, in each of the schemes that clients use. Never taken from the address.

use std::borrow::Cow;

use actix_web::http::header::HeaderValue;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use pinfold_core::credential::Credential;

const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// A credential that looks like one of ours.
pub(crate) struct Presented<'a> {
    pub(crate) kind: Credential,
    pub(crate) secret: Cow<'a, str>,
}

impl<'a> Presented<'a> {
    /// Reads an `Authorization` header; `None` for what cannot be one of ours, or not in this scheme.
    pub(crate) fn read(header: &'a HeaderValue) -> Option<Self> {
        let (scheme, value) = header.to_str().ok()?.trim().split_once(' ')?;
        let value = value.trim_start();
        let is = |name| scheme.eq_ignore_ascii_case(name);
        if is("Bearer") {
            Self::of(value)
        } else if is("App") {
            Self::of(value).filter(Self::is_key)
        } else if is("IBSSO") {
            Self::of(value).filter(|presented| !presented.is_key())
        } else if is("Basic") {
            let decoded = String::from_utf8(BASE64.decode(value).ok()?).ok()?;
            let (user, password) = decoded.split_once(':')?;
            Self::of(login(user, password).to_owned()).filter(Self::is_key)
        } else {
            None
        }
    }

    /// An API key that came as a password.
    pub(crate) fn key(secret: &'a str) -> Option<Self> {
        Self::of(secret).filter(Self::is_key)
    }

    fn of(secret: impl Into<Cow<'a, str>>) -> Option<Self> {
        let secret = secret.into();
        Some(Self { kind: Credential::of(&secret)?, secret })
    }

    pub(crate) fn is_key(&self) -> bool {
        matches!(self.kind, Credential::Key(_))
    }
}

/// What of a user name and password is the API key: the password, or the name that came without one.
pub(crate) fn login<'a>(user: &'a str, password: &'a str) -> &'a str {
    if password.is_empty() { user } else { password }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "pf_live_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    const TOKEN: &str = "pft_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

    fn read(header: &str) -> Option<String> {
        let header = HeaderValue::from_str(header).expect("printable");
        Presented::read(&header).map(|presented| presented.secret.into_owned())
    }

    fn basic(pair: &str) -> String {
        format!("Basic {}", BASE64.encode(pair))
    }

    #[test]
    fn every_scheme_is_read_whatever_its_case() {
        for scheme in ["App", "app", "APP", "Bearer", "bearer"] {
            assert_eq!(read(&format!("{scheme} {KEY}")).as_deref(), Some(KEY), "{scheme}");
        }
        assert_eq!(read(&format!("App   {KEY}")).as_deref(), Some(KEY));
        for scheme in ["IBSSO", "ibsso", "Bearer"] {
            assert_eq!(read(&format!("{scheme} {TOKEN}")).as_deref(), Some(TOKEN), "{scheme}");
        }
        for pair in [format!("user:{KEY}"), format!(":{KEY}"), format!("{KEY}:")] {
            assert_eq!(read(&basic(&pair)).as_deref(), Some(KEY));
            assert_eq!(read(basic(&pair).trim_end_matches('=')).as_deref(), Some(KEY));
        }
    }

    #[test]
    fn a_credential_in_another_ones_scheme_is_none() {
        for header in [format!("App {TOKEN}"), format!("IBSSO {KEY}"), basic(&format!("user:{TOKEN}")), basic(KEY)] {
            assert_eq!(read(&header), None, "{header}");
        }
    }

    #[test]
    fn rubbish_is_none() {
        let two = format!("App {KEY} {KEY}");
        for header in ["", "undefined", "App", "App ", KEY, "Digest x", "Basic !", "Basic bm9jb2xvbg==", "Basic /w==", &two] {
            assert_eq!(read(header), None, "{header}");
        }
    }
}
