//! TOML text with its spans kept becomes a validated [`Design`].

mod design;

pub use design::*;
