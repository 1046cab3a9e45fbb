use super::super::faults::Harm;
use super::super::tests::{ask, resting, shared};
use super::founding::PUBLIC;
use super::record::{Record, Set};

fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| rest.split(close).next()).collect()
}

async fn zone_id(aws: &super::super::Aws) -> String {
    aws.edit(|account| account.zones.iter().find(|zone| zone.name == PUBLIC).unwrap().id.clone())
}

#[tokio::test]
async fn both_zones_are_listed_with_their_kind() {
    let aws = shared();
    let (status, body) = ask(aws, "route53", "GET", "/2013-04-01/hostedzone", "").await;
    assert_eq!(status, 200);
    assert_eq!(between(&body, "<Name>", "</Name>"), ["cosner.cloud.", "internal.cosner.cloud."]);
    assert_eq!(between(&body, "<PrivateZone>", "</PrivateZone>"), ["false", "true"]);
}

#[tokio::test]
async fn small_pages_hold_every_record_once_in_the_order_of_reversed_labels() {
    let aws = shared();
    let id = zone_id(aws).await;
    let all = aws.edit(|account| account.zones[0].records.len());
    let (mut seen, mut query) = (Vec::new(), String::new());
    loop {
        let path = format!("/2013-04-01/hostedzone/{id}/rrset?maxitems=7{query}");
        let (_, body) = ask(aws, "route53", "GET", &path, "").await;
        let names = between(&body, "<Name>", "</Name>").into_iter().map(str::to_owned);
        let types = between(&body, "<Type>", "</Type>").into_iter().map(str::to_owned);
        seen.extend(names.zip(types));
        if body.contains("<IsTruncated>false") {
            break;
        }
        let (name, kind) =
            (between(&body, "<NextRecordName>", "<")[0], between(&body, "<NextRecordType>", "<")[0]);
        query = format!("&name={name}&type={kind}");
    }
    assert_eq!(seen.len(), all);
    assert_eq!(seen[0], ("cosner.cloud.".to_owned(), "CAA".to_owned()));
    let place = |name: &str| seen.iter().position(|(own, _)| own == name).unwrap();
    assert!(place("dev.cosner.cloud.") < place("api.dev.cosner.cloud."));
    assert!(place("api.dev.cosner.cloud.") < place("www.cosner.cloud."));
}

#[tokio::test]
async fn sets_of_one_name_and_a_wildcard_are_listed_as_they_are() {
    let (_simulator, aws) = resting();
    aws.edit(|account| {
        for (id, weight) in [("blue", 90), ("green", 10)] {
            let mut record = Record::plain("*.cosner.cloud.", "A", 60, vec!["198.51.100.7".to_owned()]);
            record.set = Some(Set { id: id.to_owned(), weight });
            account.zones[0].put(record);
        }
    });
    let path =
        format!("/2013-04-01/hostedzone/{}/rrset?name=%5C052.cosner.cloud&maxitems=1", zone_id(&aws).await);
    let (_, body) = ask(&aws, "route53", "GET", &path, "").await;
    assert_eq!(between(&body, "<Name>", "</Name>"), ["\\052.cosner.cloud."]);
    assert_eq!(between(&body, "<Weight>", "</Weight>"), ["90"]);
    assert_eq!(between(&body, "<NextRecordIdentifier>", "<"), ["green"]);
}

#[tokio::test]
async fn an_unknown_zone_a_type_without_a_name_and_a_throttled_request_are_said_in_its_words() {
    let (_simulator, aws) = resting();
    let (status, body) = ask(&aws, "route53", "GET", "/2013-04-01/hostedzone/ZNONE/rrset", "").await;
    assert_eq!((status, between(&body, "<Code>", "<")), (404, vec!["NoSuchHostedZone"]));
    let path = format!("/2013-04-01/hostedzone/{}/rrset?type=A", zone_id(&aws).await);
    let (status, body) = ask(&aws, "route53", "GET", &path, "").await;
    assert_eq!((status, between(&body, "<Code>", "<")), (400, vec!["InvalidInput"]));
    aws.faults().harm("route53", "", 1, Harm::Throttled);
    let (status, body) = ask(&aws, "route53", "GET", &path, "").await;
    assert_eq!((status, between(&body, "<Code>", "<")), (400, vec!["Throttling"]));
}

#[tokio::test]
async fn the_zones_details_tell_its_servers_or_its_networks() {
    let aws = shared();
    let (_, body) =
        ask(aws, "route53", "GET", &format!("/2013-04-01/hostedzone/{}", zone_id(aws).await), "").await;
    assert_eq!(between(&body, "<NameServer>", "<").len(), 4);
    assert!(!body.contains("<VPCs>"));
}

#[tokio::test]
async fn the_health_check_of_the_front_door_is_green_at_rest() {
    let aws = shared();
    let (_, body) = ask(aws, "route53", "GET", "/2013-04-01/healthcheck", "").await;
    let id = between(&body, "<Id>", "<")[0].to_owned();
    let (_, body) = ask(aws, "route53", "GET", &format!("/2013-04-01/healthcheck/{id}/status"), "").await;
    assert_eq!(between(&body, "<Status>", "<").len(), 3);
    assert!(body.contains("HTTP Status Code 200"));
}
