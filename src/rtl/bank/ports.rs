//! The ports of a bank.

use super::results::{result_word_bits, sum_bits};
use crate::config::PairScheme;
use crate::hdl::{Builder, Expr};
use crate::rtl::crossbar::{STRENGTH_BITS, Slots, tile_codes, tile_word_bits, trim_adc_bits};
use crate::rtl::gather::dac_word_bits;
use crate::schedule::{Bank, Schedule};

pub(super) struct Ports {
    pub select: Expr,
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
    pub capture: Expr,
    pub result_word: Expr,
    pub result_next: Expr,
    pub sums: Expr,
    pub prog_valid: Expr,
    pub prog_tile: Expr,
    pub prog_row: Expr,
    pub prog_group: Expr,
    pub prog_data: Expr,
    /// The ports that only a design which trains has.
    pub training: Option<TrainingPorts>,
    /// Trims of the ADCs.
    pub trims: Option<TrimPorts>,
    /// Seed of the models' noise: its strobe and the seed.
    pub noise: Option<(Expr, Expr)>,
    /// Only where devices drift.
    pub age: Option<Expr>,
}

pub(super) struct TrainingPorts {
    pub dac_side: Expr,
    pub read_columns: Expr,
    pub codes_saturated: Expr,
    pub codes_upper: Expr,
    pub pulse: PulsePorts,
    pub prog_write: Expr,
    pub levels: Expr,
    pub program: ProgramPorts,
}

/// One tile in the hands of the programming unit; strobes, data and sides come on the ports that all tiles share.
pub(super) struct ProgramPorts {
    pub on: Expr,
    pub tile: Expr,
    /// Word of word lines, slot of bit lines, and the lane of either.
    pub word: Expr,
    pub slot: Expr,
    pub mask: Expr,
    pub group: Expr,
    pub adc_done: Expr,
    pub codes: Expr,
    pub pulse_done: Expr,
}

/// Access to the trims, and what calibration looks at.
pub(super) struct TrimPorts {
    pub valid: Expr,
    pub write: Expr,
    pub tile: Expr,
    pub side: Expr,
    pub adc: Expr,
    pub data: Expr,
    pub out: Expr,
    pub high: Expr,
}

impl TrimPorts {
    fn new(m: &mut Builder, schedule: &Schedule) -> Self {
        let bits = schedule.design.converter.trim_bits as usize;
        m.group("Trims of the ADCs");
        Self {
            valid: m.input("trim_valid_i", 1, ""),
            write: m.input("trim_write_i", 1, "1: write, 0: read"),
            tile: m.input("trim_tile_i", schedule.widths.tile as usize, "tile of the design"),
            side: m.input("trim_side_i", 1, "1: ADCs of the word lines"),
            adc: m.input("trim_adc_i", trim_adc_bits(schedule), ""),
            data: m.input("trim_data_i", bits, "signed, 1/16 code"),
            out: m.output_var("trim_data_o", bits, "1 cycle after a read, till the next; 0 if of another layer"),
            high: m.output_var(
                "codes_high_o",
                tile_codes(schedule),
                "by ADC of program_tile_i: it reads 1 or more; 0 if of another layer",
            ),
        }
    }
}

pub(super) struct PulsePorts {
    pub start: Expr,
    pub rows_negative: Expr,
    pub columns_negative: Expr,
    pub up: Expr,
    pub strength: Expr,
    /// Only where devices are to be formed.
    pub form: Option<Expr>,
    /// `None` with a reference column.
    pub sides: Option<Expr>,
    pub done: Expr,
}

impl Ports {
    pub fn new(m: &mut Builder, schedule: &Schedule, b: &Bank) -> Self {
        let (d, w, l) = (&schedule.design, &schedule.widths, schedule.lanes);
        let trains = d.training.is_some();
        let cells = d.crossbar.adcs() * w.cell as usize;
        m.clk_rst();
        m.group("Line DACs");
        let select = m.input("select_i", 1, "this layer is running");
        let dac_valid = m.input("dac_valid_i", 1, "");
        let dac_side = trains.then(|| m.input("dac_side_i", 1, "1: bit lines; then the word counts matrix columns"));
        let dac_word = m.input("dac_word_i", dac_word_bits(schedule), "matrix row / lanes");
        let dac_mask = m.input("dac_mask_i", l, "lanes to write");
        let dac_next = m.input("dac_next_i", l, "lanes of the next word");
        let dac_data = m.input("dac_data_i", 8 * l, "signed 8 bit a lane");
        m.group("Read");
        let apply = m.input("apply_i", 1, "");
        let sample = m.input("sample_i", 1, "");
        let phase = m.input("phase_i", 1, "");
        let read_columns = trains.then(|| m.input("read_columns_i", 1, "1: column read"));
        let start = m.input("adc_start_i", 1, "");
        let group = m.input("adc_group_i", if trains { w.conversion } else { w.group } as usize, "");
        let gain = m.input("adc_gain_i", 4, "");
        let done = m.output("done_o", 1, "");
        let capture = m.input("capture_i", 1, "");
        let range = trains.then(|| {
            m.group("Range of the codes that capture_i stores, in its cycle");
            let saturated = m.output("codes_saturated_o", 1, "a code is at an end of the ADC's range");
            (saturated, m.output("codes_upper_o", 1, "a code is beyond half of the ADC's range"))
        });
        m.group("Results of the captured group");
        let result_word = m.input("result_word_i", result_word_bits(schedule), "column within the group / lanes");
        let result_next = m.input("result_next_i", l, "lanes that show the next word");
        let sums = m.output("sums_o", l * sum_bits(schedule, b), "signed, units of 2^gain");
        let pulse = trains.then(|| {
            m.group("Pulse, in all tiles");
            PulsePorts {
                start: m.input("pulse_start_i", 1, "one cycle; the next four count in it"),
                rows_negative: m.input("pulse_rows_negative_i", 1, "word lines with negative codes"),
                columns_negative: m.input("pulse_columns_negative_i", 1, "bit lines with negative codes"),
                up: m.input("pulse_up_i", 1, "1: towards larger weights"),
                strength: m.input("pulse_strength_i", STRENGTH_BITS, "16: a nominal pulse"),
                form: d.forms().then(|| m.input("pulse_form_i", 1, "1: a forming pulse")),
                sides: (d.crossbar.pair == PairScheme::Differential)
                    .then(|| m.input("sides_i", 2, "connected devices of a pair: bit 0 plus, bit 1 minus")),
                done: m.output("pulse_done_o", 1, "every tile is done"),
            }
        });
        m.group("Programming");
        let prog_valid = m.input("prog_valid_i", 1, "");
        let prog_write = trains.then(|| m.input("prog_write_i", 1, "1: write, 0: read"));
        let prog_tile = m.input("prog_tile_i", w.tile as usize, "tile of the design");
        let prog_row = m.input("prog_row_i", w.row as usize, "word line");
        let prog_group = m.input("prog_group_i", w.group as usize, "conversion group");
        let prog_data = m.input("prog_data_i", cells, "");
        let levels = trains
            .then(|| m.output_var("prog_data_o", cells, "1 cycle after a read, till the next; 0 if of another layer"));
        let program = trains.then(|| {
            m.group("Write-verify: the strobes of line DACs, reads and pulses go to one tile, its lines from here");
            ProgramPorts {
                on: m.input("programming_i", 1, "then select_i is low"),
                tile: m.input("program_tile_i", w.tile as usize, "tile of the design"),
                word: m.input("program_word_i", tile_word_bits(schedule), "word line / lanes"),
                slot: m.input("program_slot_i", Slots::of(schedule).bits, "slot of bit lines"),
                mask: m.input("program_mask_i", l, "the line's lane"),
                group: m.input("program_group_i", w.group as usize, "conversion group"),
                adc_done: m.output("program_adc_done_o", 1, "of the tile; 0 if of another layer, as the next ones"),
                codes: m.output_var("program_codes_o", d.crossbar.adcs() * d.converter.adc_bits as usize, "by ADC"),
                pulse_done: m.output("program_pulse_done_o", 1, ""),
            }
        });
        let training = (|| {
            let (codes_saturated, codes_upper) = range?;
            Some(TrainingPorts {
                dac_side: dac_side?,
                read_columns: read_columns?,
                codes_saturated,
                codes_upper,
                pulse: pulse?,
                prog_write: prog_write?,
                levels: levels?,
                program: program?,
            })
        })();
        let trims = (d.converter.trim_bits > 0).then(|| TrimPorts::new(m, schedule));
        let noise = d.device.model.is_some().then(|| {
            m.group("For models only: seed of the noise");
            (m.input("seed_valid_i", 1, ""), m.input("seed_i", 32, ""))
        });
        let age = d.drifts().then(|| m.input("age_i", 1, "a unit of time passes"));
        Self {
            select,
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
            capture,
            result_word,
            result_next,
            sums,
            prog_valid,
            prog_tile,
            prog_row,
            prog_group,
            prog_data,
            training,
            trims,
            noise,
            age,
        }
    }
}
