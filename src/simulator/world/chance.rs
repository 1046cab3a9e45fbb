//! Names and numbers that look random and are the same in every run.

use std::fmt::Write as _;

/// The letters Kubernetes builds generated names from: no vowels, so that no word appears by accident.
const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// A stream of numbers from a seed (splitmix64).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// A stream that starts at the seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream that belongs to a name.
    pub fn of(name: &str) -> Self {
        Self(fnv64(name.as_bytes()))
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below the bound; zero when the bound is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number().checked_rem(bound).unwrap_or_default()
    }

    /// A number from `low` up to and including `high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).saturating_add(1);
        low.saturating_add(i64::try_from(self.below(u64::try_from(span).unwrap_or(1))).unwrap_or_default())
    }

    /// One of the given things; `None` when there are none.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let at = self.below(u64::try_from(of.len()).unwrap_or_default());
        of.get(usize::try_from(at).unwrap_or_default())
    }

    /// A suffix of a generated name, as the API server makes it: five letters.
    pub fn suffix(&mut self) -> String {
        (0..5).map(|_| self.pick(LETTERS).copied().map_or('x', char::from)).collect()
    }

    /// Lower-case hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut out = String::with_capacity(digits + 16);
        while out.len() < digits {
            let number = self.number();
            // Writing to a String cannot fail.
            let _ = write!(out, "{number:016x}");
        }
        out.truncate(digits);
        out
    }

    /// A version-4 UUID.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.number(), self.number());
        let variant = 0x8 | (low >> 62);
        format!(
            "{:08x}-{:04x}-4{:03x}-{variant:x}{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            (low >> 48) & 0xfff,
            low & 0xffff_ffff_ffff
        )
    }
}

/// Digits that belong to a name: AWS resource ids, hashes, digests.
pub fn hex_of(name: &str, digits: usize) -> String {
    Chance::of(name).hex(digits)
}

/// The unique id that belongs to a name.
pub fn uuid_of(name: &str) -> String {
    Chance::of(name).uuid()
}

/// The hash Kubernetes puts into `pod-template-hash`: FNV-1a of the template, its decimal digits spelt in name letters.
pub fn template_hash(template: &serde_json::Value) -> String {
    let hash = template
        .to_string()
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.to_string()
        .bytes()
        .map(|digit| LETTERS.get(usize::from(digit) % LETTERS.len()).copied().map_or('x', char::from))
        .collect()
}

fn fnv64(bytes: &[u8]) -> u64 {
    mix(bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)))
}

fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_names() {
        let (mut one, mut two) = (Chance::new(7), Chance::new(7));
        assert_eq!(one.suffix(), two.suffix());
        assert_eq!(one.uuid(), two.uuid());
        assert_ne!(one.suffix(), one.suffix());
    }

    #[test]
    fn a_unique_id_has_the_form_of_version_four() {
        for name in ["a", "b", "myapp-prod/Pod/production/web", ""] {
            let id = uuid_of(name);
            let parts: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
            assert_eq!(id.as_bytes()[14], b'4');
            assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
        }
    }

    #[test]
    fn a_template_hash_uses_name_letters_only() {
        let hash = template_hash(&serde_json::json!({"spec": 1}));
        assert!(!hash.is_empty() && hash.len() <= 10);
        assert!(hash.bytes().all(|byte| LETTERS.contains(&byte)));
    }
}
