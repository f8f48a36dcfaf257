//! The project's own judge of a published city: is everything there, whole, and by the rules of 3D Tiles?
//!
//! Rules have stable codes (`tileset/error-grows`); a violation is an error, an oddity that viewers survive a warning.

mod content;
mod tileset;

use city_model::Report;
use scene_store::{CityFolder, FolderTiles, SceneStore, StoreError, TileStore as _};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// What was found: the `--json` answer.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// Revision looked at; `null` when nothing is published.
    pub revision: Option<u64>,
    /// Tileset files read.
    pub tilesets: u64,
    /// Tiles visited.
    pub tiles: u64,
    /// Contents read.
    pub contents: u64,
    /// Errors found.
    pub errors: u64,
    /// Warnings found.
    pub warnings: u64,
    /// First issues of each kind.
    pub issues: Vec<city_model::Issue>,
    /// Number of all issues by code.
    pub issue_counts: BTreeMap<String, u64>,
    /// Wall-clock time, seconds.
    pub elapsed_s: f64,
    /// Greatest memory of this process, bytes.
    pub peak_rss_bytes: u64,
}

/// State of one walk through a revision.
struct Walk<'a> {
    tiles: &'a FolderTiles,
    feature_index_count: u32,
    seen: BTreeSet<String>,
    report: Report,
    num_errors: u64,
    num_warnings: u64,
    num_tilesets: u64,
    num_tiles: u64,
    num_contents: u64,
}

impl Walk<'_> {
    fn error(&mut self, code: &'static str, at: &str, message: impl Into<String>) {
        self.num_errors += 1;
        self.report.error(code, None, Some(at.to_owned()), message);
    }

    fn warning(&mut self, code: &'static str, at: &str, message: impl Into<String>) {
        self.num_warnings += 1;
        self.report.warn(code, None, Some(at.to_owned()), message);
    }
}

/// Checks the database, the published tilesets and every content that they name.
///
/// * `progress` — called with the number of contents read
///
/// # Errors
/// [`StoreError`] when the city cannot be opened at all; everything else is in the report.
pub fn check(city: &CityFolder, progress: &dyn Fn(u64)) -> Result<CheckReport, StoreError> {
    let started = Instant::now();
    let store = city.store()?;
    let tiles = city.tiles();
    let mut walk = Walk {
        tiles: &tiles,
        feature_index_count: store.summary()?.feature_index_count,
        seen: BTreeSet::new(),
        report: Report::default(),
        num_errors: 0,
        num_warnings: 0,
        num_tilesets: 0,
        num_tiles: 0,
        num_contents: 0,
    };
    for problem in store.verify()? {
        walk.error("store/damaged", "city.db", problem);
    }
    let published = store.published()?;
    match &published {
        None => walk.warning("store/not-published", "city.db", "nothing is published yet"),
        Some(revision) => match city.read_tileset(revision.revision) {
            Ok(bytes) => walk.root(&bytes, progress),
            Err(err) => walk.error("tileset/missing", "tileset.json", err.to_string()),
        },
    }
    walk.kept_files(&store)?;
    Ok(CheckReport {
        revision: published.map(|r| r.revision),
        tilesets: walk.num_tilesets,
        tiles: walk.num_tiles,
        contents: walk.num_contents,
        errors: walk.num_errors,
        warnings: walk.num_warnings,
        issues: walk.report.issues,
        issue_counts: walk.report.counts,
        elapsed_s: started.elapsed().as_secs_f64(),
        peak_rss_bytes: crate::process::peak_rss_bytes(),
    })
}

impl Walk<'_> {
    /// What the database and the folder say of each other.
    fn kept_files(&mut self, store: &impl SceneStore) -> Result<(), StoreError> {
        let kept: BTreeSet<String> = store.content_names()?.into_iter().collect();
        let on_disk: BTreeSet<String> = self.tiles.names()?.into_iter().collect();
        for name in kept.difference(&on_disk) {
            self.error("store/content-missing", name, "a kept revision names it and it is gone");
        }
        let num_stray = on_disk.difference(&kept).count();
        if num_stray > 0 {
            let message = format!("{num_stray} contents that no kept revision uses: chengjing gc removes them");
            self.warning("store/stray-contents", "tiles/content", message);
        }
        Ok(())
    }
}
