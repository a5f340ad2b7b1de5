//! A pulse, as the devices of a cell see it.

/// Devices of a pair that are connected during a pulse; the others do not move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connected {
    Both,
    Plus,
    Minus,
}

impl Connected {
    /// The other device of a pair, where one is connected.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Both => Self::Both,
            Self::Plus => Self::Minus,
            Self::Minus => Self::Plus,
        }
    }

    pub fn plus(self) -> bool {
        self != Self::Minus
    }

    pub fn minus(self) -> bool {
        self != Self::Plus
    }
}

/// A pulse: up is SET on plus and RESET on minus.
#[derive(Clone, Copy, Debug)]
pub struct Pulse {
    pub connected: Connected,
    pub up: bool,
    /// What its noise depends on.
    pub key: u32,
}
