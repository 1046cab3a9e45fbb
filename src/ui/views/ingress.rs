//! `ingress`

use crate::fleet::ingress::{Backend, Ingress};
use crate::fleet::kind::INGRESSES;
use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Row, Verdict};
use crate::planes::known;
use crate::planes::path::front::{ClassState, Front, INGRESS_FRONTS, Resolved};
use crate::ui::columns;
use crate::ui::join::{self, Joined};
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// Ingresses with their hosts, and whether anything answers behind them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ingresses;

static ABOUT: ViewAbout = ViewAbout {
    name: "ingress",
    aliases: &["ing", "ingresses"],
    help: "Ingresses: class and who serves it, hosts, certificates, load balancer, and what answers behind them",
};

static RESOURCES: [ResourceType; 1] = [INGRESSES];
static JOINS: [ResourceType; 1] = [INGRESS_FRONTS];

/// An ingress controller may need this long to make a load balancer.
const ADDRESS_PATIENCE: i64 = 5 * 60;

static COLUMNS: [Column<Ingress>; 12] =
    [
        columns::namespace(),
        columns::name(),
        Column::<Ingress>::new("class", "CLASS", "Ingress class", |ingress, _| {
            Value::maybe(ingress.class.as_deref()).into()
        })
        .fit(4, 16)
        .drop_at(4)
        .sorts_by('L'),
        Column::<Ingress>::new("hosts", "HOSTS", "Host names", |ingress, _| {
            Value::text(ingress.hosts().join(",")).into()
        })
        .fit(8, 60)
        .drop_at(0)
        .sorts_by('H'),
        Column::<Ingress>::new("tls", "TLS", "Hosts with a certificate, of all", |ingress, _| {
            let hosts = ingress.hosts();
            let have = hosts.iter().filter(|host| ingress.has_tls(host)).count();
            if have == 0 {
                return Value::Nothing.into();
            }
            let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            Value::Ratio { have: narrow(have), want: narrow(hosts.len()) }.into()
        })
        .fit(3, 5)
        .drop_at(5)
        .sorts_by('T'),
        Column::<Ingress>::new(
            "expires",
            "CERT",
            "How long its first certificate to expire still lasts, where cert-manager says so",
            |ingress, context| {
                let ends = front(ingress, context).into_iter().flat_map(|front| &front.tls);
                match ends.filter_map(|tls| tls.expires.known()).min() {
                    Some(end) => Value::Duration(context.now.seconds_before(end).max(0)).into(),
                    None => Value::Nothing.into(),
                }
            },
        )
        .fit(4, 8)
        .drop_at(7)
        .sorts_by('E'),
        Column::<Ingress>::new("ready", "READY", "Ready addresses behind it, of all", |ingress, context| {
            ready(ingress, context).into()
        })
        .fit(5, 9)
        .drop_at(2)
        .sorts_by('R'),
        Column::<Ingress>::new("controller", "CONTROLLER", "Who serves its class", |ingress, context| {
            match front(ingress, context).map(|front| &front.class) {
                None | Some(ClassState::Unknown) => Value::Unknown.into(),
                Some(class) => Value::text(class.to_string()).into(),
            }
        })
        .fit(8, 32)
        .drop_at(8)
        .wide(),
        Column::<Ingress>::new("backends", "BACKENDS", "Services behind it", |ingress, _| {
            Value::text(ingress.backends().iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
                .into()
        })
        .fit(8, 40)
        .drop_at(3)
        .sorts_by('B'),
        Column::<Ingress>::new("address", "ADDRESS", "Its load balancer", |ingress, _| {
            Value::text(ingress.load_balancer.join(",")).as_role(Role::Dim)
        })
        .fit(8, 64)
        .drop_at(6),
        columns::labels(),
        columns::age(|ingress, _| Value::Age(ingress.meta.created).into()),
    ];

impl Listing for Ingresses {
    type Row = Ingress;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<Ingress>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, ingress: &'a Ingress, context: &RowContext<'a>) -> Judged<'a> {
        if !ingress.meta.deleted.is_never() {
            return Judged::because(Verdict::Progressing, "being deleted");
        }
        if let Some(front) = front(ingress, context) {
            let (verdict, why) = front.judge(ingress, context.now);
            return Judged::because(verdict, why);
        }
        // Where what it rests on is not looked at, its endpoints may be.
        if let Some(words) = silent_backend(ingress, context) {
            return Judged::because(Verdict::Critical, words);
        }
        if !ingress.load_balancer.is_empty() {
            return Judged::ok();
        }
        let age = ingress.meta.created.age_at(context.now);
        if age <= ADDRESS_PATIENCE {
            return Judged::because(Verdict::Progressing, "waits for its address");
        }
        let age = human_duration(age);
        Judged::because(
            Verdict::Warning,
            match &ingress.class {
                Some(class) => format!("no address for {age}: does a controller serve class {class}?"),
                None => format!("no address for {age}, and it names no class"),
            },
        )
    }
}

/// What it rests on.
fn front<'a>(ingress: &Ingress, context: &RowContext<'a>) -> Option<&'a Front> {
    known::look(context.cluster, &INGRESS_FRONTS, ingress.namespace(), ingress.name())
}

fn ready<'a>(ingress: &Ingress, context: &RowContext<'a>) -> Value<'a> {
    let Some(front) = front(ingress, context) else { return Value::Unknown };
    let (mut have, mut want, mut is_known) = (0, 0, false);
    for backend in &front.backends {
        match backend.resolved {
            Resolved::Endpoints { ready, total, .. } => {
                have += ready;
                want += total;
                is_known = true;
            }
            Resolved::Unknown => return Value::Unknown,
            _ => {}
        }
    }
    if is_known { Value::Ratio { have, want } } else { Value::Nothing }
}

/// A service behind it of which no endpoint is ready: its requests get a 503.
fn silent_backend(ingress: &Ingress, context: &RowContext<'_>) -> Option<String> {
    let namespace = ingress.namespace().unwrap_or("");
    ingress.backends().into_iter().find_map(|backend| {
        let Backend::Service { name, .. } = backend else { return None };
        // The load balancer controller's own actions, such as a redirect, are spelt as services that do not exist.
        if name.is_empty() || is_action(backend) {
            return None;
        }
        match join::endpoints(context, namespace, name) {
            Joined::Found(endpoints) if endpoints.total == 0 => {
                Some(format!("service {name} has no endpoints: is it there?"))
            }
            Joined::Found(endpoints) if endpoints.ready == 0 => {
                Some(format!("service {name}: none of {} endpoints is ready", endpoints.total))
            }
            Joined::Found(_) | Joined::Absent | Joined::Unknown => None,
        }
    })
}

fn is_action(backend: &Backend) -> bool {
    matches!(backend, Backend::Service { port, .. } if &**port == "use-annotation")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::fleet::endpoint_slice::EndpointSlice;
    use crate::fleet::kind::{ENDPOINT_SLICES, SERVICES};
    use crate::fleet::service::Service;
    use crate::ui::test_cluster::TestCluster;

    fn ingress(class: Option<&str>, port: Json, addresses: Json) -> Json {
        json!({"metadata": {"name": "api", "namespace": "web", "creationTimestamp": "2026-11-21T10:00:00Z"},
            "spec": {"ingressClassName": class, "rules": [{"host": "api.cosner.cloud", "http": {"paths": [{"backend": {"service": {"name": "api", "port": port}}}]}}]},
            "status": {"loadBalancer": {"ingress": addresses}}})
    }

    fn http() -> Json {
        json!({"name": "http"})
    }

    fn up() -> Json {
        json!([{"hostname": "edge.elb.amazonaws.com"}])
    }

    #[test]
    fn a_host_without_ready_endpoints_answers_503() {
        let slice = json!({"metadata": {"name": "api-1", "namespace": "web", "labels": {"kubernetes.io/service-name": "api"}},
            "endpoints": [{"conditions": {"ready": false}}]});
        let cluster = TestCluster::new().with::<Ingress>(&INGRESSES, &[ingress(Some("nginx"), http(), up())]);
        assert_eq!(cluster.judged(&Ingresses, "api"), (Verdict::Ok, String::new()));
        let cluster = cluster.with::<EndpointSlice>(&ENDPOINT_SLICES, &[slice]);
        assert_eq!(
            cluster.judged(&Ingresses, "api"),
            (Verdict::Critical, "service api: none of 1 endpoints is ready".to_owned())
        );
        assert_eq!(cluster.cell(&Ingresses, "api", "backends"), "api:http");
    }

    #[test]
    fn an_action_of_the_load_balancer_is_no_missing_service() {
        let redirect = ingress(Some("alb"), json!({"name": "use-annotation"}), up());
        let cluster = TestCluster::new()
            .with::<Ingress>(&INGRESSES, &[redirect])
            .with::<EndpointSlice>(&ENDPOINT_SLICES, &[]);
        assert_eq!(cluster.judged(&Ingresses, "api"), (Verdict::Ok, String::new()));
    }

    #[test]
    fn an_ingress_that_nobody_serves_says_so() {
        let judged = |class| {
            TestCluster::new()
                .with::<Ingress>(&INGRESSES, &[ingress(class, http(), json!(null))])
                .judged(&Ingresses, "api")
                .1
        };
        assert_eq!(judged(Some("nginx")), "no address for 3h: does a controller serve class nginx?");
        assert_eq!(judged(None), "no address for 3h, and it names no class");
    }

    #[test]
    fn what_an_ingress_rests_on_is_joined_and_a_wrong_port_is_named() {
        let service = json!({"metadata": {"name": "api", "namespace": "web"}, "spec": {"ports": [{"name": "web", "port": 80}]}});
        let cluster = TestCluster::new()
            .with::<Ingress>(&INGRESSES, &[ingress(Some("mesh"), http(), up())])
            .with::<Service>(&SERVICES, &[service])
            .looking_at(&INGRESS_FRONTS);
        assert_eq!(
            cluster.judged(&Ingresses, "api"),
            (Verdict::Critical, "service api has no port http; it has web/80".to_owned())
        );
        assert_eq!(cluster.cell(&Ingresses, "api", "ready"), "Nothing");
    }
}
