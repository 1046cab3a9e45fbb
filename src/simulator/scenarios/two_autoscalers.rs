//! Cluster Autoscaler was left running when Karpenter came, with a node group that takes the same pods: now that the api
//! of production grows, both make a node for it.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::store::Key;
use crate::simulator::world::cluster::{PROD, platform_image};
use crate::simulator::world::container::container;
use crate::simulator::world::field;
use crate::simulator::world::object::Site;
use crate::simulator::world::workload::deployment;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "two-autoscalers",
    description: "Cluster Autoscaler and Karpenter of production both make a node for the same pods",
    // Karpenter's node takes most of a minute to come.
    unfolds: SignedDuration::from_secs(35),
    namespace: None,
    apply,
};

const NAMESPACE: &str = "kube-system";
const NAME: &str = "cluster-autoscaler";
/// More than fit on four nodes of four CPUs, and few enough for one node more.
const REPLICAS: i64 = 46;

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster(PROD.name) else { return Ok(()) };
    let store = cluster.store().clone();
    let site = Site { cluster: &PROD, now: store.clock().now() };
    let process = container(NAME, &platform_image(NAME, "v1.36.0"))
        .argument("./cluster-autoscaler")
        .argument("--cloud-provider=aws")
        .argument("--nodes=0:3:eks-apps-spare")
        .argument("--expander=least-waste")
        .port("http", 8085)
        .probed("/health-check", 8085)
        .requests("100m", "600Mi");
    let workload = deployment(NAMESPACE, NAME)
        .version("1.36.0")
        .label("app", NAME)
        .service_account(NAME)
        .container(process)
        .on_system_nodes()
        .uses("11m", "210Mi");
    store.create(&site.object("v1", "ServiceAccount", NAME).namespace(NAMESPACE).build())?;
    store.create(&workload.build(&site))?;
    store.edit(&Key::namespaced("resourcequotas", "production", "compute"), |quota| {
        let raised =
            [("requests.cpu", "40"), ("requests.memory", "80Gi"), ("limits.memory", "80Gi"), ("pods", "120")];
        for part in ["spec.hard", "status.hard"] {
            let mut hard = field::at(quota, part).clone();
            if let Some(map) = hard.as_object_mut() {
                map.extend(raised.map(|(resource, amount)| (resource.to_owned(), json!(amount))));
            }
            field::put(quota, part, hard);
        }
        Ok(())
    })?;
    store.edit(
        &Key::namespaced("horizontalpodautoscalers.autoscaling", "production", "api"),
        |autoscaler| {
            field::put(autoscaler, "spec.minReplicas", json!(REPLICAS));
            field::put(autoscaler, "spec.maxReplicas", json!(REPLICAS));
            Ok(())
        },
    )?;
    store.edit(&Key::namespaced("deployments.apps", "production", "api"), |deployment| {
        field::put(deployment, "spec.replicas", json!(REPLICAS));
        Ok(())
    })?;
    Ok(())
}
