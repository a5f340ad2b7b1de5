//! `memgan simulate`: hardware and golden model side by side.

use indicatif::{ProgressBar, ProgressStyle};
use memgan::config::{Design, Role};
use memgan::cosim::{CosimError, Trace};
use memgan::data::DataSet;
use memgan::device::Mapping;
use memgan::diff::{PassReport, Session, SessionOptions, Totals};
use memgan::prepare::{self, OutputError};
use memgan::schedule::Schedule;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

use super::age::AgeArgs;
use super::error::CliError;
use super::images::ImageArgs;
use super::job::{Job, Simulated};
use super::output::{FORMAT_VERSION, Output, grouped};
use super::picture;
use super::weights::WeightArgs;
use super::{Format, Outcome};

/// Cycles before and after the first difference in its waveform.
const TRACE_BEFORE: u64 = 400;
const TRACE_AFTER: u64 = 40;

#[derive(clap::Args)]
pub struct Args {
    /// A TOML file, or the name of a preset.
    #[arg(value_name = "FILE|PRESET")]
    description: String,
    #[command(flatten)]
    weights: WeightArgs,
    #[command(flatten)]
    data: ImageArgs,
    /// Latents through the generator, and images through the discriminator or classifier.
    #[arg(long, value_name = "N", default_value_t = 4)]
    images: usize,
    /// Directory for the picture, the report and waveforms; made if it is not there.
    #[arg(long, value_name = "DIR", default_value = "memgan-simulation")]
    out: PathBuf,
    /// Write a waveform of the first pass of each network.
    #[arg(long)]
    wave: bool,
    /// Move one weight of the hardware only to the far end of its range, as LAYER:ROW:COLUMN of the matrix, to see a
    /// difference being found.
    #[arg(long, value_name = "CELL")]
    fault: Option<String>,
    #[command(flatten)]
    age: AgeArgs,
}

/// One pass to make: a latent seed, or image number and codes.
enum Input {
    Latent(u32),
    /// Network, seed of its dropout, activation codes.
    Image(Role, u32, Vec<i8>),
}

pub fn run(args: &Args, output: &mut Output) -> Result<Outcome, CliError> {
    let design = Design::load(&args.description)?;
    let age = args.age.of(&design)?;
    if !(1..=10_000).contains(&args.images) {
        return Err(CliError::Argument {
            key: "--images",
            value: args.images.to_string(),
            allowed: "1 to 10000".into(),
            way_out: "each image is one pass through the simulated hardware".into(),
        });
    }
    let schedule = Schedule::new(&design);
    let (weights, mapping) = args.weights.mapped(&schedule)?;
    let (data, note) = args.data.load(&design, args.images, args.weights.seed)?;
    let hardware = match &args.fault {
        Some(cell) => with_fault(&schedule, &mapping, cell)?,
        None => mapping.clone(),
    };
    make_directory(&args.out)?;
    let job = Job {
        schedule: &schedule,
        mapping: &mapping,
        hardware: &hardware,
        data: &data,
        images: args.images,
        seed: args.weights.seed,
        out: &args.out,
        wave: args.wave,
        age,
    };
    let result = simulate(&job)?;
    let codes = prepare::codes(&data, &design);
    let errors = weights.map_or_else(Vec::new, |w| prepare::output_error(&schedule, &w, &mapping, &codes));
    let mut report = in_json(&design, &result, &errors);
    report["data"] = json!({ "source": data.source, "images": data.len(), "note": note });
    if args.weights.checkpoint.is_none() {
        report["quantisation"] = json!(mapping.layers.iter().map(|l| &l.report).collect::<Vec<_>>());
    }
    let different = result.totals.differences > 0 || result.totals.cycles != result.totals.predicted_cycles;
    if different {
        report["reproduce"] = reproduce(args).into();
    }
    let path = write_report(&args.out, &report)?;
    match output.format {
        Format::Json => output.json(report)?,
        Format::Human => {
            human(&result, &errors, &data, note.as_deref(), output)?;
            if different {
                output.text(&format!("reproduce: {}\n", reproduce(args)))?;
            }
            output.text(&format!("report     {}\n", path.display()))?;
        }
    }
    Ok(if different { Outcome::Difference } else { Outcome::Success })
}

/// Runs all passes, stopping at the first that differs.
pub fn simulate(job: &Job) -> Result<Simulated, CliError> {
    let options = SessionOptions { trace: if job.wave { Trace::Auto } else { Trace::Off }, ..Default::default() };
    let progress = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{msg:20} {bar:30} {pos}/{len} {elapsed}").expect("a valid template");
    progress.set_style(style);
    progress.set_message("building the model");
    progress.tick();
    let mut session = start(job, &options)?;
    let inputs = inputs(job);
    progress.set_length(inputs.len() as u64);
    let mut result = Simulated { totals: Totals::default(), passes: vec![], waves: vec![], picture: None };
    let mut traced: Vec<&'static str> = Vec::new();
    for input in &inputs {
        let network = network(input);
        progress.set_message(network);
        let wave = job.wave && !traced.contains(&network);
        if wave {
            traced.push(network);
            result.waves.push(session.begin_trace(&job.out.join(network), 0..u64::MAX)?);
        }
        let pass = apply(&mut session, input)?;
        if wave {
            session.end_trace();
        }
        result.totals.add(&pass);
        let equal = pass.is_equal();
        let at = pass.trace_cycle;
        result.passes.push(pass);
        if !equal {
            if let (Some(cycle), false) = (at, wave) {
                progress.set_message("tracing");
                result.waves.push(trace(job, input, cycle)?);
            }
            break;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    result.picture = Some(picture::write(job, &result.passes)?);
    Ok(result)
}

fn start<'a>(job: &Job<'a>, options: &SessionOptions) -> Result<Session<'a>, CosimError> {
    let mut session = Session::start(job.schedule, job.hardware, job.mapping, options)?;
    if job.age > 0 {
        session.age(job.age)?;
    }
    Ok(session)
}

fn inputs(job: &Job) -> Vec<Input> {
    let design = &job.schedule.design;
    let mut inputs = Vec::new();
    for network in &design.networks {
        if network.role == Role::Generator {
            inputs.extend((0..job.images).map(|i| Input::Latent(prepare::pass_seed(job.seed, i))));
        } else {
            let codes = prepare::codes(job.data, design);
            let image = |(i, c)| Input::Image(network.role, prepare::pass_seed(job.seed, i), c);
            inputs.extend(codes.into_iter().enumerate().map(image));
        }
    }
    inputs
}

fn network(input: &Input) -> &'static str {
    match input {
        Input::Latent(_) => Role::Generator.name(),
        Input::Image(role, ..) => role.name(),
    }
}

fn apply(session: &mut Session, input: &Input) -> Result<PassReport, CosimError> {
    match input {
        Input::Latent(seed) => session.generate(*seed),
        Input::Image(role, seed, codes) => {
            session.seed(*seed)?;
            session.apply(*role, codes)
        }
    }
}

/// The same pass on a fresh model with waveforms, written around the cycle of the first difference.
fn trace(job: &Job, input: &Input, cycle: u64) -> Result<PathBuf, CosimError> {
    let mut session = start(job, &SessionOptions { trace: Trace::Auto, ..Default::default() })?;
    let window = cycle.saturating_sub(TRACE_BEFORE)..cycle + TRACE_AFTER;
    let path = session.begin_trace(&job.out.join("difference"), window)?;
    apply(&mut session, input)?;
    session.end_trace();
    Ok(path)
}

/// The mapping with one weight moved by a level.
fn with_fault(schedule: &Schedule, mapping: &Mapping, cell: &str) -> Result<Mapping, CliError> {
    let wrong = |allowed: String| CliError::Argument {
        key: "--fault",
        value: cell.to_owned(),
        allowed,
        way_out: "LAYER:ROW:COLUMN, for example generator_0:0:0".into(),
    };
    let names: Vec<&str> = schedule.banks.iter().map(|b| b.name.as_str()).collect();
    let parts: Vec<&str> = cell.split(':').collect();
    let [layer, row, column] = parts[..] else { return Err(wrong("three parts separated by colons".into())) };
    let Some(index) = names.iter().position(|n| *n == layer) else {
        return Err(wrong(format!("a layer of {}", names.join(", "))));
    };
    let mut faulty = mapping.clone();
    let levels = &mut faulty.layers[index].levels;
    let (rows, columns) = levels.dim();
    let place = row.parse().ok().zip(column.parse().ok()).filter(|&(r, c): &(usize, usize)| r < rows && c < columns);
    let Some(place) = place else { return Err(wrong(format!("rows 0 to {}, columns 0 to {}", rows - 1, columns - 1))) };
    // To the other end of the range: one level could round away.
    let most = memgan::device::CellCode::new(&schedule.design).weight_max() as i16;
    levels[place] = if levels[place] > 0 { -most } else { most };
    Ok(faulty)
}

pub fn make_directory(path: &Path) -> Result<(), CliError> {
    std::fs::create_dir_all(path).map_err(|reason| {
        CliError::Emit(memgan::emit::EmitError::Write { path: path.to_owned(), step: "creating the directory", reason })
    })
}

fn reproduce(args: &Args) -> String {
    let mut command = format!("memgan simulate {} --images {}", args.description, args.images);
    command += &format!(" --seed {} --out {}", args.weights.seed, args.out.display());
    let weights = &args.weights;
    let files = [("--weights", &weights.weights), ("--checkpoint", &weights.checkpoint), ("--data", &args.data.data)];
    for (key, value) in files {
        if let Some(value) = value {
            command += &format!(" {key} {}", value.display());
        }
    }
    if let Some(fault) = &args.fault {
        command += &format!(" --fault {fault}");
    }
    if args.age.age > 0 {
        command += &format!(" --age {}", args.age.age);
    }
    command + " --wave"
}

/// Writes the report beside the picture.
pub fn write_report(out: &Path, report: &Value) -> Result<PathBuf, CliError> {
    let path = out.join("report.json");
    let mut report = report.clone();
    report["format_version"] = FORMAT_VERSION.into();
    let text = format!("{report:#}\n");
    memgan::data::atomic::write(&path, text.as_bytes(), memgan::data::atomic::Sync::No)?;
    Ok(path)
}

/// The result as JSON: the totals at the top, then every pass.
pub fn in_json(design: &Design, result: &Simulated, errors: &[OutputError]) -> Value {
    let mut report = json!(result.totals);
    report["design"] = design.name.as_str().into();
    report["passes"] = json!(result.passes);
    report["output_error"] = json!(errors);
    report["first_mismatch"] = json!(result.passes.iter().find_map(|p| p.first_mismatch.as_ref()));
    report["waves"] = json!(result.waves);
    report["picture"] = json!(result.picture);
    report
}

/// The result as text.
pub fn human(
    result: &Simulated,
    errors: &[OutputError],
    data: &DataSet,
    note: Option<&str>,
    output: &mut Output,
) -> Result<(), CliError> {
    let head =
        ["layer", "tiles", "reads", "cycles", "predicted", "array busy", "utilisation", "waits in/out", "differences"];
    let mut rows = vec![head.map(String::from).to_vec()];
    let number = |n: u64| grouped(n as usize);
    for l in &result.totals.layers {
        rows.push(vec![
            l.layer.clone(),
            grouped(l.tiles),
            number(l.reads),
            number(l.cycles),
            number(l.predicted_cycles),
            number(l.array_busy_cycles),
            format!("{:.1} %", 100.0 * l.array_utilisation),
            format!("{}/{}", l.waits_for_input, l.waits_for_output),
            number(l.differences),
        ]);
    }
    output.table(&rows)?;
    let t = &result.totals;
    output.text(&format!(
        "\n{} passes, {} values compared, {} differences; {} cycles ({} predicted), array utilisation {:.1} %\n",
        result.passes.len(),
        number(t.compared),
        t.differences,
        number(t.cycles),
        number(t.predicted_cycles),
        100.0 * t.array_utilisation
    ))?;
    for e in errors {
        output.text(&format!("{}: {:.1} dB against the float network\n", e.network, e.snr_db))?;
    }
    output.text(&format!("images     {}{}\n", data.source, note.map(|n| format!(" ({n})")).unwrap_or_default()))?;
    for m in result.passes.iter().filter_map(|p| p.first_mismatch.as_ref()) {
        let when = m.cycle.map_or("never written".into(), |c| format!("cycle {c} of the run"));
        let got = m.got.map_or("nothing".into(), |g| g.to_string());
        output.text(&format!(
            "first difference: layer {}, row {}, column {}, channel {}, {when}: expected {}, got {got}\n",
            m.layer, m.row, m.column, m.channel, m.expected
        ))?;
    }
    for wave in &result.waves {
        output.text(&format!("waveform   {}\n", wave.display()))?;
    }
    if let Some(picture) = &result.picture {
        output.text(&format!("picture    {}\n", picture.display()))?;
    }
    Ok(())
}
