//! Claims, volumes and classes.

use serde_json::Value;

use super::read::{conditions, is_true, joined, map_lines, text, words};
use super::related::Target;
use super::section::{Cell, Line, Section};
use crate::fleet::Timestamp;
use crate::ui::role::Role;

pub(super) fn claim(claim: &Value, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("CLAIM");
    phase(&mut section, claim);
    section.field("wants", words(claim, "/spec/resources/requests/storage"));
    section.field("has", words(claim, "/status/capacity/storage"));
    section.field("access", joined(claim, "/spec/accessModes"));
    section.field("mode", text(claim, "/spec/volumeMode").replace("Filesystem", ""));
    link(&mut section, "class", "storage.k8s.io", "StorageClass", text(claim, "/spec/storageClassName"));
    link(&mut section, "volume", "", "PersistentVolume", text(claim, "/spec/volumeName"));
    vec![section, conditions(claim, now)]
}

pub(super) fn volume(volume: &Value, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("VOLUME");
    phase(&mut section, volume);
    section.field("capacity", words(volume, "/spec/capacity/storage"));
    section.field("access", joined(volume, "/spec/accessModes"));
    section.field("when released", text(volume, "/spec/persistentVolumeReclaimPolicy"));
    link(&mut section, "class", "storage.k8s.io", "StorageClass", text(volume, "/spec/storageClassName"));
    let (namespace, name) = (text(volume, "/spec/claimRef/namespace"), text(volume, "/spec/claimRef/name"));
    if !name.is_empty() {
        section
            .push(Line::field("claim", Cell::plain(format!("{namespace}/{name}"))))
            .leading_to(Target::namespaced("", "PersistentVolumeClaim", namespace, name));
    }
    section.field("driver", text(volume, "/spec/csi/driver"));
    section.field("handle", text(volume, "/spec/csi/volumeHandle"));
    vec![section, conditions(volume, now)]
}

fn phase(section: &mut Section, object: &Value) {
    let phase = text(object, "/status/phase");
    let is_fine = matches!(phase, "Bound" | "Available");
    section.field_as("phase", phase, if is_fine { Role::Text } else { Role::Warning });
}

fn link(section: &mut Section, label: &str, group: &str, kind: &str, name: &str) {
    if !name.is_empty() {
        section
            .push(Line::field(label, Cell::plain(name)))
            .leading_to(Target::cluster_wide(group, kind, name));
    }
}

pub(super) fn class(class: &Value, _: Timestamp) -> Vec<Section> {
    let mut section = Section::new("STORAGE CLASS");
    let default = "/metadata/annotations/storageclass.kubernetes.io~1is-default-class";
    if text(class, default) == "true" {
        section.field("default", "claims that name no class get this one");
    }
    section.field("provisioner", text(class, "/provisioner"));
    let or = |path: &str, default: &str| match text(class, path) {
        "" => default.to_owned(),
        said => said.to_owned(),
    };
    section.field("binding", or("/volumeBindingMode", "Immediate"));
    section.field("when released", or("/reclaimPolicy", "Delete"));
    section.field("grows", if is_true(class, "/allowVolumeExpansion") { "yes" } else { "no" });
    let mut parameters = Section::new("PARAMETERS");
    map_lines(&mut parameters, class, "/parameters");
    vec![section, parameters]
}
