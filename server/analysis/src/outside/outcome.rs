//! From a result of another program to layers, drawn like our own.

use super::error::OutsideError;
use super::input::{Element, Frame, Input, Source};
use super::params::{Params, Style};
use super::raster::Raster;
use super::series::Series;
use super::{read_ascii, read_epanet, read_swmm, read_table};
use crate::Task;
use crate::indicators::Text;
use crate::outcome::{Class, Layer, Legend, Look, Method, Note, Outcome, Shape};

/// Raised when the kernel gives other numbers.
const VERSION: u32 = 1;
/// From low to high, even to the eye and safe for colour-blind people (viridis).
const RAMP: [&str; 7] = [
    "#440154", "#443a83", "#31688e", "#21908d", "#35b779", "#8fd744", "#fde725",
];

/// Reads a result and makes layers of it.
///
/// # Errors
/// [`OutsideError`] with the file and the place in it.
pub fn run(input: &Input, params: &Params, task: &Task) -> Result<Outcome, OutsideError> {
    task.step(0.0)?;
    let mut outcome = Outcome {
        method: Method {
            title: params.title.clone(),
            version: VERSION,
            sources: Some(params.source.clone())
                .filter(|source| !source.is_empty())
                .into_iter()
                .collect(),
            validity: Text::new(
                "外部模型的结果，原样显示，未经本系统复核",
                "The result of another model, shown as it is and not checked here",
            ),
        },
        ..Outcome::default()
    };
    match &input.source {
        Source::Rasters(frames) => outcome.layers.push(of_rasters(frames.clone(), params)?),
        Source::Ascii(files) => {
            let mut frames = vec![];
            let mut bytes = 0;
            for (at, (time_s, file)) in files.iter().enumerate() {
                task.step(at as f64 / files.len() as f64)?;
                let raster = read_ascii(file, params.no_data, params.max_bytes.saturating_sub(bytes))?;
                bytes += raster.values.len() as u64 * 4;
                frames.push(Frame {
                    name: file.name.clone(),
                    time_s: *time_s,
                    raster,
                });
            }
            outcome.layers.push(of_rasters(frames, params)?);
        }
        Source::Table(file) => of_series(input, params, &file.name, read_table(file, params)?, &mut outcome)?,
        Source::Epanet(file) => {
            let series = read_epanet(file, params.max_bytes)?;
            of_series(input, params, &file.name, series, &mut outcome)?;
        }
        Source::Swmm(file) => {
            let series = read_swmm(file, params.max_bytes)?;
            of_series(input, params, &file.name, series, &mut outcome)?;
        }
    }
    task.step(1.0)?;
    Ok(outcome)
}

/// One layer of all moments.
fn of_rasters(mut frames: Vec<Frame>, params: &Params) -> Result<Layer, OutsideError> {
    frames.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
    let Some(first) = frames.first() else {
        return Err(OutsideError::file("", "没有栅格", "there are no rasters"));
    };
    let needed = frames
        .iter()
        .map(|frame| frame.raster.values.len() as u64 * 4)
        .sum::<u64>();
    if needed > params.max_bytes {
        return Err(OutsideError::TooLarge {
            file: first.name.clone(),
            needed,
            allowed: params.max_bytes,
        });
    }
    for frame in &frames {
        if let Some((zh, en)) = frame.raster.fault() {
            return Err(OutsideError::file(&frame.name, zh, en));
        }
        if !frame.time_s.is_finite() {
            return Err(OutsideError::file(
                &frame.name,
                "时刻不是有限数",
                "its time is not finite",
            ));
        }
        if !first.raster.has_same_cells(&frame.raster) {
            let (zh, en) = (
                format!("像元与 {} 不一致", first.name),
                format!("its cells are not those of {}", first.name),
            );
            return Err(OutsideError::file(&frame.name, zh, en));
        }
    }
    for pair in frames.windows(2) {
        if let [a, b] = pair
            && a.time_s == b.time_s
        {
            let (zh, en) = (
                format!("与 {} 是同一时刻", a.name),
                format!("is of the same time as {}", a.name),
            );
            return Err(OutsideError::file(&b.name, zh, en));
        }
    }
    let Raster {
        origin,
        cell_m,
        columns,
        rows,
        ..
    } = first.raster;
    let count = first.raster.values.len();
    let is_none = |value: f32| !value.is_finite() || params.no_data == Some(f64::from(value));
    let values: Vec<f32> = frames
        .iter()
        .flat_map(|frame| &frame.raster.values)
        .map(|value| if is_none(*value) { f32::NAN } else { *value })
        .collect();
    let style = params.layers.first();
    let key = style.map_or_else(|| "value".to_owned(), |style| style.column.clone());
    let series = Series {
        key,
        title: params.title.clone(),
        unit: String::new(),
        ids: vec![],
        times_s: frames.iter().map(|frame| frame.time_s).collect(),
        values,
    };
    let shape = Shape::Grid {
        origin,
        cell_m,
        columns,
        rows,
        // the caller lays it on the ground
        heights: vec![params.lift_m as f32; count],
    };
    Ok(layer(series, style, shape))
}

/// One layer for each series that is wanted, and for each kind of place that its elements have.
fn of_series(
    input: &Input,
    params: &Params,
    file: &str,
    all: Vec<Series>,
    outcome: &mut Outcome,
) -> Result<(), OutsideError> {
    let mut wanted: Vec<(Series, Option<&Style>)> = vec![];
    if params.layers.is_empty() {
        wanted.extend(all.into_iter().map(|series| (series, None)));
    } else {
        let mut all: Vec<Option<Series>> = all.into_iter().map(Some).collect();
        for style in &params.layers {
            let is_it = |series: &Series| series.key.eq_ignore_ascii_case(&style.column);
            let found = all
                .iter_mut()
                .find(|series| series.as_ref().is_some_and(is_it))
                .and_then(Option::take);
            let column = &style.column;
            let missing = || OutsideError::file(file, format!("没有 {column}"), format!("there is no {column}"));
            wanted.push((found.ok_or_else(missing)?, Some(style)));
        }
    }
    let mut unknown: Vec<String> = vec![];
    let before = outcome.layers.len();
    for (series, style) in wanted {
        place(input, series, style, outcome, &mut unknown);
    }
    unknown.sort();
    unknown.dedup();
    if outcome.layers.len() == before {
        let (zh, en) = ("其中的编号都不在城市中", "none of its ids is in the city");
        return Err(OutsideError::file(file, zh, en));
    }
    if !unknown.is_empty() {
        let n = unknown.len();
        outcome.notes.push(Note::new(
            "outside/unknown-id",
            unknown,
            Text::new(
                format!("{file} 中有 {n} 个编号不在城市中，未显示"),
                format!("{n} ids of {file} are not in the city and are not shown"),
            ),
        ));
    }
    Ok(())
}

/// Elements that are features become one layer, those that are lines another.
fn place(input: &Input, series: Series, style: Option<&Style>, outcome: &mut Outcome, unknown: &mut Vec<String>) {
    let (mut ids, mut indices, mut of_features) = (vec![], vec![], vec![]);
    let (mut vertices, mut starts, mut of_lines) = (vec![], vec![], vec![]);
    for (at, id) in series.ids.iter().enumerate() {
        match input.elements.get(id) {
            Some(Element::Feature { id, index }) => {
                ids.push(id.clone());
                indices.push(*index);
                of_features.push(at);
            }
            Some(Element::Line(points)) => {
                starts.push(u32::try_from(vertices.len()).unwrap_or(u32::MAX));
                of_lines.extend(std::iter::repeat_n(at, points.len()));
                vertices.extend_from_slice(points);
            }
            None => unknown.push(id.clone()),
        }
    }
    let picked = |columns: &[usize]| Series {
        values: series
            .values
            .chunks(series.ids.len().max(1))
            .flat_map(|row| columns.iter().map(|at| row.get(*at).copied().unwrap_or(f32::NAN)))
            .collect(),
        ids: vec![],
        key: series.key.clone(),
        title: series.title.clone(),
        unit: series.unit.clone(),
        times_s: series.times_s.clone(),
    };
    if !ids.is_empty() {
        let shape = Shape::Features { ids, indices };
        outcome.layers.push(layer(picked(&of_features), style, shape));
    }
    if !vertices.is_empty() {
        let shape = Shape::Lines { vertices, starts };
        outcome.layers.push(layer(picked(&of_lines), style, shape));
    }
}

fn layer(series: Series, style: Option<&Style>, shape: Shape) -> Layer {
    let classes = match style {
        Some(style) if !style.classes.is_empty() => style.classes.clone(),
        _ => classes(&series.values),
    };
    Layer {
        title: style.map_or(series.title, |style| style.title.clone()),
        unit: style.map_or(series.unit, |style| style.unit.clone()),
        legend: Legend {
            classes,
            limit: style.and_then(|style| style.limit.clone()),
        },
        error: style.and_then(|style| style.error),
        look: style.map_or(Look::Ramp, |style| style.look),
        key: series.key,
        times_s: series.times_s,
        shape,
        values: series.values,
    }
}

/// Classes of equal width from the lowest to the highest value.
fn classes(values: &[f32]) -> Vec<Class> {
    let finite = || values.iter().copied().filter(|value| value.is_finite()).map(f64::from);
    let (low, high) = (
        finite().fold(f64::INFINITY, f64::min),
        finite().fold(f64::NEG_INFINITY, f64::max),
    );
    if !low.is_finite() {
        return vec![];
    }
    let count = if high > low { RAMP.len() } else { 1 };
    let step = (high - low) / count as f64;
    let class = |(n, color): (usize, &&str)| Class {
        from: low + step * n as f64,
        color: (*color).to_owned(),
        title: None,
    };
    RAMP.iter().take(count).enumerate().map(class).collect()
}
