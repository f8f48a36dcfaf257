//! A water network in plain structs: metric, coordinates in the scene CRS; checked, and written as EPANET's input.

use super::error::HydraulicsError;
use crate::indicators::Text;
use std::collections::HashMap;

/// A network.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Network {
    /// Where pipes meet and water is drawn.
    pub junctions: Vec<Junction>,
    /// Sources with a fixed head.
    pub reservoirs: Vec<Reservoir>,
    /// Tanks whose level moves.
    pub tanks: Vec<Tank>,
    /// Pipes.
    pub pipes: Vec<Pipe>,
    /// Pumps.
    pub pumps: Vec<Pump>,
    /// Valves.
    pub valves: Vec<Valve>,
    /// Factors over time.
    pub patterns: Vec<Pattern>,
    /// Head of pumps over flow, and the like.
    pub curves: Vec<Curve>,
    /// What holds for the whole network.
    pub options: Options,
}

/// Where pipes meet and water is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Junction {
    /// Id, once among all nodes.
    pub id: String,
    /// Place in the scene, metres.
    pub place: [f64; 2],
    /// Height of the ground, metres.
    pub elevation_m: f64,
    /// Litres a second, before the pattern.
    pub demand_lps: f64,
    /// Pattern of the demand; `None` is constant.
    pub pattern: Option<String>,
}

/// A source with a fixed head.
#[derive(Debug, Clone, PartialEq)]
pub struct Reservoir {
    /// Id, once among all nodes.
    pub id: String,
    /// Place in the scene, metres.
    pub place: [f64; 2],
    /// Head, metres.
    pub head_m: f64,
    /// Pattern of the head; `None` is constant.
    pub pattern: Option<String>,
}

/// A cylindrical tank.
#[derive(Debug, Clone, PartialEq)]
pub struct Tank {
    /// Id, once among all nodes.
    pub id: String,
    /// Place in the scene, metres.
    pub place: [f64; 2],
    /// Height of the bottom, metres.
    pub elevation_m: f64,
    /// Level above the bottom at the start, metres.
    pub initial_level_m: f64,
    /// Least level, metres.
    pub min_level_m: f64,
    /// Largest level, metres.
    pub max_level_m: f64,
    /// Diameter, metres.
    pub diameter_m: f64,
}

/// A pipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipe {
    /// Id, once among all links.
    pub id: String,
    /// First node.
    pub from: String,
    /// Last node.
    pub to: String,
    /// Length, metres.
    pub length_m: f64,
    /// Inner diameter, millimetres.
    pub diameter_mm: f64,
    /// Roughness in the unit of the head loss formula.
    pub roughness: f64,
    /// Coefficient of local losses.
    pub minor_loss: f64,
    /// Open, shut or one-way.
    pub status: PipeStatus,
    /// Places between the two nodes, metres of the scene.
    pub vertices: Vec<[f64; 2]>,
}

/// Whether water passes a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PipeStatus {
    /// Both ways.
    #[default]
    Open,
    /// Not at all.
    Closed,
    /// From the first to the last node only.
    CheckValve,
}

/// A pump, from its suction to its pressure side.
#[derive(Debug, Clone, PartialEq)]
pub struct Pump {
    /// Id, once among all links.
    pub id: String,
    /// Suction side.
    pub from: String,
    /// Pressure side.
    pub to: String,
    /// What it gives.
    pub power: PumpPower,
    /// Speed beside that of the curve.
    pub speed: f64,
    /// Pattern of the speed.
    pub pattern: Option<String>,
}

/// What a pump gives.
#[derive(Debug, Clone, PartialEq)]
pub enum PumpPower {
    /// Head over flow, a curve.
    Curve(String),
    /// Constant power, kilowatts.
    Kilowatts(f64),
}

/// A valve.
#[derive(Debug, Clone, PartialEq)]
pub struct Valve {
    /// Id, once among all links.
    pub id: String,
    /// First node.
    pub from: String,
    /// Last node.
    pub to: String,
    /// Diameter, millimetres.
    pub diameter_mm: f64,
    /// What it does.
    pub kind: ValveKind,
    /// Metres of head, litres a second or a coefficient, by kind.
    pub setting: f64,
}

/// What a valve does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValveKind {
    /// Holds the pressure behind it down.
    PressureReducing,
    /// Holds the pressure before it up.
    PressureSustaining,
    /// Holds the flow down.
    FlowControl,
    /// Throttles by a loss coefficient.
    Throttle,
}

/// Factors, one for each pattern step, repeated.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// Id.
    pub id: String,
    /// Factors.
    pub multipliers: Vec<f64>,
}

/// Points of a curve, x ascending: litres a second and metres for pumps.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Id.
    pub id: String,
    /// Points.
    pub points: Vec<[f64; 2]>,
}

/// What holds for the whole network.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Formula of head loss.
    pub head_loss: HeadLoss,
    /// Seconds in all; 0 is one moment.
    pub duration_s: u32,
    /// Seconds between two solutions, and two steps of the result.
    pub step_s: u32,
    /// Seconds of a pattern step.
    pub pattern_step_s: u32,
    /// Heads in metres between which demand falls from whole to none; `None` always draws the whole demand.
    pub pressure_driven: Option<[f64; 2]>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            head_loss: HeadLoss::default(),
            duration_s: 24 * 3600,
            step_s: 3600,
            pattern_step_s: 3600,
            pressure_driven: None,
        }
    }
}

/// Formula of head loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeadLoss {
    /// Hazen–Williams; roughness is the coefficient C.
    #[default]
    HazenWilliams,
    /// Darcy–Weisbach; roughness in millimetres.
    DarcyWeisbach,
    /// Chezy–Manning; roughness is Manning's n.
    ChezyManning,
}

/// EPANET's text and the ids of its nodes and links, which are numbers there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    pub(super) text: String,
    /// By EPANET's id.
    pub(super) nodes: HashMap<String, String>,
    /// By EPANET's id.
    pub(super) links: HashMap<String, String>,
}

/// Adds a line.
fn put(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn wrong(what: &'static str, id: &str, zh: &str, en: &str) -> HydraulicsError {
    HydraulicsError::Element {
        what,
        id: id.to_owned(),
        reason: Text::new(zh, en),
    }
}

/// Numbers of ids, refusing doubles.
#[derive(Default)]
struct Numbers<'a>(HashMap<&'a str, usize>);

impl<'a> Numbers<'a> {
    fn add(&mut self, what: &'static str, id: &'a str) -> Result<usize, HydraulicsError> {
        let number = self.0.len() + 1;
        if self.0.insert(id, number).is_some() {
            return Err(wrong(what, id, "编号重复", "the id is there twice"));
        }
        Ok(number)
    }

    fn get(&self, what: &'static str, id: &str) -> Result<usize, HydraulicsError> {
        let unknown = || HydraulicsError::Unknown {
            what,
            id: id.to_owned(),
        };
        self.0.get(id).copied().ok_or_else(unknown)
    }
}

fn finite(what: &'static str, id: &str, values: &[f64]) -> Result<(), HydraulicsError> {
    if values.iter().all(|value| value.is_finite()) {
        Ok(())
    } else {
        Err(wrong(
            what,
            id,
            "数值缺失或不是有限数",
            "a number is missing or not finite",
        ))
    }
}

fn positive(what: &'static str, id: &str, value: f64, zh: &str, en: &str) -> Result<(), HydraulicsError> {
    finite(what, id, &[value])?;
    if value > 0.0 {
        Ok(())
    } else {
        let (zh, en) = (
            format!("{zh}为 {value}，必须大于 0"),
            format!("{en} is {value}, must be above 0"),
        );
        Err(wrong(what, id, &zh, &en))
    }
}

impl Network {
    /// Checks everything and writes it as EPANET's input, litres a second and metres.
    ///
    /// # Errors
    /// The first element that cannot be, with the reason.
    pub(super) fn write(&self) -> Result<Written, HydraulicsError> {
        let mut out = String::new();
        let mut patterns = Numbers::default();
        for pattern in &self.patterns {
            patterns.add("pattern", &pattern.id)?;
            finite("pattern", &pattern.id, &pattern.multipliers)?;
            if pattern.multipliers.is_empty() {
                return Err(wrong("pattern", &pattern.id, "没有数据", "has no multipliers"));
            }
        }
        let mut curves = Numbers::default();
        for curve in &self.curves {
            curves.add("curve", &curve.id)?;
            check_curve(curve)?;
        }
        let mut nodes = Numbers::default();
        self.write_nodes(&mut out, &mut nodes, &patterns)?;
        let mut links = Numbers::default();
        self.write_links(&mut out, &nodes, &mut links, &patterns, &curves)?;
        self.write_rest(&mut out, &nodes, &links);
        let named = |prefix: &str, numbers: Numbers<'_>| {
            let name = |(id, number): (&str, usize)| (format!("{prefix}{number}"), id.to_owned());
            numbers.0.into_iter().map(name).collect()
        };
        Ok(Written {
            text: out,
            nodes: named("n", nodes),
            links: named("l", links),
        })
    }

    fn write_nodes<'a>(
        &'a self,
        out: &mut String,
        nodes: &mut Numbers<'a>,
        patterns: &Numbers<'_>,
    ) -> Result<(), HydraulicsError> {
        let pattern = |id: &Option<String>| match id {
            Some(id) => patterns.get("pattern", id).map(|number| format!("t{number}")),
            None => Ok(String::new()),
        };
        out.push_str("[JUNCTIONS]\n");
        for junction in &self.junctions {
            let number = nodes.add("junction", &junction.id)?;
            let values = [
                junction.elevation_m,
                junction.demand_lps,
                junction.place[0],
                junction.place[1],
            ];
            finite("junction", &junction.id, &values)?;
            let line = format!("n{number} {} {}", junction.elevation_m, junction.demand_lps);
            put(out, &format!("{line} {}", pattern(&junction.pattern)?));
        }
        out.push_str("[RESERVOIRS]\n");
        for reservoir in &self.reservoirs {
            let number = nodes.add("reservoir", &reservoir.id)?;
            let values = [reservoir.head_m, reservoir.place[0], reservoir.place[1]];
            finite("reservoir", &reservoir.id, &values)?;
            put(
                out,
                &format!("n{number} {} {}", reservoir.head_m, pattern(&reservoir.pattern)?),
            );
        }
        out.push_str("[TANKS]\n");
        for tank in &self.tanks {
            let number = nodes.add("tank", &tank.id)?;
            let levels = [tank.min_level_m, tank.initial_level_m, tank.max_level_m];
            finite("tank", &tank.id, &levels)?;
            finite("tank", &tank.id, &[tank.elevation_m, tank.place[0], tank.place[1]])?;
            positive("tank", &tank.id, tank.diameter_m, "直径", "the diameter")?;
            if !levels.is_sorted() || tank.min_level_m < 0.0 {
                let (zh, en) = ("水位上下限与初始水位不合法", "the levels are not in order");
                return Err(wrong("tank", &tank.id, zh, en));
            }
            let levels = format!("{} {} {}", tank.initial_level_m, tank.min_level_m, tank.max_level_m);
            put(
                out,
                &format!("n{number} {} {levels} {} 0", tank.elevation_m, tank.diameter_m),
            );
        }
        if self.reservoirs.is_empty() && self.tanks.is_empty() {
            return Err(HydraulicsError::Refused {
                code: 224,
                element: None,
                count: 1,
            });
        }
        Ok(())
    }

    fn write_links<'a>(
        &'a self,
        out: &mut String,
        nodes: &Numbers<'_>,
        links: &mut Numbers<'a>,
        patterns: &Numbers<'_>,
        curves: &Numbers<'_>,
    ) -> Result<(), HydraulicsError> {
        let ends = |what: &'static str, id: &str, from: &str, to: &str| {
            if from == to {
                return Err(wrong(what, id, "起点与终点相同", "has the same node at both ends"));
            }
            Ok(format!("n{} n{}", nodes.get("node", from)?, nodes.get("node", to)?))
        };
        out.push_str("[PIPES]\n");
        for pipe in &self.pipes {
            let id = pipe.id.as_str();
            let number = links.add("pipe", id)?;
            positive("pipe", id, pipe.length_m, "长度", "the length")?;
            positive("pipe", id, pipe.diameter_mm, "管径", "the diameter")?;
            positive("pipe", id, pipe.roughness, "粗糙系数", "the roughness")?;
            finite("pipe", id, &[pipe.minor_loss])?;
            finite("pipe", id, pipe.vertices.as_flattened())?;
            if pipe.minor_loss < 0.0 {
                return Err(wrong("pipe", id, "局部损失系数为负", "the minor loss is negative"));
            }
            let status = match pipe.status {
                PipeStatus::Open => "OPEN",
                PipeStatus::Closed => "CLOSED",
                PipeStatus::CheckValve => "CV",
            };
            let ends = ends("pipe", id, &pipe.from, &pipe.to)?;
            let sizes = format!("{} {} {}", pipe.length_m, pipe.diameter_mm, pipe.roughness);
            put(out, &format!("l{number} {ends} {sizes} {} {status}", pipe.minor_loss));
        }
        out.push_str("[PUMPS]\n");
        for pump in &self.pumps {
            let id = pump.id.as_str();
            let number = links.add("pump", id)?;
            finite("pump", id, &[pump.speed])?;
            let power = match &pump.power {
                PumpPower::Curve(curve) if curve.is_empty() => {
                    return Err(wrong(
                        "pump",
                        id,
                        "没有曲线也没有功率",
                        "has neither a curve nor a power",
                    ));
                }
                PumpPower::Curve(curve) => format!("HEAD c{}", curves.get("curve", curve)?),
                PumpPower::Kilowatts(power) => {
                    positive("pump", id, *power, "功率", "the power")?;
                    format!("POWER {power}")
                }
            };
            let ends = ends("pump", id, &pump.from, &pump.to)?;
            let pattern = match &pump.pattern {
                Some(pattern) => format!("PATTERN t{}", patterns.get("pattern", pattern)?),
                None => String::new(),
            };
            put(
                out,
                &format!("l{number} {ends} {power} SPEED {} {pattern}", pump.speed.max(0.0)),
            );
        }
        out.push_str("[VALVES]\n");
        for valve in &self.valves {
            let id = valve.id.as_str();
            let number = links.add("valve", id)?;
            positive("valve", id, valve.diameter_mm, "管径", "the diameter")?;
            finite("valve", id, &[valve.setting])?;
            let kind = match valve.kind {
                ValveKind::PressureReducing => "PRV",
                ValveKind::PressureSustaining => "PSV",
                ValveKind::FlowControl => "FCV",
                ValveKind::Throttle => "TCV",
            };
            let ends = ends("valve", id, &valve.from, &valve.to)?;
            put(
                out,
                &format!("l{number} {ends} {} {kind} {} 0", valve.diameter_mm, valve.setting),
            );
        }
        Ok(())
    }

    fn write_rest(&self, out: &mut String, nodes: &Numbers<'_>, links: &Numbers<'_>) {
        out.push_str("[PATTERNS]\n");
        for (index, pattern) in self.patterns.iter().enumerate() {
            for part in pattern.multipliers.chunks(12) {
                let factors: Vec<String> = part.iter().map(f64::to_string).collect();
                put(out, &format!("t{} {}", index + 1, factors.join(" ")));
            }
        }
        out.push_str("[CURVES]\n");
        for (index, curve) in self.curves.iter().enumerate() {
            for [x, y] in &curve.points {
                put(out, &format!("c{} {x} {y}", index + 1));
            }
        }
        let options = &self.options;
        let formula = match options.head_loss {
            HeadLoss::HazenWilliams => "H-W",
            HeadLoss::DarcyWeisbach => "D-W",
            HeadLoss::ChezyManning => "C-M",
        };
        put(
            out,
            &format!("[OPTIONS]\nUNITS LPS\nPRESSURE METERS\nHEADLOSS {formula}\nTRIALS 200\nUNBALANCED CONTINUE 20"),
        );
        if let Some([least, whole]) = options.pressure_driven {
            put(
                out,
                &format!("DEMAND MODEL PDA\nMINIMUM PRESSURE {least}\nREQUIRED PRESSURE {whole}"),
            );
        }
        let clock = |seconds: u32| format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        put(
            out,
            &format!(
                "[TIMES]\nDURATION {}\nHYDRAULIC TIMESTEP {step}\nREPORT TIMESTEP {step}\nPATTERN TIMESTEP {}",
                clock(options.duration_s),
                clock(options.pattern_step_s.max(1)),
                step = clock(options.step_s.max(1))
            ),
        );
        out.push_str("[COORDINATES]\n");
        let places = self.junctions.iter().map(|node| (&node.id, node.place));
        let places = places.chain(self.reservoirs.iter().map(|node| (&node.id, node.place)));
        for (id, [x, y]) in places.chain(self.tanks.iter().map(|node| (&node.id, node.place))) {
            if let Some(number) = nodes.0.get(id.as_str()) {
                put(out, &format!("n{number} {x} {y}"));
            }
        }
        out.push_str("[VERTICES]\n");
        for pipe in &self.pipes {
            let Some(number) = links.0.get(pipe.id.as_str()) else {
                continue;
            };
            for [x, y] in &pipe.vertices {
                put(out, &format!("l{number} {x} {y}"));
            }
        }
    }
}

fn check_curve(curve: &Curve) -> Result<(), HydraulicsError> {
    if curve.points.is_empty() {
        return Err(wrong("curve", &curve.id, "没有数据", "has no points"));
    }
    finite("curve", &curve.id, curve.points.as_flattened())?;
    if curve.points.windows(2).any(|pair| pair[0][0] >= pair[1][0]) {
        return Err(wrong(
            "curve",
            &curve.id,
            "横坐标没有递增",
            "the x-values do not ascend",
        ));
    }
    Ok(())
}
