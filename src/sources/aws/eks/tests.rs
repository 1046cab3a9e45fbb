//! What EKS and IAM say, read over the embedded account.

use std::sync::Arc;

use super::super::StateCell;
use super::super::iam::{Roles, TokenProviders};
use super::*;
use crate::fleet::Timestamp;
use crate::gateway::aws::{Account, AccountSettings, Border};
use crate::simulator::Simulator;
use crate::simulator::aws::eks::update::Update as Done;
use crate::simulator::aws::faults::Harm;
use crate::simulator::clock::SimClock;
use crate::simulator::demo::Demo;

const NOW: &str = "2026-11-21T10:42:07Z";

fn world() -> (Simulator, impl Fn(&str) -> Site) {
    let mut simulator = Simulator::new(SimClock::fixed(NOW).unwrap());
    Demo::quiet(&mut simulator, 1).unwrap();
    let clock: crate::fleet::time::Clock = Arc::new(|| Timestamp::parse(NOW));
    let account = Account::new(AccountSettings::default(), Border::service(simulator.aws_service()), clock);
    (simulator, move |eks: &str| Site {
        account: account.clone(),
        eks: eks.into(),
        state: StateCell::default(),
    })
}

#[tokio::test]
async fn versions_say_until_when_they_are_supported() {
    let (_simulator, site) = world();
    let all = Versions::read(site("")).await.unwrap();
    let own = all.iter().find(|version| &*version.minor == "1.36").unwrap();
    assert_eq!((&*own.status, own.is_default, &*own.patch), ("STANDARD_SUPPORT", true, "1.36.3"));
    assert_eq!(own.standard_until, Timestamp::parse("2027-08-02T00:00:00Z"));
    assert!(all.iter().any(|version| &*version.status == "UNSUPPORTED"), "a cluster may still have one");
}

#[tokio::test]
async fn one_call_says_what_is_offered_for_every_minor_the_newest_first() {
    let (simulator, site) = world();
    let all = OfferedAddons::read(site("")).await.unwrap();
    let cni = all.iter().find(|addon| &*addon.name == "vpc-cni").unwrap();
    assert_eq!(cni.newest("1.36").map(|own| &*own.version), Some("v1.21.1-eksbuild.1"));
    assert_eq!(cni.fits("v1.19.6-eksbuild.7", "1.37"), Some(false));
    assert_eq!(cni.fits("v0.1.0", "1.37"), None);
    let dns = all.iter().find(|addon| &*addon.name == "coredns").unwrap();
    assert_eq!(dns.newest_for_both("1.36", "1.37"), None);
    assert_eq!(simulator.aws().requests().count("eks", "DescribeAddonVersions"), 1);
}

#[tokio::test]
async fn only_what_does_not_pass_is_asked_for_its_details() {
    let (simulator, site) = world();
    let all = Insights::read(site("myapp-prod")).await.unwrap();
    let bad: Vec<_> = all.iter().filter(|insight| !insight.passes()).collect();
    assert_eq!(bad.len(), 1, "{bad:?}");
    assert_eq!(&*bad[0].status, "WARNING");
    assert_eq!(&*bad[0].deprecated[0].clients[0].agent, "csi-provisioner/v5.3.0");
    assert_eq!(bad[0].deprecated[0].clients[0].requests, 4318);
    assert!(bad[0].resources[0].name.contains("volumeattributesclasses"), "{bad:?}");
    assert_eq!(simulator.aws().requests().count("eks", "DescribeInsight"), 1);
}

#[tokio::test]
async fn a_node_group_is_read_with_its_bounds_taints_and_template() {
    let (_simulator, site) = world();
    let all = NodeGroups::read(site("myapp-dev")).await.unwrap();
    let [group] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((&*group.name, &*group.status, group.desired), ("system", "ACTIVE", 2));
    assert_eq!(&*group.taints[0], "CriticalAddonsOnly=true:NoSchedule");
    assert!(
        group.launch_template.as_ref().is_some_and(|used| used.words().ends_with(" v1"))
            && !group.scaling_groups.is_empty(),
        "{group:?}"
    );
}

#[tokio::test]
async fn updates_are_newest_first_with_what_they_change_and_why_they_failed() {
    let (simulator, site) = world();
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    simulator.aws().edit(|account| {
        account.updates.push(Done {
            id: "0f".into(),
            cluster: "myapp-dev".into(),
            addon: None,
            nodegroup: None,
            kind: "VersionUpdate".into(),
            parameters: vec![("Version".into(), "1.37".into())],
            created: at("2026-11-21T10:00:00Z"),
            ends: at("2026-11-21T10:10:00Z"),
            errors: vec![("IpNotAvailable".into(), "no free address".into())],
        });
    });
    let all = Updates::read(site("myapp-dev")).await.unwrap();
    assert_eq!(all[0].param("Version"), Some("1.37"));
    assert_eq!((&*all[0].status, all[0].failure().as_str()), ("Failed", "IpNotAvailable: no free address"));
    assert!(all.windows(2).all(|pair| pair[0].created >= pair[1].created));
}

#[tokio::test]
async fn associations_name_their_roles_and_entries_their_groups() {
    let (_simulator, site) = world();
    let all = PodIdentities::read(site("myapp-prod")).await.unwrap();
    let karpenter = all.iter().find(|own| &*own.account == "karpenter").unwrap();
    assert_eq!(&*karpenter.role, "arn:aws:iam::123456789012:role/myapp-prod-karpenter");
    let entries = AccessEntries::read(site("myapp-prod")).await.unwrap();
    let admin = entries.iter().find(|entry| entry.called() == "role/PlatformAdmin").unwrap();
    assert_eq!(&*admin.groups[0], "platform-admin");
    assert_eq!(entries.iter().filter(|entry| entry.is_for_nodes()).count(), 1);
}

#[tokio::test]
async fn iam_says_who_is_trusted_and_whose_tokens_are_believed() {
    let (_simulator, site) = world();
    let roles = Roles::read(site("")).await.unwrap();
    let dns = roles.iter().find(|role| &*role.name == "myapp-prod-external-dns").unwrap();
    assert!(dns.trust[0].conditions.iter().any(|own| own.key.ends_with(":sub")), "{dns:?}");
    let people = roles.iter().find(|role| &*role.name == "PlatformAdmin").unwrap();
    assert!(people.trust.is_empty(), "who is no pod is not kept");
    let providers = TokenProviders::read(site("")).await.unwrap();
    let cluster = Clusters::read(site("myapp-prod")).await.unwrap();
    assert!(providers.iter().any(|own| own.issuer() == &*cluster[0].issuer), "{providers:?}");
}

#[tokio::test]
async fn a_denial_of_a_detail_is_a_denial_of_the_table() {
    let (simulator, site) = world();
    for operation in ["DescribeNodegroup", "DescribePodIdentityAssociation", "ListAssociatedAccessPolicies"] {
        simulator.aws().faults().harm("eks", operation, None, Harm::Denied);
    }
    let said = [
        NodeGroups::read(site("myapp-dev")).await.err(),
        PodIdentities::read(site("myapp-dev")).await.err(),
        AccessEntries::read(site("myapp-dev")).await.err(),
    ];
    let words: Vec<String> =
        said.into_iter().flatten().map(|said| said.problem.message().to_owned()).collect();
    assert_eq!(
        words,
        [
            "forbidden: eks:DescribeNodegroup",
            "forbidden: eks:DescribePodIdentityAssociation",
            "forbidden: eks:ListAssociatedAccessPolicies"
        ]
    );
}
