//! Reading a blueprint from TOML, with the place of every mistake.

use std::sync::Arc;

use super::{
    Blueprint, ManagedBy, NextNamespace, PodSecurity, VersionRange, WantedApplication, WantedComponent,
    WantedGroup, WantedIdentity, WantedNamespace, WantedNat, WantedNodePool,
};
use crate::fleet::aws::terraform_state::{StateLock, StatePlace};
use crate::fleet::quantity::cpu_millis;
use crate::settings::Mistakes;
use crate::settings::document::{self, Entry, Located, Section};
use crate::settings::spelling::nearest;

/// Reads a blueprint. `known` are the ids of all components there are; one that is not among them is a mistake, named
/// with the nearest that is.
pub fn read(file: &str, text: &str, known: &[&str]) -> Result<Blueprint, Mistakes> {
    document::read(file, text, |root| blueprint(file, root, known))
}

fn blueprint(file: &str, root: &Section<'_>, known: &[&str]) -> Blueprint {
    let mut blueprint = Blueprint { file: file.into(), ..Blueprint::default() };
    match root.get("environment") {
        Some(entry) => match entry.text() {
            Some(name) if name.value.is_empty() => entry.wrong("must name an environment", None),
            Some(name) => blueprint.environment = name.value.into(),
            None => {}
        },
        None => root.lacks("environment", "the environment that this blueprint is for, for example \"prod\""),
    }
    blueprint.clusters = texts(root, "clusters");
    blueprint.default_storage_class = text(root, "default-storage-class");
    let nat = [WantedNat::One, WantedNat::EachZone].map(|nat| (nat.as_str(), nat));
    blueprint.nat_gateways = root.get("nat-gateways").and_then(|entry| entry.choice(&nat));
    let cost = root.get("cost-a-month").and_then(|entry| entry.whole(0..=100_000_000));
    blueprint.cost_a_month = cost.and_then(|cost| u32::try_from(cost).ok());
    let days = root.get("log-retention-days").and_then(|entry| entry.whole(1..=3653));
    blueprint.log_retention_days = days.and_then(|days| u32::try_from(days).ok());
    root.within("terraform", |section| blueprint.terraform = terraform(section));
    named(root, "components", |name, entry, section| {
        if !known.contains(&name.value.as_str()) {
            let near = nearest(&name.value, known.iter().copied());
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", known.join(", ")),
            };
            entry.wrong("is no component that can be recognised", Some(hint));
        }
        blueprint.components.push(component(name, section));
    });
    named(root, "namespaces", |name, _, section| blueprint.namespaces.push(namespace(name, section)));
    named(root, "node-pools", |name, _, section| {
        let mut pool = WantedNodePool { name: name.value.as_str().into(), ..WantedNodePool::default() };
        if let Some(entry) = section.get("cpu-limit-at-most")
            && let Some(text) = entry.text()
        {
            pool.cpu_limit_at_most = cpu_millis(&text.value);
            if pool.cpu_limit_at_most.is_none() {
                entry.wrong("must be an amount of CPU", Some("for example \"40\" or \"500m\"".to_owned()));
            }
        }
        pool.capacity_types = texts(section, "capacity-types");
        blueprint.node_pools.push(pool);
    });
    named(root, "applications", |name, _, section| {
        blueprint.applications.push(WantedApplication {
            name: name.value.as_str().into(),
            automated: section.get("automated").and_then(|entry| entry.flag()),
            revision: text(section, "revision"),
        });
    });
    named(root, "groups", |name, _, section| {
        blueprint.groups.push(WantedGroup {
            name: name.value.as_str().into(),
            cluster_role: text(section, "cluster-role"),
        });
    });
    blueprint
}

fn terraform(section: &Section<'_>) -> Option<StatePlace> {
    let lock = section.get("lock").and_then(|entry| {
        let text = entry.text()?;
        let lock = match text.value.strip_prefix("dynamodb://") {
            Some(table) if !table.is_empty() => Some(StateLock::Table(table.into())),
            Some(_) => None,
            None => (text.value == "s3").then_some(StateLock::Object),
        };
        if lock.is_none() {
            let hint = "\"dynamodb://TABLE\", or \"s3\" for an object beside the state";
            entry.wrong("must say what locks the state", Some(hint.to_owned()));
        }
        lock
    });
    let Some(entry) = section.get("state") else {
        section.lacks("state", "where the state is, for example \"s3://BUCKET/prod/terraform.tfstate\"");
        return None;
    };
    let place = StatePlace::parse(&entry.text()?.value);
    if place.is_none() {
        let hint = "for example \"s3://BUCKET/prod/terraform.tfstate\"";
        entry.wrong("must be an object in a bucket", Some(hint.to_owned()));
    }
    place.map(|place| StatePlace { lock: lock.unwrap_or_default(), ..place })
}

fn component(name: &Located<String>, section: &Section<'_>) -> WantedComponent {
    const IDENTITIES: [(&str, WantedIdentity); 3] = [
        ("pod-identity", WantedIdentity::PodIdentity),
        ("irsa", WantedIdentity::Irsa),
        ("none", WantedIdentity::None),
    ];
    const MANAGERS: [(&str, ManagedBy); 3] =
        [("eks", ManagedBy::Eks), ("argo", ManagedBy::Argo), ("helm", ManagedBy::Helm)];
    let version = section.get("version").and_then(|entry| {
        let text = entry.text()?;
        let range = VersionRange::parse(&text.value);
        if range.is_none() {
            entry.wrong(
                "must be a range of versions",
                Some("for example \"1.12\" or \">=1.12, <2\"".to_owned()),
            );
        }
        range
    });
    let replicas = section.get("replicas").and_then(|entry| entry.whole(0..=10_000));
    WantedComponent {
        id: name.value.as_str().into(),
        replicas: replicas.and_then(|count| u32::try_from(count).ok()),
        version,
        namespace: text(section, "namespace"),
        identity: section.get("identity").and_then(|entry| entry.choice(&IDENTITIES)),
        managed_by: section.get("managed-by").and_then(|entry| entry.choice(&MANAGERS)),
    }
}

fn namespace(name: &Located<String>, section: &Section<'_>) -> WantedNamespace {
    let levels = PodSecurity::ALL.map(|level| (level.as_str(), level));
    let mut wanted = WantedNamespace { name: name.value.as_str().into(), ..WantedNamespace::default() };
    wanted.pod_security = section.get("pod-security").and_then(|entry| entry.choice(&levels));
    section.flag("quota", &mut wanted.quota);
    section.flag("default-deny", &mut wanted.default_deny);
    wanted.next = section.get("next").and_then(|entry| {
        let text = entry.text()?;
        match text.value.split_once('/') {
            Some((environment, namespace)) if !environment.is_empty() && !namespace.is_empty() => {
                Some(NextNamespace { environment: environment.into(), namespace: namespace.into() })
            }
            _ => {
                let hint = "an environment and a namespace, for example \"prod/production\"";
                entry.wrong("must name a namespace of an environment", Some(hint.to_owned()));
                None
            }
        }
    });
    wanted
}

/// Every table under a key whose names the user chooses.
fn named(root: &Section<'_>, key: &str, mut read: impl FnMut(&Located<String>, &Entry<'_>, &Section<'_>)) {
    root.within(key, |section| {
        for (name, entry) in section.entries() {
            entry.section(|within| read(&name, &entry, within));
        }
    });
}

fn text(section: &Section<'_>, key: &str) -> Option<Arc<str>> {
    section.get(key).and_then(|entry| entry.text()).map(|text| text.value.into())
}

fn texts(section: &Section<'_>, key: &str) -> Vec<Arc<str>> {
    let found = section.get(key).and_then(|entry| entry.texts()).unwrap_or_default();
    found.into_iter().map(|text| text.value.into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blueprint::REFERENCE;

    fn mistakes(text: &str) -> Vec<String> {
        let told = read("b.toml", text, &["coredns", "vpc-cni"]).unwrap_err();
        told.iter().map(|m| format!("{m} ({})", m.hint.as_deref().unwrap_or(""))).collect()
    }

    #[test]
    fn the_reference_fleet_s_are_whole() {
        for (file, text) in REFERENCE {
            let ids: Vec<&str> = crate::planes::component::ids().collect();
            let blueprint = read(file, text, &ids).unwrap_or_else(|m| panic!("{m}"));
            assert!(blueprint.components.len() > 15 && blueprint.namespaces.len() > 8, "{blueprint:?}");
            assert_eq!(read(file, &blueprint.to_toml(), &ids), Ok(blueprint), "written and read again");
        }
    }

    #[test]
    fn a_component_that_nobody_knows_is_named_with_the_nearest() {
        assert_eq!(
            mistakes("environment = \"dev\"\n[components.coredn]\nreplicas = 2"),
            [
                "b.toml:2:1: `components.coredn` is no component that can be recognised (did you mean `coredns`?)"
            ]
        );
    }

    #[test]
    fn a_state_of_terraform_is_an_object_and_its_lock_a_table_or_an_object() {
        let with = |more: &str| format!("environment = \"dev\"\n[terraform]\n{more}");
        let state = "state = \"s3://states/dev/x.tfstate\"";
        let place = |more: &str| read("b.toml", &with(more), &[]).unwrap().terraform.unwrap();
        assert_eq!(place(state).lock, StateLock::Unknown);
        assert_eq!(place(&format!("{state}\nlock = \"s3\"")).lock, StateLock::Object);
        let table = place(&format!("{state}\nlock = \"dynamodb://locks\""));
        assert_eq!(table.lock, StateLock::Table("locks".into()));
        for (more, says) in [
            ("lock = \"s3\"", "`terraform.state` is missing"),
            ("state = \"states/x\"", "must be an object in a bucket"),
            ("state = \"s3://b/x\"\nlock = \"dynamodb://\"", "must say what locks the state"),
            ("state = \"s3://b/x\"\nlock = \"paper\"", "must say what locks the state"),
        ] {
            let told = mistakes(&with(more));
            assert!(told.len() == 1 && told[0].contains(says), "{told:?}");
        }
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let text = "clusters = 1\n[components.coredns]\nversion = \"newest\"\nreplica = 2\n[namespaces.x]\npod-security = \"strict\"\nnext = \"prod\"\n[node-pools.spot]\ncpu-limit-at-most = \"many\"";
        let told = mistakes(text);
        assert_eq!(told.len(), 7, "{told:#?}");
        assert!(told[0].starts_with("b.toml:1:1: `environment` is missing"), "{told:#?}");
    }
}
