//! EC2: the networks of the clusters and the machines in them.
//!
//! Each file makes the things of one kind from the clusters; filters, ids and pages are the same for all.

pub(crate) mod bastion;
pub(crate) mod subnet;

mod address;
mod filter;
pub(crate) mod image;
mod instance;
pub(crate) mod launch_template;
mod network;
mod security_group;
mod volume;

use serde_json::{Value, json};

use super::call::Call;
use super::failure::Failure;
use super::land::Land;
use super::protocol::Protocol;
use super::service::Service;
use crate::simulator::world::cluster::ACCOUNT;
use crate::simulator::world::field;

pub(crate) const SERVICE: Service = Service {
    name: "ec2",
    signing: "ec2",
    permission: "ec2",
    protocol: Protocol::Ec2("http://ec2.amazonaws.com/doc/2016-11-15/"),
    routes: &[],
    answer,
};

/// Things of a page when nobody asks for fewer, and the most that may be asked for.
const PAGE: usize = 1000;

/// How things of a kind are asked for and answered.
pub(crate) struct Kind {
    /// The parameter that lists ids.
    ids: &'static str,
    /// The field that holds the id.
    id: &'static str,
    /// The element around all.
    set: &'static str,
    /// What is said of an id that nobody has.
    missing: &'static str,
    /// The names of filters with the fields that they look at.
    filters: &'static [(&'static str, &'static str)],
}

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    let lands = call.lands();
    let of = |make: fn(&Land) -> Vec<Value>| lands.iter().flat_map(make).collect::<Vec<Value>>();
    match call.operation {
        "DescribeVpcs" => select(call, &network::VPC, of(network::vpcs)),
        "DescribeSubnets" => {
            let account = call.aws.account().clone();
            let subnets = lands.iter().flat_map(|land| subnet::subnets(land, &account)).collect();
            select(call, &subnet::KIND, subnets)
        }
        "DescribeAddresses" => select(call, &address::KIND, of(address::addresses)),
        "DescribeRouteTables" => select(call, &network::ROUTE_TABLE, of(network::route_tables)),
        "DescribeNatGateways" => select(call, &network::NAT_GATEWAY, of(network::nat_gateways)),
        "DescribeInternetGateways" => {
            select(call, &network::INTERNET_GATEWAY, of(network::internet_gateways))
        }
        "DescribeVpcEndpoints" => select(call, &network::ENDPOINT, of(network::endpoints)),
        "DescribeSecurityGroups" => select(call, &security_group::KIND, of(security_group::groups)),
        "DescribeInstances" => instance::describe(call, of(instance::instances)),
        "DescribeInstanceStatus" => select(call, &instance::STATUS, of(instance::statuses)),
        "DescribeVolumes" => select(call, &volume::KIND, of(volume::volumes)),
        "DescribeImages" => select(call, &image::KIND, of(image::images)),
        "DescribeLaunchTemplates" => select(call, &launch_template::TEMPLATE, of(launch_template::templates)),
        "DescribeLaunchTemplateVersions" => launch_template::describe(call, of(launch_template::versions)),
        other => Err(Failure::not_built(&format!("ec2:{other}"))),
    }
}

/// The page of things that a request asks for by ids and filters.
fn select(call: &Call<'_>, kind: &Kind, things: Vec<Value>) -> Result<Value, Failure> {
    let things = chosen(call, kind, things)?;
    let page = call.page(things, limit(call), call.text("NextToken"))?;
    Ok(json!({kind.set: {"item": page.items}, "nextToken": page.next}))
}

fn limit(call: &Call<'_>) -> usize {
    call.number("MaxResults").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE).min(PAGE)
}

fn chosen(call: &Call<'_>, kind: &Kind, things: Vec<Value>) -> Result<Vec<Value>, Failure> {
    let wanted = call.texts(kind.ids);
    for id in &wanted {
        if !things.iter().any(|thing| field::text(thing, kind.id) == *id) {
            let message = format!("The ID '{id}' does not exist");
            return Err(Failure::new(400, kind.missing, message));
        }
    }
    let filters = filter::read(call.parameters, kind.filters)?;
    Ok(things
        .into_iter()
        .filter(|thing| wanted.is_empty() || wanted.contains(&field::text(thing, kind.id)))
        .filter(|thing| filters.iter().all(|filter| filter.meets(thing)))
        .collect())
}

/// Tags in EC2's spelling.
fn tag_set<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let tags: Vec<Value> = tags.into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    json!({"item": tags})
}

/// The tags of what Terraform made for a cluster, and more.
fn own_tags(land: &Land, name: &str, more: &[(&str, &str)]) -> Value {
    let own = [
        ("Name", name),
        ("Environment", land.cluster.environment),
        ("ManagedBy", "terraform"),
        ("Project", "myapp"),
    ];
    tag_set(own.into_iter().chain(more.iter().copied()))
}

/// The account that owns everything.
fn owner() -> &'static str {
    ACCOUNT
}

#[cfg(test)]
mod tests;
