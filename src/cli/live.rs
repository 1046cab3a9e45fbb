//! The commands that look at clusters: each is one call into `app`.

use std::io::Write;

use super::Outcome;
use super::arguments::{CommonFlags, DoctorArguments, GetArguments, ScreenshotArguments};
use super::exit::Failure;
use super::session::Session;
use crate::fleet::{Problem, ProblemKind};

/// No command: the cockpit, on clusters or on the embedded world.
pub(super) fn cockpit(session: &Session) -> Outcome {
    Err(not_wired("the cockpit", session))
}

/// `get VIEW`
pub(super) fn get(session: &Session, _get: &GetArguments, _stdout: &mut dyn Write) -> Outcome {
    Err(not_wired("get", session))
}

/// `screenshot VIEW`
pub(super) fn screenshot(session: &Session, _shot: &ScreenshotArguments, _stdout: &mut dyn Write) -> Outcome {
    Err(not_wired("screenshot", session))
}

/// `doctor`: opens the session itself, because it has to tell what is wrong with it.
pub(super) fn doctor(common: &CommonFlags, _doctor: &DoctorArguments, _stdout: &mut dyn Write) -> Outcome {
    Err(not_wired("doctor", &Session::open(common, None)?))
}

/// `demo --list`
pub(super) fn list_scenarios(_stdout: &mut dyn Write) -> Outcome {
    Err(Problem::new(ProblemKind::Bug, "demo --list is not part of this build").into())
}

fn not_wired(what: &str, session: &Session) -> Failure {
    let message = format!("{what} is not part of this build ({} settings read)", session.file.path.display());
    Problem::new(ProblemKind::Bug, message).into()
}
