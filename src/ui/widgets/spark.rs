//! How a number went, in one line: a small bar for each stretch of time.

/// The most cells that are drawn.
pub const CELLS: usize = 30;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The same heights where only ASCII can be drawn.
const DIGITS: [char; 8] = ['1', '2', '3', '4', '5', '6', '7', '8'];

/// Draws a series, oldest first. Neighbours share a cell where there are too many; the highest of them is shown, as a
/// peak is what somebody looks for. What was not measured is blank. Heights are between the least and the most.
pub fn draw(points: &[Option<f64>], ascii: bool, out: &mut String) {
    let bounds = points.iter().flatten().fold(None, |bounds: Option<(f64, f64)>, value| match bounds {
        None => Some((*value, *value)),
        Some((least, most)) => Some((least.min(*value), most.max(*value))),
    });
    let Some((least, most)) = bounds else { return };
    let glyphs = if ascii { DIGITS } else { BARS };
    let together = points.len().div_ceil(CELLS).max(1);
    for stretch in points.chunks(together) {
        let highest = stretch.iter().flatten().copied().reduce(f64::max);
        let glyph = match highest {
            None => ' ',
            // Nothing goes up or down: nothing at all is a line at the bottom, anything else one in the middle.
            Some(value) if most <= least => {
                glyphs.get(if value == 0.0 { 0 } else { 3 }).copied().unwrap_or(' ')
            }
            Some(value) => {
                let height = ((value - least) / (most - least) * 7.0).round();
                // Between 0 and 7 by construction.
                glyphs.get(height as usize).copied().unwrap_or(' ')
            }
        };
        out.push(glyph);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(points: &[Option<f64>], ascii: bool) -> String {
        let mut out = String::new();
        draw(points, ascii, &mut out);
        out
    }

    #[test]
    fn heights_are_between_the_least_and_the_most_and_gaps_are_blank() {
        let points = [Some(1.0), None, Some(8.0), Some(4.5)];
        assert_eq!(drawn(&points, false), "▁ █▅");
        assert_eq!(drawn(&points, true), "1 85");
    }

    #[test]
    fn what_stands_still_is_a_line_and_zero_is_at_the_bottom() {
        assert_eq!(drawn(&[Some(0.0), Some(0.0)], false), "▁▁");
        assert_eq!(drawn(&[Some(3.0), Some(3.0)], false), "▄▄");
        assert_eq!(drawn(&[None, None], false), "");
    }

    #[test]
    fn an_hour_of_minutes_fits_and_keeps_its_peak() {
        let mut points = vec![Some(0.0); 60];
        points[33] = Some(9.0);
        let line = drawn(&points, false);
        assert_eq!(line.chars().count(), CELLS);
        assert_eq!(line.chars().nth(16), Some('█'));
    }
}
