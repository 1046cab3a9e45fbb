//! Where requests to AWS leave the process. Everything passes here, whoever made it: what is no read is refused, what
//! is let through is counted.
//!
//! What a request does is read off the wire, in each protocol's own place, and not taken from whoever sends it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::{operations, partition};

/// How often each operation was called, and how often the answer was a refusal to do so much.
#[derive(Clone, Default)]
pub struct Calls(Arc<Mutex<BTreeMap<(String, String), Count>>>);

/// How often an operation was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All requests, repeated ones included.
    pub all: u64,
    /// Answers with status 429, or 400 and 503 that ask for fewer requests.
    pub throttled: u64,
    /// Metrics that were asked for by `GetMetricData`, which is paid by the metric.
    pub metrics: u64,
    /// Bytes that queries of Logs Insights have scanned, which are what is paid of `StartQuery`.
    pub scanned: u64,
    /// Listings of a bucket, which are paid by the request.
    pub listings: u64,
}

impl Count {
    /// What it costs in US dollars: $0.01 for a thousand metrics by `GetMetricData`, $0.005 for a GB that a query of logs
    /// scans, $0.005 for a thousand listings of a bucket (CloudWatch and S3 pricing, us-east-1, 2026-11). A thousand other
    /// requests to S3 and DynamoDB cost less than a tenth of a cent and are not counted; all other reads here are free of
    /// charge.
    pub fn dollars(&self) -> f64 {
        // Far below what a float holds exactly.
        let many = |count: u64| u32::try_from(count).map_or(f64::INFINITY, f64::from);
        many(self.metrics) * 0.000_01 + self.scanned as f64 / 1e9 * 0.005 + many(self.listings) * 0.000_005
    }
}

impl Calls {
    /// Service as in signatures, operation, and how often; by service.
    pub fn all(&self) -> Vec<(String, String, Count)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|((service, name), count)| (service.clone(), name.clone(), *count)).collect()
    }

    pub(super) fn asked_for_metrics(&self, metrics: usize) {
        let metrics = u64::try_from(metrics).unwrap_or(u64::MAX);
        let operations::Operation { service, name, .. } = operations::CLOUDWATCH_METRIC_DATA;
        self.count(service.signing, name, |count| count.metrics += metrics);
    }

    /// A query of logs has scanned so much.
    pub(super) fn scanned(&self, bytes: u64) {
        let operations::Operation { service, name, .. } = operations::LOGS_START_QUERY;
        self.count(service.signing, name, |count| count.scanned = count.scanned.saturating_add(bytes));
    }

    pub(super) fn throttled(&self, service: &str, name: &str) {
        self.count(service, name, |count| count.throttled += 1);
    }

    fn count(&self, service: &str, name: &str, change: impl FnOnce(&mut Count)) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(counts.entry((service.to_owned(), name.to_owned())).or_default());
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}

/// An HTTP client that lets only reads through.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) inner: SharedHttpClient,
    pub(super) calls: Calls,
}

impl HttpClient for Door {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Guarded { inner, calls: self.calls.clone() })
    }
}

#[derive(Debug)]
struct Guarded {
    inner: SharedHttpConnector,
    calls: Calls,
}

impl HttpConnector for Guarded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match check(&request) {
            Ok(Some((service, name))) => {
                let metrics = if name == "GetMetricData" { metrics(&request) } else { 0 };
                tracing::debug!("asks {service} for {name}");
                self.calls.count(&service, &name, |count| {
                    count.all += 1;
                    count.metrics += metrics;
                    count.listings += u64::from(name == "ListObjectsV2");
                });
                let (answer, begun) = (self.inner.call(request), std::time::Instant::now());
                HttpConnectorFuture::new(async move {
                    let answer = answer.await;
                    tracing::debug!("{service} answers {name} after {} ms", begun.elapsed().as_millis());
                    answer
                })
            }
            Ok(None) => self.inner.call(request),
            Err(what) => {
                let refused = format!("refused {what}: pilothouse only reads");
                HttpConnectorFuture::ready(Err(ConnectorError::user(refused.into())))
            }
        }
    }
}

/// The service and the operation of a read; nothing for a request that obtains credentials.
fn check(request: &HttpRequest) -> Result<Option<(String, String)>, String> {
    let uri: http::Uri = request.uri().parse().unwrap_or_default();
    let (host, path) = (uri.host().unwrap_or_default(), uri.path());
    if is_credentials(request, host, path) {
        return Ok(None);
    }
    let service = signed_for(request).unwrap_or_else(|| host.split('.').next().unwrap_or_default().into());
    let Some(name) = named(request, path) else {
        // REST: the verb says whether it is a read, the path what is read.
        return match request.method() {
            // The one read of the REST services that has a body.
            "POST" if service == "eks" && path.starts_with("/clusters/") && path.ends_with("/insights") => {
                Ok(Some((service, "ListInsights".to_owned())))
            }
            "GET" | "HEAD" if service == "s3" && !is_of_state(path, uri.query()) => {
                Err(format!("s3 object {path}"))
            }
            "GET" | "HEAD" => Ok(Some((service.clone(), rest_name(&service, path, uri.query())))),
            method => Err(format!("{method} {host}{path}")),
        };
    };
    // It carries a token instead of a signature, and so nothing but its name tells whose it is.
    let by_token = name == "AssumeRoleWithWebIdentity" && !is_signed(request);
    let service = if by_token { "sts".to_owned() } else { service };
    let obtains = by_token || (service == "sts" && name == "AssumeRole");
    if service == "ssm" && name == "GetParameters" && !is_public(request) {
        return Err("parameters of somebody".to_owned());
    }
    if obtains || operations::is_known(&service, &name) {
        Ok(Some((service, name)))
    } else {
        Err(format!("{service} {name}"))
    }
}

/// True for what is asked of a bucket, and for locks of Terraform. Other objects may be states, which hold secrets.
fn is_of_state(path: &str, query: Option<&str>) -> bool {
    let is_bucket = path.trim_matches('/').split('/').count() == 1;
    let asks = query.unwrap_or_default();
    let is_asked = ["versioning", "encryption", "list-type=2"].iter().any(|begin| asks.starts_with(begin));
    if is_bucket { is_asked } else { path.ends_with(".tflock") && query.is_none() }
}

/// Signing in, and the services that hand out credentials to instances and containers: they change nothing but who we are.
/// Where these are elsewhere (`AWS_EC2_METADATA_SERVICE_ENDPOINT`, `AWS_CONTAINER_CREDENTIALS_FULL_URI`, an endpoint of one's
/// own), they are known by their paths, or by not being AWS, and by carrying no signature: what is not signed can do
/// nothing in AWS.
fn is_credentials(request: &HttpRequest, host: &str, path: &str) -> bool {
    let is_metadata =
        ["169.254.169.254", "169.254.170.2", "169.254.170.23", "[fd00:ec2::254]", "[fd00:ec2::23]"]
            .contains(&host);
    let is_login = match request.method() {
        "PUT" => path == "/latest/api/token",
        "POST" => path == "/token",
        "GET" => {
            path == "/federation/credentials" || path.starts_with("/latest/") || !partition::is_aws(host)
        }
        _ => false,
    };
    is_metadata || (!is_signed(request) && is_login)
}

/// True for a request with a signature of AWS. Containers' services are asked with a token of their own in the same header.
fn is_signed(request: &HttpRequest) -> bool {
    request.headers().get("authorization").is_some_and(|header| header.starts_with("AWS4-"))
}

/// True where parameters are wanted that AWS publishes for everybody, and no others: those may be secrets.
fn is_public(request: &HttpRequest) -> bool {
    let body = request.body().bytes().unwrap_or_default();
    let Ok(input) = serde_json::from_slice::<serde_json::Value>(body) else { return false };
    let names = input.get("Names").and_then(serde_json::Value::as_array);
    names.is_some_and(|names| {
        names.iter().all(|name| name.as_str().is_some_and(|name| name.starts_with("/aws/service/")))
    })
}

/// How many metrics a `GetMetricData` asks for: queries with a `MetricStat`. Expressions over them are free.
fn metrics(request: &HttpRequest) -> u64 {
    use ciborium::Value;
    let body = request.body().bytes().unwrap_or_default();
    let Ok(Value::Map(fields)) = ciborium::from_reader::<Value, _>(body) else { return 0 };
    let of = |fields: &[(Value, Value)], name: &str| {
        fields.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value.clone())
    };
    let Some(Value::Array(queries)) = of(&fields, "MetricDataQueries") else { return 0 };
    let is_metric = |query: &&Value| query.as_map().is_some_and(|query| of(query, "MetricStat").is_some());
    queries.iter().filter(is_metric).count() as u64
}

/// The service of `Credential=AKID/date/region/service/aws4_request`.
fn signed_for(request: &HttpRequest) -> Option<String> {
    let header = request.headers().get("authorization")?;
    let scope = header.split("Credential=").nth(1)?.split([',', ' ']).next()?;
    scope.rsplit('/').nth(1).map(str::to_owned)
}

/// The operation, in the protocols that name it: JSON in a header, CBOR in the path, Query in the form.
fn named(request: &HttpRequest, path: &str) -> Option<String> {
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.rsplit('.').next().map(str::to_owned);
    }
    if let Some((_, name)) = path.split_once("/operation/") {
        return Some(name.to_owned());
    }
    let body = std::str::from_utf8(request.body().bytes()?).ok()?;
    let mut fields = body.split('&');
    fields.find_map(|field| field.strip_prefix("Action=")).map(str::to_owned)
}

/// A name for what a REST request reads, as the API calls it; for the counters only.
fn rest_name(service: &str, path: &str, query: Option<&str>) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let name = match (service, parts.as_slice()) {
        ("eks", ["clusters"]) => "ListClusters",
        ("eks", ["clusters", _]) => "DescribeCluster",
        ("eks", ["clusters", _, "addons"]) => "ListAddons",
        ("eks", ["clusters", _, "addons", _]) => "DescribeAddon",
        ("eks", ["clusters", _, "node-groups"]) => "ListNodegroups",
        ("eks", ["clusters", _, "node-groups", _]) => "DescribeNodegroup",
        ("eks", ["clusters", _, "insights", _]) => "DescribeInsight",
        ("eks", ["clusters", _, "updates"]) => "ListUpdates",
        ("eks", ["clusters", _, "updates", _]) => "DescribeUpdate",
        ("eks", ["clusters", _, "pod-identity-associations"]) => "ListPodIdentityAssociations",
        ("eks", ["clusters", _, "pod-identity-associations", _]) => "DescribePodIdentityAssociation",
        ("eks", ["clusters", _, "access-entries"]) => "ListAccessEntries",
        ("eks", ["clusters", _, "access-entries", _]) => "DescribeAccessEntry",
        ("eks", ["clusters", _, "access-entries", _, "access-policies"]) => "ListAssociatedAccessPolicies",
        ("eks", ["addons", "supported-versions"]) => "DescribeAddonVersions",
        ("eks", ["cluster-versions"]) => "DescribeClusterVersions",
        ("route53", [_, "hostedzone"]) => "ListHostedZones",
        ("route53", [_, "hostedzone", _, "rrset"]) => "ListResourceRecordSets",
        ("route53", [_, "hostedzone", _]) => "GetHostedZone",
        ("route53", [_, "healthcheck"]) => "ListHealthChecks",
        ("route53", [_, "healthcheck", _, "status"]) => "GetHealthCheckStatus",
        ("s3", _) if query.is_some_and(|query| query.starts_with("list-type")) => "ListObjectsV2",
        ("s3", [_, _, ..]) => "GetObject",
        ("s3", _) if query.is_some_and(|query| query.starts_with("versioning")) => "GetBucketVersioning",
        ("s3", _) if query.is_some_and(|query| query.starts_with("encryption")) => "GetBucketEncryption",
        _ => return parts.last().copied().unwrap_or("/").to_owned(),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn request(method: &str, uri: &str, service: &str, body: &str) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from(body.to_owned()));
        request.set_method(method).unwrap();
        request.set_uri(uri).unwrap();
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20261121/us-east-1/{service}/aws4_request, SignedHeaders=host"
        );
        request.headers_mut().insert("authorization", scope);
        request
    }

    #[test]
    fn reads_pass_in_every_protocol_and_are_named() {
        let eks = "https://eks.us-east-1.amazonaws.com/clusters/web/addons/coredns";
        assert_eq!(check(&request("GET", eks, "eks", "")), Ok(Some(("eks".into(), "DescribeAddon".into()))));
        let ec2 = request(
            "POST",
            "https://ec2.us-east-1.amazonaws.com/",
            "ec2",
            "Action=DescribeSubnets&Version=2016-11-15",
        );
        assert_eq!(check(&ec2), Ok(Some(("ec2".into(), "DescribeSubnets".into()))));
        let alarms = "http://127.0.0.1:4588/service/GraniteServiceVersion20100801/operation/DescribeAlarms";
        let alarms = request("POST", alarms, "monitoring", "\u{1}");
        assert_eq!(check(&alarms), Ok(Some(("monitoring".into(), "DescribeAlarms".into()))));
        let mut logs = request("POST", "https://logs.us-east-1.amazonaws.com/", "logs", "{}");
        logs.headers_mut().insert("x-amz-target", "Logs_20140328.DescribeLogGroups");
        assert_eq!(check(&logs), Ok(Some(("logs".into(), "DescribeLogGroups".into()))));
    }

    #[test]
    fn whatever_writes_or_shows_a_secret_is_refused_in_every_protocol() {
        let eks = "https://eks.us-east-1.amazonaws.com/clusters/web";
        assert!(check(&request("DELETE", eks, "eks", "")).is_err());
        assert!(check(&request("POST", &format!("{eks}/addons"), "eks", "{}")).is_err());
        let rrset = "https://route53.amazonaws.com/2013-04-01/hostedzone/Z1/rrset";
        assert!(check(&request("POST", rrset, "route53", "<x/>")).is_err());
        let ec2 = "https://ec2.us-east-1.amazonaws.com/";
        assert!(check(&request("POST", ec2, "ec2", "Action=TerminateInstances")).is_err());
        let mut secret =
            request("POST", "https://secretsmanager.us-east-1.amazonaws.com/", "secretsmanager", "{}");
        secret.headers_mut().insert("x-amz-target", "secretsmanager.GetSecretValue");
        assert!(check(&secret).is_err());
        let object = |path: &str| {
            check(&request("GET", &format!("https://s3.us-east-1.amazonaws.com{path}"), "s3", ""))
        };
        assert!(object("/states/prod/terraform.tfstate").is_err());
        assert!(object("/states/prod/terraform.tfstate?versionId=1.tflock").is_err());
        assert!(object("/states").is_err() && object("/states?policy").is_err());
        assert_eq!(object("/states/prod/x.tflock"), Ok(Some(("s3".into(), "GetObject".into()))));
        let listed = object("/states?list-type=2&prefix=prod");
        assert_eq!(listed, Ok(Some(("s3".into(), "ListObjectsV2".into()))));
        let parameters = |body: &str| {
            let mut request = request("POST", "https://ssm.us-east-1.amazonaws.com/", "ssm", body);
            request.headers_mut().insert("x-amz-target", "AmazonSSM.GetParameters");
            check(&request)
        };
        assert!(parameters(r#"{"Names": ["/aws/service/eks/x", "/myapp/prod/password"]}"#).is_err());
        assert!(parameters("nonsense").is_err() && parameters("{}").is_err());
        assert!(parameters(r#"{"Names": ["/aws/service/eks/x"]}"#).is_ok());
        // The name of a read in the words of another service does not help.
        let other = request("POST", "https://iam.amazonaws.com/", "iam", "Action=DescribeSubnets");
        assert!(check(&other).is_err());
    }

    #[test]
    fn obtaining_credentials_passes() {
        let unsigned = |method: &str, uri: &str| {
            let mut request = request(method, uri, "", "");
            request.headers_mut().remove("authorization");
            request
        };
        for (method, uri) in [
            ("POST", "https://oidc.eu-west-1.amazonaws.com/token"),
            ("GET", "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?role_name=x"),
            ("PUT", "http://127.0.0.1:1338/latest/api/token"),
            ("GET", "http://127.0.0.1:9911/role/ops"),
        ] {
            assert_eq!(check(&unsigned(method, uri)), Ok(None), "{uri}");
            assert!(check(&request(method, uri, "eks", "")) != Ok(None), "signed, it is a call: {uri}");
        }
        let metadata = request("PUT", "http://169.254.169.254/latest/api/token", "", "");
        assert_eq!(check(&metadata), Ok(None));
        let sts =
            request("POST", "https://sts.us-east-1.amazonaws.com/", "sts", "Action=AssumeRole&RoleArn=x");
        assert_eq!(check(&sts), Ok(Some(("sts".into(), "AssumeRole".into()))));
        let action = "Action=AssumeRoleWithWebIdentity&RoleArn=x&WebIdentityToken=y";
        for host in ["sts.us-east-1.amazonaws.com", "vpce-1.sts.us-east-1.vpce.amazonaws.com", "127.0.0.1:1"]
        {
            let mut by_token = request("POST", &format!("https://{host}/"), "", action);
            by_token.headers_mut().remove("authorization");
            assert_eq!(check(&by_token), Ok(Some(("sts".into(), "AssumeRoleWithWebIdentity".into()))));
        }
        assert!(check(&request("POST", "https://iam.amazonaws.com/", "iam", action)).is_err());
    }

    #[test]
    fn the_token_of_a_pod_is_no_signature() {
        let mut pod = request("GET", "http://127.0.0.1:9911/v1/credentials", "", "");
        pod.headers_mut().insert("authorization", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln");
        assert_eq!(check(&pod), Ok(None));
        pod.set_method("POST").unwrap();
        assert!(check(&pod).is_err());
        let mut state = request("GET", "https://s3.us-east-1.amazonaws.com/states/x.tfstate", "", "");
        state.headers_mut().remove("authorization");
        assert!(check(&state).is_err(), "what anybody may read is a secret all the same");
    }

    #[test]
    fn metrics_and_scanned_bytes_are_counted_because_they_are_paid() {
        use ciborium::Value;
        let text = |text: &str| Value::Text(text.to_owned());
        let query = |kind: &str| Value::Map(vec![(text("Id"), text("a")), (text(kind), text("x"))]);
        let queries = vec![query("MetricStat"), query("Expression"), query("MetricStat")];
        let mut body = Vec::new();
        let asked = Value::Map(vec![(text("MetricDataQueries"), Value::Array(queries))]);
        ciborium::into_writer(&asked, &mut body).unwrap();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("POST").unwrap();
        assert_eq!(metrics(&request), 2);
        assert_eq!(metrics(&HttpRequest::new(SdkBody::from("nonsense"))), 0);
        let count = Count { metrics: 2_500, ..Count::default() };
        assert!((count.dollars() - 0.025).abs() < 1e-9);
        let calls = Calls::default();
        calls.scanned(2_000_000_000);
        let [(service, name, count)] = &calls.all()[..] else { panic!() };
        assert_eq!((service.as_str(), name.as_str()), ("logs", "StartQuery"));
        assert!((count.dollars() - 0.01).abs() < 1e-9);
        let listed = Count { listings: 1_000, ..Count::default() };
        assert!((listed.dollars() - 0.005).abs() < 1e-9);
    }
}
