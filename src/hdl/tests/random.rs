//! Random expressions: the Rust evaluator against Icarus Verilog (and Verilator) on the printed text.

use super::tools;
use crate::hdl::{Bits, Builder, Env, Expr, Module};
use std::sync::Arc;

/// splitmix64
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Corner values are as likely as all others together.
    fn bits(&mut self, width: usize) -> Bits {
        let words: Vec<u64> = (0..width.div_ceil(64)).map(|_| self.next()).collect();
        match self.below(8) {
            0 => Bits::zero(width),
            1 => Bits::ones(width),
            2 => Bits::ones(width).shr(1),
            3 => Bits::ones(width).shr(1).not(),
            _ => Bits::from_words(width, &words),
        }
    }
}

/// Builds expressions over the inputs; every intermediate that must be a net becomes a wire.
struct Maker<'a> {
    random: Random,
    m: &'a mut Builder,
    nets: Vec<Expr>,
    /// Values of the wires, as expressions over the inputs.
    wires: Vec<(String, Expr)>,
}

impl Maker<'_> {
    /// A net of any width.
    fn net(&mut self, depth: usize) -> Expr {
        if self.random.below(2) == 0 || depth == 0 {
            return self.nets[self.random.below(self.nets.len())].clone();
        }
        let width = 1 + self.random.below(20);
        let value = self.expr(width, depth - 1);
        let name = format!("w{}", self.wires.len());
        self.wires.push((name.clone(), value.clone()));
        self.m.wire(&name, value)
    }

    /// A net, cut or extended to `width`.
    fn leaf(&mut self, width: usize, depth: usize) -> Expr {
        if self.random.below(4) == 0 {
            return Expr::bits(&self.random.bits(width));
        }
        let net = self.net(depth);
        if net.width() > width {
            return net.slice(self.random.below(net.width() - width + 1), width);
        }
        if self.random.below(2) == 0 { net.zext(width) } else { net.sext(width) }
    }

    fn expr(&mut self, width: usize, depth: usize) -> Expr {
        if depth == 0 {
            return self.leaf(width, 0);
        }
        let next = depth - 1;
        if width == 1 {
            let inside = 1 + self.random.below(12);
            let (a, b) = (self.expr(inside, next), self.expr(inside, next));
            let compare: [fn(&Expr, Expr) -> Expr; 8] =
                [Expr::eq, Expr::ne, Expr::ult, Expr::ule, Expr::ugt, Expr::uge, Expr::slt, Expr::sle];
            match self.random.below(14) {
                i @ 0..8 => return compare[i](&a, b),
                8 => return a.sgt(b),
                9 => return a.sge(b),
                10 => return a.any(),
                11 => return a.all(),
                12 => return a.parity(),
                _ => {}
            }
        }
        let (a, b) = (self.expr(width, next), self.expr(width, next));
        match self.random.below(20) {
            0 => a + b,
            1 => a - b,
            2 => a & b,
            3 => a | b,
            4 => a ^ b,
            5 => !a,
            6 => a.neg(),
            7 => a.mul(b),
            8 => self.expr(1, next).mux(a, b),
            9 if width > 1 => a.shr(self.random.below(width)),
            10 if width > 1 => a.shl(self.random.below(width)),
            11 if width > 1 => a.sra(self.random.below(width)),
            12 => a.shr_dyn(self.expr(4, next)),
            13 => a.sra_dyn(self.expr(4, next)),
            14 => a.shl_dyn(self.expr(4, next)),
            15 => self.product(width, next),
            16 => self.pieces(width, next),
            17 => self.indexed(width),
            18 => {
                let divide: [fn(&Expr, Expr) -> Expr; 4] = [Expr::udiv, Expr::urem, Expr::sdiv, Expr::srem];
                divide[self.random.below(4)](&a, b | Expr::lit(width, 1))
            }
            _ if width > 1 => self.expr(width - 1, next).add_c(self.expr(width - 1, next)),
            _ => self.leaf(width, next),
        }
    }

    fn product(&mut self, width: usize, depth: usize) -> Expr {
        if width < 2 {
            return self.leaf(width, depth);
        }
        let left = 1 + self.random.below(width - 1);
        if self.random.below(2) == 0 {
            self.leaf(left, depth).smul(self.leaf(width - left, depth))
        } else {
            self.expr(left, depth).umul(self.expr(width - left, depth))
        }
    }

    fn pieces(&mut self, width: usize, depth: usize) -> Expr {
        if width < 3 {
            return self.leaf(width, depth);
        }
        let left = 1 + self.random.below(width - 2);
        let copies = 1 + self.random.below((width - left).min(3));
        let one = self.expr((width - left) / copies, depth);
        let repeated = one.repeat(copies);
        let rest = width - left - repeated.width();
        let mut parts = vec![self.expr(left, depth), repeated];
        if rest > 0 {
            parts.push(self.expr(rest, depth));
        }
        Expr::concat(&parts)
    }

    fn indexed(&mut self, width: usize) -> Expr {
        let net = self.nets.iter().max_by_key(|n| n.width()).expect("inputs").clone();
        let room = net.width().saturating_sub(width);
        if room < 3 {
            return self.leaf(width, 0);
        }
        let bits = (usize::BITS - 1 - (room + 1).leading_zeros()) as usize;
        let index = self.leaf(bits, 0);
        net.part_dyn(index, width)
    }
}

const EXPRESSIONS: usize = 60;
const VECTORS: usize = 40;

struct Sample {
    module: Arc<Module>,
    inputs: Vec<(String, usize)>,
    wires: Vec<(String, Expr)>,
    outputs: Vec<Expr>,
    random: Random,
}

fn sample(seed: u64, widths: [usize; 3]) -> Sample {
    let mut m = Builder::new("mg_random", "src/hdl/tests/random.rs");
    let names = ["a_i", "b_i", "c_i"];
    let nets: Vec<Expr> = names.iter().zip(widths).map(|(n, w)| m.input(n, w, "")).collect();
    let mut random = Random(seed);
    let sizes: Vec<usize> = (0..EXPRESSIONS).map(|_| 1 + random.below(24)).collect();
    let ports: Vec<Expr> = sizes.iter().enumerate().map(|(i, &w)| m.output(&format!("y{i}_o"), w, "")).collect();
    m.unused("unused_inputs", &nets);
    let mut maker = Maker { random, m: &mut m, nets, wires: Vec::new() };
    let outputs: Vec<Expr> = sizes.iter().map(|&w| maker.expr(w, 4)).collect();
    let (random, wires) = (maker.random, maker.wires);
    let nets: Vec<Expr> = wires.iter().map(|(name, e)| Expr::net(&name.as_str().into(), e.width(), None)).collect();
    if !nets.is_empty() {
        m.unused("unused_wires", &nets);
    }
    ports.iter().zip(&outputs).for_each(|(port, e)| m.assign(port, e));
    let inputs = names.iter().zip(widths).map(|(n, w)| ((*n).to_owned(), w)).collect();
    Sample { module: m.finish(), inputs, wires, outputs, random }
}

impl Sample {
    /// A bench that prints all outputs for each vector, and what it has to print.
    fn bench(&mut self) -> (String, Vec<String>) {
        let mut bench = String::from("module bench;\n");
        let mut connections = Vec::new();
        for (name, width) in &self.inputs {
            bench += &format!("  reg [{}:0] {name};\n", width - 1);
            connections.push(format!(".{name}({name})"));
        }
        for (i, e) in self.outputs.iter().enumerate() {
            bench += &format!("  wire [{}:0] y{i}_o;\n", e.width() - 1);
            connections.push(format!(".y{i}_o(y{i}_o)"));
        }
        bench += &format!("  mg_random dut ({});\n  initial begin\n", connections.join(", "));
        let format = vec!["%h"; self.outputs.len()].join(" ");
        let args: Vec<String> = (0..self.outputs.len()).map(|i| format!("y{i}_o")).collect();
        let mut expected = Vec::new();
        for _ in 0..VECTORS {
            let mut env = Env::new();
            for (name, width) in &self.inputs {
                let value = self.random.bits(*width);
                bench += &format!("    {name} = {width}'h{};\n", value.hex());
                env.set(name, value);
            }
            bench += &format!("    #1 $display(\"{format}\", {});\n", args.join(", "));
            for (name, e) in &self.wires {
                let value = e.eval(&env);
                env.set(name, value);
            }
            let values: Vec<String> = self.outputs.iter().map(|e| e.eval(&env).hex()).collect();
            expected.push(values.join(" "));
        }
        bench += "    $finish;\n  end\nendmodule\n";
        (bench, expected)
    }

    fn compare(&self, expected: &[String], output: &str) {
        let lines: Vec<&str> = output.lines().filter(|l| l.contains(' ') && !l.contains("finish")).collect();
        assert_eq!(lines.len(), expected.len(), "{output}");
        for (n, (line, expected)) in lines.iter().zip(expected).enumerate() {
            for (i, (got, want)) in line.split(' ').zip(expected.split(' ')).enumerate() {
                assert_eq!(got, want, "vector {n}: {} = {}", self.outputs[i].width(), self.outputs[i]);
            }
        }
    }
}

#[test]
fn the_text_has_the_values_of_the_evaluator() {
    for (seed, widths) in [(1, [8, 5, 1]), (2, [70, 12, 3]), (3, [16, 16, 16]), (4, [1, 2, 33]), (5, [9, 64, 7])] {
        let mut sample = sample(seed, widths);
        let (bench, expected) = sample.bench();
        let (dir, files) = tools::write(&sample.module);
        if let Some(output) = tools::simulate(dir.path(), &files, &bench) {
            sample.compare(&expected, &output);
        }
    }
}

#[test]
fn random_text_is_clean() {
    for seed in 10..14 {
        let sample = sample(seed, [13, 6, 40]);
        let complaints = tools::complaints(&sample.module);
        assert!(complaints.is_empty(), "{complaints}");
    }
}

#[test]
fn verilator_agrees_with_the_evaluator() {
    for (seed, widths) in [(21, [8, 5, 1]), (22, [70, 12, 3])] {
        let mut sample = sample(seed, widths);
        let (bench, expected) = sample.bench();
        let (dir, files) = tools::write(&sample.module);
        std::fs::write(dir.path().join("bench.v"), bench).expect("a file");
        let files: Vec<&str> = files.iter().map(String::as_str).chain(["bench.v"]).collect();
        let flags = ["--binary", "-Wno-fatal", "-Wno-lint", "-Wno-style", "-CFLAGS", "-O0", "--top-module", "bench"];
        let (good, text) = tools::run(dir.path(), "verilator", &[flags.as_slice(), files.as_slice()].concat());
        assert!(good, "{text}");
        let (good, text) = tools::run(dir.path(), "obj_dir/Vbench", &[]);
        assert!(good, "{text}");
        sample.compare(&expected, &text);
    }
}
