//! Where hostnames lead, who may talk to whom, and who may do what.

use crate::harness::cli::Home;
use crate::harness::stage::Journey;

#[test]
fn a_hostname_is_followed_to_its_pods_and_every_hop_can_be_opened() {
    let mut journey = Journey::at("fleet");
    journey.run("path api.cosner.cloud");
    let screen = journey.until_shows("is whole, from its record to its nodes");
    for (stage, name) in [
        ("Ingress", "ingress-nginx/edge"),
        ("Service", "ingress-nginx/ingress-nginx-controller"),
        ("Ingress", "production/api"),
        ("endpoints", "3 of 3 ready"),
        ("pod", "api-"),
    ] {
        assert!(screen.line_with(&["●", stage, name]).is_some(), "{stage} {name}{screen:?}");
    }
    assert!(screen.line_with(&["●", "load balancer", "k8s-ingressnginx-edge-prod"]).is_some(), "{screen:?}");
    journey.go_to("production/api");
    journey.press("enter");
    let screen = journey.until_shows("RULES");
    assert!(screen.top().contains("api"), "{screen:?}");
}

#[test]
fn a_key_leads_from_an_ingress_to_its_path_and_one_with_several_names_offers_them() {
    let mut journey = Journey::at("ingress production");
    journey.go_to("api.cosner.cloud");
    journey.press("t");
    let screen = journey.until_shows("is whole, from its record to its nodes");
    assert!(screen.top().contains("api.cosner.cloud"), "{screen:?}");
    journey.press("esc");
    journey.go_to("www.cosner.cloud");
    journey.press("t");
    let screen = journey.until_shows("app.cosner.cloud");
    assert!(screen.shows("www.cosner.cloud"), "{screen:?}");
    journey.press("enter");
    let screen = journey.until_shows("is whole, from its record to its nodes");
    assert!(screen.top().contains("path"), "{screen:?}");
}

#[test]
fn a_path_opens_on_what_is_broken() {
    let mut journey = Journey::in_trouble("crashloop", "fleet");
    journey.run("path api.dev.cosner.cloud");
    let screen = journey.until_shows("broken at");
    assert!(screen.line_with(&["✖", "pod", "back-off"]).is_some(), "{screen:?}");
    assert!(screen.shows("◀"), "{screen:?}");
}

#[test]
fn who_can_is_asked_in_words_and_says_how_to_ask() {
    let mut journey = Journey::at("fleet");
    journey.resize(200, 60);
    journey.run("who-can");
    let screen = journey.until_shows("platform-admin");
    assert!(
        screen.line_with(&["platform-admin", "Group", "everywhere", "cluster-admin"]).is_some(),
        "{screen:?}"
    );
    journey.run("who-can get secrets -n production");
    let screen = journey.until_shows("external-secrets/external-secrets");
    assert!(screen.top().contains("get secrets -n production"), "{screen:?}");
    let screen = journey.run("who-can delete");
    assert!(screen.bottom().contains("who-can VERB RESOURCE"), "{screen:?}");
}

#[test]
fn network_policies_are_said_in_words() {
    let mut journey = Journey::at("netpol production");
    journey.resize(200, 60);
    let screen = journey.until_shows("ingress-nginx :8080");
    assert!(
        screen
            .line_with(&["production", "api", "ingress-nginx :8080", "k8s-app=kube-dns in kube-system"])
            .is_some(),
        "{screen:?}"
    );
}

#[test]
fn identities_say_what_pods_carry() {
    let mut journey = Journey::at("identity external-dns");
    let screen = journey.until_shows("irsa");
    assert!(screen.line_with(&["●", "external-dns", "irsa"]).is_some(), "{screen:?}");
}

#[test]
fn a_path_is_printed_as_json_of_a_fixed_shape_and_as_a_tree() {
    let home = Home::new();
    let document = home.run("path https://api.cosner.cloud/v2 --demo -o json").ended(0).json();
    assert_eq!((&document["version"], &document["hostname"]), (&1.into(), &"api.cosner.cloud".into()));
    assert!(document["broken"].is_null() && document["unknown"].as_array().unwrap().is_empty(), "{document}");
    for hop in document["hops"].as_array().unwrap() {
        let object = hop["object"].as_object().unwrap();
        let keys: Vec<&str> = object.keys().map(String::as_str).collect();
        assert_eq!(keys, ["cluster", "kind", "namespace", "name"]);
        assert!(hop["statement"].is_string());
        let verdict = hop["verdict"].as_str().unwrap();
        assert!(["ok", "warning", "critical", "unknown"].contains(&verdict), "{hop}");
    }
    let broken = home.run("path api.dev.cosner.cloud --demo=crashloop -o json").ended(0).json();
    let at = usize::try_from(broken["broken"].as_u64().unwrap()).unwrap();
    assert_ne!(broken["hops"][at]["verdict"], "ok", "{broken}");
    let tree = home.run("path api.cosner.cloud --demo").printed();
    assert!(
        tree.lines().any(|line| line.starts_with("● Service") && line.contains("production/api")),
        "{tree}"
    );
    home.run("path nowhere.example.com --demo").refused(
        1,
        "error: no Ingress and no Service answers to \"nowhere.example.com\"\nhint: `pilothouse get path` lists every hostname\n",
    );
}

#[test]
fn what_is_asked_of_a_view_is_printed_too() {
    let home = Home::new();
    let document = home.run("get who-can delete nodes --demo -o json").ended(0).json();
    let who: Vec<&str> =
        document["rows"].as_array().unwrap().iter().filter_map(|row| row["who"].as_str()).collect();
    assert!(who.contains(&"platform-admin") && who.contains(&"kube-system/karpenter"), "{who:?}");
    let hosts = home.run("get path --demo -o json").ended(0).json();
    assert!(hosts["rows"].as_array().unwrap().iter().any(|row| row["hostname"] == "api.cosner.cloud"));
    let several = home.run("get namespaces production staging --demo --no-headers").printed();
    assert_eq!(several.lines().count(), 2, "{several}");
}
