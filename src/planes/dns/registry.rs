//! Whose a record is: the texts that external-dns writes beside its records (external-dns, `docs/registry/txt.md`).
//!
//! A text stands under a name that is made of the record's: `cname-api.cosner.cloud` today, `api.cosner.cloud` itself up
//! to 0.15, and either with a prefix or suffix. Such names are ambiguous when they are taken apart, so that they are
//! never taken apart: for each record that exists the names are made under which its text may stand.

use std::collections::HashMap;
use std::sync::Arc;

use super::book::{Page, values};
use crate::fleet::aws::record::{Answer, RecordSet};
use crate::fleet::external_dns::Arguments;

/// What a text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// `external-dns/owner`
    pub(super) owner: Arc<str>,
    /// The first part of `external-dns/resource`: `ingress`.
    pub(super) kind: Box<str>,
    pub(super) namespace: Box<str>,
    pub(super) name: Box<str>,
}

/// How names of texts are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Affix {
    prefix: Box<str>,
    suffix: Box<str>,
    wildcard: Box<str>,
}

/// The type of a record takes the place of this in a prefix or suffix.
const TYPE: &str = "%{record_type}";

impl Affix {
    pub(super) fn of(arguments: &Arguments) -> Self {
        Self {
            prefix: arguments.prefix.clone(),
            suffix: arguments.suffix.clone(),
            wildcard: arguments.wildcard.clone(),
        }
    }

    /// The name of the text of a record of this type; without a type in the way that was usual up to 0.15.
    fn name(&self, of: &str, kind: Option<&str>) -> String {
        let (first, rest) = of.split_once('.').unwrap_or((of, ""));
        let first = if first == "*" && !self.wildcard.is_empty() { &*self.wildcard } else { first };
        let is_inside = self.prefix.contains(TYPE) || self.suffix.contains(TYPE);
        let filled = |affix: &str| affix.replace(TYPE, kind.unwrap_or_default());
        let (prefix, suffix) = (filled(&self.prefix), filled(&self.suffix));
        let kind = kind.filter(|_| !is_inside).map(|kind| format!("{kind}-")).unwrap_or_default();
        match rest.is_empty() {
            true => format!("{prefix}{kind}{first}{suffix}"),
            false => format!("{prefix}{kind}{first}{suffix}.{rest}"),
        }
    }
}

impl Claim {
    /// What a text says, when it is one of external-dns.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('"');
        let mut claim = Self {
            owner: Arc::default(),
            kind: Box::default(),
            namespace: Box::default(),
            name: Box::default(),
        };
        let mut has_heritage = false;
        for part in text.split(',') {
            match part.split_once('=') {
                Some(("heritage", "external-dns")) => has_heritage = true,
                Some(("external-dns/owner", owner)) => claim.owner = owner.into(),
                Some(("external-dns/resource", resource)) => {
                    let mut parts = resource.splitn(3, '/');
                    let mut next = || -> Box<str> { parts.next().unwrap_or_default().into() };
                    (claim.kind, claim.namespace, claim.name) = (next(), next(), next());
                }
                _ => {}
            }
        }
        has_heritage.then_some(claim)
    }

    /// `ingress production/api`, or nothing when the text does not say.
    pub(super) fn words(&self) -> String {
        match (self.kind.is_empty(), self.namespace.is_empty()) {
            (true, _) => String::new(),
            (false, true) => format!("{} {}", self.kind, self.name),
            (false, false) => format!("{} {}/{}", self.kind, self.namespace, self.name),
        }
    }
}

/// The texts of a zone.
#[derive(Debug, Default)]
pub(super) struct Registry<'a> {
    texts: HashMap<&'a str, Vec<(&'a Arc<RecordSet>, Claim)>>,
}

impl<'a> Registry<'a> {
    pub(super) fn of(page: &Page<'a>) -> Self {
        let mut texts: HashMap<&'a str, Vec<(&'a Arc<RecordSet>, Claim)>> = HashMap::new();
        for record in page.records.iter().copied().filter(|record| &*record.kind == "TXT") {
            for claim in values(record).filter_map(Claim::parse) {
                texts.entry(&record.name).or_default().push((record, claim));
            }
        }
        Self { texts }
    }

    /// True for a record that is such a text itself.
    pub(super) fn is_text(&self, record: &RecordSet) -> bool {
        self.texts.get(&*record.name).into_iter().flatten().any(|(text, _)| text.key == record.key)
    }

    /// What is said of a record, each text once.
    pub(super) fn claims<'r>(
        &'r self,
        record: &RecordSet,
        affixes: &[Affix],
    ) -> Vec<(&'a Arc<RecordSet>, &'r Claim)> {
        if self.texts.is_empty() {
            return Vec::new();
        }
        let kind = record.kind.to_lowercase();
        let mut kinds = vec![Some(kind.as_str())];
        // An alias was a CNAME to external-dns before 0.22, whatever Route 53 made of it.
        if matches!(record.answer, Answer::Alias { .. }) && kind != "cname" {
            kinds.push(Some("cname"));
        }
        kinds.push(None);
        let set = |of: &RecordSet| of.routing.as_ref().map(|routing| routing.set.clone());
        let own = set(record);
        let mut found: Vec<(&'a Arc<RecordSet>, &'r Claim)> = Vec::new();
        for kind in kinds {
            let mut is_told = false;
            for affix in affixes {
                let name = affix.name(&record.name, kind);
                for (text, claim) in self.texts.get(name.as_str()).into_iter().flatten() {
                    if set(text) == own && !found.iter().any(|(known, _)| known.key == text.key) {
                        found.push((text, claim));
                        is_told = true;
                    }
                }
            }
            // The text of its own type speaks for it; the one for both types of an alias only where there is none.
            if is_told && kind.is_some() {
                let old = affixes
                    .iter()
                    .filter_map(|affix| self.texts.get(affix.name(&record.name, None).as_str()));
                for (text, claim) in old.flatten() {
                    if set(text) == own && !found.iter().any(|(known, _)| known.key == text.key) {
                        found.push((text, claim));
                    }
                }
                break;
            }
        }
        found
    }

    /// Every text with what it says, by name.
    pub(super) fn all(&self) -> Vec<(&'a Arc<RecordSet>, &Claim)> {
        let mut all: Vec<(&'a Arc<RecordSet>, &Claim)> =
            self.texts.values().flatten().map(|(record, claim)| (*record, claim)).collect();
        all.sort_by(|a, b| a.0.key.cmp(&b.0.key));
        all
    }
}

/// The name that a text is about, when it is made in the usual way: for words, never for a judgement.
pub(super) fn probable_subject(text: &str) -> String {
    const TYPES: [&str; 10] = ["aaaa", "a", "cname", "ns", "mx", "ptr", "srv", "naptr", "txt", "dname"];
    let stripped = TYPES.iter().find_map(|kind| text.strip_prefix(kind)?.strip_prefix('-'));
    stripped.unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn affix(prefix: &str, suffix: &str, wildcard: &str) -> Affix {
        Affix { prefix: prefix.into(), suffix: suffix.into(), wildcard: wildcard.into() }
    }

    #[test]
    fn names_are_made_as_external_dns_makes_them() {
        let plain = Affix::default();
        assert_eq!(plain.name("app.example.com", Some("cname")), "cname-app.example.com");
        assert_eq!(plain.name("app.example.com", None), "app.example.com");
        assert_eq!(plain.name("*.example.com", Some("a")), "a-*.example.com");
        assert_eq!(affix("p-", "", "").name("app.example.com", Some("a")), "p-a-app.example.com");
        assert_eq!(affix("", "-s", "").name("app.example.com", Some("a")), "a-app-s.example.com");
        assert_eq!(
            affix("%{record_type}-x-", "", "").name("app.example.com", Some("a")),
            "a-x-app.example.com"
        );
        assert_eq!(affix("", "", "any").name("*.example.com", Some("a")), "a-any.example.com");
    }

    #[test]
    fn a_text_says_owner_and_resource_and_others_say_nothing() {
        let text = "\"heritage=external-dns,external-dns/owner=prod,external-dns/resource=ingress/web/api\"";
        let claim = Claim::parse(text).unwrap();
        assert_eq!((&*claim.owner, claim.words().as_str()), ("prod", "ingress web/api"));
        assert_eq!(Claim::parse("\"v=spf1 -all\""), None);
        assert_eq!(Claim::parse("\"external-dns/owner=x\""), None, "not without heritage");
        let odd =
            Claim::parse("heritage=external-dns,external-dns/owner=,external-dns/resource=crd").unwrap();
        assert_eq!((&*odd.owner, odd.words().as_str()), ("", "crd "));
    }
}
