//! `man`: the manual page in roff, of all or of one command.

use std::io::Write;

use super::Outcome;
use super::arguments::ManArguments;
use super::exit::Exit;
use crate::fleet::{Problem, ProblemKind};
use crate::settings::nearest;

pub(super) fn run(arguments: &ManArguments, stdout: &mut dyn Write) -> Outcome {
    let mut grammar = super::grammar();
    grammar.build();
    let page = match &arguments.command {
        None => grammar,
        Some(name) => {
            let names: Vec<&str> = grammar.get_subcommands().map(clap::Command::get_name).collect();
            let Some(command) = grammar.find_subcommand(name) else {
                let problem = Problem::new(ProblemKind::User, format!("there is no command \"{name}\""));
                let hint = match nearest(name, names.iter().copied()) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("there are {}", names.join(", ")),
                };
                return Err(problem.with_hint(hint).into());
            };
            command.clone()
        }
    };
    clap_mangen::Man::new(page).render(stdout)?;
    Ok(Exit::Done)
}
