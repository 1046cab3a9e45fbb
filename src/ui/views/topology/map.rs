//! The map: a cell for each node, grouped by zone and pool. Where nodes are more than cells, a cell stands for several
//! and shows the worst of them, so that nothing that is wrong is lost.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Grown;
use super::lines::{Place, each_branch};
use super::paint;
use crate::fleet::Verdict;
use crate::planes::topology::{Branch, Level};
use crate::ui::grid::cell::{verdict_glyph, verdict_role};
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::view::Look;
use crate::ui::widgets::sheet::Part;

/// How full a node is, in eighths.
const EIGHTHS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// A map of nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Map {
    cells: Vec<Cell>,
    titles: Vec<(usize, Vec<Part>)>,
    rows: usize,
    /// How many nodes a cell stands for.
    each: usize,
    /// Cells from one to the next: 2 where there is room.
    stride: u16,
}

/// A node on the map, or the worst of several.
#[derive(Clone, Debug)]
struct Cell {
    place: Place,
    row: usize,
    column: u16,
    verdict: Verdict,
    eighths: u8,
}

/// A pool with its nodes, the worst first.
struct Group {
    title: Vec<Part>,
    nodes: Vec<(Place, Verdict, u8)>,
}

/// Lays the nodes of some trees out, as few to a cell as there is room for.
pub(super) fn lay_out(which: &[usize], trees: &[Grown], filter: &str, width: u16, height: usize) -> Map {
    let groups = groups(which, trees, filter);
    let room = usize::from(width.saturating_sub(2)).max(1);
    let rows_with = |each: usize, stride: usize| -> usize {
        groups.iter().map(|group| 1 + group.nodes.len().div_ceil(each).div_ceil((room / stride).max(1))).sum()
    };
    let most = groups.iter().map(|group| group.nodes.len()).max().unwrap_or(1).max(1);
    let spacious = (rows_with(1, 2) <= height).then_some((1, 2));
    // Pools that are more than lines cannot all be seen: then the map scrolls.
    let dense = || (1..=most).find(|each| rows_with(*each, 1) <= height).unwrap_or(1);
    let (each, stride) = spacious.unwrap_or_else(|| (dense(), 1));
    let mut map = Map { each, stride: stride as u16, ..Map::default() };
    let across = (room / stride).max(1);
    for group in groups {
        map.titles.push((map.rows, group.title));
        map.rows += 1;
        for (at, nodes) in group.nodes.chunks(each).enumerate() {
            // Nodes come with the worst first, in a group and so in each part of it.
            let Some((place, verdict, eighths)) = nodes.iter().max_by_key(|(_, verdict, _)| *verdict) else {
                continue;
            };
            map.cells.push(Cell {
                place: place.clone(),
                row: map.rows + at / across,
                column: u16::try_from(1 + (at % across) * stride).unwrap_or(u16::MAX),
                verdict: *verdict,
                eighths: *eighths,
            });
        }
        map.rows += group.nodes.len().div_ceil(each).div_ceil(across);
    }
    map
}

fn groups(which: &[usize], trees: &[Grown], filter: &str) -> Vec<Group> {
    let mut groups = Vec::new();
    for &at in which {
        let Some(tree) = trees.get(at) else { continue };
        let mut zone = String::new();
        each_branch(at, &tree.root, &mut |place, branch| match branch.level {
            Level::Zone => zone = paint::name(place, trees),
            Level::Pool => {
                let is_found = |name: &str| name.to_lowercase().contains(filter);
                let all = is_found(&zone) || is_found(&branch.name);
                let nodes =
                    branch.children.iter().enumerate().filter(|(_, node)| all || is_found(&node.name));
                let nodes: Vec<_> = nodes
                    .map(|(step, node)| {
                        let mut place = place.clone();
                        place.steps.push(u32::try_from(step).unwrap_or(u32::MAX));
                        (place, seen(node), eighths(node))
                    })
                    .collect();
                if !nodes.is_empty() {
                    let cluster =
                        if which.len() > 1 { format!("{}  ", tree.root.name) } else { String::new() };
                    let title = title(&format!("{cluster}{zone}"), &paint::name(place, trees), branch);
                    groups.push(Group { title, nodes });
                }
            }
            Level::Cluster
            | Level::Region
            | Level::Node
            | Level::Waiting
            | Level::Network
            | Level::Thing(_) => {}
        });
    }
    groups
}

fn title(zone: &str, pool: &str, branch: &Branch) -> Vec<Part> {
    let mut parts = vec![
        (format!(" {zone}  "), Role::Dim),
        (pool.to_owned(), Role::Strong),
        (
            format!("  {}/{}", text::thousands(branch.ready.into()), text::thousands(branch.nodes.into())),
            Role::Text,
        ),
    ];
    if let Some(worst) = &branch.worst {
        let count = if branch.problems > 1 {
            format!("  {} wrong", text::thousands(branch.problems.into()))
        } else {
            String::new()
        };
        parts.push((count, Role::Strong));
        parts.push((format!("  {}", text::escape(&worst.words)), verdict_role(worst.verdict)));
    }
    parts
}

/// How a node is on the map: pods that are not well are a warning of their node, however bad they are themselves.
fn seen(node: &Branch) -> Verdict {
    node.own.max(node.verdict().min(Verdict::Warning))
}

fn eighths(node: &Branch) -> u8 {
    let eighths = (node.load.permille() * 8).div_ceil(1000).clamp(1, 8);
    u8::try_from(eighths).unwrap_or(8)
}

impl Map {
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// How many rows it has, those below the screen included.
    pub(super) fn height(&self) -> usize {
        self.rows
    }

    pub(super) fn place(&self, at: usize) -> Option<&Place> {
        self.cells.get(at).map(|cell| &cell.place)
    }

    pub(super) fn row_of(&self, at: usize) -> usize {
        self.cells.get(at).map_or(0, |cell| cell.row)
    }

    /// One cell to the side; false at the end.
    pub(super) fn step(&self, at: &mut usize, is_right: bool) -> bool {
        let to = if is_right { at.checked_add(1) } else { at.checked_sub(1) };
        match to.filter(|to| *to < self.cells.len()) {
            Some(to) => *at = to,
            None => return false,
        }
        true
    }

    /// So many rows up or down, in the same column as far as that goes.
    pub(super) fn row_step(&self, at: usize, by: isize) -> usize {
        let Some(here) = self.cells.get(at) else { return 0 };
        let mut rows: Vec<usize> = self.cells.iter().map(|cell| cell.row).collect();
        rows.dedup();
        let index = rows.iter().position(|row| *row == here.row).unwrap_or(0);
        let Some(row) = rows.get(index.saturating_add_signed(by).min(rows.len().saturating_sub(1))) else {
            return at;
        };
        let in_row = self.cells.iter().enumerate().filter(|(_, cell)| cell.row == *row);
        in_row.min_by_key(|(_, cell)| cell.column.abs_diff(here.column)).map_or(at, |(at, _)| at)
    }

    /// The cell at a row of the map and a column of the screen.
    pub(super) fn hit(&self, row: usize, column: u16) -> Option<usize> {
        let is_hit =
            |cell: &Cell| cell.row == row && (cell.column..cell.column + self.stride).contains(&column);
        self.cells.iter().position(is_hit)
    }

    /// What its cells mean.
    pub(super) fn legend(&self) -> Vec<Part> {
        let each = match self.each {
            0 | 1 => "a cell is a node".to_owned(),
            some => format!("a cell is {some} nodes, the worst of them shown"),
        };
        vec![
            (format!(" {each};  "), Role::Header),
            ("▁▄".to_owned(), Role::BarUsed),
            (" how full by requests  ".to_owned(), Role::Header),
            ("▲".to_owned(), Role::Warning),
            (" a look  ".to_owned(), Role::Header),
            ("✖".to_owned(), Role::Critical),
            (" broken".to_owned(), Role::Header),
        ]
    }

    /// Draws the rows from `top` on, below the legend and above the line that tells of the cell under the cursor.
    pub(super) fn render(
        &self,
        top: usize,
        at: usize,
        has_cursor: bool,
        of: Rect,
        buffer: &mut Buffer,
        look: &Look<'_>,
    ) {
        let rows = usize::from(of.height.saturating_sub(2));
        let on_screen = |row: usize| {
            let row = row.checked_sub(top).filter(|row| *row < rows)?;
            u16::try_from(row + 1).ok()
        };
        for (row, title) in &self.titles {
            if let Some(row) = on_screen(*row) {
                paint::put(title, of, row, false, buffer, look);
            }
        }
        for (index, cell) in self.cells.iter().enumerate() {
            let Some(row) = on_screen(cell.row) else { continue };
            let (glyph, role) = cell.looks(look.ascii);
            let mut style = look.style.of(role);
            if has_cursor && index == at {
                style = style.patch(look.style.of(Role::Selection));
            }
            text::put(buffer, of, of.x + cell.column, of.y + row, glyph, style);
        }
    }
}

impl Cell {
    fn looks(&self, ascii: bool) -> (&'static str, Role) {
        const DIGITS: [&str; 8] = ["1", "2", "3", "4", "5", "6", "7", "8"];
        match self.verdict {
            Verdict::Ok => {
                let glyphs = if ascii { DIGITS } else { EIGHTHS };
                let glyph = glyphs.get(usize::from(self.eighths.saturating_sub(1))).copied();
                (glyph.unwrap_or(" "), Role::BarUsed)
            }
            verdict => (verdict_glyph(verdict, ascii), verdict_role(verdict)),
        }
    }
}
