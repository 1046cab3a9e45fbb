use super::*;

const WHOLE: &str = r#"
apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: dev
  cluster: {server: "https://10.0.0.1:6443", certificate-authority: pki/ca.pem}
- name: nowhere
  cluster: {certificate-authority-data: ""}
- name: strange
  cluster: {server: "unix:///var/run/x"}
users:
- name: dev
  user: {tokenFile: token, exec: {command: ./login, apiVersion: client.authentication.k8s.io/v1beta1}}
- name: numeric
  user: {token: [secret-token-value]}
contexts:
- name: dev
  context: {cluster: dev, user: dev, namespace: web}
- name: no-cluster
  context: {user: dev}
- name: lost
  context: {cluster: gone, user: dev}
- name: no-server
  context: {cluster: nowhere, user: dev}
- name: odd-server
  context: {cluster: strange, user: dev}
- name: broken-user
  context: {cluster: dev, user: numeric}
- name: empty
- context: {cluster: dev}
"#;

fn written(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let paths = files
        .iter()
        .map(|(name, text)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        })
        .collect();
    (folder, paths)
}

fn said(loaded: &Loaded) -> String {
    loaded.problems.iter().map(|problem| problem.message().to_owned() + "\n").collect()
}

#[test]
fn a_half_valid_file_loses_only_what_is_broken() {
    let (_folder, paths) = written(&[("config", WHOLE)]);
    let loaded = load(&paths);
    let names: Vec<&str> = loaded.contexts.iter().map(|context| context.name.as_str()).collect();
    assert_eq!(names, ["dev"]);
    let text = said(&loaded);
    for part in [
        "context \"no-cluster\" that names no cluster",
        "context \"lost\" whose cluster \"gone\" no file defines",
        "cluster \"nowhere\" has no server",
        "cluster \"strange\" has a server that is no URL",
        "user \"numeric\" with a field of the wrong type",
        "context \"broken-user\" whose user \"numeric\" is broken",
        "context \"empty\" with nothing in it",
        "without a name in contexts, number 8",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    assert!(
        loaded
            .problems
            .iter()
            .all(|problem| problem.message().contains("config") && !problem.hints().is_empty())
    );
    assert!(!text.contains("secret-token-value"));
}

#[test]
fn paths_are_relative_to_the_file_that_names_them() {
    let (folder, paths) = written(&[("config", WHOLE)]);
    let context = load(&paths).contexts[0].clone();
    let inside = |name: &str| Some(folder.path().join(name).to_str().unwrap().to_owned());
    assert_eq!(context.endpoint.certificate_authority, inside("pki/ca.pem"));
    assert_eq!(context.login.token_file, inside("token"));
    assert_eq!(context.exec_command().map(str::to_owned), inside("./login"));
    assert_eq!(context.namespace.as_deref(), Some("web"));
}

#[test]
fn the_first_file_wins_and_contexts_may_use_entries_of_another() {
    let first = "clusters: [{name: a, cluster: {server: 'https://one:1'}}]\ncurrent-context: x\n";
    let second = "clusters: [{name: a, cluster: {server: 'https://two:2'}}]\ncurrent-context: y\n\
                  contexts: [{name: x, context: {cluster: a}}, {name: x, context: {cluster: b}}]\n";
    let (_folder, paths) = written(&[("one", first), ("two", second)]);
    let loaded = load(&paths);
    assert_eq!(said(&loaded), "");
    assert_eq!(loaded.contexts.len(), 1);
    assert_eq!(loaded.contexts[0].server(), "https://one:1");
    assert_eq!(loaded.current.as_deref(), Some("x"));
    assert_eq!(loaded.contexts[0].file, paths[1]);
}

#[test]
fn files_that_cannot_be_used_are_named_and_the_others_still_count() {
    let good = "clusters: [{name: a, cluster: {server: 'https://one:1'}}]\n\
                contexts: [{name: a, context: {cluster: a}}]\n";
    let (folder, mut paths) = written(&[
        ("empty", " \n"),
        ("broken", "clusters:\n- name: x\n  cluster: {token: hunter2\n"),
        ("list", "[1, 2]"),
        ("good", good),
    ]);
    std::fs::write(folder.path().join("binary"), [0xff, 0x00, 0x80]).unwrap();
    paths.insert(0, folder.path().join("binary"));
    paths.insert(0, folder.path().join("missing"));
    paths.insert(0, folder.path().to_owned());
    let loaded = load(&paths);
    assert_eq!(loaded.contexts.len(), 1);
    let text = said(&loaded);
    for part in [
        "missing does not exist",
        "binary is not UTF-8 text",
        "empty is empty",
        "not valid YAML",
        "list holds no kubeconfig",
        "cannot be read",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    assert!(text.contains("line "), "{text}");
    assert!(!text.contains("hunter2"));
}

#[test]
fn a_reloaded_context_is_the_one_of_the_file_as_it_is_now() {
    let file = |port: u16| {
        format!(
            "clusters: [{{name: a, cluster: {{server: 'https://one:{port}'}}}}]\ncontexts: [{{name: a, context: {{cluster: a}}}}]\n"
        )
    };
    let (_folder, paths) = written(&[("config", &file(1))]);
    let before = load(&paths).contexts[0].clone();
    std::fs::write(&paths[0], file(2)).unwrap();
    assert_eq!(before.reloaded().server(), "https://one:2");
    std::fs::write(&paths[0], "").unwrap();
    assert_eq!(before.reloaded().server(), "https://one:1");
}

#[test]
fn secrets_are_not_in_the_debug_text() {
    let text = "clusters: [{name: a, cluster: {server: 'https://one:1'}}]\n\
                users: [{name: u, user: {token: hunter2, password: hunter2, username: x}}]\n\
                contexts: [{name: a, context: {cluster: a, user: u}}]\n";
    let (_folder, paths) = written(&[("config", text)]);
    assert!(!format!("{:?}", load(&paths)).contains("hunter2"));
}
