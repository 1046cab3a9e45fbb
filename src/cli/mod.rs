//! The command line: one file per command.
//!
//! [`arguments`] is the whole of it as plain data; [`run`] picks the command; [`exit`] says how it ended. Data goes to
//! stdout, talk to stderr.

pub mod arguments;
mod cockpit;
mod completions;
mod config;
mod demo;
mod doctor;
pub mod exit;
mod get;
mod man;
mod path;
mod screenshot;
mod session;
pub mod themes;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use arguments::{Arguments, Command};
use exit::{Exit, Failure};

use crate::config::{Paths, variable};
use crate::logging;

/// What a command gives back.
pub type Outcome = Result<Exit, Failure>;

/// Runs the command line of this process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut stdout = BufWriter::new(io::stdout());
    let mut stderr = io::stderr();
    let exit = match start_log() {
        Ok(()) => run_with(arguments, &mut stdout, &mut stderr),
        // When stderr is gone there is nobody left to tell; the exit code still says it.
        Err(failure) => failure.say(&mut stderr).map_or(failure.exit, |()| failure.exit),
    };
    exit.into()
}

/// The file is only created when there is something to log.
fn start_log() -> Result<(), Failure> {
    match Paths::find() {
        Ok(paths) => Ok(logging::start(&paths.log(), variable("PILOTHOUSE_LOG").as_deref())?),
        // Whatever needs a home folder will say that there is none; `man` does not.
        Err(_) => Ok(()),
    }
}

/// Runs a command line, and talks to these.
pub fn run_with(
    arguments: impl IntoIterator<Item = OsString>,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Exit {
    let outcome = match parse(arguments) {
        Ok(arguments) => dispatch(arguments, stdout, stderr),
        Err(error) => return told_by_clap(&error, stdout, stderr),
    };
    let outcome = outcome.and_then(|exit| stdout.flush().map(|()| exit).map_err(Failure::from));
    match outcome {
        Ok(exit) => exit,
        Err(failure) => {
            // When stderr is gone there is nobody left to tell; the exit code still says it.
            let unheard = failure.say(stderr).is_err();
            if unheard && failure.exit == Exit::Done { Exit::Failed } else { failure.exit }
        }
    }
}

/// The command line's grammar.
pub fn grammar() -> clap::Command {
    Arguments::command()
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    let matches = grammar().try_get_matches_from(arguments)?;
    Arguments::from_arg_matches(&matches)
}

fn dispatch(arguments: Arguments, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Outcome {
    let Arguments { command, cockpit, common } = arguments;
    match command {
        None => cockpit::run(session::open(&common, cockpit.view)?),
        Some(Command::Demo(demo)) if demo.list => demo::list(stdout),
        Some(Command::Demo(demo)) => {
            let view = demo.cockpit.view.or(cockpit.view);
            cockpit::run(session::open_demo(&common, demo.scenario, view)?)
        }
        Some(Command::Get(get)) => {
            get::run(session::open(&common, Some(get::line(&get)))?, &get, stdout, stderr)
        }
        Some(Command::Path(asked)) => {
            let line = format!("path {}", crate::planes::path::hostname(&asked.hostname));
            path::run(session::open(&common, Some(line))?, &asked, stdout, stderr)
        }
        Some(Command::Screenshot(shot)) => {
            screenshot::run(session::open(&common, Some(shot.view.clone()))?, &shot, stdout)
        }
        Some(Command::Doctor(doctor)) => doctor::run(&common, &doctor, stdout),
        Some(Command::Config(command)) => config::run(command, &common, stdout),
        Some(Command::Themes(command)) => themes::run(&command, stdout),
        Some(Command::Completions(completions)) => completions::run(completions, stdout),
        Some(Command::Man(man)) => man::run(&man, stdout),
    }
}

/// Help and version are answers; everything else is wrong usage, said in the same two words as all other errors.
fn told_by_clap(error: &clap::Error, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Exit {
    let text = error.render().to_string();
    if !error.use_stderr() {
        return match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Failed,
            _ => Exit::Done,
        };
    }
    let mut said = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match line.trim_start().strip_prefix("tip: ") {
            Some(tip) => said.push_str(&format!("hint: {tip}\n")),
            None if line.starts_with("For more information") => {
                said.push_str("hint: `pilothouse --help` lists all commands and flags\n");
            }
            None => said.push_str(&format!("{line}\n")),
        }
    }
    match stderr.write_all(said.as_bytes()) {
        Ok(()) | Err(_) => Exit::Usage,
    }
}

#[cfg(test)]
mod tests;
