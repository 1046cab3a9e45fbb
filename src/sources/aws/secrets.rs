//! What stores of secrets know about their secrets.

use super::{Reading, Site};
use crate::fleet::aws::stored_secret::StoredSecret;
use crate::gateway::Failure;
use crate::gateway::aws::secrets;

/// Secrets and parameters of the account.
pub(super) struct StoredSecrets;

impl Reading for StoredSecrets {
    type Row = StoredSecret;

    async fn read(site: Site) -> Result<Vec<StoredSecret>, Failure> {
        // Two lists at a time are a large future.
        Box::pin(secrets::stored(&site.account)).await
    }
}
