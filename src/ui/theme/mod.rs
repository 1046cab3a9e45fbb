//! Themes: how a [`Role`] looks, from true colour down to none.
//!
//! A theme is one TOML file: a palette, and roles that take colours from it. A role that a theme does not name looks
//! like the one it falls back on, so that a theme may be five lines long. Where a terminal has no colour, bold,
//! underline, reverse and the glyphs carry the meaning alone.
//!
//! To add a theme: put a file into `themes/` and a line into [`THEMES`]. A test holds its contrast at every depth.

pub(super) mod colour;
mod file;

use ratatui::style::{Modifier, Style};

use self::colour::Paint;
use self::file::{RoleLook, ThemeFile};
use super::role::Role;
use super::toml_text::{Complaint, nearest};
use super::view::Styles;

/// The themes that come with the program, by name.
pub const THEMES: &[(&str, &str)] = &[
    ("colour-blind", include_str!("../../../themes/colour-blind.toml")),
    ("dark", include_str!("../../../themes/dark.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("light", include_str!("../../../themes/light.toml")),
];

/// How many colours the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None at all: `NO_COLOR`, or a terminal without.
    None,
    /// The sixteen of the standard.
    Sixteen,
    /// The cube of 256.
    Indexed,
    /// 24 bits.
    #[default]
    True,
}

/// A theme, made ready for one depth.
#[derive(Clone, Debug)]
pub struct Theme {
    /// Its name.
    pub name: String,
    /// One line about it.
    pub help: String,
    /// Made for a light ground.
    pub is_light: bool,
    styles: Box<[Style]>,
}

/// Mistakes in a theme, with the file they are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeComplaint {
    /// The theme's name.
    pub theme: String,
    /// The mistake.
    pub complaint: Complaint,
}

impl std::fmt::Display for ThemeComplaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "theme {}: {}", self.theme, self.complaint)
    }
}

impl Theme {
    /// One of [`THEMES`].
    pub fn shipped(name: &str, depth: Depth) -> Result<Self, Vec<ThemeComplaint>> {
        Self::load(name, depth, &|_| None)
    }

    /// A theme by name. `own` gives the text of the user's themes; they win over the shipped ones of the same name.
    pub fn load(
        name: &str,
        depth: Depth,
        own: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Vec<ThemeComplaint>> {
        let mut files: Vec<(String, ThemeFile)> = Vec::new();
        let mut next = Some(name.to_owned());
        while let Some(wanted) = next.take() {
            let heir = files.last().map_or_else(|| wanted.clone(), |(heir, _)| heir.clone());
            let complain = |message: String| {
                let complaint = Complaint { line: 0, column: 0, message };
                vec![ThemeComplaint { theme: heir.clone(), complaint }]
            };
            // A user's `dark` may inherit the shipped `dark`: the second time a name comes up, it is the shipped one.
            let seen = files.iter().filter(|(seen, _)| *seen == wanted).count();
            let shipped = || THEMES.iter().find(|(n, _)| *n == wanted).map(|(_, text)| (*text).to_owned());
            let text = match (seen, own(&wanted)) {
                (0, Some(text)) => Some(text),
                (0, None) => shipped(),
                (1, Some(_)) if shipped().is_some() => shipped(),
                _ => {
                    let chain: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
                    return Err(complain(format!("inherits itself: {} → {wanted}", chain.join(" → "))));
                }
            };
            let Some(text) = text else {
                let near = nearest(&wanted, THEMES.iter().map(|(name, _)| *name));
                let hint = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
                return Err(complain(format!("there is no theme \"{wanted}\"{hint}")));
            };
            let file = ThemeFile::parse(&text).map_err(|complaints| {
                let named = |complaint| ThemeComplaint { theme: wanted.clone(), complaint };
                complaints.into_iter().map(named).collect::<Vec<_>>()
            })?;
            next.clone_from(&file.inherits);
            files.push((wanted, file));
        }
        Self::merged(name, files, depth)
    }

    /// The heirs come first; what they say wins.
    fn merged(
        name: &str,
        files: Vec<(String, ThemeFile)>,
        depth: Depth,
    ) -> Result<Self, Vec<ThemeComplaint>> {
        let paint = |colour: &str| -> Option<Paint> {
            files
                .iter()
                .find_map(|(_, file)| file.palette.get(colour).copied())
                .or_else(|| Paint::parse(colour))
        };
        let mut complaints = Vec::new();
        for (theme, file) in &files {
            for role in file.roles.values() {
                for colour in [&role.fg, &role.bg, &role.fg16, &role.bg16].into_iter().flatten() {
                    if paint(&colour.name).is_none() {
                        let known = files.iter().flat_map(|(_, f)| f.palette.keys().map(String::as_str));
                        let near = nearest(&colour.name, known);
                        let hint = near.map(|n| format!("; did you mean \"{n}\"?")).unwrap_or_default();
                        complaints.push(ThemeComplaint {
                            theme: theme.clone(),
                            complaint: Complaint {
                                line: colour.line,
                                column: colour.column,
                                message: format!("\"{}\" is not in the palette{hint}", colour.name),
                            },
                        });
                    }
                }
            }
        }
        if !complaints.is_empty() {
            return Err(complaints);
        }
        let look = |role: Role| -> Option<&RoleLook> {
            files.iter().find_map(|(_, file)| file.roles.get(&role_name(role)))
        };
        let style = |role: Role| -> Style {
            let mut named = role;
            let found = loop {
                match (look(named), fallback(named)) {
                    (Some(found), _) => break Some(found),
                    (None, Some(next)) => named = next,
                    (None, None) => break None,
                }
            };
            let mut style = Style::default();
            if depth == Depth::None {
                let own = found.filter(|_| named == role).and_then(|look| look.mono);
                return style.add_modifier(own.unwrap_or_else(|| mono(role)));
            }
            let Some(found) = found else { return style };
            let sixteen = depth == Depth::Sixteen;
            let pick = |at_16: &Option<file::Named>, always: &Option<file::Named>| {
                let named = at_16.as_ref().filter(|_| sixteen).or(always.as_ref())?;
                paint(&named.name)?.at(depth)
            };
            style.fg = pick(&found.fg16, &found.fg);
            style.bg = pick(&found.bg16, &found.bg);
            style.add_modifier(found.add)
        };
        let styles = ROLES.iter().map(|role| style(*role)).collect();
        let first = files.first().map(|(_, file)| file);
        let is_light = files.iter().find_map(|(_, file)| file.is_light).unwrap_or(false);
        let help = first.map(|file| file.help.clone()).unwrap_or_default();
        Ok(Self { name: name.to_owned(), help, is_light, styles })
    }
}

impl Styles for Theme {
    fn of(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}

/// The role's name in a theme file: `kebab-case`.
pub fn role_name(role: Role) -> String {
    let mut name = String::new();
    for (at, c) in format!("{role:?}").chars().enumerate() {
        if c.is_ascii_uppercase() && at > 0 {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// Whose look a role takes when a theme does not name it.
fn fallback(role: Role) -> Option<Role> {
    Some(match role {
        Role::Text => return None,
        Role::Dim
        | Role::Strong
        | Role::Critical
        | Role::Warning
        | Role::Good
        | Role::Selection
        | Role::Overlay
        | Role::Input
        | Role::YamlString => Role::Text,
        Role::Header | Role::Rule | Role::Stale | Role::KeyHelp | Role::Ghost | Role::LogTime => Role::Dim,
        Role::Unknown | Role::Forbidden => Role::Dim,
        Role::KeyDisabled | Role::BarFree => Role::Dim,
        Role::HeaderSorted | Role::Brand | Role::Crumb | Role::OverlayTitle | Role::Key | Role::Mark => {
            Role::Strong
        }
        Role::Match | Role::Changed | Role::LogNote | Role::Armed => Role::Warning,
        Role::Progressing | Role::BarRequested | Role::LogSource | Role::YamlKey => Role::Strong,
        Role::YamlScalar => Role::YamlString,
        Role::BarUsed | Role::BadgeDevelopment => Role::Good,
        Role::BadgeStaging => Role::Warning,
        Role::BadgeProduction => Role::Critical,
    })
}

/// How a role is told apart without any colour.
fn mono(role: Role) -> Modifier {
    match role {
        Role::Selection | Role::BadgeProduction | Role::Armed => Modifier::REVERSED.union(Modifier::BOLD),
        Role::BadgeStaging | Role::HeaderSorted | Role::Match | Role::Mark => {
            Modifier::BOLD.union(Modifier::UNDERLINED)
        }
        Role::Warning | Role::Input => Modifier::UNDERLINED,
        Role::Critical
        | Role::Strong
        | Role::Brand
        | Role::Header
        | Role::OverlayTitle
        | Role::Key
        | Role::Changed
        | Role::YamlKey => Modifier::BOLD,
        Role::BarUsed => Modifier::REVERSED,
        Role::Dim
        | Role::Stale
        | Role::Ghost
        | Role::KeyDisabled
        | Role::Rule
        | Role::LogTime
        | Role::Forbidden
        | Role::BarFree => Modifier::DIM,
        Role::LogNote => Modifier::ITALIC,
        _ => Modifier::empty(),
    }
}

/// Every role, in the order of its declaration.
pub const ROLES: &[Role] = &[
    Role::Text,
    Role::Dim,
    Role::Strong,
    Role::Header,
    Role::HeaderSorted,
    Role::Rule,
    Role::Brand,
    Role::Crumb,
    Role::Selection,
    Role::Mark,
    Role::Match,
    Role::Good,
    Role::Progressing,
    Role::Warning,
    Role::Critical,
    Role::Unknown,
    Role::Forbidden,
    Role::Stale,
    Role::Changed,
    Role::BadgeDevelopment,
    Role::BadgeStaging,
    Role::BadgeProduction,
    Role::Armed,
    Role::Key,
    Role::KeyHelp,
    Role::KeyDisabled,
    Role::Input,
    Role::Ghost,
    Role::Overlay,
    Role::OverlayTitle,
    Role::BarUsed,
    Role::BarRequested,
    Role::BarFree,
    Role::YamlKey,
    Role::YamlString,
    Role::YamlScalar,
    Role::LogTime,
    Role::LogSource,
    Role::LogNote,
];

#[cfg(test)]
mod tests;
