//! What the terminal can show, as far as its environment tells.

/// How many colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColourDepth {
    /// No colours: bold, reverse and underline at most.
    None,
    /// The terminal's own 16.
    Sixteen,
    /// The palette of 256.
    Palette,
    /// 24 bits.
    True,
}

impl ColourDepth {
    /// What a terminal shows. `variable` looks up an environment variable and finds only what is not empty.
    ///
    /// A non-empty `NO_COLOR` means none (no-color.org) and `TERM=dumb` too, unless `CLICOLOR_FORCE` asks for colours
    /// anyway; `COLORTERM` says whether there are 24 bits, `TERM` the rest.
    pub fn of_terminal(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        if variable("NO_COLOR").is_some() {
            return Self::None;
        }
        let by_name = Self::by_name(variable);
        if by_name == Self::None && is_forced(variable) { Self::Sixteen } else { by_name }
    }

    /// What to write to an output: the terminal's depth, or none where it is no terminal, unless `CLICOLOR_FORCE` asks
    /// for colours.
    pub fn of_output(is_terminal: bool, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        if is_terminal || is_forced(variable) { Self::of_terminal(variable) } else { Self::None }
    }

    fn by_name(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default().to_ascii_lowercase();
        if term.is_empty() || term == "dumb" || term.starts_with("vt1") || term.starts_with("vt2") {
            return Self::None;
        }
        let colorterm = variable("COLORTERM").unwrap_or_default().to_ascii_lowercase();
        if matches!(colorterm.as_str(), "truecolor" | "24bit") {
            return Self::True;
        }
        // These do 24 bits and keep their names over ssh, where COLORTERM is lost.
        let known = ["kitty", "alacritty", "ghostty", "wezterm", "foot", "contour", "rio", "-direct"];
        if known.iter().any(|name| term.contains(name)) {
            return Self::True;
        }
        if term.contains("256color") || colorterm == "256color" {
            return Self::Palette;
        }
        Self::Sixteen
    }
}

fn is_forced(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    variable("CLICOLOR_FORCE").is_some_and(|value| value != "0")
}

/// Whether the terminal's background is light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Light text on it is readable.
    Dark,
    /// Dark text on it is readable.
    Light,
}

impl Background {
    /// What `COLORFGBG` says (`15;0`, `0;default;15`): rxvt, konsole and some others set it.
    pub fn by_variable(variable: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        match variable("COLORFGBG")?.rsplit(';').next()?.parse::<u8>().ok()? {
            7 | 9..=15 => Some(Self::Light),
            0..=6 | 8 => Some(Self::Dark),
            _ => None,
        }
    }

    /// What a colour is, as terminals answer `OSC 11`: `rgb:ffff/ffff/ffff`, `rgba:…`, `#rrggbb`.
    pub fn by_colour(colour: &str) -> Option<Self> {
        let parts: Vec<&str> = match colour.strip_prefix('#') {
            Some(digits) if digits.len() == 6 && digits.is_ascii() => {
                vec![digits.get(0..2)?, digits.get(2..4)?, digits.get(4..6)?]
            }
            Some(_) => return None,
            None => {
                let parts = colour.strip_prefix("rgb:").or_else(|| colour.strip_prefix("rgba:"))?;
                parts.split('/').take(3).collect()
            }
        };
        let part = |text: &&str| {
            let value = u32::from_str_radix(text, 16).ok().filter(|_| (1..=4).contains(&text.len()))?;
            Some(f64::from(value) / f64::from((1_u32 << (4 * text.len())) - 1))
        };
        let [red, green, blue] = parts.iter().map(part).collect::<Option<Vec<f64>>>()?.try_into().ok()?;
        // Rec. 709 weights on the encoded values: exact enough to tell paper from ink.
        let brightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        Some(if brightness > 0.5 { Self::Light } else { Self::Dark })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| {
            let value = set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            value.filter(|value| !value.is_empty())
        }
    }

    #[test]
    fn the_depth_follows_the_conventions() {
        use ColourDepth::{None, Palette, Sixteen, True};
        let table: &[(&[(&str, &str)], ColourDepth)] = &[
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], True),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "24bit")], True),
            (&[("TERM", "xterm-256color")], Palette),
            (&[("TERM", "tmux-256color"), ("COLORTERM", "")], Palette),
            (&[("TERM", "xterm")], Sixteen),
            (&[("TERM", "linux")], Sixteen),
            (&[("TERM", "xterm-kitty")], True),
            (&[("TERM", "xterm-direct")], True),
            (&[("TERM", "vt100")], None),
            (&[("TERM", "dumb")], None),
            (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], None),
            (&[], None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Palette),
            (&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], Sixteen),
            (&[("TERM", "dumb"), ("CLICOLOR_FORCE", "0")], None),
            (&[("TERM", "xterm"), ("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], None),
        ];
        for (set, expected) in table {
            assert_eq!(ColourDepth::of_terminal(&lookup(set)), *expected, "{set:?}");
        }
    }

    #[test]
    fn a_pipe_gets_colours_only_when_they_are_forced() {
        let plain = [("TERM", "xterm-256color")];
        let forced = [("TERM", "xterm-256color"), ("CLICOLOR_FORCE", "1")];
        assert_eq!(ColourDepth::of_output(false, &lookup(&plain)), ColourDepth::None);
        assert_eq!(ColourDepth::of_output(true, &lookup(&plain)), ColourDepth::Palette);
        assert_eq!(ColourDepth::of_output(false, &lookup(&forced)), ColourDepth::Palette);
    }

    #[test]
    fn the_background_is_told_by_variable_or_colour() {
        for (value, expected) in [
            ("15;0", Some(Background::Dark)),
            ("0;15", Some(Background::Light)),
            ("0;default;15", Some(Background::Light)),
            ("0;default", None),
            ("12;8", Some(Background::Dark)),
            ("junk", None),
        ] {
            let set = [("COLORFGBG", value)];
            assert_eq!(Background::by_variable(&lookup(&set)), expected, "{value}");
        }
        for (colour, expected) in [
            ("rgb:ffff/ffff/ffff", Some(Background::Light)),
            ("rgb:1e/1e/2e", Some(Background::Dark)),
            ("rgba:fd00/f600/e300/ffff", Some(Background::Light)),
            ("#fdf6e3", Some(Background::Light)),
            ("rgb:f/f", None),
            ("rgb:fffff/0/0", None),
            ("", None),
        ] {
            assert_eq!(Background::by_colour(colour), expected, "{colour}");
        }
    }
}
