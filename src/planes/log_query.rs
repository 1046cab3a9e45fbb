//! What a query of logs would scan and cost, told before it runs.

use crate::fleet::Timestamp;
use crate::fleet::aws::log_group::LogGroup;
use crate::planes::cost::prices::PriceList;

/// The most groups that one query reads (`StartQuery`).
pub const MOST_GROUPS: usize = 50;
/// What is meant by a gigabyte where it is paid for. Should AWS mean 2^30, it costs less than is told.
const GIGABYTE: f64 = 1e9;

/// What a query would scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The range's share of what is stored, in bytes, if lines came evenly.
    pub bytes: u64,
    /// All that is stored, in bytes.
    pub stored: u64,
}

impl Scan {
    /// What a query over the last so many seconds of these groups would scan.
    ///
    /// A group's lines are taken to be spread over the time that they are kept, or over its own age while it is
    /// younger than that. Filters make no difference: a query pays for every line of its range.
    pub fn of<'a>(groups: impl IntoIterator<Item = &'a LogGroup>, seconds: u32, now: Timestamp) -> Self {
        let mut scan = Self::default();
        for group in groups {
            let kept = group.retention_days.map(|days| i64::from(days) * 24 * 60 * 60);
            let age = group.created.known().map(|created| created.age_at(now));
            let spread = [kept, age].into_iter().flatten().min().unwrap_or(0).max(1);
            let share = (f64::from(seconds) / spread as f64).min(1.0);
            // Below what is stored, so the cast stays in range.
            scan.bytes = scan.bytes.saturating_add((group.bytes as f64 * share).ceil() as u64);
            scan.stored = scan.stored.saturating_add(group.bytes);
        }
        scan
    }
}

/// What scanning so many bytes costs, in US dollars.
pub fn dollars(bytes: u64, list: &PriceList) -> f64 {
    bytes as f64 / GIGABYTE * list.gigabyte.log_query
}

/// Why no query reads a group, where that is so: lines of this class are only passed on (CloudWatch Logs user guide,
/// "Log classes").
pub fn unreadable(group: &LogGroup) -> Option<&'static str> {
    (&*group.class == "DELIVERY").then_some("its lines are only passed on: no query reads them")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planes::cost::prices;

    const NOW: &str = "2026-11-21T10:42:07Z";

    fn group(bytes: u64, retention_days: Option<u32>, created: &str) -> LogGroup {
        let created = Timestamp::parse(created);
        LogGroup { bytes, retention_days, created, ..LogGroup::default() }
    }

    fn scanned(group: &LogGroup, seconds: u32) -> u64 {
        Scan::of([group], seconds, Timestamp::parse(NOW)).bytes
    }

    #[test]
    fn a_query_scans_the_share_of_its_range_of_what_is_kept() {
        let month = group(720_000_000, Some(30), "2020-01-01T00:00:00Z");
        assert_eq!(scanned(&month, 3600), 1_000_000);
        assert_eq!(scanned(&month, 24 * 3600), 24_000_000);
        let several = Scan::of([&month, &month], 3600, Timestamp::parse(NOW));
        assert_eq!(several, Scan { bytes: 2_000_000, stored: 1_440_000_000 });
    }

    #[test]
    fn a_group_that_is_younger_than_its_retention_is_denser() {
        let young = group(1_000, Some(30), "2026-11-21T08:42:07Z");
        assert_eq!(scanned(&young, 3600), 500);
        assert_eq!(scanned(&young, 7 * 24 * 3600), 1_000, "never more than there is");
        let for_ever = group(1_000, None, "2026-11-21T08:42:07Z");
        assert_eq!(scanned(&for_ever, 3600), 500);
        assert_eq!(
            scanned(&group(1_000, None, ""), 3600),
            1_000,
            "without an age it may all be of this hour"
        );
        assert_eq!(scanned(&group(1_000, None, "2027-01-01T00:00:00Z"), 60), 1_000, "nor with a wrong clock");
    }

    #[test]
    fn the_price_is_by_the_gigabyte() {
        let list = prices::of("us-east-1").unwrap();
        assert!((dollars(2_000_000_000, list) - 0.01).abs() < 1e-9);
    }
}
