//! The stream of tiles: what is wanted, on its way, waiting for upload, ready.

use crate::engine::frame_loop;
use crate::tiles::ready::{FeatureBox, ReadyTile};
use crate::tiles::workers::{JobId, LoadedTile, Reply, WorkerPool};
use bevy::math::{DMat4, DVec2, DVec3};
use bevy::prelude::Resource;
use bevy::render::renderer::{RenderDevice, RenderQueue};
use hashbrown::HashMap;
use std::collections::{BTreeMap, VecDeque};
use viewer_core::picking::{self, Hit};
use viewer_core::{
    LoadQueue, Look, QueueSettings, Ray, Retry, SelectSettings, Selection, TileId, TileStates, TileTree, ViewState,
    Views, Volume, select_tiles, sketch,
};

/// What a frame may spend on uploads.
const UPLOAD_BUDGET_MS: f64 = 6.0;
const UPLOAD_BUDGET_BYTES: u64 = 16 << 20;

/// What a job fetches.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Job {
    Root(String),
    Content(TileId, String),
}

/// Tiles of the scene.
#[derive(Resource)]
pub(crate) struct TileStream {
    /// Errors, budgets and hidden groups of the next selection.
    pub(crate) settings: SelectSettings,
    tree: TileTree,
    states: TileStates,
    queue: LoadQueue,
    selection: Selection,
    jobs: HashMap<JobId, Job>,
    jobs_of_tiles: HashMap<TileId, JobId>,
    arrived: VecDeque<(TileId, String, LoadedTile)>,
    ready: HashMap<TileId, ReadyTile>,
    frame: u64,
    failure: Option<String>,
    is_changed: bool,
    /// Near tiles still wait for their edges.
    wants_edges: bool,
}

impl TileStream {
    /// An empty stream.
    ///
    /// * `enu_from_ecef` — places tilesets in the scene; `max_in_flight` — requests at a time
    pub(crate) fn new(enu_from_ecef: DMat4, max_in_flight: usize, settings: SelectSettings) -> Self {
        Self {
            settings,
            tree: TileTree::new(enu_from_ecef),
            states: TileStates::default(),
            queue: LoadQueue::new(QueueSettings {
                max_in_flight,
                ..QueueSettings::default()
            }),
            selection: Selection::default(),
            jobs: HashMap::new(),
            jobs_of_tiles: HashMap::new(),
            arrived: VecDeque::new(),
            ready: HashMap::new(),
            frame: 0,
            failure: None,
            is_changed: false,
            wants_edges: false,
        }
    }

    /// Fetches the root file, first or of a new revision.
    pub(crate) fn open(&mut self, workers: &mut WorkerPool, url: &str) {
        let id = workers.load(url);
        self.jobs.insert(id, Job::Root(url.to_owned()));
    }

    /// Takes a worker's reply.
    pub(crate) fn take(&mut self, workers: &mut WorkerPool, reply: Reply) {
        let (Reply::Loaded { id, .. } | Reply::Json { id, .. } | Reply::Failed { id: Some(id), .. }) = &reply else {
            if let Reply::Failed { message, .. } = reply {
                self.failure.get_or_insert(message);
            }
            return;
        };
        if !workers.finish(*id) {
            return;
        }
        let Some(job) = self.jobs.remove(id) else { return };
        match (job, reply) {
            (Job::Content(tile, url), Reply::Loaded { tile: loaded, .. }) => {
                self.jobs_of_tiles.remove(&tile);
                self.arrived.push_back((tile, url, loaded));
            }
            (Job::Content(tile, _), Reply::Json { text, .. }) => {
                self.jobs_of_tiles.remove(&tile);
                self.queue.finish(tile);
                match self.tree.graft(tile, &text) {
                    Ok(change) => {
                        self.drop_removed(&change.removed);
                        self.states.apply(&self.tree, &change);
                        self.states.set_grafted(tile);
                    }
                    Err(err) => self.fail(tile, false, &err.to_string()),
                }
            }
            (Job::Root(url), Reply::Json { text, .. }) => match self.tree.set_root(&url, &text) {
                Ok(change) => {
                    self.drop_removed(&change.removed);
                    self.states.apply(&self.tree, &change);
                }
                Err(err) => {
                    self.failure.get_or_insert(err.to_string());
                }
            },
            (Job::Content(tile, _), Reply::Failed { message, .. }) => {
                self.jobs_of_tiles.remove(&tile);
                self.fail(tile, true, &message);
            }
            (Job::Root(url), _) => {
                self.failure.get_or_insert(format!("{url} is no tileset"));
            }
        }
    }

    fn fail(&mut self, tile: TileId, can_retry: bool, message: &str) {
        let retry = self.queue.fail(tile, can_retry, frame_loop::now_ms() / 1000.0);
        let is_final = retry == Retry::Never;
        bevy::log::warn!(tile = tile.0, is_final, message, "tile failed");
        self.states.set_failed(tile, is_final);
    }

    fn drop_removed(&mut self, removed: &[TileId]) {
        for tile in removed {
            self.is_changed |= self.ready.remove(tile).is_some();
        }
    }

    /// Uploads what arrived, as far as the frame's budget goes; at least one tile.
    pub(crate) fn upload(&mut self, device: &RenderDevice, queue: &RenderQueue) {
        let start_ms = frame_loop::now_ms();
        let mut bytes = 0;
        while let Some((id, url, loaded)) = self.arrived.pop_front() {
            self.queue.finish(id);
            let tile = self.tree.get(id).filter(|tile| tile.is_live);
            let Some(tile) = tile.filter(|tile| tile.content.as_ref().is_some_and(|content| content.url == url)) else {
                // a newer revision has dropped or replaced it meanwhile
                self.states.set_cancelled(id);
                continue;
            };
            let ready = ReadyTile::upload(device, queue, &tile.enu_from_tile, loaded);
            bytes += ready.gpu_bytes();
            self.states
                .set_ready(&self.tree, id, ready.cpu_bytes(), ready.gpu_bytes());
            self.ready.insert(id, ready);
            self.is_changed = true;
            if bytes > UPLOAD_BUDGET_BYTES || frame_loop::now_ms() - start_ms > UPLOAD_BUDGET_MS {
                break;
            }
        }
    }

    /// Chooses tiles for a view and keeps the workers busy.
    pub(crate) fn select(&mut self, workers: &mut WorkerPool, view: ViewState) {
        self.frame += 1;
        let selection = select_tiles(
            &self.tree,
            &self.states,
            &Views::single(view),
            &self.settings,
            &self.selection,
        );
        for tile in &selection.cancel {
            self.queue.cancel(*tile);
            self.states.set_cancelled(*tile);
            if let Some(job) = self.jobs_of_tiles.remove(tile) {
                self.jobs.remove(&job);
                workers.cancel(job);
            }
        }
        for tile in &selection.evict {
            self.ready.remove(tile);
            self.states.set_evicted(&self.tree, *tile);
        }
        self.queue.set_wanted(&selection.load);
        for request in self.queue.next(frame_loop::now_ms() / 1000.0) {
            let Some(content) = self.tree.get(request.tile).and_then(|tile| tile.content.as_ref()) else {
                continue;
            };
            let job = workers.load(&content.url);
            self.jobs.insert(job, Job::Content(request.tile, content.url.clone()));
            self.jobs_of_tiles.insert(request.tile, job);
            self.states.set_loading(request.tile);
        }
        self.states.touch(selection.used.iter().copied(), self.frame);
        self.is_changed |= selection.render != self.selection.render;
        self.selection = selection;
    }

    /// The selection in use.
    pub(crate) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// True when the drawn tiles have changed since [`Self::take_changed`].
    pub(crate) fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// True once after the drawn tiles changed.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    /// Why the stream cannot go on, once.
    pub(crate) fn take_failure(&mut self) -> Option<String> {
        self.failure.take()
    }

    /// Tiles to draw with the volumes that they fill, nearest first.
    pub(crate) fn drawn(&self, eye_enu: DVec3) -> Vec<(&Volume, &ReadyTile)> {
        let mut drawn: Vec<_> = self
            .selection
            .render
            .iter()
            .filter_map(|id| {
                let volume = &self.tree.get(*id)?.volume;
                Some((volume.distance_m(eye_enu), volume, self.ready.get(id)?))
            })
            .collect();
        drawn.sort_by(|a, b| a.0.total_cmp(&b.0));
        drawn.into_iter().map(|(_, volume, tile)| (volume, tile)).collect()
    }

    /// Finds the marks of the drawn tiles, see [`ReadyTile::find_marks`].
    pub(crate) fn find_marks(&mut self, key: u64, num_panes: usize, look: &dyn Fn(usize, &FeatureBox) -> Look) {
        for id in &self.selection.render {
            if let Some(tile) = self.ready.get_mut(id) {
                tile.find_marks(key, num_panes, look);
            }
        }
    }

    /// Features of drawn tiles whose middle in plan lies in a ring, by ascending number.
    ///
    /// * `is_wanted` — of number and layer code
    pub(crate) fn features_within(&self, ring: &[DVec2], is_wanted: &dyn Fn(u32, u8) -> bool) -> Vec<u32> {
        let mut boxes: BTreeMap<u32, [DVec2; 2]> = BTreeMap::new();
        let drawn = self.selection.render.iter().filter_map(|id| self.ready.get(id));
        for (feature, [min, max]) in drawn.flat_map(ReadyTile::features) {
            if is_wanted(feature.index, feature.layer_code) {
                let [low, high] = boxes.entry(feature.index).or_insert([min, max]);
                (*low, *high) = (low.min(min), high.max(max));
            }
        }
        let middle = |[min, max]: [DVec2; 2]| (min + max) * 0.5;
        boxes.retain(|_, corners| sketch::contains(ring, middle(*corners)));
        boxes.into_keys().collect()
    }

    /// Features and triangles of the drawn tiles.
    pub(crate) fn drawn_counts(&self) -> (u32, u64) {
        let drawn = self.selection.render.iter().filter_map(|id| self.ready.get(id));
        drawn.fold((0, 0), |(features, triangles), tile| {
            (features + tile.num_features, triangles + tile.num_triangles)
        })
    }

    /// Nearest thing of the drawn tiles that a ray hits, with the point in ENU metres.
    pub(crate) fn pick(&mut self, ray: &Ray, is_pickable: &dyn Fn(u32, u8) -> bool) -> Option<(Hit, DVec3)> {
        let (tree, ready) = (&self.tree, &mut self.ready);
        let reached: Vec<TileId> = self
            .selection
            .render
            .iter()
            .copied()
            .filter(|id| {
                tree.get(*id)
                    .is_some_and(|tile| reaches(ray, tile.volume.center(), tile.volume.radius_m()))
            })
            .collect();
        for id in &reached {
            if let Some(tile) = ready.get_mut(id) {
                tile.prepare_picking();
            }
        }
        let meshes = reached
            .iter()
            .filter_map(|id| ready.get(id))
            .flat_map(ReadyTile::pick_meshes);
        picking::pick(ray, meshes, is_pickable).map(|((), hit, point)| (hit, point))
    }

    /// Finds edges of drawn tiles that are near enough to show them, nearest first, as far as the frame's budget goes.
    pub(crate) fn prepare_edges(&mut self, device: &RenderDevice, eye_enu: DVec3) {
        let start_ms = frame_loop::now_ms();
        let mut near: Vec<(f64, TileId)> = self
            .selection
            .render
            .iter()
            .copied()
            .filter(|id| self.ready.get(id).is_some_and(ReadyTile::lacks_edges))
            .filter_map(|id| Some((self.tree.get(id)?.volume.distance_m(eye_enu), id)))
            .filter(|(distance_m, _)| *distance_m < shaders::EDGES_UNTIL_M)
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.wants_edges = false;
        for (_, id) in near {
            if frame_loop::now_ms() - start_ms > UPLOAD_BUDGET_MS {
                self.wants_edges = true;
                return;
            }
            if let Some(tile) = self.ready.get_mut(&id) {
                tile.prepare_edges(device);
                self.states.set_bytes(id, tile.cpu_bytes(), tile.gpu_bytes());
                self.is_changed = true;
            }
        }
    }

    /// Builds picking of one more tile; true when others wait.
    pub(crate) fn prepare_picking(&mut self) -> bool {
        let raw: Vec<TileId> = self
            .selection
            .render
            .iter()
            .copied()
            .filter(|id| self.ready.get(id).is_some_and(ReadyTile::is_raw))
            .collect();
        if let Some(tile) = raw.first().and_then(|id| self.ready.get_mut(id)) {
            tile.prepare_picking();
        }
        raw.len() > 1
    }

    /// True when replies or uploads are still to come, or the wait before a retry runs.
    pub(crate) fn is_busy(&self) -> bool {
        !self.jobs.is_empty() || !self.arrived.is_empty()
    }

    /// True when every wanted tile is drawn.
    pub(crate) fn is_settled(&self) -> bool {
        !self.tree.is_empty() && !self.is_busy() && !self.wants_edges && self.selection.is_settled()
    }

    /// Milliseconds until a failed request may be tried again, when one waits.
    pub(crate) fn retry_in_ms(&self) -> Option<f64> {
        let now_s = frame_loop::now_ms() / 1000.0;
        self.queue
            .wake_at_secs(now_s)
            .map(|at_s| ((at_s - now_s) * 1000.0).max(0.0))
    }

    /// Tiles that wait for upload, or for their edges.
    pub(crate) fn has_arrived(&self) -> bool {
        !self.arrived.is_empty() || self.wants_edges
    }

    /// Bytes of ready tiles on CPU and GPU.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        (self.states.cpu_bytes(), self.states.gpu_bytes())
    }

    /// Forgets everything on the GPU: the device is gone. Tiles are fetched anew, from the browser's cache as a rule.
    pub(crate) fn forget_ready(&mut self) {
        for id in self.ready.drain().map(|(id, _)| id).collect::<Vec<_>>() {
            self.states.set_evicted(&self.tree, id);
        }
        self.selection = Selection::default();
        self.is_changed = true;
    }
}

/// True when a ray passes within `radius_m` of a point in front of it.
fn reaches(ray: &Ray, center: DVec3, radius_m: f64) -> bool {
    let offset = center - ray.origin_enu;
    let along = offset.dot(ray.direction).max(0.0);
    (offset - ray.direction * along).length_squared() <= radius_m * radius_m
}
