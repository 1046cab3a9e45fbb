//! What IAM says of an account.

use super::{Reading, Site};
use crate::fleet::aws::role::{Role, TokenProvider};
use crate::gateway::Failure;
use crate::gateway::aws::iam;

/// Roles.
pub(super) struct Roles;

impl Reading for Roles {
    type Row = Role;

    async fn read(site: Site) -> Result<Vec<Role>, Failure> {
        iam::roles(&site.account).await
    }
}

/// Whose tokens the account believes.
pub(super) struct TokenProviders;

impl Reading for TokenProviders {
    type Row = TokenProvider;

    async fn read(site: Site) -> Result<Vec<TokenProvider>, Failure> {
        iam::token_providers(&site.account).await
    }
}
