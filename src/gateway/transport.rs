//! From a kubeconfig context to a client that can send requests: TLS, proxies, certificates. The only file that knows
//! how the client library is put together.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use kube::client::{Body, ClientBuilder};
use kube::config::{
    AuthInfo, ExecAuthCluster, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext,
};

use super::aws::Account;
use super::connection::ConnectionSettings;
use super::credentials::{Credentials, Ticket, way_in};
use super::failure::{Cause, Failure, Peer, root_cause};
use super::kubeconfig::Context;
use crate::fleet::ProblemKind;
use crate::fleet::time::Clock;

/// A context taken apart: where to, and who with.
pub(super) struct Way {
    context: Arc<Context>,
    user: AuthInfo,
    pub(super) credentials: Credentials,
    pub(super) peer: Peer,
    /// False when the kubeconfig asks for uncompressed answers.
    pub(super) gzip: bool,
}

/// `host:port` of a server URL, as every message names it.
fn address(server: &str) -> String {
    let uri: http::Uri = server.parse().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
    format!("{}:{port}", uri.host().unwrap_or(server))
}

/// Where a token is refused, EKS knows nobody of that name: an access entry is missing, or the keys are wrong.
fn let_in(account: &Account, cluster: &str) -> String {
    let region = account.settings().region.as_ref().map(|region| format!(" --region {region}"));
    format!(
        "is there an access entry for {}? `aws eks list-access-entries --cluster-name {cluster}{}`",
        account.name(),
        region.unwrap_or_default()
    )
}

impl Way {
    /// `account` signs tokens for the cluster; the plugin of the context is asked when it cannot.
    pub(super) fn along(
        context: Arc<Context>,
        account: Option<(Account, String)>,
        clock: Clock,
    ) -> Result<Self, Failure> {
        let mut user = context.login.clone();
        if let Some(exec) = &mut user.exec
            && exec.provide_cluster_info
        {
            exec.cluster = ExecAuthCluster::try_from(&context.endpoint).ok();
        }
        let peer = Peer {
            address: address(context.server()),
            context: Some(context.name.clone()),
            login: match &account {
                Some((account, cluster)) => Some(let_in(account, cluster)),
                None => user.exec.as_ref().map(way_in),
            },
        };
        let credentials = match account {
            Some((account, cluster)) => Credentials::signed(account, cluster, user.exec.take(), clock),
            None => Credentials::taken_from(&mut user, clock)?,
        };
        let gzip = !context.endpoint.disable_compression.unwrap_or(false);
        Ok(Self { context, user, credentials, peer, gzip })
    }

    /// The namespace the context prefers.
    pub(super) fn namespace(&self) -> Option<&str> {
        self.context.namespace.as_deref()
    }

    /// The URLs that mean the API server.
    pub(super) fn servers(&self) -> Vec<Arc<str>> {
        self.context.servers()
    }

    /// Builds a client. Reads certificate files and the system's trust store, so it runs where blocking is fine.
    pub(super) fn client(
        &self,
        ticket: &Ticket,
        settings: &ConnectionSettings,
    ) -> Result<kube::Client, Failure> {
        let mut user = self.user.clone();
        if let Some((certificate, key)) = &ticket.identity {
            let encode = |pem: &String| base64::engine::general_purpose::STANDARD.encode(pem);
            let fields = serde_json::json!({"client-certificate-data": encode(certificate), "client-key-data": encode(key)});
            let identity: AuthInfo = serde_json::from_value(fields).unwrap_or_default();
            user.client_certificate_data = identity.client_certificate_data;
            user.client_key_data = identity.client_key_data;
        }
        let mut cluster = self.context.endpoint.clone();
        let proxy = proxy_for(&cluster.server, cluster.proxy_url.take(), settings);
        // The library would look into the environment itself, and match NO_PROXY against the proxy instead of the server.
        cluster.proxy_url = Some("http://0.0.0.0".to_owned());
        let kubeconfig = Kubeconfig {
            clusters: vec![NamedCluster {
                name: "a".to_owned(),
                cluster: Some(cluster),
                ..NamedCluster::default()
            }],
            auth_infos: vec![NamedAuthInfo {
                name: "a".to_owned(),
                auth_info: Some(user),
                ..NamedAuthInfo::default()
            }],
            contexts: vec![NamedContext {
                name: "a".to_owned(),
                context: Some(kube::config::Context {
                    cluster: "a".to_owned(),
                    user: Some("a".to_owned()),
                    ..kube::config::Context::default()
                }),
                ..NamedContext::default()
            }],
            current_context: Some("a".to_owned()),
            ..Kubeconfig::default()
        };
        let options = KubeConfigOptions::default();
        // Ready at once: it only looks asynchronous.
        let config = futures::executor::block_on(kube::Config::from_custom_kubeconfig(kubeconfig, &options));
        let mut config = config.map_err(|error| self.unusable(&error))?;
        if config.cluster_url.scheme_str() == Some("http") {
            // Nobody will be trusted: reading the system's certificates would take a tenth of a second for nothing.
            config.root_cert.get_or_insert_default();
        }
        config.proxy_url = proxy.map(|url| self.proxy(&url)).transpose()?;
        config.connect_timeout = Some(settings.connect_timeout);
        config.write_timeout = Some(Duration::from_secs(30));
        config.read_timeout = None;
        // Retries are the sources' own: they honour Retry-After and say what they wait for.
        config.default_retry = false;
        // Answers are inflated where they are decoded, off the network's threads.
        config.disable_compression = true;
        let builder = ClientBuilder::try_from(config).map_err(|error| self.unusable(&error))?;
        Ok(builder.build())
    }

    /// Not named in the message: it may hold a password.
    fn proxy(&self, url: &str) -> Result<http::Uri, Failure> {
        // Names are always looked up by the proxy, which is all that the h of curl's spelling asks for.
        let url =
            url.strip_prefix("socks5h://").map_or(Cow::from(url), |rest| format!("socks5://{rest}").into());
        let uri = url.parse::<http::Uri>().ok();
        uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https" | "socks5"))).ok_or_else(|| {
            self.broken(
                "its proxy is no http, https or socks5 URL",
                "set proxy-url of the cluster, or HTTPS_PROXY, to http://host:port or socks5://host:port",
            )
        })
    }

    fn broken(&self, what: &str, hint: &str) -> Failure {
        let message = format!(
            "context {:?} of {} cannot be used: {what}",
            self.context.name,
            self.context.file.display()
        );
        let failure = Failure::new(Cause::Refused, ProblemKind::User, message);
        Failure { problem: failure.problem.with_hint(hint), ..failure }
    }

    fn unusable(&self, error: &(dyn std::error::Error + 'static)) -> Failure {
        // Errors about keys and certificates name the file or the field, never its content.
        self.broken(&root_of(error), "check the certificate and key fields of its cluster and user")
    }
}

/// The outer error says which field is broken, the root says why.
fn root_of(error: &(dyn std::error::Error + 'static)) -> String {
    let (outer, root) = (super::failure::one_line(&error.to_string()), root_cause(error));
    if outer.contains(&root) { outer } else { format!("{outer}: {root}") }
}

/// The proxy on the way to a server: the cluster's own, else the environment's unless it exempts the server.
fn proxy_for(server: &Option<String>, own: Option<String>, settings: &ConnectionSettings) -> Option<String> {
    if let Some(own) = own.filter(|url| !url.is_empty()) {
        return Some(own);
    }
    let uri: http::Uri = server.as_deref()?.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']);
    let exempt = settings.no_proxy.as_deref().unwrap_or_default();
    let from_environment = settings.https_proxy.clone().filter(|url| !url.is_empty())?;
    (uri.scheme_str() == Some("https") && !is_exempt(host, exempt)).then_some(from_environment)
}

/// `NO_PROXY` as Go reads it: names with their subdomains, addresses, networks, `*`. Loopback is always exempt.
fn is_exempt(host: &str, list: &str) -> bool {
    let address: Option<std::net::IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" || entry == host {
            return true;
        }
        if let (Some(address), Some((network, bits))) = (address, entry.split_once('/')) {
            return network.parse().is_ok_and(|n| bits.parse().is_ok_and(|bits| contains(n, bits, address)));
        }
        let name = entry.strip_prefix("*.").or_else(|| entry.strip_prefix('.')).unwrap_or(entry);
        host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
    })
}

fn contains(network: std::net::IpAddr, bits: u32, address: std::net::IpAddr) -> bool {
    use std::net::IpAddr;
    let (network, address, width) = match (network, address) {
        (IpAddr::V4(n), IpAddr::V4(a)) => (u128::from(u32::from(n)), u128::from(u32::from(a)), 32),
        (IpAddr::V6(n), IpAddr::V6(a)) => (u128::from(n), u128::from(a), 128),
        _ => return false,
    };
    let rest = width - bits.min(width);
    rest >= 128 || network >> rest == address >> rest
}

/// Asks an embedded service for a client.
pub(super) type MakeClient = Arc<dyn Fn() -> kube::Client + Send + Sync>;

/// Wraps a service that answers in this process.
pub(super) fn embedded<S, B>(service: S) -> MakeClient
where
    S: tower::Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<tower::BoxError>,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<tower::BoxError>,
{
    let service = std::sync::Mutex::new(service);
    Arc::new(move || {
        let service = service.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        kube::Client::new(service, "default")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxied(server: &str, own: Option<&str>, no_proxy: &str) -> Option<String> {
        let settings = ConnectionSettings {
            https_proxy: Some("http://proxy:3128".to_owned()),
            no_proxy: Some(no_proxy.to_owned()),
            ..ConnectionSettings::default()
        };
        proxy_for(&Some(server.to_owned()), own.map(str::to_owned), &settings)
    }

    #[test]
    fn the_proxy_of_the_cluster_wins_and_exempt_servers_have_none() {
        assert_eq!(proxied("https://api.a.io", Some("socks5://x:1"), "*").as_deref(), Some("socks5://x:1"));
        assert_eq!(proxied("https://api.a.io", None, "").as_deref(), Some("http://proxy:3128"));
        for (server, exempt) in [
            ("https://api.a.io", "b.io, a.io"),
            ("https://api.a.io", ".a.io"),
            ("https://api.a.io:6443", "api.a.io"),
            ("https://10.1.2.3", "10.1.0.0/16"),
            ("https://[fd00::1]", "fd00::/8"),
            ("https://x", "*"),
            ("https://127.0.0.1:1", ""),
            ("https://localhost:1", ""),
            ("http://api.a.io", ""),
        ] {
            assert_eq!(proxied(server, None, exempt), None, "{server} {exempt}");
        }
        assert!(proxied("https://notb.io", None, "b.io").is_some());
        assert!(proxied("https://10.2.2.3", None, "10.1.0.0/16").is_some());
    }

    #[test]
    fn an_address_always_has_a_port() {
        assert_eq!(address("https://api.a.io"), "api.a.io:443");
        assert_eq!(address("http://api.a.io/x"), "api.a.io:80");
        assert_eq!(address("https://[::1]:6443"), "[::1]:6443");
    }
}
