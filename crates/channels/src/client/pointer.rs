//! A place in a JSON document (RFC 6901). What stands elsewhere is passed over unread: most answers hold more than is asked for.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// The place, taken apart once.
#[derive(Debug)]
pub(crate) struct Pointer(Vec<String>);

impl From<&str> for Pointer {
    fn from(text: &str) -> Self {
        Self(text.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect())
    }
}

impl Pointer {
    /// What stands there, if anything does.
    ///
    /// # Errors
    /// When the document has not the form of JSON, or what stands there is none. Texts that are passed over may be in any encoding.
    pub(super) fn find(&self, document: &[u8]) -> serde_json::Result<Option<Value>> {
        let mut deserializer = serde_json::Deserializer::from_slice(document);
        let found = At(&self.0).deserialize(&mut deserializer)?;
        deserializer.end().map(|()| found)
    }
}

/// The value at a place below.
#[derive(Clone, Copy)]
struct At<'p>(&'p [String]);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() {
            serde::Deserialize::deserialize(deserializer).map(Some)
        } else {
            deserializer.deserialize_any(self)
        }
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (token, rest) = (&self.0[0], At(&self.0[1..]));
        let mut found = None;
        while let Some(is_wanted) = members.next_key_seed(Is(token))? {
            if is_wanted {
                found = members.next_value_seed(rest)?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let (wanted, rest) = (index(&self.0[0]), At(&self.0[1..]));
        let mut found = None;
        for place in 0.. {
            let item = if wanted == Some(place) {
                items.next_element_seed(rest)?.map(|item| found = item)
            } else {
                items.next_element::<IgnoredAny>()?.map(drop)
            };
            if item.is_none() {
                break;
            }
        }
        Ok(found)
    }
}

fn index(token: &str) -> Option<usize> {
    let is_plain = token == "0" || !token.starts_with(['0', '+']);
    token.parse().ok().filter(|_| is_plain)
}

/// Whether a key is this one.
struct Is<'p>(&'p str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_found_is_what_the_whole_document_says() {
        let document = json!({
            "id": "A", "list": [{"id": 1}, [2, 3], null, "x"], "deep": {"a/b": {"~": true}, "": 4.5, "0": "zero"}, "null": null, "é": -7
        });
        let text = document.to_string();
        for pointer in [
            "",
            "/id",
            "/list",
            "/list/0",
            "/list/0/id",
            "/list/1/1",
            "/list/2",
            "/list/3",
            "/list/4",
            "/list/00",
            "/list/+1",
            "/list/x",
            "/list/-",
            "/deep/a~1b/~0",
            "/deep/",
            "/deep/0",
            "/null",
            "/null/x",
            "/id/0",
            "/é",
            "/none",
            "/none/x",
            "/list/0/id/x",
        ] {
            let found = Pointer::from(pointer).find(text.as_bytes()).expect("JSON");
            assert_eq!(found.as_ref(), document.pointer(pointer), "{pointer}");
        }
        for (pointer, found) in [("/a", json!({"b": 2})), ("/a/b", json!(2))] {
            let twice = Pointer::from(pointer).find(br#"{"a":1,"a":{"b":2}}"#).expect("JSON");
            assert_eq!(twice, Some(found), "the last one counts");
        }
        let latin_1 = Pointer::from("/id").find(b"{\"city\":\"Z\xFCrich\",\"id\":\"A\"}").expect("what is asked for can be read");
        assert_eq!(latin_1, Some(json!("A")));
    }

    #[test]
    fn what_is_no_json_is_not_searched() {
        for text in ["", "{", r#"{"a":1}x"#, r#"{"id":"A""#, r#"{"id":5,"b":}"#, r#"{"id":"\ud800"}"#, "<html>"] {
            assert!(Pointer::from("/id/x").find(text.as_bytes()).is_err(), "{text}");
        }
    }
}
