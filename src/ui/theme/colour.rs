//! Colours and what is left of them in a terminal that shows fewer.

use ratatui::style::Color;

use super::Depth;

/// A colour of a palette: 24 bits, and where it matters the one of the sixteen that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paint {
    rgb: Rgb,
    ansi: Option<u8>,
}

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ui) struct Rgb(pub(in crate::ui) u8, pub(in crate::ui) u8, pub(in crate::ui) u8);

/// The sixteen by name, with the values that xterm gives them. Terminals differ; contrast is tested against these.
const SIXTEEN: [(&str, Rgb, Color); 16] = [
    ("black", Rgb(0, 0, 0), Color::Black),
    ("red", Rgb(205, 0, 0), Color::Red),
    ("green", Rgb(0, 205, 0), Color::Green),
    ("yellow", Rgb(205, 205, 0), Color::Yellow),
    ("blue", Rgb(0, 0, 238), Color::Blue),
    ("magenta", Rgb(205, 0, 205), Color::Magenta),
    ("cyan", Rgb(0, 205, 205), Color::Cyan),
    ("white", Rgb(229, 229, 229), Color::Gray),
    ("bright-black", Rgb(127, 127, 127), Color::DarkGray),
    ("bright-red", Rgb(255, 0, 0), Color::LightRed),
    ("bright-green", Rgb(0, 255, 0), Color::LightGreen),
    ("bright-yellow", Rgb(255, 255, 0), Color::LightYellow),
    ("bright-blue", Rgb(92, 92, 255), Color::LightBlue),
    ("bright-magenta", Rgb(255, 0, 255), Color::LightMagenta),
    ("bright-cyan", Rgb(0, 255, 255), Color::LightCyan),
    ("bright-white", Rgb(255, 255, 255), Color::White),
];

/// The levels of the 6×6×6 cube.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

impl Paint {
    pub(super) fn new(rgb: Rgb, ansi: Option<u8>) -> Self {
        Self { rgb, ansi }
    }

    /// `#rrggbb`, or one of the sixteen by name.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(index) = ansi_index(text) {
            let (_, rgb, _) = SIXTEEN.get(usize::from(index))?;
            return Some(Self { rgb: *rgb, ansi: Some(index) });
        }
        let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.is_ascii())?;
        let value = u32::from_str_radix(digits, 16).ok()?;
        let [_, r, g, b] = value.to_be_bytes();
        Some(Self { rgb: Rgb(r, g, b), ansi: None })
    }

    pub(super) fn rgb(self) -> Rgb {
        self.rgb
    }

    pub(super) fn at(self, depth: Depth) -> Option<Color> {
        let Rgb(r, g, b) = self.rgb;
        match depth {
            Depth::None => None,
            Depth::True => Some(Color::Rgb(r, g, b)),
            Depth::Indexed => Some(Color::Indexed(cube_index(self.rgb))),
            Depth::Sixteen => {
                let index = self.ansi.unwrap_or_else(|| nearest_of_sixteen(self.rgb));
                SIXTEEN.get(usize::from(index)).map(|(_, _, colour)| *colour)
            }
        }
    }
}

/// The number of one of the sixteen.
pub(super) fn ansi_index(name: &str) -> Option<u8> {
    SIXTEEN.iter().position(|(known, ..)| *known == name).and_then(|at| u8::try_from(at).ok())
}

/// Squared distance, weighted the way the eye is.
fn distance(a: Rgb, b: Rgb) -> i32 {
    let d = |x: u8, y: u8| i32::from(x) - i32::from(y);
    2 * d(a.0, b.0).pow(2) + 4 * d(a.1, b.1).pow(2) + 3 * d(a.2, b.2).pow(2)
}

fn nearest_of_sixteen(rgb: Rgb) -> u8 {
    (0u8..16)
        .min_by_key(|at| {
            SIXTEEN.get(usize::from(*at)).map_or(i32::MAX, |(_, known, _)| distance(rgb, *known))
        })
        .unwrap_or(7)
}

/// The nearest of the colours 16 to 255; the first sixteen are the user's own and never used here.
fn cube_index(rgb: Rgb) -> u8 {
    (16u8..=255).min_by_key(|index| distance(rgb, cube_rgb(*index))).unwrap_or(16)
}

fn cube_rgb(index: u8) -> Rgb {
    if index >= 232 {
        let grey = 8 + (index - 232) * 10;
        return Rgb(grey, grey, grey);
    }
    let at = index.saturating_sub(16);
    let level = |n: u8| LEVELS.get(usize::from(n)).copied().unwrap_or(0);
    Rgb(level(at / 36), level(at / 6 % 6), level(at % 6))
}

/// What a terminal with xterm's colours shows; nothing for the terminal's own colour.
pub(in crate::ui) fn shown(colour: Color) -> Option<Rgb> {
    match colour {
        Color::Rgb(r, g, b) => Some(Rgb(r, g, b)),
        Color::Indexed(index @ 0..16) => SIXTEEN.get(usize::from(index)).map(|(_, rgb, _)| *rgb),
        Color::Indexed(index) => Some(cube_rgb(index)),
        named => SIXTEEN.iter().find(|(_, _, known)| *known == named).map(|(_, rgb, _)| *rgb),
    }
}

/// The number of one of the sixteen; nothing for the terminal's own colour and those that have no name.
pub(in crate::ui) fn index_of(colour: Color) -> Option<u8> {
    SIXTEEN.iter().zip(0..).find(|((_, _, known), _)| *known == colour).map(|(_, index)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_finds_its_nearest_neighbour_in_fewer_colours() {
        let orange = Paint::parse("#ff8700").unwrap();
        assert_eq!(orange.at(Depth::True), Some(Color::Rgb(255, 135, 0)));
        assert_eq!(orange.at(Depth::Indexed), Some(Color::Indexed(208)));
        assert_eq!(Paint::parse("#ff0000").unwrap().at(Depth::Sixteen), Some(Color::LightRed));
        assert_eq!(orange.at(Depth::None), None);
        assert!(Paint::parse("#ff870").is_none());
        assert!(Paint::parse("#gg8700").is_none());
    }
}
