//! Which valves to close, what lies between them, and what loses every source behind them.

use super::network::{Gate, Network};

/// What closing does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Isolation {
    /// Segments that are shut off, ascending: that of the break, and those behind stuck valves.
    pub shut: Vec<u32>,
    /// Gates to close, ascending; those that stand closed are among them.
    pub gates: Vec<u32>,
    /// Segments beyond that are left without a source, ascending.
    pub cut_off: Vec<u32>,
}

/// How the medium comes to segments.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Segments that it comes from.
    pub sources: Vec<u32>,
    /// Segments that it comes to, before the break.
    pub fed: Vec<bool>,
    /// True when no source is known and the network's largest part of each piece is taken for fed.
    pub is_assumed: bool,
}

impl Network {
    /// Closes what is needed around segments.
    ///
    /// * `start` — segments that must be shut off
    /// * `is_stuck` — for each valve of the input, whether it cannot be closed
    pub fn isolate(&self, start: &[u32], is_stuck: &[bool], feed: &Feed) -> Isolation {
        let mut is_shut = vec![false; self.num_segments];
        let mut open: Vec<u32> = start.to_vec();
        for segment in start {
            is_shut[*segment as usize] = true;
        }
        while let Some(segment) = open.pop() {
            for gate in self.gates_of(segment) {
                let gate = &self.gates[*gate as usize];
                // a stuck valve that stands closed holds; one that stands open lets everything through
                if is_stuck[gate.valve as usize] && gate.is_open {
                    for other in gate.segments {
                        if !is_shut[other as usize] {
                            is_shut[other as usize] = true;
                            open.push(other);
                        }
                    }
                }
            }
        }
        let shut: Vec<u32> = (0..self.num_segments as u32).filter(|s| is_shut[*s as usize]).collect();
        let divides = |gate: &Gate| is_shut[gate.segments[0] as usize] != is_shut[gate.segments[1] as usize];
        let around = shut.iter().flat_map(|s| self.gates_of(*s)).copied();
        let mut gates: Vec<u32> = around.filter(|gate| divides(&self.gates[*gate as usize])).collect();
        gates.sort_unstable();
        gates.dedup();
        let still = self.reached(&feed.remaining(self, &is_shut), &is_shut);
        let lost = |s: &u32| feed.fed[*s as usize] && !still[*s as usize] && !is_shut[*s as usize];
        let cut_off = (0..self.num_segments as u32).filter(lost).collect();
        Isolation { shut, gates, cut_off }
    }

    /// Segments that the medium reaches through open gates without entering shut ones.
    pub(super) fn reached(&self, from: &[u32], is_shut: &[bool]) -> Vec<bool> {
        let mut reached = vec![false; self.num_segments];
        let mut open: Vec<u32> = from.iter().copied().filter(|s| !is_shut[*s as usize]).collect();
        for segment in &open {
            reached[*segment as usize] = true;
        }
        while let Some(segment) = open.pop() {
            for gate in self.gates_of(segment) {
                let gate = &self.gates[*gate as usize];
                for other in gate.segments {
                    if gate.is_open && !is_shut[other as usize] && !reached[other as usize] {
                        reached[other as usize] = true;
                        open.push(other);
                    }
                }
            }
        }
        reached
    }

    /// Where the medium comes from; where no source is known, every piece of the network is fed.
    pub fn feed(&self) -> Feed {
        let nothing = vec![false; self.num_segments];
        if self.source_segments.is_empty() {
            let fed = vec![true; self.num_segments];
            return Feed {
                sources: Vec::new(),
                fed,
                is_assumed: true,
            };
        }
        let fed = self.reached(&self.source_segments, &nothing);
        Feed {
            sources: self.source_segments.clone(),
            fed,
            is_assumed: false,
        }
    }

    /// Length of the links of each segment, metres.
    fn lengths(&self) -> Vec<f64> {
        let mut lengths = vec![0.0; self.num_segments];
        for (link, segment) in self.links.iter().zip(&self.link_segments) {
            lengths[*segment as usize] += link.length_m;
        }
        lengths
    }
}

impl Feed {
    /// Segments that the medium comes from once some are shut: the sources, or without any the largest part that is
    /// left of each piece that the break tears.
    fn remaining(&self, network: &Network, is_shut: &[bool]) -> Vec<u32> {
        if !self.is_assumed {
            return self.sources.clone();
        }
        let nothing = vec![false; network.num_segments];
        let lengths = network.lengths();
        let shut: Vec<u32> = (0..network.num_segments as u32)
            .filter(|s| is_shut[*s as usize])
            .collect();
        let torn = network.reached(&shut, &nothing);
        let mut remaining: Vec<u32> = (0..network.num_segments as u32)
            .filter(|s| !torn[*s as usize])
            .collect();
        let mut seen = vec![false; network.num_segments];
        let mut best: Option<(f64, u32)> = None;
        for segment in 0..network.num_segments as u32 {
            let s = segment as usize;
            if !torn[s] || is_shut[s] || seen[s] {
                continue;
            }
            let part = network.reached(&[segment], is_shut);
            let mut length_m = 0.0;
            for (k, is_in) in part.iter().enumerate().filter(|(_, is_in)| **is_in) {
                seen[k] = *is_in;
                length_m += lengths[k];
            }
            if best.is_none_or(|b| length_m > b.0) {
                best = Some((length_m, segment));
            }
        }
        remaining.extend(best.map(|b| b.1));
        remaining
    }
}
