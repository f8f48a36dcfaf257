//! What happens to the depths after the flow: cells that gave too much, soils, inlets and inflows.

use super::solver::Solver;
use rayon::prelude::*;

/// Times that a cell is cut back before it is closed.
const CUTS: u8 = 40;

impl Solver {
    /// Cells that gave more than they had give less: their outflows shrink by the same share, the depth becomes zero.
    ///
    /// Few cells at drying fronts need it, so it goes one after the other in their order, which keeps every bit the same
    /// for any number of threads. Nothing is lost: what a cell does not give, its neighbour does not get.
    pub(super) fn cut_back(&mut self, dt: f64) {
        let width = self.terrain.width;
        let mut list: Vec<usize> = vec![];
        for (r, row) in self.rows.iter().enumerate() {
            if row.least_m < 0.0 {
                let cells = r * width + row.from..r * width + row.to;
                list.extend(cells.filter(|k| self.depth[*k] < 0.0));
            }
        }
        if list.is_empty() {
            return;
        }
        let dt_dx = dt / self.terrain.grid.cell_m;
        let mut times: std::collections::BTreeMap<usize, u8> = std::collections::BTreeMap::new();
        let mut next = 0;
        while let Some(&k) = list.get(next) {
            next += 1;
            let lack = -self.depth[k];
            if lack <= 0.0 {
                continue;
            }
            let out = |flow: f32| f64::from(flow.max(0.0));
            let mut given = out(-self.new_x[k]) + out(-self.new_y[k]);
            given += out(self.new_x[k + 1]) + out(self.new_y[k + width]);
            let seen = times.entry(k).or_insert(0);
            *seen += 1;
            let keep = if given > 0.0 && *seen < CUTS {
                (1.0 - lack / (dt_dx * given)).max(0.0)
            } else {
                0.0
            };
            let mut back = 0.0;
            for (is_x, face, other, sign) in [
                (true, k, k - 1, -1.0),
                (true, k + 1, k + 1, 1.0),
                (false, k, k - width, -1.0),
                (false, k + width, k + width, 1.0),
            ] {
                let flow = if is_x {
                    &mut self.new_x[face]
                } else {
                    &mut self.new_y[face]
                };
                if *flow * sign <= 0.0 {
                    continue;
                }
                // rounded towards nothing, so that the cell never ends below zero
                let kept = (f64::from(*flow) * keep * (1.0 - f64::from(f32::EPSILON) * 2.0)) as f32;
                let less = dt_dx * (f64::from(*flow) - f64::from(kept)).abs();
                *flow = kept;
                back += less;
                if self.terrain.is_free(other) {
                    self.depth[other] -= less;
                    if self.depth[other] < 0.0 {
                        list.push(other);
                    }
                }
            }
            self.depth[k] = (back - lack).max(0.0);
        }
    }

    pub(super) fn infiltrate(&mut self, dt: f64) {
        if self.taken_m.is_empty() {
            return;
        }
        let width = self.terrain.width;
        let rows_a_task = self.rows_a_task();
        let terrain = &self.terrain;
        self.depth
            .par_chunks_exact_mut(width)
            .zip(self.taken_m.par_chunks_exact_mut(width))
            .zip(self.rows.par_iter_mut())
            .enumerate()
            .with_min_len(rows_a_task)
            .for_each(|(r, ((depth, taken), row))| {
                let soil = &terrain.soil[r * width..(r + 1) * width];
                for i in row.from..row.to {
                    if soil[i] == 0 || depth[i] <= 0.0 {
                        continue;
                    }
                    let now = terrain.soils[usize::from(soil[i]) - 1].taken_m(taken[i], depth[i], dt);
                    taken[i] += now;
                    depth[i] -= now;
                    row.infiltrated_m += now;
                }
            });
        let all: f64 = self.rows.iter().map(|row| row.infiltrated_m).sum();
        self.balance.infiltrated_m3 += all * self.terrain.grid.cell_m2();
    }

    /// Water into the inlets: a weir while shallow, an orifice when deep, up to the capacity; then all drains together.
    pub(super) fn drain(&mut self, dt: f64) {
        if self.terrain.mouths.is_empty() {
            return;
        }
        let area = self.terrain.grid.cell_m2();
        let mut all = 0.0;
        for (mouth, wanted) in self.terrain.mouths.iter().zip(&mut self.wanted_m3) {
            let depth = self.depth[mouth.cell];
            // the cell emptied by the weir or the orifice alone, integrated over the step
            let root = depth.sqrt();
            let by_weir = root / (1.0 + 0.5 * mouth.weir * dt / area * root);
            let by_orifice = (root - 0.5 * mouth.orifice * dt / area).max(0.0);
            let left = (by_weir * by_weir).max(by_orifice * by_orifice);
            *wanted = ((depth - left) * area).clamp(0.0, mouth.capacity_m3_s * dt);
            all += *wanted;
        }
        let share = match self.drains_m3_s {
            Some(capacity) if all > capacity * dt => capacity * dt / all,
            _ => 1.0,
        };
        for (mouth, wanted) in self.terrain.mouths.iter().zip(&self.wanted_m3) {
            let depth = &mut self.depth[mouth.cell];
            let taken = (wanted * share / area).min(*depth);
            *depth -= taken;
            self.inlets_m3[mouth.inlet] += taken * area;
            self.balance.drained_m3 += taken * area;
        }
    }

    pub(super) fn well_up(&mut self, before_s: f64, after_s: f64) {
        let area = self.terrain.grid.cell_m2();
        for spring in &self.terrain.springs {
            let volume = spring.volume.at(after_s) - spring.volume.at(before_s);
            let rise = volume / (area * spring.cells.len() as f64);
            for cell in &spring.cells {
                self.depth[*cell] += rise;
                let row = &mut self.rows[cell / self.terrain.width];
                row.most_m = row.most_m.max(self.depth[*cell]);
            }
            self.balance.inflow_m3 += volume;
        }
    }
}
