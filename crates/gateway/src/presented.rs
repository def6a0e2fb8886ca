//! The credential of a request, in the schemes that the clients of its dialect use. One API key is the password of every
//! scheme. It is taken from the address for one vendor alone, whose clients put it there.

use std::borrow::Cow;

use actix_web::http::header::HeaderValue;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use pinfold_core::credential::Credential;
use pinfold_http::dialect::Dialect;

const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// A way to show a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// `Authorization: App <key>`.
    App,
    /// `Authorization: Bearer <key or token>`.
    Bearer,
    /// `Authorization: Basic <name:key>`.
    Basic,
    /// `Authorization: IBSSO <token>`.
    Ibsso,
    /// A field of the body or the query.
    Parameter(&'static str),
}

/// How the clients of each dialect show their API key.
const fn schemes(dialect: Dialect) -> &'static [Scheme] {
    use Scheme::{App, Basic, Bearer, Ibsso, Parameter};
    match dialect {
        Dialect::Native | Dialect::Infobip | Dialect::OtpV1 => &[App, Bearer, Basic, Ibsso],
        // `Bearer <key>`, or the account and the key.
        Dialect::EightXEightV1 | Dialect::EightXEightV2 => &[Bearer, Basic],
        Dialect::Iprog => &[Parameter("api_token"), Bearer],
        // The AccountSid and the AuthToken, which is the key.
        Dialect::Twilio => &[Basic, Bearer],
        // The API key's name and the API secret, which is the key.
        Dialect::Vonage => &[Basic, Bearer],
        Dialect::Camara => &[Bearer],
    }
}

/// The field of body or query that holds the API key in a dialect, if there is one.
pub(crate) fn parameter(dialect: Dialect) -> Option<&'static str> {
    schemes(dialect).iter().find_map(|scheme| if let Scheme::Parameter(name) = scheme { Some(*name) } else { None })
}

/// A credential that looks like one of ours.
pub(crate) struct Presented<'a> {
    pub(crate) kind: Credential,
    pub(crate) secret: Cow<'a, str>,
}

impl<'a> Presented<'a> {
    /// Reads an `Authorization` header; `None` for what cannot be one of ours, or not in this scheme.
    pub(crate) fn read(dialect: Dialect, header: &'a HeaderValue) -> Option<Self> {
        let (scheme, value) = header.to_str().ok()?.trim().split_once(' ')?;
        let value = value.trim_start();
        match scheme_of(scheme).filter(|scheme| schemes(dialect).contains(scheme))? {
            Scheme::Bearer => Self::of(value),
            Scheme::App => Self::key(value),
            Scheme::Ibsso => Self::of(value).filter(|presented| !presented.is_key()),
            Scheme::Basic => {
                let (user, password) = pair(value)?;
                Self::of(login(&user, &password).to_owned()).filter(Self::is_key)
            }
            Scheme::Parameter(_) => None,
        }
    }

    /// An API key that came as a password.
    pub(crate) fn key(secret: impl Into<Cow<'a, str>>) -> Option<Self> {
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

fn scheme_of(name: &str) -> Option<Scheme> {
    let names = [("Bearer", Scheme::Bearer), ("App", Scheme::App), ("Basic", Scheme::Basic), ("IBSSO", Scheme::Ibsso)];
    names.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, scheme)| scheme)
}

/// User name and password of an `Authorization` header in the scheme `Basic`; `None` for any other.
pub(crate) fn basic(header: &HeaderValue) -> Option<(String, String)> {
    let (scheme, value) = header.to_str().ok()?.trim().split_once(' ')?;
    if scheme_of(scheme)? == Scheme::Basic { pair(value.trim_start()) } else { None }
}

fn pair(value: &str) -> Option<(String, String)> {
    let decoded = String::from_utf8(BASE64.decode(value).ok()?).ok()?;
    decoded.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
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
        Presented::read(Dialect::Infobip, &header).map(|presented| presented.secret.into_owned())
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
    fn each_dialect_takes_its_own_schemes() {
        let takes =
            |dialect, header: String| Presented::read(dialect, &HeaderValue::from_str(&header).expect("printable")).is_some();
        for dialect in [Dialect::EightXEightV1, Dialect::EightXEightV2, Dialect::Twilio, Dialect::Vonage] {
            assert!(takes(dialect, basic(&format!("account:{KEY}"))) && takes(dialect, format!("Bearer {KEY}")));
            assert!(!takes(dialect, format!("App {KEY}")), "{dialect:?}");
        }
        assert!(takes(Dialect::Camara, format!("Bearer {KEY}")) && !takes(Dialect::Camara, basic(&format!("x:{KEY}"))));
        for dialect in Dialect::ALL {
            assert_eq!(parameter(dialect), (dialect == Dialect::Iprog).then_some("api_token"), "{dialect:?}");
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
