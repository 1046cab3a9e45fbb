//! Certificates of Certificate Manager (`ListCertificates`, `DescribeCertificate`).

use std::sync::Arc;

use super::aws_row;
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};

/// A certificate of Certificate Manager.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcmCertificate {
    /// `CertificateArn`
    pub arn: Box<str>,
    /// `DomainName`
    pub domain: Arc<str>,
    /// Every name that it is for, its domain included, in lower case.
    pub names: Box<[Arc<str>]>,
    /// It is for more names than are told.
    pub has_more_names: bool,
    /// `Status`: `ISSUED`, `PENDING_VALIDATION`, `EXPIRED`, `REVOKED`, `FAILED`, …
    pub status: Arc<str>,
    /// `Type`: `AMAZON_ISSUED`, `IMPORTED`, `PRIVATE`.
    pub kind: Arc<str>,
    /// `NotAfter`; *never* where nobody says.
    pub expires: Timestamp,
    /// `InUse`
    pub is_used: bool,
    /// `RenewalEligibility` is `ELIGIBLE`: AWS renews it by itself.
    pub renews: bool,
    /// `RenewalSummary.RenewalStatus`: `PENDING_AUTO_RENEWAL`, `PENDING_VALIDATION`, `FAILED`; empty where nobody says.
    pub renewal: Arc<str>,
}

aws_row!(AcmCertificate, arn);

/// AWS begins to renew 60 days before the end; what lasts no longer than this has not been renewed (ACM user guide,
/// managed renewal: events at 45, 30, 15, 7, 3 and 1 days).
const LATE: i64 = 14 * 24 * 3600;

impl AcmCertificate {
    /// True when it is for a host.
    pub fn covers(&self, host: &str) -> bool {
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(domain) => {
                host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == domain)
            }
            None => **name == *host,
        })
    }

    /// How it is at this moment, and why it is not ok.
    pub fn judge(&self, now: Timestamp) -> (Verdict, String) {
        let left = now.seconds_before(self.expires);
        let renewal = match &*self.renewal {
            "" | "SUCCESS" => String::new(),
            "PENDING_VALIDATION" => ": its renewal waits for a record that proves the domain".to_owned(),
            other => format!(": its renewal is {other}"),
        };
        match &*self.status {
            "EXPIRED" => (Verdict::Critical, "has expired".to_owned()),
            "ISSUED" | "" if !self.expires.is_never() && left <= 0 => {
                (Verdict::Critical, format!("expired {} ago", human_duration(-left)))
            }
            "ISSUED" | "" if !self.expires.is_never() && left < LATE => {
                (Verdict::Warning, format!("expires in {}{renewal}", human_duration(left)))
            }
            "ISSUED" if &*self.renewal == "FAILED" => (Verdict::Warning, "could not be renewed".to_owned()),
            "ISSUED" => (Verdict::Ok, String::new()),
            "PENDING_VALIDATION" => {
                (Verdict::Warning, "waits for a record that proves the domain".to_owned())
            }
            "" => (Verdict::Unknown, "its state is not known".to_owned()),
            other => (Verdict::Critical, format!("is {}", other.to_lowercase().replace('_', " "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_is_for_one_label() {
        let names = ["cosner.cloud", "*.dev.cosner.cloud"].map(Arc::from).into();
        let certificate = AcmCertificate { names, ..AcmCertificate::default() };
        assert!(certificate.covers("cosner.cloud") && certificate.covers("api.dev.cosner.cloud"));
        assert!(!certificate.covers("a.b.dev.cosner.cloud") && !certificate.covers("dev.cosner.cloud"));
    }

    #[test]
    fn the_end_is_told_before_it_comes_and_a_failed_renewal_too() {
        let now = Timestamp::from_seconds(1_000_000_000);
        let of = |status: &str, left: i64, renewal: &str| {
            let expires = Timestamp::from_seconds(now.seconds() + left);
            AcmCertificate {
                status: status.into(),
                expires,
                renewal: renewal.into(),
                ..AcmCertificate::default()
            }
            .judge(now)
            .0
        };
        let day = 24 * 3600;
        assert_eq!((of("ISSUED", 61 * day, ""), of("ISSUED", 13 * day, "")), (Verdict::Ok, Verdict::Warning));
        assert_eq!((of("ISSUED", -1, ""), of("EXPIRED", -1, "")), (Verdict::Critical, Verdict::Critical));
        assert_eq!(
            (of("ISSUED", 61 * day, "FAILED"), of("REVOKED", 9, "")),
            (Verdict::Warning, Verdict::Critical)
        );
        assert_eq!(of("PENDING_VALIDATION", 61 * day, ""), Verdict::Warning);
    }
}
