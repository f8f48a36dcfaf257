//! Evaluation of all indicators for one area, and its update after an edit.
//!
//! Geometry (shares, clipped lengths, distances) does not depend on a scenario: it is computed once per feature. An
//! edit moves the features that it names from one standing to another, which changes the totals of the measures that
//! they take part in, which changes the indicators that need these. Totals are exact ([`crate::exact`]), so that an
//! update gives bit by bit what a new evaluation gives.

use crate::facts::Assumptions;
use crate::geometry::{self, Region};
use crate::indicators::facilities::{Candidate, candidates};
use crate::indicators::{Counted, FacilityKind, INDICATORS, Listed, MEASURES, Named, Need, Text, Value};
use crate::scenario::{Scenario, State};
use crate::slots::SlotSet;
use crate::tally::{BuildingNow, Of, PipeNow, Tally, Total};
use crate::world::{Patch, World};
use geo::MultiPolygon;
use rayon::prelude::*;
use std::sync::Arc;

/// Covers of planted ground that are fields, not green space.
const FIELD_COVERS: [&str; 4] = ["wheat", "vegetable", "fallow", "orchard"];

/// Overlaps of planted ground with the area below this are rounding, m².
const MIN_GREEN_M2: f64 = 1e-6;

/// What evaluation takes from data files.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// Figures that stand in for missing ones.
    pub assumptions: Assumptions,
    /// Kinds of facility.
    pub facilities: Vec<FacilityKind>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct BuildingMember {
    slot: usize,
    share: f64,
    is_counted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct PipeMember {
    slot: usize,
    plan_m: f64,
    space_m: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Member {
    Building(usize),
    Pipe(usize),
    Green,
    Facility,
}

/// What an update did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// Features whose standing changed and that matter here.
    pub num_features: usize,
    /// Indicators computed again, in catalogue order.
    pub indicators: Vec<&'static str>,
}

/// All indicators of an area in a scenario.
#[derive(Debug, Clone)]
pub struct Evaluation {
    world: Arc<World>,
    region: Arc<Region>,
    settings: Arc<Settings>,
    scenario: Arc<Scenario>,
    buildings: Vec<BuildingMember>,
    pipes: Vec<PipeMember>,
    /// Places of the planted ground inside, with the part inside.
    greens: Vec<(usize, MultiPolygon<f64>)>,
    projects: Vec<(usize, f64)>,
    facilities: Vec<Candidate>,
    /// Members by feature number, ascending.
    by_index: Vec<(u32, Member)>,
    tally: Tally,
    green_m2: f64,
    values: Vec<Value>,
}

impl Evaluation {
    /// Evaluates every indicator.
    pub fn new(world: Arc<World>, region: Arc<Region>, scenario: Arc<Scenario>, settings: Arc<Settings>) -> Self {
        let mut evaluation = Self {
            tally: Tally::new(&MEASURES),
            values: vec![Value::default(); INDICATORS.len()],
            world: Arc::new(World::default()),
            region,
            settings,
            scenario: Arc::new(Scenario::default()),
            buildings: Vec::new(),
            pipes: Vec::new(),
            greens: Vec::new(),
            projects: Vec::new(),
            facilities: Vec::new(),
            by_index: Vec::new(),
            green_m2: 0.0,
        };
        evaluation.update(world, scenario);
        evaluation.green_m2 = evaluation.union_of_greens();
        for at in 0..INDICATORS.len() {
            evaluation.values[at] = (INDICATORS[at].value)(&evaluation);
        }
        evaluation
    }

    /// Takes over a scenario at another revision, and a world that has grown at the ends of its lists (proposals).
    /// Only what depends on the difference is computed.
    pub fn update(&mut self, world: Arc<World>, scenario: Arc<Scenario>) -> Update {
        let mut moved = vec![false; MEASURES.len()];
        let mut update = Update::default();
        let changed = self.scenario.differences(&scenario);
        let old_scenario = std::mem::replace(&mut self.scenario, scenario);
        // first the members that were there, then the new ones
        let (mut greens_moved, mut facilities_moved) = (false, false);
        for index in changed {
            let from = self.by_index.partition_point(|(i, _)| *i < index);
            let members: Vec<Member> = self.by_index[from..]
                .iter()
                .take_while(|(i, _)| *i == index)
                .map(|(_, m)| *m)
                .collect();
            update.num_features += usize::from(!members.is_empty());
            for member in members {
                match member {
                    Member::Building(at) => self.move_building(at, Some(&old_scenario), &mut moved),
                    Member::Pipe(at) => self.move_pipe(at, Some(&old_scenario), &mut moved),
                    Member::Green => greens_moved = true,
                    Member::Facility => facilities_moved = true,
                }
            }
        }
        let known = [
            self.world.buildings.len(),
            self.world.pipes.len(),
            self.world.greens.len(),
            self.world.projects.len(),
            self.world.parcels.len(),
        ];
        let projects_moved = world.projects.len() > known[3];
        self.world = world;
        let (first_building, first_pipe, num_greens, num_facilities) = (
            self.buildings.len(),
            self.pipes.len(),
            self.greens.len(),
            self.facilities.len(),
        );
        self.find_members(known);
        for at in first_building..self.buildings.len() {
            self.move_building(at, None, &mut moved);
        }
        for at in first_pipe..self.pipes.len() {
            self.move_pipe(at, None, &mut moved);
        }
        update.num_features += self.buildings.len() - first_building + self.pipes.len() - first_pipe;
        greens_moved |= self.greens.len() > num_greens;
        facilities_moved |= self.facilities.len() > num_facilities;
        if greens_moved {
            self.green_m2 = self.union_of_greens();
        }
        for (at, definition) in INDICATORS.iter().enumerate() {
            let is_stale = definition.needs.iter().any(|need| match need {
                Need::Total(id) => MEASURES.iter().zip(&moved).any(|(m, moved)| *moved && m.id == *id),
                Need::Greens => greens_moved,
                Need::Projects => projects_moved,
                Need::Facilities => facilities_moved,
            });
            if is_stale {
                self.values[at] = (definition.value)(self);
                update.indicators.push(definition.id);
            }
        }
        update
    }

    /// Finds the members of the world's lists from the given places on.
    fn find_members(&mut self, first: [usize; 5]) {
        let (world, region) = (Arc::clone(&self.world), Arc::clone(&self.region));
        let buildings: Vec<BuildingMember> = (first[0]..world.buildings.len())
            .into_par_iter()
            .filter_map(|slot| {
                let b = &world.buildings[slot];
                let is_counted = region.contains(b.center);
                let share = if b.footprint.0.is_empty() {
                    f64::from(u8::from(is_counted))
                } else {
                    region.share(&b.footprint, &b.bounds, b.footprint_m2)
                };
                (share > 0.0 || is_counted).then_some(BuildingMember {
                    slot,
                    share,
                    is_counted,
                })
            })
            .collect();
        let pipes: Vec<PipeMember> = (first[1]..world.pipes.len())
            .into_par_iter()
            .filter(|slot| region.bounds().meets(&world.pipes[*slot].bounds))
            .filter_map(|slot| {
                let p = &world.pipes[slot];
                let [plan_m, space_m] = region.length_inside(&p.points);
                let space_m = p.has_levels.then_some(space_m);
                (plan_m > 0.0).then_some(PipeMember { slot, plan_m, space_m })
            })
            .collect();
        let greens: Vec<(usize, MultiPolygon<f64>)> = (first[2]..world.greens.len())
            .into_par_iter()
            .filter_map(|slot| {
                let green = &world.greens[slot];
                let cover = city_model::attributes::text(&green.attributes, "cover").unwrap_or_default();
                let inside = region.clip(&green.outline);
                let counts = !FIELD_COVERS.contains(&cover.as_str()) && geometry::area_m2(&inside) > MIN_GREEN_M2;
                counts.then_some((slot, inside))
            })
            .collect();
        let projects: Vec<(usize, f64)> = (first[3]..world.projects.len())
            .map(|slot| (slot, &world.projects[slot]))
            .map(|(slot, p)| (slot, region.share(&p.outline, &p.bounds, p.area_m2)))
            .filter(|(_, share)| *share > 0.0)
            .collect();
        for (i, m) in buildings.iter().enumerate() {
            let at = self.buildings.len() + i;
            self.by_index
                .push((world.buildings[m.slot].index, Member::Building(at)));
        }
        for (i, m) in pipes.iter().enumerate() {
            self.by_index
                .push((world.pipes[m.slot].index, Member::Pipe(self.pipes.len() + i)));
        }
        self.by_index.extend(
            greens
                .iter()
                .map(|(slot, _)| (world.greens[*slot].index, Member::Green)),
        );
        self.buildings.extend(buildings);
        self.pipes.extend(pipes);
        self.greens.extend(greens);
        self.projects.extend(projects);
        let facilities = candidates(self, [first[0], first[4]]);
        for c in &facilities {
            let index = if c.is_building {
                world.buildings[c.slot].index
            } else {
                world.parcels[c.slot].index
            };
            self.by_index.push((index, Member::Facility));
        }
        self.facilities.extend(facilities);
        self.by_index.sort_unstable();
    }

    fn move_building(&mut self, at: usize, old: Option<&Scenario>, moved: &mut [bool]) {
        let member = self.buildings[at];
        let (world, settings, scenario) = (
            Arc::clone(&self.world),
            Arc::clone(&self.settings),
            Arc::clone(&self.scenario),
        );
        let from = old.map(|old| building_now(&world, member, old, &settings.assumptions));
        let to = building_now(&world, member, &scenario, &settings.assumptions);
        self.tally
            .move_building(&MEASURES, member.slot, from.as_ref(), Some(&to), moved);
    }

    fn move_pipe(&mut self, at: usize, old: Option<&Scenario>, moved: &mut [bool]) {
        let member = self.pipes[at];
        let (world, settings, scenario) = (
            Arc::clone(&self.world),
            Arc::clone(&self.settings),
            Arc::clone(&self.scenario),
        );
        let from = old.map(|old| pipe_now(&world, member, old, &settings.assumptions));
        let to = pipe_now(&world, member, &scenario, &settings.assumptions);
        self.tally
            .move_pipe(&MEASURES, member.slot, from.as_ref(), Some(&to), moved);
    }

    fn standing_greens(&self) -> impl Iterator<Item = (&Patch, &MultiPolygon<f64>)> {
        let greens = self
            .greens
            .iter()
            .map(|(slot, inside)| (&self.world.greens[*slot], inside));
        greens.filter(|(g, _)| self.scenario.state(g.index, g.is_proposal).stands())
    }

    fn union_of_greens(&self) -> f64 {
        let parts: Vec<_> = self.standing_greens().map(|(_, inside)| inside.clone()).collect();
        geometry::area_m2(&geometry::union(&parts)).min(self.region.area_m2())
    }

    /// Value of an indicator.
    pub fn value(&self, id: &str) -> Option<&Value> {
        crate::indicators::position(id).map(|at| &self.values[at])
    }

    /// Values of all indicators, in catalogue order.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The world.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The area.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    pub(crate) fn facilities(&self) -> &[Candidate] {
        &self.facilities
    }

    /// Area of the planted ground inside, overlaps once, m².
    pub fn green_area_m2(&self) -> f64 {
        self.green_m2
    }

    pub(crate) fn greens_named(&self) -> Vec<Named> {
        self.standing_greens().map(|(g, _)| g.into()).collect()
    }

    /// Projects that touch the area, with the share of their outline inside.
    pub fn projects(&self) -> impl Iterator<Item = (&Patch, f64)> {
        self.projects
            .iter()
            .map(|(slot, share)| (&self.world.projects[*slot], *share))
    }

    /// Buildings of the area as they stand, with their places in the world's list.
    pub fn buildings(&self) -> impl Iterator<Item = (usize, BuildingNow<'_>)> {
        self.buildings.iter().map(|m| {
            (
                m.slot,
                building_now(&self.world, *m, &self.scenario, &self.settings.assumptions),
            )
        })
    }

    /// Total of a measure.
    pub(crate) fn total(&self, measure: &str) -> &Total {
        // a test holds every needed id to the table
        let at = MEASURES.iter().position(|m| m.id == measure).unwrap_or_default();
        self.tally.total(at)
    }

    /// Parts of a measure by name, in the order of their keys.
    pub(crate) fn parts(&self, measure: &str) -> Vec<(String, f64)> {
        let name = MEASURES.iter().find(|m| m.id == measure).and_then(|m| m.key_name);
        let mut parts: Vec<(String, f64)> = Vec::new();
        for (key, sum, _) in name.iter().flat_map(|_| self.total(measure).parts()) {
            let key = name.map_or_else(String::new, |name| name(&self.world, key));
            match parts.iter_mut().find(|(k, _)| *k == key) {
                Some((_, v)) => *v += sum,
                None => parts.push((key, sum)),
            }
        }
        parts
    }

    fn of_list(&self, measure: &str, slots: &SlotSet) -> Counted {
        let is_pipes = MEASURES.iter().any(|m| m.id == measure && matches!(m.of, Of::Pipe(_)));
        let mut counted = Counted::default();
        *(if is_pipes {
            &mut counted.pipes
        } else {
            &mut counted.buildings
        }) = slots.clone();
        counted
    }

    /// Features that give an amount to a measure.
    pub(crate) fn counted(&self, measure: &str) -> Counted {
        self.of_list(measure, &self.total(measure).members)
    }

    /// Features that are meant by a measure but say nothing.
    pub(crate) fn unknown(&self, measure: &str) -> Counted {
        self.of_list(measure, &self.total(measure).unknown)
    }

    /// Those buildings of a set that meet a condition.
    pub(crate) fn buildings_where(&self, slots: &SlotSet, meets: impl Fn(&BuildingNow<'_>) -> bool) -> Counted {
        let mut counted = Counted::default();
        for member in self.buildings.iter().filter(|m| slots.contains(m.slot)) {
            if meets(&building_now(
                &self.world,
                *member,
                &self.scenario,
                &self.settings.assumptions,
            )) {
                counted.buildings.insert(member.slot);
            }
        }
        counted
    }

    pub(crate) fn unknown_text(&self, measure: &str, n: usize, all: usize) -> Text {
        let (zh, en) = missing(measure);
        Text::new(
            format!("范围内 {all} 个要素中有 {n} 个{zh}"),
            format!("{n} of {all} features in the area {en}"),
        )
    }

    pub(crate) fn assumed_text(&self, measure: &str, n: u32, all: usize) -> Text {
        let a = &self.settings.assumptions;
        let (zh, en) = match measure {
            "people" | "people_demolished" => (
                format!(
                    "按 {} 人/户或 {} m²/人 推算",
                    a.people_per_household, a.floor_area_per_person_m2
                ),
                format!(
                    "told by {} a household or {} m² a head",
                    a.people_per_household, a.floor_area_per_person_m2
                ),
            ),
            "dwellings" | "dwellings_demolished" => (
                format!("按 {} m²/户 推算", a.floor_area_per_dwelling_m2),
                format!("told by {} m² a dwelling", a.floor_area_per_dwelling_m2),
            ),
            _ => (
                format!("按层高 {} m 由高度估算层数", a.storey_height_m),
                format!("with storeys told from the height by {} m", a.storey_height_m),
            ),
        };
        Text::new(
            format!("参考值:{all} 个要素中有 {n} 个{zh}"),
            format!("working value: {n} of {all} features {en}"),
        )
    }

    /// The features that count, at most `limit` of them by id and number.
    pub fn listed(&self, counted: &Counted, limit: usize) -> Listed {
        let buildings = counted.buildings.iter().map(|slot| &self.world.buildings[slot]);
        let pipes = counted.pipes.iter().map(|slot| &self.world.pipes[slot]);
        let (ids, indices) = buildings
            .map(|b| (&*b.id, b.index))
            .chain(pipes.map(|p| (&*p.id, p.index)))
            .chain(counted.others.iter().map(|o| (&*o.id, o.index)))
            .take(limit)
            .map(|(id, index)| (id.to_owned(), index))
            .unzip();
        Listed {
            number: counted.buildings.len() + counted.pipes.len() + counted.others.len(),
            ids,
            indices,
        }
    }
}

impl PartialEq for Evaluation {
    /// Same totals and values, bit by bit.
    fn eq(&self, other: &Self) -> bool {
        self.tally == other.tally && self.values == other.values && self.green_m2 == other.green_m2
    }
}

/// What a measure misses in a feature that says nothing.
fn missing(measure: &str) -> (&'static str, &'static str) {
    match measure {
        m if m.starts_with("floor_area") => (
            "建筑面积、层数和高度都未填",
            "state neither floor area nor storeys nor height",
        ),
        m if m.starts_with("height") => ("高度未填", "state no height"),
        "ground_cover" => ("没有基底轮廓", "have no outline"),
        m if m.starts_with("dwellings") || m.starts_with("people") => (
            "人口、户数和可推算的住宅建筑面积都未填,或用途未填",
            "state neither people nor households nor a residential floor area, or no use",
        ),
        "pipe_space" => ("没有管底或管顶高程", "have no levels"),
        _ => ("缺少所需数据", "lack the data"),
    }
}

fn building_now<'a>(
    world: &'a World,
    member: BuildingMember,
    scenario: &'a Scenario,
    assumptions: &'a Assumptions,
) -> BuildingNow<'a> {
    let building = &world.buildings[member.slot];
    let changed = scenario.changed.get(&building.index);
    let (facts, tags) = changed.map_or((&building.facts, &building.tags), |c| (&c.facts, &c.tags));
    let state: State = scenario.state(building.index, building.is_proposal);
    BuildingNow {
        building,
        facts,
        tags,
        state,
        share: member.share,
        is_counted: member.is_counted,
        assumptions,
    }
}

fn pipe_now<'a>(
    world: &'a World,
    member: PipeMember,
    scenario: &'a Scenario,
    assumptions: &'a Assumptions,
) -> PipeNow<'a> {
    let pipe = &world.pipes[member.slot];
    let state = scenario.state(pipe.index, pipe.is_proposal);
    PipeNow {
        pipe,
        state,
        plan_m: member.plan_m,
        space_m: member.space_m,
        assumptions,
    }
}
