//! `issuers`

use crate::fleet::certificates::issuer::{Issuer, Solver};
use crate::fleet::condition::Status;
use crate::fleet::kind::{CLUSTER_ISSUERS, ISSUERS};
use crate::fleet::{ResourceType, Verdict};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// Issuers and ClusterIssuers: who signs certificates, and whether they can.
#[derive(Clone, Copy, Debug, Default)]
pub struct Issuers;

static ABOUT: ViewAbout = ViewAbout {
    name: "issuers",
    aliases: &["issuer", "clusterissuers", "clusterissuer"],
    help: "Issuers and cluster issuers: ACME account, how domains are proved, and whether they are ready",
};

static RESOURCES: [ResourceType; 2] = [CLUSTER_ISSUERS, ISSUERS];

/// The part of the address of ACME servers whose certificates no browser trusts.
const STAGING: &str = "staging";

static COLUMNS: [Column<Issuer>; 8] = [
    columns::namespace(),
    columns::name(),
    Column::<Issuer>::new("kind", "KIND", "Whether it signs for the whole cluster", |_, context| {
        Value::text(&*context.resource.kind).as_role(Role::Dim)
    })
    .fit(6, 13)
    .drop_at(4),
    Column::<Issuer>::new("signs", "SIGNS BY", "How it signs", |row, _| match (&*row.kind, &row.acme) {
        ("", _) => Value::Nothing.into(),
        (_, Some(acme)) if acme.server.contains(STAGING) => Value::text("acme staging").as_role(Role::Dim),
        (kind, _) => Value::text(kind).into(),
    })
    .fit(4, 14)
    .drop_at(1)
    .sorts_by('S'),
    Column::<Issuer>::new("state", "STATE", "What it says of itself", |row, _| {
        match row.conditions.get("Ready") {
            Some(ready) if ready.is_true() => Value::text(&*ready.reason).into(),
            Some(ready) => Value::text(&*ready.reason).as_role(Role::Critical),
            None => Value::Nothing.into(),
        }
    })
    .fit(6, 24)
    .drop_at(2)
    .sorts_by('R'),
    Column::<Issuer>::new(
        "account",
        "ACCOUNT",
        "Its account at the ACME server, or the secret of its CA",
        |row, _| match (&row.acme, &row.ca_secret) {
            (Some(acme), _) => {
                let host = acme.server.trim_start_matches("https://").split('/').next().unwrap_or_default();
                let email = if acme.email.is_empty() { "no address" } else { &acme.email };
                Value::text(format!("{email} at {host}")).into()
            }
            (None, Some(secret)) => Value::text(format!("secret {secret}")).into(),
            (None, None) => Value::Nothing.into(),
        },
    )
    .fit(8, 60)
    .drop_at(3),
    Column::<Issuer>::new("solvers", "PROVES BY", "How it proves that domains are ours", |row, _| {
        let solvers = row.acme.iter().flat_map(|acme| &acme.solvers).map(solver);
        Value::text(solvers.collect::<Vec<_>>().join("; ")).as_role(Role::Dim)
    })
    .fit(6, 48)
    .drop_at(5),
    columns::age(|row, _| Value::Age(row.meta.created).into()),
];

fn solver(solver: &Solver) -> String {
    let how = [&*solver.challenge, &*solver.with].into_iter().filter(|word| !word.is_empty());
    let how = how.collect::<Vec<_>>().join(" ");
    let only: Vec<&str> = solver.zones.iter().chain(&*solver.names).map(|name| &**name).collect();
    if only.is_empty() { how } else { format!("{how} ({})", only.join(", ")) }
}

impl Listing for Issuers {
    type Row = Issuer;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<Issuer>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a Issuer, context: &RowContext<'a>) -> Judged<'a> {
        if !row.meta.deleted.is_never() {
            return Judged::because(Verdict::Progressing, "being deleted");
        }
        let Some(ready) = row.conditions.get("Ready") else {
            let verdict = if row.meta.created.age_at(context.now) > 300 {
                Verdict::Unknown
            } else {
                Verdict::Progressing
            };
            return Judged::because(verdict, "cert-manager has not looked at it yet");
        };
        match &ready.status {
            Status::True => Judged::ok(),
            Status::False => Judged::because(Verdict::Critical, format!("cannot sign: {}", ready.message)),
            Status::Unknown => Judged::because(Verdict::Unknown, &*ready.message),
            Status::Other(word) => {
                Judged::because(Verdict::Unknown, format!("Ready is {word}, which is not known here"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::ui::test_cluster::TestCluster;

    fn issuer(status: &str) -> Json {
        json!({"metadata": {"name": "le", "creationTimestamp": "2026-11-01T10:00:00Z"},
            "spec": {"acme": {"email": "ops@cosner.cloud", "server": "https://acme-staging-v02.api.letsencrypt.org/directory",
                "solvers": [{"dns01": {"route53": {}}, "selector": {"dnsZones": ["cosner.cloud"]}}, {"http01": {"ingress": {}}}]}},
            "status": {"conditions": [{"type": "Ready", "status": status, "reason": "ErrX", "message": "account deactivated"}]}})
    }

    fn cluster(issuer: Json) -> TestCluster {
        TestCluster::new().with::<Issuer>(&CLUSTER_ISSUERS, &[issuer])
    }

    #[test]
    fn an_issuer_tells_its_account_and_how_it_proves_domains() {
        let cluster = cluster(issuer("True"));
        let cell = |column| cluster.cell(&Issuers, "le", column);
        assert_eq!(cell("signs"), "acme staging");
        assert_eq!(cell("account"), "ops@cosner.cloud at acme-staging-v02.api.letsencrypt.org");
        assert_eq!(cell("solvers"), "dns01 route53 (cosner.cloud); http01 ingress");
        assert_eq!(cluster.judged(&Issuers, "le"), (Verdict::Ok, String::new()));
    }

    #[test]
    fn an_issuer_that_cannot_sign_says_why_and_one_that_says_nothing_is_not_fine() {
        let judged = |issuer: Json| cluster(issuer).judged(&Issuers, "le");
        assert_eq!(
            judged(issuer("False")),
            (Verdict::Critical, "cannot sign: account deactivated".to_owned())
        );
        assert_eq!(judged(issuer("Perhaps")).0, Verdict::Unknown);
        let mut silent = issuer("True");
        silent["status"] = Json::Null;
        assert_eq!(judged(silent).0, Verdict::Unknown);
    }
}
