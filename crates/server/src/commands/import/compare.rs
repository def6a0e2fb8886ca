//! What differs between what an import wants and what is here, and bodies without what is refused.

use serde_json::Value;

/// The members of `wanted`, by their paths, that `here` has otherwise or not at all.
pub fn differences(wanted: &Value, here: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk("", wanted, here, &mut found);
    found
}

fn walk(path: &str, wanted: &Value, here: &Value, found: &mut Vec<String>) {
    match (wanted, here) {
        (Value::Object(members), _) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(&path, value, here.get(name).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => {}
        (one, other) if one == other => {}
        _ => found.push(path.to_owned()),
    }
}

/// The value at a path such as `configuration.pinTimeToLive`.
pub fn at<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(body, |value, name| value.get(name))
}

/// Takes the value at a path out of a body. Of a member that is refused in part, such as `regional.indiaDlt.x`, everything
/// goes below the first level that is no list of limits.
pub fn take(body: &mut Value, path: &str) -> Option<Value> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    if first == "configuration" && !rest.is_empty() {
        return body.get_mut(first)?.as_object_mut()?.remove(rest);
    }
    body.as_object_mut()?.remove(first)
}

/// A value for people.
pub fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_wanted_is_compared() {
        let wanted = json!({"name": "x", "configuration": {"pinAttempts": 5, "pinTimeToLive": "10m"}, "speechRate": 1});
        let here =
            json!({"name": "x", "configuration": {"pinAttempts": 5.0, "pinTimeToLive": "5m", "more": 1}, "speechRate": 1.0});
        assert_eq!(differences(&wanted, &here), ["configuration.pinTimeToLive"]);
        assert_eq!(differences(&json!({"a": {"b": 1}}), &json!({})), ["a.b"]);
        assert!(differences(&here, &here).is_empty());
    }

    #[test]
    fn refused_members_are_taken_out() {
        let mut body = json!({"configuration": {"a": 1, "b": 2}, "regional": {"indiaDlt": {"c": 3}}, "name": "x"});
        assert_eq!(take(&mut body, "configuration.a"), Some(json!(1)));
        assert_eq!(take(&mut body, "configuration.a"), None);
        assert!(take(&mut body, "regional.indiaDlt.c").is_some());
        assert_eq!(body, json!({"configuration": {"b": 2}, "name": "x"}));
    }
}
