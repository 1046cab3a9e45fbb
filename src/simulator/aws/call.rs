//! One operation that somebody is allowed to ask for, with what a service needs to answer it.

use jiff::Timestamp;
use serde_json::Value;

use super::Aws;
use super::credentials::Caller;
use super::failure::Failure;
use super::land::Land;
use crate::simulator::world::cluster::REGION;
use crate::simulator::world::field;

/// An operation in progress.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) operation: &'a str,
    pub(crate) parameters: &'a Value,
    pub(crate) region: &'a str,
    pub(crate) caller: &'a Caller,
    /// Every page is followed by another one.
    pub(crate) endless: bool,
}

/// Some of a list, and where the rest begins.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// What to ask for the next page with.
    pub(crate) next: Option<String>,
}

impl Call<'_> {
    /// The account's present.
    pub(crate) fn now(&self) -> Timestamp {
        self.aws.clock().now()
    }

    /// A parameter that is text, or the empty string.
    pub(crate) fn text(&self, path: &str) -> &str {
        field::text(self.parameters, path)
    }

    /// A parameter that is a number, however it was sent.
    pub(crate) fn number(&self, path: &str) -> Option<i64> {
        let value = field::at(self.parameters, path);
        value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))
    }

    /// A parameter that is a list of texts; one text is a list of one.
    pub(crate) fn texts(&self, path: &str) -> Vec<&str> {
        match field::at(self.parameters, path) {
            Value::String(one) => vec![one.as_str()],
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// The clusters that this region of the account holds.
    pub(crate) fn lands(&self) -> Vec<Land> {
        if self.region == REGION { self.aws.lands() } else { Vec::new() }
    }

    /// A page of a list. `token` is what the page before said, or empty.
    ///
    /// # Errors
    /// When no page ended with such a token.
    pub(crate) fn page<T>(&self, items: Vec<T>, limit: usize, token: &str) -> Result<Page<T>, Failure> {
        let total = items.len();
        let start = match token {
            "" => 0,
            token => position(token)
                .filter(|at| *at < total.max(1))
                .ok_or_else(|| Failure::new(400, "InvalidNextToken", "the token is not one of this list"))?,
        };
        let limit = limit.max(1);
        let end = start.saturating_add(limit).min(total);
        let next = if end < total {
            Some(token_for(end))
        } else {
            // An account without an end begins anew.
            self.endless.then(|| token_for(0))
        };
        Ok(Page { items: items.into_iter().skip(start).take(limit).collect(), next })
    }
}

/// Tokens are opaque to clients: the position, made unreadable enough that nobody counts with it.
fn token_for(position: usize) -> String {
    format!("{:016x}", (position as u64 ^ 0x5eed).rotate_left(23))
}

fn position(token: &str) -> Option<usize> {
    let number = u64::from_str_radix(token, 16).ok().filter(|_| token.len() == 16)?;
    usize::try_from(number.rotate_right(23) ^ 0x5eed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::clock::SimClock;

    fn with_call<T>(endless: bool, act: impl FnOnce(&Call<'_>) -> T) -> T {
        let aws = Aws::new(SimClock::standing(Timestamp::UNIX_EPOCH));
        let caller =
            Caller { arn: String::new(), user_id: String::new(), account: String::new(), until: None };
        let parameters = Value::Null;
        act(&Call {
            aws: &aws,
            operation: "",
            parameters: &parameters,
            region: REGION,
            caller: &caller,
            endless,
        })
    }

    #[test]
    fn pages_end_where_the_next_one_begins() {
        with_call(false, |call| {
            let mut seen = Vec::new();
            let mut token = String::new();
            loop {
                let page = call.page((0..7).collect(), 3, &token).unwrap();
                seen.extend(page.items);
                match page.next {
                    Some(next) => token = next,
                    None => break,
                }
            }
            assert_eq!(seen, (0..7).collect::<Vec<_>>());
        });
    }

    #[test]
    fn a_token_that_no_page_gave_is_refused_and_an_endless_list_begins_anew() {
        with_call(false, |call| {
            assert_eq!(call.page(vec![1, 2], 1, "nonsense").unwrap_err().code, "InvalidNextToken");
            assert_eq!(call.page(vec![1, 2], 1, &token_for(9)).unwrap_err().code, "InvalidNextToken");
        });
        with_call(true, |call| {
            let last = call.page(vec![1, 2], 5, "").unwrap();
            assert_eq!(call.page(vec![1, 2], 5, &last.next.unwrap()).unwrap().items, [1, 2]);
        });
    }
}
