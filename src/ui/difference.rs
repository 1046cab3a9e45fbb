//! What of an object is not as it was applied: `kubectl apply` and Argo CD's client-side apply leave what they wanted in
//! an annotation. Server-side apply leaves nothing to compare with.

use serde_json::Value;

/// Where appliers leave what they wanted.
const APPLIED: &str = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";
/// Texts are cut at this many characters.
const LENGTH: usize = 60;

/// A field that is not as it was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where it is: `spec.template.spec.containers[api].image`.
    pub path: String,
    /// What was applied.
    pub applied: String,
    /// What is there.
    pub live: String,
}

/// What can be told of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// These fields differ from what was applied; fields that nobody applied are not looked at.
    With(Vec<Difference>),
    /// Nobody wrote down what was applied.
    NothingToCompare,
}

/// Compares an object with what was applied last. The data of Secrets and the values of environment variables are never
/// shown: that they differ is.
pub fn from_applied(object: &Value) -> Compared {
    let applied = object.pointer(APPLIED).and_then(Value::as_str);
    let Some(applied) = applied.and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
        return Compared::NothingToCompare;
    };
    let is_secret = object.pointer("/kind").and_then(Value::as_str) == Some("Secret");
    if is_secret {
        return Compared::NothingToCompare;
    }
    let mut found = Vec::new();
    for part in applied.as_object().into_iter().flatten().filter(|(key, _)| *key != "status") {
        let (key, wanted) = part;
        compare(key, wanted, object.get(key), &mut found);
    }
    Compared::With(found)
}

fn compare(path: &str, wanted: &Value, live: Option<&Value>, found: &mut Vec<Difference>) {
    match (wanted, live) {
        (Value::Object(wanted), Some(Value::Object(live))) => {
            for (key, value) in wanted.iter().filter(|(key, _)| !is_of_the_applier(key)) {
                compare(&format!("{path}.{key}"), value, live.get(key), found);
            }
        }
        // The server does not keep what is empty.
        (Value::Object(wanted), None) if wanted.is_empty() => {}
        (Value::Array(wanted), None) if wanted.is_empty() => {}
        (Value::Null, None) => {}
        (Value::Array(wanted), Some(Value::Array(live))) => lists(path, wanted, live, found),
        (wanted, Some(live)) if is_same(wanted, live) => {}
        (wanted, live) => found.push(Difference {
            path: path.to_owned(),
            applied: said(path, Some(wanted)),
            live: said(path, live),
        }),
    }
}

fn lists(path: &str, wanted: &[Value], live: &[Value], found: &mut Vec<Difference>) {
    let name = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
    for (at, value) in wanted.iter().enumerate() {
        match name(value) {
            Some(own) => {
                let other = live.iter().find(|live| name(live).as_ref() == Some(&own));
                compare(&format!("{path}[{own}]"), value, other, found);
            }
            None => compare(&format!("{path}[{at}]"), value, live.get(at), found),
        }
    }
    let known = |live: &Value| match name(live) {
        Some(own) => wanted.iter().any(|value| name(value) == Some(own.clone())),
        None => true,
    };
    for extra in live.iter().filter(|live| !known(live)) {
        let path = format!("{path}[{}]", name(extra).unwrap_or_default());
        found.push(Difference { applied: "–".to_owned(), live: said(&path, Some(extra)), path });
    }
    if live.len() > wanted.len() && live.iter().all(|live| name(live).is_none()) {
        let (applied, live) = (format!("{} entries", wanted.len()), format!("{} entries", live.len()));
        found.push(Difference { path: path.to_owned(), applied, live });
    }
}

/// Annotations of the appliers themselves.
fn is_of_the_applier(key: &str) -> bool {
    key == "kubectl.kubernetes.io/last-applied-configuration"
}

/// Quantities and numbers are written in more than one way: `1` and `"1"`, `1000m` and `1`.
fn is_same(wanted: &Value, live: &Value) -> bool {
    use crate::fleet::quantity;
    if wanted == live {
        return true;
    }
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let (Some(wanted), Some(live)) = (text(wanted), text(live)) else { return false };
    let same =
        |read: fn(&str) -> Option<u64>| read(&wanted).is_some_and(|wanted| read(&live) == Some(wanted));
    wanted == live || same(quantity::cpu_millis) || same(quantity::whole)
}

fn said(path: &str, value: Option<&Value>) -> String {
    let hides = path.contains(".env[") && !path.contains(".valueFrom");
    match value {
        None => "–".to_owned(),
        Some(_) if hides => "(a value)".to_owned(),
        Some(value) => {
            let text = match value {
                Value::String(text) => text.clone(),
                // What is inside may be an environment with its values.
                Value::Object(_) | Value::Array(_) => "(added)".to_owned(),
                other => other.to_string(),
            };
            let is_long = text.chars().count() > LENGTH;
            if is_long { format!("{}…", text.chars().take(LENGTH).collect::<String>()) } else { text }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(applied: &Value, live: Value) -> Value {
        let mut object = live;
        object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
            json!(applied.to_string());
        object
    }

    #[test]
    fn fields_that_were_applied_and_changed_are_told_and_no_value_of_the_environment() {
        let applied = json!({"kind": "Deployment", "spec": {"replicas": 2, "template": {"spec": {"containers": [
            {"name": "api", "image": "api:1", "env": [{"name": "LEVEL", "value": "geheim"}], "resources": {"limits": {"cpu": "1000m"}}}]}}}});
        let live = json!({"kind": "Deployment", "metadata": {}, "spec": {"replicas": 5, "paused": false, "template": {"spec": {"containers": [
            {"name": "side", "image": "x"},
            {"name": "api", "image": "api:2", "env": [{"name": "LEVEL", "value": "streng geheim"}], "resources": {"limits": {"cpu": "1"}}}]}}}});
        let Compared::With(found) = from_applied(&object(&applied, live)) else { panic!("it was applied") };
        let told: Vec<String> =
            found.iter().map(|d| format!("{}: {} → {}", d.path, d.applied, d.live)).collect();
        assert_eq!(
            told,
            [
                "spec.replicas: 2 → 5",
                "spec.template.spec.containers[api].image: api:1 → api:2",
                "spec.template.spec.containers[api].env[LEVEL].value: (a value) → (a value)",
                "spec.template.spec.containers[side]: – → (added)",
            ]
        );
    }

    #[test]
    fn what_was_applied_by_the_server_or_is_secret_cannot_be_compared() {
        assert_eq!(from_applied(&json!({"kind": "Deployment"})), Compared::NothingToCompare);
        let broken =
            json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{"}}});
        assert_eq!(from_applied(&broken), Compared::NothingToCompare);
        let secret = object(&json!({"data": {"a": "geheim"}}), json!({"kind": "Secret", "metadata": {}}));
        assert_eq!(from_applied(&secret), Compared::NothingToCompare);
    }
}
