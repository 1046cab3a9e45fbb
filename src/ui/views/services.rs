//! `services`

use crate::fleet::kind::{ENDPOINT_SLICES, INGRESSES, SERVICES, TARGET_GROUP_BINDINGS};
use crate::fleet::service::{Service, ServiceType};
use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Row, Verdict};
use crate::planes::path::reach::{self, SERVICE_REACHES, ServiceReach};
use crate::snapshot::Freshness;
use crate::ui::columns;
use crate::ui::join::{self, Joined};
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
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
static JOINS: [ResourceType; 2] = [ENDPOINT_SLICES, SERVICE_REACHES];

/// A load balancer of the cloud may need this long.
const LOAD_BALANCER_PATIENCE: i64 = 5 * 60;

static COLUMNS: [Column<Service>; 13] = [
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
    Column::<Service>::new("hosts", "HOSTS", "Hosts of ingresses that lead here", |service, context| {
        match found(service, context).map(|reach| &reach.hosts).filter(|hosts| !hosts.is_empty()) {
            Some(hosts) => Value::text(hosts.join(",")).into(),
            None => nothing_of(&INGRESSES, context),
        }
    })
    .fit(6, 48)
    .drop_at(5)
    .sorts_by('H'),
    Column::<Service>::new(
        "target-groups",
        "TARGET GROUPS",
        "Target groups of load balancers that it fills, and by what",
        |service, context| match found(service, context).map(|reach| &reach.groups).filter(|g| !g.is_empty())
        {
            Some(groups) => {
                let words = groups.iter().map(|binding| {
                    let group = if binding.group.is_empty() { &binding.name } else { &binding.group };
                    format!("{group} {}", binding.target_type)
                });
                let is_well = groups.iter().all(|binding| binding.trouble.is_empty());
                let words = words.collect::<Vec<_>>().join(", ");
                Value::text(words).as_role(if is_well { Role::Dim } else { Role::Warning })
            }
            None => nothing_of(&TARGET_GROUP_BINDINGS, context),
        },
    )
    .fit(8, 48)
    .drop_at(7)
    .sorts_by('G'),
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
            Joined::Found(_) | Joined::Absent | Joined::Unknown => unbound(service, context),
        }
    }
}

fn found<'a>(service: &Service, context: &RowContext<'a>) -> Option<&'a ServiceReach> {
    reach::of(context.cluster, service.namespace().unwrap_or_default(), service.name())
}

/// Nothing where the kind that would say it was read, or is not offered; else nobody knows.
fn nothing_of<'a>(resource: &ResourceType, context: &RowContext<'a>) -> Cell<'a> {
    match context.cluster.freshness(resource) {
        Freshness::Forbidden { .. } => Value::Unknown.into(),
        _ => Value::Nothing.into(),
    }
}

/// What the load balancer controller complains of.
fn unbound<'a>(service: &Service, context: &RowContext<'a>) -> Judged<'a> {
    let groups = found(service, context).map_or(&[][..], |reach| &reach.groups);
    match groups.iter().find(|binding| !binding.trouble.is_empty()) {
        Some(binding) => Judged::because(
            Verdict::Warning,
            format!("target group binding {}: {}", binding.name, binding.trouble),
        ),
        None => Judged::ok(),
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
    use crate::fleet::ingress::Ingress;
    use crate::fleet::target_group_binding::TargetGroupBinding;
    use crate::fleet::{Problem, ProblemKind};
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
    fn hosts_and_target_groups_of_a_service_are_told_and_what_is_refused_is_unknown() {
        let ingress = json!({"metadata": {"name": "edge", "namespace": "web"}, "spec": {"rules": [{"host": "api.cosner.cloud",
            "http": {"paths": [{"path": "/", "backend": {"service": {"name": "api", "port": {"number": 80}}}}]}}]}});
        let binding = |status: Json| {
            json!({"metadata": {"name": "k8s-web-api", "namespace": "web"}, "status": status, "spec": {"targetType": "ip",
                "serviceRef": {"name": "api"}, "targetGroupARN": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/k8s-web-api/c3"}})
        };
        let with = |status: Json| {
            TestCluster::new()
                .with::<Service>(&SERVICES, &[service(json!({"selector": {"app": "api"}}))])
                .with::<Ingress>(&INGRESSES, std::slice::from_ref(&ingress))
                .with::<TargetGroupBinding>(&TARGET_GROUP_BINDINGS, &[binding(status)])
                .looking_at(&SERVICE_REACHES)
        };
        let cluster = with(json!({}));
        assert_eq!(cluster.cell(&Services, "api", "hosts"), "api.cosner.cloud");
        assert_eq!(cluster.cell(&Services, "api", "target-groups"), "k8s-web-api ip");
        assert_eq!(cluster.judged(&Services, "api").0, Verdict::Ok);
        let broken = json!({"conditions": [{"type": "Ready", "status": "False", "reason": "FailedCleanup"}]});
        let told = (Verdict::Warning, "target group binding k8s-web-api: FailedCleanup".to_owned());
        assert_eq!(with(broken).judged(&Services, "api"), told);
        let problem = Problem::new(ProblemKind::Forbidden, "list ingresses");
        let refused = TestCluster::new()
            .with::<Service>(&SERVICES, &[service(json!({}))])
            .with_freshness::<Ingress>(&INGRESSES, Freshness::Forbidden { problem })
            .looking_at(&SERVICE_REACHES);
        assert_eq!(refused.cell(&Services, "api", "hosts"), "Unknown");
        assert_eq!(refused.cell(&Services, "api", "target-groups"), "Nothing");
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
