//! EC2: networks, machines and volumes, by the Query protocol. The SDK of EC2 is larger than all others together.
//!
//! Everything is read as text and understood afterwards: one field that is not what its documentation says takes nothing
//! else away.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Deserialize;

use super::account::Account;
use super::operations::{
    EC2_INSTANCE_STATUS, EC2_INSTANCES, EC2_INTERNET_GATEWAYS, EC2_NAT_GATEWAYS, EC2_ROUTE_TABLES,
    EC2_SECURITY_GROUPS, EC2_SUBNETS, EC2_VOLUMES, EC2_VPC_ENDPOINTS, EC2_VPCS, Operation,
};
use super::query::{Form, Items, Paged, pages};
use crate::fleet::Timestamp;
use crate::fleet::aws::ebs_volume::EbsVolume;
use crate::fleet::aws::endpoint::Endpoint;
use crate::fleet::aws::gateway::{Gateway, GatewayKind};
use crate::fleet::aws::instance::{Checks, Event, Instance};
use crate::fleet::aws::route_table::{Route, RouteTable};
use crate::fleet::aws::security_group::{Permission, SecurityGroup};
use crate::fleet::aws::subnet::Subnet;
use crate::fleet::aws::tag::Tags;
use crate::fleet::aws::vpc::Vpc;
use crate::gateway::failure::Failure;

/// Things of a page: the most that most operations allow.
const PAGE: u32 = 1000;
/// Route tables of a page: the most that `DescribeRouteTables` allows.
const ROUTE_TABLES: u32 = 100;

/// All pages of an operation.
async fn all<T>(account: &Account, operation: &Operation, page: u32, more: &Form) -> Result<Vec<T>, Failure>
where
    T: serde::de::DeserializeOwned + Paged,
{
    let mut form = more.clone();
    form.push(("MaxResults".to_owned(), page.to_string()));
    pages(account, operation, &form, "NextToken").await
}

/// Declares answers: the set of things, and where the next page is.
macro_rules! answers {
    ($($answer:ident { $set:ident: $thing:ident })*) => {
        $(
            #[derive(Default, Deserialize)]
            #[serde(default, rename_all = "camelCase")]
            struct $answer {
                $set: Items<$thing>,
                next_token: Option<String>,
            }

            impl Paged for $answer {
                fn next(&self) -> Option<&str> {
                    self.next_token.as_deref()
                }
            }
        )*
    };
}

answers! {
    Vpcs { vpc_set: VpcWire }
    Subnets { subnet_set: SubnetWire }
    RouteTables { route_table_set: RouteTableWire }
    NatGateways { nat_gateway_set: NatGatewayWire }
    InternetGateways { internet_gateway_set: InternetGatewayWire }
    Endpoints { vpc_endpoint_set: EndpointWire }
    SecurityGroups { security_group_info: SecurityGroupWire }
    Reservations { reservation_set: ReservationWire }
    Statuses { instance_status_set: StatusWire }
    Volumes { volume_set: VolumeWire }
}

/// Declares what is read of a thing.
macro_rules! wires {
    ($($(#[$about:meta])* $wire:ident { $($(#[$how:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            #[derive(Default, Deserialize)]
            #[serde(default, rename_all = "camelCase")]
            $(#[$about])*
            struct $wire {
                $($(#[$how])* $field: $type,)*
            }
        )*
    };
}

wires! {
    TagWire { key: String, value: String, }
    VpcWire {
        vpc_id: String,
        state: String,
        cidr_block: String,
        cidr_block_association_set: Items<CidrWire>,
        is_default: String,
        tag_set: Items<TagWire>,
    }
    CidrWire { cidr_block: String, cidr_block_state: StateWire, }
    StateWire { state: String, }
    SubnetWire {
        subnet_id: String,
        vpc_id: String,
        state: String,
        availability_zone: String,
        availability_zone_id: String,
        cidr_block: String,
        available_ip_address_count: String,
        map_public_ip_on_launch: String,
        tag_set: Items<TagWire>,
    }
    RouteTableWire {
        route_table_id: String,
        vpc_id: String,
        association_set: Items<AssociationWire>,
        route_set: Items<RouteWire>,
        tag_set: Items<TagWire>,
    }
    AssociationWire { subnet_id: String, main: String, }
    RouteWire {
        destination_cidr_block: String,
        destination_ipv6_cidr_block: String,
        destination_prefix_list_id: String,
        gateway_id: String,
        nat_gateway_id: String,
        transit_gateway_id: String,
        vpc_peering_connection_id: String,
        egress_only_internet_gateway_id: String,
        network_interface_id: String,
        instance_id: String,
        state: String,
    }
    NatGatewayWire {
        nat_gateway_id: String,
        vpc_id: String,
        subnet_id: String,
        state: String,
        failure_message: String,
        connectivity_type: String,
        create_time: String,
        nat_gateway_address_set: Items<AddressWire>,
        tag_set: Items<TagWire>,
    }
    AddressWire { public_ip: String, }
    InternetGatewayWire {
        internet_gateway_id: String,
        attachment_set: Items<AttachmentWire>,
        tag_set: Items<TagWire>,
    }
    AttachmentWire { vpc_id: String, state: String, instance_id: String, }
    EndpointWire {
        vpc_endpoint_id: String,
        service_name: String,
        vpc_endpoint_type: String,
        state: String,
        vpc_id: String,
        subnet_id_set: Items<String>,
        route_table_id_set: Items<String>,
        tag_set: Items<TagWire>,
    }
    SecurityGroupWire {
        group_id: String,
        group_name: String,
        group_description: String,
        vpc_id: String,
        ip_permissions: Items<PermissionWire>,
        ip_permissions_egress: Items<PermissionWire>,
        tag_set: Items<TagWire>,
    }
    PermissionWire {
        ip_protocol: String,
        from_port: String,
        to_port: String,
        groups: Items<GroupWire>,
        ip_ranges: Items<RangeWire>,
        ipv6_ranges: Items<RangeWire>,
        prefix_list_ids: Items<PrefixWire>,
    }
    GroupWire { group_id: String, }
    RangeWire { cidr_ip: String, cidr_ipv6: String, }
    PrefixWire { prefix_list_id: String, }
    ReservationWire { instances_set: Items<InstanceWire>, }
    InstanceWire {
        instance_id: String,
        instance_state: NameWire,
        state_reason: MessageWire,
        instance_type: String,
        architecture: String,
        instance_lifecycle: String,
        image_id: String,
        placement: PlacementWire,
        vpc_id: String,
        subnet_id: String,
        private_ip_address: String,
        ip_address: String,
        private_dns_name: String,
        group_set: Items<GroupWire>,
        iam_instance_profile: ArnWire,
        metadata_options: MetadataWire,
        launch_time: String,
        tag_set: Items<TagWire>,
    }
    NameWire { name: String, }
    MessageWire { message: String, }
    ArnWire { arn: String, }
    PlacementWire { availability_zone: String, }
    MetadataWire { http_tokens: String, }
    StatusWire {
        instance_id: String,
        instance_status: CheckWire,
        system_status: CheckWire,
        attached_ebs_status: CheckWire,
        events_set: Items<EventWire>,
    }
    CheckWire { status: String, details: Items<DetailWire>, }
    DetailWire { impaired_since: String, }
    EventWire { code: String, description: String, not_before: String, }
    VolumeWire {
        volume_id: String,
        status: String,
        size: String,
        volume_type: String,
        iops: String,
        throughput: String,
        availability_zone: String,
        encrypted: String,
        attachment_set: Items<AttachmentWire>,
        create_time: String,
        tag_set: Items<TagWire>,
    }
}

fn shared(text: &str) -> Arc<str> {
    Arc::from(text)
}

fn tags(wire: Items<TagWire>) -> Tags {
    wire.into_vec().into_iter().map(|tag| (tag.key.into(), tag.value.into())).collect()
}

fn texts<T: From<String>>(wire: Items<String>) -> Box<[T]> {
    wire.into_vec().into_iter().map(T::from).collect()
}

/// The networks of an account and region.
pub async fn vpcs(account: &Account) -> Result<Vec<Vpc>, Failure> {
    let pages: Vec<Vpcs> = all(account, &EC2_VPCS, PAGE, &Form::new()).await?;
    let vpc = |wire: VpcWire| {
        let mut cidrs: Vec<Box<str>> = wire
            .cidr_block_association_set
            .into_vec()
            .into_iter()
            .filter(|one| matches!(&*one.cidr_block_state.state, "" | "associated"))
            .map(|one| one.cidr_block.into())
            .collect();
        if cidrs.is_empty() && !wire.cidr_block.is_empty() {
            cidrs.push(wire.cidr_block.into());
        }
        Vpc {
            id: wire.vpc_id.into(),
            state: wire.state.into(),
            cidrs: cidrs.into(),
            is_default: wire.is_default == "true",
            tags: tags(wire.tag_set),
        }
    };
    Ok(pages.into_iter().flat_map(|page| page.vpc_set.into_vec()).map(vpc).collect())
}

/// The subnets of an account and region.
pub async fn subnets(account: &Account) -> Result<Vec<Subnet>, Failure> {
    let pages: Vec<Subnets> = all(account, &EC2_SUBNETS, PAGE, &Form::new()).await?;
    let subnet = |wire: SubnetWire| Subnet {
        id: wire.subnet_id.into(),
        vpc: wire.vpc_id.into(),
        state: wire.state.into(),
        zone: wire.availability_zone.into(),
        zone_id: wire.availability_zone_id.into(),
        cidr: wire.cidr_block.into(),
        free: wire.available_ip_address_count.parse().ok(),
        maps_public: wire.map_public_ip_on_launch == "true",
        tags: tags(wire.tag_set),
    };
    Ok(pages.into_iter().flat_map(|page| page.subnet_set.into_vec()).map(subnet).collect())
}

/// The route tables of an account and region.
pub async fn route_tables(account: &Account) -> Result<Vec<RouteTable>, Failure> {
    let pages: Vec<RouteTables> = all(account, &EC2_ROUTE_TABLES, ROUTE_TABLES, &Form::new()).await?;
    let table = |wire: RouteTableWire| RouteTable {
        id: wire.route_table_id.into(),
        vpc: wire.vpc_id.into(),
        is_main: wire.association_set.iter().any(|one| one.main == "true"),
        subnets: wire
            .association_set
            .iter()
            .filter(|one| !one.subnet_id.is_empty())
            .map(|one| shared(&one.subnet_id))
            .collect(),
        routes: wire.route_set.into_vec().into_iter().map(route).collect(),
        tags: tags(wire.tag_set),
    };
    Ok(pages.into_iter().flat_map(|page| page.route_table_set.into_vec()).map(table).collect())
}

fn route(wire: RouteWire) -> Route {
    let first = |texts: &[&String]| -> String {
        texts.iter().find(|text| !text.is_empty()).map(|text| (*text).clone()).unwrap_or_default()
    };
    Route {
        destination: first(&[
            &wire.destination_cidr_block,
            &wire.destination_ipv6_cidr_block,
            &wire.destination_prefix_list_id,
        ])
        .into(),
        target: first(&[
            &wire.gateway_id,
            &wire.nat_gateway_id,
            &wire.transit_gateway_id,
            &wire.vpc_peering_connection_id,
            &wire.egress_only_internet_gateway_id,
            &wire.network_interface_id,
            &wire.instance_id,
        ])
        .into(),
        state: wire.state.into(),
    }
}

/// The internet and NAT gateways of an account and region.
pub async fn gateways(account: &Account) -> Result<Vec<Gateway>, Failure> {
    let nothing = Form::new();
    let (nat, internet) = futures::try_join!(
        all::<NatGateways>(account, &EC2_NAT_GATEWAYS, PAGE, &nothing),
        all::<InternetGateways>(account, &EC2_INTERNET_GATEWAYS, PAGE, &nothing),
    )?;
    let nat = nat.into_iter().flat_map(|page| page.nat_gateway_set.into_vec()).map(|wire| Gateway {
        id: wire.nat_gateway_id.into(),
        kind: GatewayKind::Nat,
        vpc: wire.vpc_id.into(),
        state: wire.state.into(),
        failure: wire.failure_message.into(),
        subnet: wire.subnet_id.into(),
        connectivity: wire.connectivity_type.into(),
        addresses: wire
            .nat_gateway_address_set
            .into_vec()
            .into_iter()
            .filter(|address| !address.public_ip.is_empty())
            .map(|address| address.public_ip.into())
            .collect(),
        created: Timestamp::parse(&wire.create_time),
        tags: tags(wire.tag_set),
    });
    let internet = internet.into_iter().flat_map(|page| page.internet_gateway_set.into_vec()).map(|wire| {
        let attached = wire.attachment_set.into_vec().into_iter().next().unwrap_or_default();
        Gateway {
            id: wire.internet_gateway_id.into(),
            kind: GatewayKind::Internet,
            vpc: attached.vpc_id.into(),
            state: attached.state.into(),
            tags: tags(wire.tag_set),
            ..Gateway::default()
        }
    });
    Ok(nat.chain(internet).collect())
}

/// The endpoints of an account and region.
pub async fn endpoints(account: &Account) -> Result<Vec<Endpoint>, Failure> {
    let pages: Vec<Endpoints> = all(account, &EC2_VPC_ENDPOINTS, PAGE, &Form::new()).await?;
    let endpoint = |wire: EndpointWire| Endpoint {
        id: wire.vpc_endpoint_id.into(),
        service: wire.service_name.into(),
        kind: wire.vpc_endpoint_type.into(),
        state: wire.state.into(),
        vpc: wire.vpc_id.into(),
        subnets: texts(wire.subnet_id_set),
        route_tables: texts(wire.route_table_id_set),
        tags: tags(wire.tag_set),
    };
    Ok(pages.into_iter().flat_map(|page| page.vpc_endpoint_set.into_vec()).map(endpoint).collect())
}

/// The security groups of an account and region.
pub async fn security_groups(account: &Account) -> Result<Vec<SecurityGroup>, Failure> {
    let pages: Vec<SecurityGroups> = all(account, &EC2_SECURITY_GROUPS, PAGE, &Form::new()).await?;
    let group = |wire: SecurityGroupWire| SecurityGroup {
        id: wire.group_id.into(),
        name: wire.group_name.into(),
        description: wire.group_description.into(),
        vpc: wire.vpc_id.into(),
        ingress: wire.ip_permissions.into_vec().into_iter().map(permission).collect(),
        egress: wire.ip_permissions_egress.into_vec().into_iter().map(permission).collect(),
        tags: tags(wire.tag_set),
    };
    Ok(pages.into_iter().flat_map(|page| page.security_group_info.into_vec()).map(group).collect())
}

fn permission(wire: PermissionWire) -> Permission {
    let networks = wire.ip_ranges.into_vec().into_iter().chain(wire.ipv6_ranges.into_vec());
    Permission {
        protocol: wire.ip_protocol.into(),
        ports: wire.from_port.parse().ok().zip(wire.to_port.parse().ok()),
        networks: networks
            .map(|range| if range.cidr_ip.is_empty() { range.cidr_ipv6 } else { range.cidr_ip })
            .filter(|network| !network.is_empty())
            .map(Into::into)
            .collect(),
        groups: wire.groups.into_vec().into_iter().map(|group| group.group_id.into()).collect(),
        prefixes: wire
            .prefix_list_ids
            .into_vec()
            .into_iter()
            .map(|list| list.prefix_list_id.into())
            .collect(),
    }
}

/// The instances of an account and region, with what their status checks say.
pub async fn instances(account: &Account) -> Result<Vec<Instance>, Failure> {
    let nothing = Form::new();
    let (reservations, statuses) = futures::try_join!(
        all::<Reservations>(account, &EC2_INSTANCES, PAGE, &nothing),
        all::<Statuses>(account, &EC2_INSTANCE_STATUS, PAGE, &nothing),
    )?;
    let mut checks: HashMap<String, Checks> = statuses
        .into_iter()
        .flat_map(|page| page.instance_status_set.into_vec())
        .map(|mut wire| (std::mem::take(&mut wire.instance_id), checked(wire)))
        .collect();
    let instances = reservations
        .into_iter()
        .flat_map(|page| page.reservation_set.into_vec())
        .flat_map(|reservation| reservation.instances_set.into_vec());
    Ok(instances
        .map(|wire| Instance {
            checks: checks.remove(&wire.instance_id),
            id: wire.instance_id.into(),
            state: wire.instance_state.name.into(),
            reason: wire.state_reason.message.into(),
            kind: wire.instance_type.into(),
            architecture: wire.architecture.into(),
            lifecycle: wire.instance_lifecycle.into(),
            image: wire.image_id.into(),
            zone: wire.placement.availability_zone.into(),
            vpc: wire.vpc_id.into(),
            subnet: wire.subnet_id.into(),
            address: wire.private_ip_address.into(),
            public_address: wire.ip_address.into(),
            dns_name: wire.private_dns_name.into(),
            groups: wire.group_set.into_vec().into_iter().map(|group| group.group_id.into()).collect(),
            profile: wire.iam_instance_profile.arn.into(),
            metadata_tokens: wire.metadata_options.http_tokens.into(),
            launched: Timestamp::parse(&wire.launch_time),
            tags: tags(wire.tag_set),
        })
        .collect())
}

/// The images that the instances of an account and region were launched from.
pub(super) async fn image_ids(account: &Account) -> Result<BTreeSet<Box<str>>, Failure> {
    let pages: Vec<Reservations> = all(account, &EC2_INSTANCES, PAGE, &Form::new()).await?;
    let instances = pages
        .into_iter()
        .flat_map(|page| page.reservation_set.into_vec())
        .flat_map(|reservation| reservation.instances_set.into_vec());
    Ok(instances.map(|wire| wire.image_id).filter(|id| !id.is_empty()).map(Box::from).collect())
}

fn checked(wire: StatusWire) -> Checks {
    let since = [&wire.system_status, &wire.instance_status, &wire.attached_ebs_status]
        .into_iter()
        .flat_map(|check| check.details.iter())
        .map(|detail| Timestamp::parse(&detail.impaired_since))
        .filter(|since| !since.is_never())
        .min_by_key(|since| since.seconds());
    let event = |wire: EventWire| Event {
        code: wire.code.into(),
        description: wire.description.into(),
        not_before: Timestamp::parse(&wire.not_before),
    };
    Checks {
        since: since.unwrap_or(Timestamp::NEVER),
        system: wire.system_status.status.into(),
        instance: wire.instance_status.status.into(),
        volumes: wire.attached_ebs_status.status.into(),
        events: wire.events_set.into_vec().into_iter().map(event).collect(),
    }
}

/// The volumes of an account and region.
pub async fn volumes(account: &Account) -> Result<Vec<EbsVolume>, Failure> {
    let pages: Vec<Volumes> = all(account, &EC2_VOLUMES, PAGE, &Form::new()).await?;
    let volume = |wire: VolumeWire| EbsVolume {
        id: wire.volume_id.into(),
        state: wire.status.into(),
        gib: wire.size.parse().unwrap_or_default(),
        kind: wire.volume_type.into(),
        iops: wire.iops.parse().unwrap_or_default(),
        throughput: wire.throughput.parse().unwrap_or_default(),
        zone: wire.availability_zone.into(),
        is_encrypted: wire.encrypted == "true",
        instances: wire.attachment_set.into_vec().into_iter().map(|one| one.instance_id.into()).collect(),
        created: Timestamp::parse(&wire.create_time),
        tags: tags(wire.tag_set),
    };
    Ok(pages.into_iter().flat_map(|page| page.volume_set.into_vec()).map(volume).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_answer_of_instances_is_read_with_what_is_missing_left_out() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>8f7724cf</requestId><reservationSet><item>
<reservationId>r-1</reservationId><ownerId>1</ownerId><groupSet/><instancesSet><item><instanceId>i-0c31</instanceId>
<instanceState><code>16</code><name>running</name></instanceState><privateDnsName>ip-10-0-11-7.ec2.internal</privateDnsName>
<instanceType>m6i.large</instanceType><launchTime>2026-11-20T08:00:00.000Z</launchTime><placement><availabilityZone>us-east-1a</availabilityZone></placement>
<groupSet><item><groupId>sg-1</groupId><groupName>n</groupName></item><item><groupId>sg-2</groupId></item></groupSet>
<instanceLifecycle>spot</instanceLifecycle><tagSet><item><key>Name</key><value>a &amp; b</value></item></tagSet></item></instancesSet>
</item></reservationSet><nextToken>more</nextToken></DescribeInstancesResponse>"#;
        let page: Reservations = quick_xml::de::from_str(xml).unwrap();
        assert_eq!(page.next(), Some("more"));
        let instances: Vec<InstanceWire> = page
            .reservation_set
            .into_vec()
            .into_iter()
            .flat_map(|one| one.instances_set.into_vec())
            .collect();
        let [instance] = &instances[..] else { panic!("one instance") };
        assert_eq!((&*instance.instance_id, &*instance.instance_state.name), ("i-0c31", "running"));
        assert_eq!(instance.group_set.iter().count(), 2);
        assert_eq!(tags(instances.into_iter().next().unwrap().tag_set)[0].1.as_ref(), "a & b");
    }

    #[test]
    fn a_rule_for_all_traffic_has_no_ports_and_empty_lists_are_empty() {
        let xml = r"<R><securityGroupInfo><item><groupId>sg-1</groupId><ipPermissions><item><ipProtocol>-1</ipProtocol><groups/>
<ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges><ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6></item></ipv6Ranges><prefixListIds/></item>
<item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><groups><item><groupId>sg-2</groupId></item></groups></item></ipPermissions>
<ipPermissionsEgress/></item></securityGroupInfo></R>";
        let page: SecurityGroups = quick_xml::de::from_str(xml).unwrap();
        let group = page.security_group_info.into_vec().into_iter().next().unwrap();
        let rules: Vec<Permission> = group.ip_permissions.into_vec().into_iter().map(permission).collect();
        assert_eq!((rules[0].ports, rules[0].networks.len(), rules[0].groups.len()), (None, 2, 0));
        assert_eq!((rules[1].ports, &*rules[1].groups[0]), (Some((443, 443)), "sg-2"));
        assert!(rules[0].is_for_everybody() && !rules[1].is_for_everybody());
    }

    #[test]
    fn a_route_leads_to_whatever_kind_of_target_it_has() {
        let route = |xml: &str| super::route(quick_xml::de::from_str(xml).unwrap());
        let nat = route(
            "<i><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId><state>blackhole</state></i>",
        );
        assert_eq!((&*nat.destination, &*nat.target, &*nat.state), ("0.0.0.0/0", "nat-1", "blackhole"));
        let list = route(
            "<i><destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-1</gatewayId></i>",
        );
        assert_eq!((&*list.destination, &*list.target), ("pl-1", "vpce-1"));
    }
}
