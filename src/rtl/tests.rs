use super::*;
use crate::config::*;
use crate::cosim::{BuildSpec, ConfigSpace, ConfigWord, Driver, DriverOptions, Op};
use crate::device::ProgramWord;
use crate::golden::{map_weights, Calibration, Machine};
use crate::hdl::Printer;
use crate::schedule::{predict, Schedule};
use crate::weights::Weights;

fn pack(values: impl Iterator<Item = u64>, width: usize) -> Vec<u32> {
    let mut bits = Vec::new();
    for v in values {
        for b in 0..width {
            bits.push((v >> b) & 1 == 1);
        }
    }
    bits.chunks(32).map(|c| c.iter().enumerate().fold(0, |w, (i, &b)| w | (u32::from(b) << i))).collect()
}

#[test]
fn run_preset() {
    let name = std::env::var("P").unwrap_or("tiny".into());
    let design = Design::load(&name).unwrap();
    let schedule = Schedule::new(&design);
    let t = std::time::Instant::now();
    let rtl = top(&schedule, CrossbarView::Behavioural);
    let dir = std::path::PathBuf::from(format!("/tmp/t/out-{name}"));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let mut files = vec![];
    for (name, text) in Printer::new("0.1.0", "0").print(&*rtl.top) {
        let text = text.lines().map(|l| if l.contains("verilator lint_off BLKSEQ") { "  // verilator lint_off BLKSEQ" } else { l }).collect::<Vec<_>>().join("\n");
        let p = dir.join(format!("{name}.v"));
        std::fs::write(&p, text + "\n").unwrap();
        files.push(p);
    }
    eprintln!("printed {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let weights = Weights::seeded(&design, 1);
    let all: Vec<_> = weights.networks.iter().flat_map(|n| &n.layers).collect();
    let images: Vec<Vec<i8>> = crate::data::synthetic::digits(design.image, 4, 1).images.outer_iter().map(|i| i.iter().map(|&p| crate::numeric::pixel_to_code(p, design.pixel_range)).collect()).collect();
    let mapping = map_weights(&schedule, all.iter().map(|l| (&l.matrix, l.bias.as_slice().unwrap())), &Calibration { images: images.clone(), latent_seeds: vec![1, 2, 3, 4] }).unwrap();
    eprintln!("mapped {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let mut driver = Driver::start(&BuildSpec::design("memgan_top", files), &DriverOptions::default()).unwrap();
    eprintln!("built {:?}", t.elapsed());
    let t = std::time::Instant::now();
    driver.wait_idle(100000).unwrap();
    for layer in 0..schedule.banks.len() {
        let words: Vec<_> = ProgramWord::of_layer(&schedule, layer, &mapping.layers[layer].levels).into_iter().map(|w| crate::cosim::ProgramWord {
            tile: w.tile as u32, row: w.row as u32, group: w.group as u32, data: pack(w.cells.iter().map(|&c| u64::from(c)), schedule.widths.cell as usize) }).collect();
        driver.program(&words).unwrap();
        let p = &mapping.layers[layer].parameters;
        driver.config(&[ConfigWord { space: ConfigSpace::Layer, addr: layer as u32, data: vec![p.gain | p.shift << 4] }]).unwrap();
        let op = schedule.ops.iter().find(|o| o.layer == layer).unwrap();
        for word in 0..op.bias_period {
            let data = pack((0..schedule.lanes).map(|l| p.bias[(word * schedule.lanes + l) % p.bias.len()] as u16 as u64), 16);
            driver.config(&[ConfigWord { space: ConfigSpace::Bias, addr: (op.bias_base + word) as u32, data }]).unwrap();
        }
    }
    eprintln!("programmed {:?}", t.elapsed());
    let cycles = predict(&schedule);
    let mut golden = Machine::new(&schedule, &mapping);
    for (i, program) in schedule.programs.iter().enumerate() {
        let seed = 77;
        driver.command(Op::Seed, seed).unwrap();
        golden.seed(seed);
        if program.role == Role::Generator {
            driver.command(Op::Latent, i as u32).unwrap();
            golden.latents(program.role);
        } else {
            let mut bytes: Vec<u8> = images[0].iter().map(|&v| v as u8).collect();
            bytes.resize(bytes.len().next_multiple_of(schedule.lanes), 0);
            driver.load(i as u32, &bytes).unwrap();
            golden.load(program.role, &images[0]);
        }
        driver.wait_idle(10000).unwrap();
        golden.run(program.role);
        let mut mask = vec![0u8; golden.memory().len()];
        for op in &schedule.ops[program.first_op..=program.last_op] {
            if let Some(t) = op.target {
                let t = &schedule.tensors[t];
                mask[t.base_word * schedule.lanes..][..t.shape.len()].fill(0xff);
            }
        }
        let image: Vec<u8> = golden.memory().iter().map(|&v| v as u8).collect();
        driver.expect(None, &image, Some(&mask)).unwrap();
        let t = std::time::Instant::now();
        let report = driver.run(i as u32, 10_000_000).unwrap();
        let secs = t.elapsed().as_secs_f64();
        eprintln!("{:?}: {}", program.role, driver.compare());
        for op in program.first_op..=program.last_op {
            eprintln!("  op {op} {:?} predicted {:?} got {:?}", schedule.ops[op].kind, cycles[op], report.layers.get(op));
        }
        let predicted: u64 = cycles[program.first_op..=program.last_op].iter().map(|c| c.total).sum();
        let busy: u64 = cycles[program.first_op..=program.last_op].iter().map(|c| c.array_busy).sum();
        eprintln!("  cycles {} predicted {predicted} utilisation {:.3} speed {:.0} cycles/s {:.2} M tile-cycles/s", report.cycles, busy as f64 / predicted as f64, report.cycles as f64 / secs, report.cycles as f64 * schedule.tiles() as f64 / secs / 1e6);
        eprintln!("  output {:?}", &golden.output(program.role)[..golden.output(program.role).len().min(20)]);
        driver.clear_expected();
    }
}
