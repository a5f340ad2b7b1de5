//! The ports of the macro, the same in every view.

use super::{Slots, tile_word_bits};
use crate::config::PairScheme;
use crate::hdl::{Builder, Expr};
use crate::rtl::lanes::Sizes;
use crate::schedule::Schedule;

/// Bits of a pulse's strength.
pub(in crate::rtl) const STRENGTH_BITS: usize = 8;

pub(super) struct Ports {
    pub dac_valid: Expr,
    pub dac_word: Expr,
    pub dac_mask: Expr,
    pub dac_next: Expr,
    pub dac_data: Expr,
    pub apply: Expr,
    pub sample: Expr,
    pub phase: Expr,
    pub start: Expr,
    pub group: Expr,
    pub gain: Expr,
    pub done: Expr,
    pub code: Expr,
    pub prog_valid: Expr,
    pub prog_row: Expr,
    pub prog_group: Expr,
    pub prog_data: Expr,
    /// The ports that only a design which trains has.
    pub training: Option<TrainingPorts>,
    /// The ports of ADCs that have trims.
    pub trims: Option<TrimPorts>,
    /// The ports that only simulated imperfections need.
    pub model: Option<ModelPorts>,
}

/// What noise and spreads are drawn from: the analogue macro has its own.
pub(super) struct ModelPorts {
    pub tile: Expr,
    pub seed_valid: Expr,
    pub seed: Expr,
    /// Only where devices drift.
    pub age: Option<Expr>,
}

pub(super) struct TrimPorts {
    pub valid: Expr,
    pub write: Expr,
    pub side: Expr,
    pub adc: Expr,
    pub data: Expr,
    pub out: Expr,
}

pub(super) struct TrainingPorts {
    pub dac_side: Expr,
    pub dac_slot: Expr,
    pub read_columns: Expr,
    pub pulse_start: Expr,
    pub rows_negative: Expr,
    pub columns_negative: Expr,
    pub up: Expr,
    pub strength: Expr,
    /// Only where devices are to be formed.
    pub form: Option<Expr>,
    /// Which devices of a pair are connected; `None` with a reference column.
    pub sides: Option<Expr>,
    pub pulse_done: Expr,
    pub prog_write: Expr,
    pub levels: Expr,
}

/// Codes that a tile shows: one an ADC of the side that has more of them.
pub(in crate::rtl) fn tile_codes(schedule: &Schedule) -> usize {
    let c = &schedule.design.crossbar;
    if schedule.design.training.is_some() { c.adcs().max(c.row_adcs()) } else { c.adcs() }
}

/// Bits of an ADC's number, of either side.
pub(in crate::rtl) fn trim_adc_bits(schedule: &Schedule) -> usize {
    (tile_codes(schedule).trailing_zeros() as usize).max(1)
}

impl TrimPorts {
    fn new(m: &mut Builder, schedule: &Schedule) -> Self {
        let bits = schedule.design.converter.trim_bits as usize;
        m.group("Trims of the ADCs: a conversion subtracts its ADC's before it rounds");
        Self {
            valid: m.input("trim_valid_i", 1, ""),
            write: m.input("trim_write_i", 1, "1: write, 0: read"),
            side: m.input("trim_side_i", 1, "1: ADCs of the word lines"),
            adc: m.input("trim_adc_i", trim_adc_bits(schedule), ""),
            data: m.input("trim_data_i", bits, "signed, 1/16 code"),
            out: m.output_var("trim_data_o", bits, "from the cycle after a read to the next read"),
        }
    }
}

impl Ports {
    pub fn new(m: &mut Builder, schedule: &Schedule) -> Self {
        let lanes = Sizes::of(schedule).lanes;
        let w = &schedule.widths;
        let d = &schedule.design;
        let cells = d.crossbar.adcs() * w.cell as usize;
        let trains = d.training.is_some();
        m.clk_rst();
        m.group(
            "Line DAC shadow registers: lane l of dac_data_i goes to word line (dac_word_i + dac_next_i[l]) * lanes + l",
        );
        let dac_valid = m.input("dac_valid_i", 1, "");
        let dac_side = trains.then(|| m.input("dac_side_i", 1, "1: to the bit lines"));
        let dac_word = m.input("dac_word_i", tile_word_bits(schedule), "");
        let dac_mask = m.input("dac_mask_i", lanes, "lanes to write");
        let dac_next = m.input("dac_next_i", lanes, "lanes of the next word");
        let dac_data = m.input("dac_data_i", 8 * lanes, "signed 8 bit a lane, -127..127");
        let dac_slot = trains.then(|| {
            let slots = Slots::of(schedule);
            m.group(&format!(
                "Bit lines: lane l goes to register slot * {chunk} + l % {chunk}; the slots of dac_next_i 0 and 1 of \
                 each {chunk} lanes. Register group * {adcs} + a drives column a * columns_per_adc + group",
                chunk = slots.chunk,
                adcs = d.crossbar.adcs(),
            ));
            m.input("dac_slot_i", 2 * slots.chunks * slots.bits, "dac_next_i 0 of the first lanes in the low bits")
        });
        m.group("Read: apply moves the shadow registers to the lines and clears them; then settle, sample, convert");
        let apply = m.input("apply_i", 1, "");
        let sample = m.input("sample_i", 1, "hold capacitors track the bit lines");
        let phase = m.input("phase_i", 1, "1: negative inputs onto the opposite plate");
        let read_columns = trains.then(|| {
            m.input("read_columns_i", 1, "1: bit lines are driven, ADC a converts word line group * row ADCs + a")
        });
        let start = m.input("adc_start_i", 1, "one cycle");
        let group = m.input("adc_group_i", w.group as usize, "ADC a converts column a * columns_per_adc + group");
        let gain = m.input("adc_gain_i", 4, "unit of a code is 2^gain level steps x activation steps");
        let done = m.output_reg("adc_done_o", 1, 0, "high from the end of a conversion to the next start");
        let bits = tile_codes(schedule) * d.converter.adc_bits as usize;
        let code = m.output_reg("adc_code_o", bits, 0, "signed, ADC 0 in the low bits");
        let pulse = trains.then(|| {
            m.group("Pulse: every cell between a word line and a bit line of these signs moves by one level");
            (
                m.input("pulse_start_i", 1, "one cycle; the next four count in it"),
                m.input("pulse_rows_negative_i", 1, "word lines with negative codes, else positive ones"),
                m.input("pulse_columns_negative_i", 1, "bit lines with negative codes, else positive ones"),
                m.input("pulse_up_i", 1, "1: towards larger weights"),
                m.input("pulse_strength_i", STRENGTH_BITS, "16: a nominal pulse; others in proportion"),
                d.forms().then(|| m.input("pulse_form_i", 1, "1: a forming pulse, from the forming supply")),
                m.output_reg("pulse_done_o", 1, 0, "high from the end of a pulse to the next start"),
            )
        });
        let sides = (trains && d.crossbar.pair == PairScheme::Differential).then(|| {
            m.group("Reads and pulses: connected devices of a pair; the others add nothing and do not move");
            m.input("sides_i", 2, "bit 0 plus, bit 1 minus")
        });
        m.group("Programming: the cells of one word line that belong to one conversion group");
        let prog_valid = m.input("prog_valid_i", 1, "");
        let prog_write = trains.then(|| m.input("prog_write_i", 1, "1: write, 0: read"));
        let prog_row = m.input("prog_row_i", w.row as usize, "word line");
        let prog_group = m.input("prog_group_i", w.group as usize, "");
        let prog_data = m.input("prog_data_i", cells, "levels a cell, ADC 0 in the low bits");
        let levels =
            trains.then(|| m.output("prog_data_o", cells, "levels; from the cycle after a read to the next read"));
        let training = (|| {
            let (pulse_start, rows_negative, columns_negative, up, strength, form, pulse_done) = pulse?;
            Some(TrainingPorts {
                dac_side: dac_side?,
                dac_slot: dac_slot?,
                read_columns: read_columns?,
                pulse_start,
                rows_negative,
                columns_negative,
                up,
                strength,
                form,
                sides,
                pulse_done,
                prog_write: prog_write?,
                levels: levels?,
            })
        })();
        let trims = (d.converter.trim_bits > 0).then(|| TrimPorts::new(m, schedule));
        let model = d.device.model.as_ref().map(|model| {
            m.group(
                "For models only, no pins of the analogue macro: what noise and spreads of the devices are drawn from",
            );
            ModelPorts {
                tile: m.input("tile_i", w.tile as usize, "number of the tile, constant"),
                seed_valid: m.input("seed_valid_i", 1, "starts the noise from seed_i"),
                seed: m.input("seed_i", 32, ""),
                age: model.drifts().then(|| m.input("age_i", 1, "one cycle: a unit of time passes, all devices drift")),
            }
        });
        Self {
            dac_valid,
            dac_word,
            dac_mask,
            dac_next,
            dac_data,
            apply,
            sample,
            phase,
            start,
            group,
            gain,
            done,
            code,
            prog_valid,
            prog_row,
            prog_group,
            prog_data,
            training,
            trims,
            model,
        }
    }
}

/// Where every column has its own ADC, the ports that select a group say nothing.
pub(super) fn one_group(m: &mut Builder, groups: usize, p: &Ports) {
    if groups == 1 {
        m.unused("unused_group", &[p.group.clone(), p.prog_group.clone()]);
    }
}
