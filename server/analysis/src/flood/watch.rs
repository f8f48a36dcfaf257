//! What is remembered of a run: the depth series, maxima, durations and arrivals.

#[cfg(target_arch = "x86_64")]
use super::flux::wide;
use super::params::Params;
use super::solver::Solver;
use super::terrain::{Kind, Terrain};
use rayon::prelude::*;

/// Depth from which a speed counts, metres: thin films are fast only on paper.
const SPEED_DEPTH_M: f32 = 0.01;
/// Acceleration of gravity, m/s².
const GRAVITY_M_S2: f32 = 9.81;
/// Depths below are shown as none, metres.
const SHOWN_DEPTH_M: f32 = 0.001;

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
        let limits = Limits {
            since_s: since_s as f32,
            now_s: solver.time_s as f32,
            flooded_m: self.flooded_m as f32,
            arrival_m: self.arrival_m as f32,
        };
        self.max_depth_m
            .par_chunks_exact_mut(columns)
            .zip(self.max_speed_m_s.par_chunks_exact_mut(columns))
            .zip(self.flooded_s.par_chunks_exact_mut(columns))
            .zip(self.arrival_s.par_chunks_exact_mut(columns))
            .enumerate()
            .with_min_len((1 << 14) / columns + 1)
            .for_each(|(r, (((max_depth, max_speed), flooded), arrival))| {
                let k = (r + 1) * width + 1;
                let mut seen = Seen {
                    max_depth,
                    max_speed,
                    flooded,
                    arrival,
                };
                let state = State {
                    depth: &solver.depth[k..k + columns],
                    west: &solver.flow_x[k..k + columns],
                    east: &solver.flow_x[k + 1..=k + columns],
                    south: &solver.flow_y[k..k + columns],
                    north: &solver.flow_y[k + width..k + width + columns],
                };
                look_row(&mut seen, &state, &limits);
            });
    }

    /// Speeds, which are kept as squares while the run goes on.
    pub(super) fn speeds(max_speed: Vec<f32>) -> Vec<f32> {
        max_speed.into_iter().map(f32::sqrt).collect()
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
                    Kind::Free if *h as f32 > SHOWN_DEPTH_M => *h as f32,
                    Kind::Free => 0.0,
                    _ => f32::NAN,
                }));
        }
    }
}

/// What a look holds the state against.
struct Limits {
    since_s: f32,
    now_s: f32,
    flooded_m: f32,
    arrival_m: f32,
}

/// A row of results.
struct Seen<'a> {
    max_depth: &'a mut [f32],
    max_speed: &'a mut [f32],
    flooded: &'a mut [f32],
    arrival: &'a mut [f32],
}

/// A row of the state.
struct State<'a> {
    depth: &'a [f64],
    west: &'a [f32],
    east: &'a [f32],
    south: &'a [f32],
    north: &'a [f32],
}

fn look_row(seen: &mut Seen<'_>, state: &State<'_>, limits: &Limits) {
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code, reason = "see flux::flow_row")]
    {
        if wide::has_512() {
            // SAFETY: the processor was asked for the features that the function is compiled with
            return unsafe { look_row_512(seen, state, limits) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: as above
            return unsafe { look_row_256(seen, state, limits) };
        }
    }
    look_row_anywhere(seen, state, limits);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq")]
fn look_row_512(seen: &mut Seen<'_>, state: &State<'_>, limits: &Limits) {
    look_row_anywhere(seen, state, limits);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn look_row_256(seen: &mut Seen<'_>, state: &State<'_>, limits: &Limits) {
    look_row_anywhere(seen, state, limits);
}

/// Without branches, so that it vectorizes. NaN (buildings, outside) stays NaN: no comparison with it is true.
#[inline(always)]
fn look_row_anywhere(seen: &mut Seen<'_>, state: &State<'_>, limits: &Limits) {
    let n = seen.max_depth.len();
    let (max_depth, max_speed) = (&mut seen.max_depth[..n], &mut seen.max_speed[..n]);
    let (flooded, arrival) = (&mut seen.flooded[..n], &mut seen.arrival[..n]);
    let (depth, west, east) = (&state.depth[..n], &state.west[..n], &state.east[..n]);
    let (south, north) = (&state.south[..n], &state.north[..n]);
    for i in 0..n {
        let h = depth[i] as f32;
        let shown = if h > SHOWN_DEPTH_M { h } else { 0.0 };
        max_depth[i] = if shown > max_depth[i] { shown } else { max_depth[i] };
        let (x, y) = (0.5 * (west[i] + east[i]), 0.5 * (south[i] + north[i]));
        let deep = if h >= SPEED_DEPTH_M { h } else { f32::INFINITY };
        let squared = (x * x + y * y) / (deep * deep);
        // a cell that is running empty has the flow of its deeper neighbours: nothing here is faster than critical
        let critical = GRAVITY_M_S2 * max_depth[i];
        let squared = if squared > critical { critical } else { squared };
        max_speed[i] = if squared > max_speed[i] { squared } else { max_speed[i] };
        flooded[i] += if h > limits.flooded_m { limits.since_s } else { 0.0 };
        let is_first = h >= limits.arrival_m && arrival[i].is_nan();
        arrival[i] = if is_first { limits.now_s } else { arrival[i] };
    }
}
