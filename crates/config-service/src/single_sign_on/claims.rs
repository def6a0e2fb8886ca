//! What a provider vouches for, and whether it may come in.

use openidconnect::core::CoreGenderClaim;
use openidconnect::{EndUserName, LocalizedClaim, StandardClaims};
use pinfold_core::email::Email;
use pinfold_postgres::Asserted;

use super::fault::{Fault, Told};

const LONGEST_NAME: usize = 255;
const LONGEST_SUBJECT: usize = 255;

/// What a provider says of somebody.
pub(super) struct Claims {
    pub(super) subject: String,
    pub(super) email: Option<String>,
    pub(super) is_verified: Option<bool>,
    pub(super) name: Option<String>,
    /// When they proved who they are, in seconds since 1970.
    pub(super) auth_time: Option<i64>,
}

/// The name among a user's claims, in whatever language.
pub(super) fn name_of(name: Option<&LocalizedClaim<EndUserName>>) -> Option<String> {
    let name = name?;
    name.get(None).or_else(|| name.iter().next().map(|(_, name)| name)).map(|name| name.to_string())
}

impl Claims {
    /// Takes from the user info what the ID token left out.
    pub(super) fn fill(&mut self, info: &StandardClaims<CoreGenderClaim>) {
        self.email = info.email().map(|email| email.to_string());
        self.is_verified = info.email_verified();
        self.name = self.name.take().or_else(|| name_of(info.name()));
    }

    /// Who comes in, when the address may.
    ///
    /// # Errors
    /// A fault without an address, or with one of a domain that may not.
    pub(super) fn admissible(self, issuer: &str, domains: &[String]) -> Result<Asserted, Fault> {
        if self.subject.is_empty() || self.subject.chars().count() > LONGEST_SUBJECT || self.subject.contains('\0') {
            return Err(Fault::new(Told::Unproven, "a subject that is none"));
        }
        let email = self.email.as_deref().and_then(|email| Email::parse(email).ok());
        let email = email.ok_or_else(|| Fault::new(Told::Address, "no address"))?;
        let domain = email.address().split_once('@').map(|(_, domain)| domain).unwrap_or_default();
        if !domains.is_empty() {
            if !domains.iter().any(|allowed| allowed == domain) {
                return Err(Fault::new(Told::Address, "an address of another domain"));
            }
            if self.is_verified == Some(false) {
                return Err(Fault::new(Told::Address, "an address that is not verified"));
            }
        }
        let name: String = self.name.unwrap_or_default().chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        let name = if name.trim().is_empty() { email.address() } else { name.trim() };
        Ok(Asserted {
            issuer: issuer.to_owned(),
            subject: self.subject,
            name: name.to_owned(),
            email: email.address().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(email: &str, is_verified: Option<bool>) -> Claims {
        Claims { subject: "1".into(), email: Some(email.into()), is_verified, name: Some(" A\nB ".into()), auth_time: None }
    }

    #[test]
    fn an_address_comes_in_by_its_domain() {
        let domains = ["example.com".to_owned()];
        let known = claims("Ann@Example.COM", None).admissible("https://a.example", &domains).expect("may come in");
        assert_eq!((known.email.as_str(), known.name.as_str()), ("Ann@example.com", "AB"));
        for (email, is_verified) in [
            ("ann@example.com", Some(false)),
            ("ann@sub.example.com", None),
            ("ann@example.com.evil.example", None),
            ("ann@evil.example", Some(true)),
            ("ann", None),
        ] {
            assert!(claims(email, is_verified).admissible("https://a.example", &domains).is_err(), "{email}");
        }
        // Without domains any address does, as the provider is the tenant's own.
        assert!(claims("ann@anywhere.example", Some(false)).admissible("https://a.example", &[]).is_ok());
    }

    #[test]
    fn who_has_no_name_is_called_by_their_address() {
        let nameless = Claims { name: None, ..claims("ann@example.com", None) };
        assert_eq!(nameless.admissible("x", &[]).expect("may come in").name, "ann@example.com");
        let nobody = Claims { subject: String::new(), ..claims("ann@example.com", None) };
        assert!(nobody.admissible("x", &[]).is_err());
    }
}
