//! A whole study that can be edited: after a change only points which it can shade are asked again.

use super::Error;
use super::input::{Building, Grid, Input, Site};
use super::params::{Limits, Params, Rule};
use super::points::{self, Point};
use super::rays::Triangle;
use super::scene::{Bounds, Memory, Path, Scene};
use super::solids;
use super::sun::Day;
use super::survey::{self, Job, Sun, has_sun, has_sun_at};
use crate::indicators::Text;
use crate::{Outcome, Task};
use rayon::prelude::*;

/// Points with their sun.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    /// The points.
    pub points: Vec<Point>,
    /// Their sun, one for each.
    pub suns: Vec<Sun>,
}

impl Group {
    fn of(points: Vec<Point>) -> Self {
        Self {
            suns: vec![Sun::default(); points.len()],
            points,
        }
    }
}

/// A building's part of a study.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Examined {
    /// Number of its rule in [`Study::rules`]; `None` when it has no limit.
    pub rule: Option<usize>,
    /// Points that decide; on the rule's day.
    pub deciding: Group,
    /// Patches to be painted; on the first rule's day.
    pub facade: Group,
}

/// A change of one building.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its id.
    pub id: String,
    /// What stands there then; `None` for nothing.
    pub building: Option<Building>,
}

/// A study of one state of a scene.
pub struct Study {
    /// Parameters.
    pub params: Params,
    /// Rules in use; the first is that of homes and gives the day of painted layers.
    pub rules: Vec<Rule>,
    /// The sun of each rule.
    pub paths: Vec<Path>,
    /// Buildings, `None` for those taken away; their places are the owners of triangles.
    pub buildings: Vec<Option<Building>>,
    /// What is examined of each.
    pub examined: Vec<Examined>,
    /// Cells of the ground that are examined: their places in the grid.
    pub ground_cells: Vec<u32>,
    /// Their sun.
    pub ground: Group,
    /// Blockers.
    pub scene: Scene,
    site: Site,
    limits: Limits,
}

impl Study {
    /// Examines a scene.
    ///
    /// # Errors
    /// Whatever in it cannot be computed, by name; more than the memory allowed; a cancelled task.
    pub fn new(input: &Input, params: &Params, limits: &Limits, task: &Task) -> Result<Self, Error> {
        params.check()?;
        let bounds = input
            .buildings
            .iter()
            .map(|b| points::count_bound(b, params))
            .sum::<u64>();
        let cells = input.ground.as_ref().map_or(0, |g| g.heights.len() as u64);
        let needed_bytes = (bounds + cells) * (Sun::BYTES + size_of::<Point>() as u64);
        if needed_bytes > params.max_bytes {
            return Err(Error::TooLarge {
                what: Text::new("待算的测点", "the points to be examined"),
                needed_bytes,
                allowed_bytes: params.max_bytes,
            });
        }
        let scene = Scene::new(input, params.max_bytes)?;
        task.step(0.02)?;
        let mut study = Self {
            params: params.clone(),
            rules: vec![],
            paths: vec![],
            buildings: input.buildings.iter().cloned().map(Some).collect(),
            examined: vec![],
            ground_cells: vec![],
            ground: Group::default(),
            scene,
            site: input.site,
            limits: limits.clone(),
        };
        // homes come first: their day is that of the painted layers, whatever else there is
        study.rule_of(&Building {
            usage: super::input::Usage::Residential,
            ..Building::default()
        })?;
        if study.paths.is_empty() {
            return Err(Error::Limits {
                reason: Text::new(
                    "没有住宅的标准，立面日照无从确定标准日",
                    "there is none for homes, whose day is that of painted hours",
                ),
            });
        }
        for building in &input.buildings {
            let examined = study.points_of(building)?;
            study.examined.push(examined);
        }
        if let Some(grid) = &input.ground {
            solids::check_grid(grid).map_err(|reason| Error::Ground { reason })?;
            for (cell, point) in points::ground(grid).into_iter().enumerate() {
                if let Some(point) = point {
                    study.ground_cells.push(cell as u32);
                    study.ground.points.push(point);
                }
            }
            study.ground.suns = vec![Sun::default(); study.ground.points.len()];
        }
        let everything: Vec<usize> = (0..study.examined.len()).collect();
        study.examine(&everything, true, task, [0.03, 0.9])?;
        Ok(study)
    }

    /// Number of the rule of a building.
    fn rule_of(&mut self, building: &Building) -> Result<Option<usize>, Error> {
        let Some(rule) = self.limits.rule(&self.params, building.usage, building.is_proposal)? else {
            return Ok(None);
        };
        if let Some(known) = self.rules.iter().position(|r| *r == rule) {
            return Ok(Some(known));
        }
        let same = |r: &Rule| r.date == rule.date && r.window_h == rule.window_h;
        let path = match self.rules.iter().position(same).and_then(|k| self.paths.get(k)) {
            Some(path) => path.clone(),
            None => {
                let day = Day::new(&self.site, &rule.date, rule.window_h, self.params.step_s)?;
                Path::new(day, self.params.grazing_deg)
            }
        };
        self.rules.push(rule);
        self.paths.push(path);
        Ok(Some(self.rules.len() - 1))
    }

    fn points_of(&mut self, building: &Building) -> Result<Examined, Error> {
        if !building.is_examined_by(&self.params) {
            return Ok(Examined::default());
        }
        let rule = self.rule_of(building)?;
        let is_south = self.site.latitude_deg >= 0.0;
        let mut examined = Examined {
            rule,
            ..Examined::default()
        };
        if rule.is_some() {
            let found = points::deciding(building, &self.params, self.site.convergence_deg, is_south);
            examined.deciding = Group::of(found);
        }
        if self.params.with_facades {
            examined.facade = Group::of(points::facade(building, &self.params)?);
        }
        Ok(examined)
    }

    /// Examines all points of some buildings, and the ground.
    fn examine(&mut self, places: &[usize], with_ground: bool, task: &Task, shares: [f64; 2]) -> Result<(), Error> {
        let Some(painted) = self.paths.first() else {
            return Ok(());
        };
        let mut wanted = vec![false; self.examined.len()];
        for place in places {
            if let Some(wanted) = wanted.get_mut(*place) {
                *wanted = true;
            }
        }
        let mut jobs = vec![];
        for (examined, _) in std::iter::zip(&mut self.examined, wanted).filter(|(_, wanted)| *wanted) {
            let path = examined.rule.and_then(|k| self.paths.get(k)).unwrap_or(painted);
            jobs.push(job(path, &mut examined.deciding));
            jobs.push(job(painted, &mut examined.facade));
        }
        if with_ground {
            jobs.push(job(painted, &mut self.ground));
        }
        survey::examine_all(&self.scene, jobs, self.params.refine_s, task, shares)
    }

    /// Takes up changes and asks again only what they can shade. The study is then equal to a new one of the changed scene.
    ///
    /// * returns the number of points that were asked again
    ///
    /// # Errors
    /// A building that cannot be used; nothing has changed then. A cancelled task leaves the study unusable.
    pub fn edit(&mut self, changes: &[Change], task: &Task) -> Result<usize, Error> {
        let mut solids_of = vec![];
        for change in changes {
            let after = match &change.building {
                Some(building) => solids::of_building(building)?,
                None => vec![],
            };
            solids_of.push(after);
        }
        let mut boxes: Vec<Bounds> = vec![];
        let mut own: Vec<usize> = vec![];
        let mut replaced: Vec<(u32, Vec<Triangle>)> = vec![];
        for (change, after) in std::iter::zip(changes, solids_of) {
            let known = self
                .buildings
                .iter()
                .position(|b| b.as_ref().is_some_and(|b| b.id == change.id));
            if known.is_none() && change.building.is_none() {
                continue;
            }
            // places left at the end are taken again: edits to and fro do not make the study grow, and order stays that of numbers
            let end = self
                .buildings
                .iter()
                .rposition(Option::is_some)
                .map_or(0, |last| last + 1);
            let place = known.unwrap_or(end);
            if place == self.buildings.len() {
                self.buildings.push(None);
                self.examined.push(Examined::default());
            }
            let before: Vec<Triangle> = match self.buildings.get(place) {
                Some(Some(building)) => solids::of_building(building)?,
                _ => vec![],
            };
            boxes.extend(Bounds::of(&before));
            boxes.extend(Bounds::of(&after));
            replaced.push((place as u32, after));
            let examined = match &change.building {
                Some(building) => self.points_of(building)?,
                None => Examined::default(),
            };
            if let (Some(building), Some(old)) = (self.buildings.get_mut(place), self.examined.get_mut(place)) {
                building.clone_from(&change.building);
                *old = examined;
            }
            own.push(place);
        }
        self.scene.replace(&replaced)?;
        let mut asked = self.touch(&own, &boxes, task)?;
        self.examine(&own, false, task, [0.8, 1.0])?;
        own.sort_unstable();
        own.dedup();
        for place in own {
            if let Some(examined) = self.examined.get(place) {
                asked += examined.deciding.points.len() + examined.facade.points.len();
            }
        }
        Ok(asked)
    }

    /// Asks again every point, but those of `own`, for the samples at which a change within the boxes may matter.
    fn touch(&mut self, own: &[usize], boxes: &[Bounds], task: &Task) -> Result<usize, Error> {
        let (scene, paths, refine_s) = (&self.scene, &self.paths, self.params.refine_s);
        let Some(painted) = paths.first() else { return Ok(0) };
        let mut jobs: Vec<(&Path, &mut [Point], &mut [Sun])> = vec![];
        for (place, examined) in self.examined.iter_mut().enumerate() {
            if !own.contains(&place) {
                let path = examined.rule.and_then(|k| paths.get(k)).unwrap_or(painted);
                for (path, group) in [(path, &mut examined.deciding), (painted, &mut examined.facade)] {
                    let chunks = std::iter::zip(group.points.chunks_mut(256), group.suns.chunks_mut(256));
                    jobs.extend(chunks.map(|(points, suns)| (path, points, suns)));
                }
            }
        }
        let chunks = std::iter::zip(self.ground.points.chunks_mut(256), self.ground.suns.chunks_mut(256));
        jobs.extend(chunks.map(|(points, suns)| (painted, points, suns)));
        let asked = jobs.into_par_iter().map(|(path, points, suns)| {
            let mut memory = Memory::default();
            let mut mask = vec![false; path.headings.len()];
            let mut asked = 0;
            for (point, sun) in std::iter::zip(points, suns) {
                asked += usize::from(again(scene, path, boxes, refine_s, point, sun, &mut mask, &mut memory));
            }
            task.step(0.5).map(|()| asked)
        });
        Ok(asked.try_reduce(|| 0, |a, b| Ok(a + b))?)
    }

    /// Layers, verdicts and tables of the study as it stands, after edits too.
    ///
    /// * `ground` — the grid that the study was made with
    ///
    /// # Errors
    /// When the task is cancelled.
    pub fn outcome(&self, ground: Option<&Grid>, task: &Task) -> Result<Outcome, Error> {
        super::outcome::of(self, ground, false, task)
    }

    /// The same while somebody edits: who takes the sun is told for the worst place of each building alone.
    ///
    /// # Errors
    /// When the task is cancelled.
    pub fn preview(&self, ground: Option<&Grid>, task: &Task) -> Result<Outcome, Error> {
        super::outcome::of(self, ground, true, task)
    }

    /// Number of points with their sun: windows and sills, patches, cells of the ground.
    pub fn num_points(&self) -> usize {
        let own = |e: &Examined| e.deciding.points.len() + e.facade.points.len();
        self.examined.iter().map(own).sum::<usize>() + self.ground.points.len()
    }

    /// Rough bytes that the study takes.
    pub fn bytes(&self) -> u64 {
        let points = self.num_points() as u64 * (Sun::BYTES + size_of::<Point>() as u64);
        points + self.scene.num_triangles() as u64 * Scene::TRIANGLE_BYTES
    }

    /// The site.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Id of the owner of a triangle.
    pub fn owner_id(&self, owner: u32) -> Option<&str> {
        Some(self.buildings.get(owner as usize)?.as_ref()?.id.as_str())
    }

    /// Path on which a building's deciding points are examined.
    pub fn path_of(&self, examined: &Examined) -> Option<&Path> {
        self.paths.get(examined.rule?)
    }

    /// Hours that count of a point's sun.
    pub fn hours(&self, sun: &Sun) -> f64 {
        let least_s = self.params.min_patch_min * 60.0;
        // a sum of nothing is -0, which nobody wants to read
        self.params.counting.seconds(&sun.spells, least_s) / 3600.0 + 0.0
    }
}

fn job<'a>(path: &'a Path, group: &'a mut Group) -> Job<'a> {
    Job {
        path,
        points: &mut group.points,
        suns: &mut group.suns,
    }
}

/// Asks a point again where a change within the boxes may matter; false when it cannot.
fn again(
    scene: &Scene,
    path: &Path,
    boxes: &[Bounds],
    refine_s: f64,
    point: &mut Point,
    sun: &mut Sun,
    mask: &mut [bool],
    memory: &mut Memory,
) -> bool {
    let was_open = point.is_open();
    if boxes.iter().any(|bounds| Scene::place_depends(point.position, bounds)) {
        scene.place(point);
    }
    if !point.is_open() {
        *sun = Sun::none(path.headings.len());
        return was_open;
    }
    if !was_open {
        *sun = survey::examine(scene, path, point, refine_s, memory);
        return true;
    }
    mask.fill(false);
    let mut is_touched = false;
    for bounds in boxes {
        is_touched |= path.touched(point, bounds, mask);
    }
    if !is_touched {
        return false;
    }
    for (k, heading) in path.headings.iter().enumerate() {
        if let (Some(true), Some(heading)) = (mask.get(k), heading) {
            let is_lit = has_sun(scene, path, point, heading, memory);
            sun.set(k, is_lit);
        }
    }
    sun.refine(path, refine_s, |s| has_sun_at(scene, path, point, s, memory));
    true
}
