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
        }
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
}
