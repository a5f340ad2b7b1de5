//! Every view of the crossbar macro of a design that trains, against the integers: writes to both sides, reads of both
//! directions, pulses, levels read back, timing, contract checks; and the tools' opinion of the text.

mod model;

use crate::common::{Random, TRAIN_NARROW, TRAIN_ONE, TRAIN_SHORT, TRAIN_WIDE, print, schedule};
use memgan::cosim::lint;
use memgan::cosim::tools::{Tool, Verilator};
use memgan::hdl::Printer;
use memgan::rtl::{CROSSBAR, CrossbarView, crossbar};
use memgan::schedule::Schedule;
use model::Macro;

const DESIGNS: [&str; 4] = [TRAIN_NARROW, TRAIN_WIDE, TRAIN_ONE, TRAIN_SHORT];

/// Levels of a pair, often at a bound, where a pulse stops.
fn random_levels(random: &mut Random, last: i32) -> [i32; 2] {
    [(); 2].map(|()| match random.below(4) {
        0 => 0,
        1 => last,
        _ => random.signed(0, i64::from(last)) as i32,
    })
}

fn ternary(random: &mut Random) -> i8 {
    random.signed(-1, 1) as i8
}

const PHASES: [(bool, bool, bool); 4] =
    [(false, false, false), (false, true, true), (true, false, true), (true, true, false)];

fn view(schedule: &Schedule, view: CrossbarView) {
    let mut m = Macro::new(schedule, view);
    assert!(!m.bench.flag("pulse_done_o") && !m.bench.flag("adc_done_o"), "nothing was done yet");
    // Unprogrammed cells weigh zero in both directions.
    m.load_all(|_| 127);
    m.apply();
    m.read(false);
    m.read(true);
    m.read_back_all();
    m.program_all(random_levels);
    m.read_back_all();
    // The four phases of updates, and every other kind of pulse, between reads.
    for round in 0..12 {
        m.load_all(if round % 3 == 0 { Random::activation } else { ternary });
        m.apply();
        for (rows, columns, up) in PHASES {
            m.pulse(rows, columns, up ^ (round % 4 == 3));
        }
        if round % 2 == 0 {
            let (row, group) = (m.random.below(m.tile.rows), m.random.below(m.tile.columns_per_adc));
            m.read_back(row, group);
            m.read(round % 4 == 0);
            m.load_all(Random::activation);
            m.apply();
            m.read(round % 4 == 2);
        }
    }
    m.read_back_all();
    // Few levels: every device reaches its bounds and stays there.
    let levels = schedule.design.device.levels as usize;
    for up in [true, false] {
        for _ in 0..12 {
            m.load_all(|_| 1);
        }
        m.apply();
        for _ in 0..(levels + 1).min(20) {
            m.pulse(false, false, up);
        }
        m.read_back_all();
    }
    // The largest sums of both signs, in and far beyond the ADC's range.
    for (plus, code) in [(true, 127), (false, 127), (true, -127), (false, -127)] {
        m.program_all(|_, last| if plus { [last, 0] } else { [0, last] });
        for _ in 0..12 {
            m.load_all(|_| code);
        }
        m.apply();
        for columns in [false, true] {
            m.sample(columns);
            for gain in 0..16 {
                let groups = if columns { m.tile.rows_per_adc } else { m.tile.columns_per_adc };
                let group = m.random.below(groups);
                m.convert(columns, group, gain);
            }
        }
    }
    m.check_times();
}

macro_rules! views {
    ($($name:ident: $text:expr;)*) => {$(
        #[test]
        fn $name() {
            for v in [CrossbarView::Behavioural, CrossbarView::Jitter, CrossbarView::Emulation] {
                view(&schedule($text), v);
            }
        }
    )*};
}
views! {
    fewer_adcs_than_lanes: TRAIN_NARROW;
    more_adcs_than_lanes: TRAIN_WIDE;
    one_adc_for_all_columns: TRAIN_ONE;
    one_adc_for_all_word_lines: TRAIN_SHORT;
}

#[test]
fn all_views_have_the_same_ports() {
    for text in DESIGNS {
        let schedule = schedule(text);
        let ports = |view| -> Vec<(String, usize, bool)> {
            let module = crossbar(&schedule, view);
            module.ports().iter().map(|p| (p.name().to_owned(), p.width(), p.name().ends_with("_o"))).collect()
        };
        let first = ports(CrossbarView::BlackBox);
        assert!(first.len() > 25);
        for view in [CrossbarView::Behavioural, CrossbarView::Jitter, CrossbarView::Emulation] {
            assert_eq!(ports(view), first, "{view:?}");
        }
    }
}

/// The macro's own checks stop a simulation that breaks the contract.
#[test]
fn a_broken_contract_stops_the_simulation() {
    let start: &[&str] = &["apply_i", "sample_i"];
    for view in [CrossbarView::Behavioural, CrossbarView::Emulation] {
        for (before, last, message) in [
            (&[][..], &["pulse_start_i"][..], "before lines are applied"),
            (&["apply_i", "sample_i", "pulse_start_i", "wait", "adc_start_i"], &[], "before the bit lines are sampled"),
            (start, &["adc_start_i", "read_columns_i"], "the side that was not sampled"),
            (&["apply_i", "sample_i", "adc_start_i"], &["pulse_start_i"], "a pulse starts during a conversion"),
            (&["apply_i", "pulse_start_i"], &["pulse_start_i"], "a pulse starts during a pulse"),
            (&["apply_i", "sample_i", "pulse_start_i"], &["adc_start_i"], "a conversion starts"),
            (&["apply_i", "pulse_start_i", "sample_i"], &[], "sampled during a pulse"),
            (&["apply_i", "pulse_start_i"], &["apply_i"], "lines change during a pulse"),
            (&["apply_i", "pulse_start_i"], &["prog_valid_i"], "programmed or read back during a pulse"),
            (&["apply_i"], &["pulse_start_i", "apply_i"], "together with something else"),
            (&["apply_i"], &["pulse_start_i", "sample_i"], "together with something else"),
            (&["apply_i"], &["pulse_start_i", "prog_valid_i"], "together with something else"),
            (&["apply_i", "sample_i", "adc_start_i"], &["sides_i"], "disconnected during a conversion"),
            (&["apply_i", "pulse_start_i"], &["sides_i"], "disconnected during a pulse"),
        ] {
            let mut m = Macro::new(&schedule(TRAIN_NARROW), view);
            let (before, last) = if last.is_empty() {
                (&before[..before.len() - 1], &before[before.len() - 1..])
            } else {
                (before, last)
            };
            for &step in before {
                if step == "wait" {
                    m.wait("pulse_done_o");
                } else {
                    m.strobe(step);
                }
            }
            last.iter().for_each(|strobe| m.bench.set(strobe, 1u64));
            let error = m.bench.try_tick().expect_err(message).to_string();
            // The error names the line of the `$stop`; the message is above it.
            let text = Printer::new("0.0.0", "0000000000000000").text(&crossbar(&m.schedule, view));
            let stop: usize = error.split(".v:").nth(1).and_then(|at| at.split(':').next()?.parse().ok()).unwrap();
            let shown = text.lines().nth(stop - 2).unwrap();
            assert!(shown.contains(message), "{view:?}: {error}: {shown}, not: {message}");
        }
    }
}

#[test]
fn tools_accept_the_text() {
    for text in DESIGNS {
        let schedule = schedule(text);
        for view in [CrossbarView::Behavioural, CrossbarView::Emulation] {
            let dir = tempfile::tempdir().unwrap();
            let files = print(&crossbar(&schedule, view), dir.path());
            for (number, line) in std::fs::read_to_string(&files[0]).unwrap().lines().enumerate() {
                assert!(line.len() <= 100 && !line.ends_with(' '), "line {}: {line}", number + 1);
            }
            for tool in Verilator::all() {
                lint::verilator(&tool, CROSSBAR, &files).unwrap_or_else(|e| panic!("{} {view:?}: {e}", tool.version));
            }
            match Tool::iverilog() {
                Ok(_) => lint::iverilog(CROSSBAR, &files).unwrap_or_else(|e| panic!("{view:?}: {e}")),
                Err(missing) => eprintln!("SKIPPED: {missing}"),
            }
        }
    }
}

/// Yosys keeps the cells of the emulation as one memory with a clocked read port and a write port.
#[test]
fn the_emulation_is_a_block_ram() {
    let tool = match Tool::yosys() {
        Ok(tool) => tool,
        Err(missing) => return eprintln!("SKIPPED: {missing}"),
    };
    for text in DESIGNS {
        let dir = tempfile::tempdir().unwrap();
        let files = print(&crossbar(&schedule(text), CrossbarView::Emulation), dir.path());
        let latches = "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr t:$_DLATCH*";
        let script = format!(
            "read_verilog {}; hierarchy -check -top {CROSSBAR}; proc; {latches}; synth -run begin:fine -top {CROSSBAR}; \
             check -assert; {latches}; select -assert-count 1 t:$mem_v2; select -assert-count 1 t:$mem_v2 r:RD_PORTS=1 \
             r:WR_PORTS=1 r:RD_CLK_ENABLE=1'1 %i %i %i",
            files[0].display()
        );
        let output = std::process::Command::new(&tool.path).args(["-q", "-p", &script]).output().expect("yosys starts");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success() && said.trim().is_empty(), "{said}");
    }
}
