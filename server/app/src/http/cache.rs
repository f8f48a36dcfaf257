//! Tiles kept ready in memory: least recently used go first, a byte budget is never exceeded, and a tile that many ask
//! for at once is loaded once.

use super::metrics::Metrics;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use bytes::Bytes;
use lru::LruCache;
use scene_store::{ContentEncoding, StoreError, TileStore};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

const NUM_SHARDS: usize = 16;

/// One encoded form of a tile, ready to be sent.
#[derive(Debug, Clone)]
pub struct TileVariant {
    /// Body.
    pub bytes: Bytes,
    /// Headers but the length.
    pub headers: HeaderMap,
    /// Strong entity tag, quotes included.
    pub etag: String,
}

/// A tile with its encoded forms, each loaded at most once.
#[derive(Debug, Default)]
struct Entry {
    variants: [OnceCell<Arc<TileVariant>>; 4],
    bytes: AtomicU64,
}

#[derive(Debug)]
struct Shard {
    entries: LruCache<Box<str>, Arc<Entry>>,
    bytes: u64,
}

/// The cache.
#[derive(Debug)]
pub struct TileCache {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    shard_budget_bytes: u64,
    metrics: Arc<Metrics>,
}

impl TileCache {
    /// A cache of at most `budget_bytes` of tile bodies.
    pub fn new(budget_bytes: u64, metrics: Arc<Metrics>) -> Self {
        let shard = || {
            Mutex::new(Shard {
                entries: LruCache::unbounded(),
                bytes: 0,
            })
        };
        Self {
            shards: std::iter::repeat_with(shard).take(NUM_SHARDS).collect(),
            hasher: RandomState::new(),
            shard_budget_bytes: budget_bytes / NUM_SHARDS as u64,
            metrics,
        }
    }

    /// Bytes of tile bodies held.
    pub fn bytes(&self) -> u64 {
        self.shards
            .iter()
            .map(|s| s.lock().unwrap_or_else(PoisonError::into_inner).bytes)
            .sum()
    }

    /// A tile that is in memory, without waiting.
    pub fn get(&self, name: &str, encoding: ContentEncoding) -> Option<Arc<TileVariant>> {
        let variant = self.shard(name).entries.get(name)?.variants[slot(encoding)]
            .get()
            .cloned();
        if variant.is_some() {
            self.metrics.tile_hits.fetch_add(1, Ordering::Relaxed);
        }
        variant
    }

    /// A tile from memory or from `tiles`; `None` when there is no such content.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub async fn get_or_load(
        &self,
        name: &str,
        encoding: ContentEncoding,
        tiles: &Arc<dyn TileStore>,
    ) -> Result<Option<Arc<TileVariant>>, StoreError> {
        self.metrics.tile_misses.fetch_add(1, Ordering::Relaxed);
        let entry = {
            let mut shard = self.shard(name);
            Arc::clone(shard.entries.get_or_insert(name.into(), || Arc::new(Entry::default())))
        };
        let loaded_bytes = AtomicU64::new(0);
        let result = entry.variants[slot(encoding)]
            .get_or_try_init(|| async {
                self.metrics.tile_loads.fetch_add(1, Ordering::Relaxed);
                let Some((got, bytes)) = load(Arc::clone(tiles), name.to_owned(), encoding).await.map_err(Some)? else {
                    return Err(None);
                };
                let num_bytes = bytes.len() as u64;
                if got == encoding {
                    loaded_bytes.store(num_bytes, Ordering::Relaxed);
                    return Ok(Arc::new(TileVariant::new(name, encoding, bytes)));
                }
                // not worth encoding: share the identity form
                let shared = entry.variants[slot(ContentEncoding::Identity)].get_or_init(|| async {
                    loaded_bytes.store(num_bytes, Ordering::Relaxed);
                    Arc::new(TileVariant::new(name, ContentEncoding::Identity, bytes))
                });
                Ok(Arc::clone(shared.await))
            })
            .await
            .map(Arc::clone);
        match result {
            Ok(variant) => {
                let loaded_bytes = loaded_bytes.into_inner();
                if loaded_bytes > 0 {
                    self.account(name, &entry, loaded_bytes);
                }
                Ok(Some(variant))
            }
            Err(cause) => {
                self.forget_empty(name, &entry);
                cause.map_or(Ok(None), Err)
            }
        }
    }

    fn shard(&self, name: &str) -> MutexGuard<'_, Shard> {
        let at = self.hasher.hash_one(name) as usize % NUM_SHARDS;
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn account(&self, name: &str, entry: &Arc<Entry>, bytes: u64) {
        let mut shard = self.shard(name);
        // the entry may have been evicted while it was loading
        if !shard.entries.peek(name).is_some_and(|kept| Arc::ptr_eq(kept, entry)) {
            return;
        }
        entry.bytes.fetch_add(bytes, Ordering::Relaxed);
        shard.bytes += bytes;
        let before = shard.bytes;
        while shard.bytes > self.shard_budget_bytes {
            let Some((_, evicted)) = shard.entries.pop_lru() else {
                break;
            };
            shard.bytes -= evicted.bytes.load(Ordering::Relaxed).min(shard.bytes);
            self.metrics.tile_evictions.fetch_add(1, Ordering::Relaxed);
        }
        let freed = before - shard.bytes;
        self.metrics.cache_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.metrics.cache_bytes.fetch_sub(freed, Ordering::Relaxed);
    }

    /// Names that do not exist must not pile up.
    fn forget_empty(&self, name: &str, entry: &Arc<Entry>) {
        let mut shard = self.shard(name);
        let is_same = shard.entries.peek(name).is_some_and(|kept| Arc::ptr_eq(kept, entry));
        if is_same && entry.bytes.load(Ordering::Relaxed) == 0 {
            shard.entries.pop(name);
        }
    }
}

const fn slot(encoding: ContentEncoding) -> usize {
    match encoding {
        ContentEncoding::Identity => 0,
        ContentEncoding::Brotli => 1,
        ContentEncoding::Zstd => 2,
        ContentEncoding::Gzip => 3,
    }
}

async fn load(
    tiles: Arc<dyn TileStore>,
    name: String,
    encoding: ContentEncoding,
) -> Result<Option<(ContentEncoding, Vec<u8>)>, StoreError> {
    let at = std::path::PathBuf::from(&name);
    tokio::task::spawn_blocking(move || tiles.get_encoded(&name, encoding))
        .await
        .unwrap_or_else(|err| {
            Err(StoreError::Io {
                action: "load tile",
                path: at,
                source: std::io::Error::other(err),
            })
        })
}

/// Entity tag of a content in an encoding: the name is a hash of all that goes into it, so it needs no reading.
pub fn content_etag(name: &str, encoding: ContentEncoding) -> String {
    let hash = name.split('.').next().unwrap_or(name);
    match encoding {
        ContentEncoding::Identity => format!("\"{hash}\""),
        _ => format!("\"{hash}-{}\"", encoding.http_name()),
    }
}

impl TileVariant {
    fn new(name: &str, encoding: ContentEncoding, bytes: Vec<u8>) -> Self {
        let etag = content_etag(name, encoding);
        let mut headers = content_headers(&etag);
        let content_type = if name.ends_with(".json") {
            "application/json"
        } else {
            "model/gltf-binary"
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if encoding != ContentEncoding::Identity {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.http_name()));
        }
        Self {
            bytes: bytes.into(),
            headers,
            etag,
        }
    }
}

/// Headers that a 200 and a 304 of a content share.
pub fn content_headers(etag: &str) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(10);
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "etag, content-range, accept-ranges",
        ),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;
    use scene_store::FolderTiles;

    fn tiles(count: u32, bytes: usize) -> (tempfile::TempDir, Arc<dyn TileStore>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        let tiles = FolderTiles::new(dir.path().to_owned());
        let names: Vec<String> = (0..count).map(|i| format!("{i:032x}.glb")).collect();
        for name in &names {
            tiles.put(name, &vec![7; bytes]).unwrap();
        }
        (dir, Arc::new(tiles), names)
    }

    #[tokio::test]
    async fn the_budget_holds_and_the_latest_stay() {
        let (_dir, tiles, names) = tiles(400, 1000);
        let budget = NUM_SHARDS as u64 * 5500;
        let metrics = Arc::new(Metrics::default());
        let cache = TileCache::new(budget, Arc::clone(&metrics));
        for name in &names {
            cache
                .get_or_load(name, ContentEncoding::Identity, &tiles)
                .await
                .unwrap()
                .unwrap();
            assert!(cache.bytes() <= budget);
            assert!(
                cache.get(name, ContentEncoding::Identity).is_some(),
                "the latest is kept"
            );
        }
        assert!(cache.bytes() > budget / 2);
        assert_eq!(cache.bytes(), metrics.cache_bytes.load(Ordering::Relaxed));
        assert!(metrics.tile_evictions.load(Ordering::Relaxed) > 300);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_at_once_load_once() {
        let (_dir, tiles, names) = tiles(1, 1000);
        let metrics = Arc::new(Metrics::default());
        let cache = Arc::new(TileCache::new(1 << 20, Arc::clone(&metrics)));
        let tasks: Vec<_> = (0..64)
            .map(|_| {
                let (cache, tiles, name) = (Arc::clone(&cache), Arc::clone(&tiles), names[0].clone());
                tokio::spawn(async move {
                    cache
                        .get_or_load(&name, ContentEncoding::Brotli, &tiles)
                        .await
                        .unwrap()
                        .unwrap()
                        .bytes
                        .len()
                })
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap() < 100);
        }
        assert_eq!(metrics.tile_loads.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn absent_names_leave_nothing_behind() {
        let (_dir, tiles, _) = tiles(0, 0);
        let cache = TileCache::new(1 << 20, Arc::new(Metrics::default()));
        for i in 0..100 {
            let name = format!("{i:032x}.glb");
            assert!(
                cache
                    .get_or_load(&name, ContentEncoding::Gzip, &tiles)
                    .await
                    .unwrap()
                    .is_none()
            );
        }
        assert_eq!(
            cache
                .shards
                .iter()
                .map(|s| s.lock().unwrap().entries.len())
                .sum::<usize>(),
            0
        );
        assert!(matches!(
            cache.get_or_load("../x", ContentEncoding::Gzip, &tiles).await,
            Err(StoreError::BadContentName { .. })
        ));
    }

    #[tokio::test]
    async fn content_that_does_not_shrink_is_held_once() {
        let dir = tempfile::tempdir().unwrap();
        let folder = FolderTiles::new(dir.path().to_owned());
        let name = "00000000000000000000000000000000.glb";
        let random: Vec<u8> = (0..4000_u64)
            .flat_map(|i| RandomState::new().hash_one(i).to_le_bytes())
            .collect();
        folder.put(name, &random).unwrap();
        let tiles: Arc<dyn TileStore> = Arc::new(folder);
        let cache = TileCache::new(1 << 20, Arc::new(Metrics::default()));
        for encoding in ContentEncoding::PREFERRED {
            let variant = cache.get_or_load(name, encoding, &tiles).await.unwrap().unwrap();
            assert_eq!(variant.etag, format!("\"{}\"", "0".repeat(32)));
            assert_eq!(variant.bytes, random);
        }
        assert_eq!(cache.bytes(), random.len() as u64);
    }
}
