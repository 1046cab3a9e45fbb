use super::*;
use crate::fleet::{Guard, Tier};

fn contexts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn plan(text: &str, names: &[&str]) -> FleetPlan {
    Cockpit::read("p.toml", text).unwrap().plan_clusters(&contexts(names))
}

fn seen(plan: &FleetPlan) -> Vec<(String, String)> {
    plan.clusters.iter().map(|c| (c.id.environment().to_string(), c.id.name().to_owned())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn without_a_file_names_decide_and_production_comes_last_and_locked() {
    let plan = plan("", &["myapp-prod", "myapp-dev", "kind-try", "eu-staging"]);
    assert_eq!(
        seen(&plan),
        pairs(&[
            ("dev", "myapp-dev"),
            ("kind-try", "kind-try"),
            ("staging", "eu-staging"),
            ("prod", "myapp-prod")
        ])
    );
    let prod = plan.environments.last().unwrap();
    assert_eq!((prod.tier, prod.guard), (Tier::Production, Guard::Locked));
}

#[test]
fn an_eks_arn_is_called_by_its_cluster_unless_two_end_alike() {
    let east = "arn:aws:eks:us-east-1:123456789012:cluster/web";
    let west = "arn:aws:eks:us-west-2:123456789012:cluster/web";
    let lone = "arn:aws-cn:eks:cn-north-1:123456789012:cluster/shop-prod";
    let plan = plan("", &[east, west, lone]);
    let names: Vec<&str> = plan.clusters.iter().map(|c| c.id.name()).collect();
    assert_eq!(names, [east, west, "shop-prod"]);
    assert_eq!(plan.clusters[2].id.environment().as_str(), "prod");
}

#[test]
fn exact_names_beat_patterns_and_the_first_environment_wins() {
    let text = "[environments.all]\nclusters = [\"*\"]\n[environments.prod]\nclusters = [\"shop\"]\n\
                [environments.late]\nclusters = [\"w?b\"]";
    assert_eq!(seen(&plan(text, &["web", "shop"])), pairs(&[("all", "web"), ("prod", "shop")]));
}

#[test]
fn a_cluster_is_renamed_and_keeps_its_settings() {
    let text =
        "[clusters.shop]\ncontext = \"admin@somewhere\"\nnamespaces = [\"a\"]\nconnect-timeout = \"2s\"";
    let plan = plan(text, &["admin@somewhere", "other"]);
    let shop = plan.clusters.iter().find(|c| c.id.name() == "shop").unwrap();
    assert_eq!(shop.context, "admin@somewhere");
    assert_eq!(shop.namespaces, ["a"]);
    assert_eq!(shop.connect_timeout, Duration::from_secs(2));
    assert_eq!(plan.clusters.iter().find(|c| c.context == "other").unwrap().connect_timeout.as_secs(), 10);
}

#[test]
fn two_clusters_never_share_a_name() {
    let text = "[clusters.web]\ncontext = \"admin@east\"";
    for order in [["web", "admin@east"], ["admin@east", "web"]] {
        let plan = plan(text, &order);
        let mut names: Vec<(&str, &str)> =
            plan.clusters.iter().map(|c| (c.id.name(), c.context.as_str())).collect();
        names.sort_unstable();
        assert_eq!(names, [("web", "admin@east"), ("web#2", "web")]);
    }
    let arn = "arn:aws:eks:us-east-1:1:cluster/web";
    let plan = plan(text, &[arn, "admin@east"]);
    assert!(plan.clusters.iter().any(|c| c.id.name() == arn && c.context == arn));
}

#[test]
fn renaming_a_production_context_does_not_open_it() {
    let plan = plan("[clusters.web]\ncontext = \"admin@prod\"", &["admin@prod"]);
    assert_eq!(plan.environments[0].guard, Guard::Locked);
}

#[test]
fn a_guess_that_names_a_configured_environment_gets_its_guard() {
    let plan = plan("[environments.prod]\nguard = \"confirm\"\nclusters = [\"a\"]", &["a", "b-prod"]);
    assert_eq!(plan.environments.len(), 1);
    assert_eq!(plan.environments[0].guard, Guard::Confirm);
}

#[test]
fn a_setting_for_a_context_that_is_not_there_is_told_with_its_place() {
    let plan = plan("[clusters.prod]\ncontext = \"myapp-prd\"", &["myapp-prod"]);
    assert_eq!(plan.unmatched[0].to_string(), "p.toml:2:11: the kubeconfig has no context \"myapp-prd\"");
    assert_eq!(plan.unmatched[0].hint.as_deref(), Some("did you mean \"myapp-prod\"?"));
}

#[test]
fn selection_takes_names_contexts_patterns_and_environments() {
    let arn = "arn:aws:eks:us-east-1:1:cluster/a-prod";
    let plan = plan("", &[arn, "b-prod", "c-dev"]);
    let select = |flags: Overrides| {
        let settings = Cockpit::default().with(flags);
        plan.selected(&settings).map(|ids| ids.iter().map(|id| id.name().to_owned()).collect::<Vec<_>>())
    };
    let clusters = |words: &[&str]| Overrides { clusters: contexts(words), ..Overrides::default() };
    assert!(select(Overrides::default()).unwrap().is_empty(), "empty means all");
    assert_eq!(select(clusters(&[arn])).unwrap(), ["a-prod"]);
    assert_eq!(select(clusters(&["*-prod"])).unwrap(), ["a-prod", "b-prod"]);
    let env = Overrides { environment: Some("prod".into()), ..Overrides::default() };
    assert_eq!(select(env.clone()).unwrap(), ["a-prod", "b-prod"]);
    assert_eq!(
        select(Overrides { clusters: contexts(&["b-*", "c-dev"]), ..env.clone() }).unwrap(),
        ["b-prod"]
    );
    assert!(select(Overrides { clusters: contexts(&["c-dev"]), ..env }).is_err());
    let wrong = select(clusters(&["b-prd"])).unwrap_err();
    assert_eq!(wrong.message(), "there is no cluster \"b-prd\"");
    assert_eq!(wrong.hints(), ["did you mean \"b-prod\"?"]);
    let wrong = select(Overrides { environment: Some("zzz".into()), ..Overrides::default() }).unwrap_err();
    assert_eq!(wrong.hints(), ["there are dev, prod"]);
}

#[test]
fn patterns_fit_the_whole_text() {
    for (pattern, text, fits) in [
        ("*", "", true),
        ("a*c", "abc", true),
        ("a*c", "abcd", false),
        ("a?c", "ac", false),
        ("*-prod-*", "eu-prod-1", true),
        ("**a**", "bab", true),
        ("ü?", "üx", true),
        ("", "x", false),
    ] {
        assert_eq!(matches(pattern, text), fits, "{pattern} on {text}");
    }
}

use crate::settings::Overrides;

#[test]
fn a_cluster_that_eks_knows_needs_no_context() {
    let text = "[environments.prod]\nclusters = [\"shop\"]\naws-profile = \"ops\"\n\
                aws-role = \"arn:aws:iam::123456789012:role/read\"\naws-region = \"eu-west-1\"\n\
                [clusters.shop]\neks = \"us-east-1/shop-1\"\n[aws]\nprofile = \"all\"\nregion = \"us-west-2\"";
    let plan = plan(text, &["try"]);
    assert_eq!(seen(&plan), pairs(&[("prod", "shop"), ("try", "try")]));
    assert!(plan.unmatched.is_empty(), "{:?}", plan.unmatched);
    let [shop, other] = plan.clusters.as_slice() else { panic!("two clusters") };
    assert!(!shop.has_context && other.has_context);
    let expected = PlannedAws {
        profile: Some("ops".into()),
        role: Some("arn:aws:iam::123456789012:role/read".into()),
        region: Some("us-east-1".into()),
        fallback_region: Some("us-west-2".into()),
        eks: Some("shop-1".into()),
    };
    assert_eq!(shop.aws, expected);
    assert_eq!(other.aws.profile.as_deref(), Some("all"));
    assert_eq!((&other.aws.region, &other.aws.eks), (&None, &None));
}

#[test]
fn what_eks_calls_a_cluster_finds_its_arn_among_the_contexts() {
    let arn = "arn:aws:eks:us-east-1:123456789012:cluster/web";
    let text = "[clusters.shop-prod]\neks = \"us-east-1/web\"";
    let near = plan(text, &[arn]);
    assert_eq!(seen(&near), pairs(&[("prod", "shop-prod")]));
    assert!(near.clusters[0].has_context);
    // The same name in another region is another cluster.
    let far = plan(text, &["arn:aws:eks:eu-west-1:123456789012:cluster/web"]);
    assert_eq!(far.clusters.iter().filter(|cluster| cluster.has_context).count(), 1);
    assert_eq!(far.clusters.len(), 2);
}

#[test]
fn a_context_that_is_named_but_missing_is_said_even_when_eks_knows_the_cluster() {
    let plan = plan("[clusters.shop]\ncontext = \"gone\"\neks = \"us-east-1/shop\"", &["try"]);
    assert_eq!(seen(&plan), pairs(&[("try", "try")]));
    assert_eq!(plan.unmatched.len(), 1);
}
