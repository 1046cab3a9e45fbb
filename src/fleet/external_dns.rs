//! What external-dns is told: by its arguments, and by annotations of the objects that it makes records for
//! (external-dns 0.22, `docs/flags.md`, `docs/annotations/annotations.md`).

use std::sync::Arc;

use super::intern::Interner;
use super::wire::{Text, wire_structs};

/// What annotations of an object tell external-dns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DnsWishes {
    /// `hostname` and `internal-hostname`: the names it shall have, besides those of its rules. In lower case.
    pub hostnames: Box<[Arc<str>]>,
    /// `target`: where its names shall lead, instead of to its load balancer. In lower case.
    pub targets: Box<[Arc<str>]>,
    /// `ttl`, in seconds; `None` where it is not said, or not in whole seconds.
    pub ttl: Option<u32>,
    /// True when `controller` names another one: then external-dns passes it by.
    pub is_ignored: bool,
}

wire_structs! {
    /// The annotations that ingresses and services are read for; those of external-dns under the prefix that was the default
    /// up to 0.21 and under the one since.
    pub(super) struct TrafficAnnotations<'a> {
        #[serde(rename = "external-dns.alpha.kubernetes.io/hostname")]
        hostname: Text<'a>,
        #[serde(rename = "external-dns.kubernetes.io/hostname")]
        hostname_now: Text<'a>,
        #[serde(rename = "external-dns.alpha.kubernetes.io/internal-hostname")]
        internal: Text<'a>,
        #[serde(rename = "external-dns.kubernetes.io/internal-hostname")]
        internal_now: Text<'a>,
        #[serde(rename = "external-dns.alpha.kubernetes.io/target")]
        target: Text<'a>,
        #[serde(rename = "external-dns.kubernetes.io/target")]
        target_now: Text<'a>,
        #[serde(rename = "external-dns.alpha.kubernetes.io/ttl")]
        ttl: Text<'a>,
        #[serde(rename = "external-dns.kubernetes.io/ttl")]
        ttl_now: Text<'a>,
        #[serde(rename = "external-dns.alpha.kubernetes.io/controller")]
        controller: Text<'a>,
        #[serde(rename = "external-dns.kubernetes.io/controller")]
        controller_now: Text<'a>,
        #[serde(rename = "kubernetes.io/ingress.class")]
        pub(super) ingress_class: Text<'a>,
    }
}

impl TrafficAnnotations<'_> {
    /// What is told; nothing for nearly all objects.
    pub(super) fn pack(&self, shared: &mut Interner) -> Option<Box<DnsWishes>> {
        let mut list = |texts: &[&Text<'_>]| -> Box<[Arc<str>]> {
            let mut names: Vec<Arc<str>> = Vec::new();
            let said = texts.iter().filter_map(|text| text.known()).flat_map(|text| text.split(','));
            for name in said.map(plain_name).filter(|name| !name.is_empty()) {
                if !names.iter().any(|known| **known == *name) {
                    names.push(shared.get(&name));
                }
            }
            names.into()
        };
        let controller = self.controller.known().or(self.controller_now.known());
        let ttl = self.ttl.known().or(self.ttl_now.known());
        let wishes = DnsWishes {
            hostnames: list(&[&self.hostname, &self.hostname_now, &self.internal, &self.internal_now]),
            targets: list(&[&self.target, &self.target_now]),
            ttl: ttl.and_then(|ttl| ttl.trim().trim_end_matches('s').parse().ok()),
            is_ignored: controller.is_some_and(|controller| controller != "dns-controller"),
        };
        (wishes != DnsWishes::default()).then(|| Box::new(wishes))
    }
}

/// A name in lower case, without the dot at its end.
fn plain_name(name: &str) -> String {
    name.trim().trim_end_matches('.').to_lowercase()
}

/// The arguments of an external-dns that decide which records are its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// `--source`: the kinds that it makes records for; none where it is not said here.
    pub sources: Box<[Box<str>]>,
    /// `--domain-filter`: the domains that it keeps; none means all.
    pub domains: Box<[Box<str>]>,
    /// `--exclude-domains`
    pub excluded: Box<[Box<str>]>,
    /// `--zone-id-filter`: the zones that it keeps; none means all.
    pub zones: Box<[Box<str>]>,
    /// `--aws-zone-type`: `public`, `private`; empty for both.
    pub zone_type: Box<str>,
    /// `--txt-owner-id`; `default` where it is not said.
    pub owner: Arc<str>,
    /// `--txt-prefix`
    pub prefix: Box<str>,
    /// `--txt-suffix`
    pub suffix: Box<str>,
    /// `--txt-wildcard-replacement`
    pub wildcard: Box<str>,
    /// `--registry`; `txt` where it is not said.
    pub registry: Box<str>,
    /// `--policy`: `sync`, `upsert-only`, `create-only`; `sync` where it is not said, as before 0.22.
    pub policy: Box<str>,
    /// `--managed-record-types`; A, AAAA and CNAME where none is said.
    pub types: Box<[Box<str>]>,
    /// `--ingress-class`: the classes it looks at; none means all.
    pub classes: Box<[Box<str>]>,
    /// `--txt-encrypt-enabled`: whose a record is cannot be read.
    pub is_encrypted: bool,
    /// `--annotation-filter`, `--label-filter` and the like: it looks at a part of the objects that is not known here.
    pub is_filtered: bool,
}

impl Arguments {
    /// Reads arguments as Go's flags do: `--name=value`, or `--name` and the value behind it.
    pub fn read<'a>(arguments: impl Iterator<Item = &'a str>) -> Self {
        let mut all: Vec<(&str, &str)> = Vec::new();
        let mut named: Option<&str> = None;
        for argument in arguments {
            match argument.trim().strip_prefix("--") {
                Some(flag) => match flag.split_once('=') {
                    Some(pair) => {
                        named = None;
                        all.push(pair);
                    }
                    None => {
                        named = Some(flag);
                        all.push((flag, ""));
                    }
                },
                None => {
                    if let Some(flag) = named.take()
                        && let Some(last) = all.last_mut().filter(|last| last.0 == flag)
                    {
                        last.1 = argument;
                    }
                }
            }
        }
        let each = |name: &str| -> Box<[Box<str>]> {
            let said = all.iter().filter(|(known, value)| *known == name && !value.is_empty());
            said.map(|(_, value)| (*value).into()).collect()
        };
        let last = |name: &str| all.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let lower = |names: Box<[Box<str>]>| -> Box<[Box<str>]> {
            names.iter().map(|name| plain_name(name).trim_start_matches('.').into()).collect()
        };
        let or = |value: Option<&'a str>, usual: &'a str| value.filter(|v| !v.is_empty()).unwrap_or(usual);
        const FILTERS: [&str; 4] = ["annotation-filter", "label-filter", "namespace", "regex-domain-filter"];
        Self {
            sources: each("source"),
            domains: lower(each("domain-filter")),
            excluded: lower(each("exclude-domains")),
            zones: each("zone-id-filter")
                .iter()
                .map(|id| id.rsplit('/').next().unwrap_or(id).into())
                .collect(),
            zone_type: last("aws-zone-type").unwrap_or_default().into(),
            owner: or(last("txt-owner-id"), "default").into(),
            prefix: last("txt-prefix").unwrap_or_default().to_lowercase().into(),
            suffix: last("txt-suffix").unwrap_or_default().to_lowercase().into(),
            wildcard: last("txt-wildcard-replacement").unwrap_or_default().to_lowercase().into(),
            registry: or(last("registry"), "txt").into(),
            policy: or(last("policy"), "sync").into(),
            types: each("managed-record-types"),
            classes: each("ingress-class"),
            is_encrypted: last("txt-encrypt-enabled").is_some_and(|value| value != "false"),
            is_filtered: FILTERS.iter().any(|name| last(name).is_some_and(|value| !value.is_empty())),
        }
    }

    /// True when it makes records for this kind of object: `ingress`, `service`.
    pub fn has_source(&self, kind: &str) -> bool {
        self.sources.iter().any(|source| **source == *kind)
    }

    /// True when its filters let a name of a zone pass.
    pub fn keeps(&self, name: &str, zone: &str, is_private: bool) -> bool {
        let is_below = |domain: &str| {
            name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let fits_type = match &*self.zone_type {
            "public" => !is_private,
            "private" => is_private,
            _ => true,
        };
        fits_type
            && (self.domains.is_empty() || self.domains.iter().any(|domain| is_below(domain)))
            && !self.excluded.iter().any(|domain| is_below(domain))
            && (self.zones.is_empty() || self.zones.iter().any(|id| **id == *zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_in_both_spellings_and_have_their_defaults() {
        let told = [
            "--source=ingress",
            "--source",
            "service",
            "--domain-filter=.Cosner.Cloud.",
            "--txt-owner-id",
            "myapp-prod",
            "--once",
            "--zone-id-filter=/hostedzone/Z1",
        ];
        let arguments = Arguments::read(told.into_iter());
        assert!(arguments.has_source("ingress") && arguments.has_source("service"));
        assert_eq!(
            (&*arguments.owner, &*arguments.policy, &*arguments.registry),
            ("myapp-prod", "sync", "txt")
        );
        assert!(arguments.keeps("api.cosner.cloud", "Z1", false));
        assert!(!arguments.keeps("api.cosner.cloud", "Z2", false));
        assert!(!arguments.keeps("api.notcosner.cloud", "Z1", false));
        assert_eq!(&*Arguments::read(["--source=ingress"].into_iter()).owner, "default");
    }

    #[test]
    fn private_zones_are_kept_by_whoever_is_told_to() {
        let private = Arguments::read(["--aws-zone-type=private"].into_iter());
        assert!(private.keeps("a.b", "Z", true) && !private.keeps("a.b", "Z", false));
    }
}
