//! Which component a workload belongs to.

use super::catalogue::{CATALOGUE, Known, Part, Runs};
use crate::fleet::image;
use crate::fleet::workload::{Work, Workload};

/// Labels that must all be there; `*` stands for any value.
pub(super) type Labels = &'static [(&'static str, &'static str)];

/// A part of a component, found in a cluster.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The component.
    pub known: &'static Known,
    /// Which of its parts.
    pub part: &'static Part,
}

/// What a workload is, if it is a part of a component. An image says it more surely than a label: labels are inherited
/// by what charts put beside the thing itself.
pub fn recognise(workload: &Workload) -> Option<Found> {
    let runs = match workload.work {
        Work::Deployment { .. } | Work::StatefulSet { .. } => Runs::Replicated,
        Work::DaemonSet { .. } => Runs::OnNodes,
        Work::ReplicaSet | Work::Job(_) | Work::CronJob(_) => return None,
    };
    let parts = || {
        let all =
            CATALOGUE.iter().flat_map(|known| known.parts.iter().map(move |part| Found { known, part }));
        all.filter(move |found| found.part.runs == runs)
    };
    parts()
        .find(|found| workload.images.iter().any(|image| runs_image(found.part, image)))
        .or_else(|| parts().find(|found| found.part.labels.iter().any(|labels| has(workload, labels))))
}

/// True when an image is one that the part runs.
pub(super) fn runs_image(part: &Part, image: &str) -> bool {
    let path = image::without_registry(image);
    let path = path.split('@').next().unwrap_or(path);
    let path = match path.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => path,
        _ => path,
    };
    part.images
        .iter()
        .any(|name| path.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('/')))
}

fn has(workload: &Workload, labels: Labels) -> bool {
    labels.iter().all(|(key, value)| {
        let own = workload.meta.labels.iter().chain(&workload.selector);
        own.clone().any(|(k, v)| **k == **key && (*value == "*" || **v == **value))
    })
}
