//! One decision of a planner.

use crate::{Attributes, Date};
use serde::{Deserialize, Serialize};

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// 留: kept on purpose.
    Retain,
    /// 改: attributes, added storeys, façade.
    Modify,
    /// 拆: taken down.
    Demolish,
    /// 建: built new; the features are proposals.
    Build,
    /// 废: a pipe left in the ground out of use.
    Abandon,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 5] = [Self::Retain, Self::Modify, Self::Demolish, Self::Build, Self::Abandon];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retain => "retain",
            Self::Modify => "modify",
            Self::Demolish => "demolish",
            Self::Build => "build",
            Self::Abandon => "abandon",
        }
    }

    /// Name shown to Chinese readers.
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::Retain => "留",
            Self::Modify => "改",
            Self::Demolish => "拆",
            Self::Build => "建",
            Self::Abandon => "废",
        }
    }

    /// Action of a wire name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }
}

/// One edit of a scenario. Rows are append-only: an edit is in force in the revisions from `from_revision` up to but
/// not including `until_revision`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// Names the edit; kept by branches and merges, so that the same edit is known on both sides.
    pub uid: String,
    /// Order of application: later edits of the same feature win.
    pub seq: u64,
    /// What is decided.
    pub action: Action,
    /// Ids of the features that it is decided for; of [`Action::Build`] the proposals themselves.
    pub features: Vec<String>,
    /// Dense numbers of `features`.
    pub feature_indices: Vec<u32>,
    /// Proposals that come with it: none, or one for each of `features` in the same order (added storeys, the new pipe
    /// beside the abandoned one, the body that replaces a proposal; of [`Action::Build`] the features again).
    pub added: Vec<String>,
    /// Dense numbers of `added`.
    pub added_indices: Vec<u32>,
    /// Attributes that [`Action::Modify`] sets; `null` removes.
    pub attributes: Attributes,
    /// Renewal project that it belongs to.
    pub project: Option<String>,
    /// Day from which it counts; `None`: always.
    #[serde(with = "iso_date")]
    pub phase: Option<Date>,
    /// Who decided.
    pub author: String,
    /// Why.
    pub note: String,
    /// When it was written, UTC, RFC 3339.
    pub at: String,
    /// First revision of the scenario that has it.
    pub from_revision: u64,
    /// First revision that has it no more.
    pub until_revision: Option<u64>,
}

impl Edit {
    /// True when the edit belongs to a revision.
    pub fn is_active_at(&self, revision: u64) -> bool {
        self.from_revision <= revision && self.until_revision.is_none_or(|until| revision < until)
    }

    /// True when the edit counts at a phase; with no phase asked, or none given, it always does.
    pub fn counts_at(&self, phase: Option<Date>) -> bool {
        match (self.phase, phase) {
            (Some(from), Some(asked)) => from <= asked,
            _ => true,
        }
    }

    /// True when both say the same of the same features, whoever said it and when.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.action == other.action
            && self.attributes == other.attributes
            && self.project == other.project
            && self.phase == other.phase
    }

    /// The edit for only those features that `keep` names by position.
    pub fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        let pick = |ids: &[String]| -> Vec<String> {
            let kept = ids.iter().enumerate().filter(|(i, _)| keep(*i));
            kept.map(|(_, id)| id.clone()).collect()
        };
        let pick_indices = |indices: &[u32]| -> Vec<u32> {
            let kept = indices.iter().enumerate().filter(|(i, _)| keep(*i));
            kept.map(|(_, index)| *index).collect()
        };
        Self {
            features: pick(&self.features),
            feature_indices: pick_indices(&self.feature_indices),
            added: pick(&self.added),
            added_indices: pick_indices(&self.added_indices),
            ..self.clone()
        }
    }
}

/// Reads the date of a phase, `2028` or `2028-06-30`.
///
/// # Errors
/// A sentence when it is no date or lies outside of 1900–2200.
pub fn parse_phase(text: &str) -> Result<Date, String> {
    let date = Date::parse(text).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        format!("{shown:?} is no date: write YYYY-MM-DD")
    })?;
    let (month, day) = (date.0 / 100 % 100, date.0 % 100);
    let leap = date.year() % 4 == 0 && (date.year() % 100 != 0 || date.year() % 400 == 0);
    let days = match month {
        2 => 28 + i32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day > days {
        return Err(format!("{text} is no day of the calendar"));
    }
    if (1900..=2200).contains(&date.year()) {
        Ok(date)
    } else {
        Err(format!("{text} lies outside of the years 1900 to 2200"))
    }
}

/// Dates as `YYYY-MM-DD` for serde.
pub mod iso_date {
    use crate::Date;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    /// `YYYY-MM-DD`; unknown months and days are the first.
    pub fn to_text(date: Date) -> String {
        let (month, day) = (date.0 / 100 % 100, date.0 % 100);
        format!("{:04}-{:02}-{:02}", date.year(), month.max(1), day.max(1))
    }

    /// Writes a date or nothing.
    ///
    /// # Errors
    /// Those of the serializer.
    #[allow(clippy::ref_option, reason = "the signature that serde calls")]
    pub fn serialize<S: Serializer>(date: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => serializer.serialize_some(&to_text(*date)),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a date or nothing.
    ///
    /// # Errors
    /// When the text is no date.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        text.map(|t| super::parse_phase(&t).map_err(D::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An edit of some features for tests.
    pub(crate) fn edit(uid: &str, seq: u64, action: Action, indices: &[u32]) -> Edit {
        let ids: Vec<String> = indices.iter().map(|i| format!("f{i}")).collect();
        let is_build = action == Action::Build;
        Edit {
            uid: uid.to_owned(),
            seq,
            action,
            features: ids.clone(),
            feature_indices: indices.to_vec(),
            added: if is_build { ids } else { Vec::new() },
            added_indices: if is_build { indices.to_vec() } else { Vec::new() },
            attributes: Attributes::new(),
            project: None,
            phase: None,
            author: "tester".to_owned(),
            note: String::new(),
            at: String::new(),
            from_revision: 1,
            until_revision: None,
        }
    }

    #[test]
    fn phases_are_days_of_the_calendar() {
        assert_eq!(parse_phase("2028"), Ok(Date(20_280_101)));
        assert_eq!(parse_phase("2028-02-29"), Ok(Date(20_280_229)));
        for bad in [
            "2027-02-29",
            "2028-04-31",
            "1899-12-31",
            "2201",
            "soon",
            "",
            "9999999999999",
        ] {
            assert!(parse_phase(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_edit_reads_as_it_was_written() {
        let mut one = edit("e1", 3, Action::Demolish, &[4, 5]);
        one.phase = Some(Date(20_300_615));
        let json = serde_json::to_value(&one).unwrap();
        assert_eq!(
            (&json["action"], &json["phase"]),
            (&"demolish".into(), &"2030-06-15".into())
        );
        assert_eq!(serde_json::from_value::<Edit>(json).unwrap(), one);
    }
}
