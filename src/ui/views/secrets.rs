//! `secrets`

use std::sync::Arc;

use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Timestamp};
use crate::planes::certificate::Presence;
use crate::planes::secret::{Consumers, Origin, SECRET_SOURCES, SecretSource, StoreState, Stored, verdict};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;

/// Where Secrets come from: external, sealed and mounted ones in one table.
#[derive(Clone, Copy, Debug, Default)]
pub struct Secrets;

static ABOUT: ViewAbout = ViewAbout {
    name: "secrets",
    aliases: &["es", "externalsecrets"],
    help: "Where Secrets come from: external, sealed and mounted ones, their store, last sync and who uses them",
};

static RESOURCES: [ResourceType; 1] = [SECRET_SOURCES];

static COLUMNS: [Column<SecretSource>; 12] = [
    columns::namespace(),
    columns::name(),
    Column::<SecretSource>::new("kind", "KIND", "What makes the Secret", |row, _| {
        Value::text(match row.origin {
            Origin::External { .. } => "external",
            Origin::Sealed { .. } => "sealed",
            Origin::Mounted { .. } => "mounted",
            Origin::Unreadable(_) => "?",
        })
        .as_role(Role::Dim)
    })
    .fit(6, 8)
    .drop_at(3)
    .sorts_by('K'),
    Column::<SecretSource>::new("store", "STORE", "The store that it reads", |row, _| match &row.origin {
        Origin::External { store, state, .. } => {
            let role = match state {
                StoreState::Missing | StoreState::Broken(_) => Role::Critical,
                StoreState::Valid | StoreState::Unknown => Role::Text,
            };
            Value::text(&*store.name).as_role(role)
        }
        Origin::Sealed { .. } | Origin::Mounted { .. } | Origin::Unreadable(_) => Value::Nothing.into(),
    })
    .fit(6, 28)
    .drop_at(2)
    .sorts_by('S'),
    Column::<SecretSource>::new("provider", "FROM", "Where the secrets are", |row, _| {
        Value::text(&*row.provider).as_role(Role::Dim)
    })
    .fit(3, 12)
    .drop_at(5),
    Column::<SecretSource>::new("refreshed", "REFRESHED", "Since it was last read, or unsealed", |row, _| {
        let at = match &row.origin {
            Origin::External { refreshed, .. } => *refreshed,
            Origin::Sealed { synced, .. } => synced.as_ref().map(|synced| synced.since).unwrap_or_default(),
            Origin::Mounted { .. } | Origin::Unreadable(_) => return Value::Nothing.into(),
        };
        if at.is_never() { Value::Nothing.into() } else { Value::Age(at).into() }
    })
    .fit(4, 9)
    .drop_at(1)
    .sorts_by('R'),
    Column::<SecretSource>::new("next", "NEXT", "In how long it is read again", |row, context| {
        match &row.origin {
            Origin::External { refreshed, every: Some(every), .. } if !refreshed.is_never() => {
                let next = refreshed.seconds() + i64::try_from(*every).unwrap_or(i64::MAX / 2);
                Value::Duration((next - context.now.seconds()).max(0)).as_role(Role::Dim)
            }
            Origin::External { policy, .. } if !policy.as_str().is_empty() => {
                Value::text(policy.as_str()).as_role(Role::Dim)
            }
            Origin::External { every: None, .. } => Value::text("never").as_role(Role::Dim),
            _ => Value::Nothing.into(),
        }
    })
    .fit(4, 11)
    .drop_at(4)
    .sorts_by('X'),
    Column::<SecretSource>::new(
        "secret",
        "SECRET",
        "The Secret that it makes, and whether that is there",
        |row, _| {
            let is_missing = |target: &&crate::planes::secret::Target| target.presence == Presence::Missing;
            let missing: Vec<&str> =
                row.targets.iter().filter(is_missing).map(|target| &*target.name).collect();
            if !missing.is_empty() && !matches!(row.origin, Origin::Mounted { mounted: 0, .. }) {
                return Value::text(format!("{} is missing", missing.join(","))).as_role(Role::Critical);
            }
            let unknown = row.targets.iter().any(|target| target.presence == Presence::Unknown);
            let names: Vec<&str> = row.targets.iter().map(|target| &*target.name).collect();
            Value::text(names.join(",")).as_role(if unknown { Role::Unknown } else { Role::Text })
        },
    )
    .fit(6, 32)
    .drop_at(2)
    .sorts_by('T'),
    Column::<SecretSource>::new(
        "consumers",
        "USED BY",
        "Who mounts it or reads it into its environment",
        |row, _| match &row.consumers {
            Consumers::Unknown => Value::Unknown.into(),
            Consumers::Known(names) if names.is_empty() => Value::text("no workload").as_role(Role::Dim),
            Consumers::Known(names) => Value::text(names.join(", ")).into(),
        },
    )
    .fit(6, 30)
    .drop_at(6)
    .sorts_by('U'),
    Column::<SecretSource>::new(
        "remote",
        "SECRETS",
        "What it reads, or the keys that are sealed; names only",
        |row, _| Value::text(row.remote.join(",")).as_role(Role::Dim),
    )
    .fit(6, 48)
    .drop_at(7),
    Column::<SecretSource>::new(
        "stored",
        "IN AWS",
        "What Secrets Manager or Parameter Store know about the secrets; never a value",
        stored,
    )
    .fit(6, 24)
    .drop_at(4)
    .sorts_by('I'),
    columns::age(|row, _| {
        if row.meta.created.is_never() { Value::Nothing.into() } else { Value::Age(row.meta.created).into() }
    }),
];

/// Whether all are there, and when the newest of them changed.
fn stored<'a>(row: &'a SecretSource, context: &RowContext<'a>) -> Cell<'a> {
    let Stored::Known(keys) = &row.stored else {
        let is_aws = &*row.provider == "aws" && matches!(row.origin, Origin::External { .. });
        return if is_aws { Value::Unknown.into() } else { Value::Nothing.into() };
    };
    let found: Vec<_> = keys.iter().filter_map(|key| key.found.as_ref()).collect();
    if found.len() < keys.len() {
        return Value::text(format!("{} of {} there", found.len(), keys.len())).as_role(Role::Warning);
    }
    if found.iter().any(|one| !one.deleted.is_never()) {
        return Value::text("being deleted").as_role(Role::Warning);
    }
    let age = |at: Timestamp| human_duration(at.seconds_before(context.now).max(0));
    let rotated = found.iter().filter(|one| one.rotates).map(|one| one.rotated).max();
    let changed = found.iter().map(|one| one.changed).max();
    let words = match (rotated.and_then(Timestamp::known), changed.and_then(Timestamp::known)) {
        (Some(at), _) => format!("rotated {}", age(at)),
        (None, Some(at)) => format!("changed {}", age(at)),
        (None, None) => "there".to_owned(),
    };
    Value::text(words).as_role(Role::Dim)
}

impl Listing for Secrets {
    type Row = SecretSource;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<SecretSource>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a SecretSource, context: &RowContext<'a>) -> Judged<'a> {
        let (verdict, why) = verdict::of(row, context.now);
        Judged::because(verdict, why)
    }
    fn stands_for(&self, row: &SecretSource) -> Option<(ResourceType, Arc<str>)> {
        let is_object = !row.meta.name.is_empty();
        is_object.then(|| (row.resource.clone(), row.meta.name.as_ref().into()))
    }
}
