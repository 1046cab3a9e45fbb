//! Certificates of Certificate Manager.

use super::{Reading, Site};
use crate::fleet::aws::acm_certificate::AcmCertificate;
use crate::gateway::Failure;
use crate::gateway::aws::acm;

/// The certificates.
pub(super) struct Certificates;

impl Reading for Certificates {
    type Row = AcmCertificate;

    async fn read(site: Site) -> Result<Vec<AcmCertificate>, Failure> {
        acm::certificates(&site.account).await
    }
}
