//! Versions of components, as their images' tags write them, and the ranges that a blueprint allows.
//!
//! Tags are not semantic versions: `v1.12.1-eksbuild.4`, `1.13`, `0.20.0-debian-12-r3`. What can be compared is the run
//! of numbers at the beginning; what follows is the build of somebody else's package, except for the words of a
//! pre-release.

use std::cmp::Ordering;
use std::fmt;

/// The numbers of a version, and whether it came before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    numbers: Vec<u64>,
    /// `rc.3`, `alpha`, `beta1`: earlier than the numbers alone say.
    pre_release: Option<Box<str>>,
}

impl Version {
    /// Reads a tag; `None` when it does not begin like a version (`latest`, a commit, a digest).
    pub fn parse(tag: &str) -> Option<Self> {
        let tag = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
        let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
        let (numbers, rest) = tag.split_at(end);
        let numbers: Option<Vec<u64>> =
            numbers.trim_end_matches('.').split('.').map(|number| number.parse().ok()).collect();
        let numbers = numbers?;
        // A short commit may well begin with a digit or two, and no version is one bare number of many digits.
        let is_commit =
            numbers.len() == 1 && (rest.starts_with(|c: char| c.is_ascii_alphanumeric()) || end > 4);
        let word = rest.trim_start_matches(['-', '.', '+', '_']);
        let is_before = ["rc", "alpha", "beta", "pre", "dev", "snapshot"]
            .iter()
            .any(|before| word.get(..before.len()).is_some_and(|head| head.eq_ignore_ascii_case(before)));
        (!is_commit).then(|| Self { numbers, pre_release: is_before.then(|| word.into()) })
    }

    /// The number at a place, 0 behind the last one written.
    fn number(&self, at: usize) -> u64 {
        self.numbers.get(at).copied().unwrap_or(0)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let longest = self.numbers.len().max(other.numbers.len());
        let numbers = (0..longest).map(|at| self.number(at).cmp(&other.number(at))).find(|o| o.is_ne());
        Some(numbers.unwrap_or_else(|| match (&self.pre_release, &other.pre_release) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(two)) => natural(one, two),
        }))
    }
}

/// Digits by their value, all else by its letters: `rc.3` before `rc.10`.
fn natural(one: &str, two: &str) -> Ordering {
    let parts = |text: &str| -> Vec<(u64, String)> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(letters);
            let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
            let (number, tail) = tail.split_at(digits);
            parts.push((number.parse().unwrap_or(0), word.to_ascii_lowercase()));
            rest = tail;
        }
        parts
    };
    let (one, two) = (parts(one), parts(two));
    one.iter()
        .zip(&two)
        .map(|(one, two)| one.1.cmp(&two.1).then(one.0.cmp(&two.0)))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| one.len().cmp(&two.len()))
}

/// The versions that will do: `1.12` (that one, whatever comes behind), `>=1.12`, `>=1.12, <2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRange {
    bounds: Vec<(Bound, Version)>,
    text: Box<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    AtLeast,
    Above,
    AtMost,
    Below,
    Like,
}

impl VersionRange {
    /// Reads a range; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        const SIGNS: [(&str, Bound); 5] = [
            (">=", Bound::AtLeast),
            ("<=", Bound::AtMost),
            (">", Bound::Above),
            ("<", Bound::Below),
            ("=", Bound::Like),
        ];
        let bound = |part: &str| {
            let part = part.trim();
            let (bound, version) = SIGNS
                .iter()
                .find_map(|(sign, bound)| Some((*bound, part.strip_prefix(sign)?)))
                .unwrap_or((Bound::Like, part));
            Some((bound, Version::parse(version.trim())?))
        };
        let bounds: Option<Vec<_>> = text.split(',').map(bound).collect();
        Some(Self { bounds: bounds?, text: text.trim().into() })
    }

    /// True when a version will do.
    pub fn allows(&self, version: &Version) -> bool {
        self.bounds.iter().all(|(bound, wanted)| match bound {
            Bound::AtLeast => version >= wanted,
            Bound::Above => version > wanted,
            Bound::AtMost => version <= wanted || wanted.is_beginning_of(version),
            Bound::Below => version < wanted,
            Bound::Like => wanted.is_beginning_of(version),
        })
    }
}

impl Version {
    /// True when the other says the same with more numbers: `1.12` is the beginning of `1.12.4`.
    fn is_beginning_of(&self, other: &Self) -> bool {
        let alike = self.numbers.iter().enumerate().all(|(at, number)| other.number(at) == *number);
        alike && (self.pre_release.is_none() || self.pre_release == other.pre_release)
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(tag: &str) -> Version {
        Version::parse(tag).unwrap_or_else(|| panic!("{tag} is a version"))
    }

    #[test]
    fn tags_are_ordered_by_their_numbers() {
        let ordered =
            ["0.9", "v1.0.0-alpha", "1.0-rc.3", "1.0.0-rc.10", "1.0", "v1.2.1-eksbuild.4", "1.10", "v2.9.0"];
        for pair in ordered.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
        let build = version("v1.12.1-eksbuild.4").partial_cmp(&version("1.12.1"));
        assert_eq!(build, Some(Ordering::Equal), "another build of the same");
    }

    #[test]
    fn what_is_no_version_is_none() {
        for tag in ["latest", "", "v", "sha-abc", "7c5ddbd", "20260101", "main"] {
            assert_eq!(Version::parse(tag), None, "{tag}");
        }
    }

    #[test]
    fn ranges_say_what_will_do() {
        let allows = |range: &str, tag: &str| VersionRange::parse(range).unwrap().allows(&version(tag));
        assert!(allows("1.12", "v1.12.4-eksbuild.1") && !allows("1.12", "1.13.0"));
        assert!(
            allows(">=1.12, <2", "1.30")
                && !allows(">=1.12, <2", "2.0.0")
                && !allows(">=1.12", "1.12.0-rc.1")
        );
        assert!(allows("<=1.12", "1.12.9") && allows("> 1.12", "1.12.1"));
        assert_eq!(VersionRange::parse(">=newest"), None);
    }
}
