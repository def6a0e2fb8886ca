//! Settings of the gateway.

use std::net::IpAddr;

use pinfold_core::access::Network;
use pinfold_core::field::FieldError;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use url::Url;

/// How the gateway is reached from outside.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The installation's own address, for whatever shows one; never taken from a request.
    pub public_url: Url,
    /// The networks of the proxies in front. Only they are believed about whom they speak for.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<Network>,
    /// The header in which they say it.
    pub forwarded_header: ForwardedHeader,
}

/// A header that says for whom a proxy speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, which nearly every proxy writes; a request that came without it may have `Forwarded` instead.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239) alone.
    Forwarded,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: Url::parse("http://127.0.0.1:8080").expect("a fixed address"),
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
        }
    }
}

impl Settings {
    /// What is wrong with the settings, if anything.
    ///
    /// # Errors
    /// One clear sentence for each fault.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut faults = Vec::new();
        let url = &self.public_url;
        let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !is_plain {
            faults.push(FieldError::new("http.public_url", "must be an address such as https://pins.example.com"));
        }
        let ends = [[0; 4], [255; 4]].map(IpAddr::from).into_iter().chain([[0; 16], [255; 16]].map(IpAddr::from));
        let ends: Vec<IpAddr> = ends.collect();
        let is_everything = |proxy: &Network| ends.chunks(2).any(|ends| ends.iter().all(|end| proxy.contains(*end)));
        if self.trusted_proxies.iter().any(is_everything) {
            faults.push(FieldError::new("http.trusted_proxies", "must not trust the whole internet"));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Network>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(|fault| D::Error::custom(format!("{text}: {fault}")))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn faults(settings: Value) -> Vec<String> {
        let settings: Settings = serde_json::from_value(settings).expect("parses");
        settings.check().err().into_iter().flatten().map(|fault| fault.field.into_owned()).collect()
    }

    #[test]
    fn the_defaults_are_sound_and_unknown_names_are_refused() {
        assert_eq!(faults(json!({})), Vec::<String>::new());
        assert_eq!(faults(json!({"trusted_proxies": ["10.0.0.0/8", "::1"], "forwarded_header": "forwarded"})), [""; 0]);
        assert!(serde_json::from_value::<Settings>(json!({"trusted_proxy": []})).is_err());
        assert!(serde_json::from_value::<Settings>(json!({"trusted_proxies": ["proxy.example"]})).is_err());
    }

    #[test]
    fn nobody_trusts_the_whole_internet() {
        for everything in ["0.0.0.0/0", "::/0"] {
            assert_eq!(faults(json!({"trusted_proxies": [everything]})), ["http.trusted_proxies"]);
        }
        assert_eq!(faults(json!({"public_url": "ftp://example.com"})), ["http.public_url"]);
        assert_eq!(faults(json!({"public_url": "https://user:secret@example.com/"})), ["http.public_url"]);
    }
}
