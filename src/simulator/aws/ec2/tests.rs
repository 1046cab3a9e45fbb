use super::super::tests::{ask_form, between, resting, shared, unfolded};

#[tokio::test]
async fn every_node_is_an_instance_in_its_subnet_and_the_bastion_beside() {
    let (simulator, aws) = resting();
    let vpc = crate::simulator::world::cluster::PROD.vpc();
    let form = format!("Action=DescribeInstances&Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}");
    let answer = ask_form(&aws, "ec2", &form).await;
    assert_eq!(between(&answer, "<instanceId>", "<").len(), 7);
    assert_eq!(between(&answer, "<instanceLifecycle>", "<"), ["spot"; 3]);
    let nodes = simulator.cluster("myapp-prod").unwrap().list(
        "nodes",
        None,
        &crate::simulator::store::Selection::all(),
    );
    for node in nodes {
        assert!(
            answer.contains(&format!("<privateDnsName>{}</privateDnsName>", node.key.name)),
            "{}",
            node.key.name
        );
    }
}

#[tokio::test]
async fn the_nine_subnets_say_what_is_free_by_role_and_zone() {
    let aws = shared();
    let vpc = crate::simulator::world::cluster::DEV.vpc();
    let form = format!("Action=DescribeSubnets&Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}");
    let answer = ask_form(aws, "ec2", &form).await;
    let networks = between(&answer, "<cidrBlock>", "<");
    assert_eq!(networks.len(), 9);
    assert!(networks.contains(&"10.0.11.0/24") && networks.contains(&"10.0.23.0/24"));
    let free: Vec<i64> = between(&answer, "<availableIpAddressCount>", "<")
        .iter()
        .map(|count| count.parse().unwrap())
        .collect();
    assert!(free.iter().all(|count| (100..=251).contains(count)), "{free:?}");
    assert!(free[3] < free[6], "nodes and pods take from the private subnets");
}

#[tokio::test]
async fn more_pods_take_more_addresses() {
    let count = async |aws: &super::super::Aws| {
        let form = "Action=DescribeSubnets&Filter.1.Name=tag:Name&Filter.1.Value.1=myapp-prod-private-*";
        let answer = ask_form(aws, "ec2", form).await;
        between(&answer, "<availableIpAddressCount>", "<")
            .iter()
            .map(|count| count.parse::<i64>().unwrap())
            .sum::<i64>()
    };
    let rest = count(&resting().1).await;
    let full = count(&unfolded("pool-limit").1).await;
    assert!(full < rest, "{full} of {rest}");
}

#[tokio::test]
async fn small_pages_hold_everything_once() {
    let aws = shared();
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let answer =
            ask_form(aws, "ec2", &format!("Action=DescribeSubnets&MaxResults=5&NextToken={token}")).await;
        let page = between(&answer, "<subnetId>", "<");
        assert!(page.len() <= 5);
        seen.extend(page.into_iter().map(str::to_owned));
        match between(&answer, "<nextToken>", "<").first() {
            Some(next) => token = (*next).to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 18);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 18);
}

#[tokio::test]
async fn unknown_ids_and_filters_are_refused_in_its_words() {
    let aws = shared();
    let answer = ask_form(aws, "ec2", "Action=DescribeInstances&InstanceId.1=i-0").await;
    assert!(answer.contains("<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code>"), "{answer}");
    let answer = ask_form(aws, "ec2", "Action=DescribeVpcs&Filter.1.Name=colour&Filter.1.Value.1=blue").await;
    assert!(answer.contains("<Message>The filter &apos;colour&apos; is invalid</Message>"), "{answer}");
}

#[tokio::test]
async fn a_lost_machine_fails_its_reachability_check() {
    let (_simulator, aws) = unfolded("node-notready");
    let answer = ask_form(&aws, "ec2", "Action=DescribeInstanceStatus&IncludeAllInstances=true").await;
    assert_eq!(between(&answer, "<status>impaired", "<").len(), 1, "{answer}");
    let (_simulator, aws) = resting();
    let answer = ask_form(&aws, "ec2", "Action=DescribeInstanceStatus").await;
    assert!(!answer.contains("impaired"));
}

#[tokio::test]
async fn the_ways_in_and_out_lead_to_things_that_exist() {
    let aws = shared();
    let tables = ask_form(aws, "ec2", "Action=DescribeRouteTables").await;
    let nat = ask_form(aws, "ec2", "Action=DescribeNatGateways").await;
    for id in between(&tables, "<natGatewayId>", "<") {
        assert!(nat.contains(id));
    }
    let groups = ask_form(aws, "ec2", "Action=DescribeSecurityGroups").await;
    assert_eq!(between(&groups, "<groupName>", "<").len(), 8);
    for action in ["DescribeInternetGateways", "DescribeVpcEndpoints", "DescribeVolumes", "DescribeImages"] {
        let answer = ask_form(aws, "ec2", &format!("Action={action}")).await;
        assert!(answer.contains("<item>"), "{answer}");
    }
}

#[tokio::test]
async fn volumes_are_attached_where_the_cluster_says() {
    let aws = shared();
    let answer =
        ask_form(aws, "ec2", "Action=DescribeVolumes&Filter.1.Name=status&Filter.1.Value.1=in-use").await;
    let instances = ask_form(aws, "ec2", "Action=DescribeInstances").await;
    let attached = between(&answer, "<instanceId>", "<");
    assert!(!attached.is_empty());
    assert!(attached.iter().all(|id| instances.contains(&format!("<instanceId>{id}<"))));
}

#[tokio::test]
async fn the_elastic_addresses_are_those_of_gateway_and_bastion_and_dns_names_the_latter() {
    let aws = shared();
    let answer =
        ask_form(aws, "ec2", "Action=DescribeAddresses&Filter.1.Name=tag:Name&Filter.1.Value.1=myapp-prod-*")
            .await;
    let public = between(&answer, "<publicIp>", "<");
    assert_eq!(public.len(), 2);
    let nat = ask_form(aws, "ec2", "Action=DescribeNatGateways").await;
    assert!(nat.contains(&format!("<publicIp>{}<", public[0])));
    let bastion = super::bastion::public_address(&crate::simulator::world::cluster::PROD);
    assert_eq!(public[1], bastion);
    let instances = ask_form(aws, "ec2", "Action=DescribeInstances").await;
    assert!(instances.contains(&format!("<ipAddress>{bastion}<")));
}
