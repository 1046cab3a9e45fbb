//! Route 53: hosted zones, their records, health checks.
//!
//! Route 53 answers ten calls a second to a whole account, and external-dns lives on the same ones (Route 53 Developer
//! Guide, throttling of API requests: a bucket of 50 that refills by 10 a second). So a reading begins swiftly and goes
//! on slowly, and of very many zones only those with the most records are looked into.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_route53::Client;
use aws_sdk_route53::types::{HealthCheckConfig, HostedZone as Said, ResourceRecordSet, RrType};
use futures::{StreamExt as _, TryStreamExt as _};

use super::account::Account;
use super::operations::{
    Operation, ROUTE_53_HEALTH_CHECK_STATUS, ROUTE_53_HEALTH_CHECKS, ROUTE_53_RECORDS, ROUTE_53_ZONE,
    ROUTE_53_ZONES,
};
use super::{MOST_PAGES, endless};
use crate::fleet::aws::health_check::{HealthCheck, Seen};
use crate::fleet::aws::record::{Answer, RecordSet, Routing, plain_target, unescaped};
use crate::fleet::aws::zone::HostedZone;
use crate::fleet::intern::Interner;
use crate::gateway::failure::{Cause, Failure};

/// Calls that run at a time.
const AT_A_TIME: usize = 4;
/// Calls of one reading that follow each other as fast as they are answered.
const BURST: u32 = 32;
/// How long each of those at a time waits before every further call: five a second together.
const PAUSE: Duration = Duration::from_millis(800);
/// The records that Route 53 makes in every zone: NS and SOA.
const OWN_RECORDS: i64 = 2;
/// The most zones that are looked into.
const MOST_ZONES: usize = 200;
/// The most zones that are described one by one. The name servers of others are in their NS records.
const MOST_DESCRIBED: usize = 24;
/// The most health checks whose state is asked for: that is answered once a second, after the first four.
const MOST_CHECKS: usize = 20;
const CHECK_BURST: u32 = 3;
const CHECK_PAUSE: Duration = Duration::from_millis(1100);

async fn client(account: &Account) -> Client {
    Client::new(&*account.config().await)
}

/// Begins swiftly and goes on slowly.
struct Rhythm {
    calls: AtomicU32,
    burst: u32,
    pause: Duration,
}

impl Rhythm {
    fn new(burst: u32, pause: Duration) -> Self {
        Self { calls: AtomicU32::new(0), burst, pause }
    }

    async fn step(&self) {
        if self.calls.fetch_add(1, Ordering::Relaxed) >= self.burst {
            tokio::time::sleep(self.pause).await;
        }
    }
}

/// Tokens of the pages of one answer: one that was there before leads round in a circle.
struct Tokens {
    seen: HashSet<String>,
    operation: &'static Operation,
}

impl Tokens {
    fn new(operation: &'static Operation) -> Self {
        Self { seen: HashSet::new(), operation }
    }

    fn follow(&mut self, token: String) -> Result<String, Failure> {
        if self.seen.len() >= MOST_PAGES || !self.seen.insert(token.clone()) {
            return Err(endless(self.operation));
        }
        Ok(token)
    }
}

async fn listed(account: &Account, client: &Client) -> Result<Vec<Said>, Failure> {
    let mut zones = Vec::new();
    let mut next: Option<String> = None;
    let mut tokens = Tokens::new(&ROUTE_53_ZONES);
    loop {
        let answer = client
            .list_hosted_zones()
            .set_marker(next.take())
            .send()
            .await
            .map_err(|error| account.failed(&ROUTE_53_ZONES, &error))?;
        zones.extend(answer.hosted_zones);
        match answer.next_marker.filter(|marker| answer.is_truncated && !marker.is_empty()) {
            Some(marker) => next = Some(tokens.follow(marker)?),
            None => return Ok(zones),
        }
    }
}

/// Those that are looked into: the ones with the most records, and none that has only what Route 53 makes itself.
fn looked_into(mut zones: Vec<Said>) -> Vec<Said> {
    zones.sort_by_cached_key(|zone| (-zone.resource_record_set_count.unwrap_or(0), zone.id.clone()));
    zones.truncate(MOST_ZONES);
    zones
}

/// The account's hosted zones; the fullest of them with their name servers and VPCs.
pub async fn zones(account: &Account) -> Result<Vec<HostedZone>, Failure> {
    let client = client(account).await;
    let all = listed(account, &client).await?;
    let fullest = looked_into(all.clone()).into_iter().take(MOST_DESCRIBED);
    let asked: BTreeSet<String> = fullest.map(|zone| zone.id).collect();
    let (client, asked) = (&client, &asked);
    let describe = |zone: Said| async move {
        let mut row = zone_row(&zone);
        if !asked.contains(&zone.id) {
            return Ok(Some(row));
        }
        let answer = match client.get_hosted_zone().id(&zone.id).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let failure = account.failed(&ROUTE_53_ZONE, &error);
                return match failure.cause {
                    // Deleted since it was listed.
                    Cause::Missing => Ok(None),
                    // What a zone is can be known without it.
                    Cause::Forbidden => Ok(Some(row)),
                    _ => Err(failure),
                };
            }
        };
        let servers = answer.delegation_set.map(|set| set.name_servers).unwrap_or_default();
        let mut servers: Vec<Box<str>> = servers.iter().map(|server| unescaped(server).into()).collect();
        servers.sort_unstable();
        row.name_servers = servers.into();
        row.networks =
            answer.vpcs.unwrap_or_default().into_iter().filter_map(|vpc| Some(vpc.vpc_id?.into())).collect();
        Ok::<_, Failure>(Some(row))
    };
    let rows: Vec<Option<HostedZone>> =
        futures::stream::iter(all.into_iter().map(describe)).buffered(AT_A_TIME).try_collect().await?;
    Ok(rows.into_iter().flatten().collect())
}

fn zone_id(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

fn zone_row(zone: &Said) -> HostedZone {
    let config = zone.config.as_ref();
    let kept_by = zone.linked_service.as_ref().and_then(|service| service.service_principal.as_deref());
    HostedZone {
        id: zone_id(&zone.id).into(),
        domain: unescaped(&zone.name).into(),
        comment: config.and_then(|config| config.comment.as_deref()).unwrap_or_default().into(),
        is_private: config.is_some_and(|config| config.private_zone),
        records: zone.resource_record_set_count.and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
        kept_by: kept_by.unwrap_or_default().into(),
        ..HostedZone::default()
    }
}

/// The records of the account's hosted zones. A zone that was looked into has at least its NS and SOA among them; one
/// that has no others is left out.
pub async fn records(account: &Account) -> Result<Vec<RecordSet>, Failure> {
    let client = client(account).await;
    let mut zones = looked_into(listed(account, &client).await?);
    zones.retain(|zone| zone.resource_record_set_count.is_none_or(|count| count > OWN_RECORDS));
    let rhythm = Rhythm::new(BURST, PAUSE);
    let (client, rhythm) = (&client, &rhythm);
    let read = |zone: Said| async move { zone_records(account, client, rhythm, &zone).await };
    let sets: Vec<(Arc<str>, Vec<ResourceRecordSet>)> =
        futures::stream::iter(zones.into_iter().map(read)).buffered(AT_A_TIME).try_collect().await?;
    let mut shared = Interner::default();
    let mut keys: HashSet<Box<str>> = HashSet::new();
    let mut rows = Vec::with_capacity(sets.iter().map(|(_, sets)| sets.len()).sum());
    for (zone, sets) in sets {
        for set in sets {
            let mut row = record_row(&set, &zone, &mut shared);
            if !keys.insert(row.key.clone()) {
                row.key = format!("{} in {zone}", row.key).into();
                keys.insert(row.key.clone());
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

async fn zone_records(
    account: &Account,
    client: &Client,
    rhythm: &Rhythm,
    zone: &Said,
) -> Result<(Arc<str>, Vec<ResourceRecordSet>), Failure> {
    let mut sets = Vec::new();
    let mut tokens = Tokens::new(&ROUTE_53_RECORDS);
    let mut next: Option<(String, Option<RrType>, Option<String>)> = None;
    loop {
        rhythm.step().await;
        let (name, kind, set) = match next.take() {
            Some((name, kind, set)) => (Some(name), kind, set),
            None => (None, None, None),
        };
        let call = client
            .list_resource_record_sets()
            .hosted_zone_id(zone_id(&zone.id))
            .set_start_record_name(name)
            .set_start_record_type(kind)
            .set_start_record_identifier(set);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let failure = account.failed(&ROUTE_53_RECORDS, &error);
                // A zone that was deleted since it was listed has no records.
                return match failure.cause {
                    Cause::Missing => Ok((zone_id(&zone.id).into(), Vec::new())),
                    _ => Err(failure),
                };
            }
        };
        sets.extend(answer.resource_record_sets);
        let Some(name) = answer.next_record_name.filter(|name| answer.is_truncated && !name.is_empty())
        else {
            return Ok((zone_id(&zone.id).into(), sets));
        };
        let (kind, set) = (answer.next_record_type, answer.next_record_identifier);
        let token = format!(
            "{name} {} {}",
            kind.as_ref().map_or("", RrType::as_str),
            set.as_deref().unwrap_or_default()
        );
        tokens.follow(token)?;
        next = Some((name, kind, set));
    }
}

fn record_row(said: &ResourceRecordSet, zone: &Arc<str>, shared: &mut Interner) -> RecordSet {
    let name = unescaped(&said.name);
    let kind = said.r#type.as_str();
    let routing = said.set_identifier.as_deref().map(|set| {
        let weight = said.weight.map(|weight| u32::try_from(weight).unwrap_or_default());
        Box::new(Routing { set: set.into(), words: routing_words(said).into(), weight })
    });
    let key = match &routing {
        Some(routing) => format!("{name} {kind} {}", routing.set),
        None => format!("{name} {kind}"),
    };
    let answer = match &said.alias_target {
        Some(alias) => Answer::Alias {
            target: shared.get(&plain_target(&alias.dns_name)),
            zone: shared.get(&alias.hosted_zone_id),
            evaluates_health: alias.evaluate_target_health,
        },
        None => Answer::Values {
            ttl: said.ttl.and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default(),
            values: said
                .resource_records
                .iter()
                .flatten()
                .map(|record| match kind {
                    "CNAME" | "NS" | "PTR" => unescaped(&record.value).into(),
                    _ => record.value.as_str().into(),
                })
                .collect(),
        },
    };
    RecordSet {
        key: key.into(),
        name: shared.get(&name),
        kind: shared.get(kind),
        zone: Arc::clone(zone),
        routing,
        answer,
        health_check: said.health_check_id.as_deref().map(|id| shared.get(id)),
    }
}

fn routing_words(said: &ResourceRecordSet) -> String {
    if let Some(weight) = said.weight {
        return format!("weight {weight}");
    }
    if let Some(failover) = &said.failover {
        return format!("failover {}", failover.as_str().to_lowercase());
    }
    if let Some(region) = &said.region {
        return format!("region {}", region.as_str());
    }
    if let Some(place) = &said.geo_location {
        let parts = [&place.continent_code, &place.country_code, &place.subdivision_code];
        let place: Vec<&str> = parts.into_iter().filter_map(|part| part.as_deref()).collect();
        return format!("place {}", place.join(" "));
    }
    if let Some(cidr) = &said.cidr_routing_config {
        return format!("addresses {}", cidr.location_name);
    }
    match said.multi_value_answer {
        Some(true) => "multivalue".to_owned(),
        _ if said.geo_proximity_location.is_some() => "nearest".to_owned(),
        _ => String::new(),
    }
}

/// The account's health checks; of the first of them that ask something, with what the checkers saw.
pub async fn health_checks(account: &Account) -> Result<Vec<HealthCheck>, Failure> {
    let client = client(account).await;
    let mut checks = Vec::new();
    let mut next: Option<String> = None;
    let mut tokens = Tokens::new(&ROUTE_53_HEALTH_CHECKS);
    loop {
        let answer = client
            .list_health_checks()
            .set_marker(next.take())
            .send()
            .await
            .map_err(|error| account.failed(&ROUTE_53_HEALTH_CHECKS, &error))?;
        checks.extend(answer.health_checks);
        match answer.next_marker.filter(|marker| answer.is_truncated && !marker.is_empty()) {
            Some(marker) => next = Some(tokens.follow(marker)?),
            None => break,
        }
    }
    let rhythm = Rhythm::new(CHECK_BURST, CHECK_PAUSE);
    let mut rows: Vec<HealthCheck> = checks
        .iter()
        .map(|check| match &check.health_check_config {
            Some(config) => check_row(&check.id, config),
            None => HealthCheck { id: check.id.as_str().into(), ..HealthCheck::default() },
        })
        .collect();
    let asking = rows.iter_mut().filter(|row| asks_somebody(&row.kind) && !row.is_disabled);
    for row in asking.take(MOST_CHECKS) {
        rhythm.step().await;
        let answer = match client.get_health_check_status().health_check_id(&*row.id).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let failure = account.failed(&ROUTE_53_HEALTH_CHECK_STATUS, &error);
                match failure.cause {
                    // What a check is can be known without it: its state stays unknown.
                    Cause::Forbidden | Cause::Missing | Cause::NotOffered | Cause::Busy(_) => continue,
                    _ => return Err(failure),
                }
            }
        };
        let said = answer.health_check_observations.iter();
        let mut seen = Seen::default();
        for observation in said {
            let report = observation.status_report.as_ref();
            let words = report.and_then(|report| report.status.as_deref()).unwrap_or_default();
            seen.all += 1;
            if words.starts_with("Success") {
                seen.succeeded += 1;
            } else if seen.failure.is_empty() {
                seen.failure = words.into();
            }
        }
        row.seen = Some(seen);
    }
    Ok(rows)
}

/// False for those that are made of other checks, alarms or switches: AWS has no status of them.
fn asks_somebody(kind: &str) -> bool {
    !matches!(kind, "CALCULATED" | "CLOUDWATCH_METRIC" | "RECOVERY_CONTROL")
}

fn check_row(id: &str, config: &HealthCheckConfig) -> HealthCheck {
    let kind = config.r#type.as_str();
    let host = config.fully_qualified_domain_name.as_deref().or(config.ip_address.as_deref());
    let port = config.port.map(|port| format!(":{port}")).unwrap_or_default();
    let path = config.resource_path.as_deref().unwrap_or_default();
    let asks = match (kind, host) {
        ("CALCULATED", _) => format!("{} other checks", config.child_health_checks.iter().flatten().count()),
        ("CLOUDWATCH_METRIC", _) => {
            let alarm = config.alarm_identifier.as_ref().map(|alarm| alarm.name.as_str());
            format!("alarm {}", alarm.unwrap_or_default())
        }
        (_, Some(host)) => {
            let scheme = kind.split('_').next().unwrap_or_default().to_lowercase();
            format!("{scheme}://{host}{port}{path}")
        }
        (_, None) => String::new(),
    };
    HealthCheck {
        id: id.into(),
        kind: kind.into(),
        asks: asks.into(),
        is_inverted: config.inverted == Some(true),
        is_disabled: config.disabled == Some(true),
        seen: None,
    }
}
