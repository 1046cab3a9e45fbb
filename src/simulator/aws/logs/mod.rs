//! CloudWatch Logs: the groups of the control planes and of the containers, read, filtered and queried.

pub mod running;

mod event;
mod filter;
mod group;
mod insights;
mod pattern;

use serde_json::{Map, Value, json};

use super::call::Call;
use super::failure::Failure;
use super::protocol::Protocol;
use super::service::Service;

pub(crate) const SERVICE: Service = Service {
    name: "logs",
    signing: "logs",
    permission: "logs",
    protocol: Protocol::Json("1.1"),
    routes: &[],
    answer,
};

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        "DescribeLogGroups" => group::describe(call),
        "DescribeLogStreams" => group::describe_streams(call),
        "FilterLogEvents" => filter::events(call),
        "StartQuery" => running::start(call),
        "GetQueryResults" => running::results(call),
        "StopQuery" => running::stop(call),
        other => Err(Failure::not_built(&format!("logs:{other}"))),
    }
}

/// The limit that a request sets.
fn limit(call: &Call<'_>, usual: usize, most: usize) -> usize {
    call.number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usual).clamp(1, most)
}

/// A page of things under their name in the answer.
fn paged(
    call: &Call<'_>,
    name: &str,
    things: Vec<Value>,
    limit: usize,
) -> Result<Map<String, Value>, Failure> {
    let page =
        call.page(things, limit, call.text("nextToken")).map_err(|failure| invalid(&failure.message))?;
    let mut answer = Map::from_iter([(name.to_owned(), Value::Array(page.items))]);
    answer.extend(page.next.map(|next| ("nextToken".to_owned(), json!(next))));
    Ok(answer)
}

fn invalid(message: &str) -> Failure {
    Failure::new(400, "InvalidParameterException", message)
}

#[cfg(test)]
mod tests;
