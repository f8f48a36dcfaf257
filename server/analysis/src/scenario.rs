//! How things stand: the state of each feature and the figures that edits changed.

use crate::facts::BuildingFacts;
use crate::world::Tags;
use std::collections::BTreeMap;

pub use city_model::scenario::FeatureState as State;

/// True when the thing was there before the scenario.
pub const fn was_there(state: State) -> bool {
    !matches!(state, State::Added | State::Absent)
}

/// A building whose attributes edits changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changed {
    /// Its figures with the edits applied.
    pub facts: BuildingFacts,
    /// Its attributes for rules with the edits applied.
    pub tags: Tags,
}

/// A scenario at a revision and phase.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scenario {
    /// State by feature number; features beyond the end are untouched, proposals beyond the end absent.
    pub states: Vec<u8>,
    /// Buildings whose attributes edits changed, by feature number.
    pub changed: BTreeMap<u32, Changed>,
}

impl Scenario {
    /// State of a feature.
    pub fn state(&self, index: u32, is_proposal: bool) -> State {
        match self.states.get(index as usize) {
            Some(code) => State::from_code(*code).unwrap_or_default(),
            None if is_proposal => State::Absent,
            None => State::Existing,
        }
    }

    /// Numbers of the features that stand otherwise in `other`, ascending.
    pub fn differences(&self, other: &Self) -> Vec<u32> {
        let common = self.states.len().min(other.states.len());
        // whole pages of bytes are compared first: most of a city is the same in both
        let mut found: Vec<u32> = Vec::new();
        for (page, (a, b)) in self.states[..common]
            .chunks(4096)
            .zip(other.states[..common].chunks(4096))
            .enumerate()
        {
            if a != b {
                let pairs = a.iter().zip(b).enumerate();
                found.extend(
                    pairs
                        .filter(|(_, (a, b))| a != b)
                        .map(|(i, _)| (page * 4096 + i) as u32),
                );
            }
        }
        found.extend((common as u32)..(self.states.len().max(other.states.len()) as u32));
        for (index, facts) in &self.changed {
            if other.changed.get(index) != Some(facts) {
                found.push(*index);
            }
        }
        found.extend(other.changed.keys().filter(|index| !self.changed.contains_key(index)));
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_found_in_states_length_and_figures() {
        let mut a = Scenario {
            states: vec![0; 10_000],
            ..Scenario::default()
        };
        let mut b = a.clone();
        b.states[5000] = 3;
        b.states.push(4);
        a.changed.insert(7, Changed::default());
        assert_eq!(a.differences(&b), [7, 5000, 10_000]);
        assert!(b.differences(&b).is_empty());
        assert_eq!(b.state(20_000, true), State::Absent);
        assert_eq!(b.state(20_000, false), State::Existing);
    }
}
