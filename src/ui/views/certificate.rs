//! A certificate at a glance: the chain of its issuance, who signs it, where it is kept and who uses it.

use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::kind::{
    CERTIFICATE_REQUESTS, CERTIFICATES, CHALLENGES, CLUSTER_ISSUERS, INGRESSES, ISSUERS, ORDERS, SECRETS,
};
use crate::fleet::time::human_duration;
use crate::fleet::{ObjectRef, ResourceType, Row, Timestamp, Verdict};
use crate::planes::certificate::{
    self, CERTIFICATE_FACTS, CertificateFacts, Chains, IssuerState, Presence, verdict,
};
use crate::snapshot::Freshness;
use crate::ui::describe;
use crate::ui::join;
use crate::ui::page::{self, FACTS, Line, Page, PageView, fact};
use crate::ui::role::Role;
use crate::ui::text::escape;
use crate::ui::view::{ViewAbout, World};
use crate::ui::widgets::sheet::{self, Head, SheetLine};

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "certificate-chain",
    aliases: &[],
    help: "a certificate at a glance: the steps of its issuance, its issuer, secret and users",
};

static NEEDS: [ResourceType; 1] = [CERTIFICATES];
static HELPS: [ResourceType; 8] = [
    CERTIFICATE_FACTS,
    CERTIFICATE_REQUESTS,
    ORDERS,
    CHALLENGES,
    CLUSTER_ISSUERS,
    ISSUERS,
    SECRETS,
    INGRESSES,
];

const STEPS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("ISSUANCE", 20, 0),
    Head::words("NAME", 56, 0),
    Head::words("SINCE", 8, 2),
    Head::words("STATE", 240, 0),
];

/// A certificate at a glance.
#[derive(Debug)]
pub struct CertificatePage {
    object: ObjectRef,
}

impl CertificatePage {
    /// The page of a certificate.
    pub fn open(object: &ObjectRef) -> PageView<Self> {
        PageView::new(Self { object: object.clone() })
    }
}

impl Page for CertificatePage {
    type Target = ObjectRef;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn object(&self) -> Option<&ObjectRef> {
        Some(&self.object)
    }
    fn needs(&self) -> &[ResourceType] {
        &NEEDS
    }
    fn helps(&self) -> &[ResourceType] {
        &HELPS
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<Line> {
        let Some(cluster) = world.snapshot.cluster(&self.object.cluster) else { return Vec::new() };
        let table = cluster.table::<Certificate>(&CERTIFICATES);
        let found = table.and_then(|table| table.find(self.object.namespace.as_deref(), &self.object.name));
        let Some((_, row)) = found else {
            return page::absent(cluster, &CERTIFICATES);
        };
        let facts = certificate::of(cluster, row);
        let (verdict, why) = verdict::of(row, facts, world.now);
        let mut lines = page::head(verdict, row.name(), &row.dns_names.join(", "), &why, width);
        lines.push(SheetLine::blank());
        lines.extend(sheet::table(FACTS, self.said(row, facts, world.now), width).into_iter().skip(1));
        lines.push(SheetLine::blank());
        let steps = Chains::of(cluster).steps(row);
        let rows: Vec<sheet::Row<ObjectRef>> = steps
            .iter()
            .map(|step| {
                let (glyph, glyph_role) = describe::glyph(step.verdict, false);
                let words = |text: &str, role| (escape(text).into_owned(), role);
                let cells = vec![
                    (glyph.to_owned(), glyph_role),
                    words(&step.resource.kind, Role::Dim),
                    words(&step.name, Role::Strong),
                    (human_duration(step.created.age_at(world.now)), Role::Dim),
                    words(&step.words, join::role(step.verdict)),
                ];
                (cells, Some(self.beside(step.resource.clone(), &step.name)))
            })
            .collect();
        if rows.is_empty() {
            let words = match cluster.freshness(&CERTIFICATE_REQUESTS) {
                freshness if freshness.is_current() => "no request of it is left".to_owned(),
                Freshness::Unavailable { problem } | Freshness::Forbidden { problem } => {
                    format!("its requests cannot be read: {}", escape(problem.message()))
                }
                _ => "its requests cannot be read".to_owned(),
            };
            lines.push(SheetLine::of(vec![(format!("   {words}"), Role::Dim)]));
        }
        lines.extend(sheet::table(STEPS, rows, width));
        lines
    }
}

impl CertificatePage {
    fn beside(&self, resource: ResourceType, name: &str) -> ObjectRef {
        let namespace = self.object.namespace.clone().filter(|_| resource.namespaced);
        ObjectRef { cluster: self.object.cluster.clone(), resource, namespace, name: name.into() }
    }

    fn said(
        &self,
        row: &Certificate,
        facts: Option<&CertificateFacts>,
        now: Timestamp,
    ) -> Vec<sheet::Row<ObjectRef>> {
        let mut rows = Vec::new();
        let in_ = |at: Timestamp| human_duration(now.seconds_before(at));
        let ago = |at: Timestamp| human_duration(at.age_at(now));
        match row.not_after.known() {
            Some(end) if end > now => {
                rows.push(fact(None, "expires", &format!("in {}, {}", in_(end), end.rfc3339()), None));
            }
            Some(end) => {
                let words = format!("{} ago, {}", ago(end), end.rfc3339());
                rows.push(fact(Some(Verdict::Critical), "expired", &words, None));
            }
            None => rows.push(fact(None, "expires", "it was never issued", None)),
        }
        match row.renewal.known() {
            Some(renewal) if renewal > now => {
                rows.push(fact(None, "renews", &format!("in {}", in_(renewal)), None))
            }
            Some(renewal) => {
                rows.push(fact(
                    Some(Verdict::Warning),
                    "renews",
                    &format!("was due {} ago", ago(renewal)),
                    None,
                ));
            }
            None => {}
        }
        if !row.last_failure.is_never() {
            let words = format!("{} ago, {} in a row", ago(row.last_failure), row.failed_attempts);
            rows.push(fact(Some(Verdict::Warning), "failed", &words, None));
        }
        let kind = if &*row.issuer.kind == "ClusterIssuer" { CLUSTER_ISSUERS } else { ISSUERS };
        let name = format!("{} {}", row.issuer.kind, row.issuer.name);
        let issuer = Some(self.beside(kind, &row.issuer.name));
        rows.push(match facts.map(|facts| &facts.issuer) {
            Some(IssuerState::Ready) => fact(Some(Verdict::Ok), "issuer", &format!("{name}, ready"), issuer),
            Some(IssuerState::NotReady(why)) => {
                fact(Some(Verdict::Critical), "issuer", &format!("{name} is not ready: {why}"), issuer)
            }
            Some(IssuerState::Missing) => {
                fact(Some(Verdict::Critical), "issuer", &format!("{name} does not exist"), None)
            }
            Some(IssuerState::Unknown) | None => fact(Some(Verdict::Unknown), "issuer", &name, issuer),
        });
        let secret = Some(self.beside(SECRETS, &row.secret));
        rows.push(match facts.map(|facts| facts.secret) {
            Some(Presence::Present) => fact(Some(Verdict::Ok), "secret", &row.secret, secret),
            Some(Presence::Missing) => {
                fact(Some(Verdict::Critical), "secret", &format!("{} is not there", row.secret), None)
            }
            Some(Presence::Unknown) | None => fact(
                Some(Verdict::Unknown),
                "secret",
                &format!("{}; secrets cannot be looked for", row.secret),
                secret,
            ),
        });
        for name in facts.map_or(&[][..], |facts| &facts.ingresses) {
            rows.push(fact(None, "used by", &format!("Ingress {name}"), Some(self.beside(INGRESSES, name))));
        }
        rows
    }
}
