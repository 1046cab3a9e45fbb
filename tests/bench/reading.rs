//! From the text of pods to rows: how much it costs beside skipping the same text, and what a row weighs.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};

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
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("pods");
    fs::write(&file, super::pods::texts(KEPT, KEPT / 20, 2)?.join("\n"))?;
    if let [bytes] = alone("reading", &file.to_string_lossy())?[..] {
        figures.hold("a pod's row in memory, names included", bytes, "B", 400.0);
    }
    Ok(())
}

/// Keeps the rows of many pods and nothing else, one line of the file each, and tells what each takes.
pub(crate) fn keep_rows(file: &str) -> Outcome {
    let mut lines = BufReader::new(fs::File::open(file)?).lines();
    let mut packer = Packer::default();
    let mut rows = Vec::with_capacity(KEPT);
    // The first one pays for what every program needs once.
    for line in lines.by_ref().take(1) {
        rows.push(packer.pack(&line?)?);
    }
    let before = resident("VmRSS");
    for line in lines {
        rows.push(packer.pack(&line?)?);
    }
    let each = (resident("VmRSS") - before) * 1e6 / rows.len() as f64;
    writeln!(std::io::stdout(), "{each}")?;
    std::hint::black_box(&rows);
    Ok(())
}
