//! Sunshine (日照): buildings of the area as examined, everything whose shadow may reach it as blockers.

use super::city::{City, Standing};
use super::registry::{Simulation, SimulationError, filled, told};
use analysis::indicators::Text;
use analysis::outcome::Note;
use analysis::sunshine::{self, Building, Grid, Input, Limits, Params, Site, Study, Terrain, Usage};
use analysis::{Outcome, Task};
use city_model::{BuildingUse, Feature, FeatureClass};
use glam::{DVec2, DVec3};
use scene_store::FeatureKey;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tiler::buildings::Solid;

/// Shadows of buildings farther away than this are not looked at, metres: a tower of 100 m casts so far at a sun of 3.8°,
/// lower than at the start of any window in the limits.
const SHADOW_REACH_M: f64 = 1_500.0;
/// Terrain samples along the longer side.
const MAX_TERRAIN: f64 = 300.0;
const MIN_TERRAIN_CELL_M: f64 = 5.0;
/// Painted ground: cell and most cells.
const GROUND_CELL_M: f64 = 2.5;
const MAX_GROUND_CELLS: f64 = 40_000.0;
/// Names by which homes for old people and nurseries are known; their use says only "public" or "school".
const ELDERLY: &[&str] = &["养老", "敬老院", "老年公寓", "Elderly", "Nursing"];
const KINDERGARTEN: &[&str] = &["幼儿园", "托儿所", "Kindergarten", "Nursery"];

/// The simulation.
#[derive(Debug)]
pub(super) struct Sunshine;

impl Simulation for Sunshine {
    fn name(&self) -> &'static str {
        "sunshine"
    }

    fn title(&self) -> Text {
        Text::new("日照", "Sunshine")
    }

    fn version(&self) -> u32 {
        4
    }

    fn params(&self, given: &Map<String, Value>) -> Result<Value, Text> {
        filled::<Params>(given)
    }

    fn live_params(&self, params: &Value) -> Option<Value> {
        let mut all = params.clone();
        // a question of its own, which changes nothing of the study
        all.as_object_mut()?.remove("storeys_of");
        Some(all)
    }

    fn run(&self, city: &City<'_>, params: &Value, task: &Task) -> Result<Outcome, SimulationError> {
        let params: Params = told(params)?;
        let mut prepared = Prepared::new(city, &params, task)?;
        let (study, ground) = (&mut prepared.study, prepared.ground.as_ref());
        let mut outcome = sunshine::outcome_of(study, ground, params.storeys_of.as_ref(), task).map_err(failed)?;
        outcome.notes.extend(note(&prepared.blockers));
        if let Some((studies, key)) = city.keep {
            studies.put(key, prepared);
        }
        Ok(outcome)
    }
}

/// A failure of the kernel in words.
pub(super) fn failed(err: sunshine::Error) -> SimulationError {
    match err {
        sunshine::Error::Cancelled(cancelled) => cancelled.into(),
        other => SimulationError::failed("日照", other.text()),
    }
}

/// A building as the kernel takes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Blocker {
    pub(super) building: Building,
    /// True when its surfaces leave gaps and its outline is raised to its highest point instead.
    pub(super) is_raised: bool,
}

/// Buildings by their numbers.
pub(super) type Blockers = BTreeMap<u32, Blocker>;

/// A study of a scenario that can be edited.
pub(super) struct Prepared {
    pub(super) study: Study,
    /// Ground that is painted.
    pub(super) ground: Option<Grid>,
    /// Revision of the scenario whose buildings `blockers` are.
    pub(super) revision: u64,
    /// What stands in that revision.
    pub(super) blockers: Blockers,
}

impl Prepared {
    /// Gathers and examines what stands.
    ///
    /// # Errors
    /// [`SimulationError`].
    pub(super) fn new(city: &City<'_>, params: &Params, task: &Task) -> Result<Self, SimulationError> {
        let blockers = blockers(city)?;
        let input = Input {
            site: site(city)?,
            buildings: blockers.values().map(|blocker| blocker.building.clone()).collect(),
            terrain: terrain(city, city.bounds(SHADOW_REACH_M)),
            ground: params.with_facades.then(|| ground(city)).flatten(),
        };
        let limits = Limits::shipped().map_err(failed)?;
        Ok(Self {
            study: Study::new(&input, params, &limits, task).map_err(failed)?,
            ground: input.ground,
            revision: city.view.revision,
            blockers,
        })
    }
}

/// Everything that stands in the area or near enough to shade it.
///
/// # Errors
/// [`SimulationError::Store`] when the city cannot be read.
pub(super) fn blockers(city: &City<'_>) -> Result<Blockers, SimulationError> {
    let standing = city.standing(city.bounds(SHADOW_REACH_M), is_building)?;
    let mut found = Blockers::new();
    for one in &standing {
        found.extend(blocker(city, one)?.map(|blocker| (one.feature.index.0, blocker)));
    }
    Ok(found)
}

/// True when a feature stops the sun.
pub(super) fn is_building(feature: &Feature) -> bool {
    matches!(feature.class, FeatureClass::Building | FeatureClass::BuildingPart) && !feature.geometry.is_empty()
}

/// True when a feature is near enough to shade the area.
pub(super) fn is_near(city: &City<'_>, feature: &Feature) -> bool {
    let [west, south, east, north] = city.bounds(SHADOW_REACH_M);
    let own = feature.bounds();
    own.max.x >= west && own.min.x <= east && own.max.y >= south && own.min.y <= north
}

/// Lower than this is no body but an outline, metres.
const FLAT_M: f64 = 0.5;

/// True for an outline without height, whose body its parts have.
fn is_flat(city: &City<'_>, feature: &Feature) -> bool {
    let heights = city.heights_m(feature);
    feature.class == FeatureClass::Building && heights.is_some_and(|[low, high]| high - low < FLAT_M)
}

/// A building as the kernel takes it, with its parts where it is but their outline; `None` for one without outline or
/// height, and for a part that its building has taken up.
///
/// # Errors
/// [`SimulationError::Store`] when the city cannot be read.
pub(super) fn blocker(city: &City<'_>, one: &Standing) -> Result<Option<Blocker>, SimulationError> {
    if let Some(parent) = one.feature.parent.as_deref()
        && let Some(parent) = city.store.feature(FeatureKey::Id(parent))?
        && is_flat(city, &parent.feature)
        && city.view.stands(parent.feature.index.0)
    {
        return Ok(None);
    }
    let own = body(city, one)?;
    if !is_flat(city, &one.feature) {
        return Ok(own);
    }
    let Some(mut whole) = own else { return Ok(None) };
    let parts = city.store.parts(&[&one.feature.id])?.concat();
    let mut has_body = false;
    for feature in city.store.fetch(&parts)? {
        let standing = Standing {
            state: city.view.state(feature.index.0),
            is_proposal: one.is_proposal,
            feature,
        };
        if !city.view.stands(standing.feature.index.0) || !is_building(&standing.feature) {
            continue;
        }
        if let Some(Blocker {
            building: part,
            is_raised,
        }) = body(city, &standing)?
        {
            let mesh = if part.mesh.is_empty() {
                sunshine::solids::prism(&part, part.ground_m, part.top_m)
            } else {
                part.mesh
            };
            let (building, wall_top_m) = (&mut whole.building, part.wall_top_m.unwrap_or(part.top_m));
            // the outline of 3DBAG lies where the ground is, its parts begin there too
            building.ground_m = if has_body {
                building.ground_m.min(part.ground_m)
            } else {
                part.ground_m
            };
            building.top_m = building.top_m.max(part.top_m);
            building.wall_top_m = Some(building.wall_top_m.map_or(wall_top_m, |top| top.max(wall_top_m)));
            building.mesh.extend(mesh);
            whole.is_raised = is_raised || (has_body && whole.is_raised);
            has_body = true;
        }
    }
    Ok(Some(whole))
}

/// A feature by itself, as the kernel takes a building.
fn body(city: &City<'_>, one: &Standing) -> Result<Option<Blocker>, SimulationError> {
    let facts = city.building(&one.feature)?;
    let Some([ground_m, top_m]) = city.heights_m(&one.feature) else {
        return Ok(None);
    };
    if facts.footprint.0.is_empty() {
        return Ok(None);
    }
    // only a body without gaps can say what is inside it; others block as their outline
    let solid = Solid::of(&one.feature.geometry, ground_m).filter(|solid| solid.is_closed);
    let is_raised = solid.is_none();
    let name = one.feature.attributes.get("name").and_then(Value::as_str);
    let usage = usage(facts.facts.usage, name.unwrap_or_default());
    let building = Building {
        id: one.feature.id.clone(),
        index: Some(one.feature.index.0),
        usage,
        is_examined: usage != Usage::Other && facts.covers_ground && city.region.contains(facts.center),
        is_proposal: one.is_proposal,
        footprint: facts.footprint,
        ground_m,
        top_m,
        wall_top_m: solid.as_ref().map(|solid| solid.wall_top_z),
        mesh: solid
            .map(|solid| solid.triangles.iter().map(corners).collect())
            .unwrap_or_default(),
        storeys: facts.facts.storeys.unwrap_or_default() as u32,
        ..Building::default()
    };
    Ok(Some(Blocker { building, is_raised }))
}

fn corners(triangle: &[DVec3; 3]) -> [[f64; 3]; 3] {
    triangle.map(|corner| corner.to_array())
}

/// Says which buildings were simplified, the first hundred by name.
pub(super) fn note(blockers: &Blockers) -> Option<Note> {
    let raised = || blockers.values().filter(|blocker| blocker.is_raised);
    let count = raised().count();
    (count > 0).then(|| Note {
        code: "roof-raised".to_owned(),
        features: raised().take(100).map(|blocker| blocker.building.id.clone()).collect(),
        text: Text::new(
            format!("{count} 栋建筑的三维表面不封闭，按轮廓拉伸到最高点计算遮挡，坡屋顶偏保守"),
            format!(
                "the surfaces of {count} buildings leave gaps: they block as their outline raised to the highest point, on \
                 the safe side for pitched roofs"
            ),
        ),
    })
}

fn usage(usage: BuildingUse, name: &str) -> Usage {
    let is_named = |names: &[&str]| names.iter().any(|part| name.contains(part));
    if is_named(ELDERLY) {
        return Usage::Elderly;
    }
    if is_named(KINDERGARTEN) {
        return Usage::Kindergarten;
    }
    match usage {
        BuildingUse::Slab | BuildingUse::Tower | BuildingUse::House | BuildingUse::Village => Usage::Residential,
        BuildingUse::School => Usage::School,
        BuildingUse::Hospital => Usage::Hospital,
        BuildingUse::Unknown => Usage::Unknown,
        _ => Usage::Other,
    }
}

fn site(city: &City<'_>) -> Result<Site, SimulationError> {
    let frame = city.frame()?;
    let [x, y] = city.region.bounds().center();
    let ground = city.ground_m(DVec2::new(x, y)).unwrap_or_default();
    let degrees = |p: DVec3| {
        let place = frame.geodetic_from_scene(p);
        place.map(|place| place.to_deg()).map_err(|err| {
            SimulationError::refused(
                format!("范围中心无法换算经纬度：{err}"),
                format!("the middle of the area has no longitude and latitude: {err}"),
            )
        })
    };
    let [longitude_deg, latitude_deg, _] = degrees(DVec3::new(x, y, ground))?;
    // where y of the scene points, on the ellipsoid: 100 m are straight enough
    let [east, north, _] = degrees(DVec3::new(x, y + 100.0, ground))?;
    let convergence = ((east - longitude_deg) * latitude_deg.to_radians().cos()).atan2(north - latitude_deg);
    Ok(Site {
        latitude_deg,
        longitude_deg,
        elevation_m: ground,
        convergence_deg: convergence.to_degrees(),
        utc_offset_h: if (73.0..=135.0).contains(&longitude_deg) && (18.0..=54.0).contains(&latitude_deg) {
            8.0
        } else {
            (longitude_deg / 15.0).round()
        },
    })
}

fn terrain(city: &City<'_>, bbox: [f64; 4]) -> Terrain {
    if city.terrain().next().is_none() {
        return Terrain::Flat;
    }
    let cell_m = ((bbox[2] - bbox[0]).max(bbox[3] - bbox[1]) / MAX_TERRAIN).max(MIN_TERRAIN_CELL_M);
    Terrain::Heights(city.heights(bbox, cell_m, 0.0))
}

/// Ground of the area, at the middles of cells.
fn ground(city: &City<'_>) -> Option<Grid> {
    city.terrain().next()?;
    let bbox = city.bounds(0.0);
    let area = (bbox[2] - bbox[0]) * (bbox[3] - bbox[1]);
    let cell_m = (area / MAX_GROUND_CELLS).sqrt().max(GROUND_CELL_M);
    Some(city.heights(bbox, cell_m, 0.5))
}

impl City<'_> {
    /// Heights of the ground on a grid over a box; NaN where unknown.
    ///
    /// * `offset` — where in its cell a height is taken: 0 at the south-west corner, 0.5 in the middle
    fn heights(&self, [west, south, east, north]: [f64; 4], cell_m: f64, offset: f64) -> Grid {
        let count = |side: f64| (side / cell_m).ceil().max(2.0) as u32;
        let (columns, rows) = (count(east - west), count(north - south));
        let at = |index: u32, from: f64| from + (f64::from(index) + offset) * cell_m;
        let heights = (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (column, row)))
            .map(|(column, row)| {
                let place = DVec2::new(at(column, west), at(row, south));
                self.ground_m(place).map_or(f32::NAN, |z| z as f32)
            })
            .collect();
        Grid {
            origin: [west, south],
            cell_m,
            columns,
            rows,
            heights,
        }
    }
}
