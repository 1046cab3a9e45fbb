//! The one integration-test binary: every further binary would link everything again.

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod range;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod terminal;
