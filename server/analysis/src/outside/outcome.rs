//! From a result of another program to layers, drawn like our own.

use super::error::OutsideError;
use super::findings;
use super::input::{Frame, Input, Source};
use super::layers::{Matched, layer, place};
use super::params::{Params, Style};
use super::raster::Raster;
use super::series::Series;
use super::{read_ascii, read_epanet, read_swmm, read_table};
use crate::Task;
use crate::indicators::Text;
use crate::outcome::{Layer, Method, Outcome, Shape};

/// Raised when the kernel gives other numbers.
const VERSION: u32 = 2;

/// Reads a result and makes layers of it.
///
/// # Errors
/// [`OutsideError`] with the file and the place in it.
pub fn run(input: &Input, params: &Params, task: &Task) -> Result<Outcome, OutsideError> {
    task.step(0.0)?;
    params.check()?;
    let mut outcome = Outcome {
        method: Method {
            title: params.title(),
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
    let styles = match &input.source {
        Source::Rasters(frames) => {
            outcome.layers.push(of_rasters(frames.iter().collect(), params)?);
            vec![params.layers.first().cloned()]
        }
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
            outcome.layers.push(of_rasters(frames.iter().collect(), params)?);
            vec![params.layers.first().cloned()]
        }
        Source::Table(file) => of_series(input, params, &file.name, read_table(file, params)?, &mut outcome)?,
        Source::Epanet(file) => {
            let series = read_epanet(file, params.max_bytes)?;
            of_series(input, params, &file.name, series, &mut outcome)?
        }
        Source::Swmm(file) => {
            let series = read_swmm(file, params.max_bytes)?;
            of_series(input, params, &file.name, series, &mut outcome)?
        }
    };
    findings::add(&mut outcome, &styles);
    task.step(1.0)?;
    Ok(outcome)
}

/// One layer of all moments.
fn of_rasters(mut frames: Vec<&Frame>, params: &Params) -> Result<Layer, OutsideError> {
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
    let named = style
        .map(|style| style.column.clone())
        .filter(|column| !column.is_empty());
    let series = Series {
        key: named.unwrap_or_else(|| "value".to_owned()),
        title: params.title(),
        unit: String::new(),
        ids: vec![],
        times_s: frames.iter().map(|frame| frame.time_s).collect(),
        values: vec![],
    };
    let shape = Shape::Grid {
        origin,
        cell_m,
        columns,
        rows,
        // the caller lays it on the ground
        heights: vec![params.lift_m as f32; count],
    };
    Ok(layer(&series, values, style, params, shape, &[]))
}

/// Layers of each series that is wanted.
fn of_series(
    input: &Input,
    params: &Params,
    file: &str,
    all: Vec<Series>,
    outcome: &mut Outcome,
) -> Result<Vec<Option<Style>>, OutsideError> {
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
    let mut matched = Matched::new();
    let mut styles = vec![];
    for (series, style) in wanted {
        let before = outcome.layers.len();
        place(
            &input.elements,
            &series,
            style,
            params,
            &mut outcome.layers,
            &mut matched,
        );
        styles.extend((before..outcome.layers.len()).map(|_| style.cloned()));
    }
    if outcome.layers.is_empty() {
        let ids = matched.values().flat_map(|(_, unknown)| unknown).take(3).cloned();
        let ids = ids.collect::<Vec<String>>().join(", ");
        let (zh, en) = (
            format!("其中的编号都不在城市中（如 {ids}）；编号须为要素编号，或指定 id_attribute"),
            format!("none of its ids is in the city ({ids} …); ids are those of features, or name an id_attribute"),
        );
        return Err(OutsideError::file(file, zh, en));
    }
    findings::unmatched(file, &matched, outcome);
    Ok(styles)
}
