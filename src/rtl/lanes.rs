//! Lane arithmetic shared by gather and drain: masks and rotations of a memory word.

use crate::hdl::{Builder, Expr, Module};
use crate::schedule::Schedule;
use std::sync::Arc;

/// Sizes that every block of a design shares.
pub(super) struct Sizes {
    pub lanes: usize,
    /// Bits of a lane index: log2(lanes).
    pub lane_bits: usize,
    /// Element addresses, indices and lengths.
    pub element: usize,
}

impl Sizes {
    pub fn of(schedule: &Schedule) -> Self {
        let lane_bits = schedule.lanes.trailing_zeros() as usize;
        // Lengths are compared with lane counts, so an element is wider than those; as a matrix row it has the number of
        // a word line and that of a row tile.
        let tile_bits = schedule.design.crossbar.rows.trailing_zeros() as usize;
        let widest = schedule.widths.element.max(schedule.widths.index) as usize;
        let element = widest.max(lane_bits + 2).max(tile_bits + 1);
        Self { lanes: schedule.lanes, lane_bits, element }
    }

    /// Word address of an element.
    pub fn word(&self, element: &Expr) -> Expr {
        element.slice(self.lane_bits, self.element - self.lane_bits)
    }

    /// Lane of an element.
    pub fn lane(&self, element: &Expr) -> Expr {
        element.slice(0, self.lane_bits)
    }

    /// Lanes from `offset` to the end of the word, in `lane_bits + 1` bits.
    pub fn room(&self, offset: &Expr) -> Expr {
        Expr::lit(self.lane_bits + 1, self.lanes as u128).sub(offset.zext(self.lane_bits + 1))
    }
}

/// Mask of `count` lanes from `offset` on; `offset + count` stays within the word.
pub(super) fn lane_mask(m: &mut Builder, name: &str, sizes: &Sizes, offset: &Expr, count: &Expr) -> Expr {
    let beyond = m.wire(&format!("{name}_beyond"), Expr::ones(sizes.lanes).shl_dyn(count));
    m.wire(&format!("{name}_mask"), beyond.not().shl_dyn(offset))
}

/// Mask of `count` lanes from `offset` on, wrapping round.
pub(super) fn wrapped_lane_mask(m: &mut Builder, name: &str, sizes: &Sizes, offset: &Expr, count: &Expr) -> Expr {
    let beyond = m.wire(&format!("{name}_beyond"), Expr::ones(sizes.lanes).shl_dyn(count));
    let room = m.wire(&format!("{name}_room"), sizes.room(offset));
    let run = m.wire(&format!("{name}_run"), beyond.not());
    m.wire(&format!("{name}_mask"), run.shl_dyn(offset).or(run.shr_dyn(&room)))
}

/// Mask of the lanes below `offset`.
pub(super) fn lanes_below(m: &mut Builder, name: &str, sizes: &Sizes, offset: &Expr) -> Expr {
    let from = m.wire(&format!("{name}_from"), Expr::ones(sizes.lanes).shl_dyn(offset));
    m.wire(name, from.not())
}

/// Barrel rotator: output lane `(l + amount) mod lanes` is input lane `l`.
pub fn rotator(name: &str, lanes: usize, width: usize) -> Arc<Module> {
    let lane_bits = lanes.trailing_zeros() as usize;
    let total = lanes * width;
    let mut m = Builder::new(name, file!());
    m.doc(&format!("Rotates {lanes} lanes of {width} bits: lane l moves to lane (l + amount_i) mod {lanes}."));
    m.latency("combinational");
    m.group("Word");
    let data = m.input("data_i", total, "lane 0 in the low bits");
    let amount = m.input("amount_i", lane_bits, "lanes");
    let out = m.output("data_o", total, "");
    let mut stage = data;
    for bit in 0..lane_bits {
        let by = width << bit;
        let turned = Expr::concat(&[stage.slice(0, total - by), stage.slice(total - by, by)]);
        stage = m.wire(&format!("by_{}", 2usize << bit), amount.bit(bit).mux(turned, &stage));
    }
    m.assign(&out, stage);
    m.finish()
}

/// The value of one lane of a word, through a tree of multiplexers.
pub(super) fn pick_lane(m: &mut Builder, name: &str, word: &Expr, lane: &Expr) -> Expr {
    let mut stage = word.clone();
    for bit in (0..lane.width()).rev() {
        let half = stage.width() / 2;
        let (low, high) = (stage.slice(0, half), stage.slice(half, half));
        stage = m.wire(&format!("{name}_of_{}", 1usize << bit), lane.bit(bit).mux(high, low));
    }
    stage
}
