//! The view behind all others.

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::fleet::Interest;
use crate::ui::view::{Handled, Look, Offer, View, ViewAbout, World};

/// What is shown when there is no view at all.
pub(super) struct Blank;

impl View for Blank {
    fn about(&self) -> &'static ViewAbout {
        &ViewAbout { name: "blank", aliases: &[], help: "nothing" }
    }
    fn interests(&self, _: &World<'_>) -> Vec<Interest> {
        Vec::new()
    }
    fn commands(&self, _: &World<'_>) -> Vec<Offer> {
        Vec::new()
    }
    fn command(&mut self, _: &'static str, _: &World<'_>) -> Handled {
        Handled::Ignored
    }
    fn prepare(&mut self, _: Size, _: &World<'_>) {}
    fn render(&self, _: Rect, _: &mut Buffer, _: &Look<'_>) {}
}
