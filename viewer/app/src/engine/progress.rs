//! What the page hears of the frames: camera, loading, starvation, numbers, rest.

use crate::engine::bridge;
use bevy::prelude::Resource;
use std::collections::VecDeque;
use viewer_core::{Camera, SelectStats, View, ViewerEvent, ViewerStats};

/// Least time between two `stats` or two `camera` events, milliseconds.
const STATS_EVERY_MS: f64 = 250.0;
const CAMERA_EVERY_MS: f64 = 50.0;
/// Frames of this time make the rate, milliseconds.
const RATE_WINDOW_MS: f64 = 1000.0;

/// Memory of what the page was told.
#[derive(Resource, Debug, Default)]
pub(crate) struct Progress {
    frames: u64,
    frame_times_ms: VecDeque<f64>,
    stats_sent_ms: f64,
    camera_sent_ms: f64,
    told_view: Option<View>,
    told_loading: Option<(u32, u32)>,
    told_starved: bool,
    is_settled: bool,
    last_stats: ViewerStats,
}

impl Progress {
    /// Frames drawn since start.
    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    /// Notes a drawn frame.
    pub(crate) fn count_frame(&mut self, now_ms: f64) {
        self.frames += 1;
        self.frame_times_ms.push_back(now_ms);
        while self
            .frame_times_ms
            .front()
            .is_some_and(|first| now_ms - first > RATE_WINDOW_MS)
        {
            self.frame_times_ms.pop_front();
        }
    }

    /// Frames a second over the last second in which frames were drawn.
    pub(crate) fn fps(&self) -> f64 {
        match (self.frame_times_ms.front(), self.frame_times_ms.back()) {
            (Some(first), Some(last)) if last > first => {
                (self.frame_times_ms.len() - 1) as f64 * 1000.0 / (last - first)
            }
            _ => 0.0,
        }
    }

    /// Tells where the camera is; milliseconds until a later call must tell the rest, when one must.
    pub(crate) fn tell_camera(&mut self, camera: &Camera, now_ms: f64) -> Option<f64> {
        let view = camera.view();
        if self.told_view == Some(view) {
            return None;
        }
        let wait_ms = self.camera_sent_ms + CAMERA_EVERY_MS - now_ms;
        if wait_ms > 0.0 {
            return Some(wait_ms);
        }
        self.camera_sent_ms = now_ms;
        self.told_view = Some(view);
        bridge::emit(&ViewerEvent::Camera {
            view,
            eye_enu: camera.eye_enu().to_array(),
        });
        None
    }

    /// Tells how far loading is and whether memory suffices.
    pub(crate) fn tell_loading(&mut self, stats: &SelectStats) {
        let loading = (stats.num_wanted, stats.num_wanted_ready);
        if self.told_loading != Some(loading) {
            self.told_loading = Some(loading);
            bridge::emit(&ViewerEvent::Loading {
                wanted: loading.0,
                loaded: loading.1,
            });
        }
        if self.told_starved != stats.starved {
            self.told_starved = stats.starved;
            bridge::emit(&ViewerEvent::Starved {
                starved: stats.starved,
                missing_tiles: stats.missing_tiles,
                drawn_error_px: stats.drawn_error_px,
            });
        }
    }

    /// Numbers of the last drawn frame.
    pub(crate) fn last_stats(&self) -> ViewerStats {
        self.last_stats
    }

    /// Tells numbers, not too often unless `is_final`.
    pub(crate) fn tell_stats(&mut self, stats: ViewerStats, now_ms: f64, is_final: bool) {
        self.last_stats = stats;
        if is_final || now_ms - self.stats_sent_ms >= STATS_EVERY_MS {
            self.stats_sent_ms = now_ms;
            bridge::emit(&ViewerEvent::Stats(stats));
        }
    }

    /// Notes that something moves again.
    pub(crate) fn unsettle(&mut self) {
        self.is_settled = false;
    }

    /// Tells once that everything rests; true when it was told now.
    pub(crate) fn settle(&mut self) -> bool {
        if std::mem::replace(&mut self.is_settled, true) {
            return false;
        }
        bridge::emit(&ViewerEvent::Settled { frame: self.frames });
        true
    }
}
