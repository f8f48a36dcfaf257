//! Rules of tileset files. Source: OGC 22-025r4 (3D Tiles 1.1), sections on tiles, geometric error and refinement.

use super::Walk;
use super::content::Aabb;
use city_model::tileset::{BoundingVolume, Tile, Tileset};
use scene_store::TileStore as _;

/// Greatest size of a tileset file, bytes: a viewer reads it whole before its first tile.
const MAX_JSON_BYTES: usize = 110_000;
/// Numbers in tileset files are rounded to millimetres.
const TOLERANCE_M: f64 = 0.005;
/// External tilesets within external tilesets; more is a loop.
const MAX_DEPTH: u32 = 32;

/// What a tile is held against.
struct Above {
    geometric_error_m: f64,
    volume: Option<Aabb>,
    depth: u32,
}

impl Walk<'_> {
    /// The root file of a revision.
    pub(super) fn root(&mut self, bytes: &[u8], progress: &dyn Fn(u64)) {
        let above = Above {
            geometric_error_m: f64::INFINITY,
            volume: None,
            depth: 0,
        };
        if let Some(tileset) = self.read(bytes, "tileset.json") {
            if tileset.root.transform.is_none() {
                self.error(
                    "tileset/no-place",
                    "tileset.json",
                    "the root tile has no transform to the earth",
                );
            }
            self.tileset(&tileset, "tileset.json", &above, progress);
        }
    }

    fn read(&mut self, bytes: &[u8], name: &str) -> Option<Tileset> {
        self.num_tilesets += 1;
        if bytes.len() > MAX_JSON_BYTES {
            let message = format!("{} bytes, at most {MAX_JSON_BYTES}", bytes.len());
            self.error("tileset/too-large", name, message);
        }
        match serde_json::from_slice::<Tileset>(bytes) {
            Ok(tileset) => Some(tileset),
            Err(err) => {
                self.error("tileset/unreadable", name, err.to_string());
                None
            }
        }
    }

    fn tileset(&mut self, tileset: &Tileset, name: &str, above: &Above, progress: &dyn Fn(u64)) {
        if tileset.asset.version != "1.1" {
            self.error("tileset/version", name, format!("version {:?}", tileset.asset.version));
        }
        if tileset.geometric_error.is_nan() || tileset.geometric_error < tileset.root.geometric_error {
            let message = format!(
                "the file states {} m, its root {} m",
                tileset.geometric_error, tileset.root.geometric_error
            );
            self.error("tileset/error-grows", name, message);
        }
        if tileset.root.refine.is_none() {
            self.error(
                "tileset/no-refine",
                name,
                "the root tile does not say how it is refined",
            );
        }
        self.tile(&tileset.root, name, above, progress);
    }

    fn tile(&mut self, tile: &Tile, file: &str, above: &Above, progress: &dyn Fn(u64)) {
        self.num_tiles += 1;
        let at = match &tile.content {
            Some(content) => format!("{file} → {}", content.uri),
            None => file.to_owned(),
        };
        let error_m = tile.geometric_error;
        if !(error_m.is_finite() && error_m >= 0.0) {
            self.error("tileset/bad-error", &at, format!("geometric error {error_m}"));
        } else if error_m > above.geometric_error_m {
            let message = format!("{error_m} m below a tile of {} m", above.geometric_error_m);
            self.error("tileset/error-grows", &at, message);
        }
        let volume = self.volume(&tile.bounding_volume, &at);
        if let (Some(volume), Some(parent)) = (&volume, &above.volume)
            && let Some(out_m) = parent.exceeded_by(volume, TOLERANCE_M)
        {
            let message = format!("the volume reaches {out_m:.3} m out of that of its parent");
            self.error("tileset/volume-escapes", &at, message);
        }
        if tile.content.is_none() && tile.children.is_empty() {
            self.warning("tileset/empty-leaf", &at, "neither content nor children");
        }
        let here = Above {
            geometric_error_m: error_m,
            volume: volume.or(above.volume),
            depth: above.depth + 1,
        };
        if let Some(content) = &tile.content {
            let name = content.uri.rsplit('/').next().unwrap_or_default().to_owned();
            self.content_of(&name, &at, &here, progress);
        }
        for child in &tile.children {
            self.tile(child, file, &here, progress);
        }
    }

    fn volume(&mut self, volume: &BoundingVolume, at: &str) -> Option<Aabb> {
        let found = volume.oriented_box.as_ref().and_then(Aabb::of_box);
        if found.is_none() {
            self.error("tileset/bad-volume", at, "no finite box as bounding volume");
        }
        found
    }

    fn content_of(&mut self, name: &str, at: &str, here: &Above, progress: &dyn Fn(u64)) {
        if !scene_store::tiles::is_content_name(name) {
            self.error("tileset/content-name", at, "not a name of the tile store");
            return;
        }
        let bytes = match self.tiles.get(name) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return self.error("tileset/content-missing", at, "the content is gone"),
            Err(err) => return self.error("tileset/content-unreadable", at, err.to_string()),
        };
        let is_new = self.seen.insert(name.to_owned());
        if !name.ends_with(".json") {
            if is_new {
                self.num_contents += 1;
                progress(self.num_contents);
                self.glb(&bytes, at, here.volume.as_ref());
            }
        } else if here.depth > MAX_DEPTH {
            self.error(
                "tileset/too-deep",
                at,
                "external tilesets refer to each other without end",
            );
        } else if let Some(tileset) = self.read(&bytes, name) {
            self.tileset(&tileset, name, here, progress);
        }
    }
}
