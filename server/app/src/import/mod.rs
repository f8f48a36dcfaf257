//! Import: files → readers → scene CRS → store, in one transaction, with what was left out and why.
//!
//! The reader's thread parses, places and encodes (the last two on all cores, a batch at a time); a writer's thread
//! owns the transaction. The queue between them is short, so memory stays bounded whatever the size of the input.

mod isolate;
mod pipeline;
mod place;

pub use isolate::{IsolationLimits, run_worker};
pub use pipeline::ImportSink;
pub use place::{Centre, PlaceError, Placer, choose_scene_crs};

use city_model::manifest::LocalText;
use city_model::{Crs, FeatureClass, Issue, Report};
use city_sources::{Format, ReadOptions, SourceError};
use scene_store::{CityFolder, SceneStore as _, StoreError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What the caller knows that the files do not say.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Overrides the CRS that the files state.
    pub crs: Option<Crs>,
    /// CRS of the city, where it has none yet; default: that of the first data set if it is in metres, else one that
    /// suits the place.
    pub scene_crs: Option<Crs>,
    /// Layer of the features; default: the file's name.
    pub layer: Option<String>,
    /// Credit to record when a file has none.
    pub attribution: Option<String>,
    /// Pipe class for files that do not say it.
    pub pipe_class: Option<String>,
    /// Class for features whose class cannot be told.
    pub default_class: Option<FeatureClass>,
    /// Name of a new city.
    pub title: Option<LocalText>,
    /// True when the data is generated.
    pub is_generated: bool,
    /// Ellipsoidal minus orthometric height of a new city, metres.
    pub geoid_offset_m: f64,
    /// Values kept with the city, such as `views`.
    pub meta: BTreeMap<String, String>,
    /// Limits of readers that run in a child process.
    pub isolation: IsolationLimits,
}

impl ImportOptions {
    fn read_options(&self) -> ReadOptions {
        ReadOptions {
            override_crs: self.crs.clone(),
            layer: self.layer.clone(),
            attribution: self.attribution.clone(),
            pipe_class: self.pipe_class.clone(),
            default_class: self.default_class,
            ..ReadOptions::default()
        }
    }
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Every input was unusable; the report says why.
    #[error("nothing could be imported: {reason}")]
    NothingUsable {
        /// The first reason met.
        reason: String,
        /// All of them.
        summary: Box<ImportReport>,
    },
    /// The writer's thread ended.
    #[error("the writer stopped: {0}")]
    Writer(String),
}

/// One file of an import.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FileOutcome {
    /// As the user gave it.
    pub path: String,
    /// Features taken.
    pub imported: u64,
    /// Features left out.
    pub quarantined: u64,
    /// Terrain grids taken.
    pub terrain_grids: u64,
    /// Why the file as a whole, or its rest, could not be read.
    pub error: Option<String>,
}

/// What an import did: the `--json` answer.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ImportReport {
    /// Features taken: new, changed and unchanged.
    pub imported: u64,
    /// Of these, features that were there with other content.
    pub replaced: u64,
    /// Of these, features that were there with the same content.
    pub unchanged: u64,
    /// Features left out; `issues` says why.
    pub quarantined: u64,
    /// Terrain grids taken.
    pub terrain_grids: u64,
    /// Layers of the city after the import.
    pub layers: Vec<LayerOutcome>,
    /// Files in order.
    pub files: Vec<FileOutcome>,
    /// First issues of each kind.
    pub issues: Vec<Issue>,
    /// Number of all issues by code.
    pub issue_counts: BTreeMap<String, u64>,
    /// CRS of the city.
    pub scene_crs: Option<String>,
    /// Wall-clock time, seconds.
    pub elapsed_s: f64,
    /// Greatest memory of this process, bytes.
    pub peak_rss_bytes: u64,
}

impl ImportReport {
    /// True when some file could not be used at all.
    pub fn has_unusable_file(&self) -> bool {
        self.files
            .iter()
            .any(|f| f.error.is_some() && f.imported == 0 && f.terrain_grids == 0)
    }
}

/// A layer after an import.
#[derive(Debug, Clone, Serialize)]
pub struct LayerOutcome {
    /// Name.
    pub id: String,
    /// Live features.
    pub features: u64,
}

/// Reads `files` into the city in one transaction. A file that cannot be used is reported and passed over.
///
/// # Errors
/// [`ImportError`] when nothing at all could be used or the store refused; the city is then as it was.
pub fn import_files(
    city: &CityFolder,
    files: &[PathBuf],
    options: &ImportOptions,
    progress: &(dyn Fn(&Path, u64) + Sync),
) -> Result<ImportReport, ImportError> {
    import_with(city, options, |sink| {
        let read_options = options.read_options();
        for path in files {
            sink.begin_file(path);
            let mut report = Report::new(path.display().to_string());
            sink.set_progress(Box::new(|count| progress(path, count)));
            let result = read_file(path, &read_options, &options.isolation, sink, &mut report);
            sink.end_file(report, result.err().map(|err| err.to_string()));
            if sink.is_stopped() {
                break;
            }
        }
    })
}

fn read_file(
    path: &Path,
    options: &ReadOptions,
    limits: &IsolationLimits,
    sink: &mut ImportSink<'_>,
    report: &mut Report,
) -> Result<(), SourceError> {
    let definition = city_sources::sniff_path(path)?;
    if definition.format == Format::Ifc {
        return isolate::read_isolated(path, options, limits, sink, report);
    }
    (definition.read)(path, options, sink, report)
}

/// Imports whatever `fill` gives to the sink, in one transaction.
///
/// # Errors
/// See [`import_files`].
pub fn import_with<'a>(
    city: &CityFolder,
    options: &'a ImportOptions,
    fill: impl FnOnce(&mut ImportSink<'a>),
) -> Result<ImportReport, ImportError> {
    let started = Instant::now();
    let _lock = city.lock()?;
    let store = city.store()?;
    let session = store.begin_import()?;
    let mut sink = ImportSink::new(session, options);
    fill(&mut sink);
    let finished = sink.finish()?;
    let report = finished.report;
    let mut answer = ImportReport {
        imported: finished.files.iter().map(|f| f.imported).sum(),
        quarantined: finished.files.iter().map(|f| f.quarantined).sum(),
        terrain_grids: finished.files.iter().map(|f| f.terrain_grids).sum(),
        files: finished.files,
        issues: report.issues,
        issue_counts: report.counts,
        peak_rss_bytes: crate::process::peak_rss_bytes(),
        ..ImportReport::default()
    };
    if answer.imported == 0 && answer.terrain_grids == 0 {
        answer.elapsed_s = started.elapsed().as_secs_f64();
        let first_error = answer.files.iter().find_map(|f| f.error.clone());
        let reason = first_error
            .or_else(|| answer.issues.first().map(ToString::to_string))
            .unwrap_or_else(|| "the input holds no features".to_owned());
        return Err(ImportError::NothingUsable {
            reason,
            summary: Box::new(answer),
        });
    }
    let detail = serde_json::json!({ "files": answer.files, "quarantined": answer.quarantined }).to_string();
    let written = finished.session.commit("import", &detail)?;
    let summary = store.summary()?;
    answer.replaced = written.replaced;
    answer.unchanged = written.unchanged;
    answer.layers = summary
        .layers
        .into_iter()
        .map(|(id, features)| LayerOutcome { id, features })
        .collect();
    answer.scene_crs = store.scene()?.map(|s| s.frame.crs().name().to_owned());
    answer.peak_rss_bytes = crate::process::peak_rss_bytes();
    answer.elapsed_s = started.elapsed().as_secs_f64();
    Ok(answer)
}
