//! `nodeclasses`

use std::collections::BTreeMap;

use std::sync::Arc;

use crate::fleet::ResourceType;
use crate::fleet::Row as _;
use crate::fleet::condition::Status;
use crate::fleet::karpenter::node_class::NodeClass;
use crate::planes::karpenter::{CLASSES, Class, class};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;

/// Node classes with what was found in AWS for them, and who uses them.
#[derive(Clone, Copy, Debug, Default)]
pub struct NodeClasses;

static ABOUT: ViewAbout = ViewAbout {
    name: "nodeclasses",
    aliases: &["ec2nodeclasses", "ec2nodeclass", "ec2nc", "nodeclass"],
    help: "How Karpenter launches: subnets by zone, security groups, images and whether they are deprecated, and which pools use it",
};

static RESOURCES: [ResourceType; 1] = [CLASSES];

static COLUMNS: [Column<Class>; 12] = [
    columns::name().fit(8, 40),
    Column::<Class>::new("pools", "POOLS", "The pools that launch with it", |row, _| {
        Value::text(row.pools.join(",")).into()
    })
    .fit(5, 30)
    .drop_at(2)
    .sorts_by('P'),
    Column::<Class>::new("family", "FAMILY", "Family of machine images", |row, _| {
        of(row, |class| {
            let alias =
                || class.ami_terms.iter().flat_map(|term| &term.fields).find(|(f, _)| &**f == "alias");
            match (&class.ami_family, alias()) {
                (Some(family), _) => Value::text(&**family),
                (None, Some((_, alias))) => Value::text(&**alias),
                (None, None) => Value::Nothing,
            }
        })
    })
    .fit(5, 16)
    .drop_at(5),
    Column::<Class>::new(
        "amis",
        "AMIS",
        "Machine images that were found, the newest first; those that are deprecated",
        |row, _| {
            of(row, |class| {
                let images = class.amis.iter().map(|ami| match ami.is_deprecated {
                    true => format!("{} (deprecated)", ami.id),
                    false => ami.id.to_string(),
                });
                Value::text(images.collect::<Vec<_>>().join(","))
            })
        },
    )
    .fit(6, 40)
    .drop_at(4),
    Column::<Class>::new("subnets", "SUBNETS", "Subnets that were found, by zone", |row, _| {
        of(row, |class| {
            let mut zones: BTreeMap<&str, usize> = BTreeMap::new();
            for subnet in &class.subnets {
                *zones.entry(&subnet.zone).or_default() += 1;
            }
            let zones = zones.iter().map(|(zone, subnets)| match subnets {
                1 => (*zone).to_owned(),
                subnets => format!("{zone} ×{subnets}"),
            });
            Value::text(zones.collect::<Vec<_>>().join(","))
        })
    })
    .fit(7, 40)
    .drop_at(3),
    Column::<Class>::new("security-groups", "GROUPS", "Security groups that were found", |row, _| {
        of(row, |class| {
            let names = class.security_groups.iter().map(|group| match &*group.name {
                "" => &*group.id,
                name => name,
            });
            Value::text(names.collect::<Vec<_>>().join(","))
        })
    })
    .fit(6, 40)
    .drop_at(5),
    Column::<Class>::new("role", "ROLE", "The role of its nodes", |row, _| {
        of(row, |class| Value::maybe(class.role.as_deref().or(class.instance_profile.as_deref())))
    })
    .fit(5, 32)
    .drop_at(6),
    Column::<Class>::new("conditions", "MET", "Conditions that hold, of all", |row, _| {
        let Some(class) = &row.class else { return Value::Nothing.into() };
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let have = count(class.conditions.iter().filter(|condition| condition.is_true()).count());
        let want = count(class.conditions.iter().count());
        let is_broken = class.conditions.iter().any(|condition| condition.status == Status::False);
        Value::Ratio { have, want }.as_role(if is_broken { Role::Critical } else { Role::Text })
    })
    .fit(3, 6)
    .drop_at(4),
    Column::<Class>::new("kind", "KIND", "EC2NodeClass, or NodeClass of EKS Auto Mode", |row, _| {
        Value::text(&*row.resource.kind).into()
    })
    .fit(6, 12)
    .wide(),
    Column::<Class>::new("instance-profile", "PROFILE", "Instance profile", |row, _| {
        of(row, |class| Value::maybe(class.instance_profile.as_deref()))
    })
    .fit(7, 40)
    .wide(),
    columns::labels(),
    columns::age(|row, _| of(row, |class| Value::Age(class.meta.created))),
];

fn of<'a>(row: &'a Class, value: impl FnOnce(&'a NodeClass) -> Value<'a>) -> Cell<'a> {
    row.class.as_deref().map_or(Value::Nothing, value).into()
}

impl Listing for NodeClasses {
    type Row = Class;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<Class>] {
        &COLUMNS
    }
    fn stands_for(&self, row: &Class) -> Option<(ResourceType, Arc<str>)> {
        Some((row.resource.clone(), row.name().into()))
    }
    fn verdict<'a>(&self, row: &'a Class, context: &RowContext<'a>) -> Judged<'a> {
        let (verdict, why) = class::of(row, context.now);
        Judged { verdict, why: why.into() }
    }
}
