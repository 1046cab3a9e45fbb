//! What the terminal can show, as far as its environment tells.

use crate::ui::theme::Depth;

/// How many colours a terminal shows. `variable` looks up an environment variable and finds only what is not empty.
///
/// A non-empty `NO_COLOR` means none (no-color.org), and `TERM=dumb` too unless `CLICOLOR_FORCE` asks for colours
/// anyway; `COLORTERM` says whether there are 24 bits, `TERM` the rest.
pub fn depth_of_terminal(variable: &dyn Fn(&str) -> Option<String>) -> Depth {
    if variable("NO_COLOR").is_some() {
        return Depth::None;
    }
    let by_name = by_name(variable);
    if by_name == Depth::None && is_forced(variable) { Depth::Sixteen } else { by_name }
}

/// How many colours to write to an output: the terminal's, or none where it is no terminal, unless `CLICOLOR_FORCE`
/// asks for colours.
pub fn depth_of_output(is_terminal: bool, variable: &dyn Fn(&str) -> Option<String>) -> Depth {
    if is_terminal || is_forced(variable) { depth_of_terminal(variable) } else { Depth::None }
}

fn by_name(variable: &dyn Fn(&str) -> Option<String>) -> Depth {
    let term = variable("TERM").unwrap_or_default().to_ascii_lowercase();
    if term.is_empty() || term == "dumb" || term.starts_with("vt1") || term.starts_with("vt2") {
        return Depth::None;
    }
    let colorterm = variable("COLORTERM").unwrap_or_default().to_ascii_lowercase();
    if matches!(colorterm.as_str(), "truecolor" | "24bit") {
        return Depth::True;
    }
    // These do 24 bits and keep their names over ssh, where COLORTERM is lost.
    let known = ["kitty", "alacritty", "ghostty", "wezterm", "foot", "contour", "rio", "-direct"];
    if known.iter().any(|name| term.contains(name)) {
        return Depth::True;
    }
    if term.contains("256color") || colorterm == "256color" {
        return Depth::Indexed;
    }
    Depth::Sixteen
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
        use Depth::{Indexed, None, Sixteen, True};
        let table: &[(&[(&str, &str)], Depth)] = &[
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], True),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "24bit")], True),
            (&[("TERM", "xterm-256color")], Indexed),
            (&[("TERM", "tmux-256color"), ("COLORTERM", "")], Indexed),
            (&[("TERM", "xterm")], Sixteen),
            (&[("TERM", "linux")], Sixteen),
            (&[("TERM", "xterm-kitty")], True),
            (&[("TERM", "xterm-direct")], True),
            (&[("TERM", "vt100")], None),
            (&[("TERM", "dumb")], None),
            (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], None),
            (&[], None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Indexed),
            (&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], Sixteen),
            (&[("TERM", "dumb"), ("CLICOLOR_FORCE", "0")], None),
            (&[("TERM", "xterm"), ("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], None),
        ];
        for (set, expected) in table {
            assert_eq!(depth_of_terminal(&lookup(set)), *expected, "{set:?}");
        }
    }

    #[test]
    fn a_pipe_gets_colours_only_when_they_are_forced() {
        let plain = [("TERM", "xterm-256color")];
        let forced = [("TERM", "xterm-256color"), ("CLICOLOR_FORCE", "1")];
        assert_eq!(depth_of_output(false, &lookup(&plain)), Depth::None);
        assert_eq!(depth_of_output(true, &lookup(&plain)), Depth::Indexed);
        assert_eq!(depth_of_output(false, &lookup(&forced)), Depth::Indexed);
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
