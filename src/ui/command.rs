//! Commands: everything a key, the palette or a click can ask for, said once. The help, the footer and the palette are
//! made from [`COMMANDS`]; `config/keymap.toml` says which key does what.
//!
//! To add a command: a line here, a line in the keymap, and a `match` arm in the view that offers it.

/// Something the cockpit or a view can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its name in the keymap: `kebab-case`.
    pub id: &'static str,
    /// Two words for the footer: `open`, `copy name`.
    pub title: &'static str,
    /// One line for the help and the palette.
    pub help: &'static str,
    /// Where the help lists it.
    pub group: Group,
}

/// The chapters of the help, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// What can be done with the selected object.
    Object,
    /// Tables: filter, sort, marks, columns.
    Table,
    /// Texts: search, fold, wrap.
    Text,
    /// Where to look: clusters, namespaces, history.
    Place,
    /// The cursor.
    Move,
    /// The program itself.
    Cockpit,
}

impl Group {
    /// The chapter's title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Object => "OBJECT",
            Self::Table => "TABLE",
            Self::Text => "TEXT",
            Self::Place => "PLACE",
            Self::Move => "MOVE",
            Self::Cockpit => "COCKPIT",
        }
    }
}

const fn command(id: &'static str, group: Group, title: &'static str, help: &'static str) -> Command {
    Command { id, title, help, group }
}

/// The sort commands by the letter that a column asks for.
pub const SORTS: [(char, &str); 26] = [
    ('A', "sort-a"),
    ('B', "sort-b"),
    ('C', "sort-c"),
    ('D', "sort-d"),
    ('E', "sort-e"),
    ('F', "sort-f"),
    ('G', "sort-g"),
    ('H', "sort-h"),
    ('I', "sort-i"),
    ('J', "sort-j"),
    ('K', "sort-k"),
    ('L', "sort-l"),
    ('M', "sort-m"),
    ('N', "sort-n"),
    ('O', "sort-o"),
    ('P', "sort-p"),
    ('Q', "sort-q"),
    ('R', "sort-r"),
    ('S', "sort-s"),
    ('T', "sort-t"),
    ('U', "sort-u"),
    ('V', "sort-v"),
    ('W', "sort-w"),
    ('X', "sort-x"),
    ('Y', "sort-y"),
    ('Z', "sort-z"),
];

/// Shows the namespace with this number; 0 is all.
pub const FAVOURITES: [&str; 10] = [
    "favourite-0",
    "favourite-1",
    "favourite-2",
    "favourite-3",
    "favourite-4",
    "favourite-5",
    "favourite-6",
    "favourite-7",
    "favourite-8",
    "favourite-9",
];

const SORT_HELP: &str = "sort by the column of this letter; again: the other way round";

/// Every command, in the order of the help.
pub const COMMANDS: &[Command] = &[
    command("open", Group::Object, "open", "go into the selected object"),
    command("describe", Group::Object, "describe", "what it is, what is wrong with it, what belongs to it"),
    command("yaml", Group::Object, "YAML", "the object as YAML"),
    command("logs", Group::Object, "logs", "the logs of its containers"),
    command("previous-logs", Group::Object, "previous logs", "the logs of the run before the last restart"),
    command("path", Group::Object, "path", "follow its hostname, hop by hop"),
    command("owner", Group::Object, "owner", "go to the object that owns it"),
    command("node", Group::Object, "node", "go to the node it runs on"),
    command(
        "insights",
        Group::Object,
        "query",
        "query their lines with Logs Insights; what it costs is said first",
    ),
    command(
        "differences",
        Group::Object,
        "differences",
        "what differs from the same namespace in the next environment",
    ),
    command("copy-name", Group::Object, "copy name", "put its name on the clipboard"),
    command("copy-namespace", Group::Object, "copy namespace", "put its namespace on the clipboard"),
    command(
        "filter",
        Group::Table,
        "filter",
        "show only what matches: text, !not, -l labels, -f fields, ~fuzzy",
    ),
    command("mark", Group::Table, "mark", "mark the row, or take its mark away"),
    command("mark-range", Group::Table, "mark range", "mark all rows from the last mark to here"),
    command("clear-marks", Group::Table, "clear marks", "take all marks away"),
    command("wide", Group::Table, "wide", "show the columns of wide mode too"),
    command("columns", Group::Table, "columns", "choose the columns"),
    command("by-object", Group::Table, "by object", "rows by the object they are about, or by time again"),
    command("sort-reverse", Group::Table, "reverse", "sort the other way round"),
    command("sort-next", Group::Table, "sort by next", "sort by the next column to the right"),
    command("sort-previous", Group::Table, "sort by previous", "sort by the next column to the left"),
    command("sort-a", Group::Table, "sort", SORT_HELP),
    command("sort-b", Group::Table, "sort", SORT_HELP),
    command("sort-c", Group::Table, "sort", SORT_HELP),
    command("sort-d", Group::Table, "sort", SORT_HELP),
    command("sort-e", Group::Table, "sort", SORT_HELP),
    command("sort-f", Group::Table, "sort", SORT_HELP),
    command("sort-g", Group::Table, "sort", SORT_HELP),
    command("sort-h", Group::Table, "sort", SORT_HELP),
    command("sort-i", Group::Table, "sort", SORT_HELP),
    command("sort-j", Group::Table, "sort", SORT_HELP),
    command("sort-k", Group::Table, "sort", SORT_HELP),
    command("sort-l", Group::Table, "sort", SORT_HELP),
    command("sort-m", Group::Table, "sort", SORT_HELP),
    command("sort-n", Group::Table, "sort", SORT_HELP),
    command("sort-o", Group::Table, "sort", SORT_HELP),
    command("sort-p", Group::Table, "sort", SORT_HELP),
    command("sort-q", Group::Table, "sort", SORT_HELP),
    command("sort-r", Group::Table, "sort", SORT_HELP),
    command("sort-s", Group::Table, "sort", SORT_HELP),
    command("sort-t", Group::Table, "sort", SORT_HELP),
    command("sort-u", Group::Table, "sort", SORT_HELP),
    command("sort-v", Group::Table, "sort", SORT_HELP),
    command("sort-w", Group::Table, "sort", SORT_HELP),
    command("sort-x", Group::Table, "sort", SORT_HELP),
    command("sort-y", Group::Table, "sort", SORT_HELP),
    command("sort-z", Group::Table, "sort", SORT_HELP),
    command("topology-map", Group::Table, "map", "all nodes as cells, or the tree again"),
    command("search", Group::Text, "search", "find a text"),
    command("search-next", Group::Text, "next match", "go to the next match"),
    command("search-previous", Group::Text, "previous match", "go to the match before"),
    command("fold", Group::Text, "fold", "fold what is under this line, or unfold it"),
    command("fold-all", Group::Text, "fold all", "fold everything"),
    command("unfold-all", Group::Text, "unfold all", "unfold everything"),
    command("wrap", Group::Text, "wrap", "long lines on several rows, or cut"),
    command("line-numbers", Group::Text, "line numbers", "number the lines"),
    command("copy-line", Group::Text, "copy line", "put the line, or its value, on the clipboard"),
    command("copy-all", Group::Text, "copy all", "put the whole text on the clipboard"),
    command("save", Group::Text, "save", "write it into a file; a notice says where"),
    command("log-follow", Group::Text, "follow", "follow the end of the log, or stand still"),
    command("log-filter", Group::Text, "filter", "show only the lines that match: text, !not, /expression/"),
    command(
        "log-pattern",
        Group::Text,
        "filter in AWS",
        "let CloudWatch Logs send only lines that match its filter pattern: ERROR, \"two words\", { $.level = \"error\" }",
    ),
    command("log-times", Group::Text, "times", "show when each line was written"),
    command("log-pretty", Group::Text, "JSON", "show lines that are JSON as a tree"),
    command("log-containers", Group::Text, "containers", "choose the containers"),
    command(
        "log-all-containers",
        Group::Text,
        "all containers",
        "the logs of all containers, merged by time",
    ),
    command("log-next-container", Group::Text, "next container", "the log of the next container alone"),
    command("log-previous-run", Group::Text, "previous run", "the run before the last restart, or this one"),
    command("log-mark", Group::Text, "mark", "draw a line below what was read so far"),
    command("log-clear", Group::Text, "clear", "forget the lines so far"),
    command("query-edit", Group::Text, "edit query", "change the query or its range, and run it again"),
    command("query-stop", Group::Text, "stop", "stop the query; what it has scanned is paid for"),
    command("log-tail", Group::Text, "tail", "read the last lines"),
    command("log-head", Group::Text, "head", "read from the beginning"),
    command("log-1m", Group::Text, "1 min", "read the last minute"),
    command("log-5m", Group::Text, "5 min", "read the last 5 minutes"),
    command("log-15m", Group::Text, "15 min", "read the last 15 minutes"),
    command("log-30m", Group::Text, "30 min", "read the last 30 minutes"),
    command("log-1h", Group::Text, "1 h", "read the last hour"),
    command(
        "palette",
        Group::Place,
        "command",
        "go to a view, kind, object, cluster or namespace, or run a command",
    ),
    command("aliases", Group::Place, "all views", "every view and every kind, to choose from"),
    command("back", Group::Place, "back", "out of here: close, clear the filter, go back"),
    command("history-back", Group::Place, "back", "to the view before"),
    command("history-forward", Group::Place, "forward", "to the view after"),
    command("history-last", Group::Place, "last view", "to and fro between the last two views"),
    command("scope-next", Group::Place, "next cluster", "show the next cluster alone; after the last: all"),
    command("scope-previous", Group::Place, "previous cluster", "the same the other way round"),
    command("clusters", Group::Place, "clusters", "choose the clusters that are shown"),
    command("namespaces", Group::Place, "namespace", "choose the namespace that is shown"),
    command(
        "namespace-of-row",
        Group::Place,
        "this namespace",
        "show only the namespace of the selected object",
    ),
    command("favourite-0", Group::Place, "all namespaces", "show all namespaces"),
    command("favourite-1", Group::Place, "namespace 1", "show the namespace of the first number"),
    command("favourite-2", Group::Place, "namespace 2", "show the namespace of this number"),
    command("favourite-3", Group::Place, "namespace 3", "show the namespace of this number"),
    command("favourite-4", Group::Place, "namespace 4", "show the namespace of this number"),
    command("favourite-5", Group::Place, "namespace 5", "show the namespace of this number"),
    command("favourite-6", Group::Place, "namespace 6", "show the namespace of this number"),
    command("favourite-7", Group::Place, "namespace 7", "show the namespace of this number"),
    command("favourite-8", Group::Place, "namespace 8", "show the namespace of this number"),
    command("favourite-9", Group::Place, "namespace 9", "show the namespace of this number"),
    command("up", Group::Move, "up", "up"),
    command("down", Group::Move, "down", "down"),
    command("left", Group::Move, "left", "left"),
    command("right", Group::Move, "right", "right"),
    command("page-up", Group::Move, "page up", "one page up"),
    command("page-down", Group::Move, "page down", "one page down"),
    command("half-page-up", Group::Move, "half a page up", "half a page up"),
    command("half-page-down", Group::Move, "half a page down", "half a page down"),
    command("top", Group::Move, "top", "to the beginning"),
    command("bottom", Group::Move, "bottom", "to the end"),
    command("help", Group::Cockpit, "help", "every key that works here"),
    command("refresh", Group::Cockpit, "reconnect", "try lost connections again now"),
    command("themes", Group::Cockpit, "themes", "choose the colours"),
    command("suspend", Group::Cockpit, "suspend", "back to the shell; fg returns"),
    command("quit", Group::Cockpit, "quit", "end"),
];

/// A command by its id.
pub fn find(id: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.id == id)
}

/// The sort command of a letter.
pub fn sort_by_letter(letter: char) -> Option<&'static str> {
    SORTS.iter().find(|(known, _)| *known == letter).map(|(_, id)| *id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ui::keymap::Keymap;

    #[test]
    fn ids_are_unique_and_kebab_case() {
        let ids: BTreeSet<&str> = COMMANDS.iter().map(|command| command.id).collect();
        assert_eq!(ids.len(), COMMANDS.len());
        for id in ids {
            assert!(id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{id}");
        }
        for id in FAVOURITES.iter().copied().chain(SORTS.iter().map(|(_, id)| *id)) {
            assert!(find(id).is_some(), "{id}");
        }
    }

    #[test]
    fn every_command_has_a_key_or_is_reachable_through_the_palette() {
        let keymap = Keymap::shipped();
        for command in COMMANDS {
            // Sorting needs a letter, and J, G and the like belong to something else; headers and `sort-next` sort too.
            let sorts = command.id.starts_with("sort-");
            let reachable = command.group != Group::Move || keymap.binds(command.id);
            assert!(sorts || reachable, "{}", command.id);
        }
    }
}
