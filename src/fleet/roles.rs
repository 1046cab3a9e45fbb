//! Who may do what (`rbac.authorization.k8s.io/v1`): [`role`]s and whom they are bound to ([`binding`]).

pub mod binding;
pub mod role;
