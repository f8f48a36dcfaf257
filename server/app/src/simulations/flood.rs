//! Waterlogging (内涝): ground, buildings, covers, roads and inlets of the area on a grid.

use super::city::{City, lines, text_of};
use super::drains::Drains;
use super::networks::class_of;
use super::registry::{Simulation, SimulationError, filled, told};
use analysis::flood::input::{Building, Cover, Grid, Inlet, Input, Road};
use analysis::flood::params::{FormulaChoice, Rain};
use analysis::flood::{self, Catalogue, Params};
use analysis::indicators::Text;
use analysis::outcome::Note;
use analysis::{Outcome, Task};
use city_model::attributes::first_number;
use city_model::{Feature, FeatureClass, Shape};
use geo::MultiPolygon;
use glam::DVec2;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Water from around the area is looked at so far, metres.
const MARGIN_M: f64 = 60.0;
/// Cells at most: about ten minutes on two processors for a storm of two hours.
const MAX_CELLS: f64 = 4_000_000.0;
/// Width of a carriageway without one, metres.
const ROAD_WIDTH_M: f64 = 7.0;
/// Storm drains and combined sewers.
const DRAINS: &[&str] = &["YS", "HS"];
/// Words of the survey for street inlets.
const INLETS: &[&str] = &["雨水口", "雨篦", "雨箅", "inlet", "gully"];
const INLET_KIND: &str = "grate-single";
/// Grates at a manhole of a drain that the scenario lays: a pair of double ones, as the survey's old ones seldom are.
const NEW_INLET_KIND: &str = "grate-double";
const NEW_INLETS: usize = 2;
/// Changes of how the input is gathered.
const GATHERED: u32 = 2;

/// Parameters: those of the kernel, and the cell of the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Own {
    /// Side of a cell, metres.
    cell_m: f64,
    /// Key of the surface that is left where a scenario takes a building down and builds none.
    cleared_surface: String,
    /// The kernel's.
    run: Params,
}

impl Default for Own {
    fn default() -> Self {
        Self {
            cell_m: 4.0,
            cleared_surface: "bare".to_owned(),
            run: Params {
                rain: Rain::Storm {
                    formula: FormulaChoice::Named("zhengzhou-measures".to_owned()),
                    return_period_a: 50.0,
                    duration_min: 120.0,
                    peak_ratio: None,
                    step_min: 5.0,
                },
                ..Params::default()
            },
        }
    }
}

/// The simulation.
#[derive(Debug)]
pub(super) struct Flood;

impl Simulation for Flood {
    fn name(&self) -> &'static str {
        "flood"
    }

    fn title(&self) -> Text {
        Text::new("内涝", "Waterlogging")
    }

    fn version(&self) -> u32 {
        flood::VERSION + GATHERED
    }

    fn params(&self, given: &Map<String, Value>) -> Result<Value, Text> {
        let all = filled::<Own>(given)?;
        let own: Own = serde_json::from_value(all.clone()).map_err(|err| Text::same(err.to_string()))?;
        if !(0.5..=100.0).contains(&own.cell_m) {
            let cell_m = own.cell_m;
            return Err(Text::new(
                format!("cell_m：{cell_m} 不在 0.5 至 100 m 之间"),
                format!("cell_m: {cell_m} is not between 0.5 and 100 m"),
            ));
        }
        let data = Catalogue::built_in().map_err(|err| err.text())?.data;
        if !data.surfaces.iter().any(|surface| surface.key == own.cleared_surface) {
            let known: Vec<&str> = data.surfaces.iter().map(|surface| surface.key.as_str()).collect();
            let found = &own.cleared_surface;
            let known = known.join(", ");
            return Err(Text::new(
                format!("cleared_surface：{found:?} 不在 {known} 之中"),
                format!("cleared_surface: {found:?} is none of {known}"),
            ));
        }
        Ok(all)
    }

    fn run(&self, city: &City<'_>, params: &Value, task: &Task) -> Result<Outcome, SimulationError> {
        let own: Own = told(params)?;
        let (input, notes) = gather(city, &own)?;
        let mut outcome = flood::run(&input, &own.run, task).map_err(|err| match err {
            flood::Error::Cancelled(cancelled) => cancelled.into(),
            other => SimulationError::failed("内涝", other.text()),
        })?;
        outcome.notes.extend(notes);
        Ok(outcome)
    }
}

fn gather(city: &City<'_>, own: &Own) -> Result<(Input, Vec<Note>), SimulationError> {
    let cell_m = own.cell_m;
    let [west, south, east, north] = city.bounds(MARGIN_M);
    let cells = [east - west, north - south].map(|side| (side / cell_m).ceil().max(1.0));
    if cells[0] * cells[1] > MAX_CELLS {
        let count = cells[0] * cells[1] / 1e6;
        return Err(SimulationError::refused(
            format!(
                "范围共有 {count:.1} 百万个网格,最多 {:.0} 百万;请缩小范围或加大 cell_m",
                MAX_CELLS / 1e6
            ),
            format!(
                "the area has {count:.1} million cells, {:.0} million are allowed: take a smaller area or a larger cell_m",
                MAX_CELLS / 1e6
            ),
        ));
    }
    let grid = Grid {
        origin: [west, south],
        cell_m,
        columns: cells[0] as u32,
        rows: cells[1] as u32,
    };
    let mut input = Input {
        ground_m: (0..grid.len())
            .map(|cell| city.ground_m(DVec2::from(grid.center(cell))).unwrap_or(f64::NAN))
            .collect(),
        grid,
        area: city.region.polygons().clone(),
        margin_m: MARGIN_M,
        ..Input::default()
    };
    let mut notes = Vec::new();
    let (mut drains, mut inlets, mut manholes) = (Drains::default(), Vec::new(), Vec::new());
    for one in city.standing([west, south, east, north], is_wanted)? {
        let feature = &one.feature;
        match feature.class {
            FeatureClass::Building | FeatureClass::BuildingPart => {
                let building = city.building(feature)?;
                if building.covers_ground && !building.footprint.0.is_empty() {
                    input.buildings.push(Building {
                        id: feature.id.clone(),
                        index: Some(feature.index.0),
                        is_judged: city.region.contains(building.center),
                        footprint: building.footprint,
                        floor_m: None,
                    });
                }
            }
            FeatureClass::Road => {
                let width_m = first_number(&feature.attributes, &["width_m"]).unwrap_or(ROAD_WIDTH_M);
                let mut road = |center_line: Vec<[f64; 2]>, area: MultiPolygon<f64>| {
                    input.roads.push(Road {
                        id: feature.id.clone(),
                        index: Some(feature.index.0),
                        center_line,
                        width_m,
                        area,
                    });
                };
                let carriageway = city.plan(feature);
                if !carriageway.0.is_empty() {
                    input.covers.push(Cover {
                        surface: "asphalt".to_owned(),
                        area: carriageway,
                    });
                }
                let all: Vec<_> = lines(feature).collect();
                if all.is_empty() {
                    road(Vec::new(), city.plan(feature));
                }
                for line in all {
                    let points = line
                        .points
                        .iter()
                        .filter(|p| p.is_finite())
                        .map(|p| [p.x, p.y])
                        .collect();
                    road(points, MultiPolygon::new(vec![]));
                }
            }
            FeatureClass::Pipe => drains.add(&one),
            FeatureClass::PipeNode => add_inlet(feature, &mut inlets, &mut manholes),
            _ => {
                if let Some(surface) = surface(feature) {
                    let area = city.plan(feature);
                    input.covers.push(Cover {
                        surface: surface.to_owned(),
                        area,
                    });
                }
            }
        }
    }
    for feature in city.demolished([west, south, east, north])? {
        input.covers.push(Cover {
            surface: own.cleared_surface.clone(),
            area: city.plan(&feature),
        });
    }
    // what is painted later lies on top: green on plots, water on both
    input.covers.sort_by_key(|cover| match cover.surface.as_str() {
        "paved" => 0,
        "asphalt" => 1,
        "bare" => 2,
        "green" => 3,
        _ => 4,
    });
    let are_manholes = inlets.is_empty() && !manholes.is_empty();
    if are_manholes {
        notes.push(stand_in(&manholes));
        inlets = manholes;
    }
    let (inlets, of_drains) = with_drains(inlets, &drains, are_manholes)?;
    input.inlets = inlets;
    notes.extend(of_drains);
    Ok((input, notes))
}

/// Manholes in place of inlets.
fn stand_in(manholes: &[Inlet]) -> Note {
    let n = manholes.len();
    Note {
        code: "manholes-as-inlets".to_owned(),
        features: manholes.iter().take(100).map(|inlet| inlet.id.clone()).collect(),
        text: Text::new(
            format!("数据中没有雨水口，以 {n} 座雨水检查井代替（每座一个单箅；方案新建、更换的雨水管每座两个双箅）"),
            format!(
                "the data has no street inlets: {n} storm manholes stand in for them, a single grate each, a pair of double ones where the \
                 scenario lays a drain"
            ),
        ),
    }
}

/// Inlets that take no more than the drain behind them, and notes that say so.
fn with_drains(
    inlets: Vec<Inlet>,
    drains: &Drains,
    are_manholes: bool,
) -> Result<(Vec<Inlet>, Vec<Note>), SimulationError> {
    let catalogue = Catalogue::built_in().map_err(|err| SimulationError::failed("内涝", err.text()))?;
    let names: Vec<String> = inlets.iter().map(|inlet| inlet.id.clone()).collect();
    let shares = drains.shares(&names);
    let mut found = Vec::with_capacity(inlets.len());
    for inlet in inlets {
        let share = shares.m3_s.get(&inlet.id).copied();
        let is_new = are_manholes && drains.is_renewed(&inlet.id);
        let (kind, count) = if is_new {
            (NEW_INLET_KIND, NEW_INLETS)
        } else {
            (inlet.kind.as_str(), 1)
        };
        let own = catalogue
            .inlet_kind(kind, &inlet.id)
            .map_err(|err| SimulationError::failed("内涝", err.text()))?;
        let capacity_m3_s = share.map(|share| (share / count as f64).min(own.capacity_m3_s));
        let one = Inlet {
            kind: kind.to_owned(),
            capacity_m3_s,
            ..inlet.clone()
        };
        found.extend((0..count).map(|_| one.clone()));
    }
    let n = shares.m3_s.len();
    let mut notes = shares.notes;
    notes.extend((n > 0).then(|| Note {
        code: "drains-shared".to_owned(),
        features: vec![],
        text: Text::new(
            format!("{n} 座雨水口、检查井的泄水能力受下游管道限制：满管流量（曼宁公式，糙率 0.013）由上游各井均分，不计管内调蓄和倒灌"),
            format!(
                "{n} inlets or manholes take no more than the drains below: the flow of the full pipe (Manning, n 0.013) shared by all manholes \
                 above it; storage in pipes and water that comes back are left out"
            ),
        ),
    }));
    Ok((found, notes))
}

fn add_inlet(feature: &Feature, inlets: &mut Vec<Inlet>, manholes: &mut Vec<Inlet>) {
    let Some(position) = feature.geometry.finest().find_map(|shape| match shape {
        Shape::Point(point) => Some(point.position),
        _ => None,
    }) else {
        return;
    };
    let inlet = Inlet {
        id: feature.id.clone(),
        at: [position.x, position.y],
        kind: INLET_KIND.to_owned(),
        capacity_m3_s: None,
    };
    let kind = text_of(&feature.attributes, &["node_kind", "附属物"]).unwrap_or_default();
    if INLETS.iter().any(|word| kind.contains(word)) {
        inlets.push(inlet);
    } else {
        manholes.push(inlet);
    }
}

/// Surface of a cover as the catalogue names it.
fn surface(feature: &Feature) -> Option<&'static str> {
    match feature.class {
        FeatureClass::Water => Some("water"),
        FeatureClass::PlantCover => Some("green"),
        FeatureClass::LandUse => match text_of(&feature.attributes, &["land_use"])?.as_str() {
            "parking" | "court" => Some("asphalt"),
            "sidewalk" | "plaza" | "track" => Some("paved"),
            "vacant" => Some("bare"),
            _ => None,
        },
        _ => None,
    }
}

fn is_wanted(feature: &Feature) -> bool {
    match feature.class {
        FeatureClass::Building | FeatureClass::BuildingPart => !feature.geometry.is_empty(),
        FeatureClass::Pipe | FeatureClass::PipeNode => DRAINS.contains(&class_of(feature).as_str()),
        FeatureClass::Road | FeatureClass::Water | FeatureClass::PlantCover | FeatureClass::LandUse => true,
        _ => false,
    }
}
