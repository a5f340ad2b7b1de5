//! Ctrl-C and termination: the first asks a run to stop, the second ends the program.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);
static HANDLER: Once = Once::new();

/// Exit code of a program that was interrupted: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

/// From now on a signal is an answer of [`asked`].
pub fn listen() {
    HANDLER.call_once(|| {
        let handler = || {
            if ASKED.swap(true, Ordering::Relaxed) {
                // Files appear whole or not at all, so nothing is lost but the steps since the last checkpoint.
                std::process::exit(INTERRUPTED);
            }
        };
        // Where there are no signals the program ends as it always does.
        let _ = ctrlc::set_handler(handler);
    });
}

/// Whether the program was asked to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
