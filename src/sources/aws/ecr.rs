//! Images of the account's container registry.

use super::{Reading, Site};
use crate::fleet::aws::image::Image;
use crate::gateway::Failure;
use crate::gateway::aws::ecr;

/// Images with what their scans found.
pub(super) struct Images;

impl Reading for Images {
    type Row = Image;

    async fn read(site: Site) -> Result<Vec<Image>, Failure> {
        ecr::images(&site.account).await
    }
}
