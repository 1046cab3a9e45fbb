//! Tags of EC2.

use std::sync::Arc;

/// Tags in the order that AWS tells them.
pub type Tags = Box<[(Arc<str>, Arc<str>)]>;

/// The value of a tag that is not empty.
pub fn tag<'a>(tags: &'a Tags, key: &str) -> Option<&'a str> {
    tags.iter()
        .find(|(known, _)| **known == *key)
        .map(|(_, value)| &**value)
        .filter(|value| !value.is_empty())
}
