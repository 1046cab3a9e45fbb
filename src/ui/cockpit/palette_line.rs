//! What a line of the palette means: `pods staging`, `pod /web`, `deploy @myapp-prod`, `pods app=web`, `ctx`, `ns
//! staging`, `theme light`, `q`.

use crate::ui::command;
use crate::ui::views::question;

/// A line that was understood, but for the names in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing was said.
    Nothing,
    /// End.
    Quit,
    /// A view or kind, and what part of it.
    Open(Opening),
    /// These clusters; all when empty, a chooser when `None`.
    Clusters(Option<Vec<String>>),
    /// This namespace; all when `all`, a chooser when `None`.
    Namespace(Option<String>),
    /// These colours; a chooser when `None`.
    Theme(Option<String>),
    /// A command by its id.
    Command(&'static str),
}

/// A view or kind, and what part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) word: String,
    pub(super) clusters: Vec<String>,
    /// `Some(None)` is all.
    pub(super) namespace: Option<Option<String>>,
    pub(super) filter: Option<String>,
    /// Everything behind the word but clusters, as it was typed: what views are told that are asked something.
    pub(super) words: Vec<String>,
}

/// Words that mean something without being a view, with what they take, for the palette's list.
pub(super) const WORDS: [(&str, &str); 5] = [
    ("ctx", "choose the clusters that are shown; ctx NAME shows one"),
    ("ns", "namespaces; ns NAME shows one, ns all shows all"),
    ("theme", "choose the colours; theme NAME takes them"),
    ("help", "every key that works here"),
    ("q", "end"),
];

pub(super) fn understand(line: &str) -> Said {
    let line = line.trim().trim_start_matches(':').trim_start();
    let mut words = line.split_whitespace();
    let Some(first) = words.next() else { return Said::Nothing };
    let rest: Vec<&str> = words.collect();
    let one = rest.first().map(|word| (*word).to_owned());
    match first {
        "q" | "q!" | "quit" | "exit" => return Said::Quit,
        "ctx" | "context" | "contexts" | "cluster" | "clusters" => {
            return Said::Clusters((!rest.is_empty()).then(|| {
                let all = rest.iter().all(|word| matches!(*word, "all" | "*"));
                let named = rest.iter().map(|word| word.trim_start_matches('@').to_owned());
                if all { Vec::new() } else { named.collect() }
            }));
        }
        // `:ns` alone is the view of the same name.
        "ns" | "namespace" if one.is_some() => return Said::Namespace(one),
        "theme" | "themes" | "skin" => return Said::Theme(one),
        "?" | "h" => return Said::Command("help"),
        _ => {}
    }
    if rest.is_empty()
        && question(first).is_none()
        && let Some(command) = command::find(first)
    {
        return Said::Command(command.id);
    }
    let words = rest.iter().filter(|word| !word.starts_with('@')).map(|word| (*word).to_owned());
    let mut opening = Opening { word: first.to_owned(), words: words.collect(), ..Opening::default() };
    let mut rest = rest.into_iter();
    while let Some(word) = rest.next() {
        if let Some(cluster) = word.strip_prefix('@') {
            opening.clusters.push(cluster.to_owned());
        } else if word.starts_with(['/', '-', '!', '~']) && word != "-A" || word.contains(['=', '<', '>']) {
            // From here on it is a filter.
            let is_labels = !word.starts_with(['/', '-', '!', '~']) && !word.contains(['<', '>']);
            let start =
                if is_labels { format!("-l {word}") } else { word.trim_start_matches('/').to_owned() };
            let filter = std::iter::once(start).chain(rest.by_ref().map(str::to_owned));
            opening.filter = Some(filter.collect::<Vec<_>>().join(" "));
        } else {
            let all = matches!(word, "all" | "-A" | "*");
            opening.namespace = Some((!all).then(|| word.to_owned()));
        }
    }
    Said::Open(opening)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(line: &str) -> Opening {
        match understand(line) {
            Said::Open(opening) => opening,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn lines_mean_what_fingers_expect() {
        assert_eq!(open("pods"), Opening { word: "pods".into(), ..Opening::default() });
        assert_eq!(open(":pods staging").namespace, Some(Some("staging".into())));
        assert_eq!(open("pods all").namespace, Some(None));
        assert_eq!(open("pods -A").namespace, Some(None));
        assert_eq!(open("pod /^web-.* api").filter.as_deref(), Some("^web-.* api"));
        assert_eq!(open("pod app=web").filter.as_deref(), Some("-l app=web"));
        assert_eq!(open("pod restarts>3").filter.as_deref(), Some("restarts>3"));
        assert_eq!(open("pod -l app in (a, b)").filter.as_deref(), Some("-l app in (a, b)"));
        let both = open("deploy production @myapp-prod !web");
        assert_eq!((both.clusters, both.filter), (vec!["myapp-prod".to_owned()], Some("!web".to_owned())));
        assert_eq!(both.namespace, Some(Some("production".into())));
    }

    #[test]
    fn words_that_are_no_view_mean_something_too() {
        assert_eq!(understand(""), Said::Nothing);
        assert_eq!(understand(":q"), Said::Quit);
        assert_eq!(understand("ctx"), Said::Clusters(None));
        assert_eq!(understand("ctx all"), Said::Clusters(Some(vec![])));
        assert_eq!(understand("ctx dev"), Said::Clusters(Some(vec!["dev".into()])));
        assert_eq!(understand("ns staging"), Said::Namespace(Some("staging".into())));
        assert!(matches!(understand("ns"), Said::Open(_)));
        assert_eq!(understand("theme light"), Said::Theme(Some("light".into())));
        assert_eq!(understand("wide"), Said::Command("wide"));
    }
}
