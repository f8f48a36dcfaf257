//! Reach (生活圈, 绿地): streets with what blocks them, people, facilities and parks of the area.

use super::city::{City, lines, rings, text_of};
use super::people::Estimated;
use super::registry::{Simulation, SimulationError, filled, told};
use analysis::filter::holds;
use analysis::geometry::{area_m2, repaired};
use analysis::indicators::Text;
use analysis::outcome::Note;
use analysis::reach::axis::axis;
use analysis::reach::input::{Area, Barrier, BarrierShape, Building, Facility, Input, Land, Passage, Street, Surface};
use analysis::reach::{self, Params};
use analysis::{Outcome, Task};
use city_model::{Crs, Feature, FeatureClass, Transformer};
use geo::MultiPolygon;
use glam::DVec3;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// People of the area walk so far beyond it, metres.
const WALK_REACH_M: f64 = 1_200.0;
/// Parameter that gives starts as longitude and latitude.
const STARTS_DEG: &str = "starts_deg";
/// Classes of roads that nobody walks on.
const CLOSED: &[&str] = &["motorway", "motorway_link", "expressway", "高速公路", "快速路"];
/// Land uses of homes and of parks.
const HOMES: &[&str] = &["residential", "village", "居住用地", "R", "R1", "R2", "R3", "住宅用地"];
const PARKS: &[&str] = &["park", "公园绿地", "G1"];

/// The simulation.
#[derive(Debug)]
pub(super) struct Reach;

impl Simulation for Reach {
    fn name(&self) -> &'static str {
        "reach"
    }

    fn title(&self) -> Text {
        Text::new("生活圈与绿地", "Reach on foot")
    }

    fn version(&self) -> u32 {
        2
    }

    fn params(&self, given: &Map<String, Value>) -> Result<Value, Text> {
        let mut rest = given.clone();
        let starts = rest.remove(STARTS_DEG).unwrap_or_else(|| Value::Array(vec![]));
        serde_json::from_value::<Vec<[f64; 2]>>(starts.clone()).map_err(|err| {
            Text::new(
                format!("{STARTS_DEG}：须为经度、纬度对：{err}"),
                format!("{STARTS_DEG}: pairs of longitude and latitude: {err}"),
            )
        })?;
        let mut all = filled::<Params>(&rest)?;
        if let Some(names) = all.as_object_mut() {
            names.insert(STARTS_DEG.to_owned(), starts);
        }
        Ok(all)
    }

    fn run(&self, city: &City<'_>, params: &Value, task: &Task) -> Result<Outcome, SimulationError> {
        let mut own = params.clone();
        let starts = own
            .as_object_mut()
            .and_then(|names| names.remove(STARTS_DEG))
            .unwrap_or_default();
        let mut params: Params = told(&own)?;
        let starts: Vec<[f64; 2]> = told(&starts)?;
        let to_scene = Transformer::new(Crs::wgs84(), city.frame()?.crs().clone());
        for [lon, lat] in starts {
            let place = to_scene.transform(DVec3::new(lon, lat, 0.0)).map_err(|err| {
                SimulationError::refused(
                    format!("起点 {lon}, {lat} 不在坐标系范围内：{err}"),
                    format!("the start {lon}, {lat} lies outside of the coordinate system: {err}"),
                )
            })?;
            params.starts.push([place.x, place.y]);
        }
        let (input, estimated) = gather(city, &params)?;
        let mut outcome = reach::run(&input, &params, task).map_err(|err| match err {
            reach::Error::Cancelled(cancelled) => cancelled.into(),
            other => SimulationError::failed("生活圈", other.text()),
        })?;
        outcome.notes.extend(built_up(&input));
        let assumptions = &city.rules.settings.assumptions;
        outcome
            .notes
            .extend(estimated.note("reach/people-estimated", assumptions));
        Ok(outcome)
    }
}

/// Says what stands for the built-up area that the green formula is about.
fn built_up(input: &Input) -> Option<Note> {
    (!input.homes.is_empty()).then(|| {
        Note::new(
            "reach/built-up",
            vec![],
            Text::new(
                "没有建成区边界资料：以所选范围代替，居住用地按该范围裁切后计入",
                "the data has no boundary of the built-up area: the chosen area stands for it, and residential land is cut to it",
            ),
        )
    })
}

fn gather(city: &City<'_>, params: &Params) -> Result<(Input, Estimated), SimulationError> {
    let kinds: BTreeSet<String> = params
        .rules()
        .map_err(|err| SimulationError::failed("生活圈", err.text()))?
        .kinds
        .into_iter()
        .map(|kind| kind.id)
        .collect();
    let bbox = city.bounds(WALK_REACH_M);
    let mut input = Input {
        area: Area {
            id: city.area.id.clone().unwrap_or_default(),
            index: None,
        },
        built_up: Some(city.region.polygons().clone()),
        ..Input::default()
    };
    let (mut footprints, mut estimated) = (Vec::new(), Estimated::default());
    let mut sites = BTreeSet::new();
    for one in city.standing(bbox, |f| is_wanted(f.class))? {
        let feature = &one.feature;
        match feature.class {
            FeatureClass::Road => add_road(city, feature, &mut input),
            FeatureClass::Railway => {
                input.barriers.extend(lines(feature).map(|line| Barrier {
                    id: feature.id.clone(),
                    level: level(feature),
                    shape: BarrierShape::Line(line.points.iter().map(|p| [p.x, p.y]).collect()),
                }));
            }
            FeatureClass::Water => {
                let surfaces = rings(&city.plan(feature));
                input.barriers.extend(surfaces.into_iter().map(|rings| Barrier {
                    id: feature.id.clone(),
                    level: 0,
                    shape: BarrierShape::Surface(rings),
                }));
            }
            FeatureClass::Bridge | FeatureClass::Tunnel => {
                let decks = rings(&city.plan(feature));
                if !carries_rails(feature) {
                    input
                        .streets
                        .extend(decks.iter().filter_map(|rings| deck_street(feature, rings)));
                }
                input.passages.extend(decks.into_iter().map(|rings| Passage {
                    id: feature.id.clone(),
                    rings,
                }));
            }
            FeatureClass::Building | FeatureClass::BuildingPart if !feature.geometry.is_empty() => {
                let building = city.building(feature)?;
                let people = building.facts.inhabitants(&city.rules.settings.assumptions);
                if let Some((people, basis)) = people.filter(|(people, _)| *people > 0.0)
                    && city.region.contains(building.center)
                {
                    estimated.add(&feature.id, basis);
                    if building.covers_ground {
                        footprints.push(land(feature, building.footprint.clone()));
                    }
                    input.buildings.push(Building {
                        id: feature.id.clone(),
                        index: feature.index.0,
                        point: building.center,
                        people,
                    });
                }
                let all = &city.rules.settings.facilities;
                for kind in all.iter().filter(|kind| kinds.contains(&kind.id)) {
                    let is_meant = kind.buildings.as_ref().is_some_and(|filter| holds(filter, &building));
                    let site = text_of(&feature.attributes, &["site", "estate"]).unwrap_or_else(|| feature.id.clone());
                    // the buildings of one school are one facility
                    if is_meant && sites.insert((kind.id.clone(), site)) {
                        input.facilities.push(facility(feature, &kind.id, building.center));
                    }
                }
            }
            FeatureClass::LandUse | FeatureClass::PlantCover => {
                let use_ = text_of(&feature.attributes, &["land_use", "用地性质", "用地代码"]).unwrap_or_default();
                let is_park = PARKS.contains(&use_.as_str())
                    || text_of(&feature.attributes, &["leisure"]).is_some_and(|leisure| leisure == "park");
                let is_home = HOMES.contains(&use_.as_str());
                if is_park || is_home {
                    let land = land(feature, city.plan(feature));
                    if is_park { &mut input.parks } else { &mut input.homes }.push(land);
                }
            }
            _ => {}
        }
    }
    // what only touches the area from outside does not count, so that footprints stand in where no land is left
    input
        .homes
        .retain(|home| area_m2(&city.region.clip(&repaired(home.outline.clone()))) > 0.0);
    if input.homes.is_empty() {
        input.homes = footprints;
        input.homes_are_buildings = true;
    }
    Ok((input, estimated))
}

fn land(feature: &Feature, outline: MultiPolygon<f64>) -> Land {
    Land {
        id: feature.id.clone(),
        index: feature.index.0,
        name: text_of(&feature.attributes, &["name"]).unwrap_or_default(),
        outline,
    }
}

fn carries_rails(feature: &Feature) -> bool {
    text_of(&feature.attributes, &["carries"]).is_some_and(|carried| carried != "road")
}

/// A bridge or tunnel without a centre line of its own is walked along the middle of its deck.
fn deck_street(feature: &Feature, rings: &[Vec<[f64; 2]>]) -> Option<Street> {
    let ends = axis(rings.first()?)?;
    Some(Street {
        id: feature.id.clone(),
        points: ends.map(|[x, y]| [x, y, 0.0]).to_vec(),
        level: if feature.class == FeatureClass::Tunnel { -1 } else { 1 },
        is_walkable: true,
    })
}

fn add_road(city: &City<'_>, feature: &Feature, input: &mut Input) {
    // zebra crossings and arrows lie on the carriageway
    if feature.attributes.contains_key("marking") {
        return;
    }
    let class = text_of(&feature.attributes, &["road_class", "highway", "道路等级"]).unwrap_or_default();
    let is_walkable = !CLOSED.contains(&class.as_str());
    let streets = lines(feature).map(|line| Street {
        id: feature.id.clone(),
        points: line
            .points
            .iter()
            .map(|p| [p.x, p.y, city.ground_m(p.truncate()).unwrap_or(p.z)])
            .collect(),
        level: level(feature),
        is_walkable,
    });
    let before = input.streets.len();
    input.streets.extend(streets);
    if input.streets.len() == before {
        let surfaces = rings(&city.plan(feature)).into_iter();
        input.junctions.extend(surfaces.map(|rings| Surface {
            id: feature.id.clone(),
            rings,
        }));
    }
}

/// Level of a line above (positive) or below the ground, as OpenStreetMap tags it.
fn level(feature: &Feature) -> i8 {
    let is_yes = |key: &str| text_of(&feature.attributes, &[key]).is_some_and(|v| v != "no" && v != "false");
    let stated = text_of(&feature.attributes, &["osm_layer", "level"]).and_then(|v| v.parse().ok());
    stated.unwrap_or_else(|| i8::from(is_yes("bridge")) - i8::from(is_yes("tunnel")))
}

fn facility(feature: &Feature, kind: &str, point: [f64; 2]) -> Facility {
    Facility {
        id: feature.id.clone(),
        index: feature.index.0,
        name: text_of(&feature.attributes, &["name"]).unwrap_or_else(|| feature.id.clone()),
        kind: kind.to_owned(),
        point,
    }
}

const fn is_wanted(class: FeatureClass) -> bool {
    matches!(
        class,
        FeatureClass::Road
            | FeatureClass::Railway
            | FeatureClass::Water
            | FeatureClass::Bridge
            | FeatureClass::Tunnel
            | FeatureClass::Building
            | FeatureClass::BuildingPart
            | FeatureClass::LandUse
            | FeatureClass::PlantCover
    )
}
