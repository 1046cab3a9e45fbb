//! The platform has an alarm over its alarms, and requests fail until it goes off.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::aws::cloudwatch::alarm::Alarm;
use crate::simulator::aws::cloudwatch::alarm::composite::Composite;
use crate::simulator::aws::cloudwatch::surge::Surge;
use crate::simulator::demo::Demo;
use crate::simulator::world::cluster::PROD;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "alarm-composite",
    description: "requests to production fail; an alarm on their share goes off, and with it the alarm over alarms",
    unfolds: SignedDuration::from_mins(8),
    namespace: None,
    apply,
};

/// Requests that fail in a minute, of some hundreds.
const FAILING: f64 = 160.0;
/// Per cent of the requests that may fail.
const MAY_FAIL: f64 = 5.0;

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let (since, cluster) = (demo.aws().clock().now(), PROD.name);
    demo.aws().edit(|account| {
        let count = format!("{cluster}-alb-5xx");
        let share = format!("{cluster}-alb-5xx-share");
        let own = account.alarms.iter().find(|alarm| alarm.name == count).cloned();
        let of_share = |alarm: Alarm| Alarm {
            name: share.clone(),
            threshold: MAY_FAIL,
            share_of: Some("RequestCount"),
            ..alarm
        };
        account.alarms.extend(own.map(of_share));
        account.composites.push(Composite {
            name: format!("{cluster}-degraded"),
            cluster: cluster.to_owned(),
            rule: format!(
                "(ALARM(\"{count}\") OR ALARM(\"{share}\")) AND NOT ALARM(\"{cluster}-apiserver-429\")"
            ),
        });
        account.surges.push(Surge {
            cluster: cluster.to_owned(),
            metric: "HTTPCode_ELB_5XX_Count".to_owned(),
            since,
            value: FAILING,
        });
    });
    Ok(())
}
