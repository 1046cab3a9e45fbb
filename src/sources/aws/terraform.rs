//! The state of Terraform that made a cluster, where somebody has said where that is.

use super::{Reading, Site};
use crate::fleet::aws::terraform_state::TerraformState;
use crate::gateway::Failure;
use crate::gateway::aws::terraform;

/// The state with its lock.
pub(super) struct States;

impl Reading for States {
    type Row = TerraformState;

    async fn read(site: Site) -> Result<Vec<TerraformState>, Failure> {
        match site.state.load_full() {
            Some(place) => Ok(vec![terraform::state(&site.account, &place).await?]),
            None => Ok(Vec::new()),
        }
    }
}
