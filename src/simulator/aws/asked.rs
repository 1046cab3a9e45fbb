//! A request as it arrived: its parts, decoded where every service decodes them alike.

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;

/// A request to some service of AWS.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The host without its port, in lower case.
    pub(crate) host: String,
    /// The path, undecoded.
    pub(crate) path: String,
    /// The pairs of the query, decoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asked {
    pub(crate) fn new(parts: &Parts, body: Bytes) -> Self {
        let from_header = parts.headers.get("host").and_then(|value| value.to_str().ok());
        let host = parts.uri.host().or(from_header).unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        Self {
            method: parts.method.to_string(),
            host: host.to_ascii_lowercase(),
            path: parts.uri.path().to_owned(),
            query: pairs(parts.uri.query().unwrap_or_default()),
            headers: parts.headers.clone(),
            body,
        }
    }

    /// A header's text, or the empty string.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A parameter of the query, or the empty string.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The pairs of a body that is a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(std::str::from_utf8(&self.body).unwrap_or_default())
    }
}

/// The pairs of `a=1&b=2`, decoded.
fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " "))))
        .collect()
}

/// Text with its `%XX` decoded. What is no such escape stays as it is.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%')
            .then(|| after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_what_only_looks_like_one_stays() {
        assert_eq!(decoded("a%2Fb%20c"), "a/b c");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%zz%4"), "%zz%4");
    }

    #[test]
    fn pairs_without_a_value_are_empty_and_plus_is_a_space() {
        assert_eq!(
            pairs("a=1+2&b&&c=%3D"),
            [("a".into(), "1 2".into()), ("b".into(), String::new()), ("c".into(), "=".into())]
        );
    }
}
