//! What is loaded of a tile tree, and how much it weighs.

use crate::tree::{TileId, TileTree, TreeChange};
use std::collections::BTreeSet;

/// How far a tile's content has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoadState {
    /// Not asked for.
    #[default]
    Unloaded,
    /// Asked for.
    ContentLoading,
    /// Ready to be drawn (models) or grafted (tilesets).
    Done,
    /// Failed, will be tried again.
    FailedTemporarily,
    /// Failed for good.
    Failed,
}

/// State of one tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TileState {
    /// How far the content has come.
    pub load: LoadState,
    /// The content that is held is of an older revision; it is drawn until the new one is there.
    pub is_stale: bool,
    /// Bytes on the CPU when loaded; remembered when evicted, 0 when never loaded.
    pub cpu_bytes: u64,
    /// Bytes on the GPU when loaded; remembered when evicted, 0 when never loaded.
    pub gpu_bytes: u64,
    /// Frame in which the tile was last drawn or wanted.
    pub last_used_frame: u64,
    /// Models ready to be drawn below the tile.
    pub num_ready_below: u32,
    /// The tile holds content that counts in the totals.
    is_resident: bool,
}

impl TileState {
    /// True when the content can be drawn, be it of an older revision.
    pub const fn is_ready(&self) -> bool {
        self.is_resident
    }
}

/// States of all tiles of a tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TileStates {
    states: Vec<TileState>,
    resident: Vec<TileId>,
    loading: BTreeSet<TileId>,
    cpu_bytes: u64,
    gpu_bytes: u64,
    /// Sums over all tiles ever loaded whose encoded size is known: encoded, CPU, GPU bytes.
    seen_bytes: [u64; 3],
}

impl TileStates {
    /// State of a tile; that of an unloaded tile where the tree has grown since.
    pub fn get(&self, id: TileId) -> TileState {
        self.states.get(id.index()).copied().unwrap_or_default()
    }

    /// Bytes of loaded tiles on the CPU.
    pub const fn cpu_bytes(&self) -> u64 {
        self.cpu_bytes
    }

    /// Bytes of loaded tiles on the GPU.
    pub const fn gpu_bytes(&self) -> u64 {
        self.gpu_bytes
    }

    /// Tiles that hold a model, in no particular order.
    pub fn resident(&self) -> &[TileId] {
        &self.resident
    }

    /// Tiles whose content is on its way, ascending.
    pub fn loading(&self) -> impl Iterator<Item = TileId> {
        self.loading.iter().copied()
    }

    /// A request for the tile's content is on its way.
    pub fn set_loading(&mut self, id: TileId) {
        self.entry(id).load = LoadState::ContentLoading;
        self.loading.insert(id);
    }

    /// The request was cancelled.
    pub fn set_cancelled(&mut self, id: TileId) {
        self.loading.remove(&id);
        let state = self.entry(id);
        if state.load == LoadState::ContentLoading {
            state.load = if state.is_resident && !state.is_stale {
                LoadState::Done
            } else {
                LoadState::Unloaded
            };
        }
    }

    /// The request failed.
    ///
    /// * `is_final` — it will not be tried again
    pub fn set_failed(&mut self, id: TileId, is_final: bool) {
        self.loading.remove(&id);
        self.entry(id).load = if is_final {
            LoadState::Failed
        } else {
            LoadState::FailedTemporarily
        };
    }

    /// An external tileset was read and grafted.
    pub fn set_grafted(&mut self, id: TileId) {
        self.loading.remove(&id);
        let state = self.entry(id);
        state.load = LoadState::Done;
        state.is_stale = false;
    }

    /// A model can be drawn from now on; it replaces what the tile held.
    pub fn set_ready(&mut self, tree: &TileTree, id: TileId, cpu_bytes: u64, gpu_bytes: u64) {
        self.release(tree, id);
        self.loading.remove(&id);
        let state = self.entry(id);
        *state = TileState {
            load: LoadState::Done,
            is_stale: false,
            cpu_bytes,
            gpu_bytes,
            is_resident: true,
            ..*state
        };
        self.resident.push(id);
        self.cpu_bytes += cpu_bytes;
        self.gpu_bytes += gpu_bytes;
        if let Some(encoded) = tree
            .get(id)
            .and_then(|t| t.content.as_ref())
            .and_then(|c| c.encoded_bytes)
        {
            for (sum, bytes) in self.seen_bytes.iter_mut().zip([encoded, cpu_bytes, gpu_bytes]) {
                *sum = sum.saturating_add(bytes);
            }
        }
        self.count_ready_above(tree, id, true);
    }

    /// A model that can be drawn holds this much by now.
    pub fn set_bytes(&mut self, id: TileId, cpu_bytes: u64, gpu_bytes: u64) {
        let state = self.entry(id);
        if !state.is_resident {
            return;
        }
        let freed = [state.cpu_bytes, state.gpu_bytes];
        (state.cpu_bytes, state.gpu_bytes) = (cpu_bytes, gpu_bytes);
        self.cpu_bytes = self.cpu_bytes - freed[0] + cpu_bytes;
        self.gpu_bytes = self.gpu_bytes - freed[1] + gpu_bytes;
    }

    /// The tile's model was thrown away.
    pub fn set_evicted(&mut self, tree: &TileTree, id: TileId) {
        self.release(tree, id);
        let state = self.entry(id);
        state.is_stale = false;
        if state.load == LoadState::Done {
            state.load = LoadState::Unloaded;
        }
    }

    /// Takes up a new revision: changed tiles become stale, removed ones are forgotten.
    /// Call it before anything of the removed tiles is freed.
    pub fn apply(&mut self, tree: &TileTree, change: &TreeChange) {
        for id in &change.changed {
            let state = self.entry(*id);
            state.is_stale = state.is_resident || state.load == LoadState::Done;
            state.load = LoadState::Unloaded;
            // the new content may have another size
            if !state.is_resident {
                (state.cpu_bytes, state.gpu_bytes) = (0, 0);
            }
        }
        for id in &change.removed {
            self.release(tree, *id);
            *self.entry(*id) = TileState::default();
        }
    }

    /// Marks tiles as used in a frame.
    pub fn touch(&mut self, ids: impl IntoIterator<Item = TileId>, frame: u64) {
        for id in ids {
            self.entry(id).last_used_frame = frame;
        }
    }

    /// Bytes of a tile on CPU and GPU: measured when it was ever loaded, else estimated from its encoded size.
    pub fn bytes_of(&self, tree: &TileTree, id: TileId) -> (u64, u64) {
        /// Decoded bytes an encoded byte of a tile that nothing is known of: 36 vertex bytes from about 9, indices from 1.
        const TYPICAL_RATIO: u64 = 5;
        /// Encoded bytes of a tile whose tileset does not say.
        const TYPICAL_ENCODED: u64 = 150_000;
        let state = self.get(id);
        if state.cpu_bytes + state.gpu_bytes > 0 {
            return (state.cpu_bytes, state.gpu_bytes);
        }
        let Some(content) = tree.get(id).and_then(|t| t.content.as_ref()) else {
            return (0, 0);
        };
        let encoded = content.encoded_bytes.unwrap_or(TYPICAL_ENCODED);
        let estimate = |sum: u64| match self.seen_bytes[0] {
            0 => encoded.saturating_mul(TYPICAL_RATIO),
            seen => {
                let bytes = u128::from(encoded) * u128::from(sum) / u128::from(seen);
                u64::try_from(bytes).unwrap_or(u64::MAX)
            }
        };
        (estimate(self.seen_bytes[1]), estimate(self.seen_bytes[2]))
    }

    fn release(&mut self, tree: &TileTree, id: TileId) {
        let state = self.entry(id);
        if !std::mem::take(&mut state.is_resident) {
            return;
        }
        let (cpu_bytes, gpu_bytes) = (state.cpu_bytes, state.gpu_bytes);
        self.cpu_bytes -= cpu_bytes;
        self.gpu_bytes -= gpu_bytes;
        if let Some(place) = self.resident.iter().position(|other| *other == id) {
            self.resident.swap_remove(place);
        }
        self.count_ready_above(tree, id, false);
    }

    fn count_ready_above(&mut self, tree: &TileTree, id: TileId, is_added: bool) {
        let mut above = tree.get(id).and_then(|t| t.parent);
        while let Some(id) = above {
            let state = self.entry(id);
            state.num_ready_below = if is_added {
                state.num_ready_below + 1
            } else {
                state.num_ready_below.saturating_sub(1)
            };
            above = tree.get(id).and_then(|t| t.parent);
        }
    }

    fn entry(&mut self, id: TileId) -> &mut TileState {
        if id.index() >= self.states.len() {
            self.states.resize(id.index() + 1, TileState::default());
        }
        &mut self.states[id.index()]
    }
}
