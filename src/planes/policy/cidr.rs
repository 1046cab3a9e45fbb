//! Blocks of addresses, as `10.0.0.0/8`.

use core::net::IpAddr;

/// Whether a block holds all of another one; one that cannot be understood holds nothing.
pub(in crate::planes) fn holds(block: &str, other: &str) -> bool {
    let length = |block: &str| match block.split_once('/') {
        Some((_, length)) => length.parse::<u32>().ok(),
        None => Some(u32::MAX),
    };
    let (Some(own), Some(others)) = (length(block), length(other)) else { return false };
    let base = other.split_once('/').map_or(other, |(base, _)| base);
    own <= others && base.parse().is_ok_and(|base| contains(block, base))
}

/// Whether an address is in a block; a block that cannot be understood holds nothing.
pub(in crate::planes) fn contains(block: &str, address: IpAddr) -> bool {
    let (base, length) = match block.split_once('/') {
        Some((base, length)) => (base, length.parse::<u32>().ok()),
        None => (block, Some(u32::MAX)),
    };
    let (Ok(base), Some(length)) = (base.parse::<IpAddr>(), length) else { return false };
    match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            let shift = 32 - length.min(32);
            u32::from(base).checked_shr(shift) == u32::from(address).checked_shr(shift)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => {
            let shift = 128 - length.min(128);
            u128::from(base).checked_shr(shift) == u128::from(address).checked_shr(shift)
        }
        _ => false,
    }
}
