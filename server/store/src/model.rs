//! What goes in and out of the store.

use city_model::manifest::LocalText;
use city_model::{Bounds3, Feature, FeatureClass, FeatureIndex, Lifespan, SceneFrame};
use serde::{Deserialize, Serialize};

/// What the whole city shares; set by the first import.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SceneInfo {
    /// Name of the city.
    pub title: LocalText,
    /// True when the data is generated.
    pub is_generated: bool,
    /// Scene CRS, origin and geoid offset.
    pub frame: SceneFrame,
    /// Vertical datum note.
    pub vertical_datum: String,
}

/// Names one feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeatureKey<'a> {
    /// By its stable id.
    Id(&'a str),
    /// By its dense number.
    Index(FeatureIndex),
}

/// A feature with what the store knows beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredFeature {
    /// The feature; coordinates in the scene CRS.
    pub feature: Feature,
    /// Display name.
    pub name: Option<String>,
    /// Code of its layer in [`city_model::layers`].
    pub layer_code: u8,
    /// Bounds in the scene CRS, metres; heights count from the ground where `on_terrain`.
    pub bounds: Bounds3,
    /// True when heights are relative to the terrain.
    pub on_terrain: bool,
    /// Times the feature was written.
    pub revision: u32,
}

impl StoredFeature {
    /// True for what a scenario proposes.
    pub fn is_proposal(&self) -> bool {
        self.feature.layer == city_model::scenario::PROPOSALS_LAYER
    }
}

/// What partitioning needs of a live feature.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureHeadRow {
    /// Dense number.
    pub index: FeatureIndex,
    /// Class.
    pub class: FeatureClass,
    /// True for what a scenario proposes.
    pub is_proposal: bool,
    /// Bounds in the scene CRS, metres.
    pub bounds: Bounds3,
    /// Grows with every edit; its low 40 bits also change with the content, so that a city folder that was rebuilt
    /// or restored never takes a tile of other content for its own.
    pub revision: u64,
    /// Size of the stored geometry, bytes.
    pub geometry_bytes: u32,
}

/// A feature without its geometry and attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureStub {
    /// Dense number.
    pub index: FeatureIndex,
    /// Stable id.
    pub id: String,
    /// Class.
    pub class: FeatureClass,
    /// Display name.
    pub name: Option<String>,
    /// Code of its layer in [`city_model::layers`].
    pub layer_code: u8,
    /// True for what a scenario proposes.
    pub is_proposal: bool,
    /// False when it was taken out of the city.
    pub is_live: bool,
    /// Bounds in the scene CRS, metres; heights count from the ground where `on_terrain`.
    pub bounds: Bounds3,
    /// True when heights are relative to the terrain.
    pub on_terrain: bool,
    /// When it exists.
    pub lifespan: Lifespan,
}

/// What of the proposals of scenarios is wanted beside, or instead of, the city.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProposalFilter {
    /// The city without proposals.
    #[default]
    Without,
    /// The city and every proposal of every scenario: to be sifted by a state table.
    With,
    /// Proposals only.
    Only,
}

/// State of the features as a whole: two equal ones hold the same features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeaturesVersion {
    /// Highest number + 1. Scenarios only ever add features at the end.
    pub count: u32,
    /// Changes with every write of features other than by scenarios.
    pub changed: u64,
}

/// Selects features for paging.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureQuery {
    /// Only this code of the layer table.
    pub layer_code: Option<u8>,
    /// Only features whose bounds meet this box: min x, min y, max x, max y in the scene CRS, metres.
    pub bbox_scene: Option<[f64; 4]>,
    /// At most so many.
    pub limit: u32,
    /// So many are passed over, in the order of their numbers.
    pub offset: u32,
    /// What of the proposals is wanted.
    pub proposals: ProposalFilter,
}

/// One page of features.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeaturePage {
    /// Features that match, on all pages.
    pub total: u64,
    /// Features of this page, by ascending number.
    pub features: Vec<StoredFeature>,
}

/// Live features of one layer code, with their plan bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerCount {
    /// Code of [`city_model::layers`].
    pub code: u8,
    /// Live features.
    pub num_features: u64,
    /// Bounds in the scene CRS, metres.
    pub bounds: Bounds3,
}

/// One search result.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchHit {
    /// Dense number.
    pub index: FeatureIndex,
    /// Id.
    pub id: String,
    /// Display name.
    pub name: Option<String>,
    /// Class.
    pub class: FeatureClass,
    /// Code of the layer table.
    pub layer_code: u8,
    /// Bounds in the scene CRS, metres; heights count from the ground where `on_terrain`.
    pub bounds: Bounds3,
    /// True when heights are relative to the terrain.
    pub on_terrain: bool,
    /// Attribute (or `name`, `id`) that matched, and its text.
    pub matched: (String, String),
    /// 0–100; higher is better.
    pub score: f32,
}

/// Results of a search, best first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchAnswer {
    /// Features that match, counted up to [`SearchAnswer::MAX_TOTAL`].
    pub total: u64,
    /// Best results.
    pub hits: Vec<SearchHit>,
}

impl SearchAnswer {
    /// Counting stops here: beyond it nobody pages.
    pub const MAX_TOTAL: u64 = 10_000;
}

/// What an import did with one feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// New number.
    Added(FeatureIndex),
    /// The id was there with other content; number kept, revision raised.
    Replaced(FeatureIndex),
    /// The id was there with the same content; nothing written.
    Unchanged(FeatureIndex),
    /// The id was met before in this same import and layer; nothing written.
    Duplicate(FeatureIndex),
    /// The id belongs to another layer; stored as `layer:id`.
    Renamed(FeatureIndex),
}

/// A data set that was imported.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Dataset {
    /// File name as the user gave it.
    pub path: String,
    /// Title of the data set.
    pub title: Option<String>,
    /// CRS of its coordinates.
    pub crs: Option<String>,
    /// Who must be credited.
    pub attribution: Option<String>,
    /// Licence name.
    pub licence: Option<String>,
    /// Features taken from it.
    pub features: u64,
    /// Features left out.
    pub quarantined: u64,
}

/// What an import wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ImportSummary {
    /// New features.
    pub added: u64,
    /// Features with new content.
    pub replaced: u64,
    /// Features met again with the same content.
    pub unchanged: u64,
    /// Terrain grids written.
    pub terrain_grids: u64,
}

/// One content of a publication.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedContent {
    /// `{hash}.glb` or `{hash}.json`.
    pub name: String,
    /// Size on disk, bytes.
    pub bytes: u64,
    /// Features drawn in full by this content; empty for stand-ins and external tilesets.
    pub features: Vec<FeatureIndex>,
}

/// A finished publication to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicationRecord {
    /// Number of the new revision.
    pub revision: u64,
    /// Every content in use, glb and json.
    pub contents: Vec<PublishedContent>,
    /// Tiles encoded by this run.
    pub num_encoded: u64,
    /// Features published.
    pub num_features: u64,
    /// Bounds of everything drawn, ENU metres.
    pub bounds_enu: Bounds3,
}

/// A recorded revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RevisionInfo {
    /// Number, from 1.
    pub revision: u64,
    /// UTC time, RFC 3339.
    pub published_at: String,
    /// Features published.
    pub num_features: u64,
    /// Contents in use.
    pub num_contents: u64,
    /// Tiles encoded for it.
    pub num_encoded: u64,
    /// Size of the contents in use, bytes.
    pub bytes: u64,
    /// ENU bounds, metres: min x, y, z, max x, y, z.
    pub bounds_enu: [f64; 6],
}

/// Counts for `chengjing info`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoreSummary {
    /// Live features.
    pub features: u64,
    /// Highest number + 1.
    pub feature_index_count: u32,
    /// Data layers with their live features, by name.
    pub layers: Vec<(String, u64)>,
    /// Terrain grids.
    pub terrain_grids: u64,
    /// Rows of the audit trail.
    pub audit_rows: u64,
    /// Schema version.
    pub schema_version: u32,
}
