//! The query of a request.

use super::status::Status;

/// The decoded parameters of a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(n, v)| (unescaped(&n.replace('+', " ")), unescaped(&v.replace('+', " "))))
                .collect(),
        )
    }

    /// The first value of a parameter; empty when it is not there.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// Whether a parameter is there and says yes.
    pub(super) fn says(&self, name: &str) -> bool {
        matches!(self.get(name), "1" | "true" | "True" | "TRUE" | "t" | "T")
    }

    /// A parameter that is a number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Status> {
        let text = self.get(name);
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = |_| Status::bad_request(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"));
        text.parse().map(Some).map_err(wrong)
    }
}

/// A percent-encoded text in plain. What is no valid escape stands for itself.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match (byte, escaped(&bytes)) {
            (b'%', Some(value)) => {
                out.push(value);
                bytes.nth(1);
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The byte that the next two hexadecimal digits stand for.
fn escaped(bytes: &std::str::Bytes<'_>) -> Option<u8> {
    let mut ahead = bytes.clone();
    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
    let (high, low) = (digit(ahead.next())?, digit(ahead.next())?);
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let query = Query::parse("labelSelector=app%3Dweb%2Ctier+in+(a)&watch=1&odd=%zz&limit=5");
        assert_eq!(query.get("labelSelector"), "app=web,tier in (a)");
        assert_eq!((query.get("odd"), query.get("missing")), ("%zz", ""));
        assert!(query.says("watch") && !query.says("follow"));
        assert_eq!(query.number("limit").unwrap(), Some(5));
        assert_eq!(Query::parse("limit=x").number("limit").unwrap_err().code, 400);
    }
}
