//! Instants. The core never asks what time it is: it is told, so that tests and the embedded world own the clock.

use std::sync::Arc;

/// Whole seconds since 1970-01-01T00:00:00Z, which is what Kubernetes keeps (`metav1.Time`). Zero means *never*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u32);

impl Timestamp {
    /// No instant: the field was absent.
    pub const NEVER: Self = Self(0);

    /// From seconds since 1970, in constants.
    pub const fn from_whole_seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    /// From seconds since 1970; what does not fit is *never*.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(u32::try_from(seconds).unwrap_or(0))
    }

    /// Seconds since 1970.
    pub fn seconds(self) -> i64 {
        i64::from(self.0)
    }

    /// Reads RFC 3339 with or without fractions; anything else is *never*.
    pub fn parse(text: &str) -> Self {
        text.parse::<jiff::Timestamp>().map_or(Self::NEVER, |t| Self::from_seconds(t.as_second()))
    }

    /// True when there is no instant.
    pub fn is_never(self) -> bool {
        self.0 == 0
    }

    /// `Some` unless it is *never*.
    pub fn known(self) -> Option<Self> {
        (!self.is_never()).then_some(self)
    }

    /// Seconds from `self` to `now`; negative when `self` lies ahead.
    pub fn seconds_before(self, now: Self) -> i64 {
        now.seconds() - self.seconds()
    }

    /// The same, and 0 for *never*: an instant that is not known is held against nothing.
    pub fn age_at(self, now: Self) -> i64 {
        if self.is_never() { 0 } else { self.seconds_before(now) }
    }

    /// RFC 3339 in UTC; empty for *never*.
    pub fn rfc3339(self) -> String {
        if self.is_never() {
            return String::new();
        }
        jiff::Timestamp::from_second(self.seconds()).map_or_else(|_| String::new(), |t| t.to_string())
    }
}

/// A duration in seconds as kubectl prints ages (`duration.HumanDuration` of apimachinery): `45s`, `3m10s`, `2h5m`,
/// `4d3h`, `212d`, `3y40d`. Negative durations are `0s`.
pub fn human_duration(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let pair = |big: i64, unit: &str, small: i64, small_unit: &str| {
        if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{small_unit}") }
    };
    match seconds {
        s if s < 0 => "0s".to_owned(),
        s if s < 2 * MINUTE => format!("{s}s"),
        s if s < 10 * MINUTE => pair(s / MINUTE, "m", s % MINUTE, "s"),
        s if s < 3 * HOUR => format!("{}m", s / MINUTE),
        s if s < 8 * HOUR => pair(s / HOUR, "h", s / MINUTE % 60, "m"),
        s if s < 2 * DAY => format!("{}h", s / HOUR),
        s if s < 8 * DAY => pair(s / DAY, "d", s / HOUR % 24, "h"),
        s if s < 2 * YEAR => format!("{}d", s / DAY),
        s if s < 8 * YEAR => pair(s / YEAR, "y", s / DAY % 365, "d"),
        s => format!("{}y", s / YEAR),
    }
}

/// When the text of [`human_duration`] changes next, in seconds from now: how long a screen that shows this age may
/// sleep.
pub fn human_duration_changes_in(seconds: i64) -> i64 {
    let unit = match seconds {
        s if s < 10 * 60 => 1,
        s if s < 8 * 3600 => 60,
        s if s < 8 * 86_400 => 3600,
        _ => 86_400,
    };
    if seconds < 0 { -seconds } else { unit - seconds % unit }
}

/// Tells the time. The real one is made at the composition root; tests and the embedded world bring their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_and_print_rfc_3339() {
        let t = Timestamp::parse("2026-11-21T10:42:07Z");
        assert_eq!(t.rfc3339(), "2026-11-21T10:42:07Z");
        assert_eq!(Timestamp::parse("2026-11-21T10:42:07.123456Z"), t);
        assert!(Timestamp::parse("yesterday").is_never());
        assert_eq!(Timestamp::NEVER.rfc3339(), "");
    }

    #[test]
    fn ages_read_as_kubectl_prints_them() {
        for (seconds, text) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (190, "3m10s"),
            (600, "10m"),
            (10_799, "179m"),
            (7 * 3600 + 300, "7h5m"),
            (47 * 3600, "47h"),
            (4 * 86_400 + 3 * 3600, "4d3h"),
            (212 * 86_400, "212d"),
            (3 * 365 * 86_400 + 40 * 86_400, "3y40d"),
            (-5, "0s"),
        ] {
            assert_eq!(human_duration(seconds), text);
        }
    }

    #[test]
    fn an_age_says_when_its_text_changes() {
        for seconds in (0..200_000).step_by(37) {
            let wait = human_duration_changes_in(seconds);
            assert!(wait > 0);
            if seconds > 3600 {
                assert_eq!(human_duration(seconds), human_duration(seconds + wait - 1), "at {seconds}");
            }
        }
    }
}
