//! Tokens that an application signs itself (RFC 7519): the compact form, RS256 and nothing else, short lives, each good
//! once. What they claim is believed only after [`ApplicationToken::is_signed_by`].

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use uuid::Uuid;

use crate::id::ApplicationId;
use crate::public_key::PublicKey;

/// The longest token that is looked at: one signed with 8192 bits has less.
const LONGEST: usize = 4_096;
/// The longest life in seconds: the vendor's own.
const LONGEST_LIFE_S: u64 = 86_400;
/// How far clocks may be apart, in seconds.
const LEEWAY_S: u64 = 30;

/// A token that is well formed.
#[derive(Debug)]
pub struct ApplicationToken<'a> {
    /// The application that it says it is from.
    pub application: ApplicationId,
    /// Its own id, which no other token of the application has.
    pub id: String,
    /// When it ends, in seconds since 1970.
    pub expires_s: u64,
    issued_s: u64,
    not_before_s: u64,
    signed: &'a [u8],
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header<'a> {
    alg: &'a str,
    typ: Option<&'a str>,
}

#[derive(Deserialize)]
struct Claims {
    application_id: Uuid,
    iat: u64,
    exp: u64,
    #[serde(default)]
    nbf: u64,
    jti: String,
}

impl<'a> ApplicationToken<'a> {
    /// Whether a credential has the form of a token: three parts with dots between.
    #[must_use]
    pub fn resembles(text: &str) -> bool {
        text.bytes().filter(|byte| *byte == b'.').count() == 2
    }

    /// Reads a token; `None` for anything but one that is signed with RS256 and has all its claims in their types.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST || !Self::resembles(text) {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let (header, claims) = (URL_SAFE_NO_PAD.decode(header).ok()?, URL_SAFE_NO_PAD.decode(claims).ok()?);
        // A name that is given twice is an error. Keys that a stranger would choose, and demands that we do not know, are none.
        let names: Names = serde_json::from_slice(&header).ok()?;
        if names.0.iter().any(|name| matches!(name.as_str(), "crit" | "jku" | "jwk" | "x5u" | "x5c")) {
            return None;
        }
        serde_json::from_slice::<Names>(&claims).ok()?;
        let header: Header = serde_json::from_slice(&header).ok()?;
        if header.alg != "RS256" || header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&claims).ok()?;
        let is_id = (1..=128).contains(&claims.jti.len()) && claims.jti.bytes().all(|byte| byte.is_ascii_graphic());
        is_id.then(|| URL_SAFE_NO_PAD.decode(signature).ok()).flatten().map(|signature| Self {
            application: claims.application_id.into(),
            id: claims.jti,
            expires_s: claims.exp,
            issued_s: claims.iat,
            not_before_s: claims.nbf,
            signed: signed.as_bytes(),
            signature,
        })
    }

    /// Whether it is good at `now_s`: issued and not ended, for a day at most.
    #[must_use]
    pub fn is_valid_at(&self, now_s: u64) -> bool {
        self.issued_s.max(self.not_before_s) <= now_s + LEEWAY_S
            && now_s < self.expires_s
            && self.issued_s < self.expires_s
            && self.expires_s - self.issued_s <= LONGEST_LIFE_S
    }

    /// Whether the holder of `key`'s other half signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verifies(self.signed, &self.signature)
    }
}

/// The name of an application as a credential: what its keyed hash is made of. No API key looks like it.
#[must_use]
pub fn credential(application: ApplicationId) -> String {
    format!("application:{application}")
}

/// The names in an object, each there once.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Names;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object without duplicate names")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                    if names.contains(&name) || names.len() >= 32 {
                        return Err(serde::de::Error::custom("a name is there twice, or there are too many"));
                    }
                    names.push(name);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
    use serde_json::{Value, json};

    use super::*;

    const NOW: u64 = 1_700_000_000;
    const APPLICATION: &str = "c11236f4-00bf-4b89-84ba-88b25df97315";

    fn text(header: &str, claims: &str, signature: &[u8]) -> String {
        [header.as_bytes(), claims.as_bytes(), signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    }

    fn claims(change: impl FnOnce(&mut Value)) -> String {
        let mut claims = json!({"application_id": APPLICATION, "iat": NOW, "exp": NOW + 900, "jti": "7b1d"});
        change(&mut claims);
        claims.to_string()
    }

    const HEADER: &str = r#"{"alg":"RS256","typ":"JWT"}"#;

    #[test]
    fn a_token_is_believed_when_the_application_signed_it() {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let key = PublicKey::from_der(pair.public_key().as_der().expect("DER").as_ref()).expect("a key");
        let unsigned = text(HEADER, &claims(|_| ()), b"");
        let mut signature = vec![0; pair.public_modulus_len()];
        let signed = unsigned.trim_end_matches('.');
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("signs");
        let good = text(HEADER, &claims(|_| ()), &signature);
        let token = ApplicationToken::parse(&good).expect("well formed");
        assert_eq!(uuid::Uuid::from(token.application).to_string(), APPLICATION);
        assert!(token.is_signed_by(&key) && token.is_valid_at(NOW));
        for other in [
            text(HEADER, &claims(|claims| claims["exp"] = json!(NOW + 901)), &signature),
            text(HEADER, &claims(|_| ()), b""),
            text(r#"{"typ":"JWT","alg":"RS256"}"#, &claims(|_| ()), &signature),
        ] {
            assert!(!ApplicationToken::parse(&other).expect("well formed").is_signed_by(&key));
        }
    }

    #[test]
    fn lives_are_bounded() {
        let at = |iat: u64, exp: u64, nbf: u64| {
            let claims = claims(|claims| {
                claims["iat"] = json!(iat);
                claims["exp"] = json!(exp);
                claims["nbf"] = json!(nbf);
            });
            let text = text(HEADER, &claims, b"x");
            ApplicationToken::parse(&text).expect("well formed").is_valid_at(NOW)
        };
        assert!(at(NOW, NOW + 900, 0) && at(NOW - 86_399, NOW + 1, 0) && at(NOW + 29, NOW + 900, 0));
        assert!(!at(NOW, NOW, 0) && !at(NOW - 900, NOW - 1, 0) && !at(NOW + 31, NOW + 900, 0));
        assert!(!at(NOW, NOW + 86_401, 0) && !at(NOW, NOW + 900, NOW + 31) && !at(0, u64::MAX, 0));
    }

    #[test]
    fn what_is_forged_or_odd_is_no_token() {
        let good = claims(|_| ());
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS256","typ":"JWT"}"#,
            r#"{"alg":"RS512"}"#,
            r#"{"alg":"RS256","alg":"none"}"#,
            r#"{"alg":"RS256","typ":"at+jwt"}"#,
            r#"{"alg":"RS256","crit":["x"]}"#,
            r#"{"alg":"RS256","jku":"https://evil.example"}"#,
            r#"{"alg":"RS256","jwk":{}}"#,
            r#"{"alg":"RS256","x5u":"https://evil.example"}"#,
            "{}",
            "[]",
            "RS256",
        ] {
            assert!(ApplicationToken::parse(&text(header, &good, b"x")).is_none(), "{header}");
        }
        for claims in [
            claims(|claims| drop(claims.as_object_mut().map(|claims| claims.remove("exp")))),
            claims(|claims| drop(claims.as_object_mut().map(|claims| claims.remove("jti")))),
            claims(|claims| claims["exp"] = json!((NOW + 900).to_string())),
            claims(|claims| claims["exp"] = json!(1_700_000_900.5)),
            claims(|claims| claims["nbf"] = json!("0")),
            claims(|claims| claims["jti"] = json!("")),
            claims(|claims| claims["jti"] = json!("x".repeat(129))),
            claims(|claims| claims["application_id"] = json!("../../etc")),
            good.replacen('{', r#"{"exp":1,"#, 1),
        ] {
            assert!(ApplicationToken::parse(&text(HEADER, &claims, b"x")).is_none(), "{claims}");
        }
        let good = text(HEADER, &good, b"x");
        for other in ["", "..", "a.b", &format!("{good}.x"), &format!("{good}="), &good.repeat(20)] {
            assert!(ApplicationToken::parse(other).is_none(), "{other}");
        }
    }
}
