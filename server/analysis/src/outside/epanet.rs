//! Binary results of EPANET 2.
//!
//! Source: EPANET 2.2 User Manual, appendix C.3 "Binary Output File Format": prolog of 15 integers and fixed texts,
//! network data, energy use, one record a period, epilog of 28 bytes; little-endian, four bytes a number.

use super::bytes::Bytes;
use super::error::OutsideError;
use super::input::File;
use super::series::Series;
use crate::indicators::Text;

const MAGIC: i32 = 516_114_521;
/// Texts of the prolog: three titles, two file names, name and unit of the chemical.
const TITLES: [usize; 7] = [80, 80, 80, 260, 260, 32, 32];
/// Room of an id.
const ID_BYTES: usize = 32;
/// Bytes after the last period.
const EPILOG_BYTES: usize = 28;
/// Values of a node and of a link in a period.
const NODE_VALUES: usize = 4;
const LINK_VALUES: usize = 8;
/// Units of flow by EPANET's number.
const FLOW: [&str; 11] = [
    "cfs", "gpm", "mgd", "imgd", "afd", "L/s", "L/min", "ML/d", "m³/h", "m³/d", "m³/s",
];

/// A quantity: place among a period's values, key, Chinese, English.
type Quantity = (usize, &'static str, &'static str, &'static str);
const OF_NODES: [Quantity; NODE_VALUES] = [
    (0, "node/demand", "节点用水量", "Demand"),
    (1, "node/head", "水头", "Head"),
    (2, "node/pressure", "压力", "Pressure"),
    (3, "node/quality", "水质", "Water quality"),
];
const OF_LINKS: [Quantity; 3] = [
    (0, "link/flow", "流量", "Flow"),
    (1, "link/velocity", "流速", "Velocity"),
    (2, "link/headloss", "单位水头损失", "Unit head loss"),
];

/// What the prolog says.
struct Prolog {
    num_nodes: usize,
    num_tanks: usize,
    num_links: usize,
    num_pumps: usize,
    quality: i32,
    flow: i32,
    pressure: i32,
    statistic: i32,
    start_s: i32,
    step_s: i32,
    chemical_unit: String,
}

/// Reads the results: demand, head, pressure and quality of nodes, flow, velocity and head loss of links.
///
/// * `max_bytes` — most bytes of the values
///
/// # Errors
/// [`OutsideError`] with the byte of the file.
pub fn read_epanet(file: &File, max_bytes: u64) -> Result<Vec<Series>, OutsideError> {
    let mut bytes = Bytes::new(file);
    let prolog = prolog(&mut bytes)?;
    let ids =
        |bytes: &mut Bytes<'_>, count: usize| (0..count).map(|_| bytes.text(ID_BYTES)).collect::<Result<Vec<_>, _>>();
    let nodes = ids(&mut bytes, prolog.num_nodes)?;
    let links = ids(&mut bytes, prolog.num_links)?;
    // ends and kind of links, numbers and areas of tanks, elevations, lengths and diameters
    bytes.skip(3 * prolog.num_links + 2 * prolog.num_tanks + prolog.num_nodes + 2 * prolog.num_links)?;
    // energy: a number and six values a pump, and the peak
    bytes.skip(7 * prolog.num_pumps + 1)?;
    let start = bytes.at();
    let num_periods = epilog(&mut bytes, file.bytes.len())?;
    let in_period = NODE_VALUES * nodes.len() + LINK_VALUES * links.len();
    let end = in_period
        .checked_mul(num_periods * 4)
        .and_then(|long| long.checked_add(start));
    if end != file.bytes.len().checked_sub(EPILOG_BYTES) {
        return Err(bytes.fault(
            format!("{num_periods} 个时段与文件长度不符"),
            format!("{num_periods} periods do not fit the length of the file"),
        ));
    }
    if prolog.statistic != 0 {
        return Err(bytes.fault(
            "文件只有统计值，没有过程（Statistic 须为 None）",
            "holds a statistic, no series (Statistic must be None)",
        ));
    }
    let wanted = num_periods as u64 * (OF_NODES.len() * nodes.len() + OF_LINKS.len() * links.len()) as u64 * 4;
    if wanted > max_bytes {
        return Err(OutsideError::TooLarge {
            file: file.name.clone(),
            needed: wanted,
            allowed: max_bytes,
        });
    }
    bytes.seek(start)?;
    let mut of_nodes = vec![Vec::with_capacity(num_periods * nodes.len()); OF_NODES.len()];
    let mut of_links = vec![Vec::with_capacity(num_periods * links.len()); OF_LINKS.len()];
    for _ in 0..num_periods {
        block(&mut bytes, nodes.len(), NODE_VALUES, &mut of_nodes)?;
        block(&mut bytes, links.len(), LINK_VALUES, &mut of_links)?;
    }
    let (start_s, step_s) = (f64::from(prolog.start_s), f64::from(prolog.step_s));
    let times_s: Vec<f64> = (0..num_periods)
        .map(|period| start_s + step_s * period as f64)
        .collect();
    let series = |(quantity, values): (&Quantity, Vec<f32>), ids: &Vec<String>| Series {
        key: quantity.1.to_owned(),
        title: Text::new(quantity.2, quantity.3),
        unit: unit(quantity.1, &prolog),
        ids: ids.clone(),
        times_s: times_s.clone(),
        values,
    };
    let mut all: Vec<Series> = OF_NODES.iter().zip(of_nodes).map(|pair| series(pair, &nodes)).collect();
    all.extend(OF_LINKS.iter().zip(of_links).map(|pair| series(pair, &links)));
    if prolog.quality == 0 {
        all.retain(|series| series.key != "node/quality");
    }
    Ok(all)
}

fn prolog(bytes: &mut Bytes<'_>) -> Result<Prolog, OutsideError> {
    if bytes.i32()? != MAGIC {
        return Err(bytes.fault("不是 EPANET 结果文件", "is no result of EPANET"));
    }
    bytes.skip(1)?;
    let num_nodes = bytes.count(ID_BYTES)?;
    let num_tanks = bytes.count(8)?;
    let num_links = bytes.count(ID_BYTES)?;
    let num_pumps = bytes.count(28)?;
    // valves
    bytes.skip(1)?;
    let quality = bytes.i32()?;
    // traced node
    bytes.skip(1)?;
    let (flow, pressure, statistic) = (bytes.i32()?, bytes.i32()?, bytes.i32()?);
    let (start_s, step_s) = (bytes.i32()?, bytes.i32()?);
    bytes.skip(1)?;
    if step_s <= 0 || start_s < 0 {
        return Err(bytes.fault("报告时段不合法", "the report step cannot be"));
    }
    let mut chemical_unit = String::new();
    for room in TITLES {
        chemical_unit = bytes.text(room)?;
    }
    Ok(Prolog {
        num_nodes,
        num_tanks,
        num_links,
        num_pumps,
        quality,
        flow,
        pressure,
        statistic,
        start_s,
        step_s,
        chemical_unit,
    })
}

/// Number of periods.
fn epilog(bytes: &mut Bytes<'_>, len: usize) -> Result<usize, OutsideError> {
    let at = len.checked_sub(EPILOG_BYTES).unwrap_or(len);
    bytes.seek(at)?;
    bytes.skip(4)?;
    let num_periods = bytes.count(4)?;
    bytes.skip(1)?;
    if bytes.i32()? != MAGIC {
        return Err(bytes.fault("文件没有写完", "the file was not finished"));
    }
    Ok(num_periods)
}

/// Values of one period: one quantity after the other, all elements in each.
fn block(
    bytes: &mut Bytes<'_>,
    num_elements: usize,
    num_values: usize,
    into: &mut [Vec<f32>],
) -> Result<(), OutsideError> {
    for values in into.iter_mut() {
        for _ in 0..num_elements {
            values.push(bytes.f32()?);
        }
    }
    bytes.skip(num_elements * num_values.saturating_sub(into.len()))
}

fn unit(key: &str, prolog: &Prolog) -> String {
    let is_metric = prolog.flow >= 5;
    let flow = || {
        usize::try_from(prolog.flow)
            .ok()
            .and_then(|flow| FLOW.get(flow))
            .copied()
            .unwrap_or("")
    };
    match key {
        "node/demand" | "link/flow" => flow(),
        "node/head" => {
            if is_metric {
                "m"
            } else {
                "ft"
            }
        }
        "node/pressure" => match prolog.pressure {
            0 => "psi",
            1 => "kPa",
            2 => "m",
            3 => "bar",
            4 => "ft",
            _ => "",
        },
        "node/quality" if prolog.quality == 2 => "h",
        "node/quality" if prolog.quality == 3 => "%",
        "node/quality" => prolog.chemical_unit.as_str(),
        "link/velocity" => {
            if is_metric {
                "m/s"
            } else {
                "ft/s"
            }
        }
        "link/headloss" => {
            if is_metric {
                "m/km"
            } else {
                "ft/kft"
            }
        }
        _ => "",
    }
    .to_owned()
}
