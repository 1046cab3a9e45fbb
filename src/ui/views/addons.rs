//! `addons`

use crate::blueprint::ManagedBy;
use crate::fleet::image;
use crate::fleet::{ResourceType, Row, Verdict};
use crate::planes::component::managed::{newer, word};
use crate::planes::component::{COMPONENTS, Component, Managed, Runs, verdict};
use crate::planes::rights::aws::{Entitlement, Fit};
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;

/// Components of the platform: what is wanted, what runs, and how it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Addons;

static ABOUT: ViewAbout = ViewAbout {
    name: "addons",
    aliases: &["add-ons", "components"],
    help: "Components of the platform: wanted by the blueprint, running, and how they are",
};

static RESOURCES: [ResourceType; 1] = [COMPONENTS];

static COLUMNS: [Column<Component>; 14] =
    [
        Column::<Component>::new(
            "name",
            "COMPONENT",
            "What it is; with its release where there are several",
            |row, _| Value::text(&*row.name).into(),
        )
        .fit(12, 40)
        .drop_at(0)
        .sorts_by('N'),
        Column::<Component>::new("namespace", "NAMESPACE", "Where it runs", |row, _| {
            Value::maybe(row.namespace()).as_role(Role::Dim)
        })
        .fit(6, 24)
        .drop_at(6)
        .sorts_by('S'),
        Column::<Component>::new("wanted", "WANTED", "What the blueprint asks for", |row, context| {
            let Some(wanted) = context.cluster.wanted.as_ref() else { return Value::Nothing.into() };
            let Some(component) = wanted.component(row.known.id) else { return Value::Nothing.into() };
            let replicas = component.replicas.map(|least| format!("≥{least}"));
            let parts = [component.version.as_ref().map(ToString::to_string), replicas];
            let words: Vec<String> = parts.into_iter().flatten().collect();
            let words = if words.is_empty() { "yes".to_owned() } else { words.join(", ") };
            Value::text(words).into()
        })
        .fit(6, 16)
        .drop_at(5),
        Column::<Component>::new("by", "BY", "Who is to install and update it", |row, context| {
            let wanted = context.cluster.wanted.as_ref().and_then(|wanted| wanted.component(row.known.id));
            Value::maybe(wanted.and_then(|wanted| wanted.managed_by).map(ManagedBy::as_str))
                .as_role(Role::Dim)
        })
        .fit(3, 5)
        .drop_at(8),
        Column::<Component>::new("eks", "EKS SAYS", "What EKS says of it as a managed add-on", |row, _| {
            match &row.managed {
                Managed::Unread => Value::Unknown.into(),
                Managed::Refused(why) => refused(why),
                Managed::No if row.newest.is_some() => Value::text("self-managed").as_role(Role::Dim),
                Managed::No => Value::Nothing.into(),
                Managed::Yes(addon) => {
                    let words = Value::text(format!("{} {}", word(&addon.status), addon.version));
                    match &*addon.status {
                        "ACTIVE" if addon.issues.is_empty() => words.into(),
                        "CREATING" | "UPDATING" | "DELETING" => words.as_role(Role::Progressing),
                        _ => words.as_role(Role::Warning),
                    }
                }
            }
        })
        .fit(6, 32)
        .drop_at(2)
        .shortened(without_build)
        .sorts_by('K'),
        Column::<Component>::new("version", "RUNS", "The version by its image's tag", |row, _| {
            match row.image() {
                Some(image) => match image::version(image) {
                    Some(version) => Value::text(version).into(),
                    None => Value::text("untagged").as_role(Role::Warning),
                },
                None => Value::Nothing.into(),
            }
        })
        .fit(6, 20)
        .drop_at(2)
        .shortened(without_build)
        .sorts_by('R'),
        Column::<Component>::new("ready", "READY", "Ready pods of those wanted; nodes covered", |row, _| {
            if row.is_missing() {
                return Value::Nothing.into();
            }
            let (have, want) = row.ready();
            Value::Ratio { have, want }.into()
        })
        .fit(5, 7)
        .drop_at(1)
        .sorts_by('E'),
        Column::<Component>::new("zones", "ZONES", "Zones in which a ready pod of it runs", |row, _| {
            // On every node is in every zone.
            let spread = row.parts.iter().filter(|part| part.part.runs == Runs::Replicated);
            match spread.filter_map(|part| part.pods.as_ref()).map(|pods| pods.zones.len()).min() {
                Some(zones) => Value::Count(zones as u64).into(),
                None => Value::Nothing.into(),
            }
        })
        .fit(5, 5)
        .drop_at(7),
        Column::<Component>::new("identity", "IDENTITY", "Who its pods are to AWS", |row, _| {
            let Some(identity) = &row.identity else { return Value::Nothing.into() };
            match identity.words() {
                Some("none") => Value::text("none").as_role(Role::Dim),
                Some(words) => Value::text(words).into(),
                None => Value::Unknown.into(),
            }
        })
        .fit(4, 12)
        .drop_at(3)
        .sorts_by('I'),
        Column::<Component>::new(
            "newest",
            "NEWEST",
            "The newest version that EKS has for this version of Kubernetes, where that is another",
            |row, _| match &row.managed {
                Managed::Unread => Value::Unknown.into(),
                _ => Value::maybe(newer(row)).into(),
            },
        )
        .fit(6, 20)
        .drop_at(4)
        .shortened(without_build)
        .sorts_by('W'),
        Column::<Component>::new(
            "role",
            "AWS ROLE",
            "The role of its service account, and whether its trust fits",
            |row, _| {
                let entitled = row.identity.as_ref().map(|identity| &*identity.entitled).unwrap_or_default();
                let said = |entitled: &Entitlement| {
                    let role = entitled.role.rsplit('/').next().unwrap_or_default();
                    format!("{role} {}", entitled.fit.word())
                };
                let words: Vec<String> = entitled.iter().map(said).collect();
                let is_broken = entitled.iter().any(|entitled| matches!(entitled.fit, Fit::Broken(_)));
                let role = if is_broken { Role::Critical } else { Role::Text };
                Value::text(words.join(", ")).as_role(role)
            },
        )
        .fit(8, 48)
        .wide(),
        Column::<Component>::new("leader", "LEADER", "Which of its replicas leads", |row, _| {
            let holder = row.lease.as_ref().map(|lease| lease.holder.split('_').next().unwrap_or_default());
            Value::maybe(holder).as_role(Role::Dim)
        })
        .fit(6, 48)
        .wide(),
        Column::<Component>::new("purpose", "FOR", "What it is for", |row, _| {
            Value::text(row.known.purpose).as_role(Role::Dim)
        })
        .fit(4, 32)
        .wide(),
        Column::<Component>::new("image", "IMAGE", "The image that makes it what it is", |row, _| {
            Value::maybe(row.image().map(|image| &**image)).as_role(Role::Dim)
        })
        .fit(8, 80)
        .wide(),
    ];

/// A version without the number of EKS' own build: `active v1.12.4` of `active v1.12.4-eksbuild.1`.
fn without_build(version: &str) -> &str {
    version.split("-eksbuild").next().unwrap_or(version)
}

/// What AWS does not tell stands where the answer would stand: with the permission that is missing.
fn refused(why: &str) -> Cell<'_> {
    let what = why.strip_prefix("forbidden: ").map(|action| format!("⊘ {action}"));
    match what {
        Some(words) => Value::text(words).as_role(Role::Forbidden),
        None => Value::Unknown.into(),
    }
}

impl Listing for Addons {
    type Row = Component;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<Component>] {
        &COLUMNS
    }
    fn default_sort(&self) -> Option<(&'static str, bool)> {
        Some(("name", false))
    }
    fn verdict<'a>(&self, row: &'a Component, context: &RowContext<'a>) -> Judged<'a> {
        let wanted = context.cluster.wanted.as_ref().and_then(|wanted| wanted.component(row.known.id));
        let (verdict, why) = verdict::of(row, wanted, context.now);
        // What could be better and is no fault stands in columns of its own.
        let is_fine = verdict == Verdict::Ok && !row.is_missing();
        Judged { verdict, why: if is_fine { String::new() } else { why }.into() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fleet::kind::{DAEMON_SETS, DEPLOYMENTS, STATEFUL_SETS};
    use crate::fleet::workload::Workload;
    use crate::ui::test_cluster::TestCluster;

    #[test]
    fn a_component_stands_beside_what_is_wanted_of_it() {
        let coredns = json!({"kind": "Deployment", "metadata": {"name": "coredns", "namespace": "kube-system", "generation": 1},
            "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "c", "image": "eks/coredns:v1.12.4-eksbuild.1"}]}}},
            "status": {"observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "updatedReplicas": 1}});
        let cluster = TestCluster::new()
            .with::<Workload>(&DEPLOYMENTS, &[coredns])
            .with::<Workload>(&DAEMON_SETS, &[])
            .with::<Workload>(&STATEFUL_SETS, &[])
            .wanting("environment = \"prod\"\n[components.coredns]\nreplicas = 2\nversion = \">=1.12\"\nmanaged-by = \"eks\"\n[components.karpenter]")
            .looking_at(&COMPONENTS);
        let cell = |name, column| cluster.cell(&Addons, name, column);
        assert_eq!(cell("coredns", "wanted"), ">=1.12, ≥2");
        assert_eq!(cell("coredns", "by"), "eks");
        assert_eq!(cell("coredns", "version"), "v1.12.4-eksbuild.1");
        assert_eq!(cell("karpenter", "ready"), "Nothing");
        let judged = |name| cluster.judged(&Addons, name);
        assert_eq!(judged("coredns"), (Verdict::Warning, "1 of at least 2 replicas wanted".to_owned()));
        assert_eq!(judged("karpenter"), (Verdict::Critical, "wanted, but not in this cluster".to_owned()));
    }
}
