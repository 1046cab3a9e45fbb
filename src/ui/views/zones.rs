//! `zones`: hosted zones, and a zone at a glance.

use std::collections::BTreeMap;

use super::dns::absent;
use crate::fleet::{ClusterId, ObjectRef, ResourceType, Row, Verdict};
use crate::planes::dns::zone::{DNS_ZONES, DnsZone};
use crate::planes::dns::{DNS_RECORDS, DnsRecord};
use crate::ui::describe;
use crate::ui::join;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::page::{self, FACTS, Line, Page, PageView, fact};
use crate::ui::role::Role;
use crate::ui::text::escape;
use crate::ui::value::Value;
use crate::ui::view::{ViewAbout, World};
use crate::ui::widgets::sheet::{self, Head, SheetLine};

/// Hosted zones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Zones;

static ABOUT: ViewAbout = ViewAbout {
    name: "zones",
    aliases: &["hostedzones", "hostedzone", "zone"],
    help: "Hosted zones: public or private, records, who keeps them, and whether the world finds them",
};

static RESOURCES: [ResourceType; 1] = [DNS_ZONES];

static COLUMNS: [Column<DnsZone>; 9] = [
    Column::<DnsZone>::new("domain", "DOMAIN", "The domain", |row, _| {
        Value::text(&*row.zone.domain).as_role(Role::Strong)
    })
    .fit(12, 56)
    .drop_at(0)
    .sorts_by('N'),
    Column::<DnsZone>::new("kind", "KIND", "Who may ask it", |row, _| {
        Value::text(if row.zone.is_private { "private" } else { "public" }).into()
    })
    .fit(6, 7)
    .drop_at(1)
    .sorts_by('K'),
    Column::<DnsZone>::new("records", "RECORDS", "Record sets in it", |row, _| {
        Value::Count(u64::from(row.zone.records)).into()
    })
    .fit(4, 7)
    .drop_at(2)
    .sorts_by('R'),
    Column::<DnsZone>::new(
        "kept-by",
        "KEPT BY",
        "Clusters whose external-dns keeps records in it",
        |row, _| Value::text(row.kept_by.join(", ")).into(),
    )
    .fit(8, 48)
    .drop_at(3)
    .sorts_by('B'),
    Column::<DnsZone>::new("owners", "OWNERS", "Owners that texts of external-dns name", |row, _| match row
        .is_read
    {
        true => Value::text(row.owners.join(", ")).into(),
        false => Value::Unknown.into(),
    })
    .fit(8, 48)
    .drop_at(4)
    .sorts_by('O'),
    Column::<DnsZone>::new("comment", "COMMENT", "What its makers say", |row, _| {
        Value::text(&*row.zone.comment).as_role(Role::Dim)
    })
    .fit(6, 40)
    .drop_at(6),
    Column::<DnsZone>::new("name", "ID", "Its id", |row, _| Value::text(&*row.zone.id).as_role(Role::Dim))
        .fit(8, 24)
        .drop_at(5)
        .sorts_by('I'),
    Column::<DnsZone>::new("servers", "SERVERS", "The servers that answer for it", |row, _| {
        Value::text(row.name_servers.join(", ")).as_role(Role::Dim)
    })
    .fit(8, 100)
    .drop_at(8)
    .wide(),
    Column::<DnsZone>::new("networks", "VPCS", "The VPCs that may ask it", |row, _| {
        Value::text(row.zone.networks.join(", ")).as_role(Role::Dim)
    })
    .fit(8, 48)
    .drop_at(7)
    .wide(),
];

impl Listing for Zones {
    type Row = DnsZone;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<DnsZone>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a DnsZone, _: &RowContext<'a>) -> Judged<'a> {
        Judged::because(row.verdict, &*row.why)
    }
    fn shown_by<'r>(&self, row: &'r DnsZone) -> Option<&'r ClusterId> {
        row.shown_by.as_ref()
    }
    fn default_sort(&self) -> Option<(&'static str, bool)> {
        Some(("domain", false))
    }
}

/// Name and help of a zone's page.
pub const PAGE: ViewAbout = ViewAbout {
    name: "hosted-zone",
    aliases: &[],
    help: "a hosted zone at a glance: its servers or VPCs, its keepers, and what has drifted in it",
};

static NEEDS: [ResourceType; 2] = [DNS_ZONES, DNS_RECORDS];

const RECORDS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("RECORD", 56, 0),
    Head::words("TYPE", 6, 2),
    Head::words("STATE", 14, 1),
    Head::words("WHY", 240, 0),
];

/// A zone at a glance.
#[derive(Debug)]
pub struct ZonePage {
    object: ObjectRef,
}

impl ZonePage {
    /// The page of a zone.
    pub fn open(object: &ObjectRef) -> PageView<Self> {
        PageView::new(Self { object: object.clone() })
    }
}

impl Page for ZonePage {
    type Target = ObjectRef;

    fn about(&self) -> &'static ViewAbout {
        &PAGE
    }
    fn object(&self) -> Option<&ObjectRef> {
        Some(&self.object)
    }
    fn needs(&self) -> &[ResourceType] {
        &NEEDS
    }
    /// Records of a zone are in the tables of the clusters that they belong to.
    fn clusters(&self, world: &World<'_>) -> Vec<ClusterId> {
        world.snapshot.clusters.iter().map(|cluster| cluster.id.clone()).collect()
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<Line> {
        let Some(cluster) = world.snapshot.cluster(&self.object.cluster) else { return Vec::new() };
        let table = cluster.table::<DnsZone>(&DNS_ZONES);
        let Some((_, row)) = table.and_then(|table| table.find(None, &self.object.name)) else {
            return absent(cluster.freshness(&DNS_ZONES).is_settled());
        };
        let zone = &row.zone;
        let what =
            format!("{}  {} records", if zone.is_private { "private" } else { "public" }, zone.records);
        let mut lines = page::head(row.verdict, &zone.domain, &what, &row.why, width);
        lines.push(SheetLine::blank());
        let mut facts = vec![fact(None, "id", &zone.id, None)];
        let mut told = |what: &str, words: String| {
            if !words.is_empty() {
                facts.push(fact(None, what, &words, None));
            }
        };
        told("comment", zone.comment.to_string());
        told("made by", zone.kept_by.to_string());
        told("servers", row.name_servers.join(", "));
        told("VPCs", zone.networks.join(", "));
        told("kept by", row.kept_by.join(", "));
        told("owners", row.owners.join(", "));
        let records = self.records(world);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, record) in &records {
            *counts.entry(record.class.as_str()).or_default() += 1;
        }
        let counts: Vec<String> = counts.iter().map(|(class, count)| format!("{count} {class}")).collect();
        told("records", counts.join(", "));
        lines.extend(sheet::table(FACTS, facts, width).into_iter().skip(1));
        let rows: Vec<sheet::Row<ObjectRef>> = records
            .iter()
            .map(|(object, record)| (object, record, record.judge(world.now)))
            .filter(|(_, _, (verdict, _))| *verdict != Verdict::Ok)
            .map(|(object, record, (verdict, why))| {
                let (glyph, role) = describe::glyph(verdict, false);
                let cells = vec![
                    (glyph.to_owned(), role),
                    (escape(&record.name).into_owned(), Role::Strong),
                    (escape(&record.kind).into_owned(), Role::Text),
                    (record.class.as_str().to_owned(), join::role(verdict)),
                    (escape(&why).into_owned(), join::role(verdict)),
                ];
                (cells, Some(object.clone()))
            })
            .collect();
        if !rows.is_empty() {
            lines.push(SheetLine::blank());
            lines.extend(sheet::table(RECORDS, rows, width));
        }
        lines
    }
}

impl ZonePage {
    /// The records of the zone in all clusters, each once, the worst first.
    fn records<'w>(&self, world: &World<'w>) -> Vec<(ObjectRef, &'w DnsRecord)> {
        let mut all: Vec<(ObjectRef, &DnsRecord)> = Vec::new();
        for cluster in &world.snapshot.clusters {
            let table = cluster.table::<DnsRecord>(&DNS_RECORDS);
            for (_, row) in table.into_iter().flat_map(|table| table.iter()) {
                if *row.zone == *self.object.name && row.shown_by.is_none() {
                    let object = ObjectRef {
                        cluster: cluster.id.clone(),
                        resource: DNS_RECORDS,
                        namespace: None,
                        name: row.name().into(),
                    };
                    all.push((object, row));
                }
            }
        }
        all.sort_by_cached_key(|(object, row)| {
            (std::cmp::Reverse(row.judge(world.now).0), object.name.clone())
        });
        all
    }
}
