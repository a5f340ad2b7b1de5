//! Texts written by hand before the printer was asked.

use super::tools;
use crate::hdl::{self, Builder, Expr, FlipFlop, Kernel, Module, Printer};
use rust_hdl::core::prelude::*;
use rust_hdl::widgets::dff_setup;
use std::sync::Arc;

#[track_caller]
fn reads(module: &Arc<Module>, expected: &str) {
    text_is(module, expected);
    assert_eq!(tools::complaints(module), "");
}

#[track_caller]
fn text_is(module: &Arc<Module>, expected: &str) {
    let text = Printer::new("1.2.3", "89abcdef").text(module);
    for (n, (got, want)) in text.lines().zip(expected.lines()).enumerate() {
        assert_eq!(got, want, "line {}\n{text}", n + 1);
    }
    assert_eq!(text, expected);
}

#[test]
fn a_registered_sum() {
    let mut m = Builder::new("mg_sum", "src/rtl/sum.rs");
    m.doc("Adds two numbers.");
    m.contract("Takes a pair in every cycle with `valid_i`.");
    m.latency("1 cycle");
    m.clk_rst();
    m.group("Terms");
    let valid = m.input("valid_i", 1, "");
    let a = m.input("a_i", 8, "0..255");
    let b = m.input("b_i", 8, "0..255");
    m.group("Sum");
    let ready = m.output_reg("valid_o", 1, 0, "");
    let sum = m.output_reg("sum_o", 9, 0, "0..510");
    m.clocked(|p| {
        p.set(&ready, &valid);
        p.if_(&valid, |p| p.set(&sum, a.add_c(&b)));
    });
    reads(
        &m.finish(),
        "\
// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 1.2.3, configuration 89abcdef
// Source: src/rtl/sum.rs
//
// Adds two numbers.
//
// Takes a pair in every cycle with `valid_i`.
//
// Latency: 1 cycle.

`default_nettype none

module mg_sum (
  // Clock and reset
  input  wire       clk_i,
  input  wire       rst_ni,   // asynchronous, active low
  // Terms
  input  wire       valid_i,
  input  wire [7:0] a_i,      // 0..255
  input  wire [7:0] b_i,      // 0..255
  // Sum
  output reg        valid_o,
  output reg  [8:0] sum_o     // 0..510
);

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_o <= 1'b0;
      sum_o <= 9'd0;
    end else begin
      valid_o <= valid_i;
      if (valid_i) begin
        sum_o <= {1'b0, a_i} + {1'b0, b_i};
      end
    end
  end

endmodule

`default_nettype wire
",
    );
}

#[test]
fn a_model_is_not_written_out_by_simulators() {
    let mut m = Builder::new("mg_ones", "src/rtl/ones.rs");
    m.doc("Counts ones. Not for synthesis.");
    m.clock();
    let bits = m.input("bits_i", 4, "");
    let ones = m.output_var("ones_o", 8, "");
    let [bits_end] = m.bounds([("bits_end", 4)]);
    let counted = m.model_function("counted", 8, &[("so_far", 8), ("more", 1)], &[], |p, f| {
        p.set(&f.result, f.args[0].add(f.args[1].zext(8)));
    });
    let sum = m.var("sum", 8);
    m.clocked_no_reset(|p| {
        p.set_now(&sum, Expr::zero(8));
        p.for_("place", &bits_end, |p, place| p.set_now(&sum, counted.call(&[sum.clone(), bits.bit_at(place)])));
        p.set(&ones, &sum);
    });
    let module = m.finish();
    assert_eq!(tools::simulators_complain(&module), "");
    text_is(
        &module,
        "\
// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 1.2.3, configuration 89abcdef
// Source: src/rtl/ones.rs
//
// Counts ones. Not for synthesis.

`default_nettype none

module mg_ones (
  input  wire       clk_i,
  input  wire [3:0] bits_i,
  output reg  [7:0] ones_o
);

  reg [31:0] bits_end;

  initial begin
    bits_end = 32'd4;
  end

  function automatic [7:0] counted(input [7:0] so_far, input more);
    // verilator no_inline_task
    begin
      counted = so_far + {7'd0, more};
    end
  endfunction

  reg [7:0] sum;

  // Not for synthesis: the model computes in steps within one clock edge.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin : p_sum
    integer place;
    sum = 8'd0;
    for (place = 0; place < bits_end; place = place + 1) begin
      sum = counted(sum, bits_i[place]);
    end
    ones_o <= sum;
  end
  // verilator lint_on BLKSEQ

endmodule

`default_nettype wire
",
    );
}

#[test]
fn expressions_have_the_parentheses_a_reader_wants() {
    let mut m = Builder::new("m", "x.rs");
    let a = m.input("a", 8, "");
    let b = m.input("b", 8, "");
    let c = m.input("c", 8, "");
    let x = m.input("x", 1, "");
    let y = m.input("y", 1, "");
    for (e, text) in [
        (&a + &b - &c, "a + b - c"),
        (&a - (&b - &c), "a - (b - c)"),
        (&a & &b & &c, "a & b & c"),
        ((&a & &b) | &c, "(a & b) | c"),
        ((&a + &b) & &c, "(a + b) & c"),
        (a.mul(&b) + &c, "a * b + c"),
        (!(&a ^ &b), "~(a ^ b)"),
        (!&a & &b, "~a & b"),
        ((&a + &b).eq(&c), "a + b == c"),
        (a.eq(&b) & b.ult(&c), "a == b && b < c"),
        ((&x & &y) | !&x, "(x && y) || !x"),
        (a.any() & b.all(), "(|a) && (&b)"),
        (!a.any(), "!(|a)"),
        (x.mux(&a, y.mux(&b, &c)), "x ? a : y ? b : c"),
        (x.mux(y.mux(&a, &b), &c), "x ? (y ? a : b) : c"),
        (a.eq(&b).mux(&a, &c), "(a == b) ? a : c"),
        (x.mux(&a, &b) + &c, "(x ? a : b) + c"),
        (a.shr(2) + &b, "(a >> 2) + b"),
        (a.sra(2), "$signed(a) >>> 2"),
        (a.sra(2) + &b, "$unsigned($signed(a) >>> 2) + b"),
        (a.slt(&b), "$signed(a) < $signed(b)"),
        (a.slt(&b) & &x, "$signed(a) < $signed(b) && x"),
        (a.slt(Expr::slit(8, -3)), "$signed(a) < $signed(8'hfd)"),
        (a.sext(10), "{{2{a[7]}}, a}"),
        (a.zext(10), "{2'd0, a}"),
        (Expr::concat(&[x.clone(), a.slice(3, 2), Expr::lit(1, 1)]), "{x, a[4:3], 1'b1}"),
        (a.bit_dyn(b.slice(0, 2)), "a[{1'b0, b[1:0]}]"),
        (a.part_dyn(b.slice(0, 3), 4), "a[b[2:0] +: 4]"),
        (Expr::lit(16, 54321), "16'hd431"),
        (Expr::lit(16, 5432), "16'd5432"),
        (Expr::bin(4, 5), "4'b0101"),
        (Expr::hex(12, 5), "12'h005"),
        (Expr::bits(&hdl::Bits::ones(300)), "{300{1'b1}}"),
    ] {
        assert_eq!(e.to_string(), text);
    }
}

#[test]
fn long_lines_are_broken_at_operators() {
    let mut m = Builder::new("mg_long", "x.rs");
    let nets: Vec<Expr> = (0..6).map(|i| m.input(&format!("a_rather_long_name_{i}_i"), 4, "")).collect();
    let all = m.output("all_o", 1, "every input is three");
    let first = m.output("first_o", 4, "");
    let three = |e: &Expr| e.eq(Expr::lit(4, 3));
    m.assign(&all, nets.iter().map(three).reduce(|a, b| a & b).expect("inputs"));
    let pick = |rest: Expr, e: &Expr| three(e).mux(e, rest);
    m.assign(&first, nets[..3].iter().rev().fold(Expr::zero(4), pick));
    reads(
        &m.finish(),
        "\
// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 1.2.3, configuration 89abcdef
// Source: x.rs

`default_nettype none

module mg_long (
  input  wire [3:0] a_rather_long_name_0_i,
  input  wire [3:0] a_rather_long_name_1_i,
  input  wire [3:0] a_rather_long_name_2_i,
  input  wire [3:0] a_rather_long_name_3_i,
  input  wire [3:0] a_rather_long_name_4_i,
  input  wire [3:0] a_rather_long_name_5_i,
  output wire       all_o,                   // every input is three
  output wire [3:0] first_o
);

  assign all_o = a_rather_long_name_0_i == 4'd3 &&
      a_rather_long_name_1_i == 4'd3 &&
      a_rather_long_name_2_i == 4'd3 &&
      a_rather_long_name_3_i == 4'd3 &&
      a_rather_long_name_4_i == 4'd3 &&
      a_rather_long_name_5_i == 4'd3;
  assign first_o = (a_rather_long_name_0_i == 4'd3) ? a_rather_long_name_0_i
      : (a_rather_long_name_1_i == 4'd3) ? a_rather_long_name_1_i
      : (a_rather_long_name_2_i == 4'd3) ? a_rather_long_name_2_i
      : 4'd0;

endmodule

`default_nettype wire
",
    );
}

#[test]
fn a_process_resets_what_it_drives() {
    let mut m = Builder::new("mg_parts", "x.rs");
    m.clk_rst();
    let data = m.input("data_i", 8, "");
    let load = m.input("load_i", 2, "");
    let parts = m.output_reg("parts_o", 8, 0, "");
    let flags = m.output_reg("flags_o", 2, 2, "");
    m.gen_for("gen_half", "half", 0..2, |m, half| {
        m.clocked(|p| {
            p.if_(load.bit_at(half), |p| p.set(parts.part_at(half * 4, 4), data.part_at(half * 4, 4)));
        });
    });
    m.clocked(|p| p.set(flags.bit(0), load.any()));
    m.clocked(|p| p.set(flags.bit(1), load.all()));
    reads(
        &m.finish(),
        "\
// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 1.2.3, configuration 89abcdef
// Source: x.rs

`default_nettype none

module mg_parts (
  // Clock and reset
  input  wire       clk_i,
  input  wire       rst_ni,   // asynchronous, active low
  input  wire [7:0] data_i,
  input  wire [1:0] load_i,
  output reg  [7:0] parts_o,
  output reg  [1:0] flags_o
);

  genvar half;
  generate
    for (half = 0; half < 2; half = half + 1) begin : gen_half
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          parts_o[half*4 +: 4] <= 4'd0;
        end else if (load_i[half]) begin
          parts_o[half*4 +: 4] <= data_i[half*4 +: 4];
        end
      end
    end
  endgenerate

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      flags_o[0] <= 1'b0;
    end else begin
      flags_o[0] <= |load_i;
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      flags_o[1] <= 1'b1;
    end else begin
      flags_o[1] <= &load_i;
    end
  end

endmodule

`default_nettype wire
",
    );
}

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum Light {
    Red,
    Green,
    Amber,
}

#[derive(LogicBlock, Default)]
struct Lights {
    pub clk_i: Signal<In, Clock>,
    pub rst_ni: Signal<In, Bit>,
    pub tick_i: Signal<In, Bit>,
    pub go_o: Signal<Out, Bit>,
    light: FlipFlop<Light>,
}

impl Logic for Lights {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk_i, light);
        self.light.reset_n.next = self.rst_ni.val();
        self.go_o.next = self.light.q.val() == Light::Green;
        if self.tick_i.val() {
            match self.light.q.val() {
                Light::Red => self.light.d.next = Light::Green,
                Light::Green => self.light.d.next = Light::Amber,
                Light::Amber => self.light.d.next = Light::Red,
            }
        }
    }
}

#[test]
fn a_kernel() {
    let kernel = Kernel::new("mg_lights", "src/rtl/lights.rs", Lights::default()).doc("Lights.").port("go_o", "green");
    reads(
        &kernel.finish(),
        "\
// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 1.2.3, configuration 89abcdef
// Source: src/rtl/lights.rs
//
// Lights.

`default_nettype none

module mg_lights (
  input  wire clk_i,
  input  wire rst_ni,
  input  wire tick_i,
  output reg  go_o     // green
);

  localparam [1:0] LightRed   = 2'd0;
  localparam [1:0] LightGreen = 2'd1;
  localparam [1:0] LightAmber = 2'd2;

  reg [1:0] light_q;
  reg [1:0] light_d;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      light_q <= LightRed;
    end else begin
      light_q <= light_d;
    end
  end

  always @* begin
    light_d = light_q;
    go_o = light_q == LightGreen;
    if (tick_i) begin
      case (light_q)
        LightRed: light_d = LightGreen;
        LightGreen: light_d = LightAmber;
        LightAmber: light_d = LightRed;
        default: light_d = LightRed;
      endcase
    end
  end

endmodule

`default_nettype wire
",
    );
}
