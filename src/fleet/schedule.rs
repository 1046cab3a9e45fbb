//! Cron schedules as the CronJob controller reads them (`robfig/cron` v3, standard parser): five fields, names of months
//! and days, `@hourly` and its kin, `@every 90m`. Times are in UTC.

use jiff::civil::{Date, DateTime};

use super::time::Timestamp;

/// How many days ahead a next run is looked for. The 29th of February comes within eight years at the latest.
const HORIZON_DAYS: i32 = 366 * 8;

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Every(i64),
    Fields(Fields),
}

/// One bit for each value that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fields {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// A day field that is a plain star restricts nothing: then the other one decides alone. `*/2` does restrict.
    any_day: bool,
    any_weekday: bool,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Schedule {
    /// Reads a schedule. The error is a fragment that fits after a colon.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let expanded = match text {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => other,
        };
        if let Some(duration) = expanded.strip_prefix("@every ") {
            let seconds = go_seconds(duration.trim()).ok_or("no duration after @every")?;
            return Ok(Self(Kind::Every(seconds.max(1))));
        }
        let fields: Vec<&str> = expanded.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
            return Err(format!("5 fields are expected, there are {}", fields.len()));
        };
        let is_any = |field: &str| field.split(',').any(|part| matches!(part, "*" | "?" | "*/1" | "?/1"));
        Ok(Self(Kind::Fields(Fields {
            minutes: bits(minutes, 0, 59, &[], 0)?,
            hours: bits(hours, 0, 23, &[], 0)?,
            days: bits(days, 1, 31, &[], 0)?,
            months: bits(months, 1, 12, &MONTHS, 1)?,
            weekdays: fold_sunday(bits(weekdays, 0, 7, &WEEKDAYS, 0)?),
            any_day: is_any(days),
            any_weekday: is_any(weekdays),
        })))
    }

    /// The first instant after `after` that matches; `None` when there is none, for example on the 30th of February.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let fields = match &self.0 {
            Kind::Every(seconds) => return Timestamp::from_seconds(after.seconds() + seconds).known(),
            Kind::Fields(fields) => fields,
        };
        let utc = jiff::tz::Offset::UTC;
        let start =
            utc.to_datetime(jiff::Timestamp::from_second(after.seconds() - after.seconds() % 60 + 60).ok()?);
        let mut date = start.date();
        for _ in 0..HORIZON_DAYS {
            if fields.matches(date) {
                let earliest = if date == start.date() {
                    start
                } else {
                    date.to_datetime(jiff::civil::Time::midnight())
                };
                if let Some(at) = fields.first_on(earliest) {
                    return Timestamp::from_seconds(utc.to_timestamp(at).ok()?.as_second()).known();
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }
}

impl Fields {
    fn matches(&self, date: Date) -> bool {
        let day = has(self.days, date.day().unsigned_abs());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset().unsigned_abs());
        let is_day = if self.any_day || self.any_weekday { day && weekday } else { day || weekday };
        is_day && has(self.months, date.month().unsigned_abs())
    }

    /// The first match on the day of `earliest`, not before it.
    fn first_on(&self, earliest: DateTime) -> Option<DateTime> {
        let from = (earliest.hour(), earliest.minute());
        (0..24_i8)
            .filter(|hour| has(self.hours, hour.unsigned_abs()))
            .flat_map(|hour| (0..60_i8).map(move |minute| (hour, minute)))
            .find(|&(hour, minute)| has(self.minutes, minute.unsigned_abs()) && (hour, minute) >= from)
            .map(|(hour, minute)| earliest.date().at(hour, minute, 0, 0))
    }
}

fn has(bits: u64, value: u8) -> bool {
    bits & (1 << value) != 0
}

/// Sunday is 0 and 7.
fn fold_sunday(weekdays: u64) -> u64 {
    if has(weekdays, 7) { (weekdays | 1) & 0x7f } else { weekdays }
}

/// `*`, `?`, `5`, `1-5`, `*/15`, `10-40/10`, `3/20` and lists of them, with names where there are any.
fn bits(field: &str, low: u64, high: u64, names: &[&str], first_name: u64) -> Result<u64, String> {
    let mut bits = 0;
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u64>().ok().filter(|step| *step > 0)),
            None => (part, Some(1)),
        };
        let step = step.ok_or_else(|| format!("{part:?} has no step"))?;
        let value = |text: &str| {
            let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
            let value = match named {
                Some(at) => at as u64 + first_name,
                None => text.parse().map_err(|_| format!("{text:?} is no number"))?,
            };
            if (low..=high).contains(&value) {
                Ok(value)
            } else {
                Err(format!("{value} is not in {low}-{high}"))
            }
        };
        let (from, to) = match range {
            "*" | "?" => (low, high),
            _ => match range.split_once('-') {
                Some((from, to)) => (value(from)?, value(to)?),
                None if part.contains('/') => (value(range)?, high),
                None => (value(range)?, value(range)?),
            },
        };
        if from > to {
            return Err(format!("{range:?} runs backwards"));
        }
        let mut at = from;
        while at <= to {
            bits |= 1 << at;
            at += step;
        }
    }
    Ok(bits)
}

/// A Go duration in whole seconds: `1h30m`, `90s`.
pub fn go_seconds(text: &str) -> Option<i64> {
    let mut total = 0.0;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest.get(..digits)?.parse().ok()?;
        let tail = rest.get(digits..)?;
        let unit = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        total += number
            * match tail.get(..unit)? {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 0.001,
                _ => return None,
            };
        rest = tail.get(unit..)?;
    }
    (total < 1e12).then_some(total as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &str, after: &str) -> String {
        Schedule::parse(schedule)
            .unwrap()
            .next(Timestamp::parse(after))
            .map_or_else(|| "never".to_owned(), Timestamp::rfc3339)
    }

    #[test]
    fn the_next_run_is_after_now() {
        for (schedule, after, expected) in [
            ("0 * * * *", "2026-11-21T12:36:36Z", "2026-11-21T13:00:00Z"),
            ("0 * * * *", "2026-11-21T13:00:00Z", "2026-11-21T14:00:00Z"),
            ("*/15 9-17 * * mon-fri", "2026-11-20T17:50:00Z", "2026-11-23T09:00:00Z"),
            ("30 4 1,15 * 5", "2026-11-21T00:00:00Z", "2026-11-27T04:30:00Z"),
            ("0 0 29 2 *", "2026-11-21T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 30 2 *", "2026-11-21T00:00:00Z", "never"),
            ("0 0 * * 7", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
            ("5/20 * * JAN ?", "2026-11-21T00:00:00Z", "2027-01-01T00:05:00Z"),
            ("@daily", "2026-11-21T12:00:00Z", "2026-11-22T00:00:00Z"),
            ("@every 1h30m", "2026-11-21T12:00:00Z", "2026-11-21T13:30:00Z"),
            ("0 0 31 12 *", "2026-12-31T00:00:00Z", "2027-12-31T00:00:00Z"),
        ] {
            assert_eq!(next(schedule, after), expected, "{schedule} after {after}");
        }
    }

    #[test]
    fn what_is_no_schedule_says_why() {
        for (schedule, problem) in [
            ("", "5 fields are expected, there are 0"),
            ("61 * * * *", "61 is not in 0-59"),
            ("* * * * funday", "\"funday\" is no number"),
            ("5-1 * * * *", "\"5-1\" runs backwards"),
            ("*/0 * * * *", "\"*/0\" has no step"),
            ("@every soon", "no duration after @every"),
            ("1,,2 * * * *", "\"\" is no number"),
        ] {
            assert_eq!(Schedule::parse(schedule).unwrap_err(), problem, "{schedule}");
        }
    }
}
