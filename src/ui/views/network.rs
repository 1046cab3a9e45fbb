//! `subnets`

use crate::fleet::ResourceType;
use crate::planes::topology::network::PREFIX;
use crate::planes::topology::network::subnet::{CLUSTER_SUBNETS, ClusterSubnet, SubnetRole};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;
use crate::ui::widgets::bar::Bar;

/// The subnets of the clusters' networks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subnets;

static ABOUT: ViewAbout = ViewAbout {
    name: "subnets",
    aliases: &["subnet"],
    help: "Subnets of the clusters' networks: what each is for, where it leads, and the addresses that are left",
};

static RESOURCES: [ResourceType; 1] = [CLUSTER_SUBNETS];

static COLUMNS: [Column<ClusterSubnet>; 13] = [
    columns::name().fit(12, 26),
    Column::<ClusterSubnet>::new("called", "CALLED", "Its tag Name", |row, _| {
        let called = row.subnet.called();
        Value::text(if *called == *row.subnet.id { "" } else { called }).into()
    })
    .fit(8, 36)
    .drop_at(2)
    .sorts_by('C'),
    Column::<ClusterSubnet>::new(
        "role",
        "ROLE",
        "What it is for, by its route table: public, private, database, isolated",
        |row, _| match row.role {
            SubnetRole::Unknown => Value::Unknown.into(),
            role => Value::text(role.as_str()).into(),
        },
    )
    .fit(6, 9)
    .drop_at(1)
    .sorts_by('O'),
    Column::<ClusterSubnet>::new("zone", "ZONE", "Zone", |row, _| Value::text(&*row.subnet.zone).into())
        .fit(4, 16)
        .drop_at(1)
        .sorts_by('Z'),
    Column::<ClusterSubnet>::new("cidr", "BLOCK", "Its block of addresses", |row, _| {
        Value::text(&*row.subnet.cidr).as_role(Role::Dim)
    })
    .fit(9, 18)
    .drop_at(3),
    Column::<ClusterSubnet>::new("free", "FREE", "Addresses that are left", |row, _| {
        let Some(free) = row.subnet.free else { return Value::Unknown.into() };
        let role = if free < PREFIX { Role::Warning } else { Role::Text };
        Value::Count(free.into()).as_role(role)
    })
    .fit(4, 6)
    .drop_at(0)
    .sorts_by('F'),
    Column::<ClusterSubnet>::new("used", "USED", "Addresses in use, of those that can be", |row, _| {
        let Some((free, of)) = row.subnet.free.zip(row.subnet.usable()) else { return Value::Unknown.into() };
        let (used, of) = (u64::from(of.saturating_sub(free)), u64::from(of));
        let mut cell = Value::Share { used, of }.as_role(Role::Text);
        cell.bar = Some(Bar { used: Some(used), requested: used, of });
        cell
    })
    .fit(5, 16)
    .drop_at(2)
    .sorts_by('U'),
    Column::<ClusterSubnet>::new("machines", "MACHINES", "Machines that run in it", |row, _| {
        Value::Count(row.machines.into()).into()
    })
    .fit(4, 8)
    .drop_at(4)
    .sorts_by('M'),
    Column::<ClusterSubnet>::new("takes", "TAKES", "Who takes addresses from it besides", |row, _| {
        let takes = [(row.takes_nodes, "nodes"), (row.is_of_control_plane, "control plane")];
        let words: Vec<&str> = takes.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
        Value::text(words.join(", ")).as_role(Role::Dim)
    })
    .fit(5, 20)
    .drop_at(4),
    Column::<ClusterSubnet>::new(
        "way-out",
        "WAY OUT",
        "Where everything that is not local goes",
        |row, _| {
            let role = if row.is_blackhole { Role::Critical } else { Role::Dim };
            Value::text(&*row.way_out).as_role(role)
        },
    )
    .fit(8, 24)
    .drop_at(5),
    Column::<ClusterSubnet>::new("vpc", "VPC", "The network that it is in", |row, _| {
        Value::text(&*row.subnet.vpc).as_role(Role::Dim)
    })
    .fit(8, 24)
    .wide(),
    Column::<ClusterSubnet>::new("zone-id", "ZONE ID", "The zone, by its name in all accounts", |row, _| {
        Value::text(&*row.subnet.zone_id).as_role(Role::Dim)
    })
    .fit(8, 12)
    .wide(),
    columns::labels(),
];

impl Listing for Subnets {
    type Row = ClusterSubnet;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<ClusterSubnet>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a ClusterSubnet, _: &RowContext<'a>) -> Judged<'a> {
        let (verdict, why) = row.judged();
        Judged::because(verdict, why)
    }
    fn default_sort(&self) -> Option<(&'static str, bool)> {
        Some(("free", false))
    }
}
