//! From the text of pods to rows: how much it costs beside skipping the same text, and what a row weighs.

use std::io::Write as _;

use serde::de::IgnoredAny;

use super::Outcome;
use super::figures::{Figures, alone, milliseconds, resident, shortest};
use super::pods::{Packer, texts};

/// Pods that are read.
const PODS: usize = 4_000;
/// Pods that are weighed.
const KEPT: usize = 20_000;

pub(crate) fn measure(figures: &mut Figures) -> Outcome {
    let texts = texts(PODS, PODS / 20, 1)?;
    let bytes = texts.iter().map(String::len).sum::<usize>() as f64 / PODS as f64;
    let skipped = shortest(5, || texts.iter().all(|text| serde_json::from_str::<IgnoredAny>(text).is_ok()));
    let packed = shortest(5, || {
        let mut packer = Packer::default();
        texts.iter().filter_map(|text| packer.pack(text).ok()).count()
    });
    let each = |time| milliseconds(time) * 1e3 / PODS as f64;
    figures.tell("a pod as text", bytes, "B");
    figures.tell("skip a pod's text", each(skipped), "µs");
    figures.tell("pack a pod", each(packed), "µs");
    figures.tell("pack beside skip", packed.as_secs_f64() / skipped.as_secs_f64(), "×");
    if let [bytes] = alone("reading", "")?[..] {
        figures.hold("a pod's row in memory, names included", bytes, "B", 400.0);
    }
    Ok(())
}

/// Keeps the rows of many pods and nothing else, and tells what each takes.
pub(crate) fn keep_rows() -> Outcome {
    let mut packer = Packer::default();
    let mut rows = Vec::with_capacity(KEPT);
    // The world is read in parts, whose memory the next part uses again: what grows is the rows.
    let mut weights = Vec::new();
    for seed in 1..=5 {
        let texts = texts(KEPT / 5, KEPT / 20, seed)?;
        let before = resident("VmRSS");
        for text in &texts {
            rows.push(packer.pack(text)?);
        }
        weights.push((resident("VmRSS") - before) * 1e6 / texts.len() as f64);
    }
    weights.sort_unstable_by(f64::total_cmp);
    let median = weights.get(weights.len() / 2).copied().unwrap_or_default();
    writeln!(std::io::stdout(), "{median}")?;
    std::hint::black_box(&rows);
    Ok(())
}
