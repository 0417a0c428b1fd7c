//! Axes that the parts of the view share: positions from left to right, powers of ten upward.

use egui::{Align2, FontId, Painter, Rect, Stroke, pos2};

use super::super::theme;

/// Room for the powers of ten at the right.
pub const TICKS_WIDTH: f32 = 46.0;
/// Powers of ten are labelled no closer than this.
const TICK_GAP: f32 = 26.0;

/// A plane of positions and powers of ten.
#[derive(Clone, Copy)]
pub struct Plane {
    /// Where it is drawn.
    pub rect: Rect,
    positions: usize,
    low: f64,
    high: f64,
}

impl Plane {
    /// Positions across, and the numbers from `low` to `high` upward, widened to whole powers of ten.
    pub fn new(rect: Rect, positions: usize, [low, high]: [f64; 2]) -> Self {
        let (mut low, mut high) = (low.log10().floor(), high.log10().ceil());
        if !(low.is_finite() && high.is_finite()) {
            (low, high) = (-1.0, 0.0);
        }
        // Less than two powers of ten would make a mountain of nothing.
        while high - low < 2.0 {
            (low, high) = (low - 0.5, high + 0.5);
        }
        Self { rect, positions: positions.max(1), low, high }
    }

    /// The middle of a position's column.
    pub fn x(&self, position: usize) -> f32 {
        self.rect.left() + (position as f32 + 0.5) * self.column()
    }

    /// The width of a column.
    pub fn column(&self) -> f32 {
        self.rect.width() / self.positions as f32
    }

    /// The height of a number above 0; the ends of the plane hold what lies beyond.
    pub fn y(&self, number: f64) -> f32 {
        let share = (number.log10() - self.low) / (self.high - self.low);
        self.rect.bottom() - share.clamp(0.0, 1.0) as f32 * self.rect.height()
    }

    /// The position whose column is at `x`.
    pub fn position(&self, x: f32) -> usize {
        let column = (x - self.rect.left()) / self.column();
        (column.max(0.0) as usize).min(self.positions - 1)
    }

    /// Lines at powers of ten, named at the right.
    pub fn grid(&self, painter: &Painter, dark: bool) {
        let every = (TICK_GAP * (self.high - self.low) as f32 / self.rect.height().max(1.0)).ceil();
        let every =
            [1, 2, 3, 5, 10, 20].into_iter().find(|step| *step as f32 >= every).unwrap_or(30);
        for power in self.low.ceil() as i32..=self.high.floor() as i32 {
            if power % every != 0 {
                continue;
            }
            let y = self.y(10_f64.powi(power));
            let stroke = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
            painter.hline(self.rect.x_range(), y, stroke);
            let at = pos2(self.rect.right() + 6.0, y);
            let font = FontId::monospace(11.0);
            painter.text(at, Align2::LEFT_CENTER, power_text(power), font, theme::weak_text(dark));
        }
    }
}

/// A power of ten as it is written: 10⁻⁶.
pub fn power_text(power: i32) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits = power.unsigned_abs().to_string();
    let raised = digits.chars().filter_map(|c| RAISED.get(c.to_digit(10)? as usize));
    format!("10{}{}", if power < 0 { "⁻" } else { "" }, raised.collect::<String>())
}

/// Moves heights apart until neighbours are at least `gap` from each other, keeping their order and
/// staying within `range` where there is room.
pub fn spread(heights: &mut [f32], gap: f32, range: egui::Rangef) {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by(|a, b| heights[*a].total_cmp(&heights[*b]));
    let mut least = range.min;
    for at in &order {
        heights[*at] = heights[*at].max(least);
        least = heights[*at] + gap;
    }
    let mut most = range.max;
    for at in order.iter().rev() {
        heights[*at] = heights[*at].min(most);
        most = heights[*at] - gap;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_numbers_are_found_where_they_are_drawn() {
        let rect = Rect::from_min_max(pos2(10.0, 0.0), pos2(110.0, 60.0));
        let plane = Plane::new(rect, 10, [2e-3, 5e2]);
        for position in 0..10 {
            assert_eq!(plane.position(plane.x(position)), position);
        }
        assert_eq!((plane.position(-5.0), plane.position(1e9)), (0, 9));
        // From 10⁻³ to 10³: 1 is in the middle.
        assert_eq!((plane.y(1.0), plane.y(1e-9), plane.y(1e9)), (30.0, 60.0, 0.0));
        let empty = Plane::new(rect, 0, [f64::INFINITY, f64::NEG_INFINITY]);
        assert!(empty.y(0.3).is_finite() && empty.position(50.0) == 0);
    }

    #[test]
    fn powers_and_labels_that_do_not_touch() {
        assert_eq!(power_text(-12), "10⁻¹²");
        let mut heights = [10.0, 11.0, 90.0, 10.5];
        spread(&mut heights, 10.0, egui::Rangef::new(0.0, 100.0));
        assert_eq!(heights.to_vec(), vec![10.0, 30.0, 90.0, 20.0]);
        let mut low = [99.0, 99.0];
        spread(&mut low, 10.0, egui::Rangef::new(0.0, 100.0));
        assert_eq!(low.to_vec(), vec![90.0, 100.0]);
    }
}
