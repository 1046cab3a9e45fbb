//! How many nodes of a pool Karpenter may replace by its own choice now, and which budget says so
//! (`NodePool.GetAllowedDisruptionsByReason` and `Budget.IsActive` of Karpenter 1.14).

use crate::fleet::Timestamp;
use crate::fleet::delay::Delay;
use crate::fleet::karpenter::node_pool::{Budget, NodePool};
use crate::fleet::schedule::Schedule;

/// A schedule that hits more often than this within its own duration is taken to hold for ever.
const HITS: usize = 2000;

/// Why Karpenter would replace a node by its own choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing runs on it.
    Empty,
    /// Its pods fit elsewhere, or on something cheaper.
    Underutilized,
    /// It is not what its pool and class ask for any more.
    Drifted,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Empty, Self::Underutilized, Self::Drifted];

    /// The word of `budgets[].reasons`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::Underutilized => "Underutilized",
            Self::Drifted => "Drifted",
        }
    }

    /// What is done with the node, as words go on after a number: `2 empty`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Underutilized => "underused",
            Self::Drifted => "drifted",
        }
    }
}

/// The nodes that budgets count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nodes {
    /// Those that are initialized.
    pub all: u32,
    /// Those of them that go already or are not ready: they use the budget up.
    pub busy: u32,
}

/// How many nodes may be replaced for a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// How many more at this moment.
    pub count: u32,
    /// The budget that allows the fewest, counted from 1 as in the manifest; `None` when no budget holds.
    pub by: Option<usize>,
    /// How many that budget allows before those that go already are taken off.
    pub cap: u32,
    /// When that budget stops holding; `None` when it always does.
    pub until: Option<Timestamp>,
    /// That budget cannot be read, and so allows nothing.
    pub is_unreadable: bool,
}

impl Allowed {
    /// `0 until 07:00 UTC by budget 2`, `1`, `all`.
    pub fn words(&self, nodes: Nodes) -> String {
        let Some(by) = self.by else { return "all".to_owned() };
        if self.count > 0 {
            return if self.count >= nodes.all { "all".to_owned() } else { self.count.to_string() };
        }
        if self.is_unreadable {
            return format!("0: budget {by} cannot be read");
        }
        if self.cap > 0 {
            return format!("0: {} of {} go already", nodes.busy, self.cap);
        }
        if nodes.all == 0 {
            return "0".to_owned();
        }
        match self.until {
            Some(until) => format!("0 until {} by budget {by}", clock(until)),
            None => format!("0 by budget {by}"),
        }
    }

    /// True when a budget forbids it, whatever goes on.
    pub fn is_forbidden(&self) -> bool {
        self.cap == 0 && self.by.is_some()
    }
}

/// `07:00 UTC`
pub fn clock(at: Timestamp) -> String {
    let text = at.rfc3339();
    format!("{} UTC", text.get(11..16).unwrap_or_default())
}

/// What the budgets of a pool allow for a reason.
pub fn allowed(pool: &NodePool, reason: Reason, nodes: Nodes, now: Timestamp) -> Allowed {
    let mut least = Allowed { count: nodes.all, by: None, cap: nodes.all, until: None, is_unreadable: false };
    for (at, budget) in pool.disruption.budgets.iter().enumerate() {
        if !budget.reasons.is_empty() && !budget.reasons.iter().any(|own| **own == *reason.as_str()) {
            continue;
        }
        let (cap, until, is_unreadable) = match window(budget, now) {
            Window::Closed => continue,
            Window::Open { until } => match cap(budget, nodes.all) {
                Some(cap) => (cap, until, false),
                None => (0, None, true),
            },
            Window::Unreadable => (0, None, true),
        };
        // The first of several that allow as few is named.
        if least.by.is_none() && cap <= least.cap || cap < least.cap {
            least = Allowed { count: 0, by: Some(at + 1), cap, until, is_unreadable };
        }
    }
    least.count = least.cap.saturating_sub(nodes.busy);
    least
}

/// `nodes` of a budget for so many nodes; percentages round up.
fn cap(budget: &Budget, nodes: u32) -> Option<u32> {
    match budget.nodes.strip_suffix('%') {
        Some(percent) => {
            let percent: u64 = percent.parse().ok()?;
            Some(u32::try_from((u64::from(nodes) * percent).div_ceil(100)).unwrap_or(u32::MAX))
        }
        None => budget.nodes.parse().ok(),
    }
}

/// When a budget holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Now, and until then; always when `None`.
    Open {
        /// When it ends.
        until: Option<Timestamp>,
    },
    /// Not now.
    Closed,
    /// Its schedule or duration cannot be read.
    Unreadable,
}

/// Whether a budget holds now.
pub fn window(budget: &Budget, now: Timestamp) -> Window {
    let Some(schedule) = &budget.schedule else {
        return if budget.duration.is_none() { Window::Open { until: None } } else { Window::Unreadable };
    };
    let (Ok(schedule), Some(duration)) =
        (Schedule::parse(schedule), budget.duration.as_ref().and_then(Delay::seconds))
    else {
        return Window::Unreadable;
    };
    let later = |at: Timestamp| {
        Timestamp::from_seconds(at.seconds().saturating_add(i64::try_from(duration).unwrap_or(i64::MAX)))
    };
    let since = Timestamp::from_seconds(now.seconds() - i64::try_from(duration).unwrap_or(i64::MAX));
    let Some(first) = schedule.next(since).filter(|first| *first <= now) else { return Window::Closed };
    let mut last = first;
    for _ in 0..HITS {
        // A window that begins before the last one is over goes on.
        match schedule.next(last).filter(|next| *next <= later(last)) {
            Some(next) => last = next,
            None => return Window::Open { until: later(last).known() },
        }
    }
    Window::Open { until: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Packed;
    use crate::fleet::intern::Interner;

    fn pool(budgets: &str) -> NodePool {
        let json =
            format!(r#"{{"metadata":{{"name":"spot"}},"spec":{{"disruption":{{"budgets":{budgets}}}}}}}"#);
        NodePool::pack(serde_json::from_str(&json).unwrap(), &mut Interner::default())
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text)
    }

    fn words(budgets: &str, reason: Reason, all: u32, busy: u32, now: &str) -> String {
        let nodes = Nodes { all, busy };
        allowed(&pool(budgets), reason, nodes, at(now)).words(nodes)
    }

    const NOON: &str = "2026-11-21T12:00:00Z";

    #[test]
    fn percentages_round_up_and_what_goes_already_is_taken_off() {
        let ten = r#"[{"nodes":"10%"}]"#;
        assert_eq!(words(ten, Reason::Empty, 3, 0, NOON), "1");
        assert_eq!(words(ten, Reason::Empty, 21, 0, NOON), "3");
        assert_eq!(words(ten, Reason::Empty, 21, 1, NOON), "2");
        assert_eq!(words(ten, Reason::Empty, 3, 1, NOON), "0: 1 of 1 go already");
        assert_eq!(words(ten, Reason::Empty, 1, 0, NOON), "all");
        assert_eq!(words("[]", Reason::Empty, 3, 0, NOON), "all");
        assert_eq!(words(r#"[{"nodes":"100%"}]"#, Reason::Empty, 3, 0, NOON), "all");
    }

    #[test]
    fn the_least_of_those_that_hold_now_counts_and_is_named() {
        let budgets = r#"[{"nodes":"20%"},{"nodes":"0","schedule":"0 9 * * mon-sat","duration":"8h"},{"nodes":"5","reasons":["Drifted"]}]"#;
        assert_eq!(words(budgets, Reason::Empty, 10, 0, NOON), "0 until 17:00 UTC by budget 2");
        assert_eq!(words(budgets, Reason::Empty, 10, 0, "2026-11-21T08:59:59Z"), "2");
        assert_eq!(words(budgets, Reason::Empty, 10, 0, "2026-11-21T17:00:00Z"), "2", "it ends on time");
        assert_eq!(words(budgets, Reason::Empty, 10, 0, "2026-11-22T12:00:00Z"), "2", "a Sunday");
        assert_eq!(words(r#"[{"nodes":"0"}]"#, Reason::Drifted, 4, 0, NOON), "0 by budget 1");
        assert_eq!(words(r#"[{"nodes":"0","reasons":["Drifted"]}]"#, Reason::Empty, 4, 0, NOON), "all");
    }

    #[test]
    fn a_window_over_midnight_holds_in_the_morning_too() {
        let night = r#"[{"nodes":"0","schedule":"0 22 * * *","duration":"9h"}]"#;
        assert_eq!(
            words(night, Reason::Empty, 4, 0, "2026-11-21T03:00:00Z"),
            "0 until 07:00 UTC by budget 1"
        );
        assert_eq!(words(night, Reason::Empty, 4, 0, "2026-11-21T07:00:01Z"), "all");
    }

    #[test]
    fn windows_that_overlap_hold_on_and_those_without_an_end_for_ever() {
        let hourly = r#"[{"nodes":"0","schedule":"0 8-10 * * *","duration":"90m"}]"#;
        assert_eq!(
            words(hourly, Reason::Empty, 4, 0, "2026-11-21T08:10:00Z"),
            "0 until 11:30 UTC by budget 1"
        );
        let always = r#"[{"nodes":"0","schedule":"* * * * *","duration":"1h"}]"#;
        assert_eq!(words(always, Reason::Empty, 4, 0, NOON), "0 by budget 1");
    }

    #[test]
    fn a_budget_that_cannot_be_read_allows_nothing() {
        for budget in [
            r#"[{"nodes":"many"}]"#,
            r#"[{"nodes":"5","schedule":"whenever","duration":"1h"}]"#,
            r#"[{"nodes":"5","duration":"1h"}]"#,
            r#"[{"nodes":"-5%"}]"#,
        ] {
            assert_eq!(words(budget, Reason::Empty, 4, 0, NOON), "0: budget 1 cannot be read", "{budget}");
        }
    }
}
