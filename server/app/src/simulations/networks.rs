//! Pipe networks of the city for kernels: pipes, valves, hydrants, who takes the medium, and where it comes from.

use super::city::{City, Standing, lines, text_of};
use super::people::Estimated;
use super::registry::SimulationError;
use analysis::hydraulics::survey::Laid;
use analysis::indicators::Text;
use analysis::isolation::input::{Consumer, Kind};
use analysis::networks::{At, Pipe, Source, Valve};
use analysis::outcome::Note;
use city_model::attributes::{YEAR_KEYS, first_number};
use city_model::{BuildingUse, Feature, FeatureClass, Shape};
use std::collections::{BTreeSet, HashMap};

const FROM_KEYS: &[&str] = &["from_node", "起点点号", "起始点号"];
const TO_KEYS: &[&str] = &["to_node", "终点点号", "连接点号"];
const DIAMETER_KEYS: &[&str] = &["diameter_mm", "管径", "DN"];
const KIND_KEYS: &[&str] = &["node_kind", "附属物", "特征", "fitting"];
/// Words of the survey (CJJ 61) for what closes a pipe, what feeds a network and what takes from it.
const VALVES: &[&str] = &["阀", "valve", "Valve"];
const HYDRANTS: &[&str] = &["消防栓", "消火栓", "hydrant", "Hydrant"];
const SOURCES: &[&str] = &[
    "水厂",
    "水源",
    "泵站",
    "调压",
    "门站",
    "锅炉",
    "热源",
    "换热",
    "reservoir",
    "pump",
    "source",
];
/// Ends of the widest mains that are taken as sources at most, and how far apart they are, metres.
const MAX_ASSUMED: usize = 3;
const APART_M: f64 = 800.0;

/// One network.
#[derive(Debug, Default)]
pub(super) struct PipeNetwork {
    /// One for each line of a feature, those of a feature one after the other.
    pub(super) pipes: Vec<Pipe>,
    /// Material and year of each pipe.
    pub(super) laid: Vec<Laid>,
    pub(super) valves: Vec<Valve>,
    pub(super) sources: Vec<Source>,
    pub(super) consumers: Vec<Consumer>,
    /// Floor area of each building among the consumers, by its dense number, m².
    pub(super) floors: HashMap<u32, (f64, bool)>,
    /// Places of all nodes that the survey has, fittings and manholes: id, dense number, plan.
    pub(super) nodes: Vec<(String, u32, [f64; 2])>,
    pub(super) notes: Vec<Note>,
    /// Consumers whose people are computed.
    pub(super) estimated: Estimated,
}

/// Class of a pipe: `JS` …
pub(super) fn class_of(feature: &Feature) -> String {
    text_of(&feature.attributes, &["pipe_class"]).unwrap_or_default()
}

/// Gathers the whole network of a class, and buildings of the whole city: water does not stop at the edge of an area.
pub(super) fn gather(city: &City<'_>, class: &str) -> Result<PipeNetwork, SimulationError> {
    let bbox = city.whole();
    let standing = city.standing(bbox, |f| match f.class {
        FeatureClass::Pipe | FeatureClass::PipeNode => class_of(f) == class,
        FeatureClass::Building | FeatureClass::BuildingPart => !f.geometry.is_empty(),
        _ => false,
    })?;
    let mut network = PipeNetwork::default();
    let names: BTreeSet<String> = standing
        .iter()
        .filter(|one| one.feature.class == FeatureClass::Pipe)
        .flat_map(|one| [FROM_KEYS, TO_KEYS].map(|keys| text_of(&one.feature.attributes, keys)))
        .flatten()
        .collect();
    for one in &standing {
        match one.feature.class {
            FeatureClass::Pipe => network.add_pipe(city, &one.feature, class),
            FeatureClass::PipeNode => network.add_node(&one.feature, class, &names),
            _ => network.add_building(city, one)?,
        }
    }
    if network.sources.is_empty() {
        network.assume_sources(class);
    }
    Ok(network)
}

impl PipeNetwork {
    fn add_pipe(&mut self, city: &City<'_>, feature: &Feature, class: &str) {
        let ends = [FROM_KEYS, TO_KEYS].map(|keys| text_of(&feature.attributes, keys));
        let nodes = match ends {
            [Some(from), Some(to)] => Some([from, to]),
            _ => None,
        };
        let lines: Vec<_> = lines(feature).collect();
        let names = names_of_lines(&feature.id, nodes.as_ref(), lines.len());
        for (line, nodes) in lines.into_iter().zip(names) {
            self.pipes.push(Pipe {
                id: feature.id.clone(),
                index: feature.index.0,
                class: class.to_owned(),
                nodes,
                points: city.line_points(line).iter().map(|p| p.to_array()).collect(),
                length_m: None,
                diameter_mm: first_number(&feature.attributes, DIAMETER_KEYS),
                name: text_of(&feature.attributes, &["road", "name"])
                    .filter(|name| !name.is_empty())
                    .unwrap_or_default(),
            });
            let material = text_of(&feature.attributes, &["material", "材质"]);
            let year = first_number(&feature.attributes, YEAR_KEYS).map(|year| year as i32);
            self.laid.push(Laid { material, year });
        }
    }

    fn add_node(&mut self, feature: &Feature, class: &str, names: &BTreeSet<String>) {
        let kind = text_of(&feature.attributes, KIND_KEYS).unwrap_or_default();
        let is = |words: &[&str]| words.iter().any(|word| kind.contains(word));
        let place = feature.geometry.finest().find_map(|shape| match shape {
            Shape::Point(point) => Some([point.position.x, point.position.y]),
            _ => None,
        });
        if let Some(place) = place {
            self.nodes.push((feature.id.clone(), feature.index.0, place));
        }
        let at = match place {
            _ if names.contains(&feature.id) => At::Node(feature.id.clone()),
            Some(place) => At::Point(place),
            None => return,
        };
        let class = class.to_owned();
        let id = feature.id.clone();
        if is(SOURCES) {
            self.sources.push(Source { id, class, at });
        } else if is(VALVES) {
            let state = text_of(&feature.attributes, &["state", "状态"]).unwrap_or_default();
            self.valves.push(Valve {
                id,
                index: feature.index.0,
                class,
                at,
                is_open: !is_closed(&state),
            });
        } else if is(HYDRANTS) {
            self.consumers.push(Consumer {
                name: id.clone(),
                id,
                index: feature.index.0,
                kind: Kind::Hydrant,
                people: 0.0,
                at,
            });
        }
    }

    fn add_building(&mut self, city: &City<'_>, one: &Standing) -> Result<(), SimulationError> {
        let building = city.building(&one.feature)?;
        if !building.covers_ground || !building.center.iter().all(|v| v.is_finite()) {
            return Ok(());
        }
        let people = building.facts.inhabitants(&city.rules.settings.assumptions);
        let (area, is_home) = (
            building.facts.floor_area_m2.map_or(0.0, |(area, _)| area),
            analysis::facts::is_residential(building.facts.usage),
        );
        if let Some((_, basis)) = people.filter(|(people, _)| *people > 0.0) {
            self.estimated.add(&one.feature.id, basis);
        }
        self.floors.insert(building.index, (area, is_home));
        self.consumers.push(Consumer {
            id: one.feature.id.clone(),
            index: building.index,
            name: text_of(&one.feature.attributes, &["name"]).unwrap_or_else(|| one.feature.id.clone()),
            kind: match building.facts.usage {
                BuildingUse::Hospital => Kind::Hospital,
                BuildingUse::School => Kind::School,
                _ => Kind::Building,
            },
            people: people.map_or(0.0, |(people, _)| people),
            at: At::Point(building.center),
        });
        Ok(())
    }

    /// Ends of the widest mains at the edge of the network stand in for works that the data does not have.
    fn assume_sources(&mut self, class: &str) {
        let widest = self
            .pipes
            .iter()
            .filter_map(|pipe| pipe.diameter_mm)
            .fold(0.0, f64::max);
        let points = || self.pipes.iter().flat_map(|pipe| &pipe.points);
        let low = [0, 1].map(|i| points().map(|p| p[i]).fold(f64::INFINITY, f64::min));
        let high = [0, 1].map(|i| points().map(|p| p[i]).fold(f64::NEG_INFINITY, f64::max));
        let to_edge = |p: &[f64; 3]| {
            (0..2)
                .map(|i| (p[i] - low[i]).min(high[i] - p[i]))
                .fold(f64::INFINITY, f64::min)
        };
        let mut ends: Vec<(&Pipe, [f64; 3])> = self
            .pipes
            .iter()
            .filter(|pipe| pipe.diameter_mm >= Some(widest))
            .flat_map(|pipe| [pipe.points.first(), pipe.points.last()].map(|end| (pipe, end)))
            .filter_map(|(pipe, end)| Some((pipe, *end?)))
            .collect();
        ends.sort_by(|a, b| to_edge(&a.1).total_cmp(&to_edge(&b.1)).then(a.0.index.cmp(&b.0.index)));
        let mut chosen: Vec<(&Pipe, [f64; 3])> = Vec::new();
        for end in ends {
            let is_apart = |other: &(&Pipe, [f64; 3])| (other.1[0] - end.1[0]).hypot(other.1[1] - end.1[1]) > APART_M;
            if chosen.len() < MAX_ASSUMED && chosen.iter().all(is_apart) {
                chosen.push(end);
            }
        }
        let features: Vec<String> = chosen.iter().map(|(pipe, _)| pipe.id.clone()).collect();
        self.sources = chosen
            .iter()
            .map(|(pipe, end)| Source {
                id: format!("main-{}", pipe.id),
                class: class.to_owned(),
                at: At::Point([end[0], end[1]]),
            })
            .collect();
        self.notes.push(Note {
            code: "assumed-sources".to_owned(),
            text: Text::new(
                format!("数据中没有厂站,以管网边缘 {} 处最大管径(DN{widest:.0})干管的端点作为来源", features.len()),
                format!(
                    "the data has no works: {} ends of the widest mains (DN{widest:.0}) at the edge of the network are taken as sources",
                    features.len()
                ),
            ),
            features,
        });
    }
}

/// Whether a valve stands closed by the survey's word for its state: 关, 关闭, 常闭, closed; 开关 names no state.
fn is_closed(state: &str) -> bool {
    let is_shut = state.contains(['关', '闭']) && !state.contains('开');
    is_shut || state.eq_ignore_ascii_case("closed")
}

/// Names of the ends of a pipe's lines. Those of the survey say where the whole pipe begins and ends, not where its lines
/// do: these follow one another.
fn names_of_lines(id: &str, ends: Option<&[String; 2]>, num_lines: usize) -> Vec<Option<[String; 2]>> {
    let between = |line: usize| format!("{id} {line}");
    let of = |line: usize| {
        let [from, to] = ends?;
        let from = if line == 0 { from.clone() } else { between(line) };
        let to = if line + 1 == num_lines {
            to.clone()
        } else {
            between(line + 1)
        };
        Some([from, to])
    };
    (0..num_lines).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use analysis::networks::Topology;

    #[test]
    fn a_valve_is_closed_by_the_words_of_surveys() {
        let closed = |states: &[&str]| states.iter().map(|state| is_closed(state)).collect::<Vec<_>>();
        assert_eq!(closed(&["关", "关闭", "常闭", "Closed"]), [true; 4]);
        assert_eq!(closed(&["", "开", "常开", "开关灵活", "open"]), [false; 5]);
    }

    #[test]
    fn lines_of_a_pipe_lead_from_its_first_node_to_its_last() {
        let ends = ["W1", "W2"].map(str::to_owned);
        let line = |(number, nodes): (usize, Option<[String; 2]>)| Pipe {
            id: "p".to_owned(),
            nodes,
            // a gap of ten metres between the lines
            points: [0.0, 100.0].map(|x| [x + 110.0 * number as f64, 0.0, 0.0]).to_vec(),
            ..Pipe::default()
        };
        let parts = |ends, num_lines| {
            let names = names_of_lines("p", ends, num_lines);
            let pipes: Vec<Pipe> = names.into_iter().enumerate().map(line).collect();
            let topology = Topology::new(&pipes, &[], "", 0.2, 1.5);
            let links: Vec<[u32; 2]> = topology.links.iter().map(|link| link.nodes).collect();
            (links, ["W1", "W2"].map(|name| topology.node_named(name)))
        };
        let (links, [first, last]) = parts(Some(&ends), 3);
        assert_eq!((Some(links[0][0]), Some(links[2][1])), (first, last));
        assert!(links.windows(2).all(|pair| pair[0][1] == pair[1][0]), "{links:?}");
        // without names they are apart where their ends are
        let (links, _) = parts(None, 2);
        assert_ne!(links[0][1], links[1][0]);
    }
}
