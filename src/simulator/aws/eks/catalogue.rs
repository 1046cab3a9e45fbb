//! Which versions of the add-ons fit which versions of Kubernetes.

use serde_json::{Value, json};

use super::paged;
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::world::field;

/// Versions of an add-on, newest first, each with the Kubernetes versions it fits; the first that fits one is its default.
type Versions = &'static [(&'static str, &'static [&'static str])];

const ALL: &[&str] = &["1.35", "1.36", "1.37"];
const OLDER: &[&str] = &["1.34", "1.35", "1.36"];

/// Add-on, type, namespace, whether it needs permissions in AWS, versions.
const CATALOGUE: [(&str, &str, bool, Versions); 10] = [
    (
        "aws-ebs-csi-driver",
        "storage",
        true,
        &[("v1.54.0-eksbuild.1", ALL), ("v1.52.1-eksbuild.1", ALL), ("v1.50.1-eksbuild.1", OLDER)],
    ),
    ("aws-efs-csi-driver", "storage", true, &[("v2.1.15-eksbuild.1", ALL), ("v2.1.13-eksbuild.1", OLDER)]),
    ("cert-manager", "networking", true, &[("v1.19.1-eksbuild.1", ALL)]),
    ("coredns", "networking", false, &[("v1.13.1-eksbuild.1", &["1.37"]), ("v1.12.4-eksbuild.1", OLDER)]),
    ("eks-pod-identity-agent", "security", false, &[("v1.3.10-eksbuild.1", ALL), ("v1.3.9-eksbuild.3", ALL)]),
    ("external-dns", "networking", true, &[("v0.20.0-eksbuild.1", ALL)]),
    (
        "kube-proxy",
        "networking",
        false,
        &[
            ("v1.37.1-eksbuild.2", &["1.37"]),
            ("v1.36.3-eksbuild.2", &["1.36"]),
            ("v1.35.6-eksbuild.1", &["1.35", "1.36"]),
        ],
    ),
    ("metrics-server", "observability", false, &[("v0.8.1-eksbuild.1", ALL), ("v0.8.0-eksbuild.2", OLDER)]),
    ("snapshot-controller", "storage", false, &[("v8.4.0-eksbuild.1", ALL)]),
    (
        "vpc-cni",
        "networking",
        true,
        &[("v1.21.1-eksbuild.1", ALL), ("v1.20.4-eksbuild.2", ALL), ("v1.19.6-eksbuild.7", OLDER)],
    ),
];

/// `DescribeAddonVersions`, of all add-ons or one, for all versions of Kubernetes or one.
pub(super) fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let (name, kubernetes) = (call.text("addonName"), call.text("kubernetesVersion"));
    let types = call.texts("types");
    let addons = CATALOGUE
        .iter()
        .filter(|(own, kind, ..)| {
            (name.is_empty() || *own == name) && (types.is_empty() || types.contains(kind))
        })
        .map(|(own, kind, needs_permissions, versions)| {
            let shown: Vec<Value> = versions
                .iter()
                .filter_map(|version| written(version, versions, kubernetes, *needs_permissions))
                .collect();
            let community = ["cert-manager", "external-dns", "metrics-server"].contains(own);
            json!({
                "addonName": own, "type": kind, "addonVersions": shown, "publisher": "eks",
                "owner": if community { "community" } else { "aws" }, "defaultNamespace": namespace(own),
            })
        })
        .filter(|addon| !field::list(addon, "addonVersions").is_empty())
        .collect();
    paged(call, "addons", addons)
}

fn namespace(addon: &str) -> &'static str {
    match addon {
        "cert-manager" => "cert-manager",
        "external-dns" => "external-dns",
        _ => "kube-system",
    }
}

fn written(
    (version, fits): &(&str, &[&str]),
    versions: Versions,
    kubernetes: &str,
    needs_permissions: bool,
) -> Option<Value> {
    let default_of =
        |wanted: &str| versions.iter().find(|(_, fits)| fits.contains(&wanted)).map(|(own, _)| *own);
    let compatibilities: Vec<Value> = fits
        .iter()
        .filter(|own| kubernetes.is_empty() || **own == kubernetes)
        .map(|own| json!({"clusterVersion": own, "platformVersions": ["*"], "defaultVersion": default_of(own) == Some(version)}))
        .collect();
    (!compatibilities.is_empty()).then(|| {
        json!({
            "addonVersion": version, "architecture": ["amd64", "arm64"], "computeTypes": ["ec2", "auto"],
            "compatibilities": compatibilities, "requiresConfiguration": false, "requiresIamPermissions": needs_permissions,
        })
    })
}

/// The versions of the fleet's own add-ons that fit a version of Kubernetes, newest first.
pub(super) fn fitting(addon: &str, kubernetes: &str) -> Vec<&'static str> {
    let versions =
        CATALOGUE.iter().find(|(own, ..)| *own == addon).map_or(&[][..], |(.., versions)| versions);
    versions.iter().filter(|(_, fits)| fits.contains(&kubernetes)).map(|(version, _)| *version).collect()
}

#[cfg(test)]
mod tests {
    use super::super::addon::ADDONS;
    use super::*;

    #[test]
    fn what_the_fleet_runs_is_in_the_catalogue_for_its_version() {
        for addon in &ADDONS {
            assert!(fitting(addon.name, "1.36").contains(&addon.version), "{}", addon.name);
            assert!(!fitting(addon.name, "1.37").is_empty(), "{}", addon.name);
        }
    }
}
