//! What an Ingress rests on in its cluster: classes and who serves them, services, endpoints, secrets, certificates.

use std::collections::HashMap;
use std::sync::Arc;

use super::front::{BackendState, ClassState, Front, Resolved, TlsState};
use super::shelf::{Seen, Shelf};
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::endpoint_slice::EndpointSlice;
use crate::fleet::ingress::{Backend, Ingress};
use crate::fleet::ingress_class::IngressClass;
use crate::fleet::kind::{
    CERTIFICATES, DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, INGRESS_CLASSES, SECRETS, SERVICES,
};
use crate::fleet::secrets::secret_meta::SecretMeta;
use crate::fleet::service::{Port, Service, ServiceType};
use crate::fleet::workload::Workload;
use crate::fleet::{Row, Timestamp};
use crate::planes::component::recognise;
use crate::snapshot::ClusterSnapshot;

/// `spec.controller` of classes and the component that answers to it (each project's documentation, 2026-11), with
/// the name that its class has by default.
const CONTROLLERS: &[(&str, &str, &str)] = &[
    ("k8s.io/ingress-nginx", "ingress-nginx", "nginx"),
    ("ingress.k8s.aws/alb", "aws-load-balancer-controller", "alb"),
];

/// An ingress controller that runs in the cluster.
#[derive(Clone, Copy, Debug)]
pub(in crate::planes) struct Controller<'a> {
    /// Its id among the components.
    pub(in crate::planes) id: &'static str,
    /// The workload that serves.
    pub(in crate::planes) workload: &'a Workload,
}

/// What ingresses rest on.
pub(in crate::planes) struct Ground<'a> {
    classes: Shelf<'a, IngressClass>,
    pub(in crate::planes) services: Shelf<'a, Service>,
    secrets: Shelf<'a, SecretMeta>,
    certificates: HashMap<(&'a str, &'a str), &'a Certificate>,
    slices: HashMap<(&'a str, &'a str), Vec<&'a EndpointSlice>>,
    slice_shelf: Shelf<'a, EndpointSlice>,
    pub(super) controllers: Vec<Controller<'a>>,
    knows_workloads: bool,
}

impl<'a> Ground<'a> {
    pub(in crate::planes) fn of(cluster: &'a ClusterSnapshot) -> Self {
        let certificates = Shelf::<Certificate>::of(cluster, &CERTIFICATES);
        let slice_shelf = Shelf::<EndpointSlice>::of(cluster, &ENDPOINT_SLICES);
        let mut slices: HashMap<(&str, &str), Vec<&EndpointSlice>> = HashMap::new();
        for slice in slice_shelf.iter() {
            slices.entry((slice.namespace().unwrap_or_default(), &slice.service)).or_default().push(slice);
        }
        for slices in slices.values_mut() {
            slices.sort_unstable_by_key(|slice| slice.name());
        }
        let workloads = [DEPLOYMENTS, DAEMON_SETS].map(|kind| Shelf::<Workload>::of(cluster, &kind));
        let mut controllers: Vec<Controller<'_>> = workloads
            .iter()
            .flat_map(Shelf::iter)
            .filter_map(|workload| {
                let found = recognise(workload)?;
                let (_, id, _) = CONTROLLERS.iter().find(|(_, id, _)| *id == found.known.id)?;
                let is_main = found.known.parts.first().is_some_and(|part| std::ptr::eq(part, found.part));
                is_main.then_some(Controller { id, workload })
            })
            .collect();
        controllers.sort_by_key(|controller| (controller.workload.namespace(), controller.workload.name()));
        Self {
            classes: Shelf::of(cluster, &INGRESS_CLASSES),
            services: Shelf::of(cluster, &SERVICES),
            secrets: Shelf::of(cluster, &SECRETS),
            certificates: certificates
                .iter()
                .map(|certificate| {
                    ((certificate.namespace().unwrap_or_default(), &*certificate.secret), certificate)
                })
                .collect(),
            slices,
            slice_shelf,
            controllers,
            knows_workloads: workloads.iter().all(|shelf| shelf.knows("")),
        }
    }

    /// What is known of an Ingress.
    pub(super) fn front(&self, ingress: &'a Ingress) -> Front {
        let namespace = ingress.namespace().unwrap_or_default();
        Front {
            class: self.class(ingress).0,
            tls: ingress.tls.iter().filter_map(|tls| self.tls(namespace, &tls.secret, &tls.hosts)).collect(),
            backends: ingress
                .backends()
                .into_iter()
                .map(|backend| BackendState {
                    backend: backend.clone(),
                    resolved: self.resolve(namespace, backend),
                })
                .collect(),
            also: Box::default(),
        }
    }

    /// Who serves an Ingress, with the controller where it runs here.
    pub(in crate::planes) fn class(&self, ingress: &Ingress) -> (ClassState, Option<Controller<'a>>) {
        let class = match &ingress.class {
            Some(name) => self.classes.get("", name),
            None => match self.classes.iter().find(|class| class.is_default) {
                Some(class) => Seen::Found(class),
                None if self.classes.knows("") => return (ClassState::NoDefault, None),
                None => Seen::Unknown,
            },
        };
        let known = match class {
            Seen::Found(class) => {
                let known = CONTROLLERS.iter().find(|(spelling, _, _)| **spelling == *class.controller);
                if known.is_none() {
                    return (ClassState::Elsewhere(Arc::clone(&class.controller)), None);
                }
                known
            }
            // The annotation that came before classes names one without an object; controllers go by its usual name.
            Seen::Absent | Seen::Unknown => {
                CONTROLLERS.iter().find(|(_, _, name)| ingress.class.as_deref() == Some(*name))
            }
        };
        let controller = known
            .and_then(|(_, id, _)| self.controllers.iter().find(|controller| controller.id == *id))
            .copied();
        let state = match (class, known, controller) {
            (_, Some(_), Some(controller)) => ClassState::Served {
                controller: controller.id,
                ready: controller.workload.ready,
                wanted: controller.workload.wanted,
            },
            (Seen::Absent, _, None) => ClassState::Missing,
            (Seen::Found(_), Some((_, id, _)), None) if self.knows_workloads => ClassState::NotRunning(id),
            _ => ClassState::Unknown,
        };
        (state, controller)
    }

    fn tls(&self, namespace: &str, secret: &Arc<str>, hosts: &[Arc<str>]) -> Option<TlsState> {
        if secret.is_empty() {
            return None;
        }
        let certificate = self.certificates.get(&(namespace, &**secret));
        Some(TlsState {
            secret: Arc::clone(secret),
            hosts: hosts.into(),
            is_there: match self.secrets.get(namespace, secret) {
                Seen::Found(_) => Some(true),
                Seen::Absent => Some(false),
                Seen::Unknown => None,
            },
            certificate: certificate.map(|certificate| certificate.meta.name.as_ref().into()),
            expires: certificate.map_or(Timestamp::NEVER, |certificate| certificate.not_after),
        })
    }

    /// Where a backend of an Ingress leads.
    pub(super) fn resolve(&self, namespace: &str, backend: &Backend) -> Resolved {
        let Backend::Service { name, port } = backend else { return Resolved::Resource };
        // The load balancer controller's own actions, such as a redirect, are spelt as services that do not exist.
        if &**port == "use-annotation" {
            return Resolved::Action;
        }
        let service = match self.services.get(namespace, name) {
            Seen::Found(service) => service,
            Seen::Absent => return Resolved::NoService,
            Seen::Unknown => return Resolved::Unknown,
        };
        if service.kind == ServiceType::ExternalName {
            return Resolved::Outside(service.external_name.as_ref().into());
        }
        let wanted = port_of(service, port);
        if wanted.is_none() && !service.ports.is_empty() {
            let has: Vec<String> = service.ports.iter().map(port_words).collect();
            return Resolved::NoPort(has.join(", ").into());
        }
        self.endpoints(namespace, service, wanted)
    }

    /// How many addresses of a service answer on one of its ports.
    pub(super) fn endpoints(&self, namespace: &str, service: &Service, port: Option<&Port>) -> Resolved {
        let own = self.slices_of(namespace, service.name());
        if own.is_empty() && !self.slice_shelf.knows(namespace) {
            return Resolved::Unknown;
        }
        let has_port = |slice: &&&EndpointSlice| {
            let names = |port: &Port| slice.ports.iter().any(|own| own.name == port.name);
            slice.ports.is_empty() || port.is_none_or(names)
        };
        let fitting = || own.iter().filter(has_port);
        Resolved::Endpoints {
            ready: fitting().map(|slice| slice.ready).sum(),
            total: fitting().map(|slice| slice.total).sum(),
            on_other_ports: own.iter().map(|slice| slice.total).sum(),
        }
    }

    /// The slices of a service, by name.
    pub(in crate::planes) fn slices_of<'s>(
        &'s self,
        namespace: &'s str,
        service: &'s str,
    ) -> &'s [&'a EndpointSlice] {
        self.slices.get(&(namespace, service)).map_or(&[], Vec::as_slice)
    }

    /// The controller that a service leads to, if it leads to one.
    pub(super) fn controller_behind(&self, service: &Service) -> Option<Controller<'a>> {
        let selects = |controller: &&Controller<'a>| {
            controller.workload.namespace() == service.namespace()
                && !service.selector.is_empty()
                && service.selector.iter().all(|label| controller.workload.pod_labels.contains(label))
        };
        self.controllers.iter().find(selects).copied()
    }
}

/// A port of a service by what a backend calls it: its number or its name.
pub(in crate::planes) fn port_of<'s>(service: &'s Service, wanted: &str) -> Option<&'s Port> {
    let number: Option<u32> = wanted.parse().ok();
    service.ports.iter().find(|port| match number {
        Some(number) => port.port == number,
        None => *port.name == *wanted,
    })
}

/// `80`, or `http/80`.
pub(super) fn port_words(port: &Port) -> String {
    if port.name.is_empty() { port.port.to_string() } else { format!("{}/{}", port.name, port.port) }
}
