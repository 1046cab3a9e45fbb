//! What a colour means. Widgets ask for a role; a theme decides how it looks, also without colour.

/// A meaning that a theme gives a style to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Plain text.
    #[default]
    Text,
    /// Labels, units, what may be overlooked.
    Dim,
    /// Names of objects and what matters most on a line.
    Strong,
    /// Column headers.
    Header,
    /// The header of the column that sorts.
    HeaderSorted,
    /// The rule lines.
    Rule,
    /// The product's name in the top line.
    Brand,
    /// The breadcrumb.
    Crumb,
    /// The selected row.
    Selection,
    /// A marked row.
    Mark,
    /// The characters that a filter or a search matched.
    Match,
    /// Good.
    Good,
    /// On its way.
    Progressing,
    /// Needs a look.
    Warning,
    /// Broken.
    Critical,
    /// Not known.
    Unknown,
    /// Not allowed to be read.
    Forbidden,
    /// True some time ago.
    Stale,
    /// A value that changed a moment ago.
    Changed,
    /// Badge of a development environment.
    BadgeDevelopment,
    /// Badge of a staging environment.
    BadgeStaging,
    /// Badge of a production environment.
    BadgeProduction,
    /// Writes are armed.
    Armed,
    /// A key, in hints and help.
    Key,
    /// What a key does.
    KeyHelp,
    /// A key that does not work here.
    KeyDisabled,
    /// What is being typed.
    Input,
    /// The completion that Tab would take.
    Ghost,
    /// The border or ground of what lies over the view.
    Overlay,
    /// The title of what lies over the view.
    OverlayTitle,
    /// The filled part of a bar.
    BarUsed,
    /// The requested part of a bar.
    BarRequested,
    /// The empty part of a bar.
    BarFree,
    /// A key in YAML.
    YamlKey,
    /// A string in YAML.
    YamlString,
    /// A number, a boolean or null in YAML.
    YamlScalar,
    /// A timestamp in front of a log line.
    LogTime,
    /// A container's or pod's name in front of a log line.
    LogSource,
    /// A note about the log itself: a gap, an end, a reconnect.
    LogNote,
}
