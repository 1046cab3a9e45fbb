//! external-dns: keeps a record for each host of an Ingress, and beside it a text that says whose it is.
//!
//! As version 0.20 does with `--registry=txt --policy=sync` on AWS (external-dns, `docs/registry/txt.md`): an A and an AAAA
//! alias for each host, their owners under `cname-HOST` and `aaaa-HOST`. Records without our text are never touched.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use super::account::Account;
use super::land::Land;
use super::route53::record::{Content, Record};
use super::route53::zone::{TTL, Zone};
use crate::simulator::world::field;

/// How often it looks, `--interval`.
pub(crate) const INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// The types of record it writes, with the prefix of the text that owns each.
const KINDS: [(&str, &str); 2] = [("A", "cname"), ("AAAA", "aaaa")];

/// Brings the zones to what the Ingresses of a cluster want, if its external-dns is at work.
pub(crate) fn synchronize(land: &Land, account: &mut Account) {
    let namespace = "external-dns";
    let Some(deployment) = land.get("deployments.apps", namespace, namespace) else { return };
    let at_work = field::number(&deployment, "status.availableReplicas") > 0;
    if !at_work || land.conducts.lacks_identity(namespace, namespace) {
        return;
    }
    let setting = |name: &str| argument(&deployment, name);
    let (owner, filter) = (setting("--txt-owner-id"), setting("--domain-filter"));
    let wanted = hosts(land, &filter);
    for zone in account.zones.iter_mut().filter(|zone| !zone.is_private()) {
        if setting("--policy") == "sync" {
            forget(zone, &owner, &wanted);
        }
        for (host, (target, resource)) in &wanted {
            if zone.covers(host) {
                write(zone, host, target, &text(&owner, resource));
            }
        }
    }
}

fn argument(deployment: &Value, name: &str) -> String {
    field::list(deployment, "spec.template.spec.containers")
        .iter()
        .flat_map(|container| field::list(container, "args"))
        .filter_map(Value::as_str)
        .find_map(|argument| argument.strip_prefix(name)?.strip_prefix('='))
        .unwrap_or_default()
        .to_owned()
}

/// The hosts that are wanted, each with the load balancer it leads to and the object that wants it.
fn hosts(land: &Land, filter: &str) -> BTreeMap<String, (String, String)> {
    let mut wanted = BTreeMap::new();
    for ingress in land.all("ingresses.networking.k8s.io") {
        let target = field::list(&ingress, "status.loadBalancer.ingress")
            .first()
            .map(|one| field::text(one, "hostname").to_owned())
            .unwrap_or_default();
        if target.is_empty() {
            continue;
        }
        let resource = format!("ingress/{}/{}", field::namespace(&ingress), field::name(&ingress));
        let rules = field::list(&ingress, "spec.rules").iter().map(|rule| field::text(rule, "host"));
        let noted = field::annotation(&ingress, "external-dns.alpha.kubernetes.io/hostname").split(',');
        for host in
            rules.chain(noted).map(str::trim).filter(|host| host.ends_with(filter) && !host.is_empty())
        {
            wanted
                .entry(format!("{}.", host.to_lowercase()))
                .or_insert_with(|| (target.clone(), resource.clone()));
        }
    }
    wanted
}

/// The text that says whose a record is.
pub(crate) fn text(owner: &str, resource: &str) -> String {
    format!("\"heritage=external-dns,external-dns/owner={owner},external-dns/resource={resource}\"")
}

/// Where the text of a host's record stands.
pub(crate) fn owner_name(prefix: &str, host: &str) -> String {
    format!("{prefix}-{host}")
}

fn is_owned(zone: &Zone, prefix: &str, host: &str, owner: &str) -> bool {
    match zone.get(&owner_name(prefix, host), "TXT").map(|record| &record.content) {
        Some(Content::Values { values, .. }) => values.iter().any(|value| {
            value.contains("heritage=external-dns,")
                && value.contains(&format!("external-dns/owner={owner},"))
        }),
        _ => false,
    }
}

fn forget(zone: &mut Zone, owner: &str, wanted: &BTreeMap<String, (String, String)>) {
    for (kind, prefix) in KINDS {
        let owned = zone.records.iter().filter(|record| record.kind == "TXT");
        let hosts = owned.filter_map(|record| record.name.strip_prefix(prefix)?.strip_prefix('-'));
        let gone: Vec<String> = hosts
            .filter(|host| !wanted.contains_key(*host) && is_owned(zone, prefix, host, owner))
            .map(str::to_owned)
            .collect();
        for host in gone {
            zone.remove(&host, kind);
            zone.remove(&owner_name(prefix, &host), "TXT");
        }
    }
}

fn write(zone: &mut Zone, host: &str, target: &str, text: &str) {
    for (kind, prefix) in KINDS {
        let owner = text.split("external-dns/owner=").nth(1).and_then(|rest| rest.split(',').next());
        let owned = is_owned(zone, prefix, host, owner.unwrap_or_default());
        if zone.get(host, kind).is_some() && !owned {
            // Somebody else's: skipped without a word, as external-dns does.
            continue;
        }
        let is_current =
            owned && zone.alias(host, kind).is_some_and(|now| now.trim_end_matches('.') == target);
        if !is_current {
            zone.put(Record::alias(host, kind, target));
            zone.put(Record::plain(&owner_name(prefix, host), "TXT", TTL, vec![text.to_owned()]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::route53::founding::PUBLIC;
    use super::super::tests::resting;
    use super::*;
    use crate::simulator::aws::Aws;
    use crate::simulator::store::{DeleteOptions, Key};

    fn zone(aws: &Aws) -> Zone {
        aws.edit(|account| account.zones.iter().find(|zone| zone.name == PUBLIC).unwrap().clone())
    }

    fn prod(aws: &Aws) -> Land {
        aws.lands().into_iter().find(|land| land.cluster.is_prod()).unwrap()
    }

    #[test]
    fn every_host_of_the_fleet_has_its_aliases_and_its_owners() {
        let (_simulator, aws) = resting();
        let zone = zone(&aws);
        for (host, owner) in [("api.dev", "myapp-dev"), ("www", "myapp-prod"), ("grafana", "myapp-prod")] {
            let name = format!("{host}.{PUBLIC}");
            for (kind, prefix) in KINDS {
                assert!(
                    zone.alias(&name, kind).unwrap().starts_with("k8s-ingressnginx-edge-"),
                    "{name} {kind}"
                );
                assert!(is_owned(&zone, prefix, &name, owner), "{name} {kind}");
            }
        }
        assert!(!is_owned(&zone, "cname", &format!("bastion-dev.{PUBLIC}"), "myapp-dev"));
    }

    #[test]
    fn a_host_that_is_gone_takes_its_records_along_and_leaves_those_of_others() {
        let (simulator, aws) = resting();
        let key = Key::namespaced("ingresses.networking.k8s.io", "monitoring", "kps-grafana");
        prod(&aws).store.delete(&key, &DeleteOptions::default()).unwrap();
        aws.work();
        assert!(zone(&aws).get(&format!("grafana.{PUBLIC}"), "A").is_some(), "not before the next round");
        simulator.clock().advance(std::time::Duration::from_secs(60));
        aws.work();
        let zone = zone(&aws);
        assert!(zone.get(&format!("grafana.{PUBLIC}"), "A").is_none());
        assert!(zone.get(&format!("cname-grafana.{PUBLIC}"), "TXT").is_none());
        assert!(zone.get(&format!("argocd.{PUBLIC}"), "A").is_some());
        assert!(zone.get(&format!("bastion-dev.{PUBLIC}"), "A").is_some());
    }

    #[test]
    fn a_record_of_somebody_else_is_left_as_it_is() {
        let (_simulator, aws) = resting();
        let name = format!("www.{PUBLIC}");
        aws.edit(|account| {
            let zone = &mut account.zones[0];
            zone.put(Record::plain(&name, "A", 60, vec!["198.51.100.9".to_owned()]));
            zone.remove(&owner_name("cname", &name), "TXT");
            synchronize(&prod(&aws), account);
        });
        assert!(zone(&aws).alias(&name, "A").is_none());
        assert!(zone(&aws).alias(&name, "AAAA").is_some());
    }

    #[test]
    fn nothing_is_written_while_it_is_not_at_work() {
        let (_simulator, aws) = resting();
        let land = prod(&aws);
        let key = Key::namespaced("deployments.apps", "external-dns", "external-dns");
        land.store
            .edit(&key, |deployment| {
                field::put(deployment, "status.availableReplicas", serde_json::json!(0));
                Ok(())
            })
            .unwrap();
        aws.edit(|account| {
            account.zones[0].remove(&format!("www.{PUBLIC}"), "A");
            synchronize(&land, account);
        });
        assert!(zone(&aws).get(&format!("www.{PUBLIC}"), "A").is_none());
    }
}
