//! What the drains behind street inlets can take: full-pipe flow by Manning, shared by all inlets upstream.

use super::city::{Standing, lines, text_of};
use super::rings::parts;
use analysis::indicators::Text;
use analysis::outcome::Note;
use city_model::attributes::first_number;
use std::collections::{BTreeMap, BTreeSet};

/// Manning's n of concrete pipes, s/m^(1/3); GB 50014 table 5.2.3 gives 0.013 to 0.014 (参考值).
const MANNING_N: f64 = 0.013;
/// Least slope where levels are missing or run against the flow.
const LEAST_SLOPE: f64 = 0.002;
/// Diameter of a drain without one that can be, metres.
const USUAL_DIAMETER_M: f64 = 0.3;
/// Diameters that a drain can have, metres: what is outside was written down wrong or in another unit.
const DIAMETERS_M: std::ops::RangeInclusive<f64> = 0.02..=10.0;

/// Drains of an area by the manholes between which they run.
#[derive(Debug, Default)]
pub(super) struct Drains {
    /// Manhole → pipes that run down from it.
    below: BTreeMap<String, Vec<Drain>>,
    /// Manholes at which a pipe begins or ends that the scenario lays.
    renewed: BTreeSet<String>,
    /// Ids of pipes without a diameter that can be.
    without_diameter: Vec<String>,
}

/// A pipe from a manhole down to another.
#[derive(Debug)]
struct Drain {
    id: String,
    low: String,
    full_m3_s: f64,
}

/// What the drains take, and what was amiss.
#[derive(Debug, Default)]
pub(super) struct Shares {
    /// By manhole, m³/s.
    pub(super) m3_s: BTreeMap<String, f64>,
    /// Diameters that were assumed, pipes that run in rings.
    pub(super) notes: Vec<Note>,
}

impl Drains {
    /// Adds a pipe; one without names of its manholes leads nowhere that is known.
    pub(super) fn add(&mut self, pipe: &Standing) {
        let attributes = &pipe.feature.attributes;
        let node = |keys: &[&str]| text_of(attributes, keys).filter(|name| !name.is_empty());
        let (Some(from), Some(to)) = (node(&["from_node", "起点点号"]), node(&["to_node", "终点点号"])) else {
            return;
        };
        let length_m: f64 = lines(&pipe.feature)
            .flat_map(|line| line.points.windows(2))
            .map(|ends| ends[0].truncate().distance(ends[1].truncate()))
            .sum();
        let level = |keys: &[&str]| first_number(attributes, keys);
        let fall_m = match (level(&["start_level_m"]), level(&["end_level_m"])) {
            (Some(start), Some(end)) => start - end,
            _ => 0.0,
        };
        let given_m = first_number(attributes, &["diameter_mm"]).map(|mm| mm / 1000.0);
        let diameter_m = given_m.filter(|d| DIAMETERS_M.contains(d)).unwrap_or_else(|| {
            self.without_diameter.push(pipe.feature.id.clone());
            USUAL_DIAMETER_M
        });
        let full_m3_s = full_flow_m3_s(diameter_m, fall_m.abs() / length_m.max(1.0));
        if pipe.is_proposal {
            self.renewed.extend([from.clone(), to.clone()]);
        }
        let (high, low) = if fall_m >= 0.0 { (from, to) } else { (to, from) };
        let id = pipe.feature.id.clone();
        self.below.entry(high).or_default().push(Drain { id, low, full_m3_s });
    }

    /// True where the scenario lays a new drain.
    pub(super) fn is_renewed(&self, manhole: &str) -> bool {
        self.renewed.contains(manhole)
    }

    /// What the drains take from each of these manholes: the least share on the way down, where every pipe is shared by
    /// all manholes above it in equal parts. Manholes without a drain are left out.
    ///
    /// Pipes that run in a ring have no order: together they take what flows out of the ring, and where nothing leads out
    /// of it, the widest of its pipes is taken for the way out.
    pub(super) fn shares(&self, manholes: &[String]) -> Shares {
        let names: BTreeSet<&str> = self
            .below
            .iter()
            .flat_map(|(high, pipes)| pipes.iter().map(|pipe| pipe.low.as_str()).chain([high.as_str()]))
            .collect();
        let names: Vec<&str> = names.into_iter().collect();
        let numbers: BTreeMap<&str, usize> = names.iter().enumerate().map(|(number, name)| (*name, number)).collect();
        let pipes_of = |node: usize| self.below.get(names[node]).map(Vec::as_slice).unwrap_or_default();
        let below: Vec<Vec<usize>> = (0..names.len())
            .map(|node| pipes_of(node).iter().map(|pipe| numbers[pipe.low.as_str()]).collect())
            .collect();
        let parts = parts(&below);
        let mut part_of = vec![0; names.len()];
        for (number, part) in parts.iter().enumerate() {
            part.iter().for_each(|node| part_of[*node] = number);
        }
        // pipes of a part with the node that each runs down from and to, those within it first
        let pipes_at = |number: usize| {
            let all = parts[number]
                .iter()
                .flat_map(|node| pipes_of(*node).iter().zip(&below[*node]));
            all.partition::<Vec<_>, _>(|(_, low)| part_of[**low] == number)
        };
        // manholes above each node that come by pipes from other parts, itself among them
        let mut load = vec![0.0_f64; names.len()];
        for number in manholes.iter().filter_map(|manhole| numbers.get(manhole.as_str())) {
            load[*number] += 1.0;
        }
        for (number, part) in parts.iter().enumerate() {
            let (_, out) = pipes_at(number);
            let all: f64 = out.iter().map(|(pipe, _)| pipe.full_m3_s).sum();
            let own: f64 = part.iter().map(|node| load[*node]).sum();
            for (pipe, low) in out {
                load[*low] += own * pipe.full_m3_s / all;
            }
        }
        let mut share = vec![f64::INFINITY; names.len()];
        let mut rings: Vec<String> = Vec::new();
        for (number, part) in parts.iter().enumerate().rev() {
            let (within, out) = pipes_at(number);
            rings.extend(within.iter().map(|(pipe, _)| pipe.id.clone()));
            let after = out.iter().map(|(_, low)| share[**low]).fold(0.0, f64::max);
            let all: f64 = out.iter().map(|(pipe, _)| pipe.full_m3_s).sum();
            let own: f64 = part.iter().map(|node| load[*node]).sum();
            let of_part = if !out.is_empty() {
                (all / own.max(1.0)).min(after)
            } else if !within.is_empty() {
                within.iter().map(|(pipe, _)| pipe.full_m3_s).fold(0.0, f64::max) / own.max(1.0)
            } else {
                f64::INFINITY
            };
            for node in part {
                // a manhole in a ring is held by its own pipes too
                let own_pipes = pipes_of(*node).iter().map(|pipe| pipe.full_m3_s).reduce(|a, b| a + b);
                share[*node] = own_pipes.map_or(of_part, |all| of_part.min(all / load[*node].max(1.0)));
            }
        }
        let known = |manhole: &String| Some((manhole.clone(), share[*numbers.get(manhole.as_str())?]));
        let known = manholes.iter().filter_map(known);
        Shares {
            m3_s: known.filter(|(_, share)| share.is_finite()).collect(),
            notes: self.notes(rings),
        }
    }

    fn notes(&self, mut rings: Vec<String>) -> Vec<Note> {
        let mut notes = Vec::new();
        let n = self.without_diameter.len();
        if n > 0 {
            let usual_mm = USUAL_DIAMETER_M * 1000.0;
            let text = Text::new(
                format!("{n} 根雨水管、合流管没有管径，或管径不在 20 mm 至 10 m 之间：按 {usual_mm} mm 计算"),
                format!("{n} drains have no diameter, or none between 20 mm and 10 m: {usual_mm} mm was taken"),
            );
            notes.push(Note::new("drains-diameter", self.without_diameter.clone(), text));
        }
        rings.sort_unstable();
        rings.dedup();
        let n = rings.len();
        if n > 0 {
            let text = Text::new(
                format!(
                    "{n} 根雨水管、合流管按起止点号和管底高程首尾成环，没有上下游：环上及其上游各井共用流出环的管道；没有出口的环以环上最大的管道为出口。请核对点号和高程"
                ),
                format!(
                    "{n} drains run in rings by the names of their manholes and their levels, so that none is below the other: the manholes of \
                     a ring and above it share the pipes that lead out of it; of a ring without a way out the widest pipe is taken for one. \
                     Check names and levels"
                ),
            );
            notes.push(Note::new("drains-ring", rings, text));
        }
        notes
    }
}

/// Flow of a full circular pipe by Manning, m³/s.
///
/// # Source
/// `Q = A R^(2/3) √S / n` with `A = π d² / 4` and `R = d / 4` (GB 50014 5.2.2).
fn full_flow_m3_s(diameter_m: f64, slope: f64) -> f64 {
    let area_m2 = std::f64::consts::PI * diameter_m * diameter_m / 4.0;
    area_m2 * (diameter_m / 4.0).powf(2.0 / 3.0) * slope.max(LEAST_SLOPE).sqrt() / MANNING_N
}

#[cfg(test)]
mod tests {
    use super::*;
    use city_model::scenario::FeatureState;
    use city_model::{CrossSection, Feature, FeatureClass, LevelReference, Line, LodGeometry, Shape};
    use glam::DVec3;
    use serde_json::json;

    fn pipe(from: &str, to: &str, diameter_mm: f64, levels_m: [f64; 2], is_proposal: bool) -> Standing {
        let mut feature = Feature::new(format!("{from}-{to}"), FeatureClass::Pipe, "demo");
        let line = Line {
            points: vec![DVec3::ZERO, DVec3::new(100.0, 0.0, 0.0)],
            section: CrossSection::Circle {
                diameter_m: diameter_mm / 1000.0,
            },
            reference: LevelReference::InsideBottom,
        };
        feature.geometry = LodGeometry::single(10, Shape::Line(line));
        for (key, value) in [
            ("from_node", json!(from)),
            ("to_node", json!(to)),
            ("diameter_mm", json!(diameter_mm)),
            ("start_level_m", json!(levels_m[0])),
            ("end_level_m", json!(levels_m[1])),
        ] {
            feature.attributes.insert(key.to_owned(), value);
        }
        Standing {
            feature,
            state: FeatureState::Existing,
            is_proposal,
        }
    }

    #[test]
    fn a_full_pipe_flows_as_in_the_tables() {
        // d 600 mm, 3 ‰, n 0.013: 0.34 m³/s at 1.19 m/s
        assert!((full_flow_m3_s(0.6, 0.003) - 0.336).abs() < 0.002);
    }

    #[test]
    fn a_pipe_is_shared_by_all_manholes_above_it() {
        let mut drains = Drains::default();
        // two branches into c, which drains to the outfall d; one is drawn against its fall
        drains.add(&pipe("a", "c", 300.0, [10.0, 9.0], false));
        drains.add(&pipe("c", "b", 300.0, [9.0, 10.0], false));
        drains.add(&pipe("c", "d", 400.0, [9.0, 8.0], false));
        let names = ["a", "b", "c", "x"].map(str::to_owned);
        let shares = drains.shares(&names).m3_s;
        let last = full_flow_m3_s(0.4, 0.01) / 3.0;
        assert!(
            names[..3].iter().all(|name| (shares[name] - last).abs() < 1e-9),
            "{shares:?}"
        );
        assert!(!shares.contains_key("x"), "it has no drain");
        // a larger pipe below helps all of them, until their own pipes are the narrow ones
        drains.below.get_mut("c").unwrap().clear();
        drains.add(&pipe("c", "d", 1000.0, [9.0, 8.0], true));
        let shares = drains.shares(&names).m3_s;
        assert!((shares["a"] - full_flow_m3_s(0.3, 0.01)).abs() < 1e-9);
        assert!((shares["c"] - full_flow_m3_s(1.0, 0.01) / 3.0).abs() < 1e-9);
        assert!(drains.is_renewed("c") && !drains.is_renewed("a"));
    }

    #[test]
    fn a_ring_takes_what_flows_out_of_it() {
        // z → a → b → c → a, c → d: wide pipes above and in the ring, a narrow one out of it
        let mut drains = Drains::default();
        drains.add(&pipe("z", "a", 1000.0, [2.0, 1.0], false));
        drains.add(&pipe("a", "b", 1000.0, [1.0, 1.0], false));
        drains.add(&pipe("b", "c", 1000.0, [1.0, 1.0], false));
        drains.add(&pipe("c", "a", 1000.0, [1.0, 1.0], false));
        drains.add(&pipe("c", "d", 200.0, [1.0, 0.0], false));
        let names = ["z", "a", "b", "c", "d"].map(str::to_owned);
        let shares = drains.shares(&names);
        let out = full_flow_m3_s(0.2, 0.01) / 4.0;
        for name in &names[..4] {
            assert!((shares.m3_s[name] - out).abs() < 1e-12, "{name}: {:?}", shares.m3_s);
        }
        assert!(!shares.m3_s.contains_key("d"), "an outfall takes everything");
        let note = &shares.notes[0];
        assert_eq!((note.code.as_str(), shares.notes.len()), ("drains-ring", 1));
        assert_eq!(note.features, ["a-b", "b-c", "c-a"]);
    }

    #[test]
    fn a_ring_without_a_way_out_takes_its_widest_pipe() {
        let mut drains = Drains::default();
        drains.add(&pipe("a", "b", 300.0, [1.0, 1.0], false));
        drains.add(&pipe("b", "a", 400.0, [1.0, 1.0], false));
        drains.add(&pipe("z", "a", 300.0, [2.0, 1.0], false));
        let shares = drains.shares(&["a", "b", "z"].map(str::to_owned));
        let widest = full_flow_m3_s(0.4, LEAST_SLOPE) / 3.0;
        assert!((shares.m3_s["b"] - widest).abs() < 1e-12, "{shares:?}");
        // a is held by the one narrow pipe that runs down from it, shared with z
        let narrow = full_flow_m3_s(0.3, LEAST_SLOPE) / 2.0;
        assert!(
            narrow < widest && (shares.m3_s["a"] - narrow).abs() < 1e-12,
            "{shares:?}"
        );
        assert!((shares.m3_s["z"] - narrow).abs() < 1e-12, "{shares:?}");
    }

    #[test]
    fn a_diameter_that_cannot_be_is_the_usual_one_and_is_told() {
        let mut drains = Drains::default();
        let wrong = [-300.0, 0.0, 0.3, 300_000.0];
        for (number, diameter_mm) in wrong.into_iter().enumerate() {
            drains.add(&pipe(&format!("m{number}"), "out", diameter_mm, [2.0, 1.0], false));
        }
        drains.add(&pipe("good", "out", 500.0, [2.0, 1.0], false));
        let names = ["m0", "m1", "m2", "m3", "good"].map(str::to_owned);
        let shares = drains.shares(&names);
        let usual = full_flow_m3_s(USUAL_DIAMETER_M, 0.01);
        for name in &names[..4] {
            assert!((shares.m3_s[name] - usual).abs() < 1e-12, "{name}: {shares:?}");
        }
        assert!((shares.m3_s["good"] - full_flow_m3_s(0.5, 0.01)).abs() < 1e-12);
        assert_eq!(shares.notes[0].code, "drains-diameter");
        assert_eq!(shares.notes[0].features, ["m0-out", "m1-out", "m2-out", "m3-out"]);
    }
}
