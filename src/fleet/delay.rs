//! Durations as Go writes them, as operators take them.

use std::sync::Arc;

use super::intern::Interner;
use super::schedule;
use super::wire::Text;

/// A duration of a spec: `720h`, `1h30m`, or Karpenter's `Never`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Delay {
    /// It never comes.
    Never,
    /// Whole seconds.
    Seconds(u64),
    /// A text that is no duration.
    Other(Arc<str>),
}

impl Delay {
    /// Reads a duration; `None` when there is none.
    pub fn read(text: &Text<'_>, interner: &mut Interner) -> Option<Self> {
        let text = text.known()?;
        Some(match schedule::go_seconds(text).and_then(|seconds| u64::try_from(seconds).ok()) {
            Some(seconds) => Self::Seconds(seconds),
            // Go takes a plain zero without a unit, and no other number.
            None if text == "0" => Self::Seconds(0),
            None if text == "Never" => Self::Never,
            None => Self::Other(interner.get(text)),
        })
    }

    /// Its seconds; `None` when it never comes or is no duration.
    pub fn seconds(&self) -> Option<u64> {
        match self {
            Self::Seconds(seconds) => Some(*seconds),
            Self::Never | Self::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let read = |text: &str| Delay::read(&Text(text.into()), &mut Interner::default());
        assert_eq!(read("720h"), Some(Delay::Seconds(2_592_000)));
        assert_eq!(read("2160h0m0s"), Some(Delay::Seconds(7_776_000)));
        assert_eq!(read("0s"), Some(Delay::Seconds(0)));
        assert_eq!(read("0"), Some(Delay::Seconds(0)));
        assert_eq!(read("Never"), Some(Delay::Never));
        assert_eq!(read("soon"), Some(Delay::Other("soon".into())));
        assert_eq!(read("7"), Some(Delay::Other("7".into())));
        assert_eq!(read(""), None);
    }
}
