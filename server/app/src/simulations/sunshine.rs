//! Sunshine (日照): buildings of the area as examined, everything whose shadow may reach it as blockers.

use super::city::City;
use super::registry::{Simulation, SimulationError, filled, told};
use analysis::indicators::Text;
use analysis::outcome::Note;
use analysis::sunshine::{self, Building, Grid, Input, Params, Site, Terrain, Usage};
use analysis::{Outcome, Task};
use city_model::{BuildingUse, FeatureClass, Shape};
use glam::{DVec2, DVec3};
use serde_json::{Map, Value};

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
        1
    }

    fn params(&self, given: &Map<String, Value>) -> Result<Value, Text> {
        filled::<Params>(given)
    }

    fn run(&self, city: &City<'_>, params: &Value, task: &Task) -> Result<Outcome, SimulationError> {
        let params: Params = told(params)?;
        let (input, simplified) = gather(city, &params)?;
        let mut outcome = sunshine::run(&input, &params, task).map_err(|err| match err {
            sunshine::Error::Cancelled(cancelled) => cancelled.into(),
            other => SimulationError::failed("日照", other.text()),
        })?;
        if simplified.0 > 0 {
            outcome.notes.push(Note {
                code: "roof-raised".to_owned(),
                features: simplified.1,
                text: Text::new(
                    format!("{} 栋建筑按轮廓拉伸到最高点计算遮挡，坡屋顶偏保守", simplified.0),
                    format!(
                        "{} buildings block as their outline raised to the highest point: on the safe side for pitched roofs",
                        simplified.0
                    ),
                ),
            });
        }
        Ok(outcome)
    }
}

/// Buildings whose form was simplified, and the first hundred of them.
type Simplified = (usize, Vec<String>);

fn gather(city: &City<'_>, params: &Params) -> Result<(Input, Simplified), SimulationError> {
    let bbox = city.bounds(SHADOW_REACH_M);
    let is_building = |class| matches!(class, FeatureClass::Building | FeatureClass::BuildingPart);
    let standing = city.standing(bbox, |f| is_building(f.class) && !f.geometry.is_empty())?;
    let mut simplified: Simplified = (0, Vec::new());
    let mut buildings = Vec::with_capacity(standing.len());
    for one in &standing {
        let facts = city.building(&one.feature)?;
        let Some([ground_m, top_m]) = city.heights_m(&one.feature) else {
            continue;
        };
        if facts.footprint.0.is_empty() {
            continue;
        }
        let is_pitched = one.feature.geometry.finest().any(|shape| match shape {
            Shape::Extrusion(e) => e.roof.rise_m() > 0.5,
            Shape::Surfaces(_) | Shape::Instance { .. } => true,
            _ => false,
        });
        if is_pitched {
            simplified.0 += 1;
            if simplified.1.len() < 100 {
                simplified.1.push(one.feature.id.clone());
            }
        }
        let name = one
            .feature
            .attributes
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let usage = usage(facts.facts.usage, name);
        buildings.push(Building {
            id: one.feature.id.clone(),
            index: Some(one.feature.index.0),
            usage,
            is_examined: usage != Usage::Other && facts.covers_ground && city.region.contains(facts.center),
            is_proposal: one.is_proposal,
            footprint: facts.footprint,
            ground_m,
            top_m,
            storeys: facts.facts.storeys.unwrap_or_default() as u32,
            ..Building::default()
        });
    }
    let input = Input {
        site: site(city)?,
        buildings,
        terrain: terrain(city, bbox),
        ground: params.with_facades.then(|| ground(city)).flatten(),
    };
    Ok((input, simplified))
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
