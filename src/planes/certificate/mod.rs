//! Certificates and the way they are issued: Certificate → CertificateRequest → Order → Challenge, the issuer that signs,
//! the Secret that holds them and the Ingresses that use them.

pub mod chain;
pub mod facts;
#[cfg(test)]
mod tests;
pub mod verdict;

pub use chain::{Chains, Step};
pub use facts::{CERTIFICATE_FACTS, CertificateFacts, IssuerState, Presence, TABLE, of};
