//! Shared strings. Namespaces, node names, images and reasons repeat ten thousand times in a cluster; a row holds them
//! by reference to one copy.

use std::collections::HashSet;
use std::sync::Arc;

use super::wire::{Keys, Text, Texts};

/// Makes equal strings share their bytes. One per decoder; what no row refers to any more is dropped by [`sweep`].
///
/// [`sweep`]: Interner::sweep
#[derive(Debug, Default)]
pub struct Interner {
    known: HashSet<Arc<str>>,
    sweep_at: usize,
}

impl Interner {
    /// The shared copy of `text`.
    pub fn get(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        if self.known.len() >= self.sweep_at.max(4096) {
            self.sweep();
            self.sweep_at = self.known.len() * 2;
        }
        let shared: Arc<str> = text.into();
        self.known.insert(Arc::clone(&shared));
        shared
    }

    /// The shared copy of a text that was read; `None` when there is none.
    pub fn known(&mut self, text: &Text<'_>) -> Option<Arc<str>> {
        text.known().map(|text| self.get(text))
    }

    /// The shared copies of texts that were read, in their order.
    pub fn all(&mut self, texts: &Texts<'_>) -> Box<[Arc<str>]> {
        texts.0.iter().map(|text| self.get(text)).collect()
    }

    /// The shared copies of the keys of an object, in their order.
    pub fn keys(&mut self, keys: &Keys<'_>) -> Box<[Arc<str>]> {
        keys.0.iter().map(|key| self.get(key)).collect()
    }

    /// Forgets the strings that nothing else holds.
    pub fn sweep(&mut self) {
        self.known.retain(|text| Arc::strong_count(text) > 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_share_their_bytes_until_nothing_holds_them() {
        let mut interner = Interner::default();
        let first = interner.get("kube-system");
        assert!(Arc::ptr_eq(&first, &interner.get("kube-system")));
        interner.sweep();
        assert_eq!(interner.known.len(), 1);
        drop(first);
        interner.sweep();
        assert!(interner.known.is_empty());
    }
}
