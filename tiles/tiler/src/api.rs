//! What the tiler asks of its caller, and what it gives back.

use city_model::{Bounds3, Feature, FeatureClass, FeatureIndex, HeightGrid, LayerGroup, Report, SceneFrame, layers};

/// What partitioning needs of a feature, without its geometry.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureHead {
    /// Dense number.
    pub index: FeatureIndex,
    /// Class.
    pub class: FeatureClass,
    /// True for what a scenario proposes.
    pub is_proposal: bool,
    /// Bounds in the scene CRS, metres (shapes on the terrain count from z = 0).
    pub bounds: Bounds3,
    /// Grows with every edit of the feature.
    pub revision: u64,
    /// Size of the stored geometry in bytes: a proxy for the encoded size.
    pub geometry_bytes: u32,
}

impl FeatureHead {
    /// Group that the feature is tiled with.
    pub fn group(&self) -> LayerGroup {
        layers::group_in(self.is_proposal, self.class)
    }
}

/// Gives features to the tiler; called from several threads.
pub trait FeatureProvider: Sync {
    /// Heads of all live features that have geometry, by ascending index.
    ///
    /// # Errors
    /// Text of the storage error.
    fn heads(&self) -> Result<Vec<FeatureHead>, String>;

    /// Features by index, in the order asked. Scene CRS.
    ///
    /// # Errors
    /// Text of the storage error.
    fn fetch(&self, indices: &[FeatureIndex]) -> Result<Vec<Feature>, String>;

    /// Terrain grids in the scene CRS, finest first, each with a revision.
    ///
    /// # Errors
    /// Text of the storage error.
    fn terrain(&self) -> Result<Vec<(u64, HeightGrid)>, String>;
}

/// Keeps content by name; called from several threads. Names are `{hash}.glb`, `{hash}.json` and `{hash}.rec`.
pub trait TileSink: Sync {
    /// True when this content is already kept whole.
    fn contains(&self, name: &str) -> bool;

    /// Keeps content atomically: a crash leaves all or nothing.
    ///
    /// # Errors
    /// Text of the storage error.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), String>;

    /// Content that was put by an earlier run, whole; `None` when it is absent or cannot be read.
    ///
    /// Used for the tile records (`{hash}.rec`: bounds, error, sizes and the summary that parents are built from) that
    /// lie beside the tiles. A sink that keeps the default makes every publication encode everything again.
    fn get(&self, name: &str) -> Option<Vec<u8>> {
        let _ = name;
        None
    }
}

/// Choices of a publication; part of every content hash.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishOptions {
    /// Attribution for `asset.copyright`.
    pub copyright: String,
    /// Revision for `asset.tilesetVersion`.
    pub revision: u64,
    /// Encoded size at which a tile is split, bytes.
    pub target_tile_bytes: u32,
}

impl Default for PublishOptions {
    fn default() -> Self {
        Self {
            copyright: String::new(),
            revision: 0,
            target_tile_bytes: 160 * 1024,
        }
    }
}

/// One content of a publication.
#[derive(Debug, Clone, PartialEq)]
pub struct TileContent {
    /// `{hash}.glb`.
    pub name: String,
    /// Encoded bytes; 0 when it was already kept and not encoded again.
    pub bytes: u64,
    /// True when this run encoded it.
    pub is_new: bool,
    /// Features whose finest shape is in this tile (leaf content); empty for stand-ins.
    pub features: Vec<FeatureIndex>,
}

/// A finished publication. The caller stores `tileset_json` last and atomically.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Publication {
    /// Root `tileset.json` that refers to content as `../content/{name}`.
    pub tileset_json: Vec<u8>,
    /// Every content in use, sorted by name.
    pub contents: Vec<TileContent>,
    /// Names of external tileset files in use, sorted.
    pub json_names: Vec<String>,
    /// Names of the tile records (`{hash}.rec`) in use, sorted: never served, but kept for the next publication.
    pub record_names: Vec<String>,
    /// Bounds of everything drawn, ENU metres.
    pub bounds_enu: Bounds3,
    /// Tiles encoded by this run.
    pub num_encoded: u64,
    /// Trouble with single features.
    pub report: Report,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The provider failed.
    #[error("features cannot be read: {0}")]
    Provider(String),
    /// The sink failed.
    #[error("tile {name} cannot be kept: {reason}")]
    Sink {
        /// Content name.
        name: String,
        /// Cause.
        reason: String,
    },
    /// Stopped by the caller.
    #[error("publication cancelled")]
    Cancelled,
    /// The scene frame cannot place the features.
    #[error(transparent)]
    Crs(#[from] city_model::CrsError),
}

/// Progress callback: (done, total) tiles; returns false to cancel.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) -> bool + Sync);

/// Publishes the city.
///
/// # Errors
/// [`PublishError`]; content that was already put stays and is found again by the next run.
pub fn publish(
    provider: &dyn FeatureProvider,
    sink: &dyn TileSink,
    frame: &SceneFrame,
    options: &PublishOptions,
    progress: Progress<'_>,
) -> Result<Publication, PublishError> {
    crate::publish::publish(provider, sink, frame, options, progress)
}
