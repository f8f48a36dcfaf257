//! What handlers share: the city, the tile cache, and a snapshot of the published revision.

use super::cache::TileCache;
use super::metrics::Metrics;
use super::problem::ApiError;
use crate::manifest::build_manifest;
use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;
use city_model::{Bounds3, HeightGrid, SceneFrame};
use glam::DVec2;
use scene_store::{CityFolder, ContentEncoding, LayerCount, RevisionInfo, SceneStore, StoreError, TileStore};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::watch;

/// Address of the tileset.
pub const TILESET_URL: &str = "/tiles/city/tileset.json";

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// The insides of [`AppState`].
pub struct Shared {
    /// Folder of the city.
    pub city: CityFolder,
    /// Features and revisions.
    pub store: Arc<dyn SceneStore>,
    /// Tile contents.
    pub tiles: Arc<dyn TileStore>,
    /// Tiles in memory.
    pub cache: TileCache,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The published revision; event streams wait on it.
    pub published: watch::Sender<Arc<Snapshot>>,
    /// State of the database before the first snapshot was read, see [`SceneStore::data_version`].
    pub first_version: u64,
    /// What the negative list of projects looks at.
    pub overlays: crate::projects::flags::OverlayCache,
    /// Worlds, evaluations and rules kept for indicators.
    pub analysis: crate::indicators::AnalysisCache,
    /// Simulations that wait, run and ran.
    pub jobs: crate::simulations::Jobs,
    /// Publishes what requests wrote.
    pub publisher: super::write::Publisher,
    /// Which scenario is at which revision; event streams wait on it.
    pub scenarios: watch::Sender<Arc<super::board::Board>>,
    /// Turns true when the server is to end.
    pub stopping: watch::Sender<bool>,
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState")
            .field("city", &self.city.root())
            .finish_non_exhaustive()
    }
}

/// A small document in every encoding, with its tags.
#[derive(Debug, Clone)]
pub struct Document {
    forms: [(Bytes, HeaderMap); 4],
}

impl Document {
    /// Encodes a document once.
    pub fn new(bytes: Vec<u8>, content_type: &'static str) -> Self {
        let hash = blake3::hash(&bytes).to_hex();
        let form = |encoding: ContentEncoding| {
            // a failing encoder costs bandwidth, not the answer
            let (encoding, body) = match encoding.encode(&bytes) {
                Ok(encoded) if encoded.len() * 20 <= bytes.len() * 19 => (encoding, encoded),
                _ => (ContentEncoding::Identity, bytes.clone()),
            };
            let etag = match encoding {
                ContentEncoding::Identity => format!("\"{}\"", &hash[..32]),
                _ => format!("\"{}-{}\"", &hash[..32], encoding.http_name()),
            };
            let mut headers = HeaderMap::with_capacity(8);
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
            if encoding != ContentEncoding::Identity {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.http_name()));
            }
            if let Ok(value) = HeaderValue::from_str(&etag) {
                headers.insert(header::ETAG, value);
            }
            (Bytes::from(body), headers)
        };
        Self {
            forms: ContentEncoding::PREFERRED.map(form),
        }
    }

    /// Body and headers in an encoding.
    pub fn form(&self, encoding: ContentEncoding) -> &(Bytes, HeaderMap) {
        let at = ContentEncoding::PREFERRED
            .iter()
            .position(|e| *e == encoding)
            .unwrap_or(3);
        &self.forms[at]
    }
}

/// What the server shows until the city changes.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The published revision.
    pub revision: Option<RevisionInfo>,
    /// Its tileset.
    pub tileset: Option<Document>,
    /// Its manifest.
    pub manifest: Option<Document>,
    /// Scene frame.
    pub frame: Option<Arc<SceneFrame>>,
    /// Terrain, finest first: for heights of what stands on it.
    pub terrain: Arc<Vec<(u64, HeightGrid)>>,
    /// Features per layer code.
    pub layers: Vec<LayerCount>,
}

/// Height of the finest terrain that knows it, metres.
///
/// * `terrain` — finest first; `position` — scene CRS
pub fn sample(terrain: &[(u64, HeightGrid)], position: DVec2) -> Option<f64> {
    terrain.iter().find_map(|(_, grid)| grid.sample(position))
}

impl Snapshot {
    /// Number of the published revision; 0 before the first.
    pub fn number(&self) -> u64 {
        self.revision.as_ref().map_or(0, |r| r.revision)
    }

    /// Height of the ground at a plan position of the scene CRS, metres; 0 where unknown.
    pub fn ground_m(&self, position: DVec2) -> f64 {
        self.known_ground_m(position).unwrap_or(0.0)
    }

    /// Height of the ground at a plan position of the scene CRS, metres; `None` where unknown.
    pub fn known_ground_m(&self, position: DVec2) -> Option<f64> {
        sample(&self.terrain, position)
    }

    /// Bounds with heights above the vertical datum: those that count from the ground are lifted onto it.
    pub fn lifted(&self, bounds: Bounds3, on_terrain: bool) -> Bounds3 {
        if !on_terrain || bounds.is_empty() {
            return bounds;
        }
        let ground = self.ground_m(bounds.center().truncate());
        let mut lifted = bounds;
        lifted.min.z += ground;
        lifted.max.z += ground;
        lifted
    }

    /// Bounds in the tile frame that hold scene bounds: min x, y, z, max x, y, z, metres.
    pub fn bounds_enu(&self, bounds: Bounds3) -> [f64; 6] {
        let Some(frame) = self.frame.as_deref().filter(|_| !bounds.is_empty()) else {
            return [0.0; 6];
        };
        let mut enu = Bounds3::EMPTY;
        for corner in 0..8_u8 {
            let pick = |bit: u8, low: f64, high: f64| if corner & bit == 0 { low } else { high };
            let p = glam::DVec3::new(
                pick(1, bounds.min.x, bounds.max.x),
                pick(2, bounds.min.y, bounds.max.y),
                pick(4, bounds.min.z, bounds.max.z),
            );
            if let Ok(p) = frame.enu_from_scene(p) {
                enu.add(p.0);
            }
        }
        if enu.is_empty() { [0.0; 6] } else { flat(enu) }
    }
}

/// Six numbers of a box.
pub fn flat(bounds: Bounds3) -> [f64; 6] {
    if bounds.is_empty() {
        return [0.0; 6];
    }
    [
        bounds.min.x,
        bounds.min.y,
        bounds.min.z,
        bounds.max.x,
        bounds.max.y,
        bounds.max.z,
    ]
}

impl AppState {
    /// Opens a city for serving.
    ///
    /// * `cache_bytes` — budget of the tile cache
    ///
    /// # Errors
    /// [`StoreError`] when the city cannot be read.
    pub fn open(city: CityFolder, cache_bytes: u64) -> Result<Self, StoreError> {
        let store: Arc<dyn SceneStore> = Arc::new(city.store()?);
        let first_version = store.data_version()?;
        let tiles: Arc<dyn TileStore> = Arc::new(city.tiles());
        let metrics = Arc::new(Metrics::default());
        let results = crate::simulations::Results::open(city.root());
        crate::outside::OutsideFiles::of(city.root()).sweep();
        let state = Self(Arc::new(Shared {
            cache: TileCache::new(cache_bytes, Arc::clone(&metrics)),
            city,
            store,
            tiles,
            metrics,
            published: watch::Sender::new(Arc::new(Snapshot::default())),
            first_version,
            overlays: crate::projects::flags::OverlayCache::default(),
            analysis: crate::indicators::AnalysisCache::default(),
            jobs: crate::simulations::Jobs::new(results),
            publisher: super::write::Publisher::default(),
            scenarios: watch::Sender::new(Arc::default()),
            stopping: watch::Sender::new(false),
        }));
        state.refresh_scenarios()?;
        state.refresh()?;
        Ok(state)
    }

    /// The current snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.published.borrow())
    }

    /// Reads the city again and tells whoever waits for a new revision. Blocks.
    ///
    /// # Errors
    /// [`StoreError`]; the last snapshot stays.
    pub fn refresh(&self) -> Result<(), StoreError> {
        let before = self.snapshot();
        let scene = self.store.scene()?;
        let revision = self.store.published()?;
        let frame = scene.as_ref().map(|s| Arc::new(s.frame.clone()));
        let is_new = before.frame.is_none()
            || revision.as_ref().map(|r| r.revision) != before.revision.as_ref().map(|r| r.revision);
        let terrain = if is_new {
            Arc::new(self.store.terrain()?)
        } else {
            Arc::clone(&before.terrain)
        };
        let tileset = match &revision {
            Some(r) if is_new => Some(Document::new(self.city.read_tileset(r.revision)?, "application/json")),
            Some(_) => before.tileset.clone(),
            None => None,
        };
        let mut snapshot = Snapshot {
            revision,
            tileset,
            manifest: None,
            frame,
            terrain,
            layers: self.store.layer_counts()?,
        };
        if let Some(scene) = scene {
            let manifest = build_manifest(self.store.as_ref(), &scene, &snapshot)?;
            snapshot.manifest = serde_json::to_vec(&manifest)
                .ok()
                .map(|bytes| Document::new(bytes, "application/json"));
        }
        self.metrics.revision.store(snapshot.number(), Ordering::Relaxed);
        self.published.send_replace(Arc::new(snapshot));
        Ok(())
    }

    /// Runs a query on a thread that may block.
    ///
    /// # Errors
    /// The query's, or [`ApiError::Internal`] when it panicked.
    pub async fn query<T: Send + 'static>(
        &self,
        f: impl FnOnce(&dyn SceneStore) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let store = Arc::clone(&self.store);
        tokio::task::spawn_blocking(move || f(store.as_ref()))
            .await
            .unwrap_or_else(|err| Err(ApiError::Internal(format!("query ended: {err}"))))
    }
}
