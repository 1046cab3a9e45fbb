//! Bars: how much of something is used, requested and free.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::view::Look;

/// How much of something is taken, all in one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// In use right now; `None` when nobody measures it.
    pub used: Option<u64>,
    /// Promised to somebody.
    pub requested: u64,
    /// All there is.
    pub of: u64,
}

const EIGHTHS: [&str; 8] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];

impl Bar {
    /// Draws it into one line of so many cells: used is solid, what is requested beyond it is shaded, the rest is free.
    pub fn render(self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let mut x = area.left();
        for (piece, role) in self.pieces(area.width, look.ascii) {
            x = text::put(buffer, area, x, area.top(), &piece, look.style.of(role));
        }
    }

    /// The bar as texts with their meaning, together exactly so many cells wide.
    pub fn pieces(self, cells: u16, ascii: bool) -> Vec<(String, Role)> {
        let (solid, shaded, free) = if ascii { ("#", "=", ".") } else { ("█", "▒", "·") };
        let eighths = |amount: u64| -> usize {
            if self.of == 0 {
                return 0;
            }
            let total = u128::from(cells) * 8;
            let filled = (u128::from(amount) * total).div_ceil(u128::from(self.of)).min(total);
            usize::try_from(filled).unwrap_or(0)
        };
        let mut used = eighths(self.used.unwrap_or(0));
        let requested = eighths(self.requested).max(used);
        if requested.div_ceil(8) > used.div_ceil(8) {
            // Between a part of a cell and the shade there would be a gap.
            used = if used == 0 { 0 } else { ((used + 4) / 8).max(1) * 8 };
        }
        let mut drawn = used / 8;
        let mut pieces = vec![(solid.repeat(drawn), Role::BarUsed)];
        let part = used % 8;
        if part > 0 {
            let glyph = if ascii { if part >= 4 { solid } else { "-" } } else { eighth(part) };
            pieces.push((glyph.to_owned(), Role::BarUsed));
            drawn += 1;
        }
        let shade = requested.div_ceil(8).saturating_sub(drawn);
        pieces.push((shaded.repeat(shade), Role::BarRequested));
        let rest = usize::from(cells).saturating_sub(drawn + shade);
        pieces.push((free.repeat(rest), Role::BarFree));
        pieces.retain(|(piece, _)| !piece.is_empty());
        pieces
    }
}

fn eighth(part: usize) -> &'static str {
    EIGHTHS.get(part.wrapping_sub(1)).copied().unwrap_or(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(bar: Bar, cells: u16, ascii: bool) -> String {
        bar.pieces(cells, ascii).into_iter().map(|(piece, _)| piece).collect()
    }

    #[test]
    fn a_bar_shows_used_requested_and_free() {
        let bar = Bar { used: Some(25), requested: 50, of: 100 };
        assert_eq!(drawn(bar, 8, false), "██▒▒····");
        assert_eq!(drawn(bar, 8, true), "##==....");
        assert_eq!(drawn(Bar { used: Some(1), requested: 0, of: 1000 }, 4, false), "▏···");
        assert_eq!(drawn(Bar { used: None, requested: 300, of: 100 }, 4, true), "====");
        assert_eq!(drawn(Bar { used: Some(3), requested: 3, of: 0 }, 3, true), "...");
    }

    proptest! {
        #[test]
        fn a_bar_is_as_wide_as_it_was_told(used: u64, requested: u64, of: u64, cells in 0u16..40) {
            let bar = Bar { used: Some(used), requested, of };
            prop_assert_eq!(text::width(&drawn(bar, cells, false)), cells);
            prop_assert_eq!(drawn(bar, cells, true).len(), usize::from(cells));
        }
    }
}
