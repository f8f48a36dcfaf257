//! Results of other programs (外部成果): files that were brought into the city, laid over it.

use super::city::{City, text_of};
use super::registry::{Simulation, SimulationError, filled, told};
use super::warp::{Resampling, Warp};
use crate::outside::{MAX_VALUES_BYTES, OutsideFile, OutsideFiles, geotiff};
use analysis::indicators::Text;
use analysis::outcome::{Layer, Note, Shape};
use analysis::outside::{
    self, Course, Element, Elements, File, Format, Frame, Input, Kind, OutsideError, Params, Source, Style, read_ascii,
};
use analysis::{Outcome, Task};
use city_model::{Crs, Feature, FeatureClass};
use city_sources::results::RasterSeries;
use glam::DVec2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Files of a series.
const MAX_FILES: usize = 1_000;
/// Quads of a surface along its longer side, as it is drawn.
const MAX_QUADS: u32 = 160;
const FROM_KEYS: &[&str] = &["from_node", "起点点号", "起始点号"];
const TO_KEYS: &[&str] = &["to_node", "终点点号", "连接点号"];

/// Parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Own {
    /// Files that were brought into the city, one for a table or network, one or more for rasters.
    files: Vec<Step>,
    /// What it is about; `None` as the files seem to be.
    kind: Option<Kind>,
    /// What it is.
    title: Option<Text>,
    /// Where it comes from.
    source: String,
    /// Layers wanted.
    layers: Vec<Style>,
    /// Column of ids in a table.
    id_column: Option<String>,
    /// Attribute of features that holds the ids; `None`: the ids of the features themselves.
    id_attribute: Option<String>,
    /// Column of times in a table.
    time_column: Option<String>,
    /// Seconds of a unit of the time column.
    time_unit_s: Option<f64>,
    /// Seconds from band to band, and from file to file whose times are not told.
    step_s: f64,
    /// Coordinate system of rasters, over what they state.
    crs: Option<String>,
    /// How rasters of another system are brought to ours.
    resampling: Resampling,
    /// Value that means none.
    no_data: Option<f64>,
    /// Height above the ground at which rasters are drawn, metres.
    lift_m: f64,
    /// Lowest and highest value of legends that are made.
    range: Option<[f64; 2]>,
}

/// A file of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// Its id.
    id: String,
    /// Seconds from the start; `None` takes what its name says, else its place in the list.
    #[serde(default)]
    time_s: Option<f64>,
}

impl Default for Own {
    fn default() -> Self {
        Self {
            files: vec![],
            kind: None,
            title: None,
            source: String::new(),
            layers: vec![],
            id_column: None,
            id_attribute: None,
            time_column: None,
            time_unit_s: None,
            step_s: 3600.0,
            crs: None,
            resampling: Resampling::default(),
            no_data: None,
            lift_m: 0.0,
            range: None,
        }
    }
}

impl Own {
    /// As the kernel takes them.
    fn kernel(&self, kind: Kind) -> Params {
        Params {
            kind,
            title: self.title.clone(),
            source: self.source.clone(),
            layers: self.layers.clone(),
            id_column: self.id_column.clone(),
            time_column: self.time_column.clone(),
            time_unit_s: self.time_unit_s,
            no_data: self.no_data,
            lift_m: self.lift_m,
            range: self.range,
            max_bytes: MAX_VALUES_BYTES,
        }
    }
}

/// The simulation.
#[derive(Debug)]
pub(super) struct Outside;

impl Simulation for Outside {
    fn name(&self) -> &'static str {
        "outside"
    }

    fn title(&self) -> Text {
        Text::new("外部成果", "Outside results")
    }

    fn version(&self) -> u32 {
        1
    }

    fn params(&self, given: &Map<String, Value>) -> Result<Value, Text> {
        let all = filled::<Own>(given)?;
        let own: Own = serde_json::from_value(all.clone()).map_err(|err| Text::same(err.to_string()))?;
        own.kernel(Kind::Other).check().map_err(|err| err.text())?;
        if own.files.len() > MAX_FILES {
            let found = own.files.len();
            return Err(Text::new(
                format!("files：{found} 个文件，最多 {MAX_FILES} 个"),
                format!("files: {found} files, {MAX_FILES} are allowed"),
            ));
        }
        if !(own.step_s.is_finite() && own.step_s > 0.0) {
            return Err(Text::new("step_s：须大于 0", "step_s: must be above 0"));
        }
        if own
            .files
            .iter()
            .any(|step| step.time_s.is_some_and(|time| !time.is_finite()))
        {
            return Err(Text::new("files：time_s 须为有限数", "files: time_s must be finite"));
        }
        if let Some(crs) = &own.crs {
            Crs::parse(crs).map_err(|err| Text::new(format!("crs：无法识别坐标系 {crs}"), format!("crs: {err}")))?;
        }
        Ok(all)
    }

    fn ready(&self, city: &Path, params: &Value) -> Result<(), Text> {
        let own: Own = serde_json::from_value(params.clone()).map_err(|err| Text::same(err.to_string()))?;
        steps(&OutsideFiles::of(city), &own).map(|_| ())
    }

    fn run(&self, city: &City<'_>, params: &Value, task: &Task) -> Result<Outcome, SimulationError> {
        let own: Own = told(params)?;
        let files = OutsideFiles::of(city.root);
        let (format, steps) = steps(&files, &own).map_err(SimulationError::Refused)?;
        let first = steps.first().map(|(_, file)| file);
        let kind = own.kind.or(first.map(|file| file.kind)).unwrap_or_default();
        let params = own.kernel(kind);
        let mut notes = vec![];
        let input = if format.is_raster() {
            Input {
                source: Source::Rasters(rasters(city, &own, format, &steps, &mut notes, task)?),
                elements: Elements::default(),
            }
        } else {
            let Some(file) = first else {
                return Err(SimulationError::Refused(no_files()));
            };
            let content = File {
                name: file.name.clone(),
                bytes: read(&files, file)?,
            };
            let source = match format {
                Format::Epanet => Source::Epanet(content),
                Format::Swmm => Source::Swmm(content),
                _ => Source::Table(content),
            };
            Input {
                source,
                elements: elements(city, &own)?,
            }
        };
        let mut outcome = outside::run(&input, &params, task).map_err(refused)?;
        for layer in &mut outcome.layers {
            ground(city, layer, own.lift_m);
        }
        outcome.notes.extend(notes);
        Ok(outcome)
    }
}

fn no_files() -> Text {
    Text::new("files：请先选择成果文件", "files: choose files of a result first")
}

fn refused(err: OutsideError) -> SimulationError {
    match err {
        OutsideError::Cancelled(cancelled) => cancelled.into(),
        other => SimulationError::Refused(other.text()),
    }
}

type Steps = Vec<(Option<f64>, OutsideFile)>;

/// Files of a question and their common format.
fn steps(files: &OutsideFiles, own: &Own) -> Result<(Format, Steps), Text> {
    let mut steps: Steps = vec![];
    for step in &own.files {
        let shown: String = step.id.chars().take(60).collect();
        let file = files.find(&step.id).ok_or_else(|| {
            Text::new(
                format!("files：城市中没有文件 {shown}，可能已被移除"),
                format!("files: the city has no file {shown:?}, it may have been removed"),
            )
        })?;
        steps.push((step.time_s, file));
    }
    let format = steps.first().ok_or_else(no_files)?.1.format;
    if let Some((_, other)) = steps.iter().find(|(_, file)| file.format != format) {
        let name = &other.name;
        return Err(Text::new(
            format!("files：{name} 与其他文件格式不同，一次只能用一种"),
            format!("files: {name} is of another format than the others, take one at a time"),
        ));
    }
    if !format.is_raster() && steps.len() > 1 {
        return Err(Text::new(
            "files：表格和管网结果一次只能用一个文件",
            "files: a table or a result of a network comes as one file",
        ));
    }
    Ok((format, steps))
}

fn read(files: &OutsideFiles, file: &OutsideFile) -> Result<Vec<u8>, SimulationError> {
    std::fs::read(files.data(&file.id)).map_err(|err| {
        tracing::warn!(%err, id = file.id, "a file of a result cannot be read");
        let name = &file.name;
        SimulationError::refused(format!("{name}：无法读取"), format!("{name}: cannot be read"))
    })
}

/// Rasters of all files in the scene.
fn rasters(
    city: &City<'_>,
    own: &Own,
    format: Format,
    steps: &Steps,
    notes: &mut Vec<Note>,
    task: &Task,
) -> Result<Vec<Frame>, SimulationError> {
    let files = OutsideFiles::of(city.root);
    let frame = city.frame()?;
    let mut frames: Vec<Frame> = vec![];
    let mut warp: Option<(RasterSeries, Crs, Warp)> = None;
    let mut left = MAX_VALUES_BYTES;
    let mut is_assumed = false;
    let mut is_timed = true;
    for (at, (given_s, file)) in steps.iter().enumerate() {
        task.step(0.6 * at as f64 / steps.len() as f64)?;
        let series = match format {
            Format::Geotiff => geotiff(&files.data(&file.id), &file.name).map_err(refused)?,
            _ => ascii(&files, file, own)?,
        };
        let crs = match (&own.crs, &series.crs, series.epsg) {
            (Some(name), ..) => Crs::parse(name).map_err(|err| {
                SimulationError::refused(format!("crs：无法识别坐标系 {name}"), format!("crs: {err}"))
            })?,
            (None, Some(crs), _) => crs.clone(),
            (None, None, Some(code)) => {
                let name = &file.name;
                return Err(SimulationError::refused(
                    format!("{name}：无法识别坐标系 EPSG:{code}，请用 crs 指定"),
                    format!("{name}: the coordinate system EPSG:{code} is not known, name one as crs"),
                ));
            }
            (None, None, None) => {
                is_assumed = true;
                frame.crs().clone()
            }
        };
        let is_known = warp
            .as_ref()
            .is_some_and(|(of, known, _)| Warp::same(of, &series) && *known == crs);
        if !is_known {
            let how = (own.resampling, left / 4);
            let made = Warp::new(&file.name, &series, &crs, frame, city.bounds(0.0), how, task)?;
            let mut shape = series.clone();
            shape.bands.clear();
            warp = Some((shape, crs, made));
        }
        let Some((_, _, warp)) = &warp else { continue };
        let start_s = given_s.or(file.found.time_s).unwrap_or_else(|| {
            is_timed = is_timed && steps.len() == 1;
            at as f64 * own.step_s
        });
        for (band, values) in series.bands.iter().enumerate() {
            let mut raster = warp.apply(values);
            if let Some(none) = own.no_data {
                let is_none = |value: &f32| *value == none as f32;
                for value in raster.values.iter_mut().filter(|value| is_none(value)) {
                    *value = f32::NAN;
                }
            }
            let needed = raster.values.len() as u64 * 4;
            left = left.checked_sub(needed).ok_or_else(|| {
                refused(OutsideError::TooLarge {
                    file: file.name.clone(),
                    needed: MAX_VALUES_BYTES - left + needed,
                    allowed: MAX_VALUES_BYTES,
                })
            })?;
            frames.push(Frame {
                name: file.name.clone(),
                time_s: start_s + band as f64 * own.step_s,
                raster,
            });
        }
    }
    let mut note = |code: &str, zh: String, en: String| notes.push(Note::new(code, vec![], Text::new(zh, en)));
    let scene = frame.crs().name();
    if is_assumed {
        note(
            "outside/crs-assumed",
            format!("文件没有说明坐标系，按城市坐标系 {scene} 处理"),
            format!("the files state no coordinate system: that of the city, {scene}, is taken"),
        );
    }
    match &warp {
        Some((_, crs, _)) if crs != frame.crs() => note(
            "outside/warped",
            format!("由 {} 换算到城市坐标系 {scene} 并重采样", crs.name()),
            format!("brought from {} to the city's system {scene} and resampled", crs.name()),
        ),
        _ => {}
    }
    if !is_timed {
        let step_s = own.step_s;
        note(
            "outside/times-by-order",
            format!("文件名中没有时刻，按文件次序每 {step_s} 秒一步"),
            format!("the names of the files tell no times: one step of {step_s} s a file, in their order"),
        );
    }
    Ok(frames)
}

/// An ASCII grid as a raster with one band.
fn ascii(files: &OutsideFiles, file: &OutsideFile, own: &Own) -> Result<RasterSeries, SimulationError> {
    let content = File {
        name: file.name.clone(),
        bytes: read(files, file)?,
    };
    let grid = read_ascii(&content, own.no_data, MAX_VALUES_BYTES).map_err(refused)?;
    Ok(RasterSeries {
        crs: None,
        epsg: None,
        origin: grid.origin,
        cell: grid.cell_m,
        columns: grid.columns,
        rows: grid.rows,
        bands: vec![grid.values],
    })
}

/// Lays a grid on the ground. Cells that are drawn with one quad get its highest ground: a surface below it would not be seen.
fn ground(city: &City<'_>, layer: &mut Layer, lift_m: f64) {
    let Shape::Grid {
        origin,
        cell_m,
        columns,
        rows,
        heights,
    } = &mut layer.shape
    else {
        return;
    };
    let (columns, rows) = (*columns, *rows);
    let stride = columns.max(rows).div_ceil(MAX_QUADS).max(1);
    let quads = [columns, rows].map(|cells| cells.div_ceil(stride));
    let highest = |quad: u32| {
        let [x, y] = [quad % quads[0], quad / quads[0]];
        let cells = (0..stride).flat_map(|dy| (0..stride).map(move |dx| [x * stride + dx, y * stride + dy]));
        let found = cells.filter_map(|cell| {
            let middle = [0, 1].map(|i| origin[i] + (f64::from(cell[i]) + 0.5) * *cell_m);
            city.ground_m(DVec2::from(middle))
        });
        found.reduce(f64::max).unwrap_or_default() + lift_m
    };
    let of_quads: Vec<f32> = (0..quads[0] * quads[1])
        .into_par_iter()
        .map(|quad| highest(quad) as f32)
        .collect();
    *heights = (0..rows)
        .flat_map(|row| (0..columns).map(move |column| (row / stride * quads[0] + column / stride) as usize))
        .map(|quad| of_quads.get(quad).copied().unwrap_or_default())
        .collect();
}

/// What ids mean in the city: what stands in the scenario, within the area.
fn elements(city: &City<'_>, own: &Own) -> Result<Elements, SimulationError> {
    let key = |feature: &Feature| match &own.id_attribute {
        Some(attribute) => text_of(&feature.attributes, &[attribute]).filter(|id| !id.is_empty()),
        None => Some(feature.id.clone()),
    };
    let inside = city.bounds(0.0);
    let standing = city.standing(city.whole(), |_| true)?;
    let mut elements = Elements::default();
    let mut nodes: BTreeMap<&str, String> = BTreeMap::new();
    let mut courses: Vec<(&Feature, [Option<String>; 2])> = vec![];
    for one in &standing {
        let feature = &one.feature;
        let Some(id) = key(feature) else { continue };
        let bounds = feature.bounds();
        let is_inside = bounds.is_empty()
            || (bounds.min.x <= inside[2]
                && bounds.max.x >= inside[0]
                && bounds.min.y <= inside[3]
                && bounds.max.y >= inside[1]);
        if !is_inside {
            elements.elsewhere.insert(id);
            continue;
        }
        let element = || Element::Feature {
            id: feature.id.clone(),
            index: feature.index.0,
        };
        let add = |map: &mut BTreeMap<String, Vec<Element>>| map.entry(id.clone()).or_default().push(element());
        match feature.class {
            FeatureClass::Pipe => {
                add(&mut elements.links);
                let ends = [FROM_KEYS, TO_KEYS].map(|keys| text_of(&feature.attributes, keys));
                courses.push((feature, ends));
            }
            FeatureClass::PipeNode => {
                add(&mut elements.nodes);
                nodes.insert(&feature.id, id.clone());
            }
            _ => {}
        }
        add(&mut elements.features);
    }
    // valves and pumps are links there and nodes of the survey here
    let links: BTreeSet<String> = elements.links.keys().cloned().collect();
    for (id, found) in elements.nodes.iter().filter(|(id, _)| !links.contains(*id)) {
        elements.links.insert(id.clone(), found.clone());
    }
    for (feature, ends) in courses {
        let [Some(from), Some(to)] = ends else { continue };
        let named = |end: String| nodes.get(end.as_str()).cloned().unwrap_or(end);
        elements.courses.push(Course {
            id: feature.id.clone(),
            index: feature.index.0,
            ends: [named(from), named(to)],
        });
    }
    elements.elsewhere.retain(|id| !elements.features.contains_key(id));
    Ok(elements)
}
