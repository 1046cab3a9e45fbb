//! `doctor`: what works, what does not, and the line that fixes it.

use std::io::{IsTerminal, Write};

use super::Outcome;
use super::arguments::{CommonFlags, DoctorArguments};
use super::exit::{Exit, plain};
use super::session;
use crate::app::doctor::{self, Line, Section};
use crate::app::fleet::{Fleet, Pace};
use crate::app::{Opening, look};
use crate::config::variable;
use crate::fleet::{Problem, ProblemKind, Verdict};
use crate::terminal;
use crate::ui::theme::Depth;

pub(super) fn run(common: &CommonFlags, arguments: &DoctorArguments, stdout: &mut dyn Write) -> Outcome {
    if arguments.iam_policy {
        writeln!(stdout, "{}", doctor::iam_policy())?;
        return Ok(Exit::Done);
    }
    let mut sections = vec![Section { title: "terminal".to_owned(), lines: terminal_lines() }];
    let opening = match session::open(common, None) {
        Ok(opening) => opening,
        Err(failure) => {
            let lines =
                failure.problems.iter().map(|p| Line::bad(Verdict::Critical, "settings", p)).collect();
            sections.push(Section { title: "settings".to_owned(), lines });
            return report(&sections, common.ascii, stdout).map(|_| failure.exit);
        }
    };
    sections.push(Section { title: "settings".to_owned(), lines: settings_lines(&opening) });
    if opening.demo.is_none() {
        sections.push(Section { title: "kubeconfig".to_owned(), lines: doctor::kubeconfig(&opening) });
    }
    match Fleet::open(&opening, Pace::Still) {
        Ok(fleet) => sections.extend(doctor::examine_all(&fleet, arguments.timeout)?),
        Err(problem) => sections.push(Section {
            title: "clusters".to_owned(),
            lines: vec![Line::bad(Verdict::Critical, "clusters", &problem)],
        }),
    }
    report(&sections, opening.settings.screen.ascii, stdout)
}

/// A cluster that cannot be reached is a failure; what may not be read leaves the rest usable.
fn report(sections: &[Section], ascii: bool, stdout: &mut dyn Write) -> Outcome {
    stdout.write_all(doctor::text(sections, ascii, plain).as_bytes())?;
    Ok(match doctor::worst(sections) {
        Verdict::Critical => Exit::Failed,
        Verdict::Unknown => Exit::PartlyUnknown,
        Verdict::Ok | Verdict::Progressing | Verdict::Warning => Exit::Done,
    })
}

fn colours(depth: Depth) -> &'static str {
    match depth {
        Depth::None => "none",
        Depth::Sixteen => "16",
        Depth::Indexed => "256",
        Depth::True => "24 bits",
    }
}

fn terminal_lines() -> Vec<Line> {
    let kind = variable("TERM").unwrap_or_else(|| "not set".to_owned());
    let depth = terminal::depth_of_terminal(&variable);
    let mut lines = vec![Line::good("TERM", kind), Line::good("colours", colours(depth))];
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        let problem = Problem::new(ProblemKind::User, "stdin or stdout is no terminal here")
            .with_hint("the cockpit needs one; `pilothouse get` and `pilothouse screenshot` do not");
        lines.push(Line::bad(Verdict::Warning, "cockpit", &problem));
    }
    lines
}

fn settings_lines(opening: &Opening) -> Vec<Line> {
    let shown = opening.file.path.display();
    let found = if opening.file.path.exists() {
        format!("{shown} is fine")
    } else {
        format!("{shown} does not exist: the defaults are in effect")
    };
    let mut lines = vec![Line::good("file", found)];
    if let Err(problems) = look::keymap(&opening.paths.keymap()) {
        lines.extend(problems.iter().map(|problem| Line::bad(Verdict::Critical, "keys", problem)));
    }
    lines.push(Line::good("log", opening.paths.log().display().to_string()));
    lines
}
