//! A provider's credentials: what stands for them where they are not shown, and how that is taken back.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What stands for a value that is not shown.
pub(super) const HIDDEN: &str = "***";

/// A credential. It is written out for the store only, sealed there; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The credential itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// A value of a provider's settings that is not shown.
pub struct Hidden<'a> {
    /// Names it among the values of its kind.
    pub(super) path: Cow<'static, str>,
    /// The field that an error names.
    pub(super) field: Cow<'static, str>,
    pub(super) value: &'a mut String,
    /// Whether it may be nothing but a placeholder, which is no secret.
    is_templated: bool,
}

impl<'a> Hidden<'a> {
    /// A credential in a field of its own.
    pub fn secret(field: &'static str, secret: &'a mut Secret) -> Self {
        Self { path: field.into(), field: field.into(), value: &mut secret.0, is_templated: false }
    }

    /// A value that may have placeholders, at `path`, told of as `field`.
    pub(super) fn templated(path: String, field: Cow<'static, str>, value: &'a mut String) -> Self {
        Self { path: path.into(), field, value, is_templated: true }
    }

    pub(super) fn mask(self) {
        if !(self.is_templated && is_placeholder(self.value)) {
            HIDDEN.clone_into(self.value);
        }
    }

    pub(super) fn is_masked(&self) -> bool {
        self.value == HIDDEN
    }
}

fn is_placeholder(value: &str) -> bool {
    let name = value.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
}
