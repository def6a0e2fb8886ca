//! What an import wants to be here, whatever the vendor calls it.

use serde_json::Value;

/// An application with its templates.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedApplication {
    /// Where it comes from: the vendor and the vendor's id.
    pub origin: String,
    /// Its name.
    pub name: String,
    /// What creates it here.
    pub body: Value,
    /// Its templates.
    pub messages: Vec<WantedMessage>,
}

/// A template of an application.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedMessage {
    /// Where it comes from.
    pub origin: String,
    /// How people tell it from the others.
    pub label: String,
    /// What kind it is.
    pub kind: Kind,
    /// What creates it here.
    pub body: Value,
}

/// A kind of template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For SMS and voice.
    Text,
    /// For e-mail.
    Email,
}

impl Kind {
    /// Where templates of the kind are made, behind an application's path.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Text => "messages",
            Self::Email => "email/messages",
        }
    }
}

/// An origin of `vendor`: what it may not hold becomes a hyphen.
pub fn origin(vendor: &str, parts: &[&str]) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let mut origin = vendor.to_owned();
    for part in parts {
        origin.push(':');
        origin.extend(part.chars().map(plain));
    }
    origin.truncate(128);
    origin
}

/// The members of `from` that are there and not null, as a body.
pub fn only(from: &Value, names: &[&str]) -> Value {
    let member = |name: &&str| Some(((*name).to_owned(), from.get(*name).filter(|value| !value.is_null())?.clone()));
    Value::Object(names.iter().filter_map(member).collect())
}

/// A text of a vendor's object, for people; `?` when it has none.
pub fn text<'a>(from: &'a Value, name: &str) -> &'a str {
    from.get(name).and_then(Value::as_str).unwrap_or("?")
}
