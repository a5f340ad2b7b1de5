//! Hardware whose widths are known only at run time, and the printer that turns it into Verilog-2005.
//!
//! rust-hdl sizes every signal with a const generic. The sizes of this generator come from a file, so modules with a size
//! are written with [`Builder`] and [`Expr`] (width-checked when built), while control is written as rust-hdl `LogicBlock`
//! kernels and turned into the same [`Module`] by [`Kernel`]. Both are rust-hdl `Block`s, and [`Printer`] walks them with
//! rust-hdl's `Probe`.
//!
//! # Rules of the text
//! - Every net is unsigned. Signed operations are explicit (`slt`, `sra_dyn`, `smul`, `sext`).
//! - No width is ever extended or cut by the language: operands of one operator have one width, or building panics.
//! - A slice is taken of a *net* (port, wire, reg, localparam, memory element) or of something that is only wiring
//!   (concat, literal, extension). Name anything else first: `let sum = m.wire("sum", a.add_c(&b)); sum.slice(1, 8)`.
//! - Clock and reset are `clk_i` and `rst_ni` (asynchronous, active low).
//!
//! # A module
//! ```
//! use memgan::hdl::{Builder, Expr, Printer};
//!
//! let mut m = Builder::new("mg_accumulate", file!());
//! m.doc("Adds up signed terms; `last_i` closes a sum.");
//! m.contract("A term is taken in every cycle with `valid_i`; there is no back-pressure.");
//! m.latency("1 cycle from `last_i` to `valid_o`");
//!
//! let (_clk, _rst) = m.clk_rst();
//! m.group("Terms");
//! let valid = m.input("valid_i", 1, "");
//! let last = m.input("last_i", 1, "closes the sum");
//! let term = m.input("term_i", 8, "two's complement, -128..127");
//! m.group("Sum");
//! let done = m.output_reg("valid_o", 1, 0, "one cycle per sum");
//! let sum = m.output_reg("sum_o", 12, 0, "two's complement");
//!
//! let acc = m.reg("acc_q", 12, 0);
//! let next = m.wire("acc_next", acc.add(term.sext(12)));
//! m.clocked(|p| {
//!     p.set(&done, valid.and(&last));
//!     p.if_(&valid, |p| {
//!         p.set(&acc, last.mux(Expr::zero(12), &next));
//!     });
//!     p.if_(valid.and(&last), |p| p.set(&sum, &next));
//! });
//! let module = m.finish();
//!
//! let files = Printer::new("0.1.0", "0123abcd").print(module.as_ref());
//! assert_eq!(files[0].0, "mg_accumulate");
//! ```
//!
//! # The whole API
//! ```text
//! Bits     new(w, u128) signed(w, i128) from_words(w, &[u64]) zero(w) ones(w)  .width() .bit(i) .to_u128() .hex() ..
//! Expr     lit(w, v) slit(w, i128) hex(w, v) bin(w, v) bits(&Bits) zero(w) ones(w)  e.zero_like()  e.width()
//!          add sub mul neg (modulo 2^width)  add_c sub_b (one bit wider)
//!          smul umul (as wide as both factors)  smul_w(f, w) (modulo 2^w)
//!          udiv urem sdiv srem (for models)
//!          eq ne ult ule ugt uge slt sle sgt sge -> 1 bit
//!          and or xor not (also + - & | ^ !)  any all parity -> 1 bit
//!          sel.mux(a, b)                                    sel ? a : b
//!          slice(lo, w) bit(i) msb() trunc(w) drop_low(lo) concat(&[msb_first]) repeat(n) zext(w) sext(w)
//!          shl(n) shr(n) sra(n) shl_dyn(e) shr_dyn(e) sra_dyn(e)
//!          part_dyn(bit_index, w) bit_dyn(bit_index)        x[base +: w], x[base]
//!          part_at(ix, w) bit_at(ix)                        the same, indexed by a genvar or a loop variable
//!          eval(&Env) -> Bits
//!          every operand is `impl Borrow<Expr>`: pass `e` or `&e`
//! Ix       loop index: ix * 8, ix + 1, ix - 1, a + &b;  ix.value(w) -> Expr (procedural loops only)
//! Builder  new(name, file!())  doc contract latency
//!          group(heading) before ports  clk_rst() clock() reset()  param(name, default, comment) -> Param
//!          input output output_reg(name, w, [reset,] comment)   w: usize or &Param
//!          output_var(name, w, comment)                     an output of comb or clocked_no_reset
//!          localparam(name, w, value, formula) constant(name, &Bits, formula) table(name, w, &[u128], comment)
//!          wire(name, expr)  net(name, w) and assign(lhs, rhs)
//!          reg(name, w, reset) reg_bits(name, &Bits)  var(name, w) (no reset)
//!          mem(name, w, depth) -> Mem { at(address) at_ix(ix) }
//!          note(text) attr(name, value) for the next declaration  comment(text) section(text)  unused(name, &[..])
//!          clocked(|p|) clocked_no_reset(|p|) comb(|p|) initial(|p|)
//!          rom(&lhs, &addr, &[Bits], &default)              `case` over constants
//!          function(name, w, &[(arg, w)], &[(local, w)], |p, f| p.set(&f.result, &f.args[0])) -> Function { call(&[..]) }
//!          model_function(..) the same, not repeated in its callers  bounds([("rows_end", n)]) -> [Bound; 1]
//!          inst("u_x", &module, |u| { u.clk_rst(); u.connect("port", e); u.open("port"); u.param("N", 4); })
//!          gen_for("gen_lane", "lane", 0..n, |m, lane| ..)
//!          formal(|m| ..) checks(|m| ..)  check(must_hold, "message")
//!          finish() -> Arc<Module>  try_finish() -> Result<Arc<Module>, HdlError>
//! Process  set(lhs, rhs)  set_now(var, rhs) (blocking, for models)  comment(text)
//!          if_(c, |p| ..).elif(c, |p| ..).else_(|p| ..)
//!          case(sel, |c| { c.arm(value, |p| ..); c.arms(&[..], |p| ..); c.default(|p| ..); })
//!          for_("i", 0..n, |p, i| ..)  for_("i", &bound, |p, i| ..)
//!          assert_ assume cover (formal)  display finish stop fail_if readmemh (simulation)
//! Kernel   new(name, file!(), block).doc(..).contract(..).latency(..).group(field, heading).port(field, comment).finish()
//! FlipFlop d, q, clock, reset_n; FlipFlop::new(reset)
//! Printer  new(version, config_hash).print(&dyn Block) -> Vec<(module name, text)>, children first; .text(&module)
//! ```
//! A clocked process resets each of its regs whole, or, when it only drives fixed parts of one, those parts: one process in
//! each copy of a `gen_for` can own its slice of a reg. What is driven twice, never, or in part is refused by `finish`.
//!
//! # A kernel
//! ```
//! use memgan::hdl::{FlipFlop, Kernel, Printer};
//! use rust_hdl::prelude::*;
//!
//! #[derive(Copy, Clone, PartialEq, Debug, LogicState)]
//! enum State {
//!     Idle,
//!     Busy,
//! }
//!
//! #[derive(LogicBlock, Default)]
//! struct Handshake {
//!     pub clk_i: Signal<In, Clock>,
//!     pub rst_ni: Signal<In, Bit>,
//!     pub start_i: Signal<In, Bit>,
//!     pub last_i: Signal<In, Bit>,
//!     pub busy_o: Signal<Out, Bit>,
//!     state: FlipFlop<State>, // printed as state_q and state_d
//! }
//!
//! impl Logic for Handshake {
//!     #[hdl_gen]
//!     fn update(&mut self) {
//!         dff_setup!(self, clk_i, state); // clock, and d = q
//!         self.state.reset_n.next = self.rst_ni.val();
//!         self.busy_o.next = self.state.q.val() == State::Busy;
//!         match self.state.q.val() {
//!             State::Idle => {
//!                 if self.start_i.val() {
//!                     self.state.d.next = State::Busy;
//!                 }
//!             }
//!             State::Busy => {
//!                 if self.last_i.val() && !self.start_i.val() {
//!                     self.state.d.next = State::Idle;
//!                 }
//!             }
//!         }
//!     }
//! }
//!
//! let kernel = Kernel::new("mg_handshake", file!(), Handshake::default())
//!     .doc("Busy from `start_i` to `last_i`.")
//!     .group("clk_i", "Clock and reset")
//!     .group("start_i", "Requests")
//!     .port("busy_o", "from the cycle after `start_i`")
//!     .finish();
//! assert!(Printer::new("0.1.0", "0123abcd").text(&kernel).contains("localparam StateBusy = 1'b1;"));
//! ```
//! A kernel may use `&&`, `||`, `^`, `!`, `==`, `!=`, `if`/`else`, `match` on a state and `for` over constants with arrays of
//! flip-flops. Its `match` always gets a `default`: a code that is no state goes to the reset state.

mod bits;
mod builder;
mod check;
mod eval;
mod expr;
mod flipflop;
mod index;
mod instance;
mod kernel;
mod kernel_code;
mod module;
mod names;
mod ops;
mod print;
mod probe;
mod process;
mod select;
mod structure;

pub use bits::Bits;
pub use builder::{Builder, HdlError};
pub use eval::Env;
pub use expr::Expr;
pub use flipflop::FlipFlop;
pub use index::Ix;
pub use instance::Ports;
pub use kernel::Kernel;
pub use module::{Function, Mem, Module, Param, Port, PortKind, Width};
pub use probe::Printer;
pub use process::{Bound, Case, If, Process, Rounds};
pub use structure::Scope;

#[cfg(test)]
mod tests;
