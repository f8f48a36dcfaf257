//! What the server asks of a store; SQLite is behind it now, PostGIS can be.

use crate::scenario::{NewScenario, OwnedFacts, ScenarioChange, ScenarioInfo, ScenarioStep, ScenarioWritten};
use crate::{
    Dataset, EncodedFeature, FeatureHeadRow, FeatureKey, FeaturePage, FeatureQuery, FeatureStub, FeaturesVersion,
    ImportSummary, LayerCount, PublicationRecord, PutOutcome, RevisionInfo, SceneInfo, SearchAnswer, StoreError,
    StoreSummary, StoredFeature,
};
use city_model::scenario::Edit;
use city_model::{Attributes, Feature, FeatureIndex, HeightGrid};

/// Features, revisions and search of one city. Reads may come from several threads; every write is one transaction with
/// an audit row, and what it reported as done survives a kill or a power cut.
pub trait SceneStore: Send + Sync {
    /// What the city shares; `None` before the first import.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn scene(&self) -> Result<Option<SceneInfo>, StoreError>;

    /// Free text value kept with the city, such as `views`.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn meta(&self, key: &str) -> Result<Option<String>, StoreError>;

    /// One live feature.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read or the row is damaged.
    fn feature(&self, key: FeatureKey<'_>) -> Result<Option<StoredFeature>, StoreError>;

    /// Ids of the features that name `id` as their parent, by ascending number, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn children(&self, id: &str, limit: u32) -> Result<Vec<String>, StoreError>;

    /// Numbers of the features that name each of `ids` as their parent, in the order asked, each ascending.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn parts(&self, ids: &[&str]) -> Result<Vec<Vec<FeatureIndex>>, StoreError>;

    /// Contents of the published revision that draw a feature, sorted.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn tiles_of(&self, index: FeatureIndex) -> Result<Vec<String>, StoreError>;

    /// Live features that have any of these attributes, by ascending number, at most `limit`. Reads all attributes.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn features_with(&self, keys: &[&str], limit: u32) -> Result<Vec<StoredFeature>, StoreError>;

    /// Features by id, in the order asked, without geometry and attributes; `None` where there never was one.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn stubs_by_id(&self, ids: &[&str]) -> Result<Vec<Option<FeatureStub>>, StoreError>;

    /// Features by number, in the order asked, without geometry and attributes; `None` where there never was one.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn stubs_by_index(&self, indices: &[u32]) -> Result<Vec<Option<FeatureStub>>, StoreError>;

    /// A page of features.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn features(&self, query: &FeatureQuery) -> Result<FeaturePage, StoreError>;

    /// Names, ids and attributes that match `query`: whole, by prefix, and, when these give fewer than `limit`, nearly.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn search(&self, query: &str, limit: u32) -> Result<SearchAnswer, StoreError>;

    /// Live features per layer code, by ascending code.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn layer_counts(&self) -> Result<Vec<LayerCount>, StoreError>;

    /// Heads of all live features that have geometry, by ascending number.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn heads(&self) -> Result<Vec<FeatureHeadRow>, StoreError>;

    /// Features by number, in the order asked.
    ///
    /// # Errors
    /// [`StoreError`] when one is absent or damaged.
    fn fetch(&self, indices: &[FeatureIndex]) -> Result<Vec<Feature>, StoreError>;

    /// Terrain grids in the scene CRS, finest first, each with a number that changes with its content.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn terrain(&self) -> Result<Vec<(u64, HeightGrid)>, StoreError>;

    /// Data sets that were imported, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn datasets(&self) -> Result<Vec<Dataset>, StoreError>;

    /// The published revision.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn published(&self) -> Result<Option<RevisionInfo>, StoreError>;

    /// Contents of revision `to` that revision `from` does not have, sorted by name.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn changed_contents(&self, from: u64, to: u64) -> Result<Vec<String>, StoreError>;

    /// Names of the contents of every kept revision, sorted.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn content_names(&self) -> Result<Vec<String>, StoreError>;

    /// Counts.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn summary(&self) -> Result<StoreSummary, StoreError>;

    /// Looks the whole database over: what is damaged or contradicts itself, a sentence each.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read at all.
    fn verify(&self) -> Result<Vec<String>, StoreError>;

    /// Number that changes when another connection or process has written.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn data_version(&self) -> Result<u64, StoreError>;

    /// What tells whether the features are still those that were read; costs two index look-ups.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn features_version(&self) -> Result<FeaturesVersion, StoreError>;

    /// Begins an import: one transaction until [`ImportSession::commit`]; dropped, it leaves no trace.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`] when another writer is at work.
    fn begin_import(&self) -> Result<Box<dyn ImportSession>, StoreError>;

    /// Sets attributes of one feature (`null` removes) and raises its revision; returns the new revision.
    ///
    /// # Errors
    /// [`StoreError::NoSuchFeature`], or trouble with the store.
    fn set_attributes(&self, id: &str, changes: &Attributes) -> Result<u32, StoreError>;

    /// Scenarios in the order in which they were made, archived ones too.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn scenarios(&self) -> Result<Vec<ScenarioInfo>, StoreError>;

    /// One scenario; `None` when there is none (there is no row for the base).
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn scenario(&self, id: &str) -> Result<Option<ScenarioInfo>, StoreError>;

    /// Every write of a scenario, by ascending revision.
    ///
    /// # Errors
    /// [`StoreError::NoSuchScenario`], or trouble with the store.
    fn scenario_steps(&self, id: &str) -> Result<Vec<ScenarioStep>, StoreError>;

    /// Edits in force at a revision, the last one when `None`, by ascending `seq`.
    ///
    /// # Errors
    /// [`StoreError::NoSuchScenario`], or trouble with the store.
    fn scenario_edits(&self, id: &str, revision: Option<u64>) -> Result<Vec<Edit>, StoreError>;

    /// The same without ids of features, only their numbers: quick, and enough for compilation.
    ///
    /// # Errors
    /// [`StoreError::NoSuchScenario`], or trouble with the store.
    fn scenario_edit_numbers(&self, id: &str, revision: Option<u64>) -> Result<Vec<Edit>, StoreError>;

    /// What compilation of scenarios needs to know of the city.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn city_facts(&self) -> Result<OwnedFacts, StoreError>;

    /// Makes a scenario, empty or as a branch.
    ///
    /// # Errors
    /// [`StoreError::NoSuchScenario`] for an unknown parent, or trouble with the store.
    fn create_scenario(&self, new: &NewScenario) -> Result<ScenarioInfo, StoreError>;

    /// Changes a scenario: one transaction, one revision.
    ///
    /// * `expected` — revision that the caller knows; `None` changes whatever is there
    ///
    /// # Errors
    /// [`StoreError::ScenarioChanged`] when it has another revision, [`StoreError::ScenarioArchived`],
    /// [`StoreError::NothingToUndo`], [`StoreError::NoSuchFeature`], or trouble with the store; nothing is written then.
    fn change_scenario(
        &self,
        id: &str,
        expected: Option<u64>,
        author: &str,
        change: &ScenarioChange,
    ) -> Result<ScenarioWritten, StoreError>;

    /// Records a publication and makes it the published one. The tileset must be on disk already.
    ///
    /// # Errors
    /// [`StoreError`]; the previous revision then stays published.
    fn record_publication(&self, record: &PublicationRecord) -> Result<RevisionInfo, StoreError>;

    /// Forgets revisions older than the newest `keep` and returns the names of contents that no kept revision uses.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is forgotten then.
    fn forget_revisions(&self, keep: u32) -> Result<(Vec<u64>, Vec<String>), StoreError>;
}

/// A running import.
pub trait ImportSession: Send {
    /// What the city shares, as set before or by this import.
    fn scene(&self) -> Option<&SceneInfo>;

    /// Sets what the city shares.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    fn set_scene(&mut self, scene: &SceneInfo) -> Result<(), StoreError>;

    /// Keeps a free text value with the city.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    fn set_meta(&mut self, key: &str, value: &str) -> Result<(), StoreError>;

    /// Writes one feature; coordinates are in the scene CRS.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written; the import is to be dropped then.
    fn put(&mut self, feature: &EncodedFeature) -> Result<PutOutcome, StoreError>;

    /// Takes a feature out of the city; its number is not given to another one. True when it was there.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written; the import is to be dropped then.
    fn remove(&mut self, id: &str) -> Result<bool, StoreError>;

    /// Writes a terrain grid in the scene CRS; a grid of the same layer and raster is replaced.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    fn put_terrain(&mut self, layer: &str, grid: &HeightGrid) -> Result<(), StoreError>;

    /// Records a data set; one of the same path is replaced.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    fn put_dataset(&mut self, dataset: &Dataset) -> Result<(), StoreError>;

    /// Ends the transaction with an audit row; after this returns, a kill or power cut loses nothing.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of the import is kept.
    fn commit(self: Box<Self>, action: &str, detail: &str) -> Result<ImportSummary, StoreError>;
}
