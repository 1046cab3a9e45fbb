//! What was measured, and how it stands to its bound.

use std::error::Error;
use std::fmt;
use std::process::Command;
use std::time::{Duration, Instant};

/// The first argument of a process that measures one part for its parent.
pub(crate) const CHILD: &str = "--measure-alone";

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<Figure>);

#[derive(Debug)]
struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    at_most: Option<f64>,
}

impl Figures {
    /// A figure that is only told.
    pub(crate) fn tell(&mut self, what: impl Into<String>, value: f64, unit: &'static str) {
        self.0.push(Figure { what: what.into(), value, unit, at_most: None });
    }

    /// A figure with a bound.
    pub(crate) fn hold(&mut self, what: impl Into<String>, value: f64, unit: &'static str, at_most: f64) {
        self.0.push(Figure { what: what.into(), value, unit, at_most: Some(at_most) });
    }

    /// The median and the 99th percentile of many times, in milliseconds; the bound is on the latter.
    pub(crate) fn hold_times(&mut self, what: &str, times: &Times, at_most: f64) {
        self.tell(format!("{what}, p50"), times.quantile(0.5), "ms");
        self.hold(format!("{what}, p99 of {}", times.0.len()), times.quantile(0.99), "ms", at_most);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | measured | hold | |")?;
        writeln!(f, "| --- | ---: | ---: | --- |")?;
        for Figure { what, value, unit, at_most } in &self.0 {
            let digits = if *value >= 100.0 { 0 } else { 2 };
            let (bound, verdict) = match at_most {
                Some(bound) => (format!("≤ {bound} {unit}"), if value <= bound { "" } else { "**over**" }),
                None => (String::new(), ""),
            };
            writeln!(f, "| {what} | {value:.digits$} {unit} | {bound} | {verdict} |")?;
        }
        Ok(())
    }
}

/// How long something took, many times over.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

/// How often the same is measured. What counts is the shortest of each: a time slice that another process took is
/// nobody's answer time, and it rarely hits the same step again.
pub(crate) const ROUNDS: usize = 3;

impl Times {
    /// Each step's shortest time of several rounds.
    pub(crate) fn best_of(rounds: impl IntoIterator<Item = Self>) -> Self {
        let mut best: Vec<Duration> = Vec::new();
        for round in rounds {
            if best.is_empty() {
                best = round.0;
            } else {
                best.iter_mut().zip(round.0).for_each(|(best, time)| *best = time.min(*best));
            }
        }
        Self(best)
    }

    /// Runs it once more.
    pub(crate) fn take<R>(&mut self, run: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = run();
        self.0.push(start.elapsed());
        result
    }

    /// Adds a time that was taken elsewhere.
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The time in milliseconds that this share of the runs did not exceed.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        milliseconds(sorted.get(at).copied().unwrap_or_default())
    }

    /// The longest, in milliseconds.
    pub(crate) fn worst(&self) -> f64 {
        self.quantile(1.0)
    }
}

/// Milliseconds with their fraction.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The shortest of several runs: what the machine can do when nobody disturbs it.
pub(crate) fn shortest<R>(runs: usize, mut run: impl FnMut() -> R) -> Duration {
    let mut times = Times::default();
    for _ in 0..runs {
        std::hint::black_box(times.take(&mut run));
    }
    times.0.into_iter().min().unwrap_or_default()
}

/// Measures a part in a process of its own. It answers with numbers, separated by blanks.
pub(crate) fn alone(part: &str, input: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let answer = Command::new(std::env::current_exe()?).args([CHILD, part, input]).output()?;
    if !answer.status.success() {
        return Err(format!("{part}: {}", String::from_utf8_lossy(&answer.stderr)).into());
    }
    let numbers = String::from_utf8(answer.stdout)?;
    Ok(numbers.split_whitespace().map(str::parse).collect::<Result<_, _>>()?)
}

/// A field of `/proc/self/status` in megabytes (10⁶ bytes); 0 where there is no such file.
pub(crate) fn resident(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) * 1024.0 / 1e6
}
