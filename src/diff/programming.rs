//! Programming by pulses in the simulator, with golden write-verify beside it, word by word.

use super::session::{PATIENCE, program_word_of, read_config, read_word, take};
use crate::cosim::{ConfigSpace, ConfigWord, CosimError, Driver, Op};
use crate::device::{Content, ProgramMode, ProgramWord, TileCells, TileEvents, VerifyCounters, WriteVerify};
use crate::rtl::ProgramRegister;
use crate::schedule::Schedule;

/// What programming by pulses took, and where hardware and golden model differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgrammingReport {
    pub counters: VerifyCounters,
    /// Words with a cell that failed.
    pub failed_words: usize,
    /// Cycles from each word's first to its last, added up.
    pub cycles: u64,
    /// Cells said to have failed, counters, and cycles (of the behavioural view) that differ; empty if none do.
    pub differences: Vec<String>,
}

/// The cells of all tiles before anything was programmed.
pub(super) fn unprogrammed<'v>(schedule: &Schedule, verify: &'v WriteVerify) -> Vec<TileCells<'v>> {
    (0..schedule.tiles()).map(|tile| TileCells::unprogrammed(verify, tile)).collect()
}

/// The cells of all tiles with what the words of `content` hold in hardware: cells beside the matrix, too, which nothing else
/// keeps account of.
pub(super) fn read_tiles<'v>(
    schedule: &Schedule,
    content: &Content,
    verify: &'v WriteVerify,
    driver: &mut Driver,
) -> Result<Vec<TileCells<'v>>, CosimError> {
    let mut tiles = unprogrammed(schedule, verify);
    for word in content.layers.iter().flat_map(|layer| &layer.cells) {
        let cells = read_cells(schedule, driver, word)?;
        tiles[word.tile].set_word(word.row, word.group, &cells);
    }
    Ok(tiles)
}

/// What the devices of each layer's words hold in the golden model, in the order of the words.
pub(super) fn cells_of(content: &Content, tiles: &[TileCells]) -> Vec<Vec<ProgramWord>> {
    let word = |w: &ProgramWord| ProgramWord { cells: tiles[w.tile].word(w.row, w.group).to_vec(), ..w.clone() };
    content.layers.iter().map(|layer| layer.cells.iter().map(word).collect()).collect()
}

/// What is programmed, and how.
pub(super) struct Programming<'p> {
    pub schedule: &'p Schedule,
    pub content: &'p Content,
    pub verify: &'p WriteVerify,
    /// Of the noise.
    pub seed: u32,
    /// The macro has the latencies of the design.
    pub exact_cycles: bool,
}

impl Programming<'_> {
    /// Programs all cells of the content by pulses, refreshes or forms them, and `tiles` with them, what the golden model has of
    /// them; `None` if `go_on`, which is asked after each word, says no.
    pub fn run(
        &self,
        mode: ProgramMode,
        tiles: &mut [TileCells],
        driver: &mut Driver,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Option<ProgrammingReport>, CosimError> {
        let &Self { schedule, content, verify, seed, exact_cycles } = self;
        driver.command(Op::Seed, seed)?;
        driver.wait_idle(1_000_000)?;
        let register = |r: ProgramRegister, value: u32| register_word(r as u32, value);
        let r = &verify.registers;
        driver.config(&[
            register(ProgramRegister::ReadInput, r.read_input.into()),
            register(ProgramRegister::ReadGain, r.read_gain.into()),
            register(ProgramRegister::Tolerance, r.tolerance.into()),
            register(ProgramRegister::MaxPulses, r.max_pulses.into()),
            register(ProgramRegister::Mode, r.mode as u32),
            register(ProgramRegister::Set, r.set.word()),
            register(ProgramRegister::Reset, r.reset.word()),
            register(ProgramRegister::Counters, 0),
            register(ProgramRegister::Verify, mode as u32),
        ])?;
        if verify.forms() {
            driver.config(&[register(ProgramRegister::Form, r.form.word())])?;
        }
        let mut events = vec![TileEvents { seed, ..TileEvents::default() }; schedule.tiles()];
        let mut report = ProgrammingReport::default();
        for layer in &content.layers {
            for word in &layer.cells {
                driver.wait_idle(PATIENCE)?;
                let (cells, own) = (&mut tiles[word.tile], &mut events[word.tile]);
                let forming;
                let word = match mode {
                    ProgramMode::Program | ProgramMode::Refresh => word,
                    ProgramMode::Form => {
                        forming = verify.forming_word(word);
                        &forming
                    }
                };
                let result = cells.drive(word, mode, own);
                driver.program(&[program_word_of(schedule, word)])?;
                let start = driver.cycle();
                driver.wait_idle(PATIENCE)?;
                let cycles = driver.cycle() - start;
                let place = || format!("tile {} row {} group {}", word.tile, word.row, word.group);
                let mask = driver.model().peek_wide("prog_failed_o")?;
                let failed: Vec<bool> = (0..word.cells.len()).map(|a| mask[a / 32] >> (a % 32) & 1 == 1).collect();
                if failed != result.failed {
                    report.differences.push(format!("{}: failed {:?}, got {failed:?}", place(), result.failed));
                }
                let predicted = match mode {
                    ProgramMode::Program | ProgramMode::Form => verify.cycles(&result.counters),
                    ProgramMode::Refresh => verify.refresh_cycles(&result.counters),
                };
                if exact_cycles && cycles != predicted {
                    report.differences.push(format!("{}: {predicted} cycles, got {cycles}", place()));
                }
                report.failed_words += usize::from(result.failed.contains(&true));
                report.cycles += cycles;
                report.counters.add(&result.counters);
                if !go_on() {
                    return Ok(None);
                }
            }
        }
        driver.config(&[register(ProgramRegister::Verify, 0)])?;
        for (k, expected) in report.counters.values().into_iter().enumerate() {
            let got = read_config(driver, ConfigSpace::Programming, ProgramRegister::Counters as usize + k)?[0];
            if got != expected {
                report.differences.push(format!("counter {k}: {expected}, got {got}"));
            }
        }
        // The golden model goes on as after a reset.
        driver.command(Op::Seed, 0)?;
        driver.wait_idle(1_000_000)?;
        Ok(Some(report))
    }
}

/// What the cells of a word hold.
fn read_cells(schedule: &Schedule, driver: &mut Driver, word: &ProgramWord) -> Result<Vec<u32>, CosimError> {
    let data = read_word(driver, word.tile, word.row, word.group)?;
    driver.model().poke("prog_write_i", 1)?;
    let bits = schedule.widths.cell;
    Ok((0..word.cells.len()).map(|adc| take(&data, adc * bits as usize, bits)).collect())
}

/// A word of the configuration port for a register of write-verify.
fn register_word(addr: u32, value: u32) -> ConfigWord {
    ConfigWord { space: ConfigSpace::Programming, addr, data: vec![value] }
}
