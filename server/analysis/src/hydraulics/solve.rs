//! Runs a network through time: EPANET reads it, our edits change it, every report step is kept.

use super::engine::{Code, LinkValue, NodeValue, Project, Time, Unreadable, read_report};
use super::error::HydraulicsError;
use super::input::{Edit, Input, Model};
use super::solution::{Link, LinkKind, Node, NodeKind, Solution, Warning};
use super::{messages, params::Params, screen};
use crate::Task;
use crate::indicators::Text;
use std::collections::HashMap;

/// EPANET's foot.
const METRES_PER_FOOT: f64 = 0.3048;
/// Units of flow by EPANET's number: litres a second in one, and whether lengths are metric.
const FLOW_UNITS: [(f64, bool); 11] = [
    (28.316_846_592, false),                  // CFS
    (3.785_411_784 / 60.0, false),            // GPM
    (3_785_411.784 / 86_400.0, false),        // MGD
    (4_546_090.0 / 86_400.0, false),          // IMGD
    (1_233_481.837_547_52 / 86_400.0, false), // AFD
    (1.0, true),                              // LPS
    (1.0 / 60.0, true),                       // LPM
    (1_000_000.0 / 86_400.0, true),           // MLD
    (1_000.0 / 3_600.0, true),                // CMH
    (1_000.0 / 86_400.0, true),               // CMD
    (1_000.0, true),                          // CMS
];

/// The state of a run beside the project.
struct Run<'a> {
    project: Project,
    litres: f64,
    metres: f64,
    input: &'a Input,
    /// File that EPANET reports to.
    report: std::path::PathBuf,
    names: Names,
    /// Removed with its files at the end.
    _folder: tempfile::TempDir,
}

/// Solves a network over its whole time.
///
/// # Errors
/// [`HydraulicsError`], naming the line, element or moment.
pub fn solve(input: &Input, params: &Params, task: &Task) -> Result<Solution, HydraulicsError> {
    task.step(0.0)?;
    let (mut run, mut solution) = open(input, params)?;
    run.edit(&solution)?;
    let steps = run.set_times(params)?;
    let bytes = bytes_needed(&solution, steps, params.has_age);
    if bytes > params.max_bytes {
        return Err(HydraulicsError::TooLarge {
            needed: bytes,
            allowed: params.max_bytes,
        });
    }
    let marched = run.march(&mut solution, params.has_age, task);
    let last_s = match marched {
        Ok(last_s) => last_s,
        Err(err) => return Err(run.explain(err)),
    };
    // a part of the time is never shown as the whole
    if (solution.times_s.len() as u64) < steps {
        let seconds = last_s as f64;
        return Err(HydraulicsError::Halted { seconds });
    }
    Ok(solution)
}

/// Bytes of the series of a solution.
fn bytes_needed(solution: &Solution, steps: u64, has_age: bool) -> u64 {
    let age = u64::from(has_age);
    let values = solution.nodes.len() as u64 * (3 + age) + solution.links.len() as u64 * (2 + age);
    steps.saturating_mul(values).saturating_mul(8)
}

/// Reads the network and fills everything of the solution that does not change over time.
fn open<'a>(input: &'a Input, params: &Params) -> Result<(Run<'a>, Solution), HydraulicsError> {
    let written = match &input.model {
        Model::Inp(_) => None,
        Model::Network(network) => Some(network.write()?),
    };
    let file: &[u8] = match (&input.model, &written) {
        (_, Some(written)) => written.text.as_bytes(),
        (Model::Inp(bytes), None) => bytes,
        (Model::Network(_), None) => &[],
    };
    let screened = screen::screen(file, params.has_age)?;
    let in_folder = |err: std::io::Error| HydraulicsError::Folder(err.to_string());
    let folder = tempfile::tempdir().map_err(in_folder)?;
    let (path, report) = (folder.path().join("network.inp"), folder.path().join("report.txt"));
    std::fs::write(&path, &screened.bytes).map_err(in_folder)?;
    let encoding = encoding_of(file);
    let (nodes, links) = written.map_or_else(Default::default, |written| (written.nodes, written.links));
    let names = Names { encoding, nodes, links };
    let project = Project::open(&path, &report).map_err(|unread| refused(&unread, &names))?;
    let of_epanet = |code: Code| HydraulicsError::Refused {
        code: code.0,
        element: None,
        count: 1,
    };
    let unit = project.flow_unit().map_err(of_epanet)?;
    let unit = usize::try_from(unit).ok().and_then(|unit| FLOW_UNITS.get(unit));
    let (litres, is_metric) = unit.copied().ok_or_else(|| of_epanet(Code(213)))?;
    let run = Run {
        project,
        litres,
        metres: if is_metric { 1.0 } else { METRES_PER_FOOT },
        input,
        report,
        names,
        _folder: folder,
    };
    let solution = run.describe().map_err(of_epanet)?;
    Ok((run, solution))
}

/// How EPANET's ids become those of the caller; without entries they are the same.
struct Names {
    encoding: &'static encoding_rs::Encoding,
    nodes: HashMap<String, String>,
    links: HashMap<String, String>,
}

impl Names {
    fn text(&self, bytes: &[u8]) -> String {
        self.encoding.decode_without_bom_handling(bytes).0.into_owned()
    }

    fn node(&self, bytes: &[u8]) -> String {
        let id = self.text(bytes);
        self.nodes.get(&id).cloned().unwrap_or(id)
    }

    fn link(&self, bytes: &[u8]) -> String {
        let id = self.text(bytes);
        self.links.get(&id).cloned().unwrap_or(id)
    }

    fn either(&self, id: &str) -> String {
        let named = self.nodes.get(id).or_else(|| self.links.get(id));
        named.map_or_else(|| id.to_owned(), Clone::clone)
    }
}

/// UTF-8, else the encodings that network files are met in.
fn encoding_of(file: &[u8]) -> &'static encoding_rs::Encoding {
    if std::str::from_utf8(file).is_ok() {
        encoding_rs::UTF_8
    } else if encoding_rs::GB18030
        .decode_without_bom_handling_and_without_replacement(file)
        .is_some()
    {
        encoding_rs::GB18030
    } else {
        encoding_rs::WINDOWS_1252
    }
}

fn refused(unread: &Unreadable, names: &Names) -> HydraulicsError {
    let all = messages::reported(&names.text(&unread.report));
    let count = all.len().max(1);
    match all.into_iter().next() {
        Some(first) => HydraulicsError::Refused {
            code: first.code,
            element: first.element.map(|id| names.either(&id)),
            count,
        },
        None => HydraulicsError::Refused {
            code: unread.code.0,
            element: None,
            count,
        },
    }
}

impl Run<'_> {
    /// The same error with what EPANET reported about it.
    fn explain(self, err: HydraulicsError) -> HydraulicsError {
        let HydraulicsError::Unsolved { code, seconds, .. } = err else {
            return err;
        };
        // closes the report, which is not on the disk before
        drop(self.project);
        let report = self.names.text(&read_report(&self.report));
        let mut causes = messages::reported(&report);
        causes.retain(|cause| !matches!(cause.code, 110 | 200 | 233));
        let count = causes.len();
        match causes.into_iter().next() {
            Some(first) => HydraulicsError::Refused {
                code: first.code,
                element: first.element.map(|id| self.names.either(&id)),
                count,
            },
            None => HydraulicsError::Unsolved {
                code,
                seconds,
                element: messages::ill_conditioned(&report).map(|id| self.names.either(&id)),
            },
        }
    }

    /// Nodes and links, in metric units and scene coordinates.
    fn describe(&self) -> Result<Solution, Code> {
        let names = &self.names;
        let placement = &self.input.placement;
        let is_file = matches!(self.input.model, Model::Inp(_));
        let place = |[x, y]: [f64; 2]| {
            if is_file {
                [
                    placement.offset[0] + placement.scale * x,
                    placement.offset[1] + placement.scale * y,
                ]
            } else {
                [x, y]
            }
        };
        let project = &self.project;
        let mut elevations = vec![];
        project.node_values(NodeValue::Elevation, &mut elevations)?;
        let lift = if is_file { placement.lift_m } else { 0.0 };
        let mut nodes = Vec::with_capacity(project.num_nodes());
        for (index, elevation) in elevations.iter().enumerate() {
            let kind = match project.node_kind(index)? {
                0 => NodeKind::Junction,
                1 => NodeKind::Reservoir,
                _ => NodeKind::Tank,
            };
            nodes.push(Node {
                id: names.node(&project.node_id(index)?),
                kind,
                place: project.node_place(index).map(place),
                elevation_m: elevation * self.metres + lift,
            });
        }
        let (mut lengths, mut diameters) = (vec![], vec![]);
        project.link_values(LinkValue::Length, &mut lengths)?;
        project.link_values(LinkValue::Diameter, &mut diameters)?;
        // US units measure diameters in inches
        let millimetres = if self.metres == 1.0 { 1.0 } else { 25.4 };
        let mut links = Vec::with_capacity(project.num_links());
        for (index, (length, diameter)) in lengths.iter().zip(&diameters).enumerate() {
            let kind = match project.link_kind(index)? {
                0 | 1 => LinkKind::Pipe,
                2 => LinkKind::Pump,
                _ => LinkKind::Valve,
            };
            links.push(Link {
                id: names.link(&project.link_id(index)?),
                kind,
                ends: project.link_ends(index)?,
                vertices: project.link_vertices(index)?.into_iter().map(place).collect(),
                length_m: length * self.metres,
                diameter_mm: diameter * millimetres,
            });
        }
        Ok(Solution {
            nodes,
            links,
            ..Solution::default()
        })
    }

    /// Makes the what-if edits.
    fn edit(&mut self, solution: &Solution) -> Result<(), HydraulicsError> {
        if self.input.edits.is_empty() {
            return Ok(());
        }
        let nodes: HashMap<&str, usize> = solution
            .nodes
            .iter()
            .enumerate()
            .map(|(i, n)| (n.id.as_str(), i))
            .collect();
        let links: HashMap<&str, usize> = solution
            .links
            .iter()
            .enumerate()
            .map(|(i, l)| (l.id.as_str(), i))
            .collect();
        let find = |what, all: &HashMap<&str, usize>, id: &str| {
            let unknown = || HydraulicsError::Unknown {
                what,
                id: id.to_owned(),
            };
            all.get(id).copied().ok_or_else(unknown)
        };
        for edit in &self.input.edits {
            match edit {
                Edit::ReplacePipe {
                    pipe,
                    diameter_mm,
                    roughness,
                } => {
                    let index = find("pipe", &links, pipe)?;
                    let is_pipe = solution
                        .links
                        .get(index)
                        .is_some_and(|link| link.kind == LinkKind::Pipe);
                    if !is_pipe {
                        return Err(wrong(
                            "link",
                            pipe,
                            "不是管段，不能更换",
                            "is no pipe and cannot be replaced",
                        ));
                    }
                    if [diameter_mm, roughness]
                        .iter()
                        .any(|v| v.is_some_and(|v| !(v.is_finite() && v > 0.0)))
                    {
                        let (zh, en) = (
                            "新管径和粗糙系数必须大于 0",
                            "the new diameter and roughness must be above 0",
                        );
                        return Err(wrong("pipe", pipe, zh, en));
                    }
                    let millimetres = if self.metres == 1.0 { 1.0 } else { 25.4 };
                    if let Some(diameter) = diameter_mm {
                        self.set(pipe, index, LinkValue::Diameter, diameter / millimetres)?;
                    }
                    if let Some(roughness) = roughness {
                        let roughness = self.roughness_of_file(*roughness);
                        self.set(pipe, index, LinkValue::Roughness, roughness)?;
                    }
                }
                Edit::Close { link } => {
                    let index = find("link", &links, link)?;
                    self.set(link, index, LinkValue::InitialStatus, 0.0)?;
                }
                Edit::AddDemand { node, demand_lps } => {
                    let index = find("node", &nodes, node)?;
                    let is_junction = solution.nodes.get(index).is_some_and(|n| n.kind == NodeKind::Junction);
                    if !is_junction || !demand_lps.is_finite() {
                        let (zh, en) = (
                            "只有节点能加用水量",
                            "demand is drawn at junctions only, as a finite number",
                        );
                        return Err(wrong("node", node, zh, en));
                    }
                    let added = self.project.add_demand(index, demand_lps / self.litres);
                    added.map_err(|code| HydraulicsError::Refused {
                        code: code.0,
                        element: Some(node.clone()),
                        count: 1,
                    })?;
                }
            }
        }
        Ok(())
    }

    /// Darcy–Weisbach roughness is millimetres here, thousandths of a foot in US files.
    fn roughness_of_file(&self, roughness: f64) -> f64 {
        let is_length = self.project.head_loss_formula().is_ok_and(|formula| formula == 1);
        if is_length && self.metres != 1.0 {
            roughness / METRES_PER_FOOT
        } else {
            roughness
        }
    }

    fn set(&mut self, id: &str, index: usize, what: LinkValue, value: f64) -> Result<(), HydraulicsError> {
        self.project
            .set_link(index, what, value)
            .map_err(|code| HydraulicsError::Refused {
                code: code.0,
                element: Some(id.to_owned()),
                count: 1,
            })
    }

    /// Sets duration and steps; gives the number of report steps.
    fn set_times(&mut self, params: &Params) -> Result<u64, HydraulicsError> {
        let of_epanet = |code: Code| HydraulicsError::Refused {
            code: code.0,
            element: None,
            count: 1,
        };
        if params.report_step_s == Some(0) {
            return Err(HydraulicsError::Parameter {
                name: "report_step_s",
                reason: Text::new("必须大于 0", "must be above 0"),
            });
        }
        let wanted = [
            (Time::Duration, params.duration_s),
            (Time::ReportStep, params.report_step_s),
        ];
        for (time, seconds) in wanted {
            if let Some(seconds) = seconds {
                self.project.set_time(time, i64::from(seconds)).map_err(of_epanet)?;
            }
        }
        let time = |what| self.project.time(what).map_err(of_epanet);
        let (duration, start) = (time(Time::Duration)?, time(Time::ReportStart)?);
        let step = time(Time::ReportStep)?.max(1);
        Ok(u64::try_from((duration - start).max(0) / step).unwrap_or_default() + 1)
    }

    /// Solves moment after moment; gives the last one, seconds.
    fn march(&mut self, solution: &mut Solution, has_age: bool, task: &Task) -> Result<i64, HydraulicsError> {
        let unsolved = |code: Code, seconds: i64| HydraulicsError::Unsolved {
            code: code.0,
            seconds: seconds as f64,
            element: None,
        };
        let at_start = |code| unsolved(code, 0);
        self.project.start(has_age).map_err(at_start)?;
        let duration = self.project.time(Time::Duration).map_err(at_start)?;
        let start = self.project.time(Time::ReportStart).map_err(at_start)?;
        let step = self.project.time(Time::ReportStep).map_err(at_start)?.max(1);
        let mut last = 0;
        loop {
            let (now, warning) = self.project.solve(has_age).map_err(|code| unsolved(code, last))?;
            last = now;
            if warning > 0 {
                self.warn(solution, now, warning).map_err(|code| unsolved(code, now))?;
            }
            if now >= start && (now - start) % step == 0 {
                self.keep(solution, now, has_age).map_err(|code| unsolved(code, now))?;
            }
            task.step(now as f64 / (duration.max(1)) as f64)?;
            if !self.project.advance(has_age).map_err(|code| unsolved(code, now))? {
                return Ok(last);
            }
        }
    }

    /// Notes a warning, and that nodes with demand are cut off, which EPANET's other warnings hide.
    fn warn(&self, solution: &mut Solution, now: i64, code: i32) -> Result<(), Code> {
        let (mut status, mut demands) = (vec![], vec![]);
        self.project.link_values(LinkValue::Status, &mut status)?;
        self.project.node_values(NodeValue::Demand, &mut demands)?;
        let mut cut_off = unreached(solution, &status);
        cut_off.retain(|node| demands.get(*node).is_some_and(|demand| *demand > 0.0));
        let time_s = u64::try_from(now).unwrap_or_default();
        let is_hidden = !cut_off.is_empty() && code != 3;
        let mut push = |code, cut_off| solution.warnings.push(Warning { time_s, code, cut_off });
        if is_hidden {
            push(3, cut_off);
            push(code, vec![]);
        } else {
            push(code, cut_off);
        }
        Ok(())
    }

    /// Keeps the values of the present moment.
    fn keep(&self, solution: &mut Solution, now: i64, has_age: bool) -> Result<(), Code> {
        let mut values = vec![];
        let project = &self.project;
        solution.times_s.push(now as f64);
        let lift = match self.input.model {
            Model::Inp(_) => self.input.placement.lift_m,
            Model::Network(_) => 0.0,
        };
        project.node_values(NodeValue::Head, &mut values)?;
        solution
            .head_m
            .extend(values.iter().map(|head| head * self.metres + lift));
        project.node_values(NodeValue::Demand, &mut values)?;
        solution
            .demand_lps
            .extend(values.iter().map(|demand| demand * self.litres));
        project.node_values(NodeValue::Deficit, &mut values)?;
        solution
            .deficit_lps
            .extend(values.iter().map(|deficit| deficit * self.litres));
        project.link_values(LinkValue::Flow, &mut values)?;
        solution.flow_lps.extend(values.iter().map(|flow| flow * self.litres));
        project.link_values(LinkValue::Velocity, &mut values)?;
        solution
            .velocity_m_s
            .extend(values.iter().map(|velocity| velocity * self.metres));
        if has_age {
            project.node_values(NodeValue::Quality, &mut values)?;
            solution.node_age_h.extend_from_slice(&values);
            project.link_values(LinkValue::Quality, &mut values)?;
            solution.link_age_h.extend_from_slice(&values);
        }
        Ok(())
    }
}

fn wrong(what: &'static str, id: &str, zh: &str, en: &str) -> HydraulicsError {
    HydraulicsError::Element {
        what,
        id: id.to_owned(),
        reason: Text::new(zh, en),
    }
}

/// Nodes without a way of open links to a tank or reservoir.
///
/// * `status` — of every link, 0 is shut
fn unreached(solution: &Solution, status: &[f64]) -> Vec<usize> {
    let mut neighbours: Vec<Vec<usize>> = vec![vec![]; solution.nodes.len()];
    for (link, status) in solution.links.iter().zip(status) {
        let [a, b] = link.ends;
        if *status != 0.0 {
            if let Some(list) = neighbours.get_mut(a) {
                list.push(b);
            }
            if let Some(list) = neighbours.get_mut(b) {
                list.push(a);
            }
        }
    }
    let mut is_reached: Vec<bool> = solution
        .nodes
        .iter()
        .map(|node| node.kind != NodeKind::Junction)
        .collect();
    let mut open: Vec<usize> = (0..is_reached.len())
        .filter(|i| is_reached.get(*i) == Some(&true))
        .collect();
    while let Some(node) = open.pop() {
        for next in neighbours.get(node).into_iter().flatten() {
            if let Some(reached) = is_reached.get_mut(*next).filter(|reached| !**reached) {
                *reached = true;
                open.push(*next);
            }
        }
    }
    (0..is_reached.len())
        .filter(|i| is_reached.get(*i) == Some(&false))
        .collect()
}
