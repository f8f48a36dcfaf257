//! Publication: the store's features through the tiler into the tile folder, then one transaction.
//!
//! Order, so that a kill at any instant leaves the last revision served: contents (each whole or absent), flush of the
//! file system, `tileset.json` of the new revision (written aside, flushed, renamed), and last the transaction that
//! makes the revision the published one.

use city_model::{Feature, FeatureIndex, HeightGrid};
use scene_store::{
    CityFolder, FolderTiles, PublicationRecord, PublishedContent, SceneStore, SqliteStore, StoreError, TileStore as _,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;
use tiler::{FeatureHead, FeatureProvider, PublishOptions, TileSink};

/// Why nothing was published; the last revision stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishFailure {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tiler refused.
    #[error(transparent)]
    Tiler(#[from] tiler::PublishError),
}

/// What a publication did: the `--json` answer.
#[derive(Debug, Clone, Serialize)]
pub struct PublishReport {
    /// Number of the revision.
    pub revision: u64,
    /// Features published.
    pub features: u64,
    /// Tiles in use.
    pub tiles_total: u64,
    /// Tiles encoded by this run.
    pub tiles_encoded: u64,
    /// Tiles taken over unchanged.
    pub tiles_reused: u64,
    /// Size of all contents in use, bytes.
    pub bytes: u64,
    /// First issues of each kind.
    pub issues: Vec<city_model::Issue>,
    /// Number of all issues by code.
    pub issue_counts: BTreeMap<String, u64>,
    /// Wall-clock time, seconds.
    pub elapsed_s: f64,
    /// Greatest memory of this process, bytes.
    pub peak_rss_bytes: u64,
}

/// Publishes the city as its next revision.
///
/// * `target_tile_bytes` — encoded size at which a tile is split; `None` for the tiler's default
/// * `progress` — called with (done, total) tiles; returns false to cancel
///
/// # Errors
/// [`PublishFailure`]; nothing changes for viewers then.
pub fn publish(
    city: &CityFolder,
    target_tile_bytes: Option<u32>,
    progress: tiler::api::Progress<'_>,
) -> Result<PublishReport, PublishFailure> {
    let started = Instant::now();
    let _lock = city.lock()?;
    let store = city.store()?;
    let tiles = city.tiles();
    let scene = store.scene()?.ok_or(StoreError::EmptyCity)?;
    let revision = store.published()?.map_or(0, |r| r.revision) + 1;
    let mut options = PublishOptions {
        copyright: copyright(&store)?,
        revision,
        ..PublishOptions::default()
    };
    if let Some(bytes) = target_tile_bytes {
        options.target_tile_bytes = bytes;
    }
    let publication = tiler::publish(
        &StoreProvider(&store),
        &FolderSink(&tiles),
        &scene.frame,
        &options,
        progress,
    )?;
    tracing::debug!(revision, tiles = publication.contents.len(), "tiles are built");
    tiles.sync()?;
    tracing::debug!(revision, "tiles are on disk");
    city.write_tileset(revision, &publication.tileset_json)?;
    tracing::debug!(revision, "tileset is on disk");
    let on_disk = |name: &str| tiles.size(name).unwrap_or(0);
    let mut contents: Vec<PublishedContent> = publication
        .contents
        .iter()
        .map(|c| PublishedContent {
            name: c.name.clone(),
            bytes: if c.bytes > 0 { c.bytes } else { on_disk(&c.name) },
            features: c.features.clone(),
        })
        .collect();
    let plain = |name: &String, bytes: u64| PublishedContent {
        name: name.clone(),
        bytes,
        features: Vec::new(),
    };
    contents.extend(publication.json_names.iter().map(|name| plain(name, on_disk(name))));
    // records are kept for the next run and not served, so they do not count
    contents.extend(publication.record_names.iter().map(|name| plain(name, 0)));
    let num_features = store.summary()?.features;
    let record = PublicationRecord {
        revision,
        contents,
        num_encoded: publication.num_encoded,
        num_features,
        bounds_enu: publication.bounds_enu,
    };
    let info = store.record_publication(&record)?;
    tracing::info!(
        revision,
        tiles = publication.contents.len(),
        encoded = publication.num_encoded,
        "revision published"
    );
    let tiles_total = publication.contents.len() as u64;
    Ok(PublishReport {
        revision,
        features: num_features,
        tiles_total,
        tiles_encoded: publication.num_encoded,
        tiles_reused: tiles_total.saturating_sub(publication.num_encoded),
        bytes: info.bytes,
        issues: publication.report.issues,
        issue_counts: publication.report.counts,
        elapsed_s: started.elapsed().as_secs_f64(),
        peak_rss_bytes: crate::process::peak_rss_bytes(),
    })
}

/// Credits of all data sets, each once, in the order of import.
fn copyright(store: &SqliteStore) -> Result<String, StoreError> {
    let mut texts: Vec<String> = Vec::new();
    for text in store.datasets()?.into_iter().filter_map(|d| d.attribution) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    Ok(texts.join("; "))
}

/// What a clean-up removed: the `--json` answer.
#[derive(Debug, Clone, Serialize)]
pub struct GcReport {
    /// Revisions forgotten.
    pub revisions: Vec<u64>,
    /// Contents removed.
    pub contents: u64,
    /// Space freed, bytes.
    pub bytes: u64,
}

/// Forgets all but the newest `keep` revisions and removes what only they used, and what killed publications left.
///
/// Viewers that opened a kept revision go on undisturbed; `keep` is therefore the grace for those that are behind.
///
/// # Errors
/// [`StoreError`]; what was already removed was not in use.
pub fn collect_garbage(city: &CityFolder, keep: u32) -> Result<GcReport, StoreError> {
    let _lock = city.lock()?;
    let store = city.store()?;
    let tiles = city.tiles();
    // first the database, then the files: the other way round, a kill would leave a revision without its tiles
    let (revisions, unused) = store.forget_revisions(keep)?;
    let mut bytes = 0;
    for revision in &revisions {
        city.remove_tileset(*revision)?;
    }
    let mut removed = unused.len() as u64;
    for name in &unused {
        bytes += tiles.remove(name)?;
    }
    let kept = store.content_names()?;
    for name in tiles.names()? {
        if kept.binary_search(&name).is_err() {
            bytes += tiles.remove(&name)?;
            removed += 1;
        }
    }
    bytes += tiles.remove_partial()?;
    Ok(GcReport {
        revisions,
        contents: removed,
        bytes,
    })
}

struct StoreProvider<'a>(&'a SqliteStore);

impl FeatureProvider for StoreProvider<'_> {
    fn heads(&self) -> Result<Vec<FeatureHead>, String> {
        let rows = self.0.heads().map_err(|err| err.to_string())?;
        Ok(rows
            .into_iter()
            .map(|r| FeatureHead {
                index: r.index,
                class: r.class,
                is_proposal: r.is_proposal,
                bounds: r.bounds,
                revision: r.revision,
                geometry_bytes: r.geometry_bytes,
            })
            .collect())
    }

    fn fetch(&self, indices: &[FeatureIndex]) -> Result<Vec<Feature>, String> {
        self.0.fetch(indices).map_err(|err| err.to_string())
    }

    fn terrain(&self) -> Result<Vec<(u64, HeightGrid)>, String> {
        self.0.terrain().map_err(|err| err.to_string())
    }
}

struct FolderSink<'a>(&'a FolderTiles);

impl TileSink for FolderSink<'_> {
    fn contains(&self, name: &str) -> bool {
        use scene_store::TileStore as _;
        self.0.contains(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        use scene_store::TileStore as _;
        self.0.put(name, bytes).map_err(|err| err.to_string())
    }

    fn get(&self, name: &str) -> Option<Vec<u8>> {
        use scene_store::TileStore as _;
        // a record that cannot be read only costs a new encoding
        self.0.get(name).ok().flatten()
    }
}
