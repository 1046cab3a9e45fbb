//! `path HOSTNAME`: where a hostname leads, hop by hop.

use std::io::Write;

use serde_json::{Value, json};

use super::Outcome;
use super::arguments::{PathArguments, PathOutput};
use super::exit::{Exit, plain};
use super::get::harmless;
use crate::app::one_shot::OneShot;
use crate::app::{Opening, look};
use crate::fleet::{Problem, ProblemKind, Verdict};
use crate::planes::path::{self, Hop, Path};
use crate::ui::describe::glyph;
use crate::ui::text;
use crate::ui::theme::Depth;

pub(super) fn run(
    opening: Opening,
    asked: &PathArguments,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Outcome {
    let is_ascii = opening.settings.screen.ascii;
    let theme = look::theme(&opening.settings, &opening.paths, Depth::None, false)?;
    let mut one = OneShot::open(opening, theme, Depth::None)?;
    // What did not come in time is said by the path itself.
    let _is_complete = one.settle(asked.timeout)?;
    let stage = one.stage();
    let now = stage.now();
    let snapshot = std::sync::Arc::clone(stage.snapshot());
    let clusters: Vec<_> = snapshot.clusters.iter().map(AsRef::as_ref).collect();
    let path = path::follow(&clusters, &asked.hostname, now);
    match asked.output {
        PathOutput::Json => writeln!(stdout, "{}", harmless(&format!("{:#}", document(&path))))?,
        PathOutput::Tree => {
            stdout.write_all(tree(&path, is_ascii).as_bytes())?;
            stdout.flush()?;
            for unread in &path.unknown {
                let line = format!("unknown: {} of {}: {}", unread.what, unread.cluster, unread.why);
                writeln!(stderr, "{}", plain(&line))?;
            }
        }
    }
    stdout.flush()?;
    match (path.leads_nowhere(), path.unknown.is_empty()) {
        (true, true) => {
            let what = format!("no Ingress and no Service answers to \"{}\"", path.hostname);
            let problem = Problem::new(ProblemKind::NotFound, what);
            Err(problem.with_hint("`pilothouse get path` lists every hostname").into())
        }
        (false, true) => Ok(Exit::Done),
        (_, false) => Ok(Exit::PartlyUnknown),
    }
}

/// The document of `path -o json`.
fn document(path: &Path) -> Value {
    let hop = |hop: &Hop| {
        json!({
            "object": {
                "cluster": hop.cluster.name(),
                "kind": hop.stage.kind(),
                "namespace": hop.namespace.as_deref(),
                "name": &*hop.name,
            },
            "depth": hop.depth,
            "verdict": hop.verdict.as_str(),
            "statement": hop.statement,
        })
    };
    let unknown: Vec<Value> = path
        .unknown
        .iter()
        .map(|unread| json!({"cluster": unread.cluster.name(), "what": unread.what, "why": unread.why}))
        .collect();
    json!({
        "version": 1,
        "hostname": path.hostname,
        "hops": path.hops.iter().map(hop).collect::<Vec<_>>(),
        "broken": path.broken(),
        "unknown": unknown,
    })
}

/// A line for each hop; the first that is broken is marked.
fn tree(path: &Path, is_ascii: bool) -> String {
    let broken = path.broken();
    let name = |hop: &Hop| match &hop.namespace {
        Some(namespace) if hop.depth == 0 => format!("{namespace}/{}", hop.name),
        _ => hop.name.to_string(),
    };
    let begin = |hop: &Hop| {
        let words = format!("{}{}", "  ".repeat(usize::from(hop.depth)), hop.stage.words());
        text::escape(&format!("{words:<17} {}", name(hop))).into_owned()
    };
    let widest = path.hops.iter().map(|hop| text::width(&begin(hop))).max().unwrap_or(0).min(72);
    let mut out = String::new();
    let mut cluster = None;
    for (at, hop) in path.hops.iter().enumerate() {
        if cluster != Some(&hop.cluster) {
            cluster = Some(&hop.cluster);
            out.push_str(&format!("{}\n", text::escape(hop.cluster.name())));
        }
        let (sign, _) = glyph(hop.verdict, is_ascii);
        let begin = text::fit(&begin(hop), widest, text::Align::Left, is_ascii);
        let mark = match (broken == Some(at), hop.verdict) {
            (true, Verdict::Critical) if is_ascii => "  <- broken",
            (true, Verdict::Critical) => "  ◀ broken",
            _ => "",
        };
        let line = format!("{sign} {begin}  {}{mark}", text::escape(&hop.statement));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
