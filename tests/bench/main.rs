//! The numbers of the cockpit, measured on the embedded world and on its pure parts.
//!
//! ```text
//! cargo bench --profile perf --bench numbers              everything; about a minute
//! cargo bench --profile perf --bench numbers -- screen    the parts whose name has this word: reading storing screen logs sync planes
//! cargo bench --bench numbers                             the same as it is released (thin LTO), when minutes of building do not matter
//! ```
//!
//! Prints one table: what, how much, and the bound where there is one. Seconds depend on the machine and what else runs
//! on it; ratios are of two measurements in the same run. It judges nothing by its exit code: a busy machine is no
//! reason for a red build.
//!
//! Nothing here needs a cluster, a network or a terminal. What only a real API server and a real terminal can show,
//! the time from a key to the bytes of its frame above all, is measured against one.

mod client;
mod figures;
mod logs;
mod planes;
mod pods;
mod reading;
mod screen;
mod storing;
mod sync;

use std::env;
use std::error::Error;
use std::io::Write as _;

use figures::Figures;

/// What a part may end with.
type Outcome = Result<(), Box<dyn Error>>;

/// Measures one part.
type Part = fn(&mut Figures) -> Outcome;

/// The parts by name, in the order of the table.
const PARTS: [(&str, Part); 6] = [
    ("reading", reading::measure),
    ("storing", storing::measure),
    ("screen", screen::measure),
    ("logs", logs::measure),
    ("sync", sync::measure),
    ("planes", planes::measure),
];

fn main() -> Outcome {
    let arguments: Vec<String> = env::args().skip(1).collect();
    // Some parts are measured in a process of their own, whose memory is nobody else's.
    if let [child, rest @ ..] = arguments.as_slice()
        && child == figures::CHILD
    {
        return match rest {
            [part, input] if part == "sync" => sync::client(input),
            [part, input] if part == "planes" => planes::process(input),
            [part, input] if part == "reading" => reading::keep_rows(input),
            _ => Err(format!("no such part: {rest:?}").into()),
        };
    }
    // `cargo test --all-targets` starts this too, and wants no minutes of it.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let words: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let mut figures = Figures::default();
    for (name, measure) in PARTS {
        if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
            writeln!(std::io::stderr(), "measuring {name} …")?;
            measure(&mut figures)?;
        }
    }
    write!(std::io::stdout(), "{figures}")?;
    Ok(())
}
