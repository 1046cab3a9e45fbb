//! Certificate Manager: the certificate that the load balancers show to the world.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::call::Call;
use super::elb::balancer;
use super::elb::listener::certificate_arn;
use super::failure::Failure;
use super::land::epoch;
use super::protocol::Protocol;
use super::service::Service;
use crate::simulator::world::chance::hex_of;

pub(crate) const SERVICE: Service = Service {
    name: "acm",
    signing: "acm",
    permission: "acm",
    protocol: Protocol::Json("1.1"),
    routes: &[],
    answer,
};

const DOMAIN: &str = "cosner.cloud";
const NAMES: [&str; 4] = ["cosner.cloud", "*.cosner.cloud", "*.dev.cosner.cloud", "*.staging.cosner.cloud"];
/// Days that a certificate lasts.
const LIFE: i64 = 395;

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        "ListCertificates" => list(call),
        "DescribeCertificate" => describe(call),
        other => Err(Failure::not_built(&format!("acm:{other}"))),
    }
}

/// When the certificate was issued, and when it ends.
fn span(call: &Call<'_>) -> Option<(Timestamp, Timestamp)> {
    let issued = call.lands().first()?.installed();
    Some((issued, issued.checked_add(SignedDuration::from_hours(24 * LIFE)).ok()?))
}

fn users(call: &Call<'_>) -> Vec<String> {
    balancer::balancers(&call.lands()).into_iter().map(|balancer| balancer.arn).collect()
}

fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let statuses = call.texts("CertificateStatuses");
    let certificates: Vec<Value> = span(call)
        .filter(|_| statuses.is_empty() || statuses.contains(&"ISSUED"))
        .map(|(issued, until)| {
            json!({
                "CertificateArn": certificate_arn(), "DomainName": DOMAIN, "SubjectAlternativeNameSummaries": NAMES,
                "HasAdditionalSubjectAlternativeNames": false, "Status": "ISSUED", "Type": "AMAZON_ISSUED", "KeyAlgorithm": "RSA-2048",
                "InUse": !users(call).is_empty(), "RenewalEligibility": "ELIGIBLE", "NotBefore": epoch(issued), "NotAfter": epoch(until),
                "CreatedAt": epoch(issued), "IssuedAt": epoch(issued),
            })
        })
        .into_iter()
        .collect();
    let limit = call.number("MaxItems").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100);
    let page = call.page(certificates, limit, call.text("NextToken"))?;
    let mut answer = json!({"CertificateSummaryList": page.items});
    if let (Some(fields), Some(next)) = (answer.as_object_mut(), page.next) {
        fields.insert("NextToken".to_owned(), json!(next));
    }
    Ok(answer)
}

fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let wanted = call.text("CertificateArn");
    let found = span(call).filter(|_| wanted == certificate_arn());
    let missing =
        || Failure::new(400, "ResourceNotFoundException", format!("Could not find certificate {wanted}."));
    let (issued, until) = found.ok_or_else(missing)?;
    let validated: Vec<Value> = NAMES
        .iter()
        .map(|name| {
            let zone = name.trim_start_matches("*.");
            let (own, to) = (hex_of(&format!("{zone}/validation"), 32), hex_of(&format!("{zone}/target"), 32));
            json!({
                "DomainName": name, "ValidationDomain": name, "ValidationStatus": "SUCCESS", "ValidationMethod": "DNS",
                "ResourceRecord": {"Name": format!("_{own}.{zone}."), "Type": "CNAME", "Value": format!("_{to}.acm-validations.aws.")},
            })
        })
        .collect();
    Ok(json!({"Certificate": {
        "CertificateArn": wanted, "DomainName": DOMAIN, "SubjectAlternativeNames": NAMES, "DomainValidationOptions": validated,
        "Subject": format!("CN={DOMAIN}"), "Issuer": "Amazon", "CreatedAt": epoch(issued), "IssuedAt": epoch(issued),
        "Status": "ISSUED", "NotBefore": epoch(issued), "NotAfter": epoch(until), "KeyAlgorithm": "RSA-2048",
        "SignatureAlgorithm": "SHA256WITHRSA", "InUseBy": users(call), "Type": "AMAZON_ISSUED", "RenewalEligibility": "ELIGIBLE",
    }}))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{ask_target, shared};
    use crate::simulator::world::field;

    #[tokio::test]
    async fn both_load_balancers_use_the_one_certificate() {
        let aws = shared();
        let (_, all) = ask_target(aws, "acm", "CertificateManager.ListCertificates", &json!({})).await;
        let arn = field::text(&field::list(&all, "CertificateSummaryList")[0], "CertificateArn");
        let body = json!({"CertificateArn": arn});
        let (_, one) = ask_target(aws, "acm", "CertificateManager.DescribeCertificate", &body).await;
        assert_eq!(field::list(&one, "Certificate.InUseBy").len(), 2);
        assert_eq!(field::text(&one, "Certificate.Status"), "ISSUED");
        let body = json!({"CertificateArn": "arn:none"});
        let (status, _) = ask_target(aws, "acm", "CertificateManager.DescribeCertificate", &body).await;
        assert_eq!(status, 400);
    }
}
