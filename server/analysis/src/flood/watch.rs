//! What is remembered of a run: the depth series, maxima, durations and arrivals.

use super::params::Params;
use super::solver::Solver;
use super::terrain::{Kind, Terrain};
use rayon::prelude::*;

/// Depth from which a speed counts, metres: thin films are fast only on paper.
const SPEED_DEPTH_M: f64 = 0.01;
/// Depths below are shown as none, metres.
const SHOWN_DEPTH_M: f64 = 0.001;

/// Results as they grow; lists of cells without padding.
#[derive(Debug)]
pub(super) struct Watch {
    pub times_s: Vec<f64>,
    pub depths_m: Vec<f32>,
    pub max_depth_m: Vec<f32>,
    pub max_speed_m_s: Vec<f32>,
    pub flooded_s: Vec<f32>,
    pub arrival_s: Vec<f32>,
    since_s: f64,
    sample_s: f64,
    flooded_m: f64,
    arrival_m: f64,
}

impl Watch {
    pub(super) fn new(terrain: &Terrain, params: &Params, num_frames: usize) -> Self {
        let blank: Vec<f32> = terrain
            .kinds
            .iter()
            .map(|k| if *k == Kind::Free { 0.0 } else { f32::NAN })
            .collect();
        Self {
            times_s: Vec::with_capacity(num_frames),
            depths_m: Vec::with_capacity(num_frames * blank.len()),
            arrival_s: vec![f32::NAN; blank.len()],
            max_speed_m_s: blank.clone(),
            flooded_s: blank.clone(),
            max_depth_m: blank,
            since_s: 0.0,
            sample_s: params.scheme.sample_s,
            flooded_m: params.flooded_depth_m,
            arrival_m: params.arrival_depth_m,
        }
    }

    /// Looks at the state when it is time.
    pub(super) fn maybe_look(&mut self, solver: &Solver, dt: f64, is_frame: bool) {
        self.since_s += dt;
        if self.since_s >= self.sample_s || is_frame {
            let since = self.since_s;
            self.since_s = 0.0;
            self.look(solver, since);
        }
    }

    /// Looks at the state, which stands for the last `since_s` seconds.
    pub(super) fn look(&mut self, solver: &Solver, since_s: f64) {
        let terrain = &solver.terrain;
        let (width, columns) = (terrain.width, terrain.grid.columns as usize);
        let now = solver.time_s as f32;
        let (flooded_m, arrival_m) = (self.flooded_m, self.arrival_m);
        self.max_depth_m
            .par_chunks_exact_mut(columns)
            .zip(self.max_speed_m_s.par_chunks_exact_mut(columns))
            .zip(self.flooded_s.par_chunks_exact_mut(columns))
            .zip(self.arrival_s.par_chunks_exact_mut(columns))
            .enumerate()
            .with_min_len((1 << 14) / columns + 1)
            .for_each(|(r, (((max_depth, max_speed), flooded), arrival))| {
                let k = (r + 1) * width + 1;
                let depth = &solver.depth[k..k + columns];
                let (west, east) = (&solver.flow_x[k..k + columns], &solver.flow_x[k + 1..=k + columns]);
                let (south, north) = (
                    &solver.flow_y[k..k + columns],
                    &solver.flow_y[k + width..k + width + columns],
                );
                for i in 0..columns {
                    let h = depth[i];
                    if h <= SHOWN_DEPTH_M {
                        continue;
                    }
                    max_depth[i] = max_depth[i].max(h as f32);
                    if h >= SPEED_DEPTH_M {
                        let (x, y) = (
                            0.5 * (f64::from(west[i]) + f64::from(east[i])),
                            0.5 * (f64::from(south[i]) + f64::from(north[i])),
                        );
                        max_speed[i] = max_speed[i].max(((x * x + y * y).sqrt() / h) as f32);
                    }
                    if h > flooded_m {
                        flooded[i] += since_s as f32;
                    }
                    if h >= arrival_m && arrival[i].is_nan() {
                        arrival[i] = now;
                    }
                }
            });
    }

    /// Keeps the depths as the next step of the series.
    pub(super) fn keep(&mut self, solver: &Solver) {
        let terrain = &solver.terrain;
        let (width, columns) = (terrain.width, terrain.grid.columns as usize);
        self.times_s.push(solver.time_s);
        for (r, kinds) in terrain.kinds.chunks_exact(columns).enumerate() {
            let k = (r + 1) * width + 1;
            let depth = &solver.depth[k..k + columns];
            self.depths_m
                .extend(depth.iter().zip(kinds).map(|(h, kind)| match kind {
                    Kind::Free if *h > SHOWN_DEPTH_M => *h as f32,
                    Kind::Free => 0.0,
                    _ => f32::NAN,
                }));
        }
    }
}
