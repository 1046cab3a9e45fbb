//! Cluster insights: what EKS has looked at before an upgrade.

use serde_json::{Value, json};

use super::cluster::VERSION;
use super::{addon, catalogue, land, missing, paged};
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::{Land, epoch};
use crate::simulator::world::chance::uuid_of;
use crate::simulator::world::field;

/// The version after the fleet's.
const NEXT: &str = "1.37";
/// The version in which the API that production still uses is gone.
const REMOVAL: &str = "1.38";

/// One thing that EKS looks at.
struct Insight {
    name: &'static str,
    category: &'static str,
    version: &'static str,
    description: &'static str,
    status: &'static str,
    reason: String,
    recommendation: &'static str,
    resources: Vec<Value>,
    summary: Value,
}

fn insights(land: &Land) -> Vec<Insight> {
    let upgrade = |name, version, description, recommendation| Insight {
        name,
        category: "UPGRADE_READINESS",
        version,
        description,
        status: "PASSING",
        reason: String::new(),
        recommendation,
        resources: Vec::new(),
        summary: json!({"deprecationDetails": [], "addonCompatibilityDetails": []}),
    };
    let details: Vec<Value> = addon::of_land(land)
        .map(|addon| json!({"name": addon.name, "compatibleVersions": catalogue::fitting(addon.name, NEXT)}))
        .collect();
    vec![
        deprecated(land),
        kubelets(land),
        Insight {
            reason: "All installed EKS add-on versions are compatible with next Kubernetes version."
                .to_owned(),
            summary: json!({"deprecationDetails": [], "addonCompatibilityDetails": details}),
            ..upgrade(
                "EKS add-on version compatibility",
                NEXT,
                "Checks version of installed EKS add-ons to ensure they are compatible with the next version of Kubernetes.",
                "Upgrade EKS add-on versions to ensure compatibility with the next Kubernetes version.",
            )
        },
        Insight {
            reason: "kube-proxy versions match the cluster control plane version.".to_owned(),
            ..upgrade(
                "kube-proxy version skew",
                NEXT,
                "Checks version of kube-proxy in cluster to see if upgrade would cause noncompliance with supported Kubernetes \
                 kube-proxy version skew policy.",
                "Upgrade kube-proxy to a version that is within the supported skew.",
            )
        },
        Insight {
            reason: "No cluster health issues detected.".to_owned(),
            ..upgrade(
                "Cluster health issues",
                NEXT,
                "Checks for any cluster health issues that prevent successful upgrade to the next Kubernetes version on EKS.",
                "Resolve the health issues of the cluster.",
            )
        },
    ]
}

fn deprecated(land: &Land) -> Insight {
    let old = "/apis/storage.k8s.io/v1beta1/volumeattributesclasses";
    let new = "/apis/storage.k8s.io/v1/volumeattributesclasses";
    let is_used = land.cluster.is_prod();
    let clients: Vec<Value> = is_used
        .then(|| {
            json!({"userAgent": "csi-provisioner/v5.3.0", "numberOfRequestsLast30Days": 4318, "lastRequestTime": epoch(land.before(2 * 60))})
        })
        .into_iter()
        .collect();
    let resource = json!({
        "insightStatus": {"status": "WARNING", "reason": ""}, "kubernetesResourceUri": format!("{old}/gp3-fast"),
    });
    Insight {
        name: "Deprecated APIs removed in Kubernetes v1.38",
        category: "UPGRADE_READINESS",
        version: REMOVAL,
        description: "Checks for usage of deprecated APIs that are scheduled for removal in Kubernetes v1.38. Upgrading your cluster \
                      before migrating to the updated APIs supported by v1.38 could cause application impact.",
        status: if is_used { "WARNING" } else { "PASSING" },
        reason: if is_used {
            "Deprecated API usage detected within last 30 days and your cluster is at least 2 versions away from the removal."
                .to_owned()
        } else {
            "No deprecated API usage detected within the last 30 days.".to_owned()
        },
        recommendation: "Update manifests and API clients to use newer Kubernetes APIs if applicable before upgrading to Kubernetes \
                         v1.38.",
        resources: if is_used { vec![resource] } else { Vec::new() },
        summary: json!({"deprecationDetails": [{
            "usage": old, "replacedWith": new, "stopServingVersion": REMOVAL, "startServingReplacementVersion": "1.34",
            "clientStats": clients,
        }], "addonCompatibilityDetails": []}),
    }
}

/// Kubelets may be three minors behind the control plane.
fn kubelets(land: &Land) -> Insight {
    let minor = |version: &str| {
        version.trim_start_matches('v').split('.').nth(1).and_then(|text| text.parse::<i64>().ok())
    };
    let control_plane = minor(VERSION).unwrap_or_default();
    let behind: Vec<Value> = land
        .all("nodes")
        .iter()
        .filter(|node| {
            minor(field::text(node, "status.nodeInfo.kubeletVersion")).is_some_and(|own| control_plane - own >= 3)
        })
        .map(|node| {
            json!({
                "insightStatus": {"status": "ERROR", "reason": "The kubelet would be outside of the supported skew after an upgrade."},
                "kubernetesResourceUri": format!("/api/v1/nodes/{}", field::name(node)),
            })
        })
        .collect();
    Insight {
        name: "Kubelet version skew",
        category: "UPGRADE_READINESS",
        version: NEXT,
        description: "Checks for kubelet versions of worker nodes in the cluster to see if upgrade would cause noncompliance with \
                      supported Kubernetes kubelet version skew policy.",
        status: if behind.is_empty() { "PASSING" } else { "ERROR" },
        reason: if behind.is_empty() {
            "Node kubelet versions match the cluster control plane version.".to_owned()
        } else {
            "Kubelets would be too old for the next version.".to_owned()
        },
        recommendation: "Upgrade your nodes to a version that is within the supported skew.",
        resources: behind,
        summary: json!({"deprecationDetails": [], "addonCompatibilityDetails": []}),
    }
}

fn summary(land: &Land, insight: &Insight) -> Value {
    json!({
        "id": id(land, insight), "name": insight.name, "category": insight.category, "kubernetesVersion": insight.version,
        "lastRefreshTime": epoch(land.before(5 * 60)), "lastTransitionTime": epoch(land.before(33 * 24 * 60)),
        "description": insight.description, "insightStatus": {"status": insight.status, "reason": insight.reason},
    })
}

fn id(land: &Land, insight: &Insight) -> String {
    uuid_of(&format!("{}/insight/{}", land.cluster.name, insight.name))
}

/// `ListInsights`, by categories, versions and statuses.
pub(super) fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let land = land(call)?;
    let fits = |path: &str, own: &str| {
        let wanted = call.texts(path);
        wanted.is_empty() || wanted.contains(&own)
    };
    let shown = insights(&land)
        .iter()
        .filter(|insight| {
            fits("filter.categories", insight.category)
                && fits("filter.kubernetesVersions", insight.version)
                && fits("filter.statuses", insight.status)
        })
        .map(|insight| summary(&land, insight))
        .collect();
    paged(call, "insights", shown)
}

/// `DescribeInsight`.
pub(super) fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let land = land(call)?;
    let wanted = call.text("id");
    let insight = insights(&land)
        .into_iter()
        .find(|insight| id(&land, insight) == wanted)
        .ok_or_else(|| missing(&format!("No insight found for id: {wanted}.")))?;
    let mut written = summary(&land, &insight);
    if let Some(fields) = written.as_object_mut() {
        fields.insert("recommendation".to_owned(), json!(insight.recommendation));
        let guide = json!({"EKS update cluster documentation": "https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html"});
        fields.insert("additionalInfo".to_owned(), guide);
        fields.insert("resources".to_owned(), Value::Array(insight.resources));
        fields.insert("categorySpecificSummary".to_owned(), insight.summary);
    }
    Ok(json!({"insight": written}))
}
