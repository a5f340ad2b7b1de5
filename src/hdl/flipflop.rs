//! The flip-flop of kernels: rust-hdl's own has no reset.

use rust_hdl::core::prelude::*;

/// Name of the timing record by which the kernel printer knows a [`FlipFlop`].
pub(crate) const FLIP_FLOP: &str = "memgan::FlipFlop";

/// A register of one bit or of a state enum, with asynchronous active-low reset.
///
/// Connect `clock` and `reset_n` in the kernel (`dff_setup!(self, clk_i, state)` does the clock and holds the value) and
/// drive `d`. It is printed inside of the module of its kernel.
#[derive(Clone, Debug, LogicBlock)]
pub struct FlipFlop<T: Synth> {
    /// Next value.
    pub d: Signal<In, T>,
    /// Value.
    pub q: Signal<Out, T>,
    /// Rising edge.
    pub clock: Signal<In, Clock>,
    /// Low: `q` is the reset value at once.
    pub reset_n: Signal<In, Bit>,
    _reset: T,
}

impl<T: Synth> FlipFlop<T> {
    /// A register with this reset value.
    pub fn new(reset: T) -> Self {
        Self {
            d: Signal::default(),
            q: Signal::new_with_default(reset),
            clock: Signal::default(),
            reset_n: Signal::default(),
            _reset: reset,
        }
    }
}

impl<T: Synth> Default for FlipFlop<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Synth> Logic for FlipFlop<T> {
    fn update(&mut self) {
        if !self.reset_n.val() {
            self.q.next = self._reset;
        } else if self.clock.pos_edge() {
            self.q.next = self.d.val();
        }
    }

    fn connect(&mut self) {
        self.q.connect();
    }

    fn hdl(&self) -> Verilog {
        let reset = self._reset.verilog();
        Verilog::Custom(format!(
            "always @(posedge clock or negedge reset_n) begin\n  if (!reset_n) q <= {reset:x};\n  else q <= d;\nend\n"
        ))
    }

    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo {
            name: FLIP_FLOP.into(),
            clock: "clock".into(),
            inputs: vec!["d".into()],
            outputs: vec!["q".into()],
        }]
    }
}
