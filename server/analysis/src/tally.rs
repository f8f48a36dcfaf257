//! Totals that are kept up to date feature by feature: what every indicator is computed from.

use crate::exact::Exact;
use crate::facts::{Assumptions, BuildingFacts};
use crate::scenario::State;
use crate::slots::SlotSet;
use crate::world::{Building, Pipe, Tags, World};
use std::collections::BTreeMap;

/// A building as it stands now, seen from the area.
#[derive(Debug, Clone, Copy)]
pub struct BuildingNow<'a> {
    /// The building.
    pub building: &'a Building,
    /// Its figures with the edits applied.
    pub facts: &'a BuildingFacts,
    /// Its attributes for rules with the edits applied.
    pub tags: &'a Tags,
    /// Its state.
    pub state: State,
    /// Share of its plan area inside the area, 0–1.
    pub share: f64,
    /// True when it is counted here: its centroid lies inside.
    pub is_counted: bool,
    /// Figures that stand in for missing ones.
    pub assumptions: &'a Assumptions,
}

/// A pipe as it stands now, seen from the area.
#[derive(Debug, Clone, Copy)]
pub struct PipeNow<'a> {
    /// The pipe.
    pub pipe: &'a Pipe,
    /// Its state.
    pub state: State,
    /// Length inside the area, in plan, metres.
    pub plan_m: f64,
    /// Length inside the area along the pipe; `None` without levels.
    pub space_m: Option<f64>,
    /// Figures that stand in for missing ones.
    pub assumptions: &'a Assumptions,
}

/// What one feature gives to one measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gives {
    /// Nothing: it is not meant.
    Nothing,
    /// An amount under a key (0 where the measure has no keys); `is_assumed` when a figure stood in.
    Amount {
        /// Amount in the measure's unit.
        value: f64,
        /// Key of the part.
        key: u16,
        /// True when the amount rests on an assumption.
        is_assumed: bool,
    },
    /// It is meant, but the data does not say how much.
    Unknown,
}

impl Gives {
    /// An amount without key that the data states.
    pub const fn amount(value: f64) -> Self {
        Self::Amount {
            value,
            key: 0,
            is_assumed: false,
        }
    }

    /// What `gives` says when the feature is meant.
    pub fn when(is_meant: bool, gives: impl FnOnce() -> Self) -> Self {
        if is_meant { gives() } else { Self::Nothing }
    }

    /// An amount with a key that the data states.
    pub const fn keyed(value: f64, key: u16) -> Self {
        Self::Amount {
            value,
            key,
            is_assumed: false,
        }
    }
}

/// Which list of the world a measure runs over, and what each feature gives.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// Buildings.
    Building(fn(&BuildingNow<'_>) -> Gives),
    /// Pipes.
    Pipe(fn(&PipeNow<'_>) -> Gives),
}

/// Something that is summed over features.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// Name used by indicators.
    pub id: &'static str,
    /// What is summed.
    pub of: Of,
    /// Name of a key, as in `by`; `None` without keys.
    pub key_name: Option<fn(&World, u16) -> String>,
    /// True to keep the values themselves apart, so that the greatest is known.
    pub keeps_values: bool,
}

impl Measure {
    /// A sum over buildings without keys.
    pub const fn of_buildings(id: &'static str, gives: fn(&BuildingNow<'_>) -> Gives) -> Self {
        Self {
            id,
            of: Of::Building(gives),
            key_name: None,
            keeps_values: false,
        }
    }

    /// A sum over pipes without keys.
    pub const fn of_pipes(id: &'static str, gives: fn(&PipeNow<'_>) -> Gives) -> Self {
        Self {
            id,
            of: Of::Pipe(gives),
            key_name: None,
            keeps_values: false,
        }
    }

    /// With keys.
    #[must_use]
    pub const fn by(self, key_name: fn(&World, u16) -> String) -> Self {
        Self {
            key_name: Some(key_name),
            ..self
        }
    }

    /// With the values kept.
    #[must_use]
    pub const fn with_values(self) -> Self {
        Self {
            keeps_values: true,
            ..self
        }
    }
}

/// Total of one measure. Equal totals of equal features are equal bit by bit, however they came about.
#[derive(Debug, Clone, Default)]
pub struct Total {
    sum: Exact,
    by: Vec<(Exact, u32)>,
    values: BTreeMap<u64, u32>,
    /// Features that give an amount.
    pub members: SlotSet,
    /// Features that are meant but say nothing.
    pub unknown: SlotSet,
    /// Members whose amount rests on an assumption.
    pub num_assumed: u32,
}

impl Total {
    /// The sum of what is known.
    pub fn known(&self) -> f64 {
        self.sum.value()
    }

    /// The sum; `None` when a feature that is meant does not say its amount.
    pub fn value(&self) -> Option<f64> {
        self.unknown.is_empty().then(|| self.known())
    }

    /// Greatest single value of a measure that keeps them.
    pub fn greatest(&self) -> Option<f64> {
        self.values.last_key_value().map(|(bits, _)| f64::from_bits(*bits))
    }

    /// Parts by key, with the number of features of each; empty parts are left out.
    pub fn parts(&self) -> impl Iterator<Item = (u16, f64, u32)> + '_ {
        let parts = self.by.iter().enumerate().filter(|(_, (_, n))| *n > 0);
        parts.map(|(key, (sum, n))| (key as u16, sum.value(), *n))
    }

    fn add(&mut self, slot: usize, gives: Gives, measure: &Measure) {
        match gives {
            Gives::Nothing => {}
            Gives::Unknown => {
                self.unknown.insert(slot);
            }
            Gives::Amount { value, key, is_assumed } => {
                self.sum += Exact::of(value);
                self.members.insert(slot);
                self.num_assumed += u32::from(is_assumed);
                if measure.key_name.is_some() {
                    let at = usize::from(key);
                    if self.by.len() <= at {
                        self.by.resize(at + 1, (Exact::default(), 0));
                    }
                    self.by[at].0 += Exact::of(value);
                    self.by[at].1 += 1;
                }
                if measure.keeps_values {
                    *self.values.entry(value.max(0.0).to_bits()).or_default() += 1;
                }
            }
        }
    }

    fn remove(&mut self, slot: usize, gives: Gives, measure: &Measure) {
        match gives {
            Gives::Nothing => {}
            Gives::Unknown => self.unknown.remove(slot),
            Gives::Amount { value, key, is_assumed } => {
                self.sum -= Exact::of(value);
                self.members.remove(slot);
                self.num_assumed -= u32::from(is_assumed);
                if measure.key_name.is_some() {
                    self.by[usize::from(key)].0 -= Exact::of(value);
                    self.by[usize::from(key)].1 -= 1;
                }
                if measure.keeps_values {
                    let bits = value.max(0.0).to_bits();
                    if let Some(n) = self.values.get_mut(&bits) {
                        *n -= 1;
                        if *n == 0 {
                            self.values.remove(&bits);
                        }
                    }
                }
            }
        }
    }
}

/// Totals of all measures.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    totals: Vec<Total>,
}

impl PartialEq for Tally {
    fn eq(&self, other: &Self) -> bool {
        // keys that came and went leave empty places behind
        let parts = |t: &Total| t.parts().collect::<Vec<_>>();
        self.totals.len() == other.totals.len()
            && self.totals.iter().zip(&other.totals).all(|(a, b)| {
                a.sum == b.sum
                    && a.values == b.values
                    && a.num_assumed == b.num_assumed
                    && parts(a) == parts(b)
                    && a.members == b.members
                    && a.unknown == b.unknown
            })
    }
}

impl Tally {
    /// Empty totals.
    pub fn new(measures: &[Measure]) -> Self {
        Self {
            totals: vec![Total::default(); measures.len()],
        }
    }

    /// Total of a measure by its place in the list.
    pub fn total(&self, measure: usize) -> &Total {
        &self.totals[measure]
    }

    /// Puts a building from one standing to another (`None`: not in the area) and marks the measures that it moved.
    pub fn move_building(
        &mut self,
        measures: &[Measure],
        slot: usize,
        from: Option<&BuildingNow<'_>>,
        to: Option<&BuildingNow<'_>>,
        moved: &mut [bool],
    ) {
        for (at, measure) in measures.iter().enumerate() {
            if let Of::Building(gives) = measure.of {
                self.shift(at, measure, slot, from.map(gives), to.map(gives), moved);
            }
        }
    }

    /// Puts a pipe from one standing to another, see [`Tally::move_building`].
    pub fn move_pipe(
        &mut self,
        measures: &[Measure],
        slot: usize,
        from: Option<&PipeNow<'_>>,
        to: Option<&PipeNow<'_>>,
        moved: &mut [bool],
    ) {
        for (at, measure) in measures.iter().enumerate() {
            if let Of::Pipe(gives) = measure.of {
                self.shift(at, measure, slot, from.map(gives), to.map(gives), moved);
            }
        }
    }

    fn shift(
        &mut self,
        at: usize,
        measure: &Measure,
        slot: usize,
        from: Option<Gives>,
        to: Option<Gives>,
        moved: &mut [bool],
    ) {
        let (from, to) = (from.unwrap_or(Gives::Nothing), to.unwrap_or(Gives::Nothing));
        if from != to {
            self.totals[at].remove(slot, from, measure);
            self.totals[at].add(slot, to, measure);
            moved[at] = true;
        }
    }
}
