//! Columns that tables have in common, so that they look and sort alike everywhere.

use super::listing::{Column, RowContext};
use super::role::Role;
use super::value::{Cell, Value};
use crate::fleet::Row;

/// `namespace`
pub const fn namespace<R: Row>() -> Column<R> {
    Column::new("namespace", "NAMESPACE", "Namespace", namespace_of::<R>).fit(4, 24).drop_at(2).sorts_by('P')
}

/// `name`
pub const fn name<R: Row>() -> Column<R> {
    Column::new("name", "NAME", "Name", name_of::<R>).fit(12, 56).drop_at(0).sorts_by('N')
}

/// `age`
pub const fn age<R: Row>(cell: for<'a> fn(&'a R, &RowContext<'a>) -> Cell<'a>) -> Column<R> {
    Column::new("age", "AGE", "Since it was created", cell).fit(4, 7).drop_at(4).sorts_by('A')
}

/// `instance-type`
pub const fn instance_type<R: Row>(cell: for<'a> fn(&'a R, &RowContext<'a>) -> Cell<'a>) -> Column<R> {
    Column::new("instance-type", "TYPE", "Instance type", cell).fit(6, 18).drop_at(6).sorts_by('T')
}

/// `capacity-type`
pub const fn capacity_type<R: Row>(cell: for<'a> fn(&'a R, &RowContext<'a>) -> Cell<'a>) -> Column<R> {
    Column::new("capacity-type", "CAPACITY", "How it is paid: on-demand, spot", cell).fit(4, 10).drop_at(6)
}

/// `zone`
pub const fn zone<R: Row>(cell: for<'a> fn(&'a R, &RowContext<'a>) -> Cell<'a>) -> Column<R> {
    Column::new("zone", "ZONE", "Zone", cell).fit(4, 16).drop_at(5).sorts_by('Z')
}

/// `labels`
pub const fn labels<R: Row>() -> Column<R> {
    Column::new("labels", "LABELS", "Labels", labels_of::<R>).fit(8, 60).drop_at(9).wide()
}

fn namespace_of<'a, R: Row>(row: &'a R, _: &RowContext<'a>) -> Cell<'a> {
    Value::maybe(row.namespace()).into()
}

fn name_of<'a, R: Row>(row: &'a R, _: &RowContext<'a>) -> Cell<'a> {
    Value::text(row.name()).as_role(Role::Strong)
}

fn labels_of<'a, R: Row>(row: &'a R, _: &RowContext<'a>) -> Cell<'a> {
    let labels: Vec<String> = row.labels().map(|(key, value)| format!("{key}={value}")).collect();
    Value::text(labels.join(",")).into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::ui::listing::{Listing, Shown, Width};
    use crate::ui::views::{
        alarms, application_sets, argo, autoscaling, budgets, certificates, cost, dns, events, images,
        ingress, instances, issuers, karpenter, load_balancers, log_groups, metrics, namespaces, network,
        node_claims, node_classes, nodes, pending, pods, projects, secrets, services, storage, stores,
        volumes, vpa, workloads, zones,
    };

    /// The promises that every listing makes to the table, the help and the JSON.
    fn holds<L: Listing>(listing: L) {
        let about = listing.about();
        let is_kebab = |id: &str| !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        assert!(is_kebab(about.name), "{}", about.name);
        let (mut ids, mut letters) = (HashSet::new(), HashSet::new());
        for column in listing.columns() {
            let at = format!("{} of {}", column.id, about.name);
            assert!(is_kebab(&column.id), "{at}");
            assert!(ids.insert(column.id.clone()), "{at} is there twice");
            assert!(!["cluster", "verdict", "why"].contains(&&*column.id), "{at} is the view's own");
            assert!(!column.title.chars().any(char::is_lowercase) && !column.help.is_empty(), "{at}");
            if let Some(letter) = column.sort {
                assert!(letter.is_ascii_uppercase() && letters.insert(letter), "Shift-{letter} of {at}");
            }
            if let Width::Fit { min, max } = column.width {
                assert!(min <= max, "{at}");
            }
        }
        assert!(ids.contains("name"), "{} names its rows", about.name);
        let stays =
            || listing.columns().iter().filter(|column| column.shown == Shown::Always && column.drop == 0);
        let narrowest: u16 = stays()
            .map(|column| match column.width {
                Width::Fit { min, .. } | Width::Grow { min } => min + 2,
            })
            .sum();
        assert!(
            (1..=60).contains(&narrowest),
            "{} needs {narrowest} cells for what always stays",
            about.name
        );
        if let Some((id, _)) = listing.default_sort() {
            assert!(ids.contains(id) || id == "told" && listing.folds(), "{} sorts by {id}", about.name);
        }
    }

    #[test]
    fn every_listing_keeps_its_promises() {
        holds(alarms::Alarms);
        holds(log_groups::LogGroups);
        holds(metrics::Metrics);
        holds(application_sets::ApplicationSets);
        holds(argo::Applications);
        holds(certificates::Certificates);
        holds(cost::Costs);
        holds(images::Images);
        holds(instances::Instances);
        holds(network::Subnets);
        holds(issuers::Issuers);
        holds(projects::Projects);
        holds(secrets::Secrets);
        holds(stores::Stores);
        holds(pods::Pods);
        holds(nodes::Nodes);
        holds(workloads::Workloads);
        holds(workloads::Deployments);
        holds(workloads::StatefulSets);
        holds(workloads::DaemonSets);
        holds(workloads::ReplicaSets);
        holds(workloads::Jobs);
        holds(workloads::CronJobs);
        holds(services::Services);
        holds(ingress::Ingresses);
        holds(namespaces::Namespaces);
        holds(karpenter::Karpenter);
        holds(node_claims::NodeClaims);
        holds(node_classes::NodeClasses);
        holds(pending::Pending);
        holds(events::Events);
        holds(storage::Storage);
        holds(volumes::Volumes);
        holds(volumes::StorageClasses);
        holds(volumes::Snapshots);
        holds(autoscaling::Autoscaling);
        holds(vpa::VerticalAutoscalers);
        holds(budgets::Budgets);
        holds(dns::Dns);
        holds(load_balancers::LoadBalancers);
        holds(zones::Zones);
    }
}
