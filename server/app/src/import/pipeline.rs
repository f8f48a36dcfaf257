//! The sink that readers fill: batches are placed and encoded on all cores, then queued to the writer's thread.

use super::place::{Centre, Placer, choose_scene_crs};
use super::{FileOutcome, ImportError, ImportOptions};
use city_model::manifest::{LocalText, ViewInfo};
use city_model::{Bounds3, Crs, Feature, HeightGrid, Report, SceneFrame};
use city_sources::{DatasetInfo, FeatureSink, SinkError};
use glam::{DVec2, DVec3};
use rayon::prelude::*;
use scene_store::{Dataset, EncodedFeature, ImportSession, PutOutcome, SceneInfo, StoreError};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Features placed and encoded together.
const BATCH_FEATURES: usize = 512;
/// Encoded batches that may wait for the writer.
const QUEUED_BATCHES: usize = 4;

enum Work {
    BeginFile(PathBuf),
    Features(Vec<EncodedFeature>),
    Terrain(String, HeightGrid),
    EndFile {
        dataset: Dataset,
        report: Box<Report>,
        error: Option<String>,
    },
}

/// What the writer's thread gives back.
pub(super) struct Written {
    pub(super) session: Box<dyn ImportSession>,
    pub(super) files: Vec<FileOutcome>,
    pub(super) report: Report,
}

/// Takes features from readers into an import session.
pub struct ImportSink<'a> {
    options: &'a ImportOptions,
    queue: Option<SyncSender<Work>>,
    writer: Option<JoinHandle<Result<Written, StoreError>>>,
    scene: Option<SceneInfo>,
    scene_crs: Option<(Crs, Centre)>,
    /// Data set whose features come now; `None` before the first `begin`.
    source_crs: Option<Crs>,
    placer: Option<Placer>,
    dataset: Dataset,
    layer: String,
    waiting: Vec<Feature>,
    waiting_terrain: Vec<HeightGrid>,
    report: Report,
    bounds: Bounds3,
    ground: Option<(f64, f64)>,
    count: u64,
    progress: Option<Box<dyn Fn(u64) + 'a>>,
    title: Option<LocalText>,
    views: Vec<ViewInfo>,
}

impl std::fmt::Debug for ImportSink<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportSink")
            .field("dataset", &self.dataset)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl<'a> ImportSink<'a> {
    pub(super) fn new(session: Box<dyn ImportSession>, options: &'a ImportOptions) -> Self {
        let scene = session.scene().cloned();
        let scene_crs = scene
            .as_ref()
            .map(|s| (s.frame.crs().clone(), Centre(s.frame.origin_scene().truncate())));
        let (queue, work) = sync_channel(QUEUED_BATCHES);
        let writer = std::thread::Builder::new()
            .name("import-writer".to_owned())
            .spawn(move || write(session, &work));
        Self {
            options,
            queue: Some(queue),
            // without a thread the first send fails and says so
            writer: writer.ok(),
            scene,
            scene_crs,
            source_crs: None,
            placer: None,
            dataset: Dataset::default(),
            layer: "data".to_owned(),
            waiting: Vec::with_capacity(BATCH_FEATURES),
            waiting_terrain: Vec::new(),
            report: Report::default(),
            bounds: Bounds3::EMPTY,
            ground: None,
            count: 0,
            progress: None,
            title: None,
            views: Vec::new(),
        }
    }

    /// A file (or a generator named like one) begins.
    pub fn begin_file(&mut self, path: &Path) {
        self.source_crs = None;
        self.placer = None;
        self.count = 0;
        self.layer = city_sources::ReadOptions {
            layer: self.options.layer.clone(),
            ..Default::default()
        }
        .layer_for(path);
        self.dataset = Dataset {
            path: path.display().to_string(),
            attribution: self.options.attribution.clone(),
            ..Dataset::default()
        };
        self.report = Report::new(path.display().to_string());
        drop(self.send(Work::BeginFile(path.to_owned())));
    }

    /// Called with the number of features taken from the current file, now and then.
    pub fn set_progress(&mut self, progress: Box<dyn Fn(u64) + 'a>) {
        self.progress = Some(progress);
    }

    /// Name of the city, where it is new and the options give none.
    pub fn set_title(&mut self, title: LocalText) {
        self.title = Some(title);
    }

    /// Fixed views of the city; unlike in a manifest, their targets are in the CRS of the current data set, metres.
    pub fn set_views(&mut self, views: Vec<ViewInfo>) {
        self.views = views;
    }

    /// The file ends; `report` is the reader's, `error` says why its rest could not be read.
    pub fn end_file(&mut self, mut report: Report, error: Option<String>) {
        let error = error.or_else(|| self.flush().err().map(|err| err.to_string()));
        let own = std::mem::take(&mut self.report);
        report.features_quarantined += own.features_quarantined;
        for (code, count) in own.counts {
            *report.counts.entry(code).or_default() += count;
        }
        report.issues.extend(own.issues);
        if let Some(error) = &error {
            report.error("import/unreadable", None, None, error.clone());
        }
        let dataset = std::mem::take(&mut self.dataset);
        drop(self.send(Work::EndFile {
            dataset,
            report: Box::new(report),
            error,
        }));
    }

    /// True when the writer has stopped and more features are of no use.
    pub fn is_stopped(&self) -> bool {
        self.writer.as_ref().is_none_or(JoinHandle::is_finished)
    }

    pub(super) fn finish(mut self) -> Result<Written, ImportError> {
        drop(self.queue.take());
        let writer = self
            .writer
            .take()
            .ok_or_else(|| ImportError::Writer("no thread could be started".to_owned()))?;
        let mut written = writer
            .join()
            .map_err(|_| ImportError::Writer("it panicked".to_owned()))??;
        if self.scene.is_none()
            && let Some((crs, _)) = &self.scene_crs
        {
            let scene = self
                .new_scene(crs.clone())
                .map_err(|err| ImportError::Writer(err.to_string()))?;
            written.session.set_scene(&scene)?;
            self.scene = Some(scene);
        }
        if let Some(views) = self.placed_views() {
            written.session.set_meta("views", &views)?;
        }
        for (key, value) in &self.options.meta {
            written.session.set_meta(key, value)?;
        }
        Ok(written)
    }

    /// The views as JSON, with their targets in the tile frame; a view that cannot be placed is dropped.
    fn placed_views(&self) -> Option<String> {
        let frame = &self.scene.as_ref()?.frame;
        let to_scene = city_model::Transformer::new(self.source_crs.clone()?, frame.crs().clone());
        let place = |view: &ViewInfo| {
            let target = to_scene
                .transform(view.target_enu.into())
                .and_then(|p| frame.enu_from_scene(p))
                .ok()?;
            Some(ViewInfo {
                target_enu: target.0.to_array(),
                ..view.clone()
            })
        };
        let placed: Vec<ViewInfo> = self.views.iter().filter_map(place).collect();
        if placed.is_empty() {
            None
        } else {
            serde_json::to_string(&placed).ok()
        }
    }

    /// Origin in the middle of what came in, at whole metres; its height is that of the lowest ground known.
    fn new_scene(&self, crs: Crs) -> Result<SceneInfo, city_model::CrsError> {
        let centre = if self.bounds.is_empty() {
            self.scene_crs.as_ref().map_or(DVec2::ZERO, |(_, centre)| centre.0)
        } else {
            self.bounds.center().truncate()
        };
        let height = self.ground.map_or(0.0, |(low, _)| low.floor());
        let frame = SceneFrame::new(crs, centre.round().extend(height), self.options.geoid_offset_m)?;
        let title = self
            .options
            .title
            .clone()
            .or_else(|| self.title.clone())
            .unwrap_or_else(|| {
                let name = self.layer.clone();
                LocalText {
                    zh: name.clone(),
                    en: name,
                }
            });
        Ok(SceneInfo {
            title,
            is_generated: self.options.is_generated,
            frame,
            vertical_datum: String::new(),
        })
    }

    fn send(&self, work: Work) -> Result<(), SinkError> {
        let stopped = || SinkError("the city's database does not take more".to_owned());
        self.queue
            .as_ref()
            .ok_or_else(stopped)?
            .send(work)
            .map_err(|_| stopped())
    }

    /// The placer of the current data set; chooses the scene CRS when the city has none.
    fn placer(&mut self, position: DVec3) -> Result<Placer, SinkError> {
        if let Some(placer) = &self.placer {
            return Ok(placer.clone());
        }
        let refuse = |err: city_model::CrsError| SinkError(err.to_string());
        let source = self
            .source_crs
            .clone()
            .or_else(|| self.options.crs.clone())
            .ok_or_else(|| {
                SinkError("it does not state a coordinate reference system: give one with --crs EPSG:<code>".to_owned())
            })?;
        let (scene_crs, centre) = match &self.scene_crs {
            Some((crs, centre)) => (crs.clone(), *centre),
            None => {
                let crs = match &self.options.scene_crs {
                    Some(crs) => crs.clone(),
                    None => choose_scene_crs(&source, position).map_err(refuse)?,
                };
                let there = city_model::Transformer::new(source.clone(), crs.clone())
                    .transform(position)
                    .map_err(refuse)?;
                (crs, Centre(there.truncate()))
            }
        };
        self.scene_crs = Some((scene_crs.clone(), centre));
        let placer = Placer::new(source, scene_crs, centre, self.options.geoid_offset_m);
        self.placer = Some(placer.clone());
        Ok(placer)
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.flush_terrain()?;
        if self.waiting.is_empty() {
            return Ok(());
        }
        let batch = std::mem::replace(&mut self.waiting, Vec::with_capacity(BATCH_FEATURES));
        let placer = self.placer(middle(&batch))?;
        let placed: Vec<Result<EncodedFeature, (String, &'static str, String)>> = batch
            .into_par_iter()
            .map(|mut feature| {
                let refuse = |id: String, code, message: String| Err((id, code, message));
                if let Err(err) = placer.place(&mut feature) {
                    return refuse(feature.id, err.code(), err.to_string());
                }
                match EncodedFeature::encode(&feature) {
                    Ok(encoded) => Ok(encoded),
                    Err(err) => refuse(feature.id, "import/unstorable", err.to_string()),
                }
            })
            .collect();
        let mut good = Vec::with_capacity(placed.len());
        for outcome in placed {
            match outcome {
                Ok(encoded) => {
                    self.bounds = self.bounds.union(encoded.bounds);
                    if !encoded.on_terrain && !encoded.bounds.is_empty() {
                        self.add_ground(encoded.bounds.min.z, encoded.bounds.min.z);
                    }
                    good.push(encoded);
                }
                Err((id, code, message)) => {
                    self.report.features_quarantined += 1;
                    self.report.error(code, Some(&id), None, message);
                }
            }
        }
        self.send(Work::Features(good))
    }

    fn flush_terrain(&mut self) -> Result<(), SinkError> {
        for grid in std::mem::take(&mut self.waiting_terrain) {
            let (min, max) = grid.extent();
            let placer = self.placer(((min + max) * 0.5).extend(0.0))?;
            match placer.place_terrain(grid) {
                Ok(grid) => {
                    if let Some((low, high)) = grid.height_range() {
                        self.add_ground(f64::from(low), f64::from(high));
                        let (min, max) = grid.extent();
                        let corners = [min.extend(f64::from(low)), max.extend(f64::from(high))];
                        self.bounds = self.bounds.union(Bounds3::from_points(corners));
                    }
                    let layer = self.layer.clone();
                    self.send(Work::Terrain(layer, grid))?;
                }
                Err(err) => self
                    .report
                    .error(err.code(), None, None, format!("terrain grid: {err}")),
            }
        }
        Ok(())
    }

    fn add_ground(&mut self, low: f64, high: f64) {
        self.ground = Some(self.ground.map_or((low, high), |(l, h)| (l.min(low), h.max(high))));
    }
}

impl FeatureSink for ImportSink<'_> {
    fn begin(&mut self, info: &DatasetInfo) -> Result<(), SinkError> {
        self.flush()?;
        self.placer = None;
        self.source_crs = self.options.crs.clone().or_else(|| info.crs.clone());
        self.dataset.crs = self.source_crs.as_ref().map(|crs| crs.name().to_owned());
        self.dataset.title = info.title.clone().or_else(|| self.dataset.title.take());
        // what the operator gives is what a licence asks for; a file often names only the people who made it
        self.dataset.attribution = self.options.attribution.clone().or_else(|| info.attribution.clone());
        self.dataset.licence = info.licence.clone().or_else(|| self.dataset.licence.take());
        Ok(())
    }

    fn feature(&mut self, feature: Feature) -> Result<(), SinkError> {
        self.waiting.push(feature);
        self.count += 1;
        if self.waiting.len() >= BATCH_FEATURES {
            if let Some(progress) = &self.progress {
                progress(self.count);
            }
            self.flush()?;
        }
        Ok(())
    }

    fn terrain(&mut self, grid: HeightGrid) -> Result<(), SinkError> {
        self.waiting_terrain.push(grid);
        self.flush()
    }
}

/// Median of the middles of a batch: one absurd feature does not move it.
fn middle(batch: &[Feature]) -> DVec3 {
    let mut middles: Vec<DVec3> = batch
        .iter()
        .map(|f| f.bounds().center())
        .filter(|c| c.is_finite())
        .collect();
    let mut median = |axis: fn(&DVec3) -> f64| {
        middles.sort_unstable_by(|a, b| axis(a).total_cmp(&axis(b)));
        middles.get(middles.len() / 2).map_or(0.0, axis)
    };
    DVec3::new(median(|p| p.x), median(|p| p.y), 0.0)
}

fn write(mut session: Box<dyn ImportSession>, work: &Receiver<Work>) -> Result<Written, StoreError> {
    let mut files: Vec<FileOutcome> = Vec::new();
    let mut report = Report::default();
    for item in work {
        match item {
            Work::BeginFile(path) => files.push(FileOutcome {
                path: path.display().to_string(),
                ..FileOutcome::default()
            }),
            Work::Features(batch) => {
                for feature in &batch {
                    let outcome = session.put(feature)?;
                    let Some(file) = files.last_mut() else { continue };
                    match outcome {
                        PutOutcome::Duplicate(_) => {
                            file.quarantined += 1;
                            let message = format!("the id was met before in {}; the first feature is kept", file.path);
                            report.error("import/duplicate-id", Some(&feature.id), None, message);
                        }
                        PutOutcome::Renamed(_) => {
                            file.imported += 1;
                            let message = format!(
                                "the id belongs to another layer; stored as {}:{}",
                                feature.layer, feature.id
                            );
                            report.info("import/id-renamed", Some(&feature.id), None, message);
                        }
                        PutOutcome::Added(_) | PutOutcome::Replaced(_) | PutOutcome::Unchanged(_) => file.imported += 1,
                    }
                }
                tracing::debug!(features = batch.len(), "batch written");
            }
            Work::Terrain(layer, grid) => match session.put_terrain(&layer, &grid) {
                Ok(()) => {
                    if let Some(file) = files.last_mut() {
                        file.terrain_grids += 1;
                    }
                }
                Err(err @ StoreError::Unstorable { .. }) => {
                    report.error("import/unstorable", None, None, err.to_string());
                }
                Err(err) => return Err(err),
            },
            Work::EndFile {
                mut dataset,
                report: own,
                error,
            } => {
                if let Some(file) = files.last_mut() {
                    file.quarantined += own.features_quarantined;
                    file.error = error;
                    dataset.features = file.imported;
                    dataset.quarantined = file.quarantined;
                    if file.imported > 0 || file.terrain_grids > 0 {
                        session.put_dataset(&dataset)?;
                    }
                }
                report.merge(*own);
            }
        }
    }
    Ok(Written { session, files, report })
}
