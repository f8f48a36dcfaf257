//! One traversal of the tree at one maximum screen-space error.
//!
//! Vocabulary as in cesium-native's selection: a tile is *visited*, found to meet the error or *refined*; descendants that
//! are not all ready are *kicked* and the ready ancestor is drawn in their place.

use super::{LoadGroup, LoadRequest, SelectSettings};
use crate::states::{LoadState, TileStates};
use crate::tree::{Tile, TileId, TileTree};
use crate::view::Views;
use city_model::tileset::Refine;

/// What one traversal found.
pub(super) struct Found {
    /// Tiles to draw.
    pub render: Vec<TileId>,
    /// Tiles that meet the error: what would be drawn if everything were loaded.
    pub wanted: Vec<TileId>,
    /// Requests, unsorted.
    pub load: Vec<LoadRequest>,
    /// Visited tiles that are to count as recently used.
    pub used: Vec<TileId>,
    /// One flag a tile: drawn, wanted or requested.
    pub needed: Vec<bool>,
    /// CPU and GPU bytes of all needed tiles, loaded or not; without those that are only drawn until a coarser one is there.
    pub needed_bytes: (u64, u64),
    /// CPU and GPU bytes of these that are loaded.
    pub kept_bytes: (u64, u64),
    pub num_visited: u32,
    pub drawn_error_px: f64,
    pub maximum_error_px: f64,
}

/// How a tile looks in the nearest view that sees it.
#[derive(Clone, Copy)]
struct Seen {
    sse_px: f64,
    /// 1 in the middle of the view, less towards its edge.
    centrality: f64,
}

/// A tile to draw.
#[derive(Clone, Copy)]
struct Drawn {
    id: TileId,
    sse_px: f64,
    /// It fills the place of a coarser tile that is still to come.
    fills_in: bool,
}

impl Drawn {
    const fn new(id: TileId, seen: Seen) -> Self {
        Self {
            id,
            sse_px: seen.sse_px,
            fills_in: false,
        }
    }
}

/// What is known of a visited subtree.
#[derive(Clone, Copy, Default)]
struct Outcome {
    /// Tiles in view that would have to be ready and are not.
    num_missing: u32,
    /// One of the missing tiles failed for good, so that waiting is no use.
    has_failed: bool,
}

impl Outcome {
    const COVERED: Self = Self {
        num_missing: 0,
        has_failed: false,
    };

    const fn is_covered(self) -> bool {
        self.num_missing == 0
    }

    const fn and(self, other: Self) -> Self {
        Self {
            num_missing: self.num_missing + other.num_missing,
            has_failed: self.has_failed || other.has_failed,
        }
    }
}

pub(super) struct Visitor<'a> {
    tree: &'a TileTree,
    states: &'a TileStates,
    views: &'a Views,
    settings: &'a SelectSettings,
    hidden: &'a [bool],
    maximum_error_px: f64,
    render: Vec<Drawn>,
    wanted: Vec<TileId>,
    load: Vec<LoadRequest>,
    used: Vec<TileId>,
    num_visited: u32,
}

/// Planes of the first views of which a surrounding volume lies wholly inside.
type InsideMasks = [u8; 4];

impl<'a> Visitor<'a> {
    pub(super) fn run(
        tree: &'a TileTree,
        states: &'a TileStates,
        views: &'a Views,
        settings: &'a SelectSettings,
        hidden: &'a [bool],
        maximum_error_px: f64,
    ) -> Found {
        let mut visitor = Self {
            tree,
            states,
            views,
            settings,
            hidden,
            maximum_error_px,
            render: Vec::new(),
            wanted: Vec::new(),
            load: Vec::new(),
            used: Vec::new(),
            num_visited: 0,
        };
        if !tree.is_empty() {
            visitor.visit(TileId::ROOT, false, InsideMasks::default());
        }
        visitor.finish()
    }

    fn finish(self) -> Found {
        let mut needed = vec![false; self.tree.len()];
        let (mut needed_bytes, mut kept_bytes) = ((0_u64, 0_u64), (0_u64, 0_u64));
        let requested = self
            .load
            .iter()
            .filter(|request| request.group != LoadGroup::Preload)
            .map(|request| request.tile);
        // what fills in for a coarser tile goes when that comes: counted as needed, it would keep the coarser one out, and
        // the budget exceeded for ever
        let lasting = self.render.iter().filter(|drawn| !drawn.fills_in).map(|drawn| drawn.id);
        for id in lasting.chain(self.wanted.iter().copied()).chain(requested) {
            let is_model = self.tree.get(id).is_some_and(Tile::has_model);
            let Some(flag) = needed.get_mut(id.index()).filter(|flag| is_model && !**flag) else {
                continue;
            };
            *flag = true;
            let (cpu, gpu) = self.states.bytes_of(self.tree, id);
            needed_bytes = (needed_bytes.0.saturating_add(cpu), needed_bytes.1.saturating_add(gpu));
            if self.states.get(id).is_ready() {
                kept_bytes = (kept_bytes.0.saturating_add(cpu), kept_bytes.1.saturating_add(gpu));
            }
        }
        Found {
            drawn_error_px: self.render.iter().map(|drawn| drawn.sse_px).fold(0.0, f64::max),
            render: self.render.into_iter().map(|drawn| drawn.id).collect(),
            wanted: self.wanted,
            load: self.load,
            used: self.used,
            needed,
            needed_bytes,
            kept_bytes,
            num_visited: self.num_visited,
            maximum_error_px: self.maximum_error_px,
        }
    }

    /// Visits a tile and all of its subtree that matters.
    ///
    /// * `has_cover` — a ready ancestor will be drawn when this subtree is not complete
    fn visit(&mut self, id: TileId, has_cover: bool, mut inside: InsideMasks) -> Outcome {
        self.num_visited += 1;
        let Some(tile) = self.tree.get(id) else {
            return Outcome::COVERED;
        };
        if tile
            .group
            .is_some_and(|group| self.hidden.get(usize::from(group)).copied().unwrap_or(false))
        {
            return Outcome::COVERED;
        }
        let Some(seen) = self.look(tile, &mut inside) else {
            return Outcome::COVERED;
        };
        self.used.push(id);
        let state = self.states.get(id);
        if tile.has_tileset() {
            if state.load == LoadState::Failed && tile.children.is_empty() {
                return Outcome {
                    num_missing: 1,
                    has_failed: true,
                };
            }
            if tile.children.is_empty() || state.is_stale {
                self.request(id, seen, has_cover || !tile.children.is_empty());
            }
            if tile.children.is_empty() {
                return Outcome {
                    num_missing: 1,
                    has_failed: false,
                };
            }
        }
        let has_model = tile.has_model();
        let is_lost = state.load == LoadState::Failed && !state.is_ready();
        // a tile without content that meets the error says that there is nothing to see from here; only one that stands
        // for another tileset goes on whatever its error. Want of memory makes things coarser, it hides nothing
        let limit_px = if has_model {
            self.maximum_error_px
        } else {
            self.settings.maximum_screen_space_error_px
        };
        let goes_on = tile.has_tileset() || is_lost || seen.sse_px > limit_px;
        let refines = goes_on && !tile.children.is_empty();
        match (refines, has_model) {
            (false, false) => Outcome::COVERED,
            (false, true) => {
                // zoomed out: what is ready below stands in until the tile is there
                let is_covered_below = !state.is_ready()
                    && state.num_ready_below > 0
                    && self.cover_from_below(tile, inside)
                    && tile.refine == Refine::Replace;
                self.want(id, seen, has_cover, is_covered_below)
            }
            (true, _) if tile.refine == Refine::Add => {
                let own = if has_model {
                    self.want(id, seen, has_cover, false)
                } else {
                    Outcome::COVERED
                };
                tile.children
                    .iter()
                    .fold(own, |outcome, child| outcome.and(self.visit(*child, has_cover, inside)))
            }
            (true, _) => self.replace(id, tile, seen, has_cover, inside),
        }
    }

    /// Refines a REPLACE tile: its children if they cover what is seen of it, itself otherwise.
    fn replace(&mut self, id: TileId, tile: &Tile, seen: Seen, has_cover: bool, inside: InsideMasks) -> Outcome {
        let is_ready = tile.has_model() && self.states.get(id).is_ready();
        let (render_mark, load_mark) = (self.render.len(), self.load.len());
        let mut below = Outcome::COVERED;
        for child in &tile.children {
            if self.is_visible(*child, inside) {
                below = below.and(self.visit(*child, has_cover || is_ready, inside));
            } else if self.settings.preloads_siblings && tile.has_model() {
                self.preload(*child, seen);
            }
        }
        if !tile.has_model() || below.is_covered() {
            return below;
        }
        if is_ready {
            // kick: no hole where a ready tile can fill it
            self.render.truncate(render_mark);
            self.render.push(Drawn::new(id, seen));
            if self.states.get(id).is_stale {
                self.request(id, seen, true);
            }
            return Outcome::COVERED;
        }
        if self.states.get(id).load == LoadState::Failed {
            return below;
        }
        if below.has_failed || below.num_missing > self.settings.loading_descendant_limit {
            // too much to wait for: this tile first
            self.load.truncate(load_mark);
            self.request(id, seen, has_cover);
            return Outcome {
                num_missing: 1,
                has_failed: false,
            };
        }
        below
    }

    /// A tile that is to be drawn at this error.
    ///
    /// * `is_covered_below` — descendants fill its place until it is ready
    fn want(&mut self, id: TileId, seen: Seen, has_cover: bool, is_covered_below: bool) -> Outcome {
        self.wanted.push(id);
        let state = self.states.get(id);
        let is_failed = state.load == LoadState::Failed;
        if state.is_ready() {
            self.render.push(Drawn::new(id, seen));
            if state.is_stale && !is_failed {
                self.request(id, seen, true);
            }
            return Outcome::COVERED;
        }
        if !is_failed {
            self.request(id, seen, has_cover && !is_covered_below);
        }
        if is_covered_below {
            Outcome::COVERED
        } else {
            Outcome {
                num_missing: 1,
                has_failed: is_failed,
            }
        }
    }

    /// Draws what is ready below a tile that is not, as when zooming out. True when that leaves no hole; what is drawn
    /// stays in either case, and an ancestor that is ready takes it back.
    fn cover_from_below(&mut self, tile: &Tile, inside: InsideMasks) -> bool {
        let mut is_covered = true;
        for id in &tile.children {
            let Some(child) = self.tree.get(*id) else { continue };
            let mut inside = inside;
            let Some(seen) = self.look(child, &mut inside) else {
                continue;
            };
            self.used.push(*id);
            let state = self.states.get(*id);
            let is_drawn = child.has_model() && state.is_ready();
            if is_drawn {
                self.render.push(Drawn {
                    fills_in: true,
                    ..Drawn::new(*id, seen)
                });
            }
            let goes_on = !is_drawn || child.refine == Refine::Add;
            if goes_on && !child.children.is_empty() {
                let below = state.num_ready_below > 0 && self.cover_from_below(child, inside);
                is_covered &= below && (is_drawn || !child.has_model() || child.refine == Refine::Replace);
            } else {
                // an empty leaf has nothing to show; an external tileset that is not here may have
                is_covered &= is_drawn || child.content.is_none();
            }
        }
        is_covered
    }

    /// How a tile looks in the view where its error is greatest; `None` when no view sees it.
    fn look(&self, tile: &Tile, inside: &mut InsideMasks) -> Option<Seen> {
        let mut best: Option<Seen> = None;
        for (i, view) in self.views.0.iter().enumerate() {
            let mut spare = 0;
            if view.culls(&tile.volume, inside.get_mut(i).unwrap_or(&mut spare))
                || tile
                    .request_volume
                    .as_ref()
                    .is_some_and(|volume| volume.distance_m(view.eye_enu) > 0.0)
            {
                continue;
            }
            let sse_px = view.sse_px(tile.geometric_error_m, tile.volume.distance_m(view.eye_enu));
            let offset = tile.volume.center() - view.eye_enu;
            // a volume around the eye is in the middle of the view wherever its centre lies
            let is_around = offset.length() <= tile.volume.radius_m();
            let centrality = if is_around {
                1.0
            } else {
                offset.normalize_or_zero().dot(view.direction).clamp(0.0, 1.0)
            };
            let seen = Seen { sse_px, centrality };
            if best.is_none_or(|best| best.sse_px < sse_px) {
                best = Some(seen);
            }
        }
        best
    }

    /// True when a view sees the tile.
    fn is_visible(&self, id: TileId, mut inside: InsideMasks) -> bool {
        self.tree
            .get(id)
            .is_some_and(|tile| self.look(tile, &mut inside).is_some())
    }

    fn request(&mut self, id: TileId, seen: Seen, has_cover: bool) {
        let group = if has_cover {
            LoadGroup::Normal
        } else {
            LoadGroup::Urgent
        };
        // leaves have no error of their own: a floor keeps them in the order of their place in the view
        let priority = (seen.sse_px + 1.0) * (0.2 + 0.8 * seen.centrality * seen.centrality);
        self.load.push(LoadRequest {
            tile: id,
            group,
            priority,
        });
    }

    fn preload(&mut self, id: TileId, parent: Seen) {
        let state = self.states.get(id);
        let is_open = matches!(state.load, LoadState::Unloaded | LoadState::ContentLoading) && !state.is_ready();
        if is_open && self.tree.get(id).is_some_and(Tile::has_model) {
            self.load.push(LoadRequest {
                tile: id,
                group: LoadGroup::Preload,
                priority: parent.sse_px,
            });
        } else if state.is_ready() {
            self.used.push(id);
        }
    }
}
