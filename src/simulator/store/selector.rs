//! Label and field selectors in the words of the API.

use serde_json::Value;

use super::object::Object;
use crate::simulator::api::status::Status;

/// Which objects of a kind are meant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Every one of these must hold for the labels.
    pub labels: Vec<LabelRule>,
    /// Every one of these must hold for the fields.
    pub fields: Vec<FieldRule>,
}

/// One requirement on labels.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelRule {
    /// The label is there and has one of the values.
    In(String, Vec<String>),
    /// The label is not there or has none of the values.
    NotIn(String, Vec<String>),
    /// The label is there.
    Exists(String),
    /// The label is not there.
    Absent(String),
    /// The label is a number greater than this.
    Greater(String, i64),
    /// The label is a number less than this.
    Less(String, i64),
}

/// One requirement on a field: whether it must equal the value, or must not.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldRule {
    /// The field, like `spec.nodeName`.
    pub field: String,
    /// The value it is compared with.
    pub value: String,
    /// What the comparison must yield.
    pub equal: bool,
}

impl Selection {
    /// Everything.
    pub fn all() -> Self {
        Self::default()
    }

    /// What `labelSelector` and `fieldSelector` say; empty texts select everything.
    ///
    /// # Errors
    /// 400 for a selector that cannot be understood.
    pub fn parse(labels: &str, fields: &str) -> Result<Self, Status> {
        Ok(Self { labels: parse_labels(labels)?, fields: parse_fields(fields)? })
    }

    /// What a label selector says.
    ///
    /// # Errors
    /// 400 for a selector that cannot be understood.
    pub fn by_labels(labels: &str) -> Result<Self, Status> {
        Self::parse(labels, "")
    }

    /// What a `LabelSelector` object (`matchLabels`, `matchExpressions`) says.
    pub fn by_selector_object(selector: &Value) -> Self {
        let mut labels = Vec::new();
        for (name, value) in selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten() {
            let value = value.as_str().unwrap_or_default().to_owned();
            labels.push(LabelRule::In(name.clone(), vec![value]));
        }
        for rule in selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
            let name = rule.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
            let values = rule.get("values").and_then(Value::as_array).into_iter().flatten();
            let values = values.filter_map(Value::as_str).map(str::to_owned).collect();
            labels.push(match rule.get("operator").and_then(Value::as_str).unwrap_or_default() {
                "In" => LabelRule::In(name, values),
                "NotIn" => LabelRule::NotIn(name, values),
                "DoesNotExist" => LabelRule::Absent(name),
                _ => LabelRule::Exists(name),
            });
        }
        Self { labels, fields: Vec::new() }
    }

    /// Whether everything is selected.
    pub fn is_all(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether the object is selected.
    pub fn matches(&self, object: &Object) -> bool {
        self.labels.iter().all(|rule| rule.holds(|name| object.label(name)))
            && self
                .fields
                .iter()
                .all(|rule| (object.field(&rule.field).unwrap_or_default() == rule.value) == rule.equal)
    }
}

impl LabelRule {
    /// Whether the rule holds for labels looked up by `label`.
    pub fn holds<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let number = |name: &String| label(name).and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::In(name, values) => label(name).is_some_and(|value| values.iter().any(|one| one == value)),
            Self::NotIn(name, values) => {
                !label(name).is_some_and(|value| values.iter().any(|one| one == value))
            }
            Self::Exists(name) => label(name).is_some(),
            Self::Absent(name) => label(name).is_none(),
            Self::Greater(name, than) => number(name).is_some_and(|value| value > *than),
            Self::Less(name, than) => number(name).is_some_and(|value| value < *than),
        }
    }
}

fn parse_labels(text: &str) -> Result<Vec<LabelRule>, Status> {
    split_outside_parentheses(text).map(str::trim).filter(|part| !part.is_empty()).map(parse_label).collect()
}

fn parse_label(part: &str) -> Result<LabelRule, Status> {
    let unparsable =
        || Status::bad_request(format!("unable to parse requirement: found '{part}', expected: identifier"));
    if let Some(open) = part.find('(') {
        let (before, list) = part.split_at(open);
        let values =
            list.trim().strip_prefix('(').and_then(|list| list.strip_suffix(')')).ok_or_else(unparsable)?;
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        let mut words = before.split_whitespace();
        return match (words.next(), words.next(), words.next()) {
            (Some(name), Some("in"), None) => Ok(LabelRule::In(checked(name)?, values)),
            (Some(name), Some("notin"), None) => Ok(LabelRule::NotIn(checked(name)?, values)),
            _ => Err(unparsable()),
        };
    }
    let one = |value: &str| vec![value.trim().to_owned()];
    let number = |value: &str| value.trim().parse().map_err(|_| unparsable());
    if let Some((name, value)) = part.split_once("!=") {
        Ok(LabelRule::NotIn(checked(name)?, one(value)))
    } else if let Some((name, value)) = part.split_once("==") {
        Ok(LabelRule::In(checked(name)?, one(value)))
    } else if let Some((name, value)) = part.split_once('=') {
        Ok(LabelRule::In(checked(name)?, one(value)))
    } else if let Some((name, value)) = part.split_once('>') {
        Ok(LabelRule::Greater(checked(name)?, number(value)?))
    } else if let Some((name, value)) = part.split_once('<') {
        Ok(LabelRule::Less(checked(name)?, number(value)?))
    } else if let (Some(_), Some(word)) = (part.split_whitespace().next(), part.split_whitespace().nth(1)) {
        let message =
            format!("unable to parse requirement: found '{word}', expected: in, notin, =, ==, !=, gt, lt");
        Err(Status::bad_request(message))
    } else if let Some(name) = part.strip_prefix('!') {
        Ok(LabelRule::Absent(checked(name)?))
    } else {
        Ok(LabelRule::Exists(checked(part)?))
    }
}

/// A label's name, trimmed, if it can be one.
fn checked(name: &str) -> Result<String, Status> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Status::bad_request("found '=', expected: !, identifier, or 'end of string'"));
    }
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    if !name.chars().all(fine) {
        return Err(Status::bad_request(format!(
            "unable to parse requirement: <nil>: Invalid value: \"{name}\": name part must consist of alphanumeric \
             characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or \
             'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        )));
    }
    Ok(name.to_owned())
}

fn parse_fields(text: &str) -> Result<Vec<FieldRule>, Status> {
    let rules = text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| {
        let rule = |field: &str, value: &str, equal| FieldRule {
            field: field.trim().to_owned(),
            value: value.trim().to_owned(),
            equal,
        };
        if let Some((field, value)) = part.split_once("!=") {
            Ok(rule(field, value, false))
        } else if let Some((field, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            Ok(rule(field, value, true))
        } else {
            Err(Status::bad_request(format!("invalid selector: '{text}'; can't understand '{part}'")))
        }
    });
    rules.collect()
}

fn split_outside_parentheses(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    text.split(move |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
}

/// The fields beside name and namespace that a built-in kind can be selected by.
pub fn selectable_fields(resource: &str) -> &'static [&'static str] {
    match resource {
        "pods" => &[
            "spec.nodeName",
            "status.phase",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        "events" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        "nodes" => &["spec.unschedulable"],
        "namespaces" => &["status.phase"],
        "secrets" => &["type"],
        "services" => &["spec.clusterIP", "spec.type"],
        "jobs.batch" => &["status.successful"],
        "replicasets.apps" | "replicationcontrollers" => &["status.replicas"],
        "certificatesigningrequests.certificates.k8s.io" => &["spec.signerName"],
        _ => &[],
    }
}

pub(super) fn indexed_fields(resource: &str, value: &Value) -> Box<[(&'static str, Box<str>)]> {
    let text = |path: &str| match value.pointer(&format!("/{}", path.replace('.', "/"))) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(claim)) => claim.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let read = |field: &&'static str| {
        let value = match *field {
            "source" => Some(text("source.component"))
                .filter(|it| !it.is_empty())
                .unwrap_or_else(|| text("reportingComponent")),
            "spec.unschedulable" | "spec.hostNetwork" if text(field).is_empty() => "false".to_owned(),
            "status.successful" => {
                Some(text("status.succeeded")).filter(|it| !it.is_empty()).unwrap_or_else(|| "0".to_owned())
            }
            _ => text(field),
        };
        (*field, value.into_boxed_str())
    };
    selectable_fields(resource).iter().map(read).collect()
}
