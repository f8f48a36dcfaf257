//! Buildings whose people are not stated but computed from households or floor area, and the note that says so.

use analysis::facts::{Assumptions, Basis};
use analysis::indicators::Text;
use analysis::outcome::Note;

/// Ids of buildings with estimated people.
#[derive(Debug, Default)]
pub(super) struct Estimated {
    by_households: Vec<String>,
    by_area: Vec<String>,
}

impl Estimated {
    /// Remembers a building whose people count in the result.
    pub(super) fn add(&mut self, id: &str, basis: Basis) {
        match basis {
            Basis::Stated => {}
            Basis::Derived => self.by_households.push(id.to_owned()),
            Basis::Estimated => self.by_area.push(id.to_owned()),
        }
    }

    /// Says how many they are and what was assumed; nothing when all people are stated.
    pub(super) fn note(&self, code: &str, assumptions: &Assumptions) -> Option<Note> {
        let [households, area] = [&self.by_households, &self.by_area].map(Vec::len);
        if households + area == 0 {
            return None;
        }
        let (size, floor) = (assumptions.people_per_household, assumptions.floor_area_per_person_m2);
        let of_households = (households > 0).then(|| {
            Text::new(
                format!("{households} 栋按户数 × 每户 {size} 人"),
                format!("{households} from households at {size} people each"),
            )
        });
        let of_area = (area > 0).then(|| {
            Text::new(
                format!("{area} 栋按住宅建筑面积 ÷ 人均 {floor} m²"),
                format!("{area} from residential floor area at {floor} m² a head"),
            )
        });
        let parts: Vec<Text> = of_households.into_iter().chain(of_area).collect();
        let [zh, en] = [|text: &Text| text.zh.clone(), |text: &Text| text.en.clone()]
            .map(|language| parts.iter().map(language).collect::<Vec<_>>());
        let all = households + area;
        Some(Note::new(
            code,
            [self.by_area.as_slice(), self.by_households.as_slice()].concat(),
            Text::new(
                format!("{all} 栋建筑没有人口资料，人口为估算：{}", zh.join("，")),
                format!("{all} buildings state no people, who are estimated: {}", en.join(", ")),
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_people_that_nobody_stated_are_told_of() {
        let assumptions = Assumptions::default();
        let mut estimated = Estimated::default();
        estimated.add("stated", Basis::Stated);
        assert!(estimated.note("x/people-estimated", &assumptions).is_none());
        estimated.add("by-area", Basis::Estimated);
        let note = estimated.note("x/people-estimated", &assumptions).unwrap();
        assert_eq!(note.features, ["by-area"]);
        assert!(
            note.text.zh.contains("1 栋按住宅建筑面积") && !note.text.zh.contains("户数"),
            "{note:?}"
        );
        estimated.add("by-households", Basis::Derived);
        let text = estimated.note("x/people-estimated", &assumptions).unwrap().text;
        assert!(
            text.en.starts_with("2 buildings") && text.en.contains("2.62 people"),
            "{text:?}"
        );
    }
}
