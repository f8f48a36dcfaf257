//! Joins pipes end to end for coarser tiles, so that a network thins out instead of falling to pieces.

use super::record::PipeRecord;
use crate::record::PackedPoints;
use glam::DVec3;
use std::collections::BTreeMap;

/// Ends nearer than this in plan are one place, metres.
const JOINT_M: f64 = 0.1;

/// A pipe or chain with its axis unpacked.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Look, section and identity of the longest member.
    pub record: PipeRecord,
    /// Axis, scene CRS metres.
    pub axis: Vec<DVec3>,
    /// Greatest extent among the members' sections, metres, and the least.
    pub sizes_m: (f64, f64),
    /// Length of the longest member, metres.
    longest_m: f64,
}

impl Chain {
    fn new(record: PipeRecord) -> Option<Self> {
        let axis = crate::plan::polyline::cleaned(&record.axis.unpack())?;
        let size = record.section.size_m();
        let longest_m = crate::plan::polyline::length(&axis);
        Some(Self {
            record,
            axis,
            sizes_m: (size, size),
            longest_m,
        })
    }

    fn key(&self, at_start: bool) -> Option<(i64, i64, u8)> {
        let p = if at_start {
            self.axis.first()?
        } else {
            self.axis.last()?
        };
        Some((
            (p.x / JOINT_M).round() as i64,
            (p.y / JOINT_M).round() as i64,
            self.record.tag.layer_code,
        ))
    }

    fn reversed(mut self) -> Self {
        self.axis.reverse();
        self
    }

    /// `self` then `next`; the section and identity of the longer one stay.
    fn joined(mut self, next: Self) -> Self {
        let error_m = self.record.error_m.max(next.record.error_m);
        let (most, least) = (self.sizes_m.0.max(next.sizes_m.0), self.sizes_m.1.min(next.sizes_m.1));
        self.axis.extend(next.axis);
        if next.longest_m > self.longest_m {
            (self.record, self.longest_m) = (next.record, next.longest_m);
        }
        self.sizes_m = (most, least);
        // members are drawn with the section of the longest one
        self.record.error_m = error_m.max((most - least) * 0.5);
        self
    }

    /// Length, metres.
    pub fn length_m(&self) -> f64 {
        crate::plan::polyline::length(&self.axis)
    }

    /// The record with the chain's own axis.
    pub fn into_record(mut self) -> PipeRecord {
        self.record.axis = PackedPoints::pack(self.axis);
        self.record
    }
}

/// Joins pipes of one class wherever exactly two ends meet. The result depends on the set of records only.
pub fn join(mut records: Vec<PipeRecord>) -> Vec<Chain> {
    records.sort_by(|a, b| {
        a.tag
            .index
            .cmp(&b.tag.index)
            .then_with(|| a.axis.unpack().len().cmp(&b.axis.unpack().len()))
    });
    let mut chains: Vec<Option<Chain>> = records.into_iter().map(Chain::new).collect();
    let mut ends: BTreeMap<(i64, i64, u8), Vec<usize>> = BTreeMap::new();
    for (i, chain) in chains.iter().enumerate() {
        for at_start in [true, false] {
            if let Some(key) = chain.as_ref().and_then(|c| c.key(at_start)) {
                ends.entry(key).or_default().push(i);
            }
        }
    }
    let places: Vec<_> = ends.keys().copied().collect();
    for key in places {
        // read anew: earlier joints have renamed the far ends
        let Some(&[a, b]) = ends.get(&key).map(Vec::as_slice) else {
            continue;
        };
        if a == b {
            continue;
        }
        let (Some(first), Some(second)) = (chains[a].take(), chains[b].take()) else {
            continue;
        };
        // the end of the first meets the start of the second; the first keeps its direction when it can
        let (first, second) = match (first.key(false) == Some(key), second.key(true) == Some(key)) {
            (true, true) => (first, second),
            (true, false) => (first, second.reversed()),
            (false, false) => (second, first),
            (false, true) => (first.reversed(), second),
        };
        let joined = first.joined(second);
        // the far ends now belong to chain `a`
        for at_start in [true, false] {
            if let Some(far) = joined.key(at_start).and_then(|k| ends.get_mut(&k)) {
                far.iter_mut().filter(|m| **m == b).for_each(|m| *m = a);
            }
        }
        chains[a] = Some(joined);
    }
    chains.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::super::record::{PipeLook, Section};
    use super::*;
    use crate::record::FeatureTag;

    fn pipe(index: u32, from: [f64; 2], to: [f64; 2], diameter_m: f64) -> PipeRecord {
        let tag = FeatureTag {
            index,
            layer_code: 33,
            class_code: 11,
            height_m: 0.3,
            id: format!("p{index}"),
            name: String::new(),
        };
        let point = |p: [f64; 2]| DVec3::new(p[0], p[1], 1.0);
        PipeRecord {
            tag,
            look: PipeLook {
                color: [0; 4],
                mark: 0,
                age_code: 0,
            },
            axis: PackedPoints::pack([point(from), point(to)]),
            section: Section::Round(diameter_m),
            error_m: 0.0,
        }
    }

    #[test]
    fn a_street_of_pipes_becomes_one_line_whatever_way_they_were_drawn() {
        let chains = join(vec![
            pipe(0, [0.0, 0.0], [10.0, 0.0], 0.3),
            pipe(1, [30.0, 0.0], [10.0, 0.0], 0.4),
            pipe(2, [30.0, 0.0], [35.0, 5.0], 0.3),
        ]);
        assert_eq!(chains.len(), 1);
        assert!((chains[0].length_m() - (30.0 + 50.0f64.sqrt())).abs() < 1e-6);
        assert_eq!(chains[0].record.tag.index, 1);
        assert!((chains[0].record.error_m - 0.05).abs() < 1e-9);
        let xs: Vec<f64> = chains[0].axis.iter().map(|p| p.x).collect();
        assert!(xs.is_sorted() || xs.iter().rev().is_sorted(), "{xs:?}");
    }

    #[test]
    fn branches_and_rings_stay_apart_and_nothing_is_lost() {
        let star = join(
            (0..3)
                .map(|i| pipe(i, [0.0, 0.0], [f64::from(i) * 5.0 + 5.0, 7.0], 0.3))
                .collect(),
        );
        assert_eq!(star.len(), 3);
        let ring = join(vec![
            pipe(0, [0.0, 0.0], [10.0, 0.0], 0.3),
            pipe(1, [10.0, 0.0], [10.0, 10.0], 0.3),
            pipe(2, [10.0, 10.0], [0.0, 0.0], 0.3),
        ]);
        let total: f64 = ring.iter().map(Chain::length_m).sum();
        assert!((total - 20.0 - 200.0f64.sqrt()).abs() < 1e-2);
    }
}
