//! Requests in flight: priority, cancel, a limit on concurrency, and retries that wait longer each time.
//!
//! No clock and no network inside: the caller says what time it is, starts what [`LoadQueue::next`] gives and reports back.

use crate::select::LoadRequest;
use crate::tree::TileId;
use std::collections::{BTreeMap, BTreeSet};

/// How the queue behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QueueSettings {
    /// Most requests in flight. Raise it for HTTP/2 servers, lower it on weak machines.
    pub max_in_flight: usize,
    /// Attempts before a failure is final.
    pub max_attempts: u32,
    /// Wait before the second attempt, seconds; doubles with each further one.
    pub first_retry_secs: f64,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            max_in_flight: 12,
            max_attempts: 4,
            first_retry_secs: 0.5,
        }
    }
}

/// What becomes of a failed request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Retry {
    /// It may be asked for again from this time on, seconds.
    At(f64),
    /// It failed for good.
    Never,
}

/// The queue. What is wanted is said anew every frame; the queue remembers what is in flight and what failed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LoadQueue {
    settings: QueueSettings,
    wanted: Vec<LoadRequest>,
    in_flight: BTreeSet<TileId>,
    failures: BTreeMap<TileId, Failure>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Failure {
    attempts: u32,
    not_before_secs: f64,
}

impl LoadQueue {
    /// An empty queue.
    pub fn new(settings: QueueSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// Number of requests in flight.
    pub fn num_in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// True while the tile's request is in flight.
    pub fn is_in_flight(&self, tile: TileId) -> bool {
        self.in_flight.contains(&tile)
    }

    /// States what is wanted now, the most urgent first, as [`crate::Selection::load`] has it.
    pub fn set_wanted(&mut self, wanted: &[LoadRequest]) {
        self.wanted.clear();
        self.wanted.extend_from_slice(wanted);
    }

    /// The next requests to start, marked as in flight; at most as many as the limit leaves room for.
    ///
    /// * `now_secs` — any steady clock
    pub fn next(&mut self, now_secs: f64) -> Vec<LoadRequest> {
        let mut room = self.settings.max_in_flight.saturating_sub(self.in_flight.len());
        let mut started = Vec::new();
        for request in &self.wanted {
            if room == 0 {
                break;
            }
            let is_waiting = self
                .failures
                .get(&request.tile)
                .is_some_and(|failure| now_secs < failure.not_before_secs);
            if !is_waiting && self.in_flight.insert(request.tile) {
                started.push(*request);
                room -= 1;
            }
        }
        started
    }

    /// A request succeeded; it is no longer wanted until [`Self::set_wanted`] says so again.
    pub fn finish(&mut self, tile: TileId) {
        self.wanted.retain(|request| request.tile != tile);
        self.in_flight.remove(&tile);
        self.failures.remove(&tile);
    }

    /// A request failed.
    ///
    /// * `can_retry` — false for answers that will not change: not found, undecodable
    pub fn fail(&mut self, tile: TileId, can_retry: bool, now_secs: f64) -> Retry {
        self.in_flight.remove(&tile);
        let attempts = self.failures.get(&tile).map_or(0, |failure| failure.attempts) + 1;
        let is_final = !can_retry || attempts >= self.settings.max_attempts;
        let wait_secs = self.settings.first_retry_secs * 2.0_f64.powf(f64::from(attempts - 1));
        let not_before_secs = if is_final { f64::INFINITY } else { now_secs + wait_secs };
        self.failures.insert(
            tile,
            Failure {
                attempts,
                not_before_secs,
            },
        );
        if is_final {
            Retry::Never
        } else {
            Retry::At(not_before_secs)
        }
    }

    /// A request was cancelled; true when it was in flight.
    pub fn cancel(&mut self, tile: TileId) -> bool {
        self.in_flight.remove(&tile)
    }

    /// Forgets the failures of tiles, as when their content has a new address or the network is back.
    pub fn forgive(&mut self, tiles: &[TileId]) {
        for tile in tiles {
            self.failures.remove(tile);
        }
    }

    /// When to look again although nothing else happens: the earliest end of a wait among what is wanted, seconds.
    pub fn wake_at_secs(&self, now_secs: f64) -> Option<f64> {
        let waits = self
            .wanted
            .iter()
            .filter_map(|request| self.failures.get(&request.tile))
            .map(|failure| failure.not_before_secs);
        waits
            .filter(|at| *at > now_secs && at.is_finite())
            .min_by(f64::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::LoadGroup;

    fn requests(ids: &[u32]) -> Vec<LoadRequest> {
        ids.iter()
            .map(|id| LoadRequest {
                tile: TileId(*id),
                group: LoadGroup::Normal,
                priority: 1.0,
            })
            .collect()
    }

    fn ids(started: &[LoadRequest]) -> Vec<u32> {
        started.iter().map(|request| request.tile.0).collect()
    }

    #[test]
    fn the_limit_holds_and_order_is_kept() {
        let mut queue = LoadQueue::new(QueueSettings {
            max_in_flight: 2,
            ..QueueSettings::default()
        });
        queue.set_wanted(&requests(&[5, 3, 9]));
        assert_eq!(ids(&queue.next(0.0)), [5, 3]);
        assert!(queue.next(0.0).is_empty());
        queue.finish(TileId(3));
        assert_eq!(ids(&queue.next(0.0)), [9]);
        assert!(queue.cancel(TileId(5)));
        assert!(!queue.cancel(TileId(5)));
        assert_eq!(ids(&queue.next(0.0)), [5], "still wanted, so started again");
    }

    #[test]
    fn retries_wait_longer_each_time_and_end() {
        let mut queue = LoadQueue::new(QueueSettings {
            max_attempts: 3,
            first_retry_secs: 1.0,
            ..QueueSettings::default()
        });
        queue.set_wanted(&requests(&[1]));
        assert_eq!(queue.next(0.0).len(), 1);
        assert_eq!(queue.fail(TileId(1), true, 10.0), Retry::At(11.0));
        assert!(queue.next(10.5).is_empty());
        assert_eq!(queue.wake_at_secs(10.5), Some(11.0));
        assert_eq!(queue.next(11.0).len(), 1);
        assert_eq!(queue.fail(TileId(1), true, 20.0), Retry::At(22.0));
        assert_eq!(queue.next(30.0).len(), 1);
        assert_eq!(queue.fail(TileId(1), true, 30.0), Retry::Never);
        assert!(queue.next(1e9).is_empty());
        assert_eq!(queue.wake_at_secs(31.0), None);
        queue.forgive(&[TileId(1)]);
        assert_eq!(queue.next(31.0).len(), 1);
    }

    #[test]
    fn what_cannot_change_is_not_tried_again() {
        let mut queue = LoadQueue::default();
        queue.set_wanted(&requests(&[1]));
        queue.next(0.0);
        assert_eq!(queue.fail(TileId(1), false, 0.0), Retry::Never);
        assert_eq!(queue.num_in_flight(), 0);
    }
}
