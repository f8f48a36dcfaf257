//! A published revision as plain files: a folder that any web server can serve, or one `.3tz` archive.

mod archive;
mod folder;

use city_model::tileset::{Tile, Tileset};
use scene_store::{CityFolder, SceneStore as _, StoreError, TileStore as _};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Name of the root file.
pub const ROOT_NAME: &str = "tileset.json";
/// Folder of the contents, relative to the root file.
pub const CONTENT_FOLDER: &str = "content";

/// Why nothing was exported; what was begun is removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing is published.
    #[error("nothing is published yet: run chengjing publish")]
    NothingPublished,
    /// The target exists.
    #[error("the target exists already; nothing is overwritten: {path:?}")]
    TargetExists {
        /// Folder or file.
        path: PathBuf,
    },
    /// A tileset file cannot be understood.
    #[error("tileset {name} cannot be read: {source}")]
    Tileset {
        /// File.
        name: String,
        /// Cause.
        source: serde_json::Error,
    },
    /// A content of the revision is gone.
    #[error("content {name} of the published revision is missing: run chengjing check")]
    MissingContent {
        /// File.
        name: String,
    },
    /// A file cannot be written.
    #[error("cannot {action}: {source} at {path:?}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// File or folder.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The archive cannot be written.
    #[error("cannot write the archive: {source} at {path:?}")]
    Zip {
        /// File.
        path: PathBuf,
        /// Cause.
        source: zip::result::ZipError,
    },
}

/// What was exported: the `--json` answer.
#[derive(Debug, Clone, Serialize)]
pub struct ExportReport {
    /// Revision.
    pub revision: u64,
    /// `folder` or `3tz`.
    pub format: &'static str,
    /// Where it lies.
    pub path: PathBuf,
    /// Files, the root included.
    pub files: u64,
    /// Sum of their sizes before packing, bytes.
    pub bytes: u64,
    /// Wall-clock time, seconds.
    pub elapsed_s: f64,
    /// Greatest memory of this process, bytes.
    pub peak_rss_bytes: u64,
}

/// Where files go, in the order of [`export`]: the root first, then contents by name.
trait Target {
    fn put(&mut self, path: &str, bytes: &[u8]) -> Result<(), ExportError>;
    /// Makes the whole appear under its name.
    fn finish(self: Box<Self>) -> Result<(), ExportError>;
}

/// Writes the published revision to `path`: an archive when the name ends in `.3tz`, else a folder.
///
/// * `progress` — called with (done, total) files
///
/// Contents that other revisions use are left out. The target appears whole at the end or not at all.
///
/// # Errors
/// [`ExportError`].
pub fn export(city: &CityFolder, path: &Path, progress: &dyn Fn(u64, u64)) -> Result<ExportReport, ExportError> {
    let started = Instant::now();
    let is_archive = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("3tz"));
    if path.exists() {
        return Err(ExportError::TargetExists { path: path.to_owned() });
    }
    let revision = city
        .store()?
        .published()?
        .ok_or(ExportError::NothingPublished)?
        .revision;
    let tiles = city.tiles();
    let fetch = |name: &str| -> Result<Vec<u8>, ExportError> {
        tiles
            .get(name)?
            .ok_or_else(|| ExportError::MissingContent { name: name.to_owned() })
    };

    let mut root = read_tileset(&city.read_tileset(revision)?, ROOT_NAME)?;
    let mut names = BTreeSet::new();
    relocate(&mut root.root, &mut names);
    let mut unread: Vec<String> = names.iter().filter(|n| n.ends_with(".json")).cloned().collect();
    while let Some(name) = unread.pop() {
        let tileset = read_tileset(&fetch(&name)?, &name)?;
        for_each_content(&tileset.root, &mut |uri| {
            let child = file_name(uri).to_owned();
            if names.insert(child.clone()) && child.ends_with(".json") {
                unread.push(child);
            }
        });
    }

    let mut target: Box<dyn Target> = if is_archive {
        Box::new(archive::Archive::create(path)?)
    } else {
        Box::new(folder::Folder::create(path)?)
    };
    let root_bytes = serde_json::to_vec(&root).map_err(|source| ExportError::Tileset {
        name: ROOT_NAME.to_owned(),
        source,
    })?;
    target.put(ROOT_NAME, &root_bytes)?;
    let mut bytes = root_bytes.len() as u64;
    let total = names.len() as u64 + 1;
    for (done, name) in (1_u64..).zip(&names) {
        progress(done, total);
        let content = fetch(name)?;
        bytes += content.len() as u64;
        target.put(&format!("{CONTENT_FOLDER}/{name}"), &content)?;
    }
    target.finish()?;
    Ok(ExportReport {
        revision,
        format: if is_archive { "3tz" } else { "folder" },
        path: path.to_owned(),
        files: total,
        bytes,
        elapsed_s: started.elapsed().as_secs_f64(),
        peak_rss_bytes: crate::process::peak_rss_bytes(),
    })
}

fn read_tileset(bytes: &[u8], name: &str) -> Result<Tileset, ExportError> {
    serde_json::from_slice(bytes).map_err(|source| ExportError::Tileset {
        name: name.to_owned(),
        source,
    })
}

/// Points the contents of the root file at the folder beside it, and collects their names.
fn relocate(tile: &mut Tile, names: &mut BTreeSet<String>) {
    if let Some(content) = &mut tile.content {
        let name = file_name(&content.uri).to_owned();
        content.uri = format!("{CONTENT_FOLDER}/{name}");
        names.insert(name);
    }
    tile.children.iter_mut().for_each(|child| relocate(child, names));
}

fn for_each_content(tile: &Tile, f: &mut impl FnMut(&str)) {
    if let Some(content) = &tile.content {
        f(&content.uri);
    }
    tile.children.iter().for_each(|child| for_each_content(child, f));
}

fn file_name(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap_or(uri)
}

/// Name beside the target under which it is written.
fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".partial-{}", std::process::id()));
    path.with_file_name(name)
}
