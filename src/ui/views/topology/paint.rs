//! How a line of a tree looks: its name, how many nodes are ready, three bars, and what is wrong below it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::lines::{Line, Place};
use super::{Grown, POD, Pane};
use crate::fleet::kind::{NODES, PODS};
use crate::fleet::node::{Node, host};
use crate::fleet::pod::Pod;
use crate::fleet::quantity::{human_bytes, human_cpu};
use crate::fleet::{Row, Timestamp, Verdict};
use crate::planes::topology::{Branch, Level, Load};
use crate::ui::describe;
use crate::ui::join;
use crate::ui::listing::{Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::text::{self, Align};
use crate::ui::view::Look;
use crate::ui::views::pods::Pods;
use crate::ui::widgets::bar::Bar;
use crate::ui::widgets::pager;
use crate::ui::widgets::sheet::Part;

/// What a line of a pane has room for, in cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    width: u16,
    name: u16,
    bar: u16,
    /// Behind each bar, a number.
    number: u16,
}

const READY: u16 = 9;

impl Layout {
    /// For the lines that a pane shows now.
    pub(super) fn of(pane: &Pane, trees: &[Grown], height: usize) -> Self {
        let (bar, number) = match pane.width {
            150.. => (10, 6),
            110..=149 => (10, 0),
            90..=109 => (6, 0),
            _ => (5, 0),
        };
        let visible = pane.lines.iter().skip(pane.top).take(height);
        let widest = visible.map(|line| 2 * line.depth + 5 + text::width(&name(&line.place, trees))).max();
        let most = (pane.width * 2 / 5).max(24);
        Self { width: pane.width, name: widest.unwrap_or(0).clamp(16, most), bar, number }
    }

    pub(super) fn header(&self) -> Vec<Part> {
        let head = |title: &str, cells: u16| (text::fit(title, cells, Align::Left, false), Role::Header);
        let column = self.bar + self.number;
        vec![
            head(" ", 1),
            head("", self.name),
            (text::fit("NODES", READY, Align::Right, false), Role::Header),
            head("  CPU", column + 2),
            head("  MEMORY", column + 2),
            head("  PODS", column + 2),
            head("  WHY", self.rest()),
        ]
    }

    fn rest(&self) -> u16 {
        let taken = 1 + self.name + READY + 3 * (self.bar + self.number + 2);
        self.width.saturating_sub(taken)
    }

    pub(super) fn line(&self, line: &Line, trees: &[Grown], now: Timestamp) -> Vec<Part> {
        let indent = " ".repeat(usize::from(2 * line.depth));
        let fold = match line.is_open {
            Some(true) => "▾ ",
            Some(false) => "▸ ",
            None => "  ",
        };
        let Some(tree) = trees.get(line.place.tree) else { return Vec::new() };
        let mut parts = vec![(" ".to_owned(), Role::Text), (format!("{indent}{fold}"), Role::Dim)];
        let room = self.name.saturating_sub(2 * line.depth + 4);
        let named = |verdict: Verdict, name: &str, role: Role| {
            let (glyph, colour) = describe::glyph(verdict, false);
            let name = text::cut_middle(name, room.saturating_sub(1), false);
            [(format!("{glyph} "), colour), (text::fit(&name, room, Align::Left, false), role)]
        };
        let called = name(&line.place, trees);
        if let Some(slot) = line.place.pod {
            let pod = tree.cluster.table::<Pod>(&PODS).and_then(|table| table.get(slot));
            let Some(pod) = pod else { return parts };
            let context = RowContext { now, cluster: &tree.cluster, resource: &POD, folded: None };
            let judged = Pods.verdict(pod, &context);
            parts.extend(named(judged.verdict, &called, Role::Text));
            parts.extend(self.of_pod(pod, judged.verdict, &judged.why));
            return parts;
        }
        let Some(branch) = tree.root.at(&line.place.steps) else { return parts };
        let role = if branch.level == Level::Node { Role::Text } else { Role::Strong };
        let role = if matches!(branch.level, Level::Thing(_)) { Role::Text } else { role };
        parts.extend(named(branch.verdict(), &called, role));
        if matches!(branch.level, Level::Network | Level::Thing(_)) {
            parts.extend(self.of_thing(branch));
            return parts;
        }
        let ready = match branch.level {
            Level::Waiting => (String::new(), Role::Text),
            Level::Node => {
                let node = branch.slot.and_then(|slot| tree.cluster.table::<Node>(&NODES)?.get(slot));
                (node.and_then(|node| node.capacity_type()).unwrap_or_default().to_owned(), Role::Dim)
            }
            _ => {
                let role = if branch.ready < branch.nodes { Role::Warning } else { Role::Text };
                (format!("{}/{}", branch.ready, branch.nodes), role)
            }
        };
        let ready_text = text::cut(&text::escape(&ready.0), READY, false).into_owned();
        parts.push((text::fit(&ready_text, READY, Align::Right, false), ready.1));
        parts.extend(self.bars(&branch.load));
        parts.extend(self.wrong(branch, self.rest()));
        parts
    }

    /// What is requested, used, and how many pods there are, of all that there is.
    fn bars(&self, load: &Load) -> Vec<Part> {
        let amounts = [
            (load.used.map(|used| used.cpu), load.requested.cpu, load.of.cpu),
            (load.used.map(|used| used.memory), load.requested.memory, load.of.memory),
            (Some(load.pods), load.pods, load.pods_of),
        ];
        let mut parts = Vec::new();
        for (used, requested, of) in amounts {
            parts.push(("  ".to_owned(), Role::Text));
            if of == 0 {
                let cells = usize::from(self.bar + self.number);
                let words = if requested == 0 { String::new() } else { text::thousands(requested) };
                let words = if self.is_pods(of, load) { words } else { String::new() };
                parts.push((format!("{words:<cells$}"), Role::Dim));
                continue;
            }
            parts.extend(Bar { used, requested, of }.pieces(self.bar, false));
            if self.number > 0 {
                let percent = requested.saturating_mul(100) / of;
                let role = if percent >= 100 { Role::Strong } else { Role::Dim };
                parts.push((text::fit(&format!("{percent}%"), self.number, Align::Right, false), role));
            }
        }
        parts
    }

    /// Pods that wait have no node to fill: how many they are is said instead of a bar.
    fn is_pods(&self, of: u64, load: &Load) -> bool {
        of == 0 && load.pods_of == 0 && load.of.cpu == 0
    }

    fn of_pod(&self, pod: &Pod, verdict: Verdict, why: &str) -> Vec<Part> {
        let requests = pod.requests();
        let amount = |words: String| {
            let cells = self.bar + self.number;
            (format!("  {}", text::fit(&words, cells, Align::Left, false)), Role::Dim)
        };
        let asked = |is_asked: bool, words: String| if is_asked { words } else { "–".to_owned() };
        let (ready, all) = pod.ready();
        let mut parts = vec![
            (text::fit(&format!("{ready}/{all}"), READY, Align::Right, false), Role::Dim),
            amount(asked(requests.cpu > 0, human_cpu(requests.cpu))),
            amount(asked(requests.memory > 0, human_bytes(requests.memory))),
        ];
        let status = text::cut(&text::escape(pod.status()), self.bar + self.number, false).into_owned();
        parts.push((
            format!("  {}", text::fit(&status, self.bar + self.number, Align::Left, false)),
            join::role(verdict),
        ));
        let why = text::cut(&text::escape(why), self.rest().saturating_sub(2), false).into_owned();
        parts.push((format!("  {why}"), join::role(verdict)));
        parts
    }

    /// What a part of the network is, in the place of the bars.
    fn of_thing(&self, branch: &Branch) -> Vec<Part> {
        let columns = READY + 3 * (self.bar + self.number + 2);
        let all = columns + self.rest();
        // Where only one of both has something to say, it has the whole line.
        if branch.words.is_empty() {
            return self.wrong(branch, all);
        }
        let room = if branch.worst.is_some() { columns } else { all }.saturating_sub(2);
        let words = text::escape(&branch.words).into_owned();
        let words = text::fit(&text::cut(&words, room, false), room, Align::Left, false);
        let mut parts = vec![(format!("  {words}"), Role::Dim)];
        parts.extend(self.wrong(branch, self.rest()));
        parts
    }

    /// How many are not well, and the worst of them.
    fn wrong(&self, branch: &Branch, room: u16) -> Vec<Part> {
        let Some(worst) = &branch.worst else {
            // What a pool is launched from is worth its line while nothing is wrong.
            let words = text::escape(&branch.words).into_owned();
            let words = text::cut(&words, room.saturating_sub(2), false).into_owned();
            return if branch.level == Level::Pool {
                vec![(format!("  {words}"), Role::Dim)]
            } else {
                Vec::new()
            };
        };
        let count = match branch.problems {
            0 | 1 => String::new(),
            some => format!("{} wrong  ", text::thousands(some.into())),
        };
        let role = join::role(worst.verdict);
        let room = room.saturating_sub(2 + text::width(&count));
        // On its own line a node need not be named again.
        let own = match branch.level {
            Level::Node => Some(format!("{}: ", host(&branch.name))),
            Level::Thing(_) => Some(format!("{}: ", branch.name)),
            _ => None,
        };
        let words = own.as_deref().and_then(|own| worst.words.strip_prefix(own)).unwrap_or(&worst.words);
        let words = text::cut(&text::escape(words), room, false).into_owned();
        vec![(format!("  {count}"), Role::Strong), (words, role)]
    }
}

/// What a place is called on the screen, escaped.
pub(super) fn name(place: &Place, trees: &[Grown]) -> String {
    let Some(tree) = trees.get(place.tree) else { return String::new() };
    if let Some(slot) = place.pod {
        let pod = tree.cluster.table::<Pod>(&PODS).and_then(|table| table.get(slot));
        let named = pod.map(|pod| format!("{}/{}", pod.namespace().unwrap_or_default(), pod.name()));
        return text::escape(&named.unwrap_or_default()).into_owned();
    }
    let Some(branch) = tree.root.at(&place.steps) else { return String::new() };
    let plain = match (branch.level, &*branch.name) {
        (Level::Region, "") => "no region".to_owned(),
        (Level::Zone, "") => "no zone".to_owned(),
        (Level::Pool, "") => "no pool or node group".to_owned(),
        (Level::Node, name) => {
            let node = branch.slot.and_then(|slot| tree.cluster.table::<Node>(&NODES)?.get(slot));
            let kind = node.and_then(|node| node.instance_type()).unwrap_or_default();
            format!("{} {kind}", host(name)).trim_end().to_owned()
        }
        (_, name) => name.to_owned(),
    };
    text::escape(&plain).into_owned()
}

/// What a node says in one line, below a map.
pub(super) fn said(place: &Place, trees: &[Grown]) -> Vec<Part> {
    let Some(branch) = trees.get(place.tree).and_then(|tree| tree.root.at(&place.steps)) else {
        return Vec::new();
    };
    let (glyph, colour) = describe::glyph(branch.verdict(), false);
    let load = &branch.load;
    let share = |part: u64, of: u64| part.saturating_mul(100).checked_div(of).unwrap_or(0);
    let mut parts = vec![
        (format!(" {glyph} "), colour),
        (name(place, trees), Role::Strong),
        (
            format!(
                "  requested: CPU {}% memory {}%  pods {}/{}",
                share(load.requested.cpu, load.of.cpu),
                share(load.requested.memory, load.of.memory),
                load.pods,
                load.pods_of
            ),
            Role::Dim,
        ),
    ];
    if let Some(worst) = &branch.worst {
        parts.push((format!("  {}", text::escape(&worst.words)), join::role(worst.verdict)));
    }
    parts
}

/// Draws a line at a row of an area.
pub(super) fn put(parts: &[Part], of: Rect, row: u16, is_chosen: bool, buffer: &mut Buffer, look: &Look<'_>) {
    let y = of.y + row;
    if row >= of.height || of.width == 0 {
        return;
    }
    let line = Rect::new(of.x, y, of.width, 1);
    let selection = look.style.of(Role::Selection);
    if is_chosen {
        buffer.set_style(line, selection);
    }
    let mut x = line.x;
    for (part, role) in parts {
        let style = look.style.of(*role);
        let style = if is_chosen { style.patch(selection) } else { style };
        x = text::put(buffer, line, x, y, &pager::glyphs(part, look.ascii), style);
    }
    if is_chosen {
        let cursor = if look.ascii { ">" } else { "▸" };
        text::put(buffer, line, line.x, y, cursor, look.style.of(Role::Mark).patch(selection));
    }
}
