//! Where a city is kept: features, revisions and search in SQLite, tiles in a folder.
//!
//! A city is a folder: `city.db` (SQLite, write-ahead log, one writer), `tiles/content/` (content-addressed, immutable),
//! `tiles/revisions/{n}/tileset.json` (never changed once published) and `results/`. [`CityFolder`] opens it,
//! [`SceneStore`] and [`TileStore`] are what the rest of the server sees of it.

pub mod city;
pub mod encode;
pub mod error;
pub mod model;
pub mod scenario;
pub mod sqlite;
pub mod store;
pub mod text;
pub mod tiles;

pub use city::{CityFolder, WriterLock};
pub use encode::EncodedFeature;
pub use error::StoreError;
pub use model::{
    Dataset, FeatureHeadRow, FeatureKey, FeaturePage, FeatureQuery, FeatureStub, FeaturesVersion, ImportSummary,
    LayerCount, ProposalFilter, PublicationRecord, PublishedContent, PutOutcome, RevisionInfo, SceneInfo, SearchAnswer,
    SearchHit, StoreSummary, StoredFeature,
};
pub use scenario::{NewEdit, NewScenario, OwnedFacts, ScenarioChange, ScenarioInfo, ScenarioStep, ScenarioWritten};
pub use sqlite::SqliteStore;
pub use store::{ImportSession, SceneStore};
pub use tiles::{ContentEncoding, FolderTiles, TileStore};
