//! What lies over the view: the palette, the help, a chooser. One at a time; each says what it wants done.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::fleet::{ClusterId, ObjectRef};
use crate::ui::input::{Key, Mouse};
use crate::ui::role::Role;
use crate::ui::text::put;
use crate::ui::view::Look;

/// What an overlay wants the cockpit to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Nothing; it stays.
    Nothing,
    /// Close it.
    Close,
    /// Close it and run a line of the palette.
    Line(String),
    /// Close it and run a command.
    Command(&'static str),
    /// Close it and show these clusters; all when empty.
    Clusters(Vec<ClusterId>),
    /// Close it and show this namespace; all when `None`.
    Namespace(Option<String>),
    /// Close it and put the cursor on this object of the table under it.
    Select(ObjectRef),
    /// Show the colours of this theme, and stay.
    Theme(String),
    /// Close it and show the colours of this theme.
    CloseWithTheme(String),
}

pub(super) trait Overlay: Send {
    fn key(&mut self, key: Key) -> Ask;
    fn paste(&mut self, text: &str) {
        let _ = text;
    }
    /// The mouse, in cells of the whole screen.
    fn mouse(&mut self, mouse: Mouse, area: Rect) -> Ask {
        let _ = (mouse, area);
        Ask::Nothing
    }
    /// True while it can use the names of namespaces.
    fn wants_namespaces(&self) -> bool {
        false
    }
    /// The namespaces that are known by now.
    fn meet(&mut self, namespaces: &[String]) {
        let _ = namespaces;
    }
    /// Draws over the whole screen's `area`.
    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>);
}

/// An empty panel with a title, and what is left of it for content.
pub(super) fn panel(area: Rect, title: &str, hint: &str, buffer: &mut Buffer, look: &Look<'_>) -> Rect {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return area;
    }
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
                cell.set_style(look.style.of(Role::Text));
                cell.set_style(look.style.of(Role::Overlay));
            }
        }
    }
    let line = if look.ascii { "-" } else { "─" };
    let rule = line.repeat(usize::from(area.width));
    put(buffer, area, area.x, area.y, &rule, look.style.of(Role::Rule));
    let x = put(buffer, area, area.x + 1, area.y, &format!(" {title} "), look.style.of(Role::OverlayTitle));
    if !hint.is_empty() {
        put(buffer, area, x + 1, area.y, &format!(" {hint} "), look.style.of(Role::Dim));
    }
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}
