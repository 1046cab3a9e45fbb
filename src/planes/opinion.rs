//! Several things that can be said against one thing, as one verdict.

use crate::fleet::Verdict;

/// The worst that was said, and everything that was said beside it that is as bad.
#[derive(Debug, Default)]
pub(super) struct Opinion {
    said: Vec<(Verdict, String)>,
}

impl Opinion {
    pub(super) fn say(&mut self, verdict: Verdict, words: impl Into<String>) {
        self.said.push((verdict, words.into()));
    }
}

impl From<Opinion> for (Verdict, String) {
    fn from(opinion: Opinion) -> Self {
        let worst = opinion.said.iter().map(|(verdict, _)| *verdict).max().unwrap_or_default();
        let words: Vec<String> = opinion
            .said
            .into_iter()
            .filter(|(verdict, _)| *verdict == worst)
            .map(|(_, words)| words)
            .filter(|words| !words.is_empty())
            .collect();
        (worst, words.join("; "))
    }
}
