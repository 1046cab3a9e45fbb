//! Every view opens by its name and its aliases, and shows what it is for.

use pilothouse::ui::views::VIEWS;

use crate::harness::stage::Journey;

/// A view, and what can only be seen in it.
const SEEN: &[(&str, &[&str])] = &[
    ("addons", &["COMPONENT", "coredns", "v3.1.9"]),
    ("access-entries", &["role/PlatformAdmin", "platform-admin"]),
    ("addons-matrix", &["COMPONENT", "coredns", "v1.12.4"]),
    ("alarms", &["myapp-prod-alb-5xx", "WHEN"]),
    ("applicationsets", &["GENERATORS", "myapp"]),
    ("argo", &["platform-cert-manager", "Synced"]),
    ("autoscaling", &["Deployment/api", "METRICS"]),
    ("budgets", &["ALLOWED", "coredns"]),
    ("certificates", &["EXPIRES", "letsencrypt-prod"]),
    ("cost", &["$/MONTH", "total"]),
    ("cronjobs", &["SCHEDULE"]),
    ("daemonsets", &["aws-node", "kube-proxy"]),
    ("deployments", &["coredns", "cert-manager-webhook"]),
    ("dns", &["api.cosner.cloud", "managed"]),
    ("events", &["REASON", "OBJECT"]),
    ("fleet", &["myapp-dev", "myapp-prod", "GUARD"]),
    ("identity", &["external-dns"]),
    ("images", &["IN ECR", "production"]),
    ("instances", &["i-", "running"]),
    ("ingress", &["api.cosner.cloud"]),
    ("issuers", &["selfsigned", "acme"]),
    ("jobs", &["NAME"]),
    ("karpenter", &["MAY GO", "on-demand"]),
    ("loadbalancers", &["k8s-ingressnginx-edge-prod", "2/2"]),
    ("loggroups", &["/aws/eks/myapp-prod/cluster", "KEPT"]),
    ("metrics", &["METRIC", "control plane"]),
    ("namespaces", &["production", "staging", "kube-system"]),
    ("netpol", &["MAY COME IN"]),
    ("nodeclaims", &["STAYS", "ip-10-1-13-60"]),
    ("nodeclasses", &["on-demand,spot"]),
    ("nodegroups", &["system", "myapp-prod"]),
    ("nodes", &["on-demand"]),
    ("path", &["api.cosner.cloud"]),
    ("pending", &["0"]),
    ("pods", &["STATUS", "RESTARTS", "Running"]),
    ("projects", &["platform", "WINDOW"]),
    ("replicasets", &["scaled to 0"]),
    ("secrets", &["grafana", "mounted"]),
    ("services", &["ClusterIP"]),
    ("snapshots", &["READY"]),
    ("statefulsets", &["NAME"]),
    ("storage", &["data-cache-0", "gp3"]),
    ("storageclasses", &["ebs.csi.aws.com", "DEFAULT"]),
    ("stores", &["aws-secrets-manager"]),
    ("subnets", &["10.1.11.0/24", "private"]),
    ("who-can", &["platform-admin"]),
    ("topology", &["us-east-1a", "MEMORY"]),
    ("volumes", &["production/data-cache-0"]),
    ("upgrade", &["STEP", "control plane"]),
    ("vpa", &["ADVICE"]),
    ("workloads", &["Deployment", "DaemonSet"]),
    ("zones", &["internal.cosner.cloud", "private"]),
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

#[test]
fn custom_kinds_open_by_plural_short_and_qualified_name_with_the_servers_columns() {
    let mut journey = Journey::at("fleet");
    for name in ["certificates.cert-manager.io", "certificates.cert-manager"] {
        journey.run("fleet");
        let screen = journey.run(name);
        assert!(screen.top().contains("certificates.cert-manager.io  8"), ":{name}{screen:?}");
        assert!(screen.line_with(&["READY", "SECRET", "AGE"]).is_some(), ":{name}{screen:?}");
        assert!(screen.line_with(&["myapp-prod", "web-tls", "True"]).is_some(), ":{name}{screen:?}");
    }
    let screen = journey.run("nodepools");
    assert!(screen.line_with(&["myapp-prod", "on-demand"]).is_some(), "{screen:?}");
    // The beginning of one name alone is that name.
    journey.run("fleet");
    let screen = journey.run("certificatereq");
    assert!(screen.top().contains("certificaterequests.cert-manager.io"), "{screen:?}");
}

#[test]
fn a_kind_may_be_the_first_view_although_only_a_cluster_knows_it() {
    let mut journey = Journey::at("certificaterequests");
    let screen = journey.until_shows("web-tls");
    assert!(screen.top().contains("certificaterequests.cert-manager.io"), "{screen:?}");
}

#[test]
fn a_view_that_does_not_exist_is_named_with_the_nearest_that_does() {
    let mut journey = Journey::at("nodes");
    let screen = journey.run("podz");
    assert!(screen.bottom().contains("no view or kind podz; did you mean pods?"), "{screen:?}");
    assert!(screen.top().contains("nodes  10"), "stays where it was{screen:?}");
}

#[test]
fn namespaces_is_a_view_for_the_palette_the_flag_and_the_shortcut() {
    let screen = Journey::at("namespaces").screen();
    assert!(screen.top().contains("namespaces") && screen.shows("secrets-management"), "{screen:?}");
    let mut journey = Journey::at("fleet");
    let screen = journey.run("namespaces");
    assert!(screen.top().contains("namespaces") && screen.shows("secrets-management"), "{screen:?}");
    journey.run("fleet");
    journey.press("v N");
    let screen = journey.settle();
    assert!(screen.top().contains("namespaces") && screen.shows("secrets-management"), "{screen:?}");
    journey.run("fleet");
    let screen = journey.press("alt-n");
    assert!(
        screen.top().contains("fleet") && screen.shows("─ namespace ─"),
        "the key still chooses{screen:?}"
    );
}
