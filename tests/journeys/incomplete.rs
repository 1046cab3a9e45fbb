//! Clusters whose operators are not there, half there, or say what nobody knows: each is shown as what it is, and what is
//! whole beside it stays whole.

use pilothouse::simulator::Simulator;
use pilothouse::simulator::store::{DeleteOptions, Key, Selection, Store};
use serde_json::{Value, json};

use crate::harness::screen::Screen;
use crate::harness::stage::{DEV, Journey, Plan};

const DEFINITIONS: &str = "customresourcedefinitions.apiextensions.k8s.io";

fn undefine(store: &Store, is_meant: impl Fn(&str) -> bool) {
    let all = store.list(DEFINITIONS, None, &Selection::all());
    let names: Vec<String> =
        all.iter().map(|object| object.key.name.to_string()).filter(|name| is_meant(name)).collect();
    assert!(!names.is_empty());
    for name in names {
        store.delete(&Key::cluster(DEFINITIONS, &name), &DeleteOptions::default()).unwrap();
    }
}

fn dev(world: &Simulator) -> &Store {
    world.cluster(DEV).unwrap()
}

fn journey(before: impl FnOnce(&Simulator) + 'static) -> Journey {
    let mut journey = Plan::in_trouble("").before(before).view("fleet").size(200, 50).open();
    journey.settle();
    journey
}

/// Every view of the platform.
const VIEWS: [&str; 16] = [
    "addons",
    "karpenter",
    "nodeclaims",
    "nodeclasses",
    "topology",
    "pending",
    "argo",
    "projects",
    "applicationsets",
    "certificates",
    "issuers",
    "secrets",
    "stores",
    "vpa",
    "ingress",
    "services",
];

fn is_whole(screen: &Screen) -> bool {
    !screen.shows("◌") && !screen.shows("loading")
}

#[test]
fn a_cluster_without_any_custom_kind_says_so_and_the_other_is_as_it_was() {
    let mut journey = journey(|world| undefine(dev(world), |_| true));
    let rests_on_custom_kinds =
        |view: &str| !["addons", "topology", "pending", "secrets", "ingress", "services"].contains(&view);
    for view in VIEWS {
        let screen = journey.run(view);
        assert!(is_whole(&screen), "{view}{screen:?}");
        if rests_on_custom_kinds(view) && view != "vpa" {
            assert!(screen.line_with(&["●", "myapp-prod"]).is_some(), "{view}{screen:?}");
        }
    }
    for view in VIEWS {
        let screen = journey.run(&format!("{view} @myapp-dev"));
        assert!(is_whole(&screen), "{view}{screen:?}");
        assert!(!rests_on_custom_kinds(view) || screen.shows("offers no"), "{view}{screen:?}");
    }
    let screen = journey.run("addons @myapp-dev");
    assert!(
        screen.line_with(&["karpenter", "definitions of karpenter.sh are not here"]).is_some(),
        "{screen:?}"
    );
    let screen = journey.run("fleet");
    assert!(is_whole(&screen) && screen.shows("myapp-dev"), "{screen:?}");
}

#[test]
fn a_half_installed_operator_shows_the_half_that_is_there() {
    let mut journey = journey(|world| {
        let half = [
            "certificaterequests.cert-manager.io",
            "orders.acme.cert-manager.io",
            "challenges.acme.cert-manager.io",
            "issuers.cert-manager.io",
            "nodeclaims.karpenter.sh",
            "ec2nodeclasses.karpenter.k8s.aws",
            "appprojects.argoproj.io",
            "secretstores.external-secrets.io",
            "pushsecrets.external-secrets.io",
        ];
        undefine(dev(world), |name| half.contains(&name));
    });
    for (view, row) in [
        ("certificates", "web-tls"),
        ("issuers", "letsencrypt-prod"),
        ("karpenter", "spot"),
        ("argo", "myapp-staging"),
        ("secrets", "app-secrets"),
        ("stores", "aws-secrets-manager"),
    ] {
        let screen = journey.run(&format!("{view} @myapp-dev"));
        assert!(is_whole(&screen) && screen.shows(row), "{view}{screen:?}");
        let line = screen.line_with(&[row]).unwrap();
        assert!(!line.contains('✖'), "what is missing beside it is not its fault: {line}{screen:?}");
    }
    journey.run("certificates staging @myapp-dev");
    journey.go_to("web-tls");
    journey.press("enter");
    let screen = journey.until_shows("its requests cannot be read");
    assert!(screen.shows("offers no certificaterequests.cert-manager.io"), "{screen:?}");
}

/// Says `Maybe` wherever a condition says something.
fn doubt(object: &mut Value) {
    let conditions = object.pointer_mut("/status/conditions").and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten() {
        condition["status"] = json!("Maybe");
    }
}

#[test]
fn conditions_that_say_what_nobody_knows_are_unknown_and_never_fine() {
    let kinds = [
        ("certificates", "certificates.cert-manager.io"),
        ("issuers", "clusterissuers.cert-manager.io"),
        ("secrets", "externalsecrets.external-secrets.io"),
        ("secrets", "sealedsecrets.bitnami.com"),
        ("stores", "clustersecretstores.external-secrets.io"),
        ("karpenter", "nodepools.karpenter.sh"),
        ("nodeclasses", "ec2nodeclasses.karpenter.k8s.aws"),
        ("nodes", "nodes"),
    ];
    let mut journey = journey(move |world| {
        for (_, kind) in kinds {
            for object in dev(world).list(kind, None, &Selection::all()) {
                dev(world)
                    .edit(&object.key, |object| {
                        doubt(object);
                        Ok(())
                    })
                    .unwrap();
            }
        }
    });
    for (view, kind) in kinds {
        let screen = journey.run(&format!("{view} @myapp-dev"));
        let names: Vec<String> = journey
            .world(DEV)
            .list(kind, None, &Selection::all())
            .iter()
            .map(|object| object.key.name.to_string())
            .collect();
        for name in names {
            let short = name.split('.').next().unwrap_or(&name);
            let line = screen
                .lines()
                .into_iter()
                .find(|line| line.contains(short))
                .unwrap_or_else(|| panic!("{view} {name}{screen:?}"));
            assert!(!line.contains('●'), "{view} {name}: {line}{screen:?}");
        }
    }
}

#[test]
fn an_application_without_a_status_is_a_row_that_is_not_fine() {
    let mut journey = journey(|world| {
        let key = Key::namespaced("applications.argoproj.io", "argocd", "myapp-staging");
        dev(world)
            .edit(&key, |application| {
                application.as_object_mut().unwrap().remove("status");
                Ok(())
            })
            .unwrap();
    });
    let screen = journey.run("argo @myapp-dev");
    let line = screen.line_with(&["myapp-staging"]).unwrap();
    assert!(!line.contains('●'), "{line}{screen:?}");
    journey.go_to("myapp-staging");
    journey.press("enter");
    let screen = journey.until_shows("goes to");
    assert!(screen.shows("myapp-staging"), "{screen:?}");
}
