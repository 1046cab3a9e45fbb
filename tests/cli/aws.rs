//! What the command line says of AWS, without one.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::harness::cli::{Home, Said, finish};

/// A kubeconfig with one cluster of EKS, whose plugin is not here.
const EKS: &str = "apiVersion: v1\nkind: Config\nclusters:\n- {name: c, cluster: {server: \"https://127.0.0.1:9\"}}\n\
    contexts:\n- {name: shop-prod, context: {cluster: c, user: u}}\nusers:\n- name: u\n  user:\n    exec:\n\
    \x20     apiVersion: client.authentication.k8s.io/v1beta1\n      command: aws\n\
    \x20     args: [--region, us-east-1, eks, get-token, --cluster-name, shop, --output, json, --profile, prod]\n";

/// `doctor` in an empty home with this AWS configuration, where no plugin is installed.
fn doctor(config: &str, variables: &[(&str, &str)]) -> Said {
    let home = Home::new();
    home.write("home/.aws/config", config);
    let kubeconfig = home.write("kubeconfig", EKS);
    let mut command = home.command(&["doctor", "--timeout", "8s", "--kubeconfig"]);
    command.arg(kubeconfig).env("PATH", home.path("nothing")).env("AWS_EC2_METADATA_DISABLED", "true");
    command.envs(variables.iter().copied());
    finish(command.spawn().unwrap(), "doctor")
}

fn told(said: &Said, line: &str, command: &str) {
    let found = |text: &str| said.stdout.contains(text);
    assert!(found(line) && found(command), "{}", said.stdout);
}

#[test]
fn the_policy_is_json_and_needs_nothing() {
    let home = Home::new();
    let mut command = home.command(&["doctor", "--iam-policy"]);
    // Neither a kubeconfig nor settings are looked at.
    command.env("KUBECONFIG", "/nowhere/at/all").env("PILOTHOUSE_CONFIG", "/nowhere/at/all");
    let said = finish(command.spawn().unwrap(), "doctor --iam-policy").ended(0);
    let policy = said.json();
    assert_eq!(policy["Version"], "2012-10-17");
    let text = policy.to_string();
    for action in ["eks:DescribeCluster", "route53:ListResourceRecordSets", "ec2:DescribeSubnets"] {
        assert!(text.contains(action), "{text}");
    }
    for never in ["GetSecretValue", "sts:", "\"eks:*\"", "Delete", "Create", "Put", "PassRole"] {
        assert!(!text.contains(never), "{never}");
    }
}

#[test]
fn doctor_says_what_may_be_read_of_aws() {
    let home = Home::new();
    let said = home.run("doctor --demo").printed();
    for line in
        ["AWS of myapp-dev, myapp-prod", "● caller", "eks:DescribeCluster", "made just now, about $0.0"]
    {
        assert!(said.contains(line), "{line}: {said}");
    }
    home.write("config/pilothouse/pilothouse.toml", "[aws]\nread = false\n");
    let off = home.run("doctor --demo").printed();
    assert!(off.contains("AWS is switched off in the settings") && !off.contains("caller"), "{off}");
}

#[test]
fn a_profile_that_is_not_there_is_named_with_those_that_are() {
    let said = doctor("[profile dev]\nregion = us-east-1\n", &[]);
    told(&said, "the AWS configuration has no profile prod, only dev", "aws configure sso --profile prod");
    assert!(said.stdout.contains("aws is not installed"), "the plugin was tried: {}", said.stdout);
}

#[test]
fn a_session_that_nobody_began_says_how_to_sign_in() {
    let config = "[profile prod]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = ops\n\
                  [sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.awsapps.com/start\n";
    let said = doctor(config, &[]);
    told(&said, "nobody is signed in for profile prod", "aws sso login --profile prod");
}

#[test]
fn a_role_that_wants_a_code_says_who_asks_for_it() {
    let config = "[profile prod]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = me\n\
                  mfa_serial = arn:aws:iam::123456789012:mfa/me\n[profile me]\naws_access_key_id = A\n\
                  aws_secret_access_key = B\n";
    let said = doctor(config, &[]);
    told(&said, "profile prod wants the code of an MFA device", "aws sts get-caller-identity --profile prod");
}

#[test]
fn a_process_that_fails_is_not_shown_with_its_arguments() {
    let config = "[profile prod]\ncredential_process = /bin/false --password hunter2\n";
    let said = doctor(config, &[]);
    told(&said, "the AWS credentials of profile prod cannot be used", "export-credentials --profile prod");
    assert!(!said.stdout.contains("hunter2"), "{}", said.stdout);
}

#[test]
fn a_bundle_of_certificates_that_cannot_be_read_is_named() {
    let config = "[profile prod]\naws_access_key_id = A\naws_secret_access_key = B\n";
    let said = doctor(config, &[("AWS_CA_BUNDLE", "/nowhere/ca.pem")]);
    told(&said, "AWS_CA_BUNDLE /nowhere/ca.pem cannot be read", "PEM file");
}

/// Neither a metadata service that takes connections and says nothing, nor the lack of one, is waited for.
#[test]
fn a_metadata_service_that_says_nothing_holds_up_nobody_for_long() {
    let home = Home::new();
    let kubeconfig = home.write("kubeconfig", &EKS.replace(", --profile, prod", ""));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = home.command(&["doctor", "--timeout", "20s", "--kubeconfig"]);
    command.arg(kubeconfig).env("PATH", home.path("nothing"));
    let address = format!("http://{}", silent.local_addr().unwrap());
    command.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", address);
    let started = Instant::now();
    let said = finish(command.spawn().unwrap(), "doctor");
    let took = started.elapsed();
    writeln!(std::io::stderr(), "a silent metadata service cost {took:?}").unwrap();
    assert!(took < Duration::from_secs(8), "{took:?}");
    told(&said, "no AWS credentials were found for the default profile", "aws sso login");
}
