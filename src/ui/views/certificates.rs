//! `certificates`

use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::kind::CERTIFICATES;
use crate::fleet::{ResourceType, Verdict};
use crate::planes::certificate::{self, CERTIFICATE_FACTS, IssuerState, Presence, verdict};
use crate::ui::columns;
use crate::ui::join;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;
use crate::ui::widgets::bar::Bar;

/// Certificates: when they expire, who signs them, who uses them, and where an issuance hangs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Certificates;

static ABOUT: ViewAbout = ViewAbout {
    name: "certificates",
    aliases: &["cert", "certs", "certificate"],
    help: "Certificates: expiry, issuer, hosts, the ingresses that use them, and where an issuance hangs",
};

static RESOURCES: [ResourceType; 1] = [CERTIFICATES];
static JOINS: [ResourceType; 1] = [CERTIFICATE_FACTS];

static COLUMNS: [Column<Certificate>; 12] =
    [
        columns::namespace(),
        columns::name(),
        Column::<Certificate>::new("ready", "READY", "Whether cert-manager is content with it", |row, _| {
            match row.conditions.get("Ready") {
                Some(ready) if ready.is_true() => Value::text("yes").into(),
                Some(ready) => Value::text(&*ready.reason).as_role(Role::Warning),
                None => Value::Nothing.into(),
            }
        })
        .fit(5, 16)
        .drop_at(3)
        .sorts_by('R'),
        Column::<Certificate>::new(
            "expires",
            "EXPIRES",
            "For how long it is still valid, and how much of its life is over",
            expires,
        )
        .fit(6, 22)
        .drop_at(1)
        .sorts_by('E'),
        Column::<Certificate>::new(
            "renewal",
            "RENEWS",
            "When cert-manager renews it: in how long",
            |row, context| match row.renewal.known() {
                Some(renewal) if renewal > context.now => {
                    Value::Duration(context.now.seconds_before(renewal)).as_role(Role::Dim)
                }
                Some(_) => Value::text("due").as_role(Role::Warning),
                None => Value::Nothing.into(),
            },
        )
        .fit(5, 8)
        .drop_at(5)
        .sorts_by('W'),
        Column::<Certificate>::new("issuer", "ISSUER", "Who signs it", |row, context| {
            let role = match certificate::of(context.cluster, row).map(|facts| &facts.issuer) {
                Some(IssuerState::Missing | IssuerState::NotReady(_)) => Role::Critical,
                _ => Role::Text,
            };
            Value::text(&*row.issuer.name).as_role(role)
        })
        .fit(6, 24)
        .drop_at(2)
        .sorts_by('I'),
        Column::<Certificate>::new("hosts", "HOSTS", "The names it is for", |row, _| {
            let common =
                Some(&row.common_name).filter(|name| !name.is_empty() && !row.dns_names.contains(name));
            let names: Vec<&str> = common.into_iter().chain(&*row.dns_names).map(|name| &**name).collect();
            Value::text(names.join(",")).into()
        })
        .fit(8, 32)
        .drop_at(4)
        .sorts_by('H'),
        Column::<Certificate>::new(
            "ingresses",
            "USED BY",
            "The ingresses that use its secret",
            |row, context| match certificate::of(context.cluster, row) {
                Some(facts) => Value::text(facts.ingresses.join(",")).into(),
                None => Value::Unknown.into(),
            },
        )
        .fit(6, 20)
        .drop_at(6)
        .sorts_by('U'),
        Column::<Certificate>::new(
            "secret",
            "SECRET",
            "Where it is kept, and whether that is there",
            |row, context| match certificate::of(context.cluster, row).map(|facts| facts.secret) {
                Some(Presence::Missing) => {
                    Value::text(format!("{} is missing", row.secret)).as_role(Role::Critical)
                }
                _ => Value::text(&*row.secret).as_role(Role::Dim),
            },
        )
        .fit(6, 32)
        .drop_at(7),
        Column::<Certificate>::new("step", "ISSUANCE", "The step where its issuance is", |row, context| {
            match certificate::of(context.cluster, row).and_then(|facts| facts.hangs.as_ref()) {
                Some(step) => Value::text(format!("{} {}", step.resource.kind, step.name))
                    .as_role(join::role(step.verdict)),
                None => Value::Nothing.into(),
            }
        })
        .fit(8, 40)
        .drop_at(8),
        Column::<Certificate>::new("revision", "REVISION", "How many were issued", |row, _| {
            Value::Count(u64::from(row.revision)).into()
        })
        .fit(3, 8)
        .wide(),
        columns::age(|row, _| Value::Age(row.meta.created).into()),
    ];

fn expires<'a>(row: &'a Certificate, context: &RowContext<'a>) -> Cell<'a> {
    let Some(end) = row.not_after.known() else { return Value::Nothing.into() };
    let left = context.now.seconds_before(end);
    let role = match verdict::of(row, certificate::of(context.cluster, row), context.now).0 {
        Verdict::Ok | Verdict::Progressing | Verdict::Unknown => Role::Text,
        verdict => join::role(verdict),
    };
    let life = end.seconds() - row.not_before.seconds();
    let over = life - left;
    let of = |seconds: i64| u64::try_from(seconds).unwrap_or(0);
    let bar = row.not_before.known().map(|_| Bar {
        used: Some(of(over).min(of(life))),
        requested: 0,
        of: of(life),
    });
    Cell { value: Value::Duration(left.max(0)), role, bar }
}

impl Listing for Certificates {
    type Row = Certificate;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<Certificate>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a Certificate, context: &RowContext<'a>) -> Judged<'a> {
        let (verdict, why) = verdict::of(row, certificate::of(context.cluster, row), context.now);
        Judged::because(verdict, why)
    }
}
