//! `dns`: every record of the zones of all accounts with what it is for, and a record at a glance.

use crate::fleet::aws::health_check::HealthCheck;
use crate::fleet::aws::kind::{HEALTH_CHECKS, LISTENERS, LOAD_BALANCERS, TARGET_GROUPS};
use crate::fleet::aws::record::Answer;
use crate::fleet::time::human_duration;
use crate::fleet::{ClusterId, ObjectRef, ResourceType, Timestamp, Verdict};
use crate::planes::dns::load_balancer::{BALANCERS, Balancer};
use crate::planes::dns::zone::DNS_ZONES;
use crate::planes::dns::{Class, DNS_RECORDS, DnsRecord};
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::page::{self, FACTS, Line, Page, PageView, fact};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::{ViewAbout, World};
use crate::ui::widgets::sheet::{self, SheetLine};

/// Records of Route 53 with what they are for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dns;

static ABOUT: ViewAbout = ViewAbout {
    name: "dns",
    aliases: &["records", "recordsets"],
    help: "Records of Route 53: who owns them, what they are for, where they lead, and what has drifted",
};

static RESOURCES: [ResourceType; 1] = [DNS_RECORDS];

static COLUMNS: [Column<DnsRecord>; 13] = [
    Column::<DnsRecord>::new("hostname", "NAME", "The name", |row, _| {
        Value::text(&*row.name).as_role(Role::Strong)
    })
    .fit(12, 48)
    .drop_at(0)
    .sorts_by('N'),
    Column::<DnsRecord>::new("type", "TYPE", "The type of the record", |row, _| {
        Value::text(&*row.kind).into()
    })
    .fit(4, 6)
    .drop_at(1)
    .sorts_by('T'),
    Column::<DnsRecord>::new("state", "STATE", "How it stands to what wants it", |row, context| {
        state(row, context)
    })
    .fit(7, 13)
    .drop_at(0)
    .sorts_by('S'),
    Column::<DnsRecord>::new("leads-to", "LEADS TO", "Its load balancer, or its values", |row, _| {
        leads_to(row)
    })
    .fit(8, 40)
    .drop_at(3)
    .sorts_by('L'),
    Column::<DnsRecord>::new("source", "FOR", "What wants it", |row, _| match &row.source {
        Some(source) => Value::text(source.to_string()).into(),
        None => Value::Nothing.into(),
    })
    .fit(8, 44)
    .drop_at(4)
    .sorts_by('F'),
    Column::<DnsRecord>::new("owner", "OWNER", "The owner that its text names", |row, _| {
        Value::text(&*row.owner).into()
    })
    .fit(5, 24)
    .drop_at(2)
    .sorts_by('O'),
    Column::<DnsRecord>::new("targets", "TARGETS", "Healthy targets behind it, of all", |row, _| {
        match row.targets {
            Some((have, want)) => Value::Ratio { have, want }.into(),
            None if row.load_balancer.is_some() => Value::Unknown.into(),
            None => Value::Nothing.into(),
        }
    })
    .fit(3, 7)
    .drop_at(5),
    Column::<DnsRecord>::new(
        "certificate",
        "CERT",
        "How long the certificate of its load balancer lasts",
        |row, context| match row.expires.known() {
            Some(end) => Value::Duration(context.now.seconds_before(end).max(0)).into(),
            None => Value::Nothing.into(),
        },
    )
    .fit(4, 6)
    .drop_at(6)
    .sorts_by('E'),
    Column::<DnsRecord>::new("zone", "ZONE", "The domain of its zone", |row, _| {
        let words = if row.is_private { format!("{} (private)", row.domain) } else { row.domain.to_string() };
        Value::text(words).as_role(Role::Dim)
    })
    .fit(8, 40)
    .drop_at(7)
    .sorts_by('Z'),
    Column::<DnsRecord>::new(
        "ttl",
        "TTL",
        "Seconds that its answer is cached; an alias has its target's",
        |row, _| match row.record.as_ref().map(|record| &record.answer) {
            Some(Answer::Values { ttl, .. }) => Value::Count(u64::from(*ttl)).into(),
            _ => Value::Nothing.into(),
        },
    )
    .fit(3, 7)
    .drop_at(8)
    .wide(),
    Column::<DnsRecord>::new("routing", "ROUTING", "How it shares its name with others", |row, _| {
        let routing = row.record.as_ref().and_then(|record| record.routing.as_deref());
        match routing {
            Some(routing) => Value::text(format!("{} {}", routing.set, routing.words)).into(),
            None => Value::Nothing.into(),
        }
    })
    .fit(6, 30)
    .drop_at(9)
    .wide(),
    Column::<DnsRecord>::new("name", "RECORD", "What tells the record from all others", |row, _| {
        Value::text(&*row.key).as_role(Role::Dim)
    })
    .fit(12, 64)
    .drop_at(11)
    .wide(),
    Column::<DnsRecord>::new("health-check", "CHECK", "The health check that it depends on", |row, _| {
        Value::maybe(row.record.as_ref().and_then(|record| record.health_check.as_deref())).as_role(Role::Dim)
    })
    .fit(6, 36)
    .drop_at(10)
    .wide(),
];

fn state<'a>(row: &'a DnsRecord, context: &RowContext<'a>) -> Cell<'a> {
    let role = match row.judge(context.now).0 {
        Verdict::Critical => Role::Critical,
        Verdict::Warning => Role::Warning,
        Verdict::Progressing => Role::Progressing,
        Verdict::Unknown => Role::Unknown,
        Verdict::Ok if row.class == Class::Managed => Role::Text,
        Verdict::Ok => Role::Dim,
    };
    Value::text(row.class.as_str()).as_role(role)
}

fn leads_to(row: &DnsRecord) -> Cell<'_> {
    match (&row.load_balancer, &row.record) {
        (Some(balancer), _) => Value::text(&**balancer).into(),
        (None, Some(record)) => Value::text(record.answer_words()).into(),
        (None, None) => Value::Nothing.into(),
    }
}

impl Listing for Dns {
    type Row = DnsRecord;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<DnsRecord>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a DnsRecord, context: &RowContext<'a>) -> Judged<'a> {
        let (verdict, why) = row.judge(context.now);
        Judged::because(verdict, why)
    }
    fn shown_by<'r>(&self, row: &'r DnsRecord) -> Option<&'r ClusterId> {
        row.shown_by.as_ref()
    }
}

/// Name and help of a record's page.
pub const PAGE: ViewAbout = ViewAbout {
    name: "record",
    aliases: &[],
    help: "a record at a glance: its answer, its owner, what it is for, and what is behind it",
};

static NEEDS: [ResourceType; 1] = [DNS_RECORDS];
static HELPS: [ResourceType; 5] = [BALANCERS, LOAD_BALANCERS, LISTENERS, TARGET_GROUPS, HEALTH_CHECKS];

/// A record at a glance.
#[derive(Debug)]
pub struct RecordPage {
    object: ObjectRef,
}

impl RecordPage {
    /// The page of a record.
    pub fn open(object: &ObjectRef) -> PageView<Self> {
        PageView::new(Self { object: object.clone() })
    }

    fn beside(&self, resource: ResourceType, name: &str) -> Option<ObjectRef> {
        Some(ObjectRef { cluster: self.object.cluster.clone(), resource, namespace: None, name: name.into() })
    }

    fn facts(&self, row: &DnsRecord, world: &World<'_>) -> Vec<sheet::Row<ObjectRef>> {
        let mut rows = Vec::new();
        let zone = format!("{}  {}{}", row.domain, row.zone, if row.is_private { "  private" } else { "" });
        rows.push(fact(None, "zone", &zone, self.beside(DNS_ZONES, &row.zone)));
        if let Some(record) = &row.record {
            match &record.answer {
                Answer::Alias { target, zone, evaluates_health } => {
                    rows.push(fact(None, "alias of", target, None));
                    let health = if *evaluates_health {
                        "as healthy as its target"
                    } else {
                        "whatever its target's health"
                    };
                    rows.push(fact(None, "answers", &format!("{health}  (zone of the target {zone})"), None));
                }
                Answer::Values { ttl, values } => {
                    for value in values {
                        rows.push(fact(None, "answers", value, None));
                    }
                    rows.push(fact(None, "lives", &format!("{ttl} s"), None));
                }
            }
            if let Some(routing) = &record.routing {
                rows.push(fact(None, "routing", &format!("{}  {}", routing.set, routing.words), None));
            }
        }
        let owner = match (&*row.owner, row.record.is_some()) {
            ("", _) => "no text of external-dns names one".to_owned(),
            (owner, true) => format!("{owner}, by the text of external-dns"),
            (owner, false) => format!("would be {owner}"),
        };
        rows.push(fact(None, "owner", &owner, None));
        match &row.source {
            Some(source) => {
                let words = format!("{source} of {}", source.cluster.name());
                rows.push(fact(None, "for", &words, Some(source.clone())));
            }
            None => rows.push(fact(None, "for", "nothing that is known", None)),
        }
        let cluster = world.snapshot.cluster(&self.object.cluster);
        if let Some(name) = &row.load_balancer {
            let table = cluster.and_then(|cluster| cluster.table::<Balancer>(&BALANCERS));
            let found = table.and_then(|table| table.find(None, name)).map(|(_, row)| row.judge(world.now));
            let (verdict, why) = found.unzip();
            let words = match why.filter(|why| !why.is_empty()) {
                Some(why) => format!("{name}  {why}"),
                None => name.to_string(),
            };
            rows.push(fact(verdict, "load balancer", &words, self.beside(BALANCERS, name)));
            rows.push(match row.targets {
                Some((healthy, all)) => {
                    let verdict = if healthy == all { Verdict::Ok } else { Verdict::Warning };
                    fact(Some(verdict), "targets", &format!("{healthy} of {all} healthy"), None)
                }
                None => fact(Some(Verdict::Unknown), "targets", "their health is not known", None),
            });
        }
        if let Some(end) = row.expires.known() {
            rows.push(fact(None, "certificate", &until(world.now, end), None));
        }
        if let Some(id) = row.record.as_ref().and_then(|record| record.health_check.as_deref()) {
            let table = cluster.and_then(|cluster| cluster.table::<HealthCheck>(&HEALTH_CHECKS));
            let found = table.and_then(|table| table.find(None, id)).map(|(_, check)| check);
            rows.push(match found {
                Some(check) => {
                    let (verdict, words) = check.judge();
                    fact(Some(verdict), "health check", &format!("{}  {words}", check.asks), None)
                }
                None => fact(Some(Verdict::Unknown), "health check", id, None),
            });
        }
        rows
    }
}

/// `for 61d, until 2027-01-21T00:00:00Z`
pub(super) fn until(now: Timestamp, end: Timestamp) -> String {
    match now.seconds_before(end) {
        left if left > 0 => format!("for {}, until {}", human_duration(left), end.rfc3339()),
        past => format!("ended {} ago, {}", human_duration(-past), end.rfc3339()),
    }
}

/// What a page says while its row is not there.
pub(super) fn absent(is_settled: bool) -> Vec<Line> {
    let words = if is_settled { "   it is not there any more" } else { "   loading…" };
    vec![SheetLine::of(vec![(words.to_owned(), Role::Dim)])]
}

impl Page for RecordPage {
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
    fn helps(&self) -> &[ResourceType] {
        &HELPS
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<Line> {
        let Some(cluster) = world.snapshot.cluster(&self.object.cluster) else { return Vec::new() };
        let table = cluster.table::<DnsRecord>(&DNS_RECORDS);
        let Some((_, row)) = table.and_then(|table| table.find(None, &self.object.name)) else {
            return absent(cluster.freshness(&DNS_RECORDS).is_settled());
        };
        let (verdict, why) = row.judge(world.now);
        let what = format!("{} {}", row.kind, row.class.as_str());
        let mut lines = page::head(verdict, &row.name, what.trim(), &why, width);
        lines.push(SheetLine::blank());
        lines.extend(sheet::table(FACTS, self.facts(row, world), width).into_iter().skip(1));
        lines
    }
}
