//! Numbers and conditions of alarms in words.

use crate::fleet::aws::alarm::Condition;
use crate::fleet::time::human_duration;

/// A number as people read it: whole where it is whole, three digits that say something otherwise, `12.3 k` and
/// `41.8 M` of large ones.
pub fn number(value: f64) -> String {
    let size = value.abs();
    let scaled =
        [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")].into_iter().find(|(from, _)| size >= *from);
    match scaled {
        Some((1e4, unit)) => format!("{} {unit}", digits(value / 1e3)),
        Some((from, unit)) => format!("{} {unit}", digits(value / from)),
        None => digits(value),
    }
}

fn digits(value: f64) -> String {
    let size = value.abs();
    let places = match size {
        _ if value.fract() == 0.0 => 0,
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.01 => 3,
        _ => 6,
    };
    let text = format!("{value:.places$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// `> 10`, `<= 0.5`; of a band what the comparison says.
pub fn condition(condition: &Condition) -> String {
    let sign = match &*condition.comparison {
        "GreaterThanThreshold" => ">",
        "GreaterThanOrEqualToThreshold" => ">=",
        "LessThanThreshold" => "<",
        "LessThanOrEqualToThreshold" => "<=",
        "GreaterThanUpperThreshold" => return "above its band".to_owned(),
        "LessThanLowerThreshold" => return "below its band".to_owned(),
        "LessThanLowerOrGreaterThanUpperThreshold" => return "outside its band".to_owned(),
        other => other,
    };
    match condition.threshold {
        Some(threshold) => format!("{sign} {}", number(threshold)),
        None => sign.to_owned(),
    }
}

/// `above 10 for 5 min`
pub(super) fn beyond(of: &Condition) -> String {
    let side = match &*of.comparison {
        "GreaterThanThreshold" | "GreaterThanOrEqualToThreshold" => "above",
        "LessThanThreshold" | "LessThanOrEqualToThreshold" => "below",
        _ => return condition(of),
    };
    let limit = of.threshold.map(number).unwrap_or_default();
    let seconds = i64::from(of.period) * i64::from(of.datapoints.max(1));
    match (of.period, of.datapoints == of.periods) {
        (0, _) => format!("{side} {limit}"),
        (_, true) => format!("{side} {limit} for {}", human_duration(seconds)),
        (period, false) => {
            let each = human_duration(i64::from(period));
            format!("{side} {limit} in {} of {} periods of {each}", of.datapoints, of.periods)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_long_as_they_must_be() {
        for (value, text) in [
            (0.0, "0"),
            (10.0, "10"),
            (80.0, "80"),
            (93.4217, "93.4"),
            (1.5, "1.5"),
            (0.0213, "0.021"),
            (0.000_012, "0.000012"),
            (512.4, "512"),
            (9_999.0, "9999"),
            (12_345.0, "12.3 k"),
            (41_800_000.0, "41.8 M"),
            (-3.25, "-3.25"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
