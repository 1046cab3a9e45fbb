//! Values written as XML.

use quick_xml::escape::escape;
use serde_json::Value;

/// A document of one root element.
pub(crate) fn document(root: &str, namespace: Option<&str>, value: &Value) -> Vec<u8> {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
    out.push_str(root);
    if let Some(namespace) = namespace {
        out.push_str(" xmlns=\"");
        out.push_str(namespace);
        out.push('"');
    }
    out.push('>');
    content(&mut out, value);
    close(&mut out, root);
    out.into_bytes()
}

fn content(out: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                element(out, name, value);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| content(out, item)),
        Value::String(text) => out.push_str(&escape(text.as_str())),
        Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

fn element(out: &mut String, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| element(out, name, item)),
        value => {
            out.push('<');
            out.push_str(name);
            out.push('>');
            content(out, value);
            close(out, name);
        }
    }
}

fn close(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arrays_repeat_their_element_and_null_leaves_it_out() {
        let value = json!({"Zones": {"Zone": [{"Name": "a"}, {"Name": "b"}]}, "Next": null, "More": false});
        let text = String::from_utf8(document("List", Some("urn:x"), &value)).unwrap();
        assert!(text.ends_with(
            "<List xmlns=\"urn:x\"><Zones><Zone><Name>a</Name></Zone><Zone><Name>b</Name></Zone></Zones><More>false</More></List>"
        ), "{text}");
    }

    #[test]
    fn text_is_escaped() {
        let text = String::from_utf8(document("A", None, &json!({"B": "<&\">"}))).unwrap();
        assert!(text.contains("<B>&lt;&amp;&quot;&gt;</B>"), "{text}");
    }
}
