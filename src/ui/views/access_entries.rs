//! `access-entries`

use crate::fleet::ResourceType;
use crate::fleet::aws::access_entry::{AccessPolicy, called};
use crate::planes::rights::{ENTRANTS, Entrant};
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// Access entries of EKS: who of AWS comes in as whom, and what that gives.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccessEntries;

static ABOUT: ViewAbout = ViewAbout {
    name: "access-entries",
    aliases: &["access", "entries"],
    help: "Access entries of EKS: which principal of AWS is in which group, what that gives, against the blueprint",
};

static RESOURCES: [ResourceType; 1] = [ENTRANTS];

static COLUMNS: [Column<Entrant>; 8] = [
    Column::<Entrant>::new("principal", "PRINCIPAL", "The role or user of AWS", |row, _| {
        if row.is_missing { Value::Nothing.into() } else { Value::text(called(&row.entry.principal)).into() }
    })
    .fit(10, 56)
    .drop_at(0)
    .sorts_by('N'),
    Column::<Entrant>::new("groups", "GROUPS", "The groups of Kubernetes it is in", |row, _| {
        let groups: Vec<&str> = row.entry.groups.iter().map(AsRef::as_ref).collect();
        Value::text(groups.join(", ")).into()
    })
    .fit(8, 40)
    .drop_at(0)
    .sorts_by('G'),
    Column::<Entrant>::new("roles", "MAY", "Roles of Kubernetes that are bound to its groups", |row, _| {
        match &row.roles {
            Some(roles) => Value::text(roles.join(", ")).into(),
            None => Value::Unknown.into(),
        }
    })
    .fit(8, 56)
    .drop_at(2)
    .sorts_by('M'),
    Column::<Entrant>::new("policies", "POLICIES", "Access policies of EKS, which are no roles", |row, _| {
        let words: Vec<String> = row.entry.policies.iter().map(AccessPolicy::words).collect();
        Value::text(words.join(", ")).into()
    })
    .fit(8, 48)
    .drop_at(3)
    .sorts_by('P'),
    Column::<Entrant>::new("type", "TYPE", "What the entry is for: people, or nodes", |row, _| {
        Value::text(&*row.entry.kind).as_role(Role::Dim)
    })
    .fit(8, 16)
    .drop_at(4)
    .sorts_by('T'),
    Column::<Entrant>::new("user", "USER", "Who they are to Kubernetes", |row, _| {
        Value::text(&*row.entry.username).as_role(Role::Dim)
    })
    .fit(8, 64)
    .wide(),
    Column::<Entrant>::new("arn", "ARN", "The principal's whole name", |row, _| {
        Value::text(&*row.entry.principal).as_role(Role::Dim)
    })
    .fit(8, 80)
    .wide(),
    Column::<Entrant>::new("age", "AGE", "Since the entry was made", |row, _| {
        if row.is_missing { Value::Nothing.into() } else { Value::Age(row.entry.created).into() }
    })
    .fit(3, 7)
    .drop_at(5)
    .sorts_by('A'),
];

impl Listing for AccessEntries {
    type Row = Entrant;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<Entrant>] {
        &COLUMNS
    }
    fn default_sort(&self) -> Option<(&'static str, bool)> {
        Some(("principal", false))
    }
    fn verdict<'a>(&self, row: &'a Entrant, _: &RowContext<'a>) -> Judged<'a> {
        Judged { verdict: row.verdict, why: (&*row.why).into() }
    }
}
