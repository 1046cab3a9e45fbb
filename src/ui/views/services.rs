//! `services`

use crate::fleet::kind::{ENDPOINT_SLICES, SERVICES};
use crate::fleet::service::{Service, ServiceType};
use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Row, Verdict};
use crate::ui::columns;
use crate::ui::join::{self, Joined};
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// Services with how many of their addresses are ready.
#[derive(Clone, Copy, Debug, Default)]
pub struct Services;

static ABOUT: ViewAbout = ViewAbout {
    name: "services",
    aliases: &["svc", "service"],
    help: "Services: type, addresses, ports, how many endpoints are ready",
};

static RESOURCES: [ResourceType; 1] = [SERVICES];
static JOINS: [ResourceType; 1] = [ENDPOINT_SLICES];

/// A load balancer of the cloud may need this long.
const LOAD_BALANCER_PATIENCE: i64 = 5 * 60;

static COLUMNS: [Column<Service>; 11] = [
    columns::namespace(),
    columns::name(),
    Column::<Service>::new("type", "TYPE", "How it is reachable", |service, _| {
        Value::text(service.kind.as_str()).into()
    })
    .fit(8, 12)
    .drop_at(2)
    .sorts_by('T'),
    Column::<Service>::new(
        "cluster-ip",
        "CLUSTER-IP",
        "Address inside the cluster; None when headless",
        |service, _| Value::text(&*service.cluster_ip).into(),
    )
    .fit(9, 39)
    .drop_at(6)
    .sorts_by('I'),
    Column::<Service>::new(
        "external",
        "EXTERNAL",
        "Addresses outside the cluster",
        |service, _| match service.external() {
            None if service.is_pending() => Value::text("<pending>").as_role(Role::Progressing),
            None => Value::Nothing.into(),
            Some(external) => Value::text(external).into(),
        },
    )
    .fit(8, 48)
    .drop_at(4),
    Column::<Service>::new("ports", "PORTS", "Ports: outside:node/protocol", |service, _| {
        Value::text(service.ports_text()).into()
    })
    .fit(6, 32)
    .drop_at(3),
    Column::<Service>::new("endpoints", "READY", "Ready addresses behind it, of all", |service, context| {
        ready(service, context).cell(|(have, want)| Value::Ratio { have, want }).into()
    })
    .fit(5, 9)
    .drop_at(1)
    .sorts_by('R'),
    Column::<Service>::new("targets", "TARGETS", "Ports of the pods behind it", |service, _| {
        let targets = service.ports.iter().map(|port| &*port.target);
        Value::text(targets.collect::<Vec<_>>().join(",")).into()
    })
    .fit(6, 24)
    .drop_at(9)
    .wide(),
    Column::<Service>::new("selector", "SELECTOR", "Labels of the pods behind it", |service, _| {
        let labels = service.selector.iter().map(|(key, value)| format!("{key}={value}"));
        Value::text(labels.collect::<Vec<_>>().join(",")).into()
    })
    .fit(8, 60)
    .drop_at(9)
    .wide(),
    columns::labels(),
    columns::age(|service, _| Value::Age(service.meta.created).into()),
];

impl Listing for Services {
    type Row = Service;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<Service>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, service: &'a Service, context: &RowContext<'a>) -> Judged<'a> {
        if !service.meta.deleted.is_never() {
            return Judged::because(Verdict::Progressing, "being deleted");
        }
        let age = service.meta.created.age_at(context.now);
        if service.is_pending() {
            return if age > LOAD_BALANCER_PATIENCE {
                let words = format!("has waited for its load balancer for {}", human_duration(age));
                Judged::because(Verdict::Warning, words)
            } else {
                Judged::because(Verdict::Progressing, "waits for its load balancer")
            };
        }
        // Without a selector somebody else maintains the endpoints, and none may be what is wanted.
        if service.selector.is_empty() || service.kind == ServiceType::ExternalName {
            return Judged::ok();
        }
        match ready(service, context) {
            Joined::Found((0, 0)) => Judged::because(Verdict::Warning, "no pod behind it"),
            Joined::Found((0, all)) => {
                Judged::because(Verdict::Critical, format!("none of {all} endpoints is ready"))
            }
            Joined::Found(_) | Joined::Absent | Joined::Unknown => Judged::ok(),
        }
    }
}

fn ready(service: &Service, context: &RowContext<'_>) -> Joined<(u32, u32)> {
    if service.kind == ServiceType::ExternalName {
        return Joined::Absent;
    }
    let namespace = service.namespace().unwrap_or("");
    join::endpoints(context, namespace, service.name()).map(|endpoints| (endpoints.ready, endpoints.total))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::fleet::endpoint_slice::EndpointSlice;
    use crate::ui::test_cluster::TestCluster;

    fn service(spec: Json) -> Json {
        json!({"metadata": {"name": "api", "namespace": "web", "creationTimestamp": "2026-11-21T10:00:00Z"}, "spec": spec})
    }

    fn slice(endpoints: Json) -> Json {
        json!({"metadata": {"name": "api-1", "namespace": "web", "labels": {"kubernetes.io/service-name": "api"}}, "endpoints": endpoints})
    }

    #[test]
    fn a_service_that_nothing_answers_for_says_so() {
        let with = |endpoints: Json| {
            let cluster = TestCluster::new()
                .with::<Service>(&SERVICES, &[service(json!({"selector": {"app": "api"}}))])
                .with::<EndpointSlice>(&ENDPOINT_SLICES, &[slice(endpoints)]);
            cluster.judged(&Services, "api")
        };
        let (up, down) = (json!({"conditions": {"ready": true}}), json!({"conditions": {"ready": false}}));
        assert_eq!(with(json!([up, down])), (Verdict::Ok, String::new()));
        assert_eq!(with(json!([down, down])), (Verdict::Critical, "none of 2 endpoints is ready".to_owned()));
        assert_eq!(with(json!(null)), (Verdict::Warning, "no pod behind it".to_owned()));
    }

    #[test]
    fn without_endpoint_slices_nothing_is_held_against_a_service() {
        let cluster =
            TestCluster::new().with::<Service>(&SERVICES, &[service(json!({"selector": {"app": "api"}}))]);
        assert_eq!(cluster.judged(&Services, "api"), (Verdict::Ok, String::new()));
        assert_eq!(cluster.cell(&Services, "api", "endpoints"), "Nothing");
    }

    #[test]
    fn a_load_balancer_that_does_not_come_is_missed() {
        let cluster =
            TestCluster::new().with::<Service>(&SERVICES, &[service(json!({"type": "LoadBalancer"}))]);
        assert_eq!(
            cluster.judged(&Services, "api"),
            (Verdict::Warning, "has waited for its load balancer for 3h".to_owned())
        );
        assert_eq!(cluster.cell(&Services, "api", "external"), "<pending>");
    }
}
