//! Secrets and what brings them: External Secrets (`external-secrets.io`, 2.x), the Secrets Store CSI driver
//! (`secrets-store.csi.x-k8s.io`), Sealed Secrets (`bitnami.com`), and the Secrets themselves. Names are kept; values are
//! not read.

pub mod external_secret;
pub mod pod_status;
pub mod provider_class;
pub mod push_secret;
pub mod sealed_secret;
pub mod secret_meta;
pub mod secret_store;
