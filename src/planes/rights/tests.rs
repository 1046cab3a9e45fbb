//! Questions asked of roles and bindings made of JSON, by the rules of the API server's authorizer.

use serde_json::{Value as Json, json};

use super::*;
use crate::fleet::kind::{PODS, SERVICE_ACCOUNTS};
use crate::fleet::pod::Pod;
use crate::fleet::service_account::ServiceAccount;
use crate::planes::known;
use crate::snapshot::test_cluster::TestCluster;

fn ask(line: &str) -> Question {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    Question::read(&words).unwrap()
}

fn role(namespace: Option<&str>, name: &str, rules: Json) -> Json {
    json!({"metadata": {"name": name, "namespace": namespace}, "rules": rules})
}

fn binding(namespace: Option<&str>, name: &str, role: (&str, &str), kind: &str, subject: &str) -> Json {
    json!({"metadata": {"name": name, "namespace": namespace}, "roleRef": {"kind": role.0, "name": role.1},
        "subjects": [{"kind": kind, "name": subject, "namespace": if kind == "ServiceAccount" { Some("web") } else { None }}]})
}

/// `view` by a namespace, `ops` everywhere, a role for one secret, metrics by URL.
fn cluster() -> TestCluster {
    TestCluster::new()
        .with::<Role>(
            &CLUSTER_ROLES,
            &[
                role(None, "view", json!([{"verbs": ["get", "list"], "apiGroups": ["", "apps"], "resources": ["pods", "pods/log", "deployments"]}])),
                role(None, "all", json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}])),
                role(None, "scaler", json!([{"verbs": ["update"], "apiGroups": ["apps"], "resources": ["*/scale"]}])),
                role(None, "metrics", json!([{"verbs": ["get"], "nonResourceURLs": ["/metrics", "/healthz/*"]}])),
            ],
        )
        .with::<Role>(
            &ROLES,
            &[role(Some("web"), "one-secret", json!([{"verbs": ["get", "create"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["app"]}]))],
        )
        .with::<RoleBinding>(
            &CLUSTER_ROLE_BINDINGS,
            &[
                binding(None, "ops", ("ClusterRole", "all"), "Group", "ops"),
                binding(None, "scaler", ("ClusterRole", "scaler"), "User", "kim"),
                binding(None, "metrics", ("ClusterRole", "metrics"), "User", "prom"),
                binding(None, "lost", ("ClusterRole", "gone"), "User", "nobody"),
            ],
        )
        .with::<RoleBinding>(
            &ROLE_BINDINGS,
            &[
                binding(Some("web"), "devs", ("ClusterRole", "view"), "Group", "devs"),
                binding(Some("web"), "app", ("Role", "one-secret"), "ServiceAccount", "app"),
            ],
        )
}

fn who(line: &str) -> Vec<String> {
    let picture = cluster().picture();
    who_can(&picture, &ask(line)).iter().map(|grant| grant.subject.name.to_string()).collect()
}

#[test]
fn roles_of_a_namespace_count_there_and_cluster_bindings_everywhere() {
    assert_eq!(who("list pods"), ["ops", "devs"]);
    assert_eq!(who("list pods -n web"), ["ops", "devs"]);
    assert_eq!(who("list pods -n other"), ["ops"]);
    assert_eq!(who("delete pods"), ["ops"]);
}

#[test]
fn a_subresource_is_not_its_object_and_a_star_stands_for_one_subresource_of_all() {
    assert_eq!(who("get pods/log"), ["ops", "devs"]);
    assert_eq!(who("create pods/exec"), ["ops"]);
    assert_eq!(who("update deployments.apps/scale"), ["ops", "kim"]);
    assert_eq!(who("update deployments/scale"), ["ops", "kim"]);
}

#[test]
fn names_limit_what_is_allowed_and_nothing_is_created_by_name() {
    assert_eq!(who("get secrets app"), ["ops", "app"]);
    assert_eq!(who("get secrets/app"), ["ops", "app"]);
    assert_eq!(who("get secrets other"), ["ops"]);
    assert_eq!(who("create secrets"), ["ops"]);
    let picture = cluster().picture();
    let grants = who_can(&picture, &ask("get secrets"));
    assert_eq!(grants[1].only[..], ["app".into()]);
}

#[test]
fn paths_are_allowed_by_cluster_roles_alone() {
    assert_eq!(who("get /metrics"), ["prom"]);
    assert_eq!(who("get /healthz/ready"), ["prom"]);
    assert_eq!(who("get /version"), Vec::<String>::new());
}

#[test]
fn everything_is_only_what_has_stars_everywhere() {
    assert_eq!(who("* *"), ["ops"]);
    assert_eq!(who(""), ["ops"]);
}

#[test]
fn a_group_with_all_rights_that_the_blueprint_does_not_name_is_a_warning() {
    let text = "environment = \"prod\"\n[groups.devs]\ncluster-role = \"view\"\n";
    let picture = cluster().wanting(text).picture();
    let everything = who_can(&picture, &ask("* *"));
    assert_eq!(
        (everything[0].verdict, everything[0].why.as_str()),
        (Verdict::Warning, "not among the groups of the blueprint")
    );
    assert_eq!(unbound_groups(&picture), [("devs".into(), "view".into())]);
    assert!(who_can(&picture, &ask("list pods")).iter().all(|grant| grant.verdict == Verdict::Ok));
}

#[test]
fn what_anybody_may_do_without_credentials_is_critical() {
    let open = binding(None, "open", ("ClusterRole", "view"), "User", "system:anonymous");
    let picture = cluster().with::<RoleBinding>(&CLUSTER_ROLE_BINDINGS, &[open]).picture();
    assert_eq!(who_can(&picture, &ask("list pods"))[0].verdict, Verdict::Critical);
}

#[test]
fn a_question_that_makes_no_sense_is_refused_with_how_to_ask() {
    let read = |line: &str| Question::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    for line in ["delete", "delete pods a b", "delete pods -n", "delete pods --all"] {
        assert!(read(line).unwrap_err().contains("who-can VERB RESOURCE"), "{line}");
    }
    assert_eq!(read("get secrets/app -n web").unwrap().to_string(), "get secrets app -n web");
}

fn account(role: Option<&str>) -> Json {
    json!({"metadata": {"name": "app", "namespace": "web", "annotations": {"eks.amazonaws.com/role-arn": role}}})
}

fn pod(name: &str, role: Option<&str>) -> Json {
    let env = role.map(|role| json!([{"name": "AWS_ROLE_ARN", "value": role}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/x"}]));
    json!({"metadata": {"name": name, "namespace": "web"}, "spec": {"serviceAccountName": "app", "containers": [{"name": "c", "image": "i:1", "env": env}]}, "status": {"phase": "Running"}})
}

const ROLE: &str = "arn:aws:iam::123456789012:role/app";

fn used(account: Json, pods: &[Json]) -> (Option<&'static str>, Verdict, String) {
    let picture = TestCluster::new()
        .with::<ServiceAccount>(&SERVICE_ACCOUNTS, &[account])
        .with::<Pod>(&PODS, pods)
        .looking_at(&ACCOUNT_USES)
        .picture();
    let used = known::look::<AccountUse>(&picture, &ACCOUNT_USES, Some("web"), "app").unwrap();
    let (verdict, why) = used.judge();
    (used.words(), verdict, why)
}

#[test]
fn a_pod_that_is_older_than_the_role_of_its_account_carries_none() {
    let fine = used(account(Some(ROLE)), &[pod("a", Some(ROLE))]);
    assert_eq!(fine, (Some("irsa"), Verdict::Ok, String::new()));
    let (words, verdict, why) = used(account(Some(ROLE)), &[pod("a", Some(ROLE)), pod("b", None)]);
    assert_eq!((words, verdict), (Some("mixed"), Verdict::Critical));
    assert_eq!(why, "1 of 2 pods carry no role: older than the annotation, restart them");
    let other = "arn:aws:iam::123456789012:role/old";
    let (_, verdict, why) = used(account(Some(ROLE)), &[pod("a", Some(other))]);
    assert_eq!(
        (verdict, why),
        (Verdict::Warning, format!("all 1 pods still carry {other}: older than the annotation"))
    );
}

#[test]
fn an_annotation_that_is_no_role_and_a_cluster_without_the_webhook_are_told_apart() {
    let (_, verdict, why) = used(account(Some("app-role")), &[pod("a", None)]);
    assert_eq!((verdict, why.as_str()), (Verdict::Warning, "its annotation is no role: app-role"));
    let (_, verdict, why) = used(account(Some(ROLE)), &[pod("a", None)]);
    assert_eq!(verdict, Verdict::Unknown, "{why}");
}

#[test]
fn pods_that_may_not_be_read_leave_what_they_carry_unknown() {
    let picture = TestCluster::new()
        .with::<ServiceAccount>(&SERVICE_ACCOUNTS, &[account(Some(ROLE))])
        .looking_at(&ACCOUNT_USES)
        .picture();
    let used = known::look::<AccountUse>(&picture, &ACCOUNT_USES, Some("web"), "app").unwrap();
    assert_eq!((used.judge().0, used.words()), (Verdict::Unknown, None));
}
