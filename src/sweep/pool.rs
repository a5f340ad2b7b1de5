//! Points on threads.

use super::result::POINTS;
use super::{Planned, SweepError};
use crate::data::WriteError;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What a sweep tells while it runs, from any of its threads.
pub struct Progress<'a> {
    /// Steps of training that were made, or that need not be made.
    pub steps: &'a (dyn Fn(u64) + Sync),
    /// A point has its result.
    pub point: &'a (dyn Fn(&Planned) + Sync),
    /// Asked after each step: whether to go on.
    pub go_on: &'a (dyn Fn() -> bool + Sync),
}

/// Runs points on `threads` threads; false if it was told to stop before the last one was done.
///
/// Points that share a training run one after the other. Each training has one thread, or more where there are fewer of
/// them than threads; no result depends on that.
///
/// # Errors
/// The first failure; the other points are stopped then.
pub fn run(points: &[&Planned], out: &Path, threads: usize, progress: &Progress<'_>) -> Result<bool, SweepError> {
    let directory = out.join(POINTS);
    std::fs::create_dir_all(&directory).map_err(|reason| WriteError {
        path: directory,
        step: "creating the directory",
        reason,
    })?;
    let mut groups: Vec<Vec<&Planned>> = Vec::new();
    for &planned in points {
        match groups.iter_mut().find(|group| group[0].training == planned.training) {
            Some(group) => group.push(planned),
            None => groups.push(vec![planned]),
        }
    }
    let workers = threads.clamp(1, groups.len().max(1));
    let (next, failed, complete) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicBool::new(true));
    let failure = Mutex::new(None);
    let go_on = || (progress.go_on)() && !failed.load(Ordering::Relaxed);
    let progress = Progress { go_on: &go_on, ..*progress };
    let work = || {
        while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
            match run_group(group, out, &progress) {
                Ok(true) => {}
                Ok(false) => return complete.store(false, Ordering::Relaxed),
                Err(error) => {
                    failed.store(true, Ordering::Relaxed);
                    failure.lock().unwrap_or_else(|broken| broken.into_inner()).get_or_insert(error);
                    return;
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..workers {
            // A pool of its own, so that a worker that waits for its training does not begin another point.
            let pool = rayon::ThreadPoolBuilder::new().num_threads((threads / workers).max(1)).build();
            let _ = scope.spawn(move || match pool {
                Ok(pool) => pool.install(work),
                // Threads that the system does not give are no reason to fail.
                Err(_) => work(),
            });
        }
    });
    match failure.into_inner().unwrap_or_else(|broken| broken.into_inner()) {
        Some(error) => Err(error),
        None => Ok(complete.into_inner()),
    }
}

fn run_group(group: &[&Planned], out: &Path, progress: &Progress<'_>) -> Result<bool, SweepError> {
    for (index, planned) in group.iter().enumerate() {
        if !(progress.go_on)() {
            return Ok(false);
        }
        // Steps of the training count once.
        let none = |_| ();
        let progress = if index == 0 { Progress { ..*progress } } else { Progress { steps: &none, ..*progress } };
        // Another process may have made it by now.
        if planned.result(out).is_none() && planned.run(out, &progress)?.is_none() {
            return Ok(false);
        }
        (progress.point)(planned);
    }
    Ok(true)
}
