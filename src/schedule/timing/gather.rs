//! Gather: segments of memory words become vectors in the line DACs.

use crate::schedule::{Op, Segment, WindowSegments};

/// Segments in order, each with whether it is the last of the operation.
pub(super) type Runs<'a> = Box<dyn Iterator<Item = (Segment, bool)> + 'a>;

/// Consecutive runs of `len` elements.
pub(super) fn runs<'a>(len: usize, positions: usize) -> Runs<'a> {
    Box::new((0..positions).map(move |i| (Segment { address: i * len, index: 0, len, last: true }, i + 1 == positions)))
}

/// The rows of a window at every position.
pub(super) fn windows<'a>(op: &Op) -> Runs<'a> {
    let window = op.window.expect("a window operation has a window");
    let total = op.positions * window.kernel;
    Box::new(WindowSegments::new(window).enumerate().map(move |(i, s)| (s, i + 1 == total)))
}

/// The vectors of an update: the segments of an input position, then those of an error position, which alone ends the
/// vectors.
pub(super) fn in_turns<'a>(mut inputs: Runs<'a>, mut errors: Runs<'a>) -> Runs<'a> {
    let mut of_errors = false;
    Box::new(std::iter::from_fn(move || {
        let (segment, last_of_op) = if of_errors { errors.next()? } else { inputs.next()? };
        let ends = segment.last && of_errors;
        of_errors ^= segment.last;
        Some((Segment { last: ends, ..segment }, last_of_op && ends))
    }))
}

/// A segment in progress: next word offset, elements left.
#[derive(Clone, Copy)]
struct Current {
    offset: usize,
    left: usize,
    last: bool,
}

pub(super) struct GatherModel<'a> {
    lanes: usize,
    input: Runs<'a>,
    next: Option<(Segment, bool)>,
    current: Option<Current>,
    /// Vectors that may be under way at a time: those of one position, or of two where vectors are summed.
    places: u8,
    ahead: u8,
    pipe: [bool; 2],
    /// A vector is complete in the shadow registers; with two places only in the first cycle.
    pub vector_ready: bool,
}

impl<'a> GatherModel<'a> {
    pub fn new(lanes: usize, mut input: Runs<'a>) -> Self {
        let next = input.next();
        Self { lanes, input, next, current: None, places: 1, ahead: 0, pipe: [false; 2], vector_ready: false }
    }

    /// The gather of an update that sums: the next vectors are written while those before are in use.
    pub fn ahead(self) -> Self {
        Self { places: 2, ..self }
    }

    /// One clock edge; `apply`: the vector moves to the lines, or is used up.
    pub fn step(&mut self, apply: bool) {
        let (mut issue, mut vector_end) = (false, false);
        let mut finished = self.current.is_none();
        if let Some(g) = self.current.as_mut().filter(|_| self.ahead < self.places) {
            issue = true;
            let n = g.left.min(self.lanes - g.offset);
            g.left -= n;
            g.offset = 0;
            finished = g.left == 0;
            vector_end = finished && g.last;
        }
        if finished {
            let start = |(s, _): (Segment, bool)| Current { offset: s.address % self.lanes, left: s.len, last: s.last };
            self.current = self.next.take().map(start);
            self.next = self.input.next();
        }
        self.vector_ready = (self.vector_ready && !apply && self.places == 1) || self.pipe[1];
        self.pipe = [issue && vector_end, self.pipe[0]];
        self.ahead = self.ahead + u8::from(vector_end) - u8::from(apply);
    }
}
