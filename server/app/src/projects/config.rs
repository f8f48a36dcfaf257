//! Words, columns, negative list and targets of the project library: built in, and replaced by files of the city.

use serde::{Deserialize, Serialize};
use std::path::Path;

/// Folder of a city that holds its own files.
const FOLDER: &str = "projects";
/// Largest file of a city that is read, bytes.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// A file of the city that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file} of the city cannot be used: {reason}")]
pub struct ConfigError {
    /// Name below the city's folder.
    pub file: String,
    /// Line and cause.
    pub reason: String,
}

/// A word that a field may hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Word {
    /// What is stored, and shown to Chinese readers.
    pub id: String,
    /// Shown to English readers.
    pub en: String,
    /// Other spellings that are read as this word.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// City whose classes these are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// Library (储备库, 实施库, 竣工库) of a stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library: Option<String>,
    /// Where the word comes from.
    pub source: String,
    /// False: shown as 参考值.
    pub verified: bool,
}

/// Every word list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Vocabulary {
    /// Classes by object (郑州) and by use (北京).
    #[serde(rename = "class")]
    pub classes: Vec<Word>,
    /// Ways of renewal.
    #[serde(rename = "way")]
    pub ways: Vec<Word>,
    /// Stages in their order.
    #[serde(rename = "stage")]
    pub stages: Vec<Word>,
    /// Side exits.
    #[serde(rename = "exit")]
    pub exits: Vec<Word>,
    /// Progress, best first.
    pub progress: Vec<Word>,
    /// Steps of the life cycle in their order.
    #[serde(rename = "step")]
    pub steps: Vec<Word>,
    /// States of the review.
    pub review: Vec<Word>,
}

impl Vocabulary {
    /// List of a field of the record.
    pub fn words(&self, field: &str) -> Option<&[Word]> {
        Some(match field {
            "class" => &self.classes,
            "way" => &self.ways,
            "stage" => &self.stages,
            "exit" => &self.exits,
            "progress" => &self.progress,
            "step" => &self.steps,
            "expert_review" => &self.review,
            _ => return None,
        })
    }

    /// Word that a text means: its id or one of its aliases, without regard to spaces and case.
    pub fn find(&self, field: &str, text: &str) -> Option<&Word> {
        let plain = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
        let wanted = plain(text);
        let words = self.words(field)?;
        words.iter().find(|word| plain(&word.id) == wanted).or_else(|| {
            words
                .iter()
                .find(|word| plain(&word.en) == wanted || word.aliases.iter().any(|alias| plain(alias) == wanted))
        })
    }

    /// Position of a stage in the life of a project; unknown ones come last.
    pub fn stage_order(&self, stage: Option<&str>) -> usize {
        self.stages
            .iter()
            .position(|word| Some(word.id.as_str()) == stage)
            .unwrap_or(self.stages.len())
    }
}

/// A column of project tables.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Column {
    /// Field of the record.
    pub field: String,
    /// Header that is written.
    pub zh: String,
    /// What one unit of the written column is in the unit of the field.
    #[serde(default)]
    pub unit: Option<f64>,
    /// Headers that are read.
    pub aliases: Vec<String>,
}

/// A kind of the negative list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NegativeKind {
    /// What is stored, and shown to Chinese readers.
    pub id: String,
    /// Shown to English readers.
    pub en: String,
    /// Where it comes from.
    pub source: String,
    /// False: shown as 参考值.
    pub verified: bool,
}

/// An overlay that raises a flag; see the note of `negative-list.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverlayTest {
    /// Kind of the flag.
    pub kind: String,
    /// `red` or `amber`.
    pub severity: String,
    /// Classes of the features that count.
    pub classes: Vec<String>,
    /// Attributes that mark them.
    pub keys: Vec<String>,
    /// Values of the attribute; empty: any but none, no and 0.
    #[serde(default)]
    pub values: Vec<String>,
    /// Least value of the attribute.
    #[serde(default)]
    pub min: Option<f64>,
    /// Only projects of these ways.
    #[serde(default)]
    pub ways: Vec<String>,
    /// True: the project must lie within.
    #[serde(default)]
    pub outside: bool,
    /// Text with `{name}`, `{overlap_m2}`, `{value}` and `{attribute}` places.
    pub message: String,
    /// The same in English.
    pub message_en: String,
}

/// A test of the record alone.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordTest {
    /// Kind of the flag.
    pub kind: String,
    /// `red` or `amber`.
    pub severity: String,
    /// Field that is missing.
    pub missing: String,
    /// Only projects of these stages.
    pub stages: Vec<String>,
    /// Text.
    pub message: String,
    /// The same in English.
    pub message_en: String,
    /// Where it comes from.
    pub source: String,
    /// False: shown as 参考值.
    pub verified: bool,
}

/// The negative list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct NegativeList {
    /// Kinds.
    pub kinds: Vec<NegativeKind>,
    /// Overlays.
    pub tests: Vec<OverlayTest>,
    /// Tests of the record.
    pub record: Vec<RecordTest>,
}

/// Target of one town office.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfficeTarget {
    /// Name, as in the projects and zones.
    pub name: String,
    /// Investment to be done in the year, CNY.
    pub target_cny: f64,
    /// Other spellings.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// Investment targets of a year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Targets {
    /// The year.
    pub year: i32,
    /// District.
    pub district: String,
    /// Target of the whole district, CNY.
    pub target_cny: f64,
    /// Where the figures come from.
    pub source: String,
    /// False: shown as 参考值.
    pub verified: bool,
    /// True when they are a sample and not the city's own.
    #[serde(default)]
    pub is_sample: bool,
    /// Town offices.
    pub offices: Vec<OfficeTarget>,
}

#[derive(Deserialize)]
struct ColumnsFile {
    columns: Vec<Column>,
}

/// All of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Words.
    pub vocabulary: Vocabulary,
    /// Columns of tables.
    pub columns: Vec<Column>,
    /// Negative list.
    pub negative_list: NegativeList,
    /// Investment targets.
    pub targets: Targets,
}

impl Config {
    /// Files of the city where it has them, else those that are built in.
    ///
    /// # Errors
    /// [`ConfigError`] names the file and line that cannot be used.
    pub fn load(city_root: &Path) -> Result<Self, ConfigError> {
        let columns: ColumnsFile = read(
            city_root,
            "columns.json",
            include_str!("../../../../assets/projects/columns.json"),
        )?;
        Ok(Self {
            vocabulary: read(
                city_root,
                "vocabulary.json",
                include_str!("../../../../assets/projects/vocabulary.json"),
            )?,
            columns: columns.columns,
            negative_list: read(
                city_root,
                "negative-list.json",
                include_str!("../../../../assets/projects/negative-list.json"),
            )?,
            targets: read(
                city_root,
                "offices.json",
                include_str!("../../../../assets/projects/offices.json"),
            )?,
        })
    }
}

fn read<T: for<'de> Deserialize<'de>>(city_root: &Path, name: &str, built_in: &str) -> Result<T, ConfigError> {
    let path = city_root.join(FOLDER).join(name);
    let refuse = |reason: String| ConfigError {
        file: format!("{FOLDER}/{name}"),
        reason,
    };
    let text = match std::fs::metadata(&path) {
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => built_in.to_owned(),
        Err(err) => return Err(refuse(err.to_string())),
        Ok(meta) if meta.len() > MAX_FILE_BYTES => return Err(refuse("it is larger than 4 MiB".to_owned())),
        Ok(_) => std::fs::read_to_string(&path).map_err(|err| refuse(err.to_string()))?,
    };
    serde_json::from_str(&text).map_err(|err| refuse(err.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config::load(dir.path()).unwrap();
        let words = &config.vocabulary;
        assert_eq!(
            words
                .classes
                .iter()
                .filter(|w| w.scheme.as_deref() == Some("郑州"))
                .count(),
            7
        );
        assert_eq!(
            words
                .classes
                .iter()
                .filter(|w| w.scheme.as_deref() == Some("北京"))
                .count(),
            5
        );
        assert_eq!((words.ways.len(), words.steps.len(), words.stages.len()), (4, 10, 6));
        assert_eq!(config.negative_list.kinds.len(), 6);
        for test in &config.negative_list.tests {
            assert!(config.negative_list.kinds.iter().any(|kind| kind.id == test.kind));
            assert!(["red", "amber"].contains(&test.severity.as_str()));
            for class in &test.classes {
                assert!(city_model::FeatureClass::from_name(class).is_some(), "{class}");
            }
        }
        // D3: the parts are 0.3 bn above the target of the whole
        let parts: f64 = config.targets.offices.iter().map(|office| office.target_cny).sum();
        assert!((parts - config.targets.target_cny - 3e8).abs() < 1.0);
    }

    #[test]
    fn words_are_found_by_every_spelling() {
        let dir = tempfile::tempdir().unwrap();
        let words = Config::load(dir.path()).unwrap().vocabulary;
        let id = |field: &str, text: &str| words.find(field, text).map(|word| word.id.as_str());
        assert_eq!(id("stage", " 建成投用 "), Some("建成"));
        assert_eq!(id("way", "拆除重建"), Some("拆除新建"));
        assert_eq!(id("class", "housing"), Some("居住类"));
        assert_eq!(id("stage", "登月"), None);
        assert!(words.stage_order(Some("开工")) < words.stage_order(Some("运营")));
        assert!(words.stage_order(None) > words.stage_order(Some("运营")));
    }

    #[test]
    fn a_city_replaces_a_file_and_a_typo_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("projects")).unwrap();
        let file = dir.path().join("projects/offices.json");
        std::fs::write(
            &file,
            r#"{"year": 2026, "district": "甲区", "target_cny": 1, "source": "本市", "verified": true, "offices": []}"#,
        )
        .unwrap();
        assert_eq!(Config::load(dir.path()).unwrap().targets.year, 2026);
        std::fs::write(&file, "{\n  \"year\": 2026,\n  \"ofices\": []\n}").unwrap();
        let err = Config::load(dir.path()).unwrap_err();
        assert_eq!(err.file, "projects/offices.json");
        assert!(err.reason.contains("line"), "{err}");
    }
}
