//! A running computation as its caller sees it: how far it is, and a way to stop it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Parts of a whole in which progress is counted.
const WHOLE: f64 = 1e9;

/// The computation was asked to stop; what it had is thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the computation was cancelled")]
pub struct Cancelled;

impl Cancelled {
    /// The message in Chinese.
    pub(crate) fn zh(self) -> String {
        "计算已取消".to_owned()
    }
}

/// Shared between a kernel and whoever started it.
#[derive(Debug, Default)]
pub struct Task {
    is_cancelled: AtomicBool,
    done: AtomicU64,
}

impl Task {
    /// Asks the kernel to stop at its next step.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Says how far the kernel is and asks whether it goes on; kernels call it at least every 100 ms or so.
    ///
    /// * `fraction` — share of the work that is done, 0 to 1
    ///
    /// # Errors
    /// [`Cancelled`] when it shall stop.
    pub fn step(&self, fraction: f64) -> Result<(), Cancelled> {
        let done = (fraction.clamp(0.0, 1.0) * WHOLE) as u64;
        self.done.fetch_max(done, Ordering::Relaxed);
        if self.is_cancelled.load(Ordering::Relaxed) {
            Err(Cancelled)
        } else {
            Ok(())
        }
    }

    /// Share of the work that is done, 0 to 1; never falls.
    pub fn progress(&self) -> f64 {
        self.done.load(Ordering::Relaxed) as f64 / WHOLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_falls_and_a_cancelled_task_stops() {
        let task = Task::default();
        task.step(0.5).unwrap();
        task.step(0.25).unwrap();
        assert_eq!(task.progress(), 0.5);
        task.step(f64::NAN).unwrap();
        task.cancel();
        assert_eq!(task.step(2.0), Err(Cancelled));
        assert_eq!(task.progress(), 1.0);
    }
}
