//! A verdict and its reason: the first and the last column of every table.

/// How something is. Ordered from best to worst, so that the worst of many is their maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// As it should be.
    #[default]
    Ok,
    /// Not judged, because it could not be read; never shown as fine.
    Unknown,
    /// On its way: starting, rolling out, terminating in time.
    Progressing,
    /// Needs a look.
    Warning,
    /// Broken.
    Critical,
}

impl Verdict {
    /// The word of the JSON contract: `ok`, `warning`, `critical`, `unknown`. Something that is on its way is `ok`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok | Self::Progressing => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}
