//! The crossbars of a design as a memory: bitmaps that are written by write-verify and read through the ADCs.
//!
//! As Kim et al. did with binary and multilevel bitmaps of 40 x 40 pixels on a crossbar (Nano Lett. 12:389, 2012).

mod drawing;
mod error;
mod layout;
mod picture;
mod spread;
mod store;

pub use error::MemoryError;
pub use layout::Layout;
pub use picture::{Pattern, Picture, PictureError};
pub use spread::with_spread;
pub use store::{Memory, Stored};
