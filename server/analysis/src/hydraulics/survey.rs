//! Makes a network from surveyed pipes, sources and buildings, with every assumption stated.

use super::error::HydraulicsError;
use super::input::{Feature, Input, Model};
use super::network::{Junction, Network, Options, Pattern, Pipe, PipeStatus, Reservoir};
use super::params::Constants;
use crate::indicators::Text;
use crate::outcome::Note;
use std::collections::{BTreeMap, HashMap};

/// Seconds of a day.
const DAY_S: f64 = 86_400.0;
/// Id of the pattern of a day.
const DAY: &str = "day";
/// Length of the pipe that joins a source, metres.
const JOINT_M: f64 = 1.0;
/// Its diameter, millimetres: wide enough to lose nothing.
const JOINT_MM: f64 = 2_000.0;
/// Its coefficient.
const JOINT_C: f64 = 150.0;

/// Surveyed pipes and what they supply. Coordinates are metres of the scene CRS.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Survey {
    /// Pipes that are in use.
    pub pipes: Vec<SurveyPipe>,
    /// Waterworks, pumping stations and mains from outside.
    pub sources: Vec<SurveySource>,
    /// Buildings that are supplied.
    pub buildings: Vec<SurveyBuilding>,
}

/// A surveyed pipe.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyPipe {
    /// Its feature.
    pub feature: Feature,
    /// Course; heights are those of the pipe.
    pub points: Vec<[f64; 3]>,
    /// Inner diameter, millimetres.
    pub diameter_mm: Option<f64>,
    /// Material, in the words of the survey.
    pub material: Option<String>,
    /// Year in which it was laid.
    pub year: Option<i32>,
}

/// Where water comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveySource {
    /// Its feature's stable id, or a name.
    pub id: String,
    /// Place.
    pub place: [f64; 2],
    /// Head, metres; `None` takes the assumed head above the pipe that it joins.
    pub head_m: Option<f64>,
}

/// A building that is supplied.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyBuilding {
    /// Stable id.
    pub id: String,
    /// A point of it.
    pub place: [f64; 2],
    /// Inhabitants, where known.
    pub population: Option<f64>,
    /// Floor area of all storeys, square metres.
    pub floor_area_m2: f64,
    /// People live in it.
    pub is_residential: bool,
}

/// How a network is made of a survey.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumptions {
    /// Pipe ends that are nearer than this are one node, metres (in plan).
    pub snap_m: f64,
    /// Furthest way from a building or source to its node, metres.
    pub reach_m: f64,
    /// The present year, for the age of pipes.
    pub year: i32,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            snap_m: 0.2,
            reach_m: 300.0,
            year: 2026,
        }
    }
}

/// Points by cells, to find the nearest.
struct Places {
    cell_m: f64,
    cells: HashMap<(i64, i64), Vec<usize>>,
    places: Vec<[f64; 3]>,
}

impl Places {
    fn new(cell_m: f64) -> Self {
        Self {
            cell_m,
            cells: HashMap::new(),
            places: vec![],
        }
    }

    fn cell(&self, place: [f64; 2]) -> (i64, i64) {
        (
            (place[0] / self.cell_m).floor() as i64,
            (place[1] / self.cell_m).floor() as i64,
        )
    }

    fn add(&mut self, place: [f64; 3]) -> usize {
        let cell = self.cell([place[0], place[1]]);
        self.places.push(place);
        let index = self.places.len() - 1;
        self.cells.entry(cell).or_default().push(index);
        index
    }

    /// The nearest point within one cell's side that passes; the first of equals.
    fn nearest(&self, place: [f64; 2], passes: impl Fn(usize) -> bool) -> Option<usize> {
        let (x, y) = self.cell(place);
        let mut best: Option<(f64, usize)> = None;
        for cell in (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y))) {
            for index in self.cells.get(&cell).into_iter().flatten() {
                let Some(other) = self.places.get(*index) else { continue };
                let distance = (other[0] - place[0]).hypot(other[1] - place[1]);
                let is_better = best.is_none_or(|(least, first)| (distance, *index) < (least, first));
                if distance <= self.cell_m && is_better && passes(*index) {
                    best = Some((distance, *index));
                }
            }
        }
        best.map(|(_, index)| index)
    }
}

/// A pipe between two nodes.
struct Run {
    ends: [usize; 2],
    survey: usize,
    length_m: f64,
}

fn wrong(what: &'static str, id: &str, zh: &str, en: &str) -> HydraulicsError {
    HydraulicsError::Element {
        what,
        id: id.to_owned(),
        reason: Text::new(zh, en),
    }
}

/// Makes the input of a run: network, features of its pipes, and notes of what was assumed.
///
/// Nodes are where ends of pipes meet. A part without a source is left out and named in a note.
///
/// # Errors
/// A pipe whose course or diameter cannot be, a source that no pipe is near to, a survey without sources.
pub fn network(survey: &Survey, assumptions: &Assumptions, constants: &Constants) -> Result<Input, HydraulicsError> {
    if survey.sources.is_empty() {
        return Err(HydraulicsError::Refused {
            code: 224,
            element: None,
            count: 1,
        });
    }
    let mut notes = vec![];
    let (joints, runs) = join(survey, assumptions, &mut notes)?;
    // the same points again, in cells as wide as the way to a node
    let mut nodes = Places::new(assumptions.reach_m.max(1.0));
    for place in &joints.places {
        nodes.add(*place);
    }
    let mut network = Network {
        options: Options::default(),
        patterns: vec![Pattern {
            id: DAY.to_owned(),
            multipliers: constants.demand.hours.clone(),
        }],
        ..Network::default()
    };
    let roots = add_sources(survey, constants, &nodes, &mut network, &mut notes)?;
    let is_supplied = supplied(nodes.places.len(), &runs, &roots);
    let demands = demands(survey, constants, &nodes, &is_supplied, &mut notes);
    for (index, place) in nodes
        .places
        .iter()
        .enumerate()
        .filter(|(index, _)| is_supplied.get(*index) == Some(&true))
    {
        network.junctions.push(Junction {
            id: node_id(index),
            place: [place[0], place[1]],
            elevation_m: place[2],
            demand_lps: demands.get(index).copied().unwrap_or_default(),
            pattern: Some(DAY.to_owned()),
        });
    }
    let mut link_features = BTreeMap::new();
    let mut unknown = Unknown::default();
    for run in &runs {
        let Some(pipe) = survey.pipes.get(run.survey) else {
            continue;
        };
        if is_supplied.get(run.ends[0]) != Some(&true) {
            unknown.cut_off.push(pipe.feature.id.clone());
            continue;
        }
        link_features.insert(pipe.feature.id.clone(), pipe.feature.clone());
        network.pipes.push(unknown.pipe(run, pipe, assumptions, constants));
    }
    unknown.tell(constants, &mut notes);
    Ok(Input {
        link_features,
        notes,
        ..Input::new(Model::Network(network.into()))
    })
}

fn node_id(index: usize) -> String {
    format!("node {}", index + 1)
}

/// Ends of pipes become nodes.
fn join(
    survey: &Survey,
    assumptions: &Assumptions,
    notes: &mut Vec<Note>,
) -> Result<(Places, Vec<Run>), HydraulicsError> {
    let mut joints = Places::new(assumptions.snap_m.max(1e-6));
    let (mut runs, mut points) = (vec![], vec![]);
    for (index, pipe) in survey.pipes.iter().enumerate() {
        let id = pipe.feature.id.as_str();
        if !pipe.points.iter().flatten().all(|value| value.is_finite()) {
            return Err(wrong("pipe", id, "坐标或高程缺失", "a coordinate or height is missing"));
        }
        if pipe.diameter_mm.is_some_and(|d| !(d.is_finite() && d > 0.0)) {
            let given = pipe.diameter_mm.unwrap_or_default();
            let (zh, en) = (
                format!("管径为 {given}，必须大于 0"),
                format!("the diameter is {given}, must be above 0"),
            );
            return Err(wrong("pipe", id, &zh, &en));
        }
        let (Some(first), Some(last)) = (pipe.points.first(), pipe.points.last()) else {
            points.push(id.to_owned());
            continue;
        };
        let mut node = |place: &[f64; 3]| {
            let found = joints.nearest([place[0], place[1]], |_| true);
            found.unwrap_or_else(|| joints.add(*place))
        };
        let ends = [node(first), node(last)];
        let length_m: f64 = pipe
            .points
            .windows(2)
            .map(|pair| {
                let [a, b] = [pair[0], pair[1]];
                (b[0] - a[0]).hypot(b[1] - a[1]).hypot(b[2] - a[2])
            })
            .sum();
        if ends[0] == ends[1] || length_m <= 0.0 {
            points.push(id.to_owned());
            continue;
        }
        runs.push(Run {
            ends,
            survey: index,
            length_m,
        });
    }
    note(
        notes,
        "hydraulics/no-length",
        points,
        |n| format!("{n} 根管段长度为零或首尾为同一点，未纳入管网"),
        |n| format!("{n} pipes have no length or begin and end at one node and were left out"),
    );
    Ok((joints, runs))
}

/// Each source is a reservoir that a short pipe joins to the nearest node; gives those nodes.
fn add_sources(
    survey: &Survey,
    constants: &Constants,
    nodes: &Places,
    network: &mut Network,
    notes: &mut Vec<Note>,
) -> Result<Vec<usize>, HydraulicsError> {
    let (mut roots, mut assumed) = (vec![], vec![]);
    for source in &survey.sources {
        let (zh, en) = ("附近没有管段", "no pipe is near");
        let node = nodes
            .nearest(source.place, |_| true)
            .ok_or_else(|| wrong("reservoir", &source.id, zh, en))?;
        let ground = nodes.places.get(node).map_or(0.0, |place| place[2]);
        if source.head_m.is_none() {
            assumed.push(source.id.clone());
        }
        network.reservoirs.push(Reservoir {
            id: source.id.clone(),
            place: source.place,
            head_m: source.head_m.unwrap_or(ground + constants.source_head_m),
            pattern: None,
        });
        network.pipes.push(Pipe {
            id: format!("joint of {}", source.id),
            from: source.id.clone(),
            to: node_id(node),
            length_m: JOINT_M,
            diameter_mm: JOINT_MM,
            roughness: JOINT_C,
            minor_loss: 0.0,
            status: PipeStatus::Open,
            vertices: vec![],
        });
        roots.push(node);
    }
    let head = constants.source_head_m;
    note(
        notes,
        "hydraulics/source-head",
        assumed,
        |n| format!("{n} 个水源没有水头，按管道以上 {head} m 假定（参考值）"),
        |n| format!("{n} sources have no head; {head} m above the pipe was assumed"),
    );
    Ok(roots)
}

/// Which nodes hang together with a source.
fn supplied(num_nodes: usize, runs: &[Run], roots: &[usize]) -> Vec<bool> {
    let mut neighbours: Vec<Vec<usize>> = vec![vec![]; num_nodes];
    for run in runs {
        let [a, b] = run.ends;
        for (from, to) in [(a, b), (b, a)] {
            if let Some(list) = neighbours.get_mut(from) {
                list.push(to);
            }
        }
    }
    let mut is_supplied = vec![false; num_nodes];
    let mut open = roots.to_vec();
    while let Some(node) = open.pop() {
        if let Some(supplied) = is_supplied.get_mut(node).filter(|supplied| !**supplied) {
            *supplied = true;
            open.extend(neighbours.get(node).into_iter().flatten());
        }
    }
    is_supplied
}

/// Litres a second drawn at each node by the buildings that are nearest to it.
fn demands(
    survey: &Survey,
    constants: &Constants,
    nodes: &Places,
    is_supplied: &[bool],
    notes: &mut Vec<Note>,
) -> Vec<f64> {
    let rates = &constants.demand;
    let mut demands = vec![0.0; nodes.places.len()];
    let (mut too_far, mut nothing) = (vec![], vec![]);
    let mut total = 0.0;
    for building in &survey.buildings {
        let area = Some(building.floor_area_m2).filter(|area| area.is_finite() && *area > 0.0);
        let people = building
            .population
            .filter(|people| people.is_finite() && *people >= 0.0);
        let litres_a_day = match (people, area) {
            (Some(people), _) => people * rates.litres_per_person_day,
            (None, Some(area)) if building.is_residential => {
                area / rates.floor_area_per_person_m2 * rates.litres_per_person_day
            }
            (None, Some(area)) => area * rates.litres_per_m2_day,
            (None, None) => {
                nothing.push(building.id.clone());
                continue;
            }
        };
        let node = nodes.nearest(building.place, |index| is_supplied.get(index) == Some(&true));
        match node.and_then(|node| demands.get_mut(node)) {
            Some(demand) => {
                *demand += litres_a_day / DAY_S;
                total += litres_a_day / 1e3;
            }
            None => too_far.push(building.id.clone()),
        }
    }
    let mark = if rates.is_verified { "" } else { "参考值：" };
    let reference = if rates.is_verified { "" } else { "reference values: " };
    let (person, floor, other) = (
        rates.litres_per_person_day,
        rates.floor_area_per_person_m2,
        rates.litres_per_m2_day,
    );
    notes.push(Note::new(
        "hydraulics/demand",
        vec![],
        Text::new(
            format!(
                "用水量为假定：共 {total:.0} m³/d，{mark}{person} L/(人·d)，缺人口时 {floor} m²/人，非居住 {other} L/(m²·d)，计入最近节点，按日变化系数分配。来源：{}",
                rates.source
            ),
            format!(
                "Demand is assumed: {total:.0} m³/d in all; {reference}{person} L a person and day, {floor} m² of floor a person where the population is unknown, {other} L/m² and day elsewhere, drawn at the nearest node over the hours of a day. Source: {}",
                rates.source
            ),
        ),
    ));
    note(
        notes,
        "hydraulics/too-far",
        too_far,
        |n| format!("{n} 栋建筑附近没有供水管段，未计用水量"),
        |n| format!("{n} buildings have no supplied pipe near them; their demand was left out"),
    );
    note(
        notes,
        "hydraulics/no-floor-area",
        nothing,
        |n| format!("{n} 栋建筑既无人口也无建筑面积，未计用水量"),
        |n| format!("{n} buildings have neither population nor floor area; their demand was left out"),
    );
    demands
}

/// Pipes with gaps in their data.
#[derive(Default)]
struct Unknown {
    diameter: Vec<String>,
    material: Vec<String>,
    year: Vec<String>,
    cut_off: Vec<String>,
}

impl Unknown {
    fn pipe(&mut self, run: &Run, pipe: &SurveyPipe, assumptions: &Assumptions, constants: &Constants) -> Pipe {
        let id = &pipe.feature.id;
        let diameter_mm = pipe.diameter_mm.unwrap_or_else(|| {
            self.diameter.push(id.clone());
            constants.diameter_unknown_mm
        });
        let age = match pipe.year {
            Some(year) => f64::from(assumptions.year.saturating_sub(year)),
            None => {
                self.year.push(id.clone());
                0.0
            }
        };
        let known = pipe
            .material
            .as_ref()
            .and_then(|material| constants.hazen_williams(material, age));
        let roughness = known.unwrap_or_else(|| {
            self.material.push(id.clone());
            constants.roughness_unknown
        });
        let inner = pipe.points.len().saturating_sub(1);
        Pipe {
            id: id.clone(),
            from: node_id(run.ends[0]),
            to: node_id(run.ends[1]),
            length_m: run.length_m,
            diameter_mm,
            roughness,
            minor_loss: 0.0,
            status: PipeStatus::Open,
            vertices: pipe
                .points
                .get(1..inner)
                .unwrap_or_default()
                .iter()
                .map(|p| [p[0], p[1]])
                .collect(),
        }
    }

    fn tell(self, constants: &Constants, notes: &mut Vec<Note>) {
        let (diameter, roughness) = (constants.diameter_unknown_mm, constants.roughness_unknown);
        note(
            notes,
            "hydraulics/no-diameter",
            self.diameter,
            |n| format!("{n} 根管段没有管径，按 {diameter} mm 假定（参考值）"),
            |n| format!("{n} pipes have no diameter; {diameter} mm was assumed"),
        );
        note(
            notes,
            "hydraulics/no-material",
            self.material,
            |n| format!("{n} 根管段管材不明，海曾-威廉系数按 {roughness} 假定（参考值）"),
            |n| format!("{n} pipes are of unknown material; a coefficient of {roughness} was assumed"),
        );
        note(
            notes,
            "hydraulics/no-year",
            self.year,
            |n| format!("{n} 根管段没有敷设年份，按新管的粗糙系数计算"),
            |n| format!("{n} pipes have no year; they count as new"),
        );
        note(
            notes,
            "hydraulics/no-source",
            self.cut_off,
            |n| format!("{n} 根管段与任何水源都不连通，未纳入计算"),
            |n| format!("{n} pipes are joined to no source and were left out"),
        );
        notes.push(Note::new(
            "hydraulics/roughness",
            vec![],
            Text::new(
                format!("粗糙系数由管材和管龄推定。来源：{}", constants.roughness_source),
                format!(
                    "Roughness follows from material and age. Source: {}",
                    constants.roughness_source
                ),
            ),
        ));
        notes.push(Note::new(
            "hydraulics/levels",
            vec![],
            Text::new(
                "压力以管道高程为基准，地面处的压力要减去埋深；相交而不共端点的管段视为不连通",
                "Pressures are above the pipe: less the depth at the ground. Pipes that cross without a common end are not joined",
            ),
        ));
    }
}

/// Adds a note when features are concerned.
fn note(
    notes: &mut Vec<Note>,
    code: &str,
    features: Vec<String>,
    zh: impl Fn(usize) -> String,
    en: impl Fn(usize) -> String,
) {
    let count = features.len();
    if count > 0 {
        notes.push(Note::new(code, features, Text::new(zh(count), en(count))));
    }
}
