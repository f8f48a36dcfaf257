//! What the drains behind street inlets can take: full-pipe flow by Manning, shared by all inlets upstream.

use super::city::{Standing, lines, text_of};
use city_model::attributes::first_number;
use glam::DVec3;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Manning's n of concrete pipes, s/m^(1/3); GB 50014 table 5.2.3 gives 0.013 to 0.014 (参考值).
const MANNING_N: f64 = 0.013;
/// Least slope where levels are missing or run against the flow.
const LEAST_SLOPE: f64 = 0.002;
/// Diameter of a drain without one, metres.
const USUAL_DIAMETER_M: f64 = 0.3;

/// Drains of an area by the manholes between which they run.
#[derive(Debug, Default)]
pub(super) struct Drains {
    /// Manhole → manholes below it, with the flow that the pipe between them takes, m³/s.
    below: BTreeMap<String, Vec<(String, f64)>>,
    /// Manholes at which a pipe begins or ends that the scenario lays.
    renewed: BTreeSet<String>,
}

impl Drains {
    /// Adds a pipe; one without names of its manholes leads nowhere that is known.
    pub(super) fn add(&mut self, pipe: &Standing) {
        let attributes = &pipe.feature.attributes;
        let node = |keys: &[&str]| text_of(attributes, keys).filter(|name| !name.is_empty());
        let (Some(from), Some(to)) = (node(&["from_node", "起点点号"]), node(&["to_node", "终点点号"])) else {
            return;
        };
        let points: Vec<DVec3> = lines(&pipe.feature)
            .flat_map(|line| line.points.iter().copied())
            .collect();
        let length_m: f64 = points
            .windows(2)
            .map(|ends| ends[0].truncate().distance(ends[1].truncate()))
            .sum();
        let level = |keys: &[&str]| first_number(attributes, keys);
        let fall_m = match (level(&["start_level_m"]), level(&["end_level_m"])) {
            (Some(start), Some(end)) => start - end,
            _ => 0.0,
        };
        let diameter_m = first_number(attributes, &["diameter_mm"]).map_or(USUAL_DIAMETER_M, |mm| mm / 1000.0);
        let flow = full_flow_m3_s(diameter_m, fall_m.abs() / length_m.max(1.0));
        if pipe.is_proposal {
            self.renewed.extend([from.clone(), to.clone()]);
        }
        let (high, low) = if fall_m >= 0.0 { (from, to) } else { (to, from) };
        self.below.entry(high).or_default().push((low, flow));
    }

    /// True where the scenario lays a new drain.
    pub(super) fn is_renewed(&self, manhole: &str) -> bool {
        self.renewed.contains(manhole)
    }

    /// What the drains take from each of these manholes, m³/s: the least share on the way down, where every pipe is shared by
    /// all manholes above it in equal parts. Manholes without a drain are left out.
    pub(super) fn shares_m3_s(&self, manholes: &[String]) -> BTreeMap<String, f64> {
        let mut above: BTreeMap<&str, usize> = BTreeMap::new();
        for (high, pipes) in &self.below {
            above.entry(high).or_default();
            for (low, _) in pipes {
                *above.entry(low).or_default() += 1;
            }
        }
        let mut load: BTreeMap<&str, f64> = above.keys().map(|name| (*name, 0.0)).collect();
        for manhole in manholes {
            if let Some(load) = load.get_mut(manhole.as_str()) {
                *load += 1.0;
            }
        }
        let mut open: VecDeque<&str> = above.iter().filter(|(_, n)| **n == 0).map(|(name, _)| *name).collect();
        let mut order = Vec::with_capacity(above.len());
        while let Some(high) = open.pop_front() {
            order.push(high);
            let pipes = self.below.get(high).map(Vec::as_slice).unwrap_or_default();
            let all: f64 = pipes.iter().map(|(_, flow)| flow).sum();
            let own = load.get(high).copied().unwrap_or_default();
            for (low, flow) in pipes {
                if let Some(load) = load.get_mut(low.as_str()) {
                    *load += own * flow / all;
                }
                if let Some(rest) = above.get_mut(low.as_str()) {
                    *rest -= 1;
                    if *rest == 0 {
                        open.push_back(low);
                    }
                }
            }
        }
        // rings of pipes have no order: what drains into them is limited by the pipes before them alone
        let mut share: BTreeMap<&str, f64> = BTreeMap::new();
        for high in order.iter().rev() {
            let pipes = self.below.get(*high).map(Vec::as_slice).unwrap_or_default();
            let all: f64 = pipes.iter().map(|(_, flow)| flow).sum();
            let own = load.get(high).copied().unwrap_or_default().max(1.0);
            let after = pipes
                .iter()
                .map(|(low, _)| share.get(low.as_str()).copied().unwrap_or(f64::INFINITY));
            let after = after.fold(0.0, f64::max);
            let least = if pipes.is_empty() {
                f64::INFINITY
            } else {
                (all / own).min(after)
            };
            share.insert(high, least);
        }
        let known = |manhole: &String| Some((manhole.clone(), share.get(manhole.as_str()).copied()?));
        manholes
            .iter()
            .filter_map(known)
            .filter(|(_, share)| share.is_finite())
            .collect()
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
        let shares = drains.shares_m3_s(&names);
        let last = full_flow_m3_s(0.4, 0.01) / 3.0;
        assert!(
            names[..3].iter().all(|name| (shares[name] - last).abs() < 1e-9),
            "{shares:?}"
        );
        assert!(!shares.contains_key("x"), "it has no drain");
        // a larger pipe below helps all of them, until their own pipes are the narrow ones
        drains.below.get_mut("c").unwrap().clear();
        drains.add(&pipe("c", "d", 1000.0, [9.0, 8.0], true));
        let shares = drains.shares_m3_s(&names);
        assert!((shares["a"] - full_flow_m3_s(0.3, 0.01)).abs() < 1e-9);
        assert!((shares["c"] - full_flow_m3_s(1.0, 0.01) / 3.0).abs() < 1e-9);
        assert!(drains.is_renewed("c") && !drains.is_renewed("a"));
    }

    #[test]
    fn pipes_in_a_ring_end() {
        let mut drains = Drains::default();
        drains.add(&pipe("a", "b", 300.0, [1.0, 1.0], false));
        drains.add(&pipe("b", "a", 300.0, [1.0, 1.0], false));
        drains.add(&pipe("z", "a", 300.0, [2.0, 1.0], false));
        let shares = drains.shares_m3_s(&["a", "z"].map(str::to_owned));
        assert!(shares["z"] > 0.0 && !shares.contains_key("a"), "{shares:?}");
    }
}
