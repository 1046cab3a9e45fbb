//! Who asks AWS: each way of the default chain, from where it begins to the requests that carry its access key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use pilothouse::simulator::aws::credentials::Caller;
use serde_json::{Value, json};

use crate::harness::cli::{Home, Said, finish};
use crate::harness::desk::{self, Desk};
use crate::harness::http;
use crate::harness::proxy;
use crate::harness::world::StillWorld;

/// Where the token of the session `corp` is kept: the name is its SHA-1.
const CACHED: &str = "home/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
/// A profile that signs in with IAM Identity Center.
const SIGNS_IN: &str = "[profile desk]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = viewer\n\
    [sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.awsapps.com/start\n";
/// What may stand nowhere but in the requests themselves.
const SECRETS: [&str; 6] = [
    "s3cr3t-key",
    "s3cr3t-token",
    "s3cr3t-again",
    "s3cr3t-proxy",
    // What STS answers with: before a key, and the begin of all its tokens.
    "<SecretAccessKey>",
    "FwoGZXIvYXdzE",
];

/// The fleet with AWS around it, and nothing that says who asks.
struct Cloud {
    world: StillWorld,
    aws: String,
    home: Home,
    kubeconfig: PathBuf,
}

impl Cloud {
    fn new() -> Self {
        let mut world = StillWorld::new();
        let (aws, home) = (world.open_aws(), Home::new());
        home.write(
            "config/pilothouse/pilothouse.toml",
            "[clusters.myapp-dev]\neks = \"us-east-1/myapp-dev\"\n[clusters.myapp-prod]\neks = \"us-east-1/myapp-prod\"\n",
        );
        let kubeconfig = home.write("world.yaml", &world.kubeconfig());
        Self { world, aws, home, kubeconfig }
    }

    /// Everything is logged, and metadata of instances is looked for only where a test says so.
    fn command(&self, line: &str) -> Command {
        let mut command = self.home.command(&line.split_whitespace().collect::<Vec<_>>());
        command.args(["--timeout", "30s", "--kubeconfig"]).arg(&self.kubeconfig);
        command.env("PATH", self.home.path("nothing")).env("PILOTHOUSE_LOG", "trace");
        command.env("AWS_ENDPOINT_URL", format!("http://{}", self.aws)).env("AWS_REGION", "us-east-1");
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    fn run(&self, line: &str, variables: &[(&str, &str)]) -> Said {
        let mut command = self.command(line);
        for (name, value) in variables {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        let said = finish(command.spawn().unwrap(), line);
        self.keeps_its_secrets(&said);
        said
    }

    /// Temporary credentials that the account accepts, in the names of the containers' and instances' services.
    fn credentials(&self, key: &str) -> Value {
        let until = self.now() + SignedDuration::from_hours(1);
        let caller = Caller {
            arn: format!("arn:aws:sts::123456789012:assumed-role/viewer/{key}"),
            user_id: format!("AROAVIEWER:{key}"),
            account: "123456789012".to_owned(),
            until: Some(until),
        };
        self.world.aws().keys().add(key, caller);
        json!({
            "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": key, "SecretAccessKey": "s3cr3t-key",
            "Token": "s3cr3t-token", "Expiration": until.to_string(), "LastUpdated": self.now().to_string(),
        })
    }

    fn now(&self) -> Timestamp {
        self.world.aws().clock().now()
    }

    /// AWS is read in this way, and all of it by an access key that begins so.
    fn reads_as(&self, key: &str, variables: &[(&str, &str)]) {
        let said = self.run("get zones -o json", variables).ended(0);
        let document = said.json();
        assert_eq!(document["unknown"], json!([]), "{document:#}");
        assert!(document["rows"].as_array().unwrap().len() > 1, "{document:#}");
        let asked = self.world.aws().requests().all();
        let zones: Vec<_> = asked.iter().filter(|asked| asked.service == "route53").collect();
        assert!(zones.iter().all(|asked| asked.access_key.starts_with(key)), "{zones:#?}");
        assert!(!zones.is_empty(), "{asked:#?}");
    }

    /// Nothing of AWS is read in this way, which is said with what helps; Kubernetes goes on.
    fn is_told(&self, line: &str, helps: &str, variables: &[(&str, &str)]) {
        let zones = self.run("get zones -o json", variables).ended(4);
        assert_eq!(zones.json()["rows"], json!([]), "{}", zones.stdout);
        let told = format!("{}{}", zones.stdout, zones.stderr);
        assert!(told.contains(line), "{line}: {told}");
        let doctor = self.run("doctor", variables).stdout;
        for wanted in [line, helps] {
            assert!(doctor.contains(wanted), "{wanted}: {doctor}");
        }
        let nodes = self.run("get nodes -o json", variables).ended(0).json();
        assert!(nodes["rows"].as_array().unwrap().len() > 3, "{nodes:#}");
    }

    fn keeps_its_secrets(&self, said: &Said) {
        let mut written = Vec::new();
        files(&self.home.path("state"), &mut written);
        files(&self.home.path("cache"), &mut written);
        let logs: String = written
            .iter()
            .map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned())
            .collect();
        assert!(!logs.is_empty(), "nothing was logged");
        for text in [&said.stdout, &said.stderr, &logs] {
            for secret in SECRETS {
                let line = text.lines().find(|line| line.contains(secret));
                assert_eq!(line, None, "{secret} is shown");
            }
        }
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

// --- the token of a service account -----------------------------------------------------------------------------------

const ROLE: &str = "arn:aws:iam::123456789012:role/myapp-prod-external-dns";

/// A token as the kubelet puts it into a pod, of the cluster's own issuer.
fn pod_token(cloud: &Cloud, account: &str, good_for: SignedDuration) -> String {
    let scope =
        "AWS4-HMAC-SHA256 Credential=AKIASIMULATOR/20261122/us-east-1/eks/aws4_request, SignedHeaders=host";
    let signature = format!("{scope}, Signature={}", "0".repeat(64));
    let headers = [("authorization", signature.as_str())];
    let (_, cluster) = http::ask(&cloud.aws, "GET", "/clusters/myapp-prod", &headers, None);
    let claims = json!({
        "iss": cluster["cluster"]["identity"]["oidc"]["issuer"], "aud": ["sts.amazonaws.com"],
        "sub": format!("system:serviceaccount:{account}"), "exp": (cloud.now() + good_for).as_second(),
    });
    format!(
        "{}.{}.s3cr3t-token",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    )
}

fn in_a_pod(cloud: &Cloud, account: &str, good_for: SignedDuration) -> String {
    let token = pod_token(cloud, account, good_for);
    cloud.home.write("token", &token).display().to_string()
}

#[test]
fn a_service_account_becomes_the_role_that_trusts_it() {
    let cloud = Cloud::new();
    let token = in_a_pod(&cloud, "external-dns:external-dns", SignedDuration::from_hours(1));
    cloud.reads_as("ASIA", &[("AWS_WEB_IDENTITY_TOKEN_FILE", &token), ("AWS_ROLE_ARN", ROLE)]);
    assert_eq!(cloud.world.aws().requests().count("sts", "AssumeRoleWithWebIdentity"), 1);
}

#[test]
fn a_service_account_that_no_role_trusts_is_told_so() {
    let cloud = Cloud::new();
    let token = in_a_pod(&cloud, "web:web", SignedDuration::from_hours(1));
    let line = "the AWS credentials of this workload cannot be used: Not authorized to perform sts:AssumeRoleWithWebIdentity";
    cloud.is_told(
        line,
        "trust this workload?",
        &[("AWS_WEB_IDENTITY_TOKEN_FILE", &token), ("AWS_ROLE_ARN", ROLE)],
    );
}

// --- containers and instances ------------------------------------------------------------------------------------------

#[test]
fn the_agent_of_pod_identity_gives_credentials_for_the_pods_token() {
    let cloud = Cloud::new();
    let given = cloud.credentials("ASIAPOD");
    let agent = Desk::new(move |asked| match (asked.path.as_str(), asked.header("authorization")) {
        ("/v1/credentials", "eyJhbGciOiJSUzI1NiJ9.e30.s3cr3t-token") => desk::Said::json(&given),
        _ => desk::Said::no("400 Bad Request", "no"),
    });
    let token = cloud.home.write("pod-token", "eyJhbGciOiJSUzI1NiJ9.e30.s3cr3t-token").display().to_string();
    let place = format!("{}/v1/credentials", agent.url);
    let file = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token.as_str());
    cloud.reads_as("ASIAPOD", &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &place), file]);
    assert_eq!(agent.asked().len(), 1, "one answer serves all calls");
    // Another pod's token, and an agent that is not there.
    let wrong = cloud.home.write("wrong-token", "e30.e30.s3cr3t-again").display().to_string();
    let file = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", wrong.as_str());
    let line = "the AWS credentials of this workload cannot be used";
    cloud.is_told(line, "trust this workload?", &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &place), file]);
    let nobody = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/v1/credentials"), file];
    cloud.is_told("refuses connections", "credentials", &nobody);
}

#[test]
fn an_instance_has_the_credentials_of_its_role_for_a_token_of_its_metadata_service() {
    let cloud = Cloud::new();
    let given = cloud.credentials("ASIAINSTANCE");
    let metadata = Desk::new(move |asked| {
        let is_let_in = asked.header("x-aws-ec2-metadata-token") == "s3cr3t-again";
        match (asked.method.as_str(), asked.path.as_str()) {
            ("PUT", "/latest/api/token") => desk::Said {
                status: "200 OK",
                headers: "X-Aws-Ec2-Metadata-Token-Ttl-Seconds: 21600\r\n",
                body: "s3cr3t-again".to_owned(),
            },
            // The first version needs no token, and is not asked.
            ("GET", _) if !is_let_in => desk::Said::no("401 Unauthorized", ""),
            ("GET", "/latest/meta-data/iam/security-credentials/") => desk::Said::no("200 OK", "viewer"),
            ("GET", "/latest/meta-data/iam/security-credentials/viewer") => desk::Said::json(&given),
            _ => desk::Said::no("404 Not Found", ""),
        }
    });
    let on_instance = [
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url.as_str()),
    ];
    cloud.reads_as("ASIAINSTANCE", &on_instance);
    assert_eq!(metadata.asked().iter().filter(|asked| asked.method == "PUT").count(), 1);
}

// --- IAM Identity Center -----------------------------------------------------------------------------------------------

/// What `aws sso login` leaves behind, with a token that is good until then.
fn signed_in(cloud: &Cloud, token: &str, until: SignedDuration, refresh: Option<&str>) {
    let mut kept = json!({
        "startUrl": "https://corp.awsapps.com/start", "region": "us-east-1", "accessToken": token,
        "expiresAt": (cloud.now() + until).strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    if let Some(refresh) = refresh {
        kept["refreshToken"] = json!(refresh);
        kept["clientId"] = json!("client");
        kept["clientSecret"] = json!("s3cr3t-key");
        let registered = cloud.now() + SignedDuration::from_hours(24 * 60);
        kept["registrationExpiresAt"] = json!(registered.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    }
    cloud.home.write("home/.aws/config", SIGNS_IN);
    cloud.home.write(CACHED, &kept.to_string());
}

/// The portal knows one token, and the role `viewer`.
fn portal(cloud: &Cloud, token: &'static str) -> Desk {
    let given = cloud.credentials("ASIASSO");
    let until = (cloud.now() + SignedDuration::from_hours(1)).as_millisecond();
    Desk::new(move |asked| {
        if asked.header("x-amz-sso_bearer_token") != token {
            let body =
                r#"{"__type": "UnauthorizedException", "message": "Session token not found or invalid"}"#;
            return desk::Said {
                status: "401 Unauthorized",
                headers: "x-amzn-ErrorType: UnauthorizedException\r\n",
                body: body.to_owned(),
            };
        }
        if asked.path != "/federation/credentials?role_name=viewer&account_id=123456789012" {
            return desk::Said {
                status: "403 Forbidden",
                headers: "x-amzn-ErrorType: ForbiddenException\r\n",
                body: r#"{"message": "No access"}"#.to_owned(),
            };
        }
        desk::Said::json(&json!({"roleCredentials": {
            "accessKeyId": given["AccessKeyId"], "secretAccessKey": given["SecretAccessKey"],
            "sessionToken": given["Token"], "expiration": until,
        }}))
    })
}

#[test]
fn whoever_has_signed_in_reads_with_the_role_of_the_profile() {
    let cloud = Cloud::new();
    signed_in(&cloud, "s3cr3t-token", SignedDuration::from_hours(8), None);
    let portal = portal(&cloud, "s3cr3t-token");
    cloud.reads_as("ASIASSO", &[("AWS_PROFILE", "desk"), ("AWS_ENDPOINT_URL_SSO", &portal.url)]);
    assert_eq!(portal.asked().len(), 1, "one answer serves all calls");
}

#[test]
fn a_session_that_is_over_is_renewed_where_it_may_be() {
    let cloud = Cloud::new();
    signed_in(&cloud, "s3cr3t-token", -SignedDuration::from_mins(5), Some("s3cr3t-again"));
    let portal = portal(&cloud, "s3cr3t-again-fresh");
    let issuer = Desk::new(|asked| {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let wanted = json!({
            "clientId": "client", "clientSecret": "s3cr3t-key", "grantType": "refresh_token", "refreshToken": "s3cr3t-again",
        });
        assert_eq!((asked.path.as_str(), &body), ("/token", &wanted));
        desk::Said::json(&json!({
            "accessToken": "s3cr3t-again-fresh", "expiresIn": 3600, "tokenType": "Bearer", "refreshToken": "s3cr3t-again-2",
        }))
    });
    let variables = [
        ("AWS_PROFILE", "desk"),
        ("AWS_ENDPOINT_URL_SSO", portal.url.as_str()),
        ("AWS_ENDPOINT_URL_SSO_OIDC", issuer.url.as_str()),
    ];
    cloud.reads_as("ASIASSO", &variables);
    // A refresh token is good once: whoever comes next finds the new one, the AWS CLI as well.
    let kept: Value = serde_json::from_str(&fs::read_to_string(cloud.home.path(CACHED)).unwrap()).unwrap();
    assert_eq!(kept["refreshToken"], "s3cr3t-again-2", "{kept:#}");
    cloud.reads_as("ASIASSO", &variables);
    assert_eq!(issuer.asked().len(), 1);
}

#[test]
fn a_session_that_is_over_says_how_to_sign_in() {
    let cloud = Cloud::new();
    signed_in(&cloud, "s3cr3t-token", -SignedDuration::from_mins(5), None);
    let over = [("AWS_PROFILE", "desk")];
    cloud.is_told(
        "nobody is signed in for profile desk, or no longer",
        "aws sso login --profile desk",
        &over,
    );
    // Its time is not up, but somebody has ended it.
    signed_in(&cloud, "s3cr3t-token", SignedDuration::from_hours(8), None);
    let other = portal(&cloud, "another");
    let ended = [("AWS_PROFILE", "desk"), ("AWS_ENDPOINT_URL_SSO", other.url.as_str())];
    cloud.is_told(
        "nobody is signed in for profile desk, or no longer",
        "aws sso login --profile desk",
        &ended,
    );
}

#[test]
fn a_role_that_nobody_was_given_is_not_mended_by_signing_in() {
    let cloud = Cloud::new();
    signed_in(&cloud, "s3cr3t-token", SignedDuration::from_hours(8), None);
    cloud.home.write("home/.aws/config", &SIGNS_IN.replace("viewer", "owner"));
    let portal = portal(&cloud, "s3cr3t-token");
    let line = "the AWS credentials of profile desk cannot be used: No access";
    let helps = "sso_account_id and sso_role_name of profile desk: is that role assigned to you?";
    cloud.is_told(line, helps, &[("AWS_PROFILE", "desk"), ("AWS_ENDPOINT_URL_SSO", &portal.url)]);
}

// --- regions -----------------------------------------------------------------------------------------------------------

const KEYS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "AKIASIMULATOR"), ("AWS_SECRET_ACCESS_KEY", "s3cr3t-key")];

/// Settings with the clusters in this region.
fn placed(cloud: &Cloud, region: &str) {
    let text = format!(
        "[clusters.myapp-dev]\neks = \"{region}/myapp-dev\"\n[clusters.myapp-prod]\neks = \"{region}/myapp-prod\"\n"
    );
    cloud.home.write("config/pilothouse/pilothouse.toml", &text);
}

#[test]
fn a_region_that_the_account_has_not_enabled_is_named_with_what_enables_it() {
    let cloud = Cloud::new();
    placed(&cloud, "af-south-1");
    let said = cloud.run("get nodegroups -o json", &KEYS).ended(4).json();
    let line = "AWS does not accept the credentials of AWS_ACCESS_KEY_ID in the environment in af-south-1: \
                The security token included in the request is invalid.";
    assert!(said["unknown"].to_string().contains(line), "{said:#}");
    let doctor = cloud.run("doctor", &KEYS).stdout;
    let helps =
        "is the region enabled in the account? aws account get-region-opt-status --region-name af-south-1";
    assert!(doctor.contains(line) && doctor.contains(helps), "{doctor}");
    assert!(!cloud.run("get nodes -o json", &KEYS).ended(0).json()["rows"].as_array().unwrap().is_empty());
    // Route 53 has no region, and knows the keys.
    assert!(!cloud.run("get zones -o json", &KEYS).json()["rows"].as_array().unwrap().is_empty());
}

#[test]
fn a_region_without_eks_is_named_and_what_is_elsewhere_is_read() {
    let cloud = Cloud::new();
    placed(&cloud, "xx-nowhere-1");
    cloud.world.aws().edit(|account| account.enabled_regions.insert("xx-nowhere-1".to_owned()));
    let without = [KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL_EKS", "http://eks.xx-nowhere-1.invalid")];
    let said = cloud.run("get nodegroups -o json", &without).ended(4).json();
    let line = "no address is known for AWS (eks) in xx-nowhere-1";
    assert!(said["unknown"].to_string().contains(line), "{said:#}");
    let doctor = cloud.run("doctor", &without).stdout;
    assert!(
        doctor.contains(line) && doctor.contains("is that a region of AWS, and does it have this service?"),
        "{doctor}"
    );
    assert!(!cloud.run("get zones -o json", &without).json()["rows"].as_array().unwrap().is_empty());
}

// --- proxies -----------------------------------------------------------------------------------------------------------

/// Keys in the environment, and AWS where it really is: behind the proxy.
fn behind<'a>(proxy: &'a str, bundle: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("AWS_ACCESS_KEY_ID", "AKIASIMULATOR"),
        ("AWS_SECRET_ACCESS_KEY", "s3cr3t-key"),
        ("AWS_ENDPOINT_URL", ""),
        ("HTTPS_PROXY", proxy),
        ("AWS_CA_BUNDLE", bundle),
    ]
}

#[test]
fn aws_is_reached_through_the_proxy_and_clusters_on_this_machine_are_not() {
    let cloud = Cloud::new();
    let proxy = proxy::to(&cloud.aws);
    let (bundle, url) =
        (proxy::bundle().display().to_string(), proxy.url.replace("//", "//me:s3cr3t-proxy@"));
    cloud.reads_as("AKIASIMULATOR", &behind(&url, &bundle));
    let asked = proxy.asked();
    assert!(!asked.is_empty());
    let login = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("me:s3cr3t-proxy"));
    for asked in asked {
        assert_eq!((asked.method.as_str(), asked.header("proxy-authorization")), ("CONNECT", login.as_str()));
        assert!(asked.path.ends_with(".amazonaws.com:443"), "{}", asked.path);
    }
}

#[test]
fn what_no_proxy_names_is_reached_without_one() {
    let cloud = Cloud::new();
    let proxy = proxy::to(&cloud.aws);
    let bundle = proxy::bundle().display().to_string();
    let mut variables = behind(&proxy.url, &bundle).to_vec();
    variables.extend([("AWS_ENDPOINT_URL", "https://aws.invalid"), ("NO_PROXY", "example.org,.invalid")]);
    // That name has no address anywhere (RFC 6761).
    cloud.is_told("no address is known for", "a DNS resolver", &variables);
    assert_eq!(proxy.asked().len(), 0);
}

#[test]
fn a_proxy_that_lets_nothing_through_is_named_as_what_it_is() {
    let cloud = Cloud::new();
    let bundle = proxy::bundle().display().to_string();
    let told = |answer: (&'static [u8], &'static [u8]), line: &str, helps: &str| {
        let proxy = proxy::saying(answer.0, answer.1);
        let url = proxy.url.replace("//", "//me:s3cr3t-proxy@");
        cloud.is_told(line, helps, &behind(&url, &bundle));
    };
    let page = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<html><body>Blocked by policy</body></html>";
    told((page, b""), "the proxy of HTTPS_PROXY does not let through to AWS", "NO_PROXY");
    let login = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n";
    told(
        (login, b""),
        "the proxy of HTTPS_PROXY wants another user or password",
        "http://user:password@host:port",
    );
    // It says yes, and then a page where TLS should begin.
    let portal: (&[u8], &[u8]) =
        (b"HTTP/1.1 200 OK\r\n\r\n", b"<html><body>Sign in to the Wi-Fi</body></html>");
    told(portal, "does not speak TLS", "HTTPS_PROXY and NO_PROXY");
    let nobody = behind("http://127.0.0.1:9", &bundle);
    cloud.is_told("the proxy of HTTPS_PROXY cannot be reached", "NO_PROXY", &nobody);
}
