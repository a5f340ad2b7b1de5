//! Programming by pulses in the simulator, with golden write-verify beside it, word by word.

use super::session::{PATIENCE, program_word_of, read_config, read_word, take};
use crate::cosim::{ConfigSpace, ConfigWord, CosimError, Driver, Op};
use crate::device::{Content, ProgramWord, TileCells, TileEvents, VerifyCounters, WriteVerify};
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

/// What the unit does to words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Programs unprogrammed devices.
    Program = 1,
    /// Refreshes devices that hold the words.
    Refresh = 2,
}

/// Programs all cells of `content` by pulses or refreshes them, with noise seeded by `seed`. Returns what the devices of each
/// layer's words hold in the golden model, in the order of the words. `exact_cycles`: the macro has the latencies of the
/// design.
pub(super) fn program_by_pulses(
    schedule: &Schedule,
    content: &Content,
    way: Way,
    verify: &WriteVerify,
    seed: u32,
    exact_cycles: bool,
    driver: &mut Driver,
) -> Result<(Vec<Vec<ProgramWord>>, ProgrammingReport), CosimError> {
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
        register(ProgramRegister::Verify, way as u32),
    ])?;
    let mut events = vec![TileEvents { seed, ..TileEvents::default() }; schedule.tiles()];
    let mut tiles: Vec<_> = (0..schedule.tiles()).map(|tile| TileCells::unprogrammed(verify, tile)).collect();
    if way == Way::Refresh {
        // Cells beside the matrix, too, hold what nothing else keeps account of.
        for word in content.layers.iter().flat_map(|layer| &layer.cells) {
            let cells = read_cells(schedule, driver, word)?;
            tiles[word.tile].set_word(word.row, word.group, &cells);
        }
    }
    let mut report = ProgrammingReport::default();
    for layer in &content.layers {
        for word in &layer.cells {
            driver.wait_idle(PATIENCE)?;
            let (cells, own) = (&mut tiles[word.tile], &mut events[word.tile]);
            let result = match way {
                Way::Program => cells.program(word, own),
                Way::Refresh => cells.refresh(word, own),
            };
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
            let predicted = match way {
                Way::Program => verify.cycles(&result.counters),
                Way::Refresh => verify.refresh_cycles(&result.counters),
            };
            if exact_cycles && cycles != predicted {
                report.differences.push(format!("{}: {predicted} cycles, got {cycles}", place()));
            }
            report.failed_words += usize::from(result.failed.contains(&true));
            report.cycles += cycles;
            report.counters.add(&result.counters);
        }
    }
    // Only now: words that came later have disturbed earlier ones.
    let word = |w: &ProgramWord| ProgramWord { cells: tiles[w.tile].word(w.row, w.group).to_vec(), ..w.clone() };
    let reached = content.layers.iter().map(|layer| layer.cells.iter().map(word).collect()).collect();
    driver.config(&[register(ProgramRegister::Verify, 0)])?;
    for (k, expected) in report.counters.values().into_iter().enumerate() {
        let got = read_config(driver, ConfigSpace::Programming, ProgramRegister::Counters as usize + k)?[0];
        if got != expected {
            report.differences.push(format!("counter {k}: {expected}, got {got}"));
        }
    }
    Ok((reached, report))
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
