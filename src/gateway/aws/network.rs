//! How AWS is reached over the network: which certificates are trusted, and which proxy is on the way.

use std::fmt;
use std::path::{Path, PathBuf};

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use base64::Engine as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::sync::OnceCell;

use crate::fleet::{Problem, ProblemKind};

/// Never through a proxy, whatever `NO_PROXY` says: as Go and kubectl do.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// What the surroundings demand of connections to AWS. One for all accounts: they share its connections.
#[derive(Default)]
pub struct Network {
    /// `AWS_CA_BUNDLE`: the only certificates that are trusted, as the AWS CLI has it; the system's when not set.
    pub ca_bundle: Option<PathBuf>,
    /// `HTTPS_PROXY`
    pub https_proxy: Option<String>,
    /// `NO_PROXY`
    pub no_proxy: Option<String>,
    /// The user's home folder, where the AWS CLI remembers sessions.
    pub home: Option<PathBuf>,
    client: OnceCell<SharedHttpClient>,
}

impl Network {
    /// Nothing is read yet.
    pub fn new(
        ca_bundle: Option<PathBuf>,
        https_proxy: Option<String>,
        no_proxy: Option<String>,
        home: Option<PathBuf>,
    ) -> Self {
        Self { ca_bundle, https_proxy, no_proxy, home, client: OnceCell::new() }
    }

    /// The client of all calls; one that answers everything with the reason when there can be none.
    pub(super) async fn client(&self) -> SharedHttpClient {
        match self.client.get_or_try_init(|| self.made()).await {
            Ok(client) => client.clone(),
            Err(problem) => closed(problem),
        }
    }

    async fn made(&self) -> Result<SharedHttpClient, Problem> {
        let trust = match &self.ca_bundle {
            Some(path) => bundle(path).await?,
            None => TrustStore::default(),
        };
        let broken = |what: String| Problem::new(ProblemKind::Certificate, what);
        let tls = TlsContext::builder()
            .with_trust_store(trust)
            .build()
            .map_err(|error| broken(format!("no TLS can be set up: {error}")))?;
        let proxy = self.proxy()?;
        Ok(Builder::new().build_with_connector_fn(move |settings, components| {
            let mut connector = Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(tls.clone())
                .proxy_config(proxy.clone());
            connector.set_connector_settings(settings.cloned());
            connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            connector.build()
        }))
    }

    /// Not named in the message: it may hold a password.
    fn proxy(&self) -> Result<ProxyConfig, Problem> {
        let Some(url) = self.https_proxy.as_deref().filter(|url| !url.is_empty()) else {
            return Ok(ProxyConfig::disabled());
        };
        let proxy = ProxyConfig::https(url).map_err(|_| {
            Problem::new(ProblemKind::User, "HTTPS_PROXY is no http or https URL: AWS cannot be reached")
                .with_hint("set it to http://host:port, and NO_PROXY to what is reached without it")
        })?;
        let own = self.no_proxy.as_deref().unwrap_or_default();
        Ok(proxy.no_proxy(format!("{LOOPBACK},{own}").trim_end_matches(',')))
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("ca_bundle", &self.ca_bundle).finish_non_exhaustive()
    }
}

/// The certificates of a file. One that cannot be used is left out, as OpenSSL does; a file without any is an error.
async fn bundle(path: &Path) -> Result<TrustStore, Problem> {
    let name = path.display();
    let broken = |what: &str| {
        Problem::new(ProblemKind::Certificate, format!("AWS_CA_BUNDLE {name} {what}")).with_hint(
            "it has to be a PEM file with the certificates of those who sign for AWS, or for the proxy",
        )
    };
    let text = tokio::fs::read(path).await.map_err(|error| broken(&format!("cannot be read: {error}")))?;
    let mut roots = rustls::RootCertStore::empty();
    let usable = CertificateDer::pem_slice_iter(&text)
        .filter_map(Result::ok)
        .filter(|certificate| roots.add(certificate.clone()).is_ok());
    // Handed on in a form that holds nothing else: what reads it next accepts no exception.
    let pem = usable.fold(String::new(), |pem, certificate| {
        let text = base64::engine::general_purpose::STANDARD.encode(&certificate);
        format!("{pem}-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    });
    if pem.is_empty() {
        return Err(broken("holds no certificate"));
    }
    Ok(TrustStore::empty().with_pem_certificate(pem))
}

/// A client that lets nothing through and says why.
pub(super) fn closed(problem: Problem) -> SharedHttpClient {
    SharedHttpClient::new(Closed(problem))
}

#[derive(Clone, Debug)]
struct Closed(Problem);

impl HttpClient for Closed {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Closed {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::other(self.0.clone().into(), None)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn problem(network: Network) -> Problem {
        network.made().await.unwrap_err()
    }

    #[tokio::test]
    async fn a_bundle_that_cannot_be_used_is_named_and_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let network = || Network::new(Some(path.clone()), None, None, None);
        assert!(problem(network()).await.message().contains("ca.pem cannot be read"));
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        let said = problem(network()).await;
        assert!(said.message().ends_with("ca.pem holds no certificate"), "{said}");
        assert_eq!(said.kind(), ProblemKind::Certificate);
    }

    #[tokio::test]
    async fn a_proxy_that_is_none_is_said_without_showing_it() {
        let network = Network::new(None, Some("socks9://me:secret@x".into()), None, None);
        let said = network.proxy().unwrap_err();
        assert!(said.message().starts_with("HTTPS_PROXY") && !format!("{said:?}").contains("secret"));
        assert!(!format!("{network:?}").contains("secret"));
    }
}
