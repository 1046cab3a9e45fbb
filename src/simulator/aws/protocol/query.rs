//! Forms as the Query protocols send them: `Filter.1.Value.2=x` is the second value of the first filter.

use serde_json::{Map, Value};

use super::super::failure::Failure;

/// The operation and the parameters of a form. Numbered names become arrays, and `member` steps are left out.
///
/// # Errors
/// When it names no operation.
pub(crate) fn read(pairs: &[(String, String)]) -> Result<(String, Value), Failure> {
    let mut root = Value::Object(Map::new());
    let mut operation = String::new();
    for (name, value) in pairs {
        match name.as_str() {
            "Action" => operation.clone_from(value),
            _ if name.starts_with("X-Amz-") => {}
            _ => insert(&mut root, name, value),
        }
    }
    if operation.is_empty() {
        return Err(Failure::new(400, "MissingAction", "The request must contain the parameter Action"));
    }
    Ok((operation, arranged(root)))
}

fn insert(root: &mut Value, name: &str, value: &str) {
    let mut place = root;
    for step in name.split('.').filter(|step| *step != "member") {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(fields) = place else { return };
        place = fields.entry(step).or_insert(Value::Null);
    }
    *place = Value::String(value.to_owned());
}

/// Maps whose keys are all numbers are lists, in the order of the numbers.
fn arranged(value: Value) -> Value {
    let Value::Object(fields) = value else { return value };
    let numbers: Option<Vec<u32>> = fields.keys().map(|key| key.parse().ok()).collect();
    match numbers {
        Some(numbers) if !numbers.is_empty() => {
            let mut items: Vec<(u32, Value)> =
                numbers.into_iter().zip(fields).map(|(number, (_, value))| (number, value)).collect();
            items.sort_by_key(|(number, _)| *number);
            Value::Array(items.into_iter().map(|(_, value)| arranged(value)).collect())
        }
        _ => Value::Object(fields.into_iter().map(|(key, value)| (key, arranged(value))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form(pairs: &[(&str, &str)]) -> Result<(String, Value), Failure> {
        let pairs: Vec<(String, String)> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        read(&pairs)
    }

    #[test]
    fn numbered_names_become_lists_in_both_dialects() {
        let (operation, parameters) = form(&[
            ("Action", "DescribeSubnets"),
            ("Filter.1.Name", "vpc-id"),
            ("Filter.1.Value.2", "b"),
            ("Filter.1.Value.1", "a"),
            ("Names.member.1", "edge"),
            ("MaxResults", "5"),
        ])
        .unwrap();
        assert_eq!(operation, "DescribeSubnets");
        assert_eq!(
            parameters,
            json!({"Filter": [{"Name": "vpc-id", "Value": ["a", "b"]}], "Names": ["edge"], "MaxResults": "5"})
        );
    }

    #[test]
    fn a_form_without_an_action_is_refused() {
        assert_eq!(form(&[("Version", "1")]).unwrap_err().code, "MissingAction");
    }
}
