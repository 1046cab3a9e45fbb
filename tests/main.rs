//! The one integration-test binary: every further binary would link everything again.

mod architecture;
mod harness;
