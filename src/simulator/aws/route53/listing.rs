//! `ListResourceRecordSets`: all records of a zone, by pages that begin at a name.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::record::{Record, order, unescaped};
use super::zone_of;
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;

/// Records of a page, and the most that may be asked for.
const PAGE: usize = 300;

/// The page of records that begins at the given name, type and set.
pub(super) fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let (name, kind, set) = (call.text("name"), call.text("type"), call.text("identifier"));
    if name.is_empty() && !(kind.is_empty() && set.is_empty()) {
        let message = "You cannot specify a record type without a record name.";
        return Err(Failure::new(400, "InvalidInput", message));
    }
    let limit = super::limit(call, PAGE);
    let account = call.aws.account();
    let zone = zone_of(&account.zones, call.text("Id"))?;
    let from = unescaped(name);
    let is_before = |record: &Record| order(record, (&from, kind, set)) == Ordering::Less;
    let start = if name.is_empty() { 0 } else { zone.records.partition_point(is_before) };
    let shown = zone.records.iter().skip(start).take(limit).map(Record::written).collect::<Vec<Value>>();
    let after = zone.records.get(start.saturating_add(limit));
    let next = after.or_else(|| zone.records.first().filter(|_| call.endless)).map(Record::written);
    let part = |name: &str| next.as_ref().and_then(|next| next.get(name)).cloned();
    Ok(json!({
        "ResourceRecordSets": {"ResourceRecordSet": shown}, "IsTruncated": next.is_some(), "NextRecordName": part("Name"),
        "NextRecordType": part("Type"), "NextRecordIdentifier": part("SetIdentifier"), "MaxItems": limit.to_string(),
    }))
}
