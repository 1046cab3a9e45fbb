//! An object as YAML: folded, searched, copied, saved.
//!
//! The lines are made once for each version of the object; a frame looks only at what is visible.

pub mod emit;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use serde_json::Value;

use super::detail::subject::Subject;
use crate::fleet::{ClusterId, Interest, ObjectRef, Problem};
use crate::ui::fresh::Picture;
use crate::ui::input::{Key, Mouse, MouseAction};
use crate::ui::message::Effect;
use crate::ui::text;
use crate::ui::view::{Handled, Look, Offer, View, ViewAbout, World};
use crate::ui::widgets::pager::{self, Pager};

/// Name and help.
pub const ABOUT: ViewAbout =
    ViewAbout { name: "yaml", aliases: &[], help: "an object as YAML, folded, searched, copied" };

/// The commands of this view besides those of every text.
pub const COMMANDS: &[&str] = &["open", "copy-line", "copy-all", "save", "refresh"];

/// One object as YAML.
#[derive(Debug)]
pub struct Yaml {
    subject: Subject,
    pager: Pager,
    has_banner: bool,
}

impl Yaml {
    /// An object's YAML.
    pub fn open(object: &ObjectRef) -> Self {
        Self { subject: Subject::new(object.clone()), pager: Pager::default(), has_banner: false }
    }

    /// What copying gives: the value of the line, or all that folds under it.
    fn copied(&self) -> Option<String> {
        let document = self.pager.document();
        let line = self.pager.line()?;
        match document.fold(line) {
            Some((_, last)) if document.value(line) == document.line(line).trim() => {
                let lines: Vec<&str> = (line..=last).map(|line| document.line(line)).collect();
                Some(lines.join("\n"))
            }
            _ => self.pager.value().map(str::to_owned),
        }
    }
}

impl View for Yaml {
    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }

    fn subject(&self) -> Option<String> {
        Some(self.subject.crumb())
    }

    fn cluster(&self) -> Option<&ClusterId> {
        Some(&self.subject.object.cluster)
    }

    fn pictures(&self) -> Vec<Picture> {
        self.subject.pictures()
    }

    fn interests(&self, _: &World<'_>) -> Vec<Interest> {
        vec![self.subject.interest()]
    }

    fn commands(&self, _: &World<'_>) -> Vec<Offer> {
        let is_empty = self.pager.document().is_empty();
        let disabled = |id: &str| match id {
            "refresh" => None,
            _ if is_empty => Some("nothing was read yet".to_owned()),
            id => self.pager.disabled(id),
        };
        let all = COMMANDS.iter().chain(pager::COMMANDS);
        all.map(|&id| Offer { id, disabled: disabled(id) }).collect()
    }

    fn command(&mut self, id: &'static str, _: &World<'_>) -> Handled {
        let effects = match id {
            "open" => {
                self.pager.command("fold");
                Vec::new()
            }
            "copy-line" => self.copied().map(Effect::Copy).into_iter().collect(),
            "copy-all" => {
                self.subject.value().map(|value| Effect::Copy(emit::to_text(value))).into_iter().collect()
            }
            "save" => {
                let save = |value: &Arc<Value>| Effect::Save {
                    name: self.subject.file_name(".yaml"),
                    content: emit::to_text(value).into(),
                };
                self.subject.value().map(save).into_iter().collect()
            }
            "refresh" => {
                self.subject.refetch();
                return Handled::Ignored;
            }
            id if self.pager.command(id) => Vec::new(),
            _ => return Handled::Ignored,
        };
        Handled::Done(effects)
    }

    fn key(&mut self, key: Key, _: &World<'_>) -> Handled {
        if !self.pager.takes_text() {
            return Handled::Ignored;
        }
        self.pager.key(key);
        Handled::Done(Vec::new())
    }

    fn paste(&mut self, text: &str, _: &World<'_>) {
        self.pager.paste(text);
    }

    fn takes_text(&self) -> bool {
        self.pager.takes_text()
    }

    fn mouse(&mut self, mouse: Mouse, _: &World<'_>) -> Handled {
        let row = mouse.row.saturating_sub(u16::from(self.has_banner));
        if !self.pager.mouse(Mouse { row, ..mouse }) {
            return Handled::Ignored;
        }
        if mouse.action == MouseAction::DoubleClick {
            self.pager.command("fold");
        }
        Handled::Done(Vec::new())
    }

    fn asks(&mut self, world: &World<'_>) -> Vec<Effect> {
        self.subject.asks(world).into_iter().collect()
    }

    fn fetched(&mut self, object: &ObjectRef, result: &Result<Arc<Value>, Problem>) {
        let before = self.subject.value().cloned();
        self.subject.fetched(object, result);
        if let Some(value) = self.subject.value().filter(|value| before.as_ref() != Some(*value)) {
            self.pager.set_document(emit::document(value));
        }
    }

    fn prepare(&mut self, size: Size, world: &World<'_>) {
        self.subject.look(world);
        self.has_banner = self.subject.banner(world.now).is_some();
        let height = size.height.saturating_sub(u16::from(self.has_banner));
        self.pager.prepare(Size::new(size.width, height));
    }

    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        if area.is_empty() {
            return;
        }
        if self.subject.value().is_none() {
            self.subject.render_picture(area, buffer, look);
            return;
        }
        let mut body = area;
        if let Some((words, role)) = self.subject.banner(look.now).filter(|_| self.has_banner) {
            let words =
                text::cut(&text::escape(&words), area.width.saturating_sub(3), look.ascii).into_owned();
            let x = text::put(buffer, area, area.left() + 1, area.top(), "~ ", look.style.of(role));
            text::put(buffer, area, x, area.top(), &words, look.style.of(role));
            body = Rect { y: area.y + 1, height: area.height - 1, ..area };
        }
        self.pager.render(body, buffer, look);
    }

    fn selected(&self) -> Vec<ObjectRef> {
        vec![self.subject.object.clone()]
    }

    fn unwind(&mut self) -> bool {
        self.pager.unwind()
    }

    fn count(&self) -> Option<String> {
        (!self.pager.document().is_empty()).then(|| self.pager.place())
    }
}

#[cfg(test)]
#[path = "yaml/tests.rs"]
mod tests;
