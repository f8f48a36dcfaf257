//! Everything that stops the sun: a fixed mesh with buildings that may be gone, and a small mesh of what has changed.

use super::Error;
use super::input::Input;
use super::points::Point;
use super::rays::{Heading, Mesh, NONE, Triangle};
use super::solids;
use super::sun::Day;
use crate::indicators::Text;
use std::collections::BTreeSet;

/// Owner of the terrain's triangles.
pub const TERRAIN: u32 = u32::MAX - 1;
/// Straight up, tilted so that no ray runs along an edge of what people draw on round numbers.
const UP: [f64; 3] = [0.012_345_3, 0.027_183_1, 0.999_554_24];

/// What rays have met last, asked first.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    fixed: u32,
    changed: u32,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            fixed: NONE,
            changed: NONE,
        }
    }
}

/// All blockers.
pub struct Scene {
    /// Middle of the scene; rays run in a frame around it.
    origin: [f64; 3],
    extent_m: f64,
    fixed: Mesh,
    /// Buildings whose triangles in `fixed` no longer stand.
    gone: Vec<bool>,
    changed: Mesh,
    changed_parts: Vec<(Triangle, u32)>,
}

impl Scene {
    /// Rough bytes of a triangle with its share of the hierarchy, at the height of building it.
    pub const TRIANGLE_BYTES: u64 = 400;

    /// Sorts the blockers of a study.
    ///
    /// # Errors
    /// A building or a terrain that cannot be used, or more of them than the memory allowed holds.
    pub fn new(input: &Input, max_bytes: u64) -> Result<Self, Error> {
        let needed_bytes = solids::num_triangles(input) * Self::TRIANGLE_BYTES;
        if needed_bytes > max_bytes {
            return Err(Error::TooLarge {
                what: Text::new("遮挡面", "the blockers"),
                needed_bytes,
                allowed_bytes: max_bytes,
            });
        }
        let mut parts: Vec<(Triangle, u32)> = vec![];
        for (owner, building) in input.buildings.iter().enumerate() {
            parts.extend(solids::of_building(building)?.into_iter().map(|t| (t, owner as u32)));
        }
        parts.extend(solids::of_terrain(&input.terrain)?.into_iter().map(|t| (t, TERRAIN)));
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for corner in parts.iter().flat_map(|(t, _)| t) {
            low = [0, 1, 2].map(|k| low[k].min(corner[k]));
            high = [0, 1, 2].map(|k| high[k].max(corner[k]));
        }
        let origin = if parts.is_empty() {
            [0.0; 3]
        } else {
            [0, 1, 2].map(|k| ((low[k] + high[k]) / 2.0).round())
        };
        let extent_m = (0..3).map(|k| (high[k] - low[k]).max(1.0)).sum();
        for (triangle, _) in &mut parts {
            *triangle = triangle.map(|c| moved(c, origin));
        }
        Ok(Self {
            origin,
            extent_m,
            fixed: Mesh::new(&parts, extent_m, false)?,
            gone: vec![false; input.buildings.len()],
            changed: Mesh::default(),
            changed_parts: vec![],
        })
    }

    /// Triangles that stand.
    pub fn num_triangles(&self) -> usize {
        self.fixed.len() + self.changed.len()
    }

    /// Puts other triangles in place of those of buildings.
    ///
    /// * `buildings` — owners with their triangles in the scene CRS, none when the building is gone
    ///
    /// # Errors
    /// As [`Mesh::new`].
    pub fn replace(&mut self, buildings: &[(u32, Vec<Triangle>)]) -> Result<(), Error> {
        let owners: BTreeSet<u32> = buildings.iter().map(|(owner, _)| *owner).collect();
        self.changed_parts.retain(|(_, owner)| !owners.contains(owner));
        for (owner, triangles) in buildings {
            let place = *owner as usize;
            if self.gone.len() <= place {
                self.gone.resize(place + 1, false);
            }
            if let Some(gone) = self.gone.get_mut(place) {
                *gone = true;
            }
            let own = triangles.iter().map(|t| (t.map(|c| moved(c, self.origin)), *owner));
            self.changed_parts.extend(own);
        }
        // what is added may lie beyond what was there
        let farthest = |m: f64, (t, _): &(Triangle, u32)| t.as_flattened().iter().fold(m, |m, v| m.max(v.abs()));
        let extent_m = self.changed_parts.iter().fold(self.extent_m, farthest);
        self.changed = Mesh::new(&self.changed_parts, extent_m, true)?;
        Ok(())
    }

    /// A place of the scene CRS in the frame that rays run in.
    pub fn local(&self, position: [f64; 3]) -> [f64; 3] {
        moved(position, self.origin)
    }

    /// Triangles of the scene CRS that are asked apart from the others.
    ///
    /// # Errors
    /// As [`Mesh::new`].
    pub fn apart(&self, triangles: &[Triangle]) -> Result<Mesh, Error> {
        let parts: Vec<(Triangle, u32)> = triangles.iter().map(|t| (t.map(|c| self.local(c)), 0)).collect();
        let farthest = parts
            .iter()
            .flat_map(|(t, _)| t.as_flattened())
            .fold(self.extent_m, |m, v| m.max(v.abs()));
        Mesh::new(&parts, farthest, true)
    }

    /// True when anything stands between a place of the scene CRS and the sun.
    #[inline]
    pub fn is_met(&self, heading: &Heading, position: [f64; 3], memory: &mut Memory) -> bool {
        let at = moved(position, self.origin);
        self.fixed.is_met(heading, at, &self.gone, &mut memory.fixed)
            || (!self.changed.is_empty() && self.changed.is_met(heading, at, &[], &mut memory.changed))
    }

    /// The same by asking every triangle.
    pub fn is_met_by_brute_force(&self, heading: &Heading, position: [f64; 3]) -> bool {
        let at = moved(position, self.origin);
        self.fixed.is_met_by_brute_force(heading, at, &self.gone)
            || self.changed.is_met_by_brute_force(heading, at, &[])
    }

    /// Owners of what stands between a place and the sun, each once, ascending.
    pub fn blockers(&self, heading: &Heading, position: [f64; 3], found: &mut Vec<u32>) {
        found.clear();
        let at = moved(position, self.origin);
        self.fixed
            .all_met(heading, at, &self.gone, |owner, _| found.push(owner));
        self.changed.all_met(heading, at, &[], |owner, _| found.push(owner));
        found.sort_unstable();
        found.dedup();
    }

    /// Says whether a point lies inside a solid or below the terrain.
    pub fn place(&self, point: &mut Point) {
        let heading = Heading::new(UP);
        let at = moved(point.position, self.origin);
        let mut met = vec![];
        self.fixed.all_met(&heading, at, &self.gone, |owner, _| met.push(owner));
        self.changed.all_met(&heading, at, &[], |owner, _| met.push(owner));
        met.sort_unstable();
        point.is_buried = met.last() == Some(&TERRAIN);
        // from inside a closed solid a ray leaves it once more than it enters
        point.is_inside = met
            .chunk_by(|a, b| a == b)
            .any(|own| own.len() % 2 == 1 && own.first() != Some(&TERRAIN));
    }

    /// True when [`Scene::place`] may answer otherwise after a change within a box of the scene CRS.
    pub fn place_depends(position: [f64; 3], bounds: &Bounds) -> bool {
        Heading::new(UP).meets_box(position, bounds.low, bounds.high)
    }
}

fn moved(at: [f64; 3], origin: [f64; 3]) -> [f64; 3] {
    [at[0] - origin[0], at[1] - origin[1], at[2] - origin[2]]
}

/// A box of the scene CRS, metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Least corner.
    pub low: [f64; 3],
    /// Greatest corner.
    pub high: [f64; 3],
}

impl Bounds {
    /// The box of triangles, grown by a centimetre; `None` without triangles.
    pub fn of(triangles: &[Triangle]) -> Option<Self> {
        let first = triangles.first()?.first().copied()?;
        let mut bounds = Self {
            low: first,
            high: first,
        };
        for corner in triangles.iter().flatten() {
            bounds.low = [0, 1, 2].map(|k| bounds.low[k].min(corner[k]));
            bounds.high = [0, 1, 2].map(|k| bounds.high[k].max(corner[k]));
        }
        bounds.low = bounds.low.map(|v| v - 0.01);
        bounds.high = bounds.high.map(|v| v + 0.01);
        Some(bounds)
    }
}

/// The sun of a day, ready for rays.
#[derive(Debug, Clone)]
pub struct Path {
    /// The day.
    pub day: Day,
    /// Directions at the samples; `None` while the sun is below the horizon.
    pub headings: Vec<Option<Heading>>,
    /// Sine of the smallest angle in plan between wall and sun.
    grazing_sin: f64,
    /// Tangent of the sun's least height.
    least_tan: f64,
}

impl Path {
    /// The sun of a day.
    ///
    /// * `grazing_deg` — sun at a smaller angle to a wall in plan does not count
    pub fn new(day: Day, grazing_deg: f64) -> Self {
        let directions = || (0..day.num_samples()).map(|k| day.sample(k));
        let headings = directions().map(|d| (d[2] > 0.0).then(|| Heading::new(d))).collect();
        let tans = directions().map(|d| d[2].max(0.0) / d[0].hypot(d[1]));
        Self {
            headings,
            grazing_sin: grazing_deg.to_radians().sin(),
            least_tan: tans.fold(f64::INFINITY, f64::min),
            day,
        }
    }

    /// True when the sun stands before a point's wall.
    #[inline]
    pub fn faces(&self, point: &Point, direction: [f64; 3]) -> bool {
        let [nx, ny] = point.normal;
        if nx == 0.0 && ny == 0.0 {
            return true;
        }
        let across = nx * direction[0] + ny * direction[1];
        across > 0.0 && across >= self.grazing_sin * direction[0].hypot(direction[1])
    }

    /// Samples at which a change within a box may matter to a point, or to the time around them.
    ///
    /// * returns false for none
    pub fn touched(&self, point: &Point, bounds: &Bounds, mask: &mut [bool]) -> bool {
        let p = point.position;
        let rise_m = bounds.high[2] - p[2];
        if rise_m <= 0.0 {
            return false;
        }
        let gap = |k: usize| (bounds.low[k] - p[k]).max(p[k] - bounds.high[k]).max(0.0);
        // up to the nearest sample the sun moves half a step at most, 15° an hour
        let turn = std::f64::consts::TAU / 86_400.0 * self.day.step_s * 0.55;
        let far = |k: usize| (bounds.low[k] - p[k]).abs().max((bounds.high[k] - p[k]).abs());
        let grown_m = turn * (far(0).powi(2) + far(1).powi(2) + far(2).powi(2)).sqrt();
        if gap(0).hypot(gap(1)) > grown_m && (gap(0).hypot(gap(1)) - grown_m) * self.least_tan > rise_m + grown_m {
            return false;
        }
        let low = bounds.low.map(|v| v - grown_m);
        let high = bounds.high.map(|v| v + grown_m);
        let mut is_any = false;
        for (heading, mask) in self.headings.iter().zip(mask.iter_mut()) {
            // below the horizon nothing changes; the nearest sample above it stands for the time between
            if heading.as_ref().is_some_and(|h| h.meets_box(p, low, high)) {
                *mask = true;
                is_any = true;
            }
        }
        is_any
    }
}
