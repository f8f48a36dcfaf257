//! What the values of a network are drawn on: features of the city where it has them, lines elsewhere.

use super::input::Input;
use super::params::Quantity;
use super::solution::{NodeKind, Solution};
use crate::outcome::{Class, Shape};
use std::collections::BTreeMap;

/// From low to high, even to the eye and safe for colour-blind people (viridis).
const RAMP: [&str; 8] = [
    "#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725",
];

/// Elements of the network that one feature stands for.
#[derive(Debug, Default)]
struct Group {
    id: String,
    nodes: Vec<usize>,
    links: Vec<usize>,
}

/// Vertices of a link: place and share of its length.
#[derive(Debug)]
struct Course {
    link: usize,
    points: Vec<([f64; 3], f64)>,
}

/// Where values go.
pub(super) struct Canvas<'a> {
    pub(super) solution: &'a Solution,
    /// By dense number; empty when no element is a feature.
    groups: BTreeMap<u32, Group>,
    /// Used when no element is a feature.
    courses: Vec<Course>,
    /// Links that cannot be drawn.
    pub(super) num_unplaced: usize,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(input: &Input, solution: &'a Solution) -> Self {
        let mut groups: BTreeMap<u32, Group> = BTreeMap::new();
        for (at, link) in solution.links.iter().enumerate() {
            if let Some(feature) = input.link_features.get(&link.id) {
                let group = groups.entry(feature.index).or_default();
                group.id.clone_from(&feature.id);
                group.links.push(at);
            }
        }
        for (at, node) in solution.nodes.iter().enumerate() {
            if let Some(feature) = input.node_features.get(&node.id) {
                let group = groups.entry(feature.index).or_default();
                group.id.clone_from(&feature.id);
                group.nodes.push(at);
            }
        }
        let (mut courses, mut num_unplaced) = (vec![], 0);
        if groups.is_empty() {
            for at in 0..solution.links.len() {
                match course(solution, at) {
                    Some(course) => courses.push(course),
                    None => num_unplaced += 1,
                }
            }
        }
        Self {
            solution,
            groups,
            courses,
            num_unplaced,
        }
    }

    /// Values of one step.
    pub(super) fn len(&self, quantity: Quantity) -> usize {
        if self.groups.is_empty() {
            self.courses.iter().map(|course| course.points.len()).sum()
        } else {
            self.shown(quantity).count()
        }
    }

    /// Features that have a value of this quantity: nodes have neither flow nor velocity.
    fn shown(&self, quantity: Quantity) -> impl Iterator<Item = (&u32, &Group)> {
        let is_of_links = matches!(quantity, Quantity::Flow | Quantity::Velocity);
        self.groups
            .iter()
            .filter(move |(_, group)| !is_of_links || !group.links.is_empty())
    }

    pub(super) fn shape(&self, quantity: Quantity) -> Shape {
        if self.groups.is_empty() {
            let (mut vertices, mut starts) = (vec![], vec![]);
            for course in &self.courses {
                starts.push(u32::try_from(vertices.len()).unwrap_or(u32::MAX));
                vertices.extend(course.points.iter().map(|(point, _)| *point));
            }
            return Shape::Lines { vertices, starts };
        }
        Shape::Features {
            ids: self.shown(quantity).map(|(_, group)| group.id.clone()).collect(),
            indices: self.shown(quantity).map(|(index, _)| *index).collect(),
        }
    }

    /// Values step after step.
    pub(super) fn values(&self, quantity: Quantity) -> Vec<f32> {
        let steps = self.solution.times_s.len();
        let mut values = Vec::with_capacity(steps * self.len(quantity));
        for step in 0..steps {
            if self.groups.is_empty() {
                for course in &self.courses {
                    self.along(quantity, step, course, &mut values);
                }
            } else {
                values.extend(
                    self.shown(quantity)
                        .map(|(_, group)| self.of_group(quantity, step, group) as f32),
                );
            }
        }
        values
    }

    fn at_node(&self, quantity: Quantity, step: usize, node: usize) -> f64 {
        let solution = self.solution;
        let at = step * solution.nodes.len() + node;
        let value = match quantity {
            Quantity::Pressure => {
                // a reservoir is a level, not a place where someone opens a tap
                let node = solution.nodes.get(node).filter(|node| node.kind != NodeKind::Reservoir);
                let ground = node.map(|node| node.elevation_m);
                solution.head_m.get(at).zip(ground).map(|(head, ground)| head - ground)
            }
            Quantity::Head => solution.head_m.get(at).copied(),
            Quantity::Age => solution.node_age_h.get(at).copied(),
            Quantity::Flow | Quantity::Velocity => None,
        };
        value.unwrap_or(f64::NAN)
    }

    fn at_link(&self, quantity: Quantity, step: usize, link: usize) -> f64 {
        let solution = self.solution;
        let at = step * solution.links.len() + link;
        let ends = solution.links.get(link).map(|link| link.ends);
        let at_ends = || ends.map(|ends| ends.map(|node| self.at_node(quantity, step, node)));
        let value = match quantity {
            // the lower end decides whether there is enough
            // f64::min passes over the gap at a reservoir
            Quantity::Pressure => at_ends().map(|[a, b]| a.min(b)),
            Quantity::Head => at_ends().map(|[a, b]| f64::midpoint(a, b)),
            Quantity::Flow => solution.flow_lps.get(at).copied(),
            Quantity::Velocity => solution.velocity_m_s.get(at).copied(),
            Quantity::Age => solution.link_age_h.get(at).copied(),
        };
        value.unwrap_or(f64::NAN)
    }

    /// The lowest pressure, the largest flow, velocity and age, the first head of what a feature stands for.
    fn of_group(&self, quantity: Quantity, step: usize, group: &Group) -> f64 {
        let links = group.links.iter().map(|link| self.at_link(quantity, step, *link));
        let nodes = group.nodes.iter().map(|node| self.at_node(quantity, step, *node));
        let choose = |a: f64, b: f64| match quantity {
            Quantity::Pressure => a.min(b),
            Quantity::Flow if b.abs() > a.abs() => b,
            Quantity::Flow | Quantity::Head => a,
            Quantity::Velocity | Quantity::Age => a.max(b),
        };
        links
            .chain(nodes)
            .filter(|value| !value.is_nan())
            .reduce(choose)
            .unwrap_or(f64::NAN)
    }

    /// Values at the vertices of a line: between those of the ends, or that of the link.
    fn along(&self, quantity: Quantity, step: usize, course: &Course, values: &mut Vec<f32>) {
        let ends = self.solution.links.get(course.link).map(|link| link.ends);
        match (quantity, ends) {
            (Quantity::Pressure | Quantity::Head | Quantity::Age, Some(ends)) => {
                let [a, b] = ends.map(|node| self.at_node(quantity, step, node));
                let (a, b) = (if a.is_nan() { b } else { a }, if b.is_nan() { a } else { b });
                values.extend(course.points.iter().map(|(_, share)| (a + (b - a) * share) as f32));
            }
            _ => {
                let value = self.at_link(quantity, step, course.link) as f32;
                values.extend(course.points.iter().map(|_| value));
            }
        }
    }
}

/// The line of a link; `None` when an end has no place.
fn course(solution: &Solution, at: usize) -> Option<Course> {
    let link = solution.links.get(at)?;
    let [a, b] = [solution.nodes.get(link.ends[0])?, solution.nodes.get(link.ends[1])?];
    let mut plan = vec![a.place?];
    plan.extend(&link.vertices);
    plan.push(b.place?);
    let mut lengths = vec![0.0];
    let mut total = 0.0;
    for pair in plan.windows(2) {
        total += (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
        lengths.push(total);
    }
    let points = plan.iter().zip(&lengths).map(|([x, y], length)| {
        let share = if total > 0.0 { length / total } else { 0.0 };
        ([*x, *y, a.elevation_m + (b.elevation_m - a.elevation_m) * share], share)
    });
    Some(Course {
        link: at,
        points: points.collect(),
    })
}

/// Classes of a legend. Flow is coloured by its size: its sign is the direction.
pub(super) fn classes_of(quantity: Quantity, values: &[f32]) -> Vec<Class> {
    let fixed: &[f64] = match quantity {
        Quantity::Pressure => &[-1e4, 0.0, 10.0, 16.0, 20.0, 24.0, 28.0, 40.0],
        Quantity::Flow => &[0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0],
        Quantity::Velocity => &[0.0, 0.05, 0.1, 0.3, 0.6, 1.0, 1.5, 2.5],
        Quantity::Age => &[0.0, 3.0, 6.0, 12.0, 24.0, 48.0, 72.0, 120.0],
        Quantity::Head => &[],
    };
    if !fixed.is_empty() {
        return fixed
            .iter()
            .zip(RAMP)
            .map(|(from, color)| class(*from, color))
            .collect();
    }
    let finite = || values.iter().copied().filter(|value| value.is_finite()).map(f64::from);
    let (low, high) = (
        finite().fold(f64::INFINITY, f64::min),
        finite().fold(f64::NEG_INFINITY, f64::max),
    );
    if !(low.is_finite() && high > low) {
        return vec![class(if low.is_finite() { low.floor() } else { 0.0 }, RAMP[0])];
    }
    let step = (high - low) / RAMP.len() as f64;
    let from = |n: usize| {
        if n == 0 {
            low.floor()
        } else {
            ((low + step * n as f64) * 10.0).round() / 10.0
        }
    };
    RAMP.iter()
        .enumerate()
        .map(|(n, color)| class(from(n), color))
        .collect()
}

fn class(from: f64, color: &str) -> Class {
    let title = (from == -1e4).then(|| crate::indicators::Text::new("负压", "Negative pressure"));
    Class {
        from,
        color: color.to_owned(),
        title,
    }
}
