//! Names and uids that look as random as real ones and are the same in every run.

/// A number that looks random and is the same in every run (FNV-1a, then a finaliser).
pub(super) fn mix(seed: &str, counter: u64) -> u64 {
    let bytes = seed.bytes().chain(counter.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

pub(super) fn uid(seed: &str, counter: u64) -> String {
    let (high, low) = (mix(seed, counter), mix("uid", mix(seed, counter)));
    let (a, b, c) = (high >> 32, (high >> 16) & 0xffff, high & 0xfff);
    let (d, e) = (((low >> 48) & 0x3fff) | 0x8000, low & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-4{c:03x}-{d:04x}-{e:012x}")
}

/// Five characters as `generateName` appends: no vowels, so that no words appear.
pub(super) fn suffix(number: u64) -> String {
    const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let letters = (0..5).scan(number, |rest, _| {
        let letter = usize::try_from(*rest % 27).ok().and_then(|at| LETTERS.get(at)).copied();
        *rest /= 27;
        letter
    });
    letters.map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_are_well_formed_and_differ() {
        let (one, two) = (uid("myapp-dev", 1), uid("myapp-dev", 2));
        assert_ne!(one, two);
        let lengths: Vec<usize> = one.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(one.split('-').nth(2).unwrap().starts_with('4'), "{one}");
    }
}
