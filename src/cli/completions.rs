//! `completions SHELL`: the script to be sourced by a shell.

use std::io::Write;

use super::Outcome;
use super::arguments::CompletionsArguments;
use super::exit::Exit;

pub(super) fn run(arguments: CompletionsArguments, stdout: &mut dyn Write) -> Outcome {
    // The generator panics when it cannot write: let it write to memory, where it always can.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::grammar(), "pilothouse", &mut script);
    stdout.write_all(&script)?;
    Ok(Exit::Done)
}
