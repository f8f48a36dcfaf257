//! The contract between the tiler and the builders of each layer group.
//!
//! One builder per [`LayerGroup`] lives in its own module (`buildings/`, `ground/`, `pipes/`, `vegetation/`,
//! `projects/`) and is registered in [`builders`]. The tiler cuts a group into a quadtree, asks the builder for every
//! leaf (whole features in, mesh and *summary* out) and then, bottom-up, for every inner tile (summaries of the children
//! in, stand-in mesh and own summary out). A summary is an opaque byte string of the builder's own making: compact
//! records of what a parent needs (outline, height, colour, id), already simplified, so that the work of an inner
//! tile is bounded by its children's summaries and features are never fetched twice. Summaries are kept beside the tile;
//! an inner tile is built again only when the summary of a child changed. Same input must give the same bytes.

use crate::terrain::TriangleDensity;
use crate::{FeatureHead, Rect, TileFrame, TileMesh};
use city_model::{Feature, HeightGrid, LayerGroup, Report};
use glam::DVec2;
use std::sync::OnceLock;

/// Terrain of the city: finest grid first.
#[derive(Debug, Clone, Default)]
pub struct Terrain {
    /// (revision, grid) in the scene CRS, finest first.
    pub grids: Vec<(u64, HeightGrid)>,
    /// True when the ground is that of the city's own relief features: they are drawn as the ground, not upon it.
    pub is_relief: bool,
    densities: OnceLock<Vec<TriangleDensity>>,
}

impl Terrain {
    /// Terrain of these grids: (revision, grid) in the scene CRS, finest first.
    pub const fn new(grids: Vec<(u64, HeightGrid)>) -> Self {
        Self {
            grids,
            is_relief: false,
            densities: OnceLock::new(),
        }
    }

    /// Triangles to expect in a plan rectangle at the error of leaf tiles: those of the grid that asks for most.
    pub fn triangles_in(&self, cell: &Rect) -> f64 {
        let measure = |(_, grid): &(u64, HeightGrid)| TriangleDensity::new(grid, crate::ground::LEAF_TERRAIN_ERROR_M);
        let densities = self.densities.get_or_init(|| self.grids.iter().map(measure).collect());
        densities.iter().map(|d| d.triangles_in(cell)).fold(0.0, f64::max)
    }

    /// Orthometric ground height at a plan position of the scene CRS, metres; `None` where no grid knows it.
    pub fn sample(&self, position: DVec2) -> Option<f64> {
        self.grids.iter().find_map(|(_, grid)| grid.sample(position))
    }

    /// Plan rectangles of the grids, finest first.
    pub fn extents(&self) -> impl Iterator<Item = Rect> + '_ {
        self.grids.iter().map(|(_, grid)| {
            let (min, max) = grid.extent();
            Rect { min, max }
        })
    }

    /// True when no grid is known.
    pub const fn is_empty(&self) -> bool {
        self.grids.is_empty()
    }
}

/// How features are given to quadtree cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    /// To the one cell that holds the centre of their bounds; the tile's bounds grow to hold them.
    Center,
    /// To every cell that they touch; the builder clips them to [`TileContext::cell`].
    Overlap,
}

/// What a builder knows of the tile that it builds.
#[derive(Debug)]
pub struct TileContext<'a> {
    /// Quadtree cell in plan, scene CRS metres. Cells of siblings share edges exactly.
    pub cell: Rect,
    /// Scene CRS → tile.
    pub frame: &'a TileFrame<'a>,
    /// Ground heights.
    pub terrain: &'a Terrain,
    /// Error that a stand-in should stay near, metres; 0 on leaves (everything, true to the source). The builder may
    /// give back less or more and reports what it really is in [`BuiltTile::geometric_error_m`].
    pub target_error_m: f64,
    /// Encoded size that the tile should not pass, bytes; stand-ins get coarser until they fit.
    pub target_bytes: u32,
}

impl TileContext<'_> {
    /// True for a tile that shows the features themselves.
    pub fn is_leaf(&self) -> bool {
        self.target_error_m <= 0.0
    }
}

/// What a builder gives back.
#[derive(Debug, Default)]
pub struct BuiltTile {
    /// Mesh relative to [`TileFrame::origin_enu`]. May be empty.
    pub mesh: TileMesh,
    /// Greatest deviation of what is drawn from the source, metres, computed: 0 or the chord error on leaves; size of
    /// the greatest thing left out, simplification and merging errors on stand-ins.
    pub geometric_error_m: f64,
    /// Records for the parent tile.
    pub summary: Vec<u8>,
    /// Trouble with single features.
    pub report: Report,
}

/// Builds the tiles of one layer group.
pub trait GroupBuilder: Sync {
    /// The group.
    fn group(&self) -> LayerGroup;

    /// Part of every content hash of the group: raise it when the output changes for the same input.
    fn version(&self) -> u32;

    /// How features are given to cells.
    fn assignment(&self) -> Assignment {
        Assignment::Center
    }

    /// Estimated encoded bytes of a feature in a leaf tile; for [`Assignment::Overlap`] of the whole feature.
    fn feature_bytes(&self, head: &FeatureHead) -> u32;

    /// Estimated encoded bytes that a feature needs beside [`Self::feature_bytes`] for following the ground under it.
    fn ground_bytes(&self, head: &FeatureHead, terrain: &Terrain) -> u64 {
        let _ = (head, terrain);
        0
    }

    /// Encoded bytes that a cell needs without any feature (terrain triangles); 0 when the cell is empty by itself.
    fn cell_bytes(&self, cell: &Rect, terrain: &Terrain) -> u64 {
        let _ = (cell, terrain);
        0
    }

    /// Plan extent that the group covers beside its features (terrain), scene CRS metres.
    fn extent(&self, terrain: &Terrain) -> Option<Rect> {
        let _ = terrain;
        None
    }

    /// Builds a leaf: `features` in ascending index order.
    fn leaf(&self, tile: &TileContext<'_>, features: &[Feature]) -> BuiltTile;

    /// Builds an inner tile from its children's summaries, in child order.
    fn stand_in(&self, tile: &TileContext<'_>, children: &[&[u8]]) -> BuiltTile;
}

/// Every builder, in the order of [`LayerGroup::ALL`].
pub fn builders() -> Vec<Box<dyn GroupBuilder>> {
    vec![
        Box::new(crate::ground::GroundBuilder),
        Box::new(crate::buildings::Buildings(LayerGroup::Buildings)),
        Box::new(crate::vegetation::VegetationBuilder),
        Box::new(crate::pipes::PipeBuilder),
        Box::new(crate::projects::ProjectBuilder),
        Box::new(crate::buildings::Buildings(LayerGroup::Proposals)),
    ]
}
