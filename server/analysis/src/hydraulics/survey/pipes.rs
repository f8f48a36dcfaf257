//! Links of a surveyed network as pipes of the model, and gaps in their data.

use super::{Assumptions, Survey, node_id, note};
use crate::hydraulics::input::Feature;
use crate::hydraulics::network::{Pipe, PipeStatus};
use crate::hydraulics::params::Constants;
use crate::indicators::Text;
use crate::networks::{Link, Topology};
use crate::outcome::Note;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Length of a link without one, metres: it joins its ends and loses next to nothing.
const LEAST_M: f64 = 0.1;

/// Links of a survey that can be pipes, and features whose data has gaps.
pub(super) struct Pipes<'a> {
    survey: &'a Survey,
    topology: &'a Topology<'a>,
    /// Id of each link; `None` for those that cannot be pipes.
    ids: Vec<Option<String>>,
    /// Links beside valves that stand closed.
    is_shut: Vec<bool>,
    /// Links that are in the network, by place among the links.
    made: BTreeSet<usize>,
    no_length: BTreeSet<&'a str>,
    diameter: BTreeSet<&'a str>,
    material: BTreeSet<&'a str>,
    year: BTreeSet<&'a str>,
    cut_off: BTreeSet<&'a str>,
}

impl<'a> Pipes<'a> {
    /// * `nodes` — place and elevation of each node of the topology
    pub(super) fn new(survey: &'a Survey, topology: &'a Topology<'a>, nodes: &[Option<[f64; 3]>]) -> Self {
        let loose = topology
            .faults
            .loose
            .iter()
            .filter_map(|pipe| survey.pipes.get(*pipe as usize));
        let mut no_length: BTreeSet<&str> = loose.map(|pipe| pipe.id.as_str()).collect();
        // links of one feature are told apart by numbers that no other feature has in its id
        let mut taken: HashSet<String> = survey.pipes.iter().map(|pipe| pipe.id.clone()).collect();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut ids = Vec::with_capacity(topology.links.len());
        for link in &topology.links {
            let is_placed = |node: &u32| nodes.get(*node as usize).is_some_and(Option::is_some);
            let pipe = survey.pipes.get(link.pipe as usize).map(|pipe| pipe.id.as_str());
            let Some(pipe) = pipe.filter(|_| link.nodes[0] != link.nodes[1] && link.nodes.iter().all(is_placed)) else {
                no_length.extend(pipe);
                ids.push(None);
                continue;
            };
            let count = counts.entry(pipe).or_default();
            let id = loop {
                *count += 1;
                let id = if *count == 1 {
                    pipe.to_owned()
                } else {
                    format!("{pipe}#{count}")
                };
                if *count == 1 || taken.insert(id.clone()) {
                    break id;
                }
            };
            ids.push(Some(id));
        }
        let mut is_shut = vec![false; topology.links.len()];
        for seat in topology.seats.iter().filter(|seat| !seat.is_open) {
            if let Some(is_shut) = is_shut.get_mut(seat.link as usize) {
                *is_shut = true;
            }
        }
        Self {
            survey,
            topology,
            ids,
            is_shut,
            made: BTreeSet::new(),
            no_length,
            diameter: BTreeSet::new(),
            material: BTreeSet::new(),
            year: BTreeSet::new(),
            cut_off: BTreeSet::new(),
        }
    }

    /// Links that can be pipes, with their place, id and whether they are shut.
    fn usable(&self) -> impl Iterator<Item = (usize, &'a Link, &str, bool)> {
        let links = self.topology.links.iter().zip(&self.ids).zip(&self.is_shut).enumerate();
        links.filter_map(|(at, ((link, id), is_shut))| Some((at, link, id.as_deref()?, *is_shut)))
    }

    /// Which nodes hang together with a source by links that are open.
    pub(super) fn supplied(&self, num_nodes: usize, roots: &[usize]) -> Vec<bool> {
        let mut neighbours: Vec<Vec<usize>> = vec![vec![]; num_nodes];
        for (_, link, _, _) in self.usable().filter(|(_, _, _, is_shut)| !is_shut) {
            let [a, b] = link.nodes.map(|node| node as usize);
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

    /// Pipes of the model: links between supplied nodes.
    pub(super) fn links(
        &mut self,
        is_supplied: &[bool],
        assumptions: &Assumptions,
        constants: &Constants,
    ) -> Vec<Pipe> {
        let usable: Vec<(usize, &Link, String, bool)> = self
            .usable()
            .map(|(at, link, id, is_shut)| (at, link, id.to_owned(), is_shut))
            .collect();
        let mut made = Vec::with_capacity(usable.len());
        for (at, link, id, is_shut) in usable {
            // a shut link at the edge of what is supplied leads nowhere
            if !link
                .nodes
                .iter()
                .all(|node| is_supplied.get(*node as usize) == Some(&true))
            {
                self.cut_off.extend(self.pipe_id(link));
                continue;
            }
            self.made.insert(at);
            made.extend(self.pipe(link, id, is_shut, assumptions, constants));
        }
        made
    }

    fn pipe_id(&self, link: &Link) -> Option<&'a str> {
        let survey: &'a Survey = self.survey;
        survey.pipes.get(link.pipe as usize).map(|pipe| pipe.id.as_str())
    }

    fn pipe(
        &mut self,
        link: &Link,
        id: String,
        is_shut: bool,
        assumptions: &Assumptions,
        constants: &Constants,
    ) -> Option<Pipe> {
        let survey: &'a Survey = self.survey;
        let pipe = survey.pipes.get(link.pipe as usize)?;
        let laid = survey.laid.get(link.pipe as usize);
        let diameter_mm = pipe.diameter_mm.filter(|d| d.is_finite() && *d > 0.0);
        let diameter_mm = diameter_mm.unwrap_or_else(|| {
            self.diameter.insert(&pipe.id);
            constants.diameter_unknown_mm
        });
        let age = laid
            .and_then(|laid| laid.year)
            .map(|year| assumptions.year.saturating_sub(year));
        if age.is_none() {
            self.year.insert(&pipe.id);
        }
        let material = laid.and_then(|laid| laid.material.as_ref());
        let known =
            material.and_then(|material| constants.hazen_williams(material, f64::from(age.unwrap_or_default())));
        let roughness = known.unwrap_or_else(|| {
            self.material.insert(&pipe.id);
            constants.roughness_unknown
        });
        Some(Pipe {
            id,
            from: node_id(link.nodes[0] as usize),
            to: node_id(link.nodes[1] as usize),
            length_m: link.length_m.max(LEAST_M),
            diameter_mm,
            roughness,
            minor_loss: 0.0,
            status: if is_shut { PipeStatus::Closed } else { PipeStatus::Open },
            vertices: between(&pipe.points, link.along_m),
        })
    }

    /// Ids of the links that are in the network, by the id of their pipe.
    pub(super) fn ids_of_pipes(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (_, link, id, _) in self.usable().filter(|(at, ..)| self.made.contains(at)) {
            if let Some(pipe) = self.pipe_id(link) {
                found.entry(pipe.to_owned()).or_default().push(id.to_owned());
            }
        }
        found
    }

    /// Ids of the links that are in the network, by the valve that shuts them.
    pub(super) fn ids_of_valves(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for seat in &self.topology.seats {
            let link = Some(seat.link as usize).filter(|link| self.made.contains(link));
            let id = link.and_then(|link| self.ids.get(link)?.clone());
            if let (Some(id), Some(valve)) = (id, self.survey.valves.get(seat.valve as usize)) {
                found.entry(valve.id.clone()).or_default().push(id);
            }
        }
        found
    }

    /// Features of the links that are in the network, by their ids.
    pub(super) fn features(&self) -> BTreeMap<String, Feature> {
        let made = self.usable().filter(|(at, ..)| self.made.contains(at));
        let feature = |(_, link, id, _): (usize, &Link, &str, bool)| {
            let pipe = self.survey.pipes.get(link.pipe as usize)?;
            let feature = Feature {
                id: pipe.id.clone(),
                index: pipe.index,
            };
            Some((id.to_owned(), feature))
        };
        made.filter_map(feature).collect()
    }

    /// Notes of what was joined, shut, assumed and left out.
    pub(super) fn tell(self, constants: &Constants, notes: &mut Vec<Note>) {
        let faults = &self.topology.faults;
        let pipes = |of: &[u32]| -> BTreeSet<&str> {
            let found = of.iter().filter_map(|pipe| self.survey.pipes.get(*pipe as usize));
            found.map(|pipe| pipe.id.as_str()).collect()
        };
        note(
            notes,
            "hydraulics/no-length",
            &self.no_length,
            |n| format!("{n} 根管段没有位置，或首尾为同一点，未纳入管网"),
            |n| format!("{n} pipes have no place or begin and end at one node and were left out"),
        );
        let mut zero_length = pipes(&faults.zero_length);
        zero_length.retain(|id| !self.no_length.contains(id));
        note(
            notes,
            "hydraulics/zero-length",
            &zero_length,
            |n| format!("{n} 根管段长度为零，按 {LEAST_M} m 计，两端保持连通"),
            |n| format!("{n} pipes have no length and count as {LEAST_M} m: their ends stay joined"),
        );
        note(
            notes,
            "hydraulics/tee",
            &pipes(&faults.tees),
            |n| format!("{n} 根管段端点落在另一根管段中部，按三通连接"),
            |n| format!("{n} pipes end on the middle of another and were joined there"),
        );
        let is_lost = |valve: &usize| faults.lost_valves.contains(&(*valve as u32));
        let closed = |wanted: bool| -> BTreeSet<&str> {
            let valves = self.survey.valves.iter().enumerate();
            let closed = valves.filter(|(_, valve)| !valve.is_open && valve.class == self.survey.class);
            let found = closed.filter(|(number, _)| is_lost(number) == wanted);
            found.map(|(_, valve)| valve.id.as_str()).collect()
        };
        note(
            notes,
            "hydraulics/closed-valve",
            &closed(false),
            |n| format!("{n} 座阀门测绘为关闭：所在管段按关闭计算"),
            |n| format!("{n} valves are closed by the survey: the pipes that they stand on are shut"),
        );
        note(
            notes,
            "hydraulics/lost-valve",
            &closed(true),
            |n| format!("{n} 座测绘为关闭的阀门不在供水管线上，未计入"),
            |n| format!("{n} valves that are closed by the survey are on no water pipe and were left out"),
        );
        let (diameter, roughness) = (constants.diameter_unknown_mm, constants.roughness_unknown);
        note(
            notes,
            "hydraulics/no-diameter",
            &self.diameter,
            |n| format!("{n} 根管段没有管径或管径不大于 0，按 {diameter} mm 假定（参考值）"),
            |n| format!("{n} pipes have no diameter above 0; {diameter} mm was assumed"),
        );
        note(
            notes,
            "hydraulics/no-material",
            &self.material,
            |n| format!("{n} 根管段管材不明，海曾-威廉系数按 {roughness} 假定（参考值）"),
            |n| format!("{n} pipes are of unknown material; a coefficient of {roughness} was assumed"),
        );
        note(
            notes,
            "hydraulics/no-year",
            &self.year,
            |n| format!("{n} 根管段没有敷设年份，按新管的粗糙系数计算"),
            |n| format!("{n} pipes have no year; they count as new"),
        );
        note(
            notes,
            "hydraulics/no-source",
            &self.cut_off,
            |n| format!("{n} 根管段与水源不连通，或被端部关闭的阀门隔断，未纳入计算"),
            |n| {
                format!(
                    "{n} pipes are joined to no source, or shut by a closed valve at an end without one, and were left out"
                )
            },
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
    }
}

/// Vertices of a line between two places on it, metres in plan from its first vertex.
fn between(points: &[[f64; 3]], [from, to]: [f64; 2]) -> Vec<[f64; 2]> {
    let mut along = 0.0;
    let mut found = vec![];
    for pair in points.windows(2) {
        along += (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
        if along > from && along < to {
            found.push([pair[1][0], pair[1][1]]);
        }
    }
    found
}
