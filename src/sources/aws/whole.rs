//! What somebody wants to know of one object of AWS beyond its row.

use serde_json::Value;

use super::Home;
use crate::fleet::aws::kind::{ALARMS, LOG_GROUPS};
use crate::fleet::{ObjectRef, Problem, ProblemKind};
use crate::gateway::aws::{cloudwatch, logs};

/// Reads what there is: the history of an alarm, the streams of a log group.
pub(in crate::sources) async fn fetch(home: Home, object: &ObjectRef) -> Result<Value, Problem> {
    let read = if object.resource == ALARMS {
        cloudwatch::history(&home.account, &object.name).await
    } else if object.resource == LOG_GROUPS {
        logs::group(&home.account, &object.name).await
    } else {
        let message = format!("all that is read of {object} is in its row");
        return Err(Problem::new(ProblemKind::User, message));
    };
    read.map_err(|failure| failure.problem)
}
