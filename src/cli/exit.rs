//! How a command ends: the table of exit codes, and what is said on stderr.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::config::Unusable;
use crate::fleet::{Problem, ProblemKind};
use crate::settings::Mistakes;
use crate::ui::text::is_hostile;

/// The table of exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// It did not work.
    Failed,
    /// Wrong usage or configuration.
    Usage,
    /// Findings at or above `--fail-on`.
    Findings,
    /// Something could not be read: the answer is partly unknown.
    PartlyUnknown,
    /// The guard of the environment refused.
    Refused,
    /// Interrupted from outside.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Findings => 3,
            Self::PartlyUnknown => 4,
            Self::Refused => 5,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command ended early, in words for stderr.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the shell sees.
    pub exit: Exit,
    /// What the user reads. Nothing when whoever read our output has gone away.
    pub problems: Vec<Problem>,
}

impl Failure {
    /// Nobody reads on: `pilothouse get pods | head` is no error.
    fn reader_has_gone() -> Self {
        Self { exit: Exit::Done, problems: Vec::new() }
    }

    /// Writes `error: …` and `hint: …` lines. What came from outside is escaped, so that a message cannot command the
    /// terminal.
    pub fn say(&self, stderr: &mut dyn Write) -> io::Result<()> {
        for problem in &self.problems {
            writeln!(stderr, "error: {}", plain(problem.message()))?;
            for hint in problem.hints() {
                writeln!(stderr, "hint: {}", plain(hint))?;
            }
        }
        stderr.flush()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let exit = match problem.kind() {
            ProblemKind::User => Exit::Usage,
            _ => Exit::Failed,
        };
        Self { exit, problems: vec![problem] }
    }
}

impl From<Vec<Problem>> for Failure {
    /// Mistakes in files of the user's.
    fn from(problems: Vec<Problem>) -> Self {
        Self { exit: Exit::Usage, problems }
    }
}

impl From<Mistakes> for Failure {
    /// Each mistake is a line of its own.
    fn from(mistakes: Mistakes) -> Self {
        let problem = |mistake: &crate::settings::Mistake| {
            let problem = Problem::new(ProblemKind::User, mistake.to_string());
            mistake.hint.iter().fold(problem, |problem, hint| problem.with_hint(hint))
        };
        Self { exit: Exit::Usage, problems: mistakes.iter().map(problem).collect() }
    }
}

impl From<Unusable> for Failure {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Mistaken(mistakes) => mistakes.into(),
            Unusable::Missing(problem) | Unusable::Unread(problem) => problem.into(),
        }
    }
}

impl From<io::Error> for Failure {
    /// Writing to stdout failed.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::reader_has_gone(),
            _ => Self {
                exit: Exit::Failed,
                problems: vec![Problem::new(ProblemKind::User, format!("writing the output: {error}"))],
            },
        }
    }
}

/// Text without what a terminal would obey or what reorders a line: such characters are written as their escape.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hostile(c) {
            plain.extend(c.escape_default());
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(failure: &Failure) -> String {
        let mut stderr = Vec::new();
        failure.say(&mut stderr).unwrap();
        String::from_utf8(stderr).unwrap()
    }

    #[test]
    fn the_table_of_exit_codes_is_the_documented_one() {
        let all = [
            (Exit::Done, 0),
            (Exit::Failed, 1),
            (Exit::Usage, 2),
            (Exit::Findings, 3),
            (Exit::PartlyUnknown, 4),
            (Exit::Refused, 5),
            (Exit::Interrupted, 130),
        ];
        for (exit, code) in all {
            assert_eq!(exit.code(), code);
        }
    }

    #[test]
    fn a_problem_is_said_with_its_hints_and_without_commands_to_the_terminal() {
        let problem = Problem::new(ProblemKind::Unreachable, "myapp \u{1b}[31mred\nnext \u{202e}evil")
            .with_hint("try `pilothouse doctor`");
        let failure = Failure::from(problem);
        assert_eq!(failure.exit, Exit::Failed);
        assert_eq!(
            said(&failure),
            "error: myapp \\u{1b}[31mred\\nnext \\u{202e}evil\nhint: try `pilothouse doctor`\n"
        );
    }

    #[test]
    fn wrong_settings_are_wrong_usage_and_each_has_its_line() {
        let mistakes = crate::settings::Cockpit::read("p.toml", "read-onyl = 1\nx = 2").unwrap_err();
        let failure = Failure::from(mistakes);
        assert_eq!(failure.exit, Exit::Usage);
        let said = said(&failure);
        assert!(
            said.starts_with("error: p.toml:1:1: unknown key `read-onyl`\nhint: did you mean `read-only`?\n")
        );
        assert!(said.contains("\nerror: p.toml:2:1: unknown key `x`\nhint: known here: "), "{said}");
    }

    #[test]
    fn a_broken_pipe_is_success_and_silent() {
        let failure = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((failure.exit, said(&failure).as_str()), (Exit::Done, ""));
        let full = Failure::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.exit, Exit::Failed);
    }
}
