//! The computation: time steps of the local-inertial scheme over the terrain, with an account of every litre.

use super::catalogue::Catalogue;
use super::error::Error;
use super::flux::{Around, Faces, GRAVITY, Step, fill_row, flow_row};
use super::input::Input;
use super::params::Params;
use super::storm::Cumulative;
use super::terrain::{Kind, Terrain, bytes_needed};
use super::watch::Watch;
use crate::task::Task;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Cells that a thread takes at least.
pub(super) const CELLS_A_TASK: usize = 1 << 14;

/// Largest relative error of the account of water with which a run is given out. Rounding leaves 1e-12 and less: what is
/// above is a fault of the scheme on this input, and its depths would be shown as if they were sound.
pub const MOST_MASS_ERROR: f64 = 1e-6;

/// Where the water came from and went, m³.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Balance {
    /// There at the start.
    pub initial_m3: f64,
    /// Rain on free cells and roofs.
    pub rain_m3: f64,
    /// Part of it that never ran off (coefficients of runoff).
    pub lost_m3: f64,
    /// Inflows.
    pub inflow_m3: f64,
    /// Taken by the soil.
    pub infiltrated_m3: f64,
    /// Taken by inlets.
    pub drained_m3: f64,
    /// Left over the edges, less what came in over them.
    pub outflow_m3: f64,
    /// There at the end.
    pub stored_m3: f64,
}

impl Balance {
    /// What is not accounted for, as a share of all water that was there at any time.
    pub fn relative_error(&self) -> f64 {
        let came = self.initial_m3 + self.rain_m3 - self.lost_m3 + self.inflow_m3 + (-self.outflow_m3).max(0.0);
        let went = self.infiltrated_m3 + self.drained_m3 + self.outflow_m3 + self.stored_m3;
        let all = self.initial_m3 + self.rain_m3 - self.lost_m3 + self.inflow_m3;
        if came > 0.0 {
            (all - went).abs() / came
        } else {
            went.abs()
        }
    }

    /// Holds the account against [`MOST_MASS_ERROR`].
    ///
    /// # Errors
    /// [`Error::Balance`] when more than that is missing or too much, or when the account is no number.
    pub fn check(&self) -> Result<(), Error> {
        let relative = self.relative_error();
        if relative <= MOST_MASS_ERROR {
            return Ok(());
        }
        Err(Error::Balance {
            relative,
            allowed: MOST_MASS_ERROR,
        })
    }
}

/// What a run gives. Lists of cells go row by row from the south; NaN in buildings and outside.
#[derive(Debug, Clone)]
pub struct Run {
    /// The ground it ran on.
    pub terrain: Terrain,
    /// Seconds of each step of the depth series.
    pub times_s: Vec<f64>,
    /// Depths, step after step, metres.
    pub depths_m: Vec<f32>,
    /// Largest depth, metres.
    pub max_depth_m: Vec<f32>,
    /// Largest speed, m/s, where the depth was 1 cm or more.
    pub max_speed_m_s: Vec<f32>,
    /// Seconds above the flooded depth.
    pub flooded_s: Vec<f32>,
    /// Seconds until the water arrived; NaN where it never did.
    pub arrival_s: Vec<f32>,
    /// Depth at the end, metres, in full precision; 0 in buildings and outside.
    pub end_depth_m: Vec<f64>,
    /// Water taken by each inlet of the input, m³.
    pub inlets_m3: Vec<f64>,
    /// Account of the water.
    pub balance: Balance,
    /// Time steps.
    pub num_steps: u64,
    /// Cells times steps, of the cells that were computed.
    pub num_cell_steps: u64,
    /// Seconds that were simulated.
    pub simulated_s: f64,
}

/// Runs a flood.
///
/// # Errors
/// What is wrong with which feature or parameter; too little memory, before any is taken; a cancelled task; an account of
/// water that does not balance.
pub fn simulate(input: &Input, params: &Params, catalogue: &Catalogue, task: &Task) -> Result<Run, Error> {
    params.check()?;
    input.grid.check()?;
    let rain = params.rain.cumulative(catalogue)?;
    let simulated_s = if params.simulated_min > 0.0 {
        params.simulated_min * 60.0
    } else {
        rain.end_s() + 3600.0
    };
    let frame_s = params.output_step_min * 60.0;
    let num_frames = (simulated_s / frame_s).ceil() as usize + 1;
    let needed = bytes_needed(&input.grid, num_frames, true);
    if needed > params.memory_bytes {
        return Err(Error::TooLarge {
            needed,
            allowed: params.memory_bytes,
        });
    }
    task.step(0.0)?;
    let terrain = Terrain::new(input, params, catalogue)?;
    let mut solver = Solver::new(terrain, params, rain, input.inlets.len());
    let mut watch = Watch::new(&solver.terrain, params, num_frames);
    watch.look(&solver, 0.0);
    watch.keep(&solver);
    let mut frame = 1;
    while solver.time_s < simulated_s {
        task.step(solver.time_s / simulated_s)?;
        let next_frame = (frame as f64 * frame_s).min(simulated_s);
        let dt = solver.step_s(params).min(next_frame - solver.time_s);
        // two steps of about the same length rather than a long and a tiny one
        let left = next_frame - solver.time_s;
        let dt = if dt < left && dt > 0.5 * left { 0.5 * left } else { dt };
        let is_frame = dt >= left;
        solver.advance(dt);
        if is_frame {
            solver.time_s = next_frame;
        }
        watch.maybe_look(&solver, dt, is_frame);
        if is_frame {
            frame += 1;
            if !solver.is_sound() {
                return Err(Error::Unstable { time_s: solver.time_s });
            }
            watch.keep(&solver);
        }
    }
    task.step(1.0)?;
    let run = finished(solver, watch);
    run.balance.check()?;
    Ok(run)
}

fn finished(mut solver: Solver, watch: Watch) -> Run {
    solver.balance.stored_m3 = solver.stored_m3();
    let terrain = solver.terrain;
    let free = |cell: usize| terrain.kinds[cell] == Kind::Free;
    let end_depth_m = (0..terrain.grid.len())
        .map(|cell| {
            if free(cell) {
                solver.depth[terrain.padded(cell)]
            } else {
                0.0
            }
        })
        .collect();
    Run {
        times_s: watch.times_s,
        depths_m: watch.depths_m,
        max_depth_m: watch.max_depth_m,
        max_speed_m_s: Watch::speeds(watch.max_speed_m_s),
        flooded_s: watch.flooded_s,
        arrival_s: watch.arrival_s,
        end_depth_m,
        inlets_m3: solver.inlets_m3,
        balance: solver.balance,
        num_steps: solver.num_steps,
        num_cell_steps: solver.num_cell_steps,
        simulated_s: solver.time_s,
        terrain,
    }
}

/// Cells of a padded row that may be wet (`from..to`), and what the last step found there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Row {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) most_m: f64,
    pub(super) least_m: f64,
    pub(super) infiltrated_m: f64,
}

impl Row {
    fn is_dry(&self) -> bool {
        self.from >= self.to
    }

    /// The cells of both.
    fn with(self, other: Self) -> Self {
        match (self.is_dry(), other.is_dry()) {
            (true, _) => other,
            (_, true) => self,
            _ => Self {
                from: self.from.min(other.from),
                to: self.to.max(other.to),
                ..self
            },
        }
    }
}

/// The state between steps. Flows have one padded row more than cells.
#[derive(Debug)]
pub(super) struct Solver {
    pub(super) terrain: Terrain,
    pub(super) depth: Vec<f64>,
    /// Flow through the western face of each padded cell, m²/s.
    pub(super) flow_x: Vec<f32>,
    /// Flow through the southern face.
    pub(super) flow_y: Vec<f32>,
    pub(super) new_x: Vec<f32>,
    pub(super) new_y: Vec<f32>,
    pub(super) taken_m: Vec<f64>,
    pub(super) rows: Vec<Row>,
    pub(super) rain: Cumulative,
    pub(super) has_levels: bool,
    pub(super) scheme: super::params::Scheme,
    pub(super) drains_m3_s: Option<f64>,
    pub(super) runoff_cells: f64,
    pub(super) wanted_m3: Vec<f64>,
    pub(super) inlets_m3: Vec<f64>,
    pub(super) balance: Balance,
    pub(super) time_s: f64,
    pub(super) num_steps: u64,
    pub(super) num_cell_steps: u64,
}

impl Solver {
    fn new(terrain: Terrain, params: &Params, rain: Cumulative, num_inlets: usize) -> Self {
        let width = terrain.width;
        let num_rows = terrain.grid.rows as usize + 2;
        let flows = width * (num_rows + 1);
        let has_levels = terrain.edges.iter().any(|edge| edge.slope.is_none());
        let runoff_cells = terrain.runoff.iter().map(|r| f64::from(*r)).sum();
        let mut solver = Self {
            depth: terrain.depth_m.clone(),
            flow_x: vec![0.0; flows],
            flow_y: vec![0.0; flows],
            new_x: vec![0.0; flows],
            new_y: vec![0.0; flows],
            taken_m: if terrain.soils.is_empty() {
                vec![]
            } else {
                vec![0.0; terrain.ground_m.len()]
            },
            rows: vec![Row::default(); num_rows],
            has_levels,
            scheme: params.scheme.clone(),
            drains_m3_s: params.drains_capacity_m3_s,
            runoff_cells,
            wanted_m3: vec![0.0; terrain.mouths.len()],
            inlets_m3: vec![0.0; num_inlets],
            balance: Balance::default(),
            time_s: 0.0,
            num_steps: 0,
            num_cell_steps: 0,
            rain,
            terrain,
        };
        solver.balance.initial_m3 = solver.stored_m3();
        let is_everywhere = solver.has_levels || solver.rain.total() > 0.0;
        for r in 1..num_rows - 1 {
            let row = r * width + 1..(r + 1) * width - 1;
            let mut found = Row::default();
            for (i, depth) in solver.depth[row].iter().enumerate() {
                if *depth > 0.0 || is_everywhere {
                    found = found.with(Row {
                        from: i + 1,
                        to: i + 2,
                        ..Row::default()
                    });
                }
                found.most_m = found.most_m.max(*depth);
            }
            solver.rows[r] = found;
        }
        for cell in solver.terrain.springs.iter().flat_map(|s| &s.cells) {
            let (r, i) = (cell / width, cell % width);
            solver.rows[r] = solver.rows[r].with(Row {
                from: i,
                to: i + 1,
                ..Row::default()
            });
        }
        solver
    }

    /// Water in all cells, m³.
    fn stored_m3(&self) -> f64 {
        let width = self.terrain.width;
        let rows = self
            .depth
            .chunks_exact(width)
            .skip(1)
            .take(self.terrain.grid.rows as usize);
        let depth: f64 = rows.map(|row| row[1..width - 1].iter().sum::<f64>()).sum();
        depth * self.terrain.grid.cell_m2()
    }

    fn is_sound(&self) -> bool {
        let stored = self.stored_m3();
        stored.is_finite() && stored >= 0.0
    }

    /// Length of the next step: the Courant condition of the deepest water, with what is about to be added.
    fn step_s(&self, params: &Params) -> f64 {
        let mut deepest = self.rows.iter().fold(0.0_f64, |m, row| m.max(row.most_m));
        if self.has_levels {
            let beyond = self.terrain.edges.iter().filter(|e| e.slope.is_none());
            deepest = beyond.fold(deepest, |m, edge| {
                let west_or_south = if edge.is_x {
                    edge.cell - 1
                } else {
                    edge.cell - self.terrain.width
                };
                let east_or_north = if edge.is_x {
                    edge.cell + 1
                } else {
                    edge.cell + self.terrain.width
                };
                m.max(self.depth[if edge.sign > 0.0 { east_or_north } else { west_or_south }])
            });
        }
        let rate = self.terrain.springs.iter().fold(0.0_f64, |rate, spring| {
            let area = spring.cells.len() as f64 * self.terrain.grid.cell_m2();
            rate.max(spring.volume.peak_rate() / area)
        });
        let rate = rate + 2.0 * self.rain.peak_rate();
        // the longest step that fits the depth which the water will have at its end
        let reach = self.courant(params) * self.terrain.grid.cell_m;
        let fits = |dt: f64| dt * (GRAVITY * (deepest + rate * dt)).sqrt() <= reach;
        let (mut low, mut high) = (0.0, params.scheme.max_step_s);
        if fits(high) {
            return high;
        }
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if fits(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The Courant number that is asked for, or the largest stable one.
    ///
    /// A checkerboard of levels is carried by both directions at once and keeps `2θ − 1` of its flow from step to step:
    /// it decays while `C² < θ / 2`, in one dimension while `C² < θ`. The usual 0.7 with θ 0.8 is above that in a deep,
    /// still lake, where no friction helps.
    fn courant(&self, params: &Params) -> f64 {
        let grid = &self.terrain.grid;
        let directions = if grid.rows > 1 && grid.columns > 1 { 2.0 } else { 1.0 };
        let stable = (params.scheme.theta / directions).sqrt();
        params.scheme.courant.min(0.95 * stable)
    }

    /// One step.
    fn advance(&mut self, dt: f64) {
        self.flow(dt);
        self.leave_edges();
        let (before, after) = (self.time_s, self.time_s + dt);
        let rain_m = self.rain.at(after) - self.rain.at(before);
        self.fill(dt, rain_m);
        self.cut_back(dt);
        std::mem::swap(&mut self.flow_x, &mut self.new_x);
        std::mem::swap(&mut self.flow_y, &mut self.new_y);
        self.account_edges(dt);
        self.infiltrate(dt);
        self.drain(dt);
        self.well_up(before, after);
        let area = self.terrain.grid.cell_m2();
        self.balance.rain_m3 += rain_m * area * self.terrain.num_rained as f64;
        self.balance.lost_m3 += rain_m * area * (self.terrain.num_rained as f64 - self.runoff_cells);
        self.time_s = after;
        self.num_steps += 1;
    }

    /// Rows that a thread takes at least.
    pub(super) fn rows_a_task(&self) -> usize {
        (CELLS_A_TASK / self.terrain.width).max(1)
    }

    /// New flows through all faces beside wet cells.
    fn flow(&mut self, dt: f64) {
        let width = self.terrain.width;
        let cell_m = self.terrain.grid.cell_m;
        let step = Step {
            beside: (0.5 * (1.0 - self.scheme.theta)) as f32,
            g_dt_dx: (GRAVITY * dt / cell_m) as f32,
            g_dt: (GRAVITY * dt) as f32,
            froude_g: (self.scheme.froude * GRAVITY.sqrt()) as f32,
            dry_m: self.scheme.dry_m,
        };
        let last = self.rows.len() - 1;
        let rows_a_task = self.rows_a_task();
        let (rows, depth, terrain) = (&self.rows, &self.depth, &self.terrain);
        let (flow_x, flow_y) = (&self.flow_x, &self.flow_y);
        let faces = |k: usize, n: usize, back: usize, flow: &'_ [f32], open: &'_ [f32], new: &mut [f32]| {
            let (a, b, c) = (k - back..k - back + n, k..k + n, k + back..k + back + n);
            let faces = Faces {
                ground: [&terrain.ground_m[a.clone()], &terrain.ground_m[b.clone()]],
                depth: [&depth[a.clone()], &depth[b.clone()]],
                manning: [&terrain.manning[a.clone()], &terrain.manning[b.clone()]],
                flow: [&flow[a.clone()], &flow[b], &flow[c.clone()]],
                open: [&open[a], &open[c]],
            };
            flow_row(new, &faces, &step);
        };
        self.new_x
            .par_chunks_exact_mut(width)
            .zip(self.new_y.par_chunks_exact_mut(width))
            .enumerate()
            .with_min_len(rows_a_task)
            .for_each(|(r, (new_x, new_y))| {
                if r == 0 || r > last {
                    return;
                }
                let row = rows[r];
                if r < last && !row.is_dry() {
                    let n = row.to - row.from + 1;
                    faces(
                        r * width + row.from,
                        n,
                        1,
                        flow_x,
                        &terrain.open_x,
                        &mut new_x[row.from..row.from + n],
                    );
                }
                let both = rows[r - 1].with(row);
                if !both.is_dry() {
                    let n = both.to - both.from;
                    faces(
                        r * width + both.from,
                        n,
                        width,
                        flow_y,
                        &terrain.open_y,
                        &mut new_y[both.from..both.to],
                    );
                }
            });
    }

    /// Uniform flow over open edges.
    fn leave_edges(&mut self) {
        for edge in &self.terrain.edges {
            let Some(slope) = edge.slope else { continue };
            let depth = self.depth[edge.cell];
            let flow = if depth > self.scheme.dry_m {
                let n = f64::from(self.terrain.manning[edge.cell]).max(0.01);
                let critical = depth * (GRAVITY * depth).sqrt();
                (depth.powf(5.0 / 3.0) * slope.sqrt() / n).min(critical)
            } else {
                0.0
            };
            let list = if edge.is_x { &mut self.new_x } else { &mut self.new_y };
            list[edge.face] = (edge.sign * flow) as f32;
        }
    }

    /// Adds flows and rain to the depths, and lets the wet part of each row grow.
    fn fill(&mut self, dt: f64, rain_m: f64) {
        let width = self.terrain.width;
        let last = self.rows.len() - 1;
        let dt_dx = dt / self.terrain.grid.cell_m;
        let old = self.rows.clone();
        let rows_a_task = self.rows_a_task();
        let (new_x, new_y, terrain) = (&self.new_x, &self.new_y, &self.terrain);
        self.depth
            .par_chunks_exact_mut(width)
            .zip(self.rows.par_iter_mut())
            .enumerate()
            .with_min_len(rows_a_task)
            .for_each(|(r, (depth, row))| {
                if r == 0 || r == last {
                    return;
                }
                let around = old[r - 1].with(old[r]).with(old[r + 1]);
                if around.is_dry() {
                    return;
                }
                // one cell further on both sides than water was
                let from = around.from.min(old[r].from.saturating_sub(1).max(1)).max(1);
                let to = around
                    .to
                    .max(if old[r].is_dry() { 0 } else { old[r].to + 1 })
                    .min(width - 1);
                let (k, n) = (r * width + from, to - from);
                let flows = Around {
                    west: &new_x[k..=k + n],
                    south: &new_y[k..k + n],
                    north: &new_y[k + width..k + width + n],
                    runoff: &terrain.runoff[k..k + n],
                    dt_dx,
                    rain_m,
                };
                let [most_m, least_m] = fill_row(&mut depth[from..to], &flows);
                let is_wet = |i: &usize| depth[*i] != 0.0;
                let low = if old[r].is_dry() { to } else { old[r].from };
                let high = if old[r].is_dry() { from } else { old[r].to };
                let wet_from = (from..low).find(is_wet).unwrap_or(low);
                let wet_to = (high..to).rev().find(is_wet).map_or(high, |i| i + 1);
                *row = Row {
                    from: wet_from,
                    to: wet_to,
                    most_m,
                    least_m,
                    infiltrated_m: 0.0,
                };
            });
        self.num_cell_steps += self
            .rows
            .iter()
            .map(|row| row.to.saturating_sub(row.from) as u64)
            .sum::<u64>();
    }

    fn account_edges(&mut self, dt: f64) {
        let length = dt * self.terrain.grid.cell_m;
        let mut out = 0.0;
        for edge in &self.terrain.edges {
            let list = if edge.is_x { &self.flow_x } else { &self.flow_y };
            out += edge.sign * f64::from(list[edge.face]);
        }
        self.balance.outflow_m3 += out * length;
    }
}
