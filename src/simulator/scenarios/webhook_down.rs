//! The webhook of cert-manager crashes, so that nobody can write certificates, Argo CD least of all.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::controllers::conduct::Conduct;
use crate::simulator::demo::Demo;
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "webhook-down",
    description: "nobody answers for the webhook of cert-manager, and certificates cannot be written",
    unfolds: SignedDuration::from_mins(5),
    namespace: None,
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-dev") else { return Ok(()) };
    let words = [
        "E1121 10:42:07.000000       1 webhook.go:143] \"Failed initialising server\" err=\"error building admission chain: couldn't create configmap watch: Unauthorized\"",
    ];
    cluster.conducts().set(
        "cert-manager",
        "cert-manager-webhook",
        Conduct::Crash { after: 2, code: 1, words: words.map(str::to_owned).to_vec() },
    );
    cluster.reconsider();
    cluster.work();
    // Somebody adds a hostname to staging meanwhile.
    cluster.push("myapp-staging", &hex_of("staging hostname", 40), |manifests| {
        let certificates = manifests.iter_mut().filter(|own| field::kind(own) == "Certificate");
        for certificate in certificates.filter(|own| field::name(own) == "web-tls") {
            field::push(certificate, "spec.dnsNames", json!("preview.staging.cosner.cloud"));
        }
    })
}
