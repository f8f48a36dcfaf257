//! When each point has sun: samples through the window, then starts and ends of every spell by bisection.

use super::Error;
use super::points::Point;
use super::rays::Heading;
use super::scene::{Memory, Path, Scene};
use crate::Task;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Points of one job; neighbours share what stops their rays.
const CHUNK: usize = 64;

/// The sun of a point in the window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sun {
    /// One bit a sample, set where there is sun.
    lit: Box<[u64]>,
    /// Starts and ends, true solar seconds, ascending.
    pub spells: Vec<[f64; 2]>,
}

impl Sun {
    /// Bytes of one with a few spells.
    pub const BYTES: u64 = 256;

    /// No sun at all.
    pub fn none(num_samples: usize) -> Self {
        Self {
            lit: vec![0; num_samples.div_ceil(64)].into(),
            spells: vec![],
        }
    }

    /// True where there is sun at a sample.
    #[inline]
    pub fn is_lit(&self, k: usize) -> bool {
        self.lit.get(k / 64).is_some_and(|word| word >> (k % 64) & 1 == 1)
    }

    /// Says whether there is sun at a sample.
    #[inline]
    pub fn set(&mut self, k: usize, is_lit: bool) {
        if let Some(word) = self.lit.get_mut(k / 64) {
            *word = *word & !(1 << (k % 64)) | u64::from(is_lit) << (k % 64);
        }
    }

    /// Finds starts and ends between samples that differ.
    ///
    /// * `refine_s` — they are within half of this
    /// * `is_lit` — asks for a true solar time
    pub fn refine(&mut self, path: &Path, refine_s: f64, is_lit: impl FnMut(f64) -> bool) {
        self.spells = spells(path, refine_s, |k| self.is_lit(k), is_lit);
    }
}

/// Spells of a state that is known at the samples of a path and can be asked for between them.
pub fn spells(
    path: &Path,
    refine_s: f64,
    at_sample: impl Fn(usize) -> bool,
    mut at_time: impl FnMut(f64) -> bool,
) -> Vec<[f64; 2]> {
    let day = &path.day;
    let mut found = vec![];
    let mut since = at_sample(0).then_some(day.start_s);
    for k in 0..day.steps {
        let (before, after) = (at_sample(k), at_sample(k + 1));
        if before == after {
            continue;
        }
        let [mut low, mut high] = [day.sample_s(k), day.sample_s(k + 1)];
        while high - low > refine_s {
            let middle = (low + high) / 2.0;
            if at_time(middle) == before {
                low = middle;
            } else {
                high = middle;
            }
        }
        let turn_s = (low + high) / 2.0;
        match since.take() {
            Some(start_s) => found.push([start_s, turn_s]),
            None => since = Some(turn_s),
        }
    }
    if let Some(start_s) = since {
        found.push([start_s, day.sample_s(day.steps)]);
    }
    found
}

/// True when a point has sun from a heading.
#[inline]
pub fn has_sun(scene: &Scene, path: &Path, point: &Point, heading: &Heading, memory: &mut Memory) -> bool {
    path.faces(point, heading.direction()) && !scene.is_met(heading, point.position, memory)
}

/// True when a point has sun at a true solar time.
pub fn has_sun_at(scene: &Scene, path: &Path, point: &Point, solar_s: f64, memory: &mut Memory) -> bool {
    let direction = path.day.direction(solar_s);
    direction[2] > 0.0
        && path.faces(point, direction)
        && !scene.is_met(&Heading::new(direction), point.position, memory)
}

/// The sun of one point.
pub fn examine(scene: &Scene, path: &Path, point: &Point, refine_s: f64, memory: &mut Memory) -> Sun {
    let mut sun = Sun::none(path.headings.len());
    if !point.is_open() {
        return sun;
    }
    for (k, heading) in path.headings.iter().enumerate() {
        if let Some(heading) = heading
            && has_sun(scene, path, point, heading, memory)
        {
            sun.set(k, true);
        }
    }
    sun.refine(path, refine_s, |s| has_sun_at(scene, path, point, s, memory));
    sun
}

/// Points with the path that they are examined on and where their sun goes.
pub struct Job<'a> {
    /// The sun's path.
    pub path: &'a Path,
    /// The points; [`Scene::place`] is asked for each.
    pub points: &'a mut [Point],
    /// Their sun.
    pub suns: &'a mut [Sun],
}

/// Examines points, in parallel; the result does not depend on the number of threads.
///
/// # Errors
/// When the task is cancelled.
pub fn examine_all(
    scene: &Scene,
    jobs: Vec<Job<'_>>,
    refine_s: f64,
    task: &Task,
    shares: [f64; 2],
) -> Result<(), Error> {
    let total = jobs.iter().map(|job| job.points.len()).sum::<usize>().max(1);
    let done = AtomicUsize::new(0);
    let chunks: Vec<(&Path, &mut [Point], &mut [Sun])> = jobs
        .into_iter()
        .flat_map(|job| {
            let path = job.path;
            std::iter::zip(job.points.chunks_mut(CHUNK), job.suns.chunks_mut(CHUNK)).map(move |(p, s)| (path, p, s))
        })
        .collect();
    chunks.into_par_iter().try_for_each(|(path, points, suns)| {
        let mut memory = Memory::default();
        let count = points.len();
        for (point, sun) in std::iter::zip(points, suns) {
            scene.place(point);
            *sun = examine(scene, path, point, refine_s, &mut memory);
        }
        let share = (done.fetch_add(count, Ordering::Relaxed) + count) as f64 / total as f64;
        task.step(shares[0] + (shares[1] - shares[0]) * share)
    })?;
    Ok(())
}
