//! Certificate Manager: the certificates of load balancers.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use serde_json::json;

use super::account::Account;
use super::json::{call, pages};
use super::operations::{ACM_DESCRIBE_CERTIFICATE, ACM_LIST_CERTIFICATES};
use crate::fleet::Timestamp;
use crate::fleet::aws::acm_certificate::AcmCertificate;
use crate::gateway::failure::{Cause, Failure};

const AT_A_TIME: usize = 4;
/// The most certificates that are looked into one by one.
const MOST: usize = 60;
/// Without them only RSA certificates of 2048 bits are listed (`ListCertificates`, `Includes.keyTypes`).
const KEY_TYPES: [&str; 7] =
    ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"];

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Listed {
    certificate_summary_list: Vec<Said>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Described {
    certificate: Said,
}

/// A certificate as it is listed; described it has more of the same.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Said {
    certificate_arn: String,
    domain_name: String,
    #[serde(alias = "SubjectAlternativeNames")]
    subject_alternative_name_summaries: Vec<String>,
    has_additional_subject_alternative_names: bool,
    status: String,
    r#type: String,
    /// Seconds since 1970, with a fraction.
    not_after: Option<f64>,
    in_use: Option<bool>,
    in_use_by: Vec<String>,
    renewal_eligibility: String,
    renewal_summary: Option<Renewal>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Renewal {
    renewal_status: String,
}

/// The certificates of the account and region. Those in use are looked into: how their renewal goes is not listed.
pub async fn certificates(account: &Account) -> Result<Vec<AcmCertificate>, Failure> {
    let input = json!({"Includes": {"keyTypes": KEY_TYPES}, "MaxItems": 1000});
    let listed: Vec<Listed> = pages(account, &ACM_LIST_CERTIFICATES, &input, "NextToken").await?;
    let mut all: Vec<Said> = listed.into_iter().flat_map(|page| page.certificate_summary_list).collect();
    // Those in use first.
    all.sort_by_key(|said| said.in_use == Some(false));
    let describe = |(at, said): (usize, Said)| async move {
        let is_wanted = at < MOST && (said.in_use != Some(false) || said.status.is_empty());
        if !is_wanted {
            return Ok(packed(&said));
        }
        let input = json!({"CertificateArn": said.certificate_arn});
        match call::<Described>(account, &ACM_DESCRIBE_CERTIFICATE, &input).await {
            Ok(more) if !more.certificate.certificate_arn.is_empty() => Ok(packed(&more.certificate)),
            Ok(_) => Ok(packed(&said)),
            // What is listed says enough.
            Err(failure) if matches!(failure.cause, Cause::Forbidden | Cause::Missing) => Ok(packed(&said)),
            Err(failure) => Err::<AcmCertificate, Failure>(failure),
        }
    };
    futures::stream::iter(all.into_iter().enumerate().map(describe)).buffered(AT_A_TIME).try_collect().await
}

fn packed(said: &Said) -> AcmCertificate {
    let mut names: Vec<Arc<str>> = std::iter::once(&said.domain_name)
        .chain(&said.subject_alternative_name_summaries)
        .map(|name| name.to_lowercase().trim_end_matches('.').into())
        .collect();
    names.sort_unstable();
    names.dedup();
    AcmCertificate {
        arn: said.certificate_arn.as_str().into(),
        domain: said.domain_name.as_str().into(),
        names: names.into(),
        has_more_names: said.has_additional_subject_alternative_names,
        status: said.status.as_str().into(),
        kind: said.r#type.as_str().into(),
        expires: said.not_after.map_or(Timestamp::NEVER, |at| Timestamp::from_seconds(at as i64)),
        is_used: said.in_use == Some(true) || !said.in_use_by.is_empty(),
        renews: said.renewal_eligibility == "ELIGIBLE",
        renewal: said
            .renewal_summary
            .as_ref()
            .map_or_else(Arc::default, |renewal| renewal.renewal_status.as_str().into()),
    }
}
