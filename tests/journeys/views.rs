//! Every view opens by its name and its aliases, and shows what it is for.

use pilothouse::ui::views::VIEWS;

use crate::harness::stage::Journey;

/// A view, and what can only be seen in it.
const SEEN: &[(&str, &[&str])] = &[
    ("cronjobs", &["SCHEDULE"]),
    ("daemonsets", &["aws-node", "kube-proxy"]),
    ("deployments", &["coredns", "cert-manager-webhook"]),
    ("events", &["REASON", "OBJECT"]),
    ("fleet", &["myapp-dev", "myapp-prod", "GUARD"]),
    ("ingress", &["api.cosner.cloud"]),
    ("jobs", &["NAME"]),
    ("namespaces", &["production", "staging", "kube-system"]),
    ("nodes", &["ip-10-1-13-60"]),
    ("pods", &["STATUS", "RESTARTS", "Running"]),
    ("replicasets", &["OWNER"]),
    ("services", &["ClusterIP"]),
    ("statefulsets", &["NAME"]),
    ("workloads", &["Deployment", "DaemonSet"]),
];

#[test]
fn every_view_opens_by_its_name_and_each_of_its_aliases() {
    let mut journey = Journey::at("nodes");
    for entry in VIEWS {
        let about = entry.about();
        let (_, seen) = SEEN.iter().find(|(name, _)| *name == about.name).expect(about.name);
        for name in std::iter::once(&about.name).chain(about.aliases) {
            journey.run("nodes");
            let screen = journey.run(name);
            assert!(screen.top().contains(about.name), ":{name} opens {}{screen:?}", about.name);
            for text in *seen {
                assert!(screen.shows(text), ":{name} shows {text}{screen:?}");
            }
        }
    }
}
