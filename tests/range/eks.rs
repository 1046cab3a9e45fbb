//! Clusters of EKS on real API servers: tokens are signed by us and judged by a TokenReview webhook that nobody here
//! wrote, and by the RBAC of the API server. The AWS CLI is nowhere to be found.

use std::path::PathBuf;

use serde_json::Value;

use crate::harness::cli::{Home, Said, finish};
use crate::harness::range::Range;

/// Where EKS and STS are played.
const EMULATOR: &str = "http://127.0.0.1:4566";

/// A home whose AWS profiles are the users of the range; `wrong` has somebody's name and another key.
fn home(range: &Range) -> Home {
    let home = Home::new();
    let keys = range.kubeconfig.with_file_name("keys.json");
    let keys: Value = serde_json::from_str(&std::fs::read_to_string(keys).unwrap()).unwrap();
    let mut text = String::new();
    let mut add = |profile: &str, id: &str, secret: &str| {
        text.push_str(&format!("[{profile}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"));
    };
    for (user, pair) in keys.as_object().unwrap() {
        add(user, pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
    }
    add("wrong", keys["viewer"][0].as_str().unwrap(), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    home.write("home/.aws/credentials", &text);
    home
}

/// A kubeconfig as `aws eks update-kubeconfig` writes it: the plugin is the AWS CLI.
fn kubeconfig(range: &Range, home: &Home, user: &str) -> PathBuf {
    let view = "config view --raw --minify --flatten --context myapp-dev -o json";
    let known: Value = serde_json::from_str(&range.kubectl(view)).unwrap();
    let cluster = &known["clusters"][0]["cluster"];
    let document = serde_json::json!({
        "apiVersion": "v1", "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "contexts": [{"name": "myapp-dev", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {"exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1", "command": "aws",
            "args": ["--region", "us-east-1", "eks", "get-token", "--cluster-name", "myapp-dev", "--output", "json"],
            "env": [{"name": "AWS_PROFILE", "value": user}],
        }}}],
    });
    home.write(format!("{user}.json"), &document.to_string())
}

fn run(home: &Home, line: &str) -> Said {
    let mut command = home.command(&line.split_whitespace().collect::<Vec<_>>());
    // No plugin can be found here, and no token may be signed for where EKS is played.
    command.env("PATH", home.path("nothing")).env("AWS_ENDPOINT_URL", EMULATOR);
    finish(command.spawn().unwrap(), line)
}

#[test]
fn a_token_signed_here_lets_in_whom_eks_knows_and_rbac_decides_what_they_see() {
    let Some(range) = Range::find() else { return };
    let home = home(&range);
    let get = |user: &str, what: &str| {
        let file = kubeconfig(&range, &home, user);
        run(&home, &format!("get {what} --kubeconfig {} -o json --timeout 30s", file.display()))
    };
    let viewer = get("viewer", "pods").ended(0);
    assert!(viewer.json()["rows"].as_array().unwrap().len() > 20);
    let secrets = get("viewer", "secret").ended(4).json()["unknown"].to_string();
    assert!(secrets.contains("forbidden: list secrets"), "{secrets}");
    for stranger in ["outsider", "wrong"] {
        let said = get(stranger, "pods").ended(4).json()["unknown"].to_string();
        assert!(said.contains("does not accept the credentials (401)"), "{stranger}: {said}");
    }
    let nobody = get("nobody", "pods").ended(4).json()["unknown"].to_string();
    assert!(nobody.contains("the AWS configuration has no profile nobody"), "{nobody}");
}

#[test]
fn a_cluster_that_only_the_settings_name_is_found_by_eks() {
    let Some(range) = Range::find() else { return };
    let home = home(&range);
    let settings = "[environments.dev]\nclusters = [\"shop\"]\naws-profile = \"admin\"\n\
                    [clusters.shop]\neks = \"us-east-1/myapp-dev\"\n[clusters.gone]\neks = \"us-east-1/no-such\"\n";
    home.write("config/pilothouse/pilothouse.toml", settings);
    // Of a kubeconfig there is none.
    let said = run(&home, "get pods -c shop -o json --timeout 30s").ended(0);
    assert!(said.json()["rows"].as_array().unwrap().len() > 20);
    let doctor = run(&home, "doctor --timeout 30s");
    for line in ["a token signed here with profile admin", "shop (dev, open)", "AWS of shop"] {
        assert!(doctor.stdout.contains(line), "{line}: {}", doctor.stdout);
    }
    assert!(doctor.stdout.contains("arn:aws:iam::123456789012:user/"), "{}", doctor.stdout);
}

/// The certificates of `AWS_CA_BUNDLE` are trusted, and no others: an API server plays an AWS that has its own.
#[test]
fn only_the_certificates_of_the_bundle_are_trusted() {
    let Some(range) = Range::find() else { return };
    let home = home(&range);
    let view = "config view --raw --minify --flatten --context myapp-dev -o \
                jsonpath={.clusters[0].cluster.certificate-authority-data}";
    let encoded = range.kubectl(view);
    let wrapped: Vec<&str> =
        encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    assert!(!wrapped.is_empty());
    let file = kubeconfig(&range, &home, "viewer");
    let bundle = home.write("ca.b64", &wrapped.join("\n"));
    let pem = std::process::Command::new("base64").arg("-d").arg(&bundle).output().unwrap().stdout;
    let pem = home.write("ca.pem", &String::from_utf8(pem).unwrap());
    let doctor = |bundle: Option<&PathBuf>| {
        let line = format!("doctor --timeout 10s --kubeconfig {}", file.display());
        let mut command = home.command(&line.split_whitespace().collect::<Vec<_>>());
        command.env("PATH", home.path("nothing")).env("AWS_ENDPOINT_URL", "https://127.0.0.1:16443");
        command.envs(bundle.map(|path| ("AWS_CA_BUNDLE", path)));
        finish(command.spawn().unwrap(), &line).stdout
    };
    let without = doctor(None);
    assert!(
        without.contains("not signed by a CA that is trusted") && without.contains("AWS_CA_BUNDLE"),
        "{without}"
    );
    // It speaks TLS with us now; that it is no AWS is another matter.
    let with = doctor(Some(&pem));
    assert!(with.contains("forbidden: sts:GetCallerIdentity"), "{with}");
}
