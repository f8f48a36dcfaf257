//! Binary results of SWMM 5.
//!
//! Source: EPA SWMM 5 Interfacing Guide, "Output file": opening records, names, input data, codes of the variables,
//! start date and report step, one record a period, and six closing integers; little-endian.

use super::bytes::Bytes;
use super::error::OutsideError;
use super::input::File;
use super::series::Series;
use crate::indicators::Text;

const MAGIC: i32 = 516_114_522;
/// Bytes of the closing records.
const CLOSING_BYTES: usize = 24;
/// First code of a group that is the concentration of a pollutant.
const FIRST_POLLUTANT: [usize; 3] = [8, 6, 5];
/// Units of flow by SWMM's number.
const FLOW: [&str; 6] = ["cfs", "gpm", "mgd", "m³/s", "L/s", "ML/d"];

/// A quantity: code, key, Chinese, English, unit in metres, unit in feet; an empty unit is that of flow.
type Quantity = (
    usize,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);
const OF_CATCHMENTS: &[Quantity] = &[
    (0, "subcatchment/rainfall", "降雨强度", "Rainfall", "mm/h", "in/h"),
    (3, "subcatchment/infiltration", "下渗率", "Infiltration", "mm/h", "in/h"),
    (4, "subcatchment/runoff", "径流量", "Runoff", "", ""),
];
const OF_NODES: &[Quantity] = &[
    (0, "node/depth", "井内水深", "Depth", "m", "ft"),
    (1, "node/head", "水位", "Head", "m", "ft"),
    (4, "node/inflow", "入流量", "Total inflow", "", ""),
    (5, "node/flooding", "冒溢流量", "Flooding", "", ""),
];
const OF_LINKS: &[Quantity] = &[
    (0, "link/flow", "流量", "Flow", "", ""),
    (1, "link/depth", "管内水深", "Depth", "m", "ft"),
    (2, "link/velocity", "流速", "Velocity", "m/s", "ft/s"),
    (4, "link/fullness", "充满度", "Share that is full", "1", "1"),
];
const GROUPS: [&[Quantity]; 3] = [OF_CATCHMENTS, OF_NODES, OF_LINKS];

/// Reads the results of subcatchments, nodes and links.
///
/// * `max_bytes` — most bytes of the values
///
/// # Errors
/// [`OutsideError`] with the byte of the file.
pub fn read_swmm(file: &File, max_bytes: u64) -> Result<Vec<Series>, OutsideError> {
    let mut bytes = Bytes::new(file);
    let closing = closing(&mut bytes, file.bytes.len())?;
    bytes.seek(0)?;
    if bytes.i32()? != MAGIC {
        return Err(bytes.fault("不是 SWMM 5 结果文件", "is no result of SWMM 5"));
    }
    bytes.skip(1)?;
    let flow = bytes.i32()?;
    let counts = [bytes.count(4)?, bytes.count(4)?, bytes.count(4)?];
    let num_pollutants = bytes.count(4)?;
    let mut ids: Vec<Vec<String>> = vec![];
    for count in counts {
        let mut group = vec![];
        for _ in 0..count {
            let room = bytes.count(1)?;
            group.push(bytes.text(room)?);
        }
        ids.push(group);
    }
    for _ in 0..num_pollutants {
        let room = bytes.count(1)?;
        bytes.take(room)?;
    }
    bytes.skip(num_pollutants)?;
    for count in counts {
        // codes of the input values, then those of every element
        let num_values = bytes.count(4)?;
        bytes.skip(num_values)?;
        bytes.skip(num_values.saturating_mul(count))?;
    }
    let mut num_variables = [0; 3];
    for (group, first) in num_variables.iter_mut().zip(FIRST_POLLUTANT) {
        *group = bytes.count(4)?;
        if *group < first {
            return Err(bytes.fault("变量个数过少", "too few variables"));
        }
        bytes.skip(*group)?;
    }
    let num_system = bytes.count(4)?;
    bytes.skip(num_system)?;
    // the date at which it starts
    bytes.f64()?;
    let step_s = bytes.i32()?;
    if step_s <= 0 {
        return Err(bytes.fault("报告时段不合法", "the report step cannot be"));
    }
    let of_elements: usize = counts
        .iter()
        .zip(num_variables)
        .map(|(count, variables)| count * variables)
        .sum();
    let in_period = 8 + 4 * (of_elements + num_system);
    let long = in_period.checked_mul(closing.num_periods);
    let is_whole = long
        .and_then(|long| long.checked_add(closing.results))
        .is_some_and(|end| end == closing.names_end);
    if !is_whole || closing.results != bytes.at() {
        let n = closing.num_periods;
        let (zh, en) = (
            format!("{n} 个时段与文件长度不符"),
            format!("{n} periods do not fit the length of the file"),
        );
        return Err(bytes.fault(zh, en));
    }
    let wanted: usize = counts
        .iter()
        .zip(GROUPS)
        .map(|(count, group)| count * group.len())
        .sum();
    let needed = wanted as u64 * closing.num_periods as u64 * 4;
    if needed > max_bytes {
        return Err(OutsideError::TooLarge {
            file: file.name.clone(),
            needed,
            allowed: max_bytes,
        });
    }
    let mut values: Vec<Vec<Vec<f32>>> = GROUPS.iter().map(|group| vec![vec![]; group.len()]).collect();
    for _ in 0..closing.num_periods {
        bytes.f64()?;
        for (((group, count), variables), into) in GROUPS.iter().zip(counts).zip(num_variables).zip(&mut values) {
            for _ in 0..count {
                let row = (0..variables).map(|_| bytes.f32()).collect::<Result<Vec<f32>, _>>()?;
                for (quantity, into) in group.iter().zip(into.iter_mut()) {
                    into.push(row.get(quantity.0).copied().unwrap_or(f32::NAN));
                }
            }
        }
        bytes.skip(num_system)?;
    }
    // the first period is one step after the start
    let times_s: Vec<f64> = (1..=closing.num_periods)
        .map(|period| f64::from(step_s) * period as f64)
        .collect();
    let is_metric = flow >= 3;
    let flow = usize::try_from(flow)
        .ok()
        .and_then(|flow| FLOW.get(flow))
        .copied()
        .unwrap_or("");
    let mut all = vec![];
    for ((group, ids), values) in GROUPS.iter().zip(&ids).zip(values) {
        for (quantity, values) in group.iter().zip(values).filter(|_| !ids.is_empty()) {
            let unit = if is_metric { quantity.4 } else { quantity.5 };
            all.push(Series {
                key: quantity.1.to_owned(),
                title: Text::new(quantity.2, quantity.3),
                unit: if unit.is_empty() { flow } else { unit }.to_owned(),
                ids: ids.clone(),
                times_s: times_s.clone(),
                values,
            });
        }
    }
    Ok(all)
}

/// What the closing records say.
struct Closing {
    /// Where the results begin.
    results: usize,
    /// Where they end.
    names_end: usize,
    num_periods: usize,
}

fn closing(bytes: &mut Bytes<'_>, len: usize) -> Result<Closing, OutsideError> {
    let end = len.checked_sub(CLOSING_BYTES).unwrap_or(len);
    bytes.seek(end)?;
    bytes.skip(2)?;
    let results = bytes.count(1)?;
    let num_periods = bytes.count(4)?;
    let code = bytes.i32()?;
    if bytes.i32()? != MAGIC {
        return Err(bytes.fault("文件没有写完", "the file was not finished"));
    }
    if code != 0 {
        let (zh, en) = (
            format!("SWMM 以错误 {code} 结束"),
            format!("SWMM ended with error {code}"),
        );
        return Err(bytes.fault(zh, en));
    }
    Ok(Closing {
        results,
        names_end: end,
        num_periods,
    })
}
