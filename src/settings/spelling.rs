//! The name that was probably meant.

/// The candidate that is nearest to a mistyped word, when one is near enough to be worth naming: a few letters wrong,
/// swapped, missing or too many, or the beginning of exactly one candidate. Case does not matter.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = word.to_lowercase();
    let mut best: Option<(usize, &'a str)> = None;
    let mut begun: Vec<&'a str> = Vec::new();
    for candidate in candidates {
        let lower = candidate.to_lowercase();
        if wanted.chars().count() >= 2 && lower.starts_with(&wanted) {
            begun.push(candidate);
        }
        let distance = distance(&wanted, &lower);
        let allowed = (wanted.chars().count().max(lower.chars().count()) / 3).clamp(1, 4);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    match (best, begun.as_slice()) {
        (Some((_, candidate)), _) => Some(candidate),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

/// True when one letter makes the difference: wrong, missing, too many, or two of them swapped.
pub fn is_slip(word: &str, meant: &str) -> bool {
    distance(&word.to_lowercase(), &meant.to_lowercase()) == 1
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut last = None;
    for (row, from) in a.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, &to) in b.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut least = (at(&above, column) + usize::from(from != to))
                .min(at(&above, column + 1) + 1)
                .min(at(&current, column) + 1);
            let swapped = column > 0 && last == Some(to) && b.get(column - 1) == Some(&from);
            if swapped {
                least = least.min(at(&before, column - 1) + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut above, current);
        last = Some(from);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_a_slip_and_a_beginning_are_recognised() {
        let names = ["theme", "mouse", "namespaces", "environments"];
        assert_eq!(nearest("tehme", names), Some("theme"));
        assert_eq!(nearest("Mose", names), Some("mouse"));
        assert_eq!(nearest("env", names), Some("environments"));
        assert_eq!(nearest("namespace", names), Some("namespaces"));
    }

    #[test]
    fn what_is_far_from_everything_gets_no_guess() {
        assert_eq!(nearest("zebra", ["theme", "mouse"]), None);
        assert_eq!(nearest("", ["theme"]), None);
        assert_eq!(nearest("x", [] as [&str; 0]), None);
        assert_eq!(nearest("s", ["start", "screen"]), None);
    }

    #[test]
    fn distance_counts_a_swap_as_one() {
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("größe", "grösse"), 2);
    }
}
