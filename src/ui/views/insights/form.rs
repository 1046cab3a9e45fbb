//! What is asked, typed: the query, how far back, and what that would scan and cost. Nothing runs before Enter.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::fleet::Timestamp;
use crate::fleet::aws::caller::Caller;
use crate::fleet::aws::kind::{CALLERS, LOG_GROUPS};
use crate::fleet::aws::log_group::LogGroup;
use crate::fleet::quantity::human_bytes;
use crate::planes::cost::prices::{self, PriceList};
use crate::planes::log_query::{self, Scan};
use crate::settings::document::parse_duration;
use crate::snapshot::ClusterSnapshot;
use crate::ui::input::{Key, KeyCode};
use crate::ui::line::{Line, Typed};
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::view::Look;

/// What is asked where nobody asks anything else.
pub(super) const USUAL: &str = "fields @timestamp, @message | sort @timestamp desc | limit 200";
/// How far back, where nobody says.
pub(super) const USUAL_RANGE: &str = "1h";
/// The longest query that is taken (`StartQuery`).
const LONGEST: usize = 10_000;
/// Cells in front of what is typed.
const LABEL: u16 = 9;
/// Groups that are named; the others are counted.
const NAMED: usize = 4;

/// A query and its range as they were typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) text: String,
    pub(super) range: String,
}

impl Default for Question {
    fn default() -> Self {
        Self { text: USUAL.to_owned(), range: USUAL_RANGE.to_owned() }
    }
}

/// `90s`, `15m`, `1h`, `7d`, `2w` in seconds; `None` for anything else, and for no time at all.
pub(super) fn seconds_of(range: &str) -> Option<u32> {
    let range = range.trim();
    let days = |number: &str, days: u64| number.parse::<u64>().ok()?.checked_mul(days * 24 * 60 * 60);
    let seconds = match (range.strip_suffix('d'), range.strip_suffix('w')) {
        (Some(number), _) => days(number, 1)?,
        (_, Some(number)) => days(number, 7)?,
        _ => parse_duration(range)?.as_secs(),
    };
    u32::try_from(seconds).ok().filter(|seconds| *seconds > 0)
}

/// The form.
#[derive(Debug)]
pub(super) struct Form {
    query: Line,
    range: Line,
    is_in_range: bool,
    /// What Enter could not take.
    complaint: Option<String>,
    told: Told,
}

/// What is known of the groups, as it was when the form was last prepared.
#[derive(Debug, Default)]
struct Told {
    groups: Vec<(String, Role)>,
    scans: (String, Role),
    costs: (String, Role),
    /// What scanning costs where the account is.
    list: Option<&'static PriceList>,
    /// Why it cannot run.
    stands_in: Option<String>,
}

/// What a key did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// Still typing.
    Open,
    /// Not after all.
    Abandoned,
    /// This is to be run.
    Run(Question, u32),
}

impl Form {
    pub(super) fn new(question: &Question) -> Self {
        Self {
            query: Line::new(&question.text),
            range: Line::new(&question.range),
            is_in_range: false,
            complaint: None,
            told: Told::default(),
        }
    }

    fn line(&mut self) -> &mut Line {
        if self.is_in_range { &mut self.range } else { &mut self.query }
    }

    pub(super) fn key(&mut self, key: Key) -> Filled {
        match key.code {
            KeyCode::Esc => return Filled::Abandoned,
            KeyCode::Enter => return self.accept(),
            KeyCode::Tab | KeyCode::Up | KeyCode::Down => {
                self.is_in_range = !self.is_in_range;
            }
            _ => {
                if self.line().key(key) == Typed::Changed {
                    self.complaint = None;
                }
            }
        }
        Filled::Open
    }

    pub(super) fn paste(&mut self, text: &str) {
        // The lines of a query that was kept in a file are one here; what ends a line divides words.
        let text = text.replace(['\r', '\n', '\t'], " ");
        self.line().insert(&text);
        self.complaint = None;
    }

    /// What scanning costs where the account is, as far as it is known.
    pub(super) fn prices(&self) -> Option<&'static PriceList> {
        self.told.list
    }

    fn accept(&mut self) -> Filled {
        let text = self.query.text().trim();
        let seconds = seconds_of(self.range.text());
        let complaint = match seconds {
            _ if text.is_empty() => "a query is wanted".to_owned(),
            _ if text.chars().count() > LONGEST => format!("a query has at most {LONGEST} characters"),
            None => "how far back: 30m, 1h, 7d".to_owned(),
            Some(seconds) => match &self.told.stands_in {
                Some(why) => why.clone(),
                None => {
                    let range = self.range.text().trim().to_owned();
                    return Filled::Run(Question { text: text.to_owned(), range }, seconds);
                }
            },
        };
        self.complaint = Some(complaint);
        Filled::Open
    }

    /// Finds out what it would scan and cost.
    pub(super) fn prepare(&mut self, names: &[Arc<str>], cluster: Option<&ClusterSnapshot>, now: Timestamp) {
        let table = cluster.and_then(|cluster| cluster.table::<LogGroup>(&LOG_GROUPS));
        let found = |name: &Arc<str>| Some(table?.find(None, name)?.1.as_ref());
        let groups: Vec<Option<&LogGroup>> = names.iter().map(found).collect();
        let known: Vec<&LogGroup> = groups.iter().copied().flatten().collect();
        let is_settled = cluster.is_some_and(|cluster| cluster.freshness(&LOG_GROUPS).is_settled());
        let mut told = Told { list: prices_of(cluster), ..Told::default() };
        for (name, group) in names.iter().zip(&groups).take(NAMED) {
            told.groups.push(match group {
                Some(group) => (format!("{name}  {}", kept(group)), Role::Text),
                None if is_settled => (format!("{name}  nothing is known of its size"), Role::Unknown),
                None => (format!("{name}  its size is still being read"), Role::Dim),
            });
        }
        if names.len() > NAMED {
            told.groups.push((format!("and {} more", names.len() - NAMED), Role::Dim));
        }
        let unread = known.iter().find_map(|group| Some((&group.name, log_query::unreadable(group)?)));
        if let Some((name, why)) = unread {
            told.stands_in = Some(format!("{name}: {why}"));
        } else if known.len() < names.len() && !is_settled {
            told.stands_in = Some("how large the groups are is still being read".to_owned());
        } else if cluster.is_some_and(|cluster| !cluster.freshness(&CALLERS).is_settled()) {
            told.stands_in = Some("what it costs is still being found out".to_owned());
        }
        let range = self.range.text().trim();
        let unknown = || (("not known".to_owned(), Role::Unknown), ("not known".to_owned(), Role::Unknown));
        (told.scans, told.costs) = match seconds_of(range) {
            None => (("how far back: 30m, 1h, 7d".to_owned(), Role::Warning), (String::new(), Role::Text)),
            Some(_) if known.len() < names.len() && is_settled => unknown(),
            Some(_) if known.len() < names.len() => (reading(), reading()),
            Some(seconds) => {
                let scan = Scan::of(known, seconds, now);
                let scans = format!(
                    "at most about {}: {range} of the {} that are stored, if lines come evenly",
                    human_bytes(scan.bytes),
                    human_bytes(scan.stored)
                );
                ((scans, Role::Strong), (costs(cluster, scan), Role::Strong))
            }
        };
        self.told = told;
    }

    pub(super) fn paint(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let label = |buffer: &mut Buffer, y: u16, words: &str| {
            text::put(buffer, area, area.left() + 1, y, words, look.style.of(Role::Dim));
        };
        let left = area.left() + LABEL;
        let room = area.width.saturating_sub(LABEL + 1);
        let mut y = area.top();
        label(buffer, y, "groups");
        for (words, role) in &self.told.groups {
            let words = text::escape(words);
            text::put(buffer, area, left, y, &text::cut(&words, room, look.ascii), look.style.of(*role));
            y += 1;
        }
        y += 1;
        for (words, line, is_here) in
            [("query", &self.query, !self.is_in_range), ("since", &self.range, self.is_in_range)]
        {
            label(buffer, y, words);
            if is_here {
                line.paint(area, left, y, buffer, look);
            } else {
                let said = text::escape(line.text());
                let said = text::cut(&said, room, look.ascii);
                text::put(buffer, area, left, y, &said, look.style.of(Role::Input));
            }
            y += 1;
        }
        y += 1;
        for (words, (said, role)) in [("scans", &self.told.scans), ("costs", &self.told.costs)] {
            label(buffer, y, words);
            for line in text::wrap(&text::escape(said), room) {
                text::put(buffer, area, left, y, &line, look.style.of(*role));
                y += 1;
            }
        }
        y += 1;
        if let Some(complaint) = &self.complaint {
            for line in text::wrap(&text::escape(complaint), area.width.saturating_sub(2)) {
                text::put(buffer, area, area.left() + 1, y, &line, look.style.of(Role::Warning));
                y += 1;
            }
        }
        let mut x = area.left() + 1;
        for (key, does) in
            [("Enter", "runs it"), ("Tab", "query or range"), ("Esc", "leaves: nothing runs before Enter")]
        {
            x = text::put(buffer, area, x, y, key, look.style.of(Role::Key)) + 1;
            x = text::put(buffer, area, x, y, does, look.style.of(Role::KeyHelp)) + 3;
        }
    }
}

fn kept(group: &LogGroup) -> String {
    let days = group.retention_days.map_or("for ever".to_owned(), |days| format!("{days} d"));
    format!("{} stored, kept {days}", human_bytes(group.bytes))
}

fn reading() -> (String, Role) {
    ("still being read".to_owned(), Role::Dim)
}

/// Where the account is; empty where nobody knows.
fn region(cluster: Option<&ClusterSnapshot>) -> &str {
    let callers = cluster.and_then(|cluster| cluster.table::<Caller>(&CALLERS));
    callers.and_then(|table| table.iter().next()).map_or("", |(_, caller)| &*caller.region)
}

fn prices_of(cluster: Option<&ClusterSnapshot>) -> Option<&'static PriceList> {
    prices::of(region(cluster))
}

/// What a scan costs where the account is: by the price list of its region, if one is shipped.
fn costs(cluster: Option<&ClusterSnapshot>, scan: Scan) -> String {
    match (region(cluster), prices_of(cluster)) {
        (region, Some(list)) => format!(
            "about {} at ${} for a GB ({region}, prices of {}); all that is stored: {}",
            money(log_query::dollars(scan.bytes, list)),
            list.gigabyte.log_query,
            list.as_of,
            money(log_query::dollars(scan.stored, list)),
        ),
        ("", None) if cluster.is_some_and(|of| !of.freshness(&CALLERS).is_settled()) => reading().0,
        ("", None) => "not known: the region is not known".to_owned(),
        (region, None) => format!("not known: no price list is shipped for {region}"),
    }
}

/// Dollars, with as many digits as say something.
pub(super) fn money(dollars: f64) -> String {
    match dollars {
        none if none <= 0.0 => "$0".to_owned(),
        little if little < 0.000_1 => "less than $0.0001".to_owned(),
        little if little < 0.001 => format!("${little:.4}"),
        little if little < 0.1 => format!("${little:.3}"),
        dollars => format!("${dollars:.2}"),
    }
}
