//! A log of 10,000 lines a second: what a thirtieth of a second of it costs, the frame included.

use std::sync::Arc;

use pilothouse::fleet::Timestamp;
use pilothouse::ui::input::KeyCode;
use pilothouse::ui::message::{Effect, LogBatch, LogLine, Msg};

use super::Outcome;
use super::figures::{Figures, Times};
use super::pods::{Large, NOW};
use super::screen::Screen;

/// Lines of a thirtieth of a second.
const LINES: usize = 333;
/// Ten seconds.
const FRAMES: usize = 300;

pub(crate) fn measure(figures: &mut Figures) -> Outcome {
    let mut large = Large::new(500)?;
    let mut screen = Screen::open(&large)?;
    screen.look(large.store.publish());
    screen.draw();
    let mut asked = screen.press(KeyCode::Char('l'));
    screen.draw();
    let mut opened = None;
    while let Some(effect) = asked.pop() {
        match effect {
            // Whatever pod it is: one of them stands for it, its containers are named alike.
            Effect::Fetch(object) => {
                let whole: serde_json::Value = serde_json::from_str(&large.first)?;
                asked.extend(screen.tell(Msg::Fetched { object, result: Ok(Arc::new(whole)) }));
            }
            Effect::OpenLog(request) => opened = Some(request),
            _ => {}
        }
    }
    let request = opened.ok_or("no log was opened")?;
    let now = Timestamp::parse(NOW);
    let container: Arc<str> = request.containers.first().map(String::as_str).unwrap_or_default().into();
    let mut number = 0;
    let mut batch = || {
        let line = || {
            number += 1;
            LogLine {
                container: Arc::clone(&container),
                at: now,
                text: format!(
                    r#"{{"level":"info","msg":"request served","path":"/api/v1/orders/{number}","status":200,"ms":{}}}"#,
                    number % 97
                )
                .into(),
            }
        };
        LogBatch { lines: std::iter::repeat_with(line).take(LINES).collect(), ended: Vec::new() }
    };
    let mut frames = |screen: &mut Screen| {
        let mut times = Times::default();
        for _ in 0..FRAMES {
            let batch = batch();
            times.take(|| {
                screen.tell(Msg::Log { id: request.id, batch });
                screen.draw();
            });
        }
        times
    };
    let following = frames(&mut screen);
    figures.hold_times("a frame of a log of 10,000 lines a second", &following, 8.0);
    for key in "/status".chars().map(KeyCode::Char).chain([KeyCode::Enter]) {
        screen.answer(key);
    }
    let filtered = frames(&mut screen);
    figures.hold_times("the same, filtered", &filtered, 8.0);
    Ok(())
}
