//! `instances`

use std::sync::Arc;

use crate::fleet::ResourceType;
use crate::fleet::aws::kind::MACHINE_IMAGES;
use crate::fleet::kind::NODES;
use crate::fleet::node::host;
use crate::planes::topology::network::machine::{MACHINES, Machine, Purpose};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// The machines in the clusters' networks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Instances;

static ABOUT: ViewAbout = ViewAbout {
    name: "instances",
    aliases: &["ec2", "instance"],
    help: "Machines in the clusters' networks: state and status checks, which node each is, how it is paid, its age",
};

static RESOURCES: [ResourceType; 1] = [MACHINES];

static COLUMNS: [Column<Machine>; 17] = [
    columns::name().fit(12, 20),
    Column::<Machine>::new("is", "IS", "What it is for: which node, the bastion", |row, _| {
        match &row.purpose {
            Purpose::Node { name, .. } => Value::text(&**name).into(),
            Purpose::Lost => Value::text("no node").as_role(Role::Warning),
            Purpose::Unjoined => Value::Unknown.into(),
            Purpose::Bastion { .. } => Value::text("bastion").as_role(Role::Dim),
            Purpose::Other => Value::Nothing.into(),
        }
    })
    .fit(7, 40)
    .drop_at(1)
    .shortened(host)
    .sorts_by('I'),
    Column::<Machine>::new("state", "STATE", "Its state in EC2", |row, _| {
        let role = if row.instance.is_running() { Role::Text } else { Role::Warning };
        Value::text(&*row.instance.state).as_role(role)
    })
    .fit(5, 13)
    .drop_at(1)
    .sorts_by('S'),
    Column::<Machine>::new(
        "checks",
        "CHECKS",
        "What the status checks say of host and instance",
        |row, _| {
            let Some(checks) = &row.instance.checks else { return Value::Nothing.into() };
            let all = [&checks.system, &checks.instance, &checks.volumes];
            let bad =
                all.iter().find(|status| !matches!(&****status, "ok" | "passed" | "not-applicable" | ""));
            match bad {
                None => Value::text("ok").as_role(Role::Dim),
                Some(status) => Value::text(&***status).as_role(Role::Warning),
            }
        },
    )
    .fit(4, 17)
    .drop_at(2)
    .sorts_by('C'),
    Column::<Machine>::new("type", "TYPE", "Instance type", |row, _| Value::text(&*row.instance.kind).into())
        .fit(6, 18)
        .drop_at(3)
        .sorts_by('T'),
    Column::<Machine>::new("capacity", "CAPACITY", "How it is paid: on-demand, spot", |row, _| {
        Value::text(row.instance.capacity()).into()
    })
    .fit(4, 10)
    .drop_at(4)
    .sorts_by('P'),
    Column::<Machine>::new("zone", "ZONE", "Zone", |row, _| Value::text(&*row.instance.zone).into())
        .fit(4, 16)
        .drop_at(4)
        .sorts_by('Z'),
    Column::<Machine>::new("address", "ADDRESS", "Its address in the network", |row, _| {
        Value::text(&*row.instance.address).as_role(Role::Dim)
    })
    .fit(7, 15)
    .drop_at(6),
    Column::<Machine>::new("public", "PUBLIC", "Its address in the internet", |row, _| {
        Value::text(&*row.instance.public_address).into()
    })
    .fit(7, 15)
    .drop_at(5),
    Column::<Machine>::new("called", "CALLED", "Its tag Name", |row, _| {
        let called = row.instance.called();
        Value::text(if *called == *row.instance.id { "" } else { called }).as_role(Role::Dim)
    })
    .fit(6, 32)
    .drop_at(7),
    Column::<Machine>::new("subnet", "SUBNET", "Its subnet", |row, _| {
        Value::text(&*row.instance.subnet).as_role(Role::Dim)
    })
    .fit(8, 24)
    .wide(),
    Column::<Machine>::new(
        "image-age",
        "IMAGE AGE",
        "Since its image was released, or made",
        |row, context| match &row.vintage {
            Some(vintage) if vintage.newer().is_some() => Value::Age(vintage.day).as_role(Role::Progressing),
            Some(vintage) => Value::Age(vintage.day).as_role(Role::Dim),
            None if context.cluster.freshness(&MACHINE_IMAGES).is_current() => Value::Nothing.into(),
            None => Value::Unknown.into(),
        },
    )
    .fit(5, 9)
    .drop_at(5),
    Column::<Machine>::new("image", "IMAGE", "Its machine image", |row, _| {
        Value::text(&*row.instance.image).as_role(Role::Dim)
    })
    .fit(8, 24)
    .wide(),
    Column::<Machine>::new(
        "tokens",
        "IMDS",
        "Whether its metadata service wants tokens (IMDSv2)",
        |row, _| Value::text(&*row.instance.metadata_tokens).as_role(Role::Dim),
    )
    .fit(4, 9)
    .wide(),
    Column::<Machine>::new("groups", "GROUPS", "Its security groups", |row, _| {
        Value::text(row.instance.groups.join(",")).as_role(Role::Dim)
    })
    .fit(8, 40)
    .wide(),
    columns::labels(),
    columns::age(|row, _| Value::Age(row.instance.launched).into()),
];

impl Listing for Instances {
    type Row = Machine;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<Machine>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a Machine, context: &RowContext<'a>) -> Judged<'a> {
        let (verdict, why) = row.judged(context.now);
        Judged::because(verdict, why)
    }
    fn stands_for(&self, row: &Machine) -> Option<(ResourceType, Arc<str>)> {
        match &row.purpose {
            Purpose::Node { name, .. } => Some((NODES, Arc::clone(name))),
            _ => None,
        }
    }
}
