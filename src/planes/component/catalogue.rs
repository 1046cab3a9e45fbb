//! Every component that can be recognised, by what it is and not by where it was installed: the images it runs, the
//! labels its charts give it, the groups of its custom resources.
//!
//! Sources: the charts and manifests of each project, and of the EKS add-ons, as of 2026-11. Namespaces, release names
//! and registries differ everywhere and are not looked at.
//!
//! To add a component: one entry here, sorted by id. The blueprint may then name it.

use super::recognise::Labels;

/// A component that can be recognised.
#[derive(Debug)]
pub struct Known {
    /// What the blueprint and the screen call it.
    pub id: &'static str,
    /// What it is for, in a few words.
    pub purpose: &'static str,
    /// The workloads that it consists of, the one that names its version first.
    pub parts: &'static [Part],
    /// The groups of the custom resources that belong to it, each with the oldest version that it still speaks; empty
    /// where any will do.
    pub groups: &'static [(&'static str, &'static str)],
    /// Leases by which its replicas agree on a leader, as beginnings of their names.
    pub leases: &'static [&'static str],
    /// The aggregated API that it serves, as the APIService's name.
    pub api_service: Option<&'static str>,
    /// True when its first part calls AWS and needs credentials for that.
    pub uses_aws: bool,
    /// More replicas than this are a fault: it writes without agreeing on a leader.
    pub at_most: Option<u32>,
    /// Something that is true of it wherever it runs, and that an operator should know.
    pub standing: Option<&'static str>,
}

impl Known {
    /// Nothing that could be recognised: what entries begin with.
    pub(super) const NONE: Self = Self {
        id: "",
        purpose: "",
        parts: &[],
        groups: &[],
        leases: &[],
        api_service: None,
        uses_aws: false,
        at_most: None,
        standing: None,
    };
}

/// One workload of a component.
#[derive(Debug)]
pub struct Part {
    /// What it is called when a component has several; empty for the only one.
    pub name: &'static str,
    /// How it runs.
    pub runs: Runs,
    /// Names of its images, as the end of the path without registry and tag.
    pub images: &'static [&'static str],
    /// Labels that only it has, on itself or on its pods; any of these sets will do.
    pub labels: &'static [Labels],
    /// The component works without it.
    pub is_optional: bool,
    /// A node without it is broken, whatever the workload itself says of where it should run.
    pub is_everywhere: bool,
}

/// How a workload runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// Some replicas: a Deployment or a StatefulSet.
    Replicated,
    /// One pod on every node: a DaemonSet.
    OnNodes,
}

const KNOWN: Known = Known::NONE;

const fn replicated(name: &'static str, images: &'static [&'static str], labels: &'static [Labels]) -> Part {
    Part { name, runs: Runs::Replicated, images, labels, is_optional: false, is_everywhere: false }
}

const fn on_nodes(name: &'static str, images: &'static [&'static str], labels: &'static [Labels]) -> Part {
    Part { name, runs: Runs::OnNodes, images, labels, is_optional: false, is_everywhere: false }
}

const fn everywhere(part: Part) -> Part {
    Part { is_everywhere: true, ..part }
}

const fn optional(part: Part) -> Part {
    Part { is_optional: true, ..part }
}

/// `app.kubernetes.io/name`
const NAME: &str = "app.kubernetes.io/name";
/// `app.kubernetes.io/component`
const COMPONENT: &str = "app.kubernetes.io/component";

/// Every component, by id.
pub static CATALOGUE: &[Known] = &[
    Known {
        id: "alertmanager",
        purpose: "sends alerts on",
        parts: &[replicated("", &["alertmanager"], &[&[(NAME, "alertmanager")]])],
        ..KNOWN
    },
    Known {
        id: "argo-cd",
        purpose: "makes the cluster what Git says",
        parts: &[
            replicated("controller", &[], &[&[(NAME, "argocd-application-controller")]]),
            replicated("server", &[], &[&[(NAME, "argocd-server")]]),
            replicated("repo-server", &[], &[&[(NAME, "argocd-repo-server")]]),
            optional(replicated("applicationset", &[], &[&[(NAME, "argocd-applicationset-controller")]])),
            replicated("redis", &[], &[&[(NAME, "argocd-redis")], &[(NAME, "argocd-redis-ha-haproxy")]]),
            optional(replicated("dex", &[], &[&[(NAME, "argocd-dex-server")]])),
            optional(replicated("notifications", &[], &[&[(NAME, "argocd-notifications-controller")]])),
        ],
        groups: &[("argoproj.io", "v1alpha1")],
        ..KNOWN
    },
    Known {
        id: "argo-rollouts",
        purpose: "canary and blue-green rollouts",
        parts: &[replicated("", &["argo-rollouts"], &[&[(NAME, "argo-rollouts")]])],
        leases: &["argo-rollouts-controller-lock"],
        ..KNOWN
    },
    Known {
        id: "aws-ebs-csi-driver",
        purpose: "block volumes",
        parts: &[
            replicated(
                "controller",
                &[],
                &[&[("app", "ebs-csi-controller")], &[(NAME, "ebs-csi-controller")]],
            ),
            on_nodes("node", &[], &[&[("app", "ebs-csi-node")], &[(NAME, "ebs-csi-node")]]),
        ],
        leases: &["ebs-csi-aws-com"],
        uses_aws: true,
        ..KNOWN
    },
    Known {
        id: "aws-efs-csi-driver",
        purpose: "shared file systems",
        parts: &[
            replicated(
                "controller",
                &[],
                &[&[("app", "efs-csi-controller")], &[(NAME, "efs-csi-controller")]],
            ),
            on_nodes("node", &[], &[&[("app", "efs-csi-node")], &[(NAME, "efs-csi-node")]]),
        ],
        leases: &["efs-csi-aws-com"],
        uses_aws: true,
        ..KNOWN
    },
    Known {
        id: "aws-load-balancer-controller",
        purpose: "load balancers for Ingresses and Services",
        parts: &[replicated(
            "",
            &["aws-load-balancer-controller"],
            &[&[(NAME, "aws-load-balancer-controller")]],
        )],
        groups: &[("elbv2.k8s.aws", "")],
        leases: &["aws-load-balancer-controller-leader"],
        uses_aws: true,
        ..KNOWN
    },
    Known {
        id: "calico",
        purpose: "network and its policies",
        parts: &[
            on_nodes("node", &["calico/node"], &[&[("k8s-app", "calico-node")]]),
            replicated(
                "controllers",
                &["calico/kube-controllers"],
                &[&[("k8s-app", "calico-kube-controllers")]],
            ),
            optional(replicated("typha", &["calico/typha"], &[&[("k8s-app", "calico-typha")]])),
        ],
        groups: &[("crd.projectcalico.org", "")],
        ..KNOWN
    },
    Known {
        id: "cert-manager",
        purpose: "certificates",
        parts: &[
            replicated(
                "controller",
                &["cert-manager-controller"],
                &[&[(NAME, "cert-manager"), (COMPONENT, "controller")]],
            ),
            replicated(
                "webhook",
                &["cert-manager-webhook"],
                &[&[(NAME, "webhook"), ("app.kubernetes.io/part-of", "cert-manager")]],
            ),
            replicated(
                "cainjector",
                &["cert-manager-cainjector"],
                &[&[(NAME, "cainjector"), ("app.kubernetes.io/part-of", "cert-manager")]],
            ),
        ],
        groups: &[("cert-manager.io", "v1"), ("acme.cert-manager.io", "v1")],
        leases: &["cert-manager-controller"],
        ..KNOWN
    },
    Known {
        id: "cilium",
        purpose: "network and its policies",
        parts: &[
            on_nodes("agent", &["cilium/cilium"], &[&[("k8s-app", "cilium")]]),
            replicated(
                "operator",
                &["operator-generic", "operator-aws"],
                &[&[("io.cilium/app", "operator")]],
            ),
        ],
        groups: &[("cilium.io", "")],
        leases: &["cilium-operator-resource-lock"],
        ..KNOWN
    },
    Known {
        id: "cloudwatch-agent",
        purpose: "Container Insights",
        parts: &[
            on_nodes("agent", &["cloudwatch-agent"], &[&[(NAME, "cloudwatch-agent")]]),
            optional(replicated("operator", &["cloudwatch-agent-operator"], &[])),
        ],
        groups: &[("cloudwatch.aws.amazon.com", "")],
        uses_aws: true,
        ..KNOWN
    },
    Known {
        id: "cluster-autoscaler",
        purpose: "nodes for pods that wait",
        parts: &[replicated(
            "",
            &["cluster-autoscaler"],
            &[&[(NAME, "aws-cluster-autoscaler")], &[("app", "cluster-autoscaler")]],
        )],
        leases: &["cluster-autoscaler"],
        uses_aws: true,
        ..KNOWN
    },
    Known {
        id: "coredns",
        purpose: "names inside the cluster",
        parts: &[replicated("", &["coredns"], &[&[("k8s-app", "kube-dns")]])],
        ..KNOWN
    },
    Known {
        id: "eks-node-monitoring-agent",
        purpose: "health of nodes",
        parts: &[on_nodes("", &["eks-node-monitoring-agent"], &[&[(NAME, "eks-node-monitoring-agent")]])],
        ..KNOWN
    },
    Known {
        id: "eks-pod-identity-agent",
        purpose: "AWS credentials for pods",
        parts: &[on_nodes("", &["eks-pod-identity-agent"], &[&[(NAME, "eks-pod-identity-agent")]])],
        ..KNOWN
    },
    Known {
        id: "external-dns",
        purpose: "DNS records for hostnames",
        parts: &[replicated("", &["external-dns"], &[&[(NAME, "external-dns")]])],
        groups: &[("externaldns.k8s.io", "")],
        uses_aws: true,
        // It elects no leader (its chart allows 0 or 1).
        at_most: Some(1),
        ..KNOWN
    },
    Known {
        id: "external-secrets",
        purpose: "secrets from AWS",
        parts: &[
            replicated("controller", &[], &[&[(NAME, "external-secrets")]]),
            replicated("webhook", &[], &[&[(NAME, "external-secrets-webhook")]]),
            replicated("cert-controller", &[], &[&[(NAME, "external-secrets-cert-controller")]]),
        ],
        groups: &[("external-secrets.io", "v1")],
        leases: &["external-secrets-controller"],
        uses_aws: true,
        ..KNOWN
    },
    Known {
        id: "fluent-bit",
        purpose: "ships logs",
        parts: &[on_nodes(
            "",
            &["aws-for-fluent-bit", "fluent-bit"],
            &[&[(NAME, "fluent-bit")], &[(NAME, "aws-for-fluent-bit")], &[("k8s-app", "fluent-bit")]],
        )],
        uses_aws: true,
        ..KNOWN
    },
    Known {
        id: "grafana",
        purpose: "dashboards",
        parts: &[replicated("", &["grafana/grafana", "platform/grafana"], &[&[(NAME, "grafana")]])],
        ..KNOWN
    },
    Known {
        id: "ingress-nginx",
        purpose: "HTTP into the cluster",
        parts: &[replicated(
            "",
            &["ingress-nginx/controller", "ingress-nginx-controller", "nginx-ingress-controller"],
            &[&[(NAME, "ingress-nginx"), (COMPONENT, "controller")]],
        )],
        leases: &["ingress-nginx-leader"],
        // The project's README: retired in March 2026.
        standing: Some("retired in March 2026: no more security fixes"),
        ..KNOWN
    },
    Known {
        id: "istio",
        purpose: "service mesh",
        parts: &[
            replicated("istiod", &["istio/pilot", "pilot"], &[&[("app", "istiod")]]),
            optional(on_nodes("cni", &["istio/install-cni"], &[&[("k8s-app", "istio-cni-node")]])),
        ],
        groups: &[("networking.istio.io", ""), ("security.istio.io", "")],
        leases: &["istio-leader"],
        ..KNOWN
    },
    Known {
        id: "jaeger",
        purpose: "traces",
        parts: &[replicated(
            "",
            &["jaegertracing/all-in-one", "jaegertracing/jaeger", "jaeger-query", "jaeger-operator"],
            &[&[(NAME, "jaeger")]],
        )],
        ..KNOWN
    },
    Known {
        id: "karpenter",
        purpose: "nodes for pods that wait",
        parts: &[replicated("", &["karpenter", "karpenter/controller"], &[&[(NAME, "karpenter")]])],
        groups: &[("karpenter.sh", "v1"), ("karpenter.k8s.aws", "v1")],
        leases: &["karpenter-leader-election"],
        uses_aws: true,
        ..KNOWN
    },
    Known {
        id: "kube-proxy",
        purpose: "addresses of Services on nodes",
        parts: &[everywhere(on_nodes("", &["kube-proxy"], &[&[("k8s-app", "kube-proxy")]]))],
        ..KNOWN
    },
    Known {
        id: "kube-state-metrics",
        purpose: "objects as metrics",
        parts: &[replicated("", &["kube-state-metrics"], &[&[(NAME, "kube-state-metrics")]])],
        ..KNOWN
    },
    Known {
        id: "linkerd",
        purpose: "service mesh",
        parts: &[replicated(
            "destination",
            &["linkerd/controller"],
            &[&[("linkerd.io/control-plane-component", "destination")]],
        )],
        groups: &[("linkerd.io", ""), ("policy.linkerd.io", "")],
        ..KNOWN
    },
    Known {
        id: "loki",
        purpose: "logs",
        parts: &[replicated("", &["grafana/loki", "loki"], &[&[(NAME, "loki")]])],
        ..KNOWN
    },
    Known {
        id: "metrics-server",
        purpose: "usage of pods and nodes",
        parts: &[replicated(
            "",
            &["metrics-server"],
            &[&[(NAME, "metrics-server")], &[("k8s-app", "metrics-server")]],
        )],
        api_service: Some("v1beta1.metrics.k8s.io"),
        ..KNOWN
    },
    Known {
        id: "node-exporter",
        purpose: "nodes as metrics",
        parts: &[on_nodes(
            "",
            &["node-exporter"],
            &[&[(NAME, "prometheus-node-exporter")], &[(NAME, "node-exporter")]],
        )],
        ..KNOWN
    },
    Known {
        id: "prometheus",
        purpose: "metrics and alerts",
        parts: &[replicated(
            "",
            &["prometheus/prometheus", "prom/prometheus", "platform/prometheus"],
            &[&[(NAME, "prometheus"), ("operator.prometheus.io/name", "*")]],
        )],
        ..KNOWN
    },
    Known {
        id: "prometheus-operator",
        purpose: "runs Prometheus and Alertmanager",
        parts: &[replicated("", &["prometheus-operator"], &[&[("app", "kube-prometheus-stack-operator")]])],
        groups: &[("monitoring.coreos.com", "")],
        ..KNOWN
    },
    Known {
        id: "sealed-secrets",
        purpose: "secrets that Git may hold",
        parts: &[replicated(
            "",
            &["sealed-secrets-controller"],
            &[&[(NAME, "sealed-secrets")], &[("name", "sealed-secrets-controller")]],
        )],
        groups: &[("bitnami.com", "")],
        ..KNOWN
    },
    Known {
        id: "secrets-store-csi-driver",
        purpose: "secrets as files",
        parts: &[on_nodes(
            "",
            &["csi-secrets-store/driver"],
            &[&[("app", "secrets-store-csi-driver")], &[(NAME, "secrets-store-csi-driver")]],
        )],
        groups: &[("secrets-store.csi.x-k8s.io", "")],
        ..KNOWN
    },
    Known {
        id: "secrets-store-provider-aws",
        purpose: "AWS behind secrets as files",
        parts: &[on_nodes(
            "",
            &["secrets-store-csi-driver-provider-aws", "provider-aws-installer"],
            &[
                &[("app", "secrets-store-csi-driver-provider-aws")],
                &[("app", "csi-secrets-store-provider-aws")],
            ],
        )],
        ..KNOWN
    },
    Known {
        id: "snapshot-controller",
        purpose: "volume snapshots",
        parts: &[replicated("", &["snapshot-controller"], &[&[(NAME, "snapshot-controller")]])],
        groups: &[("snapshot.storage.k8s.io", "")],
        leases: &["snapshot-controller-leader"],
        ..KNOWN
    },
    Known {
        id: "velero",
        purpose: "backups",
        parts: &[
            replicated("server", &["velero/velero"], &[&[(NAME, "velero")]]),
            optional(on_nodes("node-agent", &[], &[&[("name", "node-agent"), (NAME, "velero")]])),
        ],
        groups: &[("velero.io", "")],
        uses_aws: true,
        ..KNOWN
    },
    Known {
        id: "vertical-pod-autoscaler",
        purpose: "advice on requests",
        parts: &[
            replicated("recommender", &["vpa-recommender"], &[&[("app", "vpa-recommender")]]),
            optional(replicated("updater", &["vpa-updater"], &[&[("app", "vpa-updater")]])),
            optional(replicated(
                "admission",
                &["vpa-admission-controller"],
                &[&[("app", "vpa-admission-controller")]],
            )),
        ],
        groups: &[("autoscaling.k8s.io", "")],
        ..KNOWN
    },
    Known {
        id: "vpc-cni",
        purpose: "addresses of pods",
        parts: &[everywhere(on_nodes("", &["amazon-k8s-cni"], &[&[("k8s-app", "aws-node")]]))],
        groups: &[("crd.k8s.amazonaws.com", ""), ("networking.k8s.aws", ""), ("vpcresources.k8s.aws", "")],
        uses_aws: true,
        ..KNOWN
    },
];
