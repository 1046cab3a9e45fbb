//! `screenshot VIEW`: one frame, for docs, tickets and tests.

use std::io::Write;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Outcome;
use super::arguments::{PictureFormat, ScreenshotArguments};
use super::exit::Exit;
use crate::app::one_shot::OneShot;
use crate::app::{Opening, look};
use crate::config::variable;
use crate::terminal::Background;
use crate::ui::picture::{self, Paper};
use crate::ui::theme::Depth;

pub(super) fn run(opening: Opening, shot: &ScreenshotArguments, stdout: &mut dyn Write) -> Outcome {
    // Whoever asks for ANSI wants its colours, on a terminal or not; NO_COLOR still takes them away.
    let depth = match shot.output {
        PictureFormat::Text => Depth::None,
        PictureFormat::Ansi if variable("NO_COLOR").is_some() => Depth::None,
        PictureFormat::Ansi | PictureFormat::Svg => Depth::True,
    };
    let light = Background::by_variable(&variable) == Some(Background::Light);
    let theme = look::theme(&opening.settings, &opening.paths, depth, light)?;
    let paper = Paper::of(&theme);
    let (width, height) = shot.size;
    let mut one = OneShot::open(opening, theme, depth)?;
    let complete = one.settle(shot.timeout)?;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    one.draw(&mut buffer);
    let picture = match shot.output {
        PictureFormat::Text => picture::as_text(&buffer),
        PictureFormat::Ansi => picture::as_ansi(&buffer),
        PictureFormat::Svg => picture::as_svg(&buffer, paper, &format!("pilothouse {}", shot.view)),
    };
    stdout.write_all(picture.as_bytes())?;
    Ok(if complete { Exit::Done } else { Exit::PartlyUnknown })
}
