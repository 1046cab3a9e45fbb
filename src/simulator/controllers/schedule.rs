//! Schedules of cron with a duration: sync windows, and the disruption budgets of node pools.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A schedule of five fields, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    minutes: Vec<u8>,
    hours: Vec<u8>,
    days: Option<Vec<u8>>,
    months: Vec<u8>,
    weekdays: Option<Vec<u8>>,
}

impl Schedule {
    /// Reads `minute hour day month weekday`; names of days and months are not understood.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let &[minutes, hours, days, months, weekdays] = fields.as_slice() else { return None };
        let some = |text: &str, low, high| -> Option<Option<Vec<u8>>> {
            Some(if text == "*" { None } else { Some(values(text, low, high)?) })
        };
        let mut weekdays = some(weekdays, 0, 7)?;
        // Sunday has two numbers.
        if let Some(days) = weekdays.as_mut().filter(|days| days.contains(&7)) {
            days.push(0);
        }
        Some(Self {
            minutes: values(minutes, 0, 59)?,
            hours: values(hours, 0, 23)?,
            days: some(days, 1, 31)?,
            months: values(months, 1, 12)?,
            weekdays,
        })
    }

    /// Whether a window that opens at each time of the schedule and lasts some seconds is open at an instant.
    pub(super) fn is_open(&self, at: Timestamp, seconds: i64) -> bool {
        let minute = at.as_second().div_euclid(60);
        let first = (at.as_second() - seconds).div_euclid(60) + 1;
        (first..=minute)
            .rev()
            .any(|minute| Timestamp::from_second(minute * 60).is_ok_and(|start| self.matches(start)))
    }

    fn matches(&self, at: Timestamp) -> bool {
        let at = at.to_zoned(TimeZone::UTC);
        let is = |values: &[u8], value: i8| u8::try_from(value).is_ok_and(|value| values.contains(&value));
        if !is(&self.minutes, at.minute()) || !is(&self.hours, at.hour()) || !is(&self.months, at.month()) {
            return false;
        }
        let day = self.days.as_ref().map(|days| is(days, at.day()));
        let weekday = self.weekdays.as_ref().map(|days| is(days, at.weekday().to_sunday_zero_offset()));
        // Where both are restricted either is enough: cron's oldest rule.
        match (day, weekday) {
            (Some(day), Some(weekday)) => day || weekday,
            (day, weekday) => day.or(weekday).unwrap_or(true),
        }
    }
}

/// The values of one field: `*`, `*/5`, `1-5`, `1,2,9-11/2`.
fn values(text: &str, low: u8, high: u8) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u8>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
            None if range == "*" => (low, high),
            None => {
                let value = range.parse::<u8>().ok()?;
                (value, if part.contains('/') { high } else { value })
            }
        };
        if from < low || to > high || from > to {
            return None;
        }
        out.extend((from..=to).step_by(usize::from(step)));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_weekend_window_is_open_from_friday_to_monday() {
        let weekend = Schedule::parse("0 16 * * 5").unwrap();
        let hours = 63 * 3600;
        for (instant, open) in [
            ("2026-11-20T15:59:59Z", false),
            ("2026-11-20T16:00:00Z", true),
            ("2026-11-21T10:42:07Z", true),
            ("2026-11-23T06:59:59Z", true),
            ("2026-11-23T07:00:00Z", false),
        ] {
            assert_eq!(weekend.is_open(at(instant), hours), open, "{instant}");
        }
    }

    #[test]
    fn fields_hold_ranges_steps_and_lists_and_nonsense_is_refused() {
        let working = Schedule::parse("*/15 9-17 * * 1-5").unwrap();
        assert!(working.is_open(at("2026-11-23T09:15:30Z"), 60));
        assert!(!working.is_open(at("2026-11-22T09:15:30Z"), 60));
        for wrong in ["", "* * * *", "61 * * * *", "5-1 * * * *", "*/0 * * * *", "x * * * *"] {
            assert_eq!(Schedule::parse(wrong), None, "{wrong}");
        }
    }
}
