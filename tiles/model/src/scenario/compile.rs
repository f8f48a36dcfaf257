//! Edits at a phase to states and attributes.

use super::{Action, BASE_DATE, Edit, FeatureState, StateTable};
use crate::{Attributes, Date, Lifespan, attributes};
use std::collections::BTreeMap;

/// What compilation needs to know of the city.
#[derive(Debug, Clone, Copy, Default)]
pub struct CityFacts<'a> {
    /// Highest feature number + 1.
    pub count: u32,
    /// Numbers of the proposals: absent unless a scenario builds them.
    pub proposals: &'a [u32],
    /// Features that come or go by their own dates: an end, or a beginning after [`BASE_DATE`].
    pub lifespans: &'a [(u32, Lifespan)],
}

/// States of every feature.
///
/// * `edits` — those of the revision asked for, by ascending `seq`
/// * `phase` — day looked at; edits of later phases do not count, and lifespans count only when it is given
///
/// Later edits of the same feature win. A proposal is absent until an edit that counts builds it, and again once an
/// edit takes it away or replaces it. A feature that is not yet built at the phase is absent whatever is decided.
pub fn compile(edits: &[Edit], phase: Option<Date>, city: &CityFacts<'_>) -> StateTable {
    let mut table = StateTable::new(city.count);
    for index in city.proposals {
        table.set(*index, FeatureState::Absent);
    }
    let ended = |life: &Lifespan, at: Date| life.to.is_some_and(|to| to <= at);
    let unborn = |life: &Lifespan, at: Date| life.from.is_some_and(|from| from > BASE_DATE && from > at);
    if let Some(phase) = phase {
        for (index, _) in city.lifespans.iter().filter(|(_, life)| ended(life, phase)) {
            table.set(*index, FeatureState::Absent);
        }
    }
    // proposals are few beside the city: a set by binary search
    debug_assert!(city.proposals.is_sorted());
    let is_proposal = |index: u32| city.proposals.binary_search(&index).is_ok();
    let mut carried = Carried::default();
    for edit in edits.iter().filter(|edit| edit.counts_at(phase)) {
        for index in &edit.feature_indices {
            let state = if is_proposal(*index) {
                match edit.action {
                    Action::Build => FeatureState::Added,
                    Action::Demolish | Action::Abandon => FeatureState::Absent,
                    // the body that replaces it is among `added`
                    Action::Modify if !edit.added_indices.is_empty() => FeatureState::Absent,
                    Action::Modify | Action::Retain => continue,
                }
            } else {
                match edit.action {
                    Action::Retain => FeatureState::Retained,
                    Action::Modify => FeatureState::Modified,
                    Action::Demolish => FeatureState::Demolished,
                    Action::Abandon => FeatureState::Abandoned,
                    Action::Build => FeatureState::Added,
                }
            };
            table.set(*index, state);
        }
        for body in carried.after(edit) {
            table.set(body, FeatureState::Absent);
        }
        for index in &edit.added_indices {
            table.set(*index, FeatureState::Added);
        }
    }
    if let Some(phase) = phase {
        for (index, _) in city.lifespans.iter().filter(|(_, life)| unborn(life, phase)) {
            table.set(*index, FeatureState::Absent);
        }
    }
    table
}

/// Bodies that edits brought with a feature: added storeys, the new pipe beside the old one. They go when a later edit
/// decides otherwise for the feature, unless it only changes attributes.
#[derive(Debug, Default)]
struct Carried(BTreeMap<u32, u32>);

impl Carried {
    /// Takes note of an edit and gives the bodies that go with it.
    fn after(&mut self, edit: &Edit) -> Vec<u32> {
        let mut gone = Vec::new();
        let only_attributes = edit.action == Action::Modify && edit.added_indices.is_empty();
        if edit.action == Action::Build || only_attributes {
            return gone;
        }
        if !self.0.is_empty() {
            for target in &edit.feature_indices {
                let mut next = self.0.remove(target);
                while let Some(body) = next {
                    gone.push(body);
                    // a body may have been replaced itself
                    next = self.0.remove(&body);
                }
            }
        }
        self.0.extend(
            edit.feature_indices
                .iter()
                .copied()
                .zip(edit.added_indices.iter().copied()),
        );
        gone
    }
}

/// Attribute changes of every feature that edits of the phase modify, by dense number; later edits win by key. `null`
/// stands for a removed attribute.
pub fn modifications(edits: &[Edit], phase: Option<Date>) -> BTreeMap<u32, Attributes> {
    let mut changes: BTreeMap<u32, Attributes> = BTreeMap::new();
    for edit in edits.iter().filter(|edit| edit.counts_at(phase)) {
        match edit.action {
            Action::Modify if !edit.attributes.is_empty() => {
                for index in &edit.feature_indices {
                    let own = changes.entry(*index).or_default();
                    own.extend(edit.attributes.iter().map(|(k, v)| (k.clone(), v.clone())));
                }
            }
            // kept as it is: what was to be changed before is not
            Action::Retain if !changes.is_empty() => {
                for index in &edit.feature_indices {
                    changes.remove(index);
                }
            }
            _ => {}
        }
    }
    changes
}

/// Attributes of one feature with the edits of the phase applied. `added_storeys` stays an attribute of its own: the
/// storeys themselves are a body of their own with its own `storeys`, so that nothing is counted twice.
pub fn effective_attributes(base: &Attributes, index: u32, edits: &[Edit], phase: Option<Date>) -> Attributes {
    let mut effective = base.clone();
    for edit in edits {
        if !edit.counts_at(phase) || !edit.feature_indices.contains(&index) {
            continue;
        }
        if edit.action == Action::Retain {
            effective = base.clone();
        }
        if edit.action == Action::Modify {
            attributes::apply(&mut effective, &edit.attributes);
        }
    }
    effective
}

#[cfg(test)]
mod tests {
    use super::super::edit::tests::edit;
    use super::*;
    use serde_json::json;

    fn facts<'a>(proposals: &'a [u32], lifespans: &'a [(u32, Lifespan)]) -> CityFacts<'a> {
        CityFacts {
            count: 10,
            proposals,
            lifespans,
        }
    }

    #[test]
    fn later_edits_win_and_later_phases_wait() {
        let mut down = edit("a", 1, Action::Demolish, &[1, 2]);
        down.phase = Some(Date(20_280_101));
        let keep = edit("b", 2, Action::Retain, &[2]);
        let build = edit("c", 3, Action::Build, &[8]);
        let edits = [down, keep, build];
        let city = facts(&[8, 9], &[]);
        let all = compile(&edits, None, &city);
        assert_eq!(all.codes(), [0, 3, 1, 0, 0, 0, 0, 0, 4, 5]);
        let early = compile(&edits, Some(Date(20_271_231)), &city);
        assert_eq!(early.codes(), [0, 0, 1, 0, 0, 0, 0, 0, 4, 5]);
        assert_eq!(compile(&[], None, &city).codes(), [0, 0, 0, 0, 0, 0, 0, 0, 5, 5]);
    }

    #[test]
    fn a_proposal_that_is_replaced_or_taken_away_is_gone() {
        let built = edit("a", 1, Action::Build, &[7]);
        let mut lower = edit("b", 2, Action::Modify, &[7]);
        lower.added = vec!["f8".to_owned()];
        lower.added_indices = vec![8];
        let mut away = edit("c", 3, Action::Demolish, &[8]);
        away.phase = Some(Date(20_300_101));
        let city = facts(&[7, 8], &[]);
        let edits = [built, lower, away];
        assert_eq!(&compile(&edits[..2], None, &city).codes()[7..9], [5, 4]);
        assert_eq!(
            &compile(&edits, Some(Date(20_290_101)), &city).codes()[7..9],
            [5, 4],
            "temporary until 2030"
        );
        assert_eq!(&compile(&edits, None, &city).codes()[7..9], [5, 5]);
    }

    #[test]
    fn added_storeys_go_down_with_the_building() {
        let mut raise = edit("a", 1, Action::Modify, &[1]);
        raise.added = vec!["f9".to_owned()];
        raise.added_indices = vec![9];
        let down = edit("b", 2, Action::Demolish, &[1]);
        let city = facts(&[9], &[]);
        let edits = [raise, down];
        let codes = |edits: &[Edit]| {
            let table = compile(edits, None, &city);
            (table.codes()[1], table.codes()[9])
        };
        assert_eq!(codes(&edits[..1]), (2, 4));
        assert_eq!(codes(&edits), (3, 5));
        let mut lick_of_paint = edit("c", 3, Action::Modify, &[1]);
        lick_of_paint.attributes = json!({"facade": "brick"}).as_object().cloned().unwrap();
        assert_eq!(codes(&[edits[0].clone(), lick_of_paint]), (2, 4));
        assert_eq!(codes(&[edits[0].clone(), edit("d", 3, Action::Retain, &[1])]), (1, 5));
    }

    #[test]
    fn lifespans_count_only_at_a_phase() {
        let life = |from, to| Lifespan {
            from: Some(Date(from)),
            to,
        };
        let lifespans = [
            (0, life(19_870_101, Some(Date(20_260_101)))),
            (1, life(20_250_601, None)),
            (2, life(20_100_101, None)),
        ];
        let city = facts(&[], &lifespans);
        let at = |phase: i32| {
            let table = compile(&[], Some(Date(phase)), &city);
            [table.codes()[0], table.codes()[1], table.codes()[2]]
        };
        assert_eq!(compile(&[], None, &city).codes(), [0; 10]);
        assert_eq!(at(20_230_101), [0, 5, 0]);
        assert_eq!(at(20_250_701), [0, 0, 0]);
        assert_eq!(at(20_260_101), [5, 0, 0]);
        assert_eq!(at(20_050_101), [0, 5, 0], "today's city stands at every phase");
        let keep = [edit("a", 1, Action::Retain, &[0, 1])];
        let kept = compile(&keep, Some(Date(20_260_101)), &city);
        assert_eq!(kept.codes()[0], 1, "kept on purpose although its end was planned");
        let kept = compile(&keep, Some(Date(20_230_101)), &city);
        assert_eq!(kept.codes()[1], 5, "what is not built cannot be kept");
    }

    #[test]
    fn attributes_follow_the_edits() {
        let base = json!({"storeys": 6, "use": "住宅", "age": 30})
            .as_object()
            .cloned()
            .unwrap();
        let mut one = edit("a", 1, Action::Modify, &[3]);
        one.attributes = json!({"use": "办公", "age": null}).as_object().cloned().unwrap();
        let mut two = edit("b", 2, Action::Modify, &[3]);
        two.attributes = json!({"use": "商业"}).as_object().cloned().unwrap();
        two.phase = Some(Date(20_300_101));
        let edits = [one, two];
        let now = effective_attributes(&base, 3, &edits, Some(Date(20_250_101)));
        assert_eq!(serde_json::Value::from(now), json!({"storeys": 6, "use": "办公"}));
        assert_eq!(effective_attributes(&base, 3, &edits, None)["use"], "商业");
        assert_eq!(effective_attributes(&base, 4, &edits, None), base);
        assert_eq!(modifications(&edits, None)[&3]["age"], serde_json::Value::Null);
    }
}
