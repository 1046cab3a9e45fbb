//! Argo CD's objects, as the Kubernetes API has them (`argoproj.io/v1alpha1`, Argo CD 3.x): what is deployed from Git
//! ([`application`]), what may be ([`project`]) and what makes applications ([`application_set`]).

pub mod application;
pub mod application_set;
pub mod project;

use std::borrow::Cow;
use std::sync::Arc;

use crate::fleet::intern::Interner;
use crate::fleet::wire::{List, Object, Text, Texts, wire_structs};

/// Where an application goes: a cluster, by its URL *or* its name, and a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// `server`: the URL of the API server; empty when the cluster is named.
    pub server: Arc<str>,
    /// `name`: what Argo CD calls the cluster; empty when the URL says it.
    pub name: Arc<str>,
    /// `namespace`; for a project possibly a pattern.
    pub namespace: Arc<str>,
}

/// Where manifests come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// `repoURL`, without credentials.
    pub repo: Arc<str>,
    /// `path` in the repository; empty for a chart of a Helm repository.
    pub path: Arc<str>,
    /// `targetRevision`: a branch, a tag, a commit, or a version of the chart; empty for `HEAD`.
    pub target_revision: Arc<str>,
    /// `chart`; empty for manifests in Git.
    pub chart: Arc<str>,
    /// `ref`: the name by which other sources of the application refer to it; empty for most.
    pub reference: Arc<str>,
    /// `helm.valueFiles`
    pub value_files: Box<[Arc<str>]>,
}

wire_structs! {
    /// A destination as it is read.
    pub(super) struct DestinationWire<'a> {
        server: Text<'a>,
        name: Text<'a>,
        namespace: Text<'a>,
    }
    /// A source as it is read.
    pub(super) struct SourceWire<'a> {
        #[serde(rename = "repoURL")]
        repo_url: Text<'a>,
        path: Text<'a>,
        target_revision: Text<'a>,
        chart: Text<'a>,
        #[serde(rename = "ref")]
        reference: Text<'a>,
        helm: Object<HelmWire<'a>>,
    }
    struct HelmWire<'a> {
        value_files: Texts<'a>,
    }
}

impl Destination {
    fn pack(wire: &DestinationWire<'_>, interner: &mut Interner) -> Self {
        Self {
            server: interner.get(&wire.server),
            name: interner.get(&wire.name),
            namespace: interner.get(&wire.namespace),
        }
    }
}

impl Source {
    fn pack(wire: &SourceWire<'_>, interner: &mut Interner) -> Self {
        Self {
            repo: interner.get(&without_credentials(&wire.repo_url)),
            path: interner.get(&wire.path),
            target_revision: interner.get(&wire.target_revision),
            chart: interner.get(&wire.chart),
            reference: interner.get(&wire.reference),
            value_files: wire.helm.get().map(|helm| interner.all(&helm.value_files)).unwrap_or_default(),
        }
    }

    /// The sources of an application: where there are several, the single one is ignored, as by Argo CD.
    fn pack_all(
        one: &Object<SourceWire<'_>>,
        several: &List<SourceWire<'_>>,
        interner: &mut Interner,
    ) -> Box<[Self]> {
        let one = one.get().filter(|_| several.is_empty());
        one.into_iter().chain(several.iter()).map(|source| Self::pack(source, interner)).collect()
    }
}

/// A revision, or one for each source.
fn revisions(one: &Text<'_>, several: &Texts<'_>, interner: &mut Interner) -> Box<[Arc<str>]> {
    if several.0.is_empty() { interner.known(one).into_iter().collect() } else { interner.all(several) }
}

/// An address without the user and the password that some people write into it. `ssh://git@…` keeps its user, which is
/// no secret.
fn without_credentials(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once("://") else { return Cow::Borrowed(url) };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let Some((user, host)) = authority.rsplit_once('@') else { return Cow::Borrowed(url) };
    if scheme == "ssh" && !user.contains(':') {
        return Cow::Borrowed(url);
    }
    Cow::Owned(format!("{scheme}://{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_an_address_are_not_kept() {
        for (url, kept) in [
            ("https://user:token@git.example.org/a/b.git", "https://git.example.org/a/b.git"),
            ("https://token@git.example.org", "https://git.example.org"),
            ("ssh://git:secret@git.example.org:22/a", "ssh://git.example.org:22/a"),
            ("ssh://git@git.example.org/a", "ssh://git@git.example.org/a"),
            ("git@github.com:a/b.git", "git@github.com:a/b.git"),
            ("https://git.example.org/a@b", "https://git.example.org/a@b"),
            ("oci://p@ss:w@registry/x", "oci://registry/x"),
            ("", ""),
        ] {
            assert_eq!(without_credentials(url), kept);
        }
    }
}
