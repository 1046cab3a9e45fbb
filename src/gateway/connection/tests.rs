use std::sync::atomic::AtomicUsize;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::super::fake::{self, Fake, clock, cluster};
use super::super::kubeconfig;
use super::*;
use crate::fleet::kind::{PODS, SECRETS};
use crate::fleet::{ObjectRef, ResourceType};

fn get(path: &str) -> Request {
    Request::get(path, Intent::plain())
}

/// A connection by a kubeconfig with this server and user.
fn by_kubeconfig(server: &str, cluster_fields: &str, user: &str) -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let text = format!(
        "clusters: [{{name: a, cluster: {{server: '{server}'{cluster_fields}}}}}]\n\
         users: [{{name: u, user: {{{user}}}}}]\ncontexts: [{{name: ctx, context: {{cluster: a, user: u}}}}]\n"
    );
    std::fs::write(&path, text).unwrap();
    let loaded = kubeconfig::load(&[path]);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let settings = ConnectionSettings {
        connect_timeout: Duration::from_millis(500),
        answer_timeout: Duration::from_millis(500),
        ..ConnectionSettings::default()
    };
    let target = Target::Context(Arc::clone(&loaded.contexts[0]));
    (folder, Connection::new(cluster(), Epoch::default(), target, settings, clock()))
}

/// A listener that answers every connection with these bytes and closes it, and the requests it got.
async fn raw_server(reply: impl Into<Bytes>) -> (String, tokio::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let reply = reply.into();
    let (sender, receiver) = tokio::sync::mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 16_384];
            let len = socket.read(&mut request).await.unwrap_or(0);
            let _ = sender.send(String::from_utf8_lossy(&request[..len]).into_owned()).await;
            let _ = socket.write_all(&reply).await;
            let _ = socket.shutdown().await;
        }
    });
    (address, receiver)
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
}

#[tokio::test]
async fn requests_name_us_carry_the_token_and_offer_gzip_only_where_asked() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gz, br#"{"gitVersion":"v1"}"#).unwrap();
    let packed = gz.finish().unwrap();
    let mut reply = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ndate: Sat, 21 Nov 2026 10:05:00 GMT\r\ncontent-length: {}\r\n\r\n",
        packed.len()
    )
    .into_bytes();
    reply.extend(packed);
    let (address, mut requests) = raw_server(reply).await;
    let (_folder, connection) = by_kubeconfig(&format!("http://{address}"), "", "token: abc");
    let answer: Value = connection.json(get("/version").gzipped().query("a", "b c&d")).await.unwrap();
    assert_eq!(answer["gitVersion"], "v1");
    let request = requests.recv().await.unwrap().to_lowercase();
    for part in [
        "get /version?a=b%20c%26d http/1.1",
        concat!("user-agent: pilothouse/", env!("CARGO_PKG_VERSION")),
        "authorization: bearer abc",
        "accept-encoding: gzip",
    ] {
        assert!(request.contains(part), "{part} is not in {request}");
    }
    assert_eq!(connection.clock_skew(), 300);
    connection.lines(get("/api/v1/pods"), 100).await.unwrap();
    assert!(requests.recv().await.unwrap().to_lowercase().contains("accept-encoding: identity"));
}

#[tokio::test]
async fn nothing_that_writes_leaves_the_process() {
    let fake = Fake::new(async |_| fake::json(json!({})));
    let request = Request::post("/api/v1/namespaces/a/pods", &json!({}), Intent::plain());
    let failure = fake.connection().read(request).await.unwrap_err();
    assert_eq!(failure.cause, Cause::Refused);
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn a_401_renews_the_credentials_once_and_then_says_what_to_do() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 16_384];
            let len = socket.read(&mut request).await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let fine = String::from_utf8_lossy(&request[..len]).contains("Bearer new");
            let reply = if fine {
                http("200 OK", "content-type: application/json\r\n", "{}")
            } else {
                http("401 Unauthorized", "date: Sat, 21 Nov 2026 09:00:00 GMT\r\n", "no")
            };
            socket.write_all(reply.as_bytes()).await.unwrap();
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "old").unwrap();
    let user = format!("tokenFile: '{}'", token.display());
    let (_folder, connection) = by_kubeconfig(&format!("http://{address}"), "", &user);
    let failure = connection.json::<Value>(get("/version")).await.unwrap_err();
    assert_eq!(failure.cause, Cause::Unauthorized);
    assert_eq!(failure.problem.kind(), ProblemKind::Credentials);
    assert_eq!(count.load(Ordering::SeqCst), 2, "asked again with renewed credentials, once");
    let hints = failure.problem.hints().join("\n");
    assert!(hints.contains("kubectl --context ctx auth whoami"), "{hints}");
    assert!(hints.contains("the server's clock is 60m behind"), "{hints}");
    std::fs::write(&token, "new").unwrap();
    connection.json::<Value>(get("/version")).await.unwrap();
}

#[tokio::test]
async fn a_refused_connection_names_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (_folder, connection) = by_kubeconfig(&format!("https://{address}"), "", "");
    let failure = connection.greet().await.unwrap_err();
    assert_eq!(failure.cause, Cause::Lost);
    assert_eq!(failure.problem.message(), format!("{address} refuses connections"));
}

#[tokio::test]
async fn a_name_without_an_address_is_named() {
    let (_folder, connection) = by_kubeconfig("https://no-such-host.invalid:6443", "", "");
    let failure = connection.greet().await.unwrap_err();
    let message = failure.problem.message();
    assert!(message.contains("no-such-host.invalid"), "{message}");
    assert_eq!(failure.cause, Cause::Lost);
}

#[tokio::test]
async fn tls_to_a_plain_port_and_plain_to_a_tls_port_are_told_apart() {
    let (address, _requests) = raw_server(http("400 Bad Request", "", "plain text")).await;
    let (_folder, connection) = by_kubeconfig(&format!("https://{address}"), "", "");
    let failure = connection.greet().await.unwrap_err();
    assert_eq!(failure.problem.message(), format!("{address} does not speak TLS"));

    let words = "Client sent an HTTP request to an HTTPS server.\n";
    let (address, _requests) = raw_server(http("400 Bad Request", "", words)).await;
    let (_folder, connection) = by_kubeconfig(&format!("http://{address}"), "", "");
    let failure = connection.greet().await.unwrap_err();
    assert_eq!(failure.problem.message(), format!("{address} speaks TLS"));
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_folder, connection) = by_kubeconfig(&format!("http://{address}"), "", "");
    let failure = connection.greet().await.unwrap_err();
    assert!(
        failure.problem.message().starts_with(&format!("{address} did not answer within")),
        "{}",
        failure.problem
    );
}

#[tokio::test]
async fn a_body_cut_in_the_middle_is_a_loss_and_half_a_json_is_malformed() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"items\":[";
    let (address, _requests) = raw_server(cut).await;
    let (_folder, connection) = by_kubeconfig(&format!("http://{address}"), "", "");
    let failure = connection.json::<Value>(get("/api")).await.unwrap_err();
    assert_eq!(failure.cause, Cause::Lost);
    assert!(failure.problem.message().contains("cut off"), "{}", failure.problem);

    let (address, _requests) =
        raw_server(http("200 OK", "content-type: application/json\r\n", "{\"items\":[\"hunter2\"")).await;
    let (_folder, connection) = by_kubeconfig(&format!("http://{address}"), "", "");
    let failure = connection.json::<Value>(get("/api")).await.unwrap_err();
    assert_eq!(failure.cause, Cause::Malformed);
    assert!(failure.problem.message().contains("it ends in the middle"), "{}", failure.problem);
    assert!(!failure.problem.message().contains("hunter2"));
}

#[tokio::test]
async fn an_html_answer_is_recognised_with_any_status() {
    for status in ["200 OK", "403 Forbidden", "502 Bad Gateway"] {
        let (address, _requests) =
            raw_server(http(status, "content-type: text/html; charset=utf-8\r\n", "<html>Log in</html>"))
                .await;
        let (_folder, connection) = by_kubeconfig(&format!("http://{address}"), "", "");
        let failure = connection.greet().await.unwrap_err();
        assert!(
            failure.problem.message().contains("answered HTML, not the Kubernetes API"),
            "{}",
            failure.problem
        );
        assert!(failure.problem.hints()[0].contains("login page"));
    }
}

#[tokio::test]
async fn a_proxy_is_asked_to_connect() {
    let (address, mut requests) = raw_server("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
    let (_folder, connection) =
        by_kubeconfig("https://api.example.com", &format!(", proxy-url: 'http://me:pw@{address}'"), "");
    let failure = connection.greet().await.unwrap_err();
    assert_eq!(failure.cause, Cause::Lost);
    let request = requests.recv().await.unwrap();
    assert!(request.starts_with("CONNECT api.example.com:443 "), "{request}");
    assert!(!failure.problem.message().contains("pw"), "{}", failure.problem);
}

#[tokio::test]
async fn a_socks_proxy_is_asked_to_look_the_name_up_itself() {
    for scheme in ["socks5", "socks5h"] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = listener.local_addr().unwrap();
        let asked = tokio::spawn(async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut hello = [0; 2];
            stream.read_exact(&mut hello).await.unwrap();
            let mut methods = vec![0; usize::from(hello[1])];
            stream.read_exact(&mut methods).await.unwrap();
            stream.write_all(&[5, 0]).await.unwrap();
            let mut request = [0; 5];
            stream.read_exact(&mut request).await.unwrap();
            let mut name = vec![0; usize::from(request[4])];
            stream.read_exact(&mut name).await.unwrap();
            // RFC 1928: command 1 connects, address type 3 is a name.
            (request[1], request[3], String::from_utf8(name).unwrap())
        });
        let (_folder, connection) =
            by_kubeconfig("https://api.example.com", &format!(", proxy-url: '{scheme}://{proxy}'"), "");
        let failure = connection.greet().await.unwrap_err();
        assert_eq!(failure.cause, Cause::Lost, "{scheme}");
        assert_eq!(asked.await.unwrap(), (1, 3, "api.example.com".to_owned()), "{scheme}");
    }
}

#[tokio::test]
async fn a_proxy_of_another_kind_is_refused_without_naming_its_password() {
    let (_folder, connection) =
        by_kubeconfig("https://127.0.0.1:1", ", proxy-url: 'ftp://me:hunter2@x:1'", "");
    let failure = connection.greet().await.unwrap_err();
    assert!(failure.problem.message().contains("no http, https or socks5 URL"), "{}", failure.problem);
    assert!(!format!("{failure:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_broken_certificate_in_the_kubeconfig_names_the_context_and_the_field() {
    let (_folder, connection) =
        by_kubeconfig("https://127.0.0.1:1", ", certificate-authority: /nowhere/ca.pem", "");
    let failure = connection.greet().await.unwrap_err();
    let message = failure.problem.message();
    assert!(message.contains("context \"ctx\"") && message.contains("/nowhere/ca.pem"), "{message}");
    assert_eq!(failure.problem.kind(), ProblemKind::User);
}

fn object(resource: ResourceType) -> ObjectRef {
    ObjectRef { cluster: cluster(), resource, namespace: Some("web".into()), name: "x".into() }
}

#[tokio::test]
async fn a_fetched_object_has_no_managed_fields() {
    let fake = Fake::new(async |_| {
        fake::json(json!({"kind": "Pod", "metadata": {"name": "x", "managedFields": [{}]}, "spec": {"a": 1}}))
    });
    let value = fake.connection().fetch(&object(PODS)).await.unwrap();
    assert_eq!(value, json!({"kind": "Pod", "metadata": {"name": "x"}, "spec": {"a": 1}}));
    assert_eq!(fake.seen()[0].path, "/api/v1/namespaces/web/pods/x");
}

#[tokio::test]
async fn of_a_secret_only_the_metadata_is_asked_for_and_kept_even_when_more_is_sent() {
    let fake = Fake::new(async |_| {
        fake::json(json!({"kind": "Secret", "data": {"password": "aHVudGVyMg=="}, "stringData": {"a": "b"},
            "metadata": {"name": "x", "annotations": {"team": "a", LAST_APPLIED_FOR_TEST: "{\"data\":\"aHVudGVyMg==\"}"}}}))
    });
    let value = fake.connection().fetch(&object(SECRETS)).await.unwrap();
    assert!(!value.to_string().contains("aHVudGVyMg"));
    assert_eq!(value["metadata"]["annotations"], json!({"team": "a"}));
    assert_eq!(value["kind"], "Secret");
    let accept = fake.seen()[0].headers["accept"].to_str().unwrap().to_owned();
    assert_eq!(accept, "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io");
}

const LAST_APPLIED_FOR_TEST: &str = "kubectl.kubernetes.io/last-applied-configuration";

#[tokio::test]
async fn a_replaced_connection_has_the_next_epoch() {
    let fake = Fake::new(async |_| fake::json(json!({})));
    let connection = fake.connection();
    assert_eq!(connection.replaced().epoch(), Epoch::default().next());
}

#[tokio::test]
async fn a_connection_knows_by_which_urls_its_api_server_is_called_and_reads_them_again_when_replaced() {
    let tunnel = ", tls-server-name: abc.gr7.us-east-1.eks.amazonaws.com";
    let (folder, connection) = by_kubeconfig("https://localhost:8443", tunnel, "token: x");
    let known = ["https://localhost:8443", "https://abc.gr7.us-east-1.eks.amazonaws.com"];
    assert_eq!(connection.servers().await, known.map(Arc::from));
    let path = folder.path().join("config");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("localhost:8443", "localhost:9443").replace(tunnel, "")).unwrap();
    assert_eq!(connection.servers().await, known.map(Arc::from), "as it was opened");
    let moved = connection.replaced();
    assert_eq!(moved.servers().await, [Arc::from("https://localhost:9443")]);
    std::fs::write(&path, "").unwrap();
    assert_eq!(connection.replaced().servers().await, known.map(Arc::from), "what was known before");
}

/// An account in which EKS describes every cluster so.
fn account_with(description: Value) -> Account {
    use crate::gateway::aws::Border;
    type Asked = http::Request<http_body_util::Full<Bytes>>;
    let eks = tower::service_fn(move |request: Asked| {
        let known = request.uri().path() == "/clusters/web";
        let (status, body) = if known {
            (200, json!({"cluster": description}).to_string())
        } else {
            (404, json!({"message": "No cluster found for name: x."}).to_string())
        };
        let answer = http::Response::builder()
            .status(status)
            .header("x-amzn-errortype", "ResourceNotFoundException")
            .body(http_body_util::Full::new(Bytes::from(body)));
        async move { answer }
    });
    Account::new(AccountSettings::default(), Border::service(eks), clock())
}

fn by_eks(account: Account, name: &str) -> Connection {
    let target = Target::Eks(account, name.into());
    Connection::new(cluster(), Epoch::default(), target, ConnectionSettings::default(), clock())
}

#[tokio::test]
async fn a_cluster_that_only_eks_knows_is_found_there_and_entered_with_a_token_signed_here() {
    let (address, mut requests) = raw_server(http("200 OK", "", "{}")).await;
    let account = account_with(json!({"name": "web", "endpoint": format!("http://{address}")}));
    let connection = by_eks(account, "web");
    let _: Value = connection.json(get("/version")).await.unwrap();
    let request = requests.recv().await.unwrap().to_lowercase();
    assert!(request.contains("authorization: bearer k8s-aws-v1."), "{request}");
    assert!(connection.signed_in_by().await.unwrap().contains("signed here"));
}

#[tokio::test]
async fn a_cluster_that_eks_does_not_know_or_still_makes_is_said() {
    let account = || account_with(json!({"name": "web", "status": "CREATING"}));
    let failure = by_eks(account(), "gone").read(get("/version")).await.unwrap_err();
    assert_eq!(failure.cause, Cause::Missing);
    assert!(failure.problem.message().contains("No cluster found"), "{failure:?}");
    let failure = by_eks(account(), "web").read(get("/version")).await.unwrap_err();
    assert_eq!(failure.problem.message(), "EKS says no endpoint of web yet: it is CREATING");
}

#[tokio::test]
async fn a_token_that_is_refused_asks_for_an_access_entry() {
    let (address, _requests) = raw_server(http("401 Unauthorized", "", "")).await;
    let account = account_with(json!({"name": "web", "endpoint": format!("http://{address}")}));
    let failure = by_eks(account, "web").read(get("/version")).await.unwrap_err();
    assert_eq!(failure.cause, Cause::Unauthorized);
    let hint = &failure.problem.hints()[0];
    assert!(hint.contains("aws eks list-access-entries --cluster-name web"), "{hint}");
}
