//! Fuzzy matching, behind one file so that the matcher can be exchanged.

use std::fmt;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// A pattern whose letters must all come, in their order, but not side by side. Blanks separate patterns that must
/// all match; small letters match capitals.
pub struct Fuzzy {
    pattern: Pattern,
    matcher: Matcher,
    letters: Vec<char>,
    /// The pattern where it is small letters, digits and marks of names alone, whose match needs no matcher.
    plain: Option<Box<[u8]>>,
}

impl fmt::Debug for Fuzzy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fuzzy").finish_non_exhaustive()
    }
}

impl Fuzzy {
    /// Reads what was typed.
    pub fn new(typed: &str) -> Self {
        Self {
            pattern: Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart),
            matcher: Matcher::new(Config::DEFAULT),
            letters: Vec::new(),
            plain: typed
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._/".contains(&b))
                .then(|| typed.as_bytes().into()),
        }
    }

    /// Whether a text matches; quicker than how well it does.
    pub fn matches(&mut self, text: &str) -> bool {
        let Some(letters) = self.plain.as_deref().filter(|_| text.is_ascii()) else {
            return self.score(text).is_some();
        };
        let mut rest = text.as_bytes();
        letters.iter().all(|letter| {
            let found = memchr::memchr2(*letter, letter.to_ascii_uppercase(), rest);
            rest = found.and_then(|at| rest.get(at + 1..)).unwrap_or_default();
            found.is_some()
        })
    }

    /// How well a text matches, more is better; `None` when it does not. An empty pattern matches everything.
    pub fn score(&mut self, text: &str) -> Option<u32> {
        self.pattern.score(Utf32Str::new(text, &mut self.letters), &mut self.matcher)
    }

    /// Which characters matched, in ascending order; for drawing them.
    pub fn positions(&mut self, text: &str) -> Vec<u32> {
        let mut at = Vec::new();
        let _score = self.pattern.indices(Utf32Str::new(text, &mut self.letters), &mut self.matcher, &mut at);
        at.sort_unstable();
        at.dedup();
        at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_match_in_order_and_better_matches_score_higher() {
        let mut fuzzy = Fuzzy::new("pds");
        assert!(fuzzy.score("pods").is_some());
        assert!(fuzzy.score("nodes").is_none());
        let mut fuzzy = Fuzzy::new("pod");
        assert!(fuzzy.score("pods") > fuzzy.score("poddisruptionbudgets-p-o-d").map(|s| s - 1));
        assert_eq!(fuzzy.positions("my-pod"), [3, 4, 5]);
        assert!(Fuzzy::new("").score("anything").is_some());
    }

    proptest! {
        #[test]
        fn whether_it_matches_and_how_well_never_disagree(
            typed in "[a-dA-D é^$!'-]{0,4}",
            text in "[a-dA-Dé-]{0,8}",
        ) {
            let mut fuzzy = Fuzzy::new(&typed);
            prop_assert_eq!(fuzzy.matches(&text), fuzzy.score(&text).is_some());
        }
    }
}
