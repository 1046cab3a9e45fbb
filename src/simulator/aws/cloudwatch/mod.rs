//! CloudWatch: metrics that follow what the clusters do, and alarms that follow the metrics.

pub mod alarm;
pub mod surge;

mod data;
mod facts;
mod metric;

use serde_json::{Value, json};

use super::call::Call;
use super::failure::Failure;
use super::protocol::Protocol;
use super::service::Service;

pub(crate) const SERVICE: Service = Service {
    name: "monitoring",
    signing: "monitoring",
    permission: "cloudwatch",
    protocol: Protocol::Cbor,
    routes: &[],
    answer,
};

/// Metrics of a page.
const METRICS: usize = 500;

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        "DescribeAlarms" => alarm::describe(call),
        "DescribeAlarmHistory" => alarm::history::describe(call),
        "GetMetricData" => data::get(call),
        "ListMetrics" => list_metrics(call),
        other => Err(Failure::not_built(&format!("cloudwatch:{other}"))),
    }
}

fn list_metrics(call: &Call<'_>) -> Result<Value, Failure> {
    let (namespace, name) = (call.text("Namespace"), call.text("MetricName"));
    let wanted = metric::dimensions(call.parameters, "Dimensions");
    let facts: Vec<facts::Facts> = call.lands().iter().map(|land| facts::Facts::of(land, call.aws)).collect();
    let mut metrics: Vec<metric::Metric> = facts.iter().flat_map(metric::all).collect();
    metrics.retain(|own| {
        (namespace.is_empty() || own.namespace == namespace)
            && (name.is_empty() || own.name == name)
            && wanted.iter().all(|(key, value)| {
                own.dimensions.iter().any(|(own, has)| own == key && (value.is_empty() || has == value))
            })
    });
    let page = call.page(metrics, METRICS, call.text("NextToken"))?;
    let shown: Vec<Value> = page.items.iter().map(metric::Metric::written).collect();
    Ok(json!({"Metrics": shown, "NextToken": page.next}))
}

#[cfg(test)]
mod tests;
