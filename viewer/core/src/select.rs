//! Which tiles to draw, to load and to throw away: a function of tree, states and cameras.
//!
//! The traversal (`visit.rs`) finds for a maximum screen-space error what is wanted and what can be drawn meanwhile.
//! Around it stands the memory control: as long as what is needed does not fit the budget, the error is raised by steps;
//! it is lowered again only when the finer set fits with room to spare, so that the picture does not oscillate.

mod visit;

use crate::states::{LoadState, TileStates};
use crate::tree::{TileId, TileTree};
use crate::view::Views;
use std::collections::{BTreeMap, BTreeSet};
use visit::{Found, Visitor};

/// Factor of the error from one degradation step to the next: two steps double it about once and a half.
const STEP_FACTOR: f64 = 1.25;
/// Highest step: the error is 2,000 times its setting, so only roots remain.
const MAX_STEP: u32 = 34;
/// A finer step is taken up when it needs at most this share of the budget.
const RELAX_SHARE: f64 = 0.92;
/// Siblings out of view are loaded ahead as long as everything together stays below this share of the budget.
const PRELOAD_SHARE: f64 = 0.75;

/// What selection may spend. Raise errors on slow machines, budgets on large ones.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectSettings {
    /// Maximum screen-space error, pixels. Lower is finer and loads more.
    pub maximum_screen_space_error_px: f64,
    /// Most bytes of tile data on the CPU.
    pub cpu_budget_bytes: u64,
    /// Most bytes of tile data on the GPU.
    pub gpu_budget_bytes: u64,
    /// A parent is loaded before its descendants when more than this many of them are missing. Lower shows something
    /// sooner, higher settles sooner.
    pub loading_descendant_limit: u32,
    /// Loads siblings that are out of view, so that panning finds them ready.
    pub preloads_siblings: bool,
    /// Layer groups that are switched off: neither drawn nor loaded.
    pub hidden_groups: BTreeSet<String>,
}

impl Default for SelectSettings {
    fn default() -> Self {
        Self {
            maximum_screen_space_error_px: 16.0,
            cpu_budget_bytes: 512 << 20,
            gpu_budget_bytes: 768 << 20,
            loading_descendant_limit: 20,
            preloads_siblings: true,
            hidden_groups: BTreeSet::new(),
        }
    }
}

/// How much a request matters; the first is served first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LoadGroup {
    /// Nothing is drawn where the tile belongs, or finer tiles are, which hold more memory than is to be spent there.
    Urgent,
    /// Something coarser is drawn.
    Normal,
    /// Out of view.
    Preload,
}

/// A tile to be fetched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadRequest {
    /// The tile.
    pub tile: TileId,
    /// Served before everything of a later group.
    pub group: LoadGroup,
    /// Within the group the greatest first: screen-space error in pixels, less towards the edge of the view.
    pub priority: f64,
}

/// Numbers of one selection.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SelectStats {
    /// Tiles looked at.
    pub num_visited: u32,
    /// Tiles wanted at the error in use.
    pub num_wanted: u32,
    /// Wanted tiles that are ready; those that failed for good count as ready.
    pub num_wanted_ready: u32,
    /// True when the budget does not hold what the settings ask for.
    pub starved: bool,
    /// Tiles wanted at the error of the settings and not at the one in use, or held back by the budget.
    pub missing_tiles: u32,
    /// Greatest screen-space error of what is drawn, pixels; 0 when nothing is.
    pub drawn_error_px: f64,
    /// Error in use, pixels.
    pub maximum_error_px: f64,
}

/// Answer of [`select_tiles`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selection {
    /// Tiles to draw, all of them ready, by ascending id.
    pub render: Vec<TileId>,
    /// Tiles to load, the most urgent first. Those in flight are listed as long as they are wanted.
    pub load: Vec<LoadRequest>,
    /// Requests in flight that nobody wants any more.
    pub cancel: Vec<TileId>,
    /// Loaded tiles to be thrown away, none of them drawn.
    pub evict: Vec<TileId>,
    /// Tiles used in this frame, for [`TileStates::touch`]: drawn, wanted, and the ancestors of these.
    pub used: Vec<TileId>,
    /// Numbers.
    pub stats: SelectStats,
    /// Degradation step in use, 0 when everything fits. Carried to the next call through `prev`.
    pub step: u32,
}

impl Selection {
    /// True when nothing more is to come: every wanted tile is drawn, or memory has no room for those that are not.
    pub fn is_settled(&self) -> bool {
        (self.stats.num_wanted == self.stats.num_wanted_ready || self.stats.starved)
            && self.load.iter().all(|request| request.group == LoadGroup::Preload)
    }

    /// Tiles that are drawn now and were not before, and the other way round.
    pub fn diff(&self, prev: &Self) -> (Vec<TileId>, Vec<TileId>) {
        let missing_from =
            |a: &[TileId], b: &[TileId]| a.iter().copied().filter(|id| b.binary_search(id).is_err()).collect();
        (
            missing_from(&self.render, &prev.render),
            missing_from(&prev.render, &self.render),
        )
    }
}

/// Selects the tiles of a frame.
///
/// * `prev` — the selection of the frame before ([`Selection::default`] at first): carries the degradation step
///
/// Guarantees: no tile is drawn together with a descendant that replaces it; where a ready tile covers an area, the area
/// is never left empty; nothing drawn is evicted; everything in `render` is ready.
pub fn select_tiles(
    tree: &TileTree,
    states: &TileStates,
    views: &Views,
    settings: &SelectSettings,
    prev: &Selection,
) -> Selection {
    let hidden: Vec<bool> = tree
        .groups()
        .iter()
        .map(|name| settings.hidden_groups.contains(name))
        .collect();
    let find = |step: u32| {
        let maximum_error_px = settings.maximum_screen_space_error_px * STEP_FACTOR.powf(f64::from(step));
        Visitor::run(tree, states, views, settings, &hidden, maximum_error_px)
    };
    let fits = |found: &Found, share: f64| {
        let (cpu, gpu) = found.needed_bytes;
        let within = |bytes: u64, budget: u64| bytes as f64 <= budget as f64 * share;
        within(cpu, settings.cpu_budget_bytes) && within(gpu, settings.gpu_budget_bytes)
    };

    let mut step = prev.step.min(MAX_STEP);
    let mut found = find(step);
    if fits(&found, 1.0) {
        while step > 0 {
            let finer = find(step - 1);
            if !fits(&finer, RELAX_SHARE) {
                break;
            }
            step -= 1;
            found = finer;
        }
    } else {
        while step < MAX_STEP && !fits(&found, 1.0) {
            step += 1;
            found = find(step);
        }
    }
    let num_wanted_at_full = if step > 0 {
        find(0).wanted.len()
    } else {
        found.wanted.len()
    };
    conclude(tree, states, settings, found, step, num_wanted_at_full)
}

fn conclude(
    tree: &TileTree,
    states: &TileStates,
    settings: &SelectSettings,
    mut found: Found,
    step: u32,
    num_wanted_at_full: usize,
) -> Selection {
    found.load.sort_by(|a, b| {
        a.group
            .cmp(&b.group)
            .then(b.priority.total_cmp(&a.priority))
            .then(a.tile.cmp(&b.tile))
    });
    let (load, num_held_back, incoming) = admit(tree, states, settings, &found);
    let mut render = found.render;
    render.sort_unstable();
    let evict = evictions(tree, states, settings, &found.needed, &render, incoming);
    let listed: BTreeSet<TileId> = load.iter().map(|request| request.tile).collect();
    let cancel = states.loading().filter(|id| !listed.contains(id)).collect();
    let is_done = |id: &&TileId| {
        let state = states.get(**id);
        (state.is_ready() && !state.is_stale) || state.load == LoadState::Failed
    };
    let num_wanted_ready = found.wanted.iter().filter(is_done).count();
    let num_left_out = num_wanted_at_full.saturating_sub(found.wanted.len()) + num_held_back;
    let stats = SelectStats {
        num_visited: found.num_visited,
        num_wanted: count(found.wanted.len()),
        num_wanted_ready: count(num_wanted_ready),
        starved: step > 0 || num_held_back > 0,
        missing_tiles: count(num_left_out),
        drawn_error_px: found.drawn_error_px,
        maximum_error_px: found.maximum_error_px,
    };
    Selection {
        render,
        load,
        cancel,
        evict,
        used: found.used,
        stats,
        step,
    }
}

/// Requests that the budget has room for, the number of those it has not, and the bytes of those that are admitted.
/// What fills a hole is always admitted: it will be drawn at once, and drawn tiles are the one thing that may exceed.
fn admit(
    tree: &TileTree,
    states: &TileStates,
    settings: &SelectSettings,
    found: &Found,
) -> (Vec<LoadRequest>, usize, (u64, u64)) {
    let (mut cpu, mut gpu) = found.kept_bytes;
    let mut incoming = (0_u64, 0_u64);
    let mut num_held_back = 0;
    let mut load = Vec::with_capacity(found.load.len());
    for request in &found.load {
        let is_model = tree.get(request.tile).is_some_and(|tile| tile.has_model());
        let (cpu_more, gpu_more) = if is_model {
            states.bytes_of(tree, request.tile)
        } else {
            (0, 0)
        };
        let fits =
            |bytes: u64, more: u64, budget: u64, share: f64| bytes.saturating_add(more) as f64 <= budget as f64 * share;
        let is_admitted = match request.group {
            LoadGroup::Urgent => true,
            LoadGroup::Normal => {
                fits(cpu, cpu_more, settings.cpu_budget_bytes, 1.0)
                    && fits(gpu, gpu_more, settings.gpu_budget_bytes, 1.0)
            }
            // loading ahead throws nothing away: it only uses room that is free
            LoadGroup::Preload => {
                let (cpu, gpu) = (
                    states.cpu_bytes().saturating_add(incoming.0),
                    states.gpu_bytes().saturating_add(incoming.1),
                );
                fits(cpu, cpu_more, settings.cpu_budget_bytes, PRELOAD_SHARE)
                    && fits(gpu, gpu_more, settings.gpu_budget_bytes, PRELOAD_SHARE)
            }
        };
        if is_admitted {
            cpu = cpu.saturating_add(cpu_more);
            gpu = gpu.saturating_add(gpu_more);
            incoming = (incoming.0.saturating_add(cpu_more), incoming.1.saturating_add(gpu_more));
            load.push(*request);
        } else if request.group != LoadGroup::Preload {
            num_held_back += 1;
        }
    }
    (load, num_held_back, incoming)
}

/// Tiles to throw away so that what stays and what is coming fit the budget: first what nobody needs, the longest unused
/// first; then, only when the budget is exceeded already, what is needed but not drawn. Never what is drawn.
fn evictions(
    tree: &TileTree,
    states: &TileStates,
    settings: &SelectSettings,
    needed: &[bool],
    render: &[TileId],
    incoming: (u64, u64),
) -> Vec<TileId> {
    let (mut cpu, mut gpu) = (states.cpu_bytes(), states.gpu_bytes());
    let is_over = |cpu: u64, gpu: u64, incoming: (u64, u64)| {
        cpu.saturating_add(incoming.0) > settings.cpu_budget_bytes
            || gpu.saturating_add(incoming.1) > settings.gpu_budget_bytes
    };
    let is_live = |id: TileId| tree.get(id).is_some_and(|tile| tile.is_live);
    if !is_over(cpu, gpu, incoming) && states.resident().iter().all(|id| is_live(*id)) {
        return Vec::new();
    }
    // (class, last use): dead tiles go always, then unneeded ones, then needed ones that are not drawn
    let mut candidates: BTreeMap<(u8, u64, TileId), ()> = BTreeMap::new();
    for id in states.resident().iter().filter(|id| render.binary_search(id).is_err()) {
        let class = match (is_live(*id), needed.get(id.index()).copied().unwrap_or(false)) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => 2,
        };
        candidates.insert((class, states.get(*id).last_used_frame, *id), ());
    }
    let mut evict = Vec::new();
    for (class, _, id) in candidates.into_keys() {
        let is_due = match class {
            0 => true,
            1 => is_over(cpu, gpu, incoming),
            _ => is_over(cpu, gpu, (0, 0)),
        };
        if is_due {
            let state = states.get(id);
            cpu = cpu.saturating_sub(state.cpu_bytes);
            gpu = gpu.saturating_sub(state.gpu_bytes);
            evict.push(id);
        }
    }
    evict
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
