//! Names: records of both clusters' account, what they are for, and the whole path from a name to its nodes.

use pilothouse::simulator::Simulator;
use pilothouse::simulator::aws::route53::record::Record;

use crate::harness::cli::Home;
use crate::harness::stage::Plan;

const GONE: &str = "k8s-gone-1.us-east-1.elb.amazonaws.com";

/// The records of `name`, of every type, and the texts that say whose they are.
fn forget(simulator: &Simulator, name: &str) {
    simulator.aws().edit(|account| {
        for zone in &mut account.zones {
            let is_of = |record: &Record| {
                let own = record.name.trim_start_matches("cname-").trim_start_matches("aaaa-");
                own == format!("{name}.")
            };
            zone.records.retain(|record| !is_of(record));
        }
    });
}

fn point(simulator: &Simulator, name: &str, target: &str) {
    let name = format!("{name}.");
    simulator.aws().edit(|account| {
        let zone = account.zones.iter_mut().find(|zone| zone.name == "cosner.cloud.").unwrap();
        zone.put(Record::alias(&name, "A", target));
        zone.put(Record::alias(&name, "AAAA", target));
    });
}

#[test]
fn every_record_is_there_once_with_its_owner_and_what_it_is_for() {
    let mut journey = Plan::in_trouble("").view("dns").size(200, 60).open();
    journey.settle();
    let screen = journey.until_shows("api.cosner.cloud");
    for (name, source, owner) in [
        ("api.cosner.cloud", "Ingress production/", "myapp-prod"),
        ("api.staging.cosner.cloud", "Ingress staging/api", "myapp-dev"),
    ] {
        assert!(screen.line_with(&["●", name, "A", "managed", source, owner]).is_some(), "{name}{screen:?}");
    }
    let text = format!("{screen:?}");
    assert_eq!(text.matches("bastion-dev.cosner.cloud").count(), 1, "{text}");
    assert!(screen.line_with(&["bastion-dev.cosner.cloud", "by hand"]).is_some(), "{screen:?}");
    assert!(!text.contains("cname-api"), "texts are told with their records: {text}");
    journey.run("dns @myapp-prod");
    let screen = journey.until_shows("bastion-prod");
    assert!(
        screen.line_with(&["bastion-dev.cosner.cloud"]).is_some(),
        "what is nobody's is everybody's: {screen:?}"
    );
}

#[test]
fn what_has_drifted_says_why_and_opens() {
    let plan = Plan::in_trouble("").view("dns").size(200, 60).before(|simulator| {
        forget(simulator, "www.cosner.cloud");
        point(simulator, "grafana.cosner.cloud", GONE);
    });
    let mut journey = plan.open();
    journey.settle();
    let screen = journey.until_shows("missing");
    assert!(
        screen.line_with(&["✖", "www.cosner.cloud", "missing", "production/web"]).is_some(),
        "{screen:?}"
    );
    assert!(screen.line_with(&["✖", "grafana.cosner.cloud", "A"]).is_some(), "{screen:?}");
    journey.go_to("grafana.cosner.cloud");
    journey.press("enter");
    let screen = journey.until_shows("alias of");
    assert!(screen.shows(GONE) && screen.shows("myapp-prod"), "{screen:?}");
    journey.run("fleet");
    let screen = journey.until_shows("DNS");
    assert!(screen.line_with(&["PROD", "myapp-prod"]).is_some(), "{screen:?}");
}

#[test]
fn zones_and_load_balancers_are_there_once_with_what_is_behind_them() {
    let mut journey = Plan::in_trouble("").view("zones").size(160, 50).open();
    journey.settle();
    let screen = journey.until_shows("internal.cosner.cloud");
    assert!(
        screen.line_with(&["●", "cosner.cloud", "public", "myapp-dev, myapp-prod"]).is_some(),
        "{screen:?}"
    );
    assert_eq!(format!("{screen:?}").matches("internal.cosner.cloud").count(), 1, "{screen:?}");
    journey.run("lb");
    let screen = journey.until_shows("k8s-ingressnginx-edge-prod");
    assert!(screen.line_with(&["●", "k8s-ingressnginx-edge-prod", "active", "2/2"]).is_some(), "{screen:?}");
    journey.go_to("k8s-ingressnginx-edge-prod");
    journey.press("enter");
    let screen = journey.until_shows("forwards to");
    assert!(screen.shows("HTTPS 443") && screen.shows("healthy"), "{screen:?}");
}

#[test]
fn a_path_is_whole_from_the_record_to_the_nodes_and_breaks_where_the_record_leads_nowhere() {
    let mut journey = Plan::in_trouble("").view("path api.cosner.cloud").size(160, 60).open();
    journey.settle();
    let screen = journey.until_shows("is whole, from its record to its nodes");
    for (stage, words) in [
        ("record", "owner myapp-prod (external-dns)"),
        ("load balancer", "active, 3 zones"),
        ("listener", "1 certificate"),
        ("certificate", "lasts"),
        ("rule", "path /*"),
        ("target group", "2 of 2 healthy"),
        ("target binding", "instance targets"),
        ("Ingress", "class nginx"),
    ] {
        assert!(screen.line_with(&["●", stage, words]).is_some(), "{stage} {words}{screen:?}");
    }
    let plan = Plan::in_trouble("").view("path api.cosner.cloud").size(160, 60);
    let mut journey = plan.before(|simulator| point(simulator, "api.cosner.cloud", GONE)).open();
    journey.settle();
    let screen = journey.until_shows("broken at record");
    assert!(screen.line_with(&["✖", "record", "leads elsewhere"]).is_some(), "{screen:?}");
    assert!(
        screen.line_with(&["✖", "load balancer", "there is no such load balancer"]).is_some(),
        "{screen:?}"
    );
}

#[test]
fn names_and_the_whole_path_are_printed_as_json() {
    let home = Home::new();
    let document = home.run("get dns --demo -o json").ended(0).json();
    let rows = document["rows"].as_array().unwrap();
    let api = rows.iter().find(|row| row["hostname"] == "api.cosner.cloud" && row["type"] == "A").unwrap();
    assert_eq!(
        (&api["state"], &api["owner"], &api["cluster"]),
        (&"managed".into(), &"myapp-prod".into(), &"myapp-prod".into())
    );
    assert!(rows.iter().all(|row| row["verdict"] == "ok"), "the fleet is well: {document}");
    let document = home.run("path api.cosner.cloud --demo -o json").ended(0).json();
    let hops = document["hops"].as_array().unwrap();
    let kinds: Vec<&str> = hops.iter().take(6).filter_map(|hop| hop["object"]["kind"].as_str()).collect();
    assert_eq!(
        kinds,
        ["RecordSet", "LoadBalancer", "Listener", "AcmCertificate", "ListenerRule", "TargetGroup"]
    );
    assert!(hops.iter().all(|hop| hop["verdict"] == "ok"), "{document}");
}
