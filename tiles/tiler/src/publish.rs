//! Publishes a city: partition, leaves, stand-ins bottom-up, tileset files. Unchanged tiles are taken as they are.

use crate::api::{
    FeatureHead, FeatureProvider, Progress, Publication, PublishError, PublishOptions, TileContent, TileSink,
};
use crate::group::{Assignment, BuiltTile, GroupBuilder, Terrain, TileContext, builders};
use crate::partition::{Node, NodeKind, partition};
use crate::terrain::bases::{grid_from_heads, grid_from_relief};
use crate::tileset::{EntryContent, TileEntry, write_group, write_root};
use crate::{Rect, TileFrame, glb};
use blake3::Hasher;
use city_model::{Bounds3, FeatureClass, FeatureIndex, HeightGrid, Report, SceneFrame, Shape, SurfaceMesh};
use glam::{DVec2, Vec3Swizzles as _};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Raised when a record or the way of publishing changes.
const PUBLISH_VERSION: u32 = 1;
/// A stand-in aims at this part of its cell's edge as geometric error: at 1080 lines, 60° and 16 pixels a tile then gives
/// way to its children at about the distance of its own size.
const CELL_PER_ERROR: f64 = 64.0;
/// Errors grow by at least this factor from child to parent.
const LEAST_GROWTH: f64 = 1.05;

/// What is kept of a built tile beside its GLB.
#[derive(Serialize, Deserialize)]
struct Record {
    /// ENU bounds of the content; `None` when nothing is drawn.
    bounds: Option<Bounds3>,
    geometric_error_m: f64,
    bytes: u64,
    num_triangles: u64,
    num_features: u64,
    report: Report,
    summary: Vec<u8>,
}

/// A finished subtree.
struct Done {
    entry: TileEntry,
    summary: Vec<u8>,
    contents: Vec<TileContent>,
    record_names: Vec<String>,
    report: Report,
    num_encoded: u64,
}

struct Publisher<'a> {
    provider: &'a dyn FeatureProvider,
    sink: &'a dyn TileSink,
    frame: &'a SceneFrame,
    options: &'a PublishOptions,
    progress: Progress<'a>,
    heads: &'a [FeatureHead],
    terrain: &'a Terrain,
    ground_is_guessed: bool,
    common: [u8; 32],
    done: AtomicU64,
    total: u64,
    cancelled: AtomicBool,
}

/// See [`crate::api::publish`].
pub(crate) fn publish(
    provider: &dyn FeatureProvider,
    sink: &dyn TileSink,
    frame: &SceneFrame,
    options: &PublishOptions,
    progress: Progress<'_>,
) -> Result<Publication, PublishError> {
    let heads = provider.heads().map_err(PublishError::Provider)?;
    let mut terrain = Terrain::new(provider.terrain().map_err(PublishError::Provider)?);
    let ground_is_guessed = terrain.is_empty();
    if ground_is_guessed {
        let relief = relief_ground(provider, &heads)?;
        terrain.is_relief = relief.is_some();
        // no revision: see `hash_terrain`
        let grid = relief.or_else(|| grid_from_heads(&heads));
        terrain.grids.extend(grid.map(|grid| (0, grid)));
    }
    let mut report = Report::new("publish");
    let trees = plant(&heads, &terrain, frame, options, &mut report);
    let publisher = Publisher {
        provider,
        sink,
        frame,
        options,
        progress,
        heads: &heads,
        terrain: &terrain,
        ground_is_guessed,
        common: common_key(frame, options),
        done: AtomicU64::new(0),
        total: trees.iter().map(|(_, tree)| tree.num_tiles()).sum(),
        cancelled: AtomicBool::new(false),
    };
    publisher.check(0)?;
    let mut publication = Publication {
        report,
        ..Publication::default()
    };
    let mut tiles = Vec::new();
    for (builder, tree) in trees {
        let Some(done) = publisher.node(builder.as_ref(), &tree)? else {
            continue;
        };
        tiles.push(write_group(
            builder.group(),
            &done.entry,
            sink,
            &mut publication.json_names,
        )?);
        publication.bounds_enu = publication.bounds_enu.union(done.entry.bounds_enu);
        publication.contents.extend(done.contents);
        publication.record_names.extend(done.record_names);
        publication.report.merge(done.report);
        publication.num_encoded += done.num_encoded;
    }
    publication.contents.sort_by(|a, b| a.name.cmp(&b.name));
    publication.json_names.sort();
    publication.json_names.dedup();
    publication.record_names.sort();
    publication.record_names.dedup();
    publication.tileset_json = write_root(
        frame,
        tiles,
        &publication.bounds_enu,
        options.revision,
        &options.copyright,
    )?;
    Ok(publication)
}

/// Ground of a city without a DEM that has relief features (CityJSON `TINRelief`), sampled at half the mean distance of
/// their vertices.
fn relief_ground(provider: &dyn FeatureProvider, heads: &[FeatureHead]) -> Result<Option<HeightGrid>, PublishError> {
    let indices: Vec<FeatureIndex> = heads
        .iter()
        .filter(|h| h.class == FeatureClass::Terrain && !h.is_proposal)
        .map(|h| h.index)
        .collect();
    if indices.is_empty() {
        return Ok(None);
    }
    let features = provider.fetch(&indices).map_err(PublishError::Provider)?;
    let meshes: Vec<&SurfaceMesh> = features
        .iter()
        .flat_map(|f| f.geometry.finest())
        .filter_map(|shape| match shape {
            Shape::Surfaces(mesh) => Some(mesh),
            _ => None,
        })
        .collect();
    let num_vertices: usize = meshes.iter().map(|m| m.vertices.len()).sum();
    let area_m2: f64 = features
        .iter()
        .map(|f| f.bounds().size().truncate().element_product())
        .filter(|a| a.is_finite())
        .sum();
    let step_m = (area_m2 / num_vertices.max(1) as f64).sqrt() * 0.5;
    Ok(grid_from_relief(&meshes, step_m.clamp(0.5, 50.0)))
}

/// One tree per group that has something.
fn plant(
    heads: &[FeatureHead],
    terrain: &Terrain,
    frame: &SceneFrame,
    options: &PublishOptions,
    report: &mut Report,
) -> Vec<(Box<dyn GroupBuilder>, Node)> {
    for head in heads {
        let bounds = &head.bounds;
        if bounds.is_empty() || !bounds.min.is_finite() || !bounds.max.is_finite() {
            report.error(
                "tiler/no-extent",
                None,
                Some(format!("feature {}", head.index.0)),
                "bounds are empty or not finite",
            );
        }
    }
    let origin = frame.origin_scene().xy();
    builders()
        .into_iter()
        .filter_map(|builder| {
            let group = builder.group();
            let members = (0..heads.len() as u32)
                .filter(|i| heads[*i as usize].group() == group)
                .collect();
            let tree = partition(
                heads,
                members,
                origin,
                builder.as_ref(),
                terrain,
                options.target_tile_bytes,
            )?;
            Some((builder, tree))
        })
        .collect()
}

/// Hash of everything that every tile depends on.
fn common_key(frame: &SceneFrame, options: &PublishOptions) -> [u8; 32] {
    let mut hasher = Hasher::new();
    hasher.update(&PUBLISH_VERSION.to_le_bytes());
    hasher.update(&glb::ENCODER_VERSION.to_le_bytes());
    hasher.update(&options.target_tile_bytes.to_le_bytes());
    hash_text(&mut hasher, &options.copyright);
    hash_text(&mut hasher, frame.crs().name());
    for value in frame
        .origin_scene()
        .to_array()
        .into_iter()
        .chain([frame.geoid_offset_m()])
    {
        hasher.update(&value.to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}

fn hash_text(hasher: &mut Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

impl Publisher<'_> {
    /// Counts `tiles` as done; refuses when the caller wants to stop.
    fn check(&self, tiles: u64) -> Result<(), PublishError> {
        let done = self.done.fetch_add(tiles, Ordering::Relaxed) + tiles;
        if self.cancelled.load(Ordering::Relaxed) || !(self.progress)(done, self.total) {
            self.cancelled.store(true, Ordering::Relaxed);
            return Err(PublishError::Cancelled);
        }
        Ok(())
    }

    /// Builds or finds a subtree; `None` when nothing of it can be drawn.
    fn node(&self, builder: &dyn GroupBuilder, node: &Node) -> Result<Option<Done>, PublishError> {
        match &node.kind {
            NodeKind::Leaf(members) => self.leaf(builder, &node.cell, node.estimated_bytes, members),
            NodeKind::Inner(children) => {
                let children: Vec<Option<Done>> = children
                    .par_iter()
                    .map(|child| self.node(builder, child))
                    .collect::<Result<_, _>>()?;
                self.inner(builder, &node.cell, children.into_iter().flatten().collect())
            }
        }
    }

    fn leaf(
        &self,
        builder: &dyn GroupBuilder,
        cell: &Rect,
        estimated_bytes: u64,
        members: &[u32],
    ) -> Result<Option<Done>, PublishError> {
        let heads: Vec<&FeatureHead> = members.iter().map(|m| &self.heads[*m as usize]).collect();
        let mut hasher = self.hasher(builder, b"leaf", cell);
        let mut reach = match builder.assignment() {
            Assignment::Overlap => *cell,
            // joined cells may be far larger than what is in them
            Assignment::Center => Rect {
                min: DVec2::INFINITY,
                max: DVec2::NEG_INFINITY,
            },
        };
        for head in &heads {
            hasher.update(&head.index.0.to_le_bytes());
            hasher.update(&head.revision.to_le_bytes());
            reach.min = reach.min.min(head.bounds.min.xy());
            reach.max = reach.max.max(head.bounds.max.xy());
        }
        self.hash_terrain(&mut hasher, &reach);
        let key = hasher.finalize().to_hex().to_string();
        let indices: Vec<FeatureIndex> = heads.iter().map(|head| head.index).collect();
        let (record, is_new) = self.find_or_build(&key, || {
            let features = self.provider.fetch(&indices).map_err(PublishError::Provider)?;
            let rect = match builder.assignment() {
                Assignment::Overlap => cell.grown(1.0),
                Assignment::Center => reach.grown(1.0),
            };
            let frame = TileFrame::new(self.frame, rect, self.ground_z(&rect, &heads))?;
            let context = self.context(&frame, *cell, 0.0);
            Ok((builder.leaf(&context, &features), frame.origin_enu()))
        })?;
        tracing::debug!(
            target: "tiler::sizes",
            group = builder.group().as_str(),
            estimated_bytes,
            bytes = record.bytes,
            triangles = record.num_triangles,
            features = record.num_features,
            "leaf"
        );
        self.check(1)?;
        Ok(self.finish(&key, record, is_new, indices, Vec::new()))
    }

    fn inner(
        &self,
        builder: &dyn GroupBuilder,
        cell: &Rect,
        children: Vec<Done>,
    ) -> Result<Option<Done>, PublishError> {
        let mut hasher = self.hasher(builder, b"inner", cell);
        for child in &children {
            hasher.update(blake3::hash(&child.summary).as_bytes());
        }
        self.hash_terrain(&mut hasher, cell);
        let key = hasher.finalize().to_hex().to_string();
        let (record, is_new) = self.find_or_build(&key, || {
            let frame = TileFrame::new(self.frame, *cell, self.ground_z(cell, &[]))?;
            let context = self.context(&frame, *cell, cell.size().max_element() / CELL_PER_ERROR);
            let summaries: Vec<&[u8]> = children.iter().map(|child| child.summary.as_slice()).collect();
            Ok((builder.stand_in(&context, &summaries), frame.origin_enu()))
        })?;
        self.check(1)?;
        Ok(self.finish(&key, record, is_new, Vec::new(), children))
    }

    fn context<'c>(&'c self, frame: &'c TileFrame<'c>, cell: Rect, target_error_m: f64) -> TileContext<'c> {
        TileContext {
            cell,
            frame,
            terrain: self.terrain,
            target_error_m,
            target_bytes: self.options.target_tile_bytes,
        }
    }

    fn hasher(&self, builder: &dyn GroupBuilder, what: &[u8], cell: &Rect) -> Hasher {
        let mut hasher = Hasher::new();
        hasher.update(&self.common);
        hasher.update(what);
        hasher.update(&[builder.group() as u8]);
        hasher.update(&builder.version().to_le_bytes());
        for value in cell.min.to_array().into_iter().chain(cell.max.to_array()) {
            hasher.update(&value.to_le_bytes());
        }
        hasher
    }

    /// Hashes what the tile may see of the ground. A survey counts by its revision; a ground that was guessed from the
    /// features counts by its heights nearby, since every edit may move it somewhere.
    fn hash_terrain(&self, hasher: &mut Hasher, reach: &Rect) {
        for ((revision, grid), extent) in self.terrain.grids.iter().zip(self.terrain.extents()) {
            if !extent.overlaps(reach) {
                continue;
            }
            if !self.ground_is_guessed {
                hasher.update(&revision.to_le_bytes());
                continue;
            }
            for value in grid.origin.to_array().into_iter().chain(grid.step_m.to_array()) {
                hasher.update(&value.to_le_bytes());
            }
            // one grid step around the tile takes part in interpolation; the casts saturate at the grid's edge
            let low = ((reach.min - grid.origin) / grid.step_m - 2.0)
                .max(DVec2::ZERO)
                .as_u64vec2();
            let high = ((reach.max - grid.origin) / grid.step_m + 3.0)
                .max(DVec2::ZERO)
                .as_u64vec2();
            let (num_x, num_y) = (u64::from(grid.num_x), u64::from(grid.num_y));
            for y in low.y..high.y.min(num_y) {
                let row = (y * num_x + low.x.min(num_x)) as usize..(y * num_x + high.x.min(num_x)) as usize;
                hasher.update(bytemuck::cast_slice(grid.heights_m.get(row).unwrap_or_default()));
            }
        }
    }

    fn ground_z(&self, cell: &Rect, heads: &[&FeatureHead]) -> f64 {
        let lowest = heads.iter().map(|head| head.bounds.min.z).fold(f64::INFINITY, f64::min);
        let sampled = self.terrain.sample(cell.center());
        sampled.unwrap_or(if lowest.is_finite() {
            lowest
        } else {
            self.frame.origin_scene().z
        })
    }

    /// The record of a tile that is kept whole, or builds, encodes and keeps it.
    fn find_or_build(
        &self,
        key: &str,
        build: impl FnOnce() -> Result<(BuiltTile, glam::DVec3), PublishError>,
    ) -> Result<(Record, bool), PublishError> {
        let (glb_name, record_name) = (format!("{key}.glb"), format!("{key}.rec"));
        if let Some(record) = self
            .sink
            .get(&record_name)
            .and_then(|bytes| postcard::from_bytes::<Record>(&bytes).ok())
            && (record.bounds.is_none() || self.sink.contains(&glb_name))
        {
            return Ok((record, false));
        }
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(PublishError::Cancelled);
        }
        let (mut built, origin_enu) = build()?;
        built.mesh.drop_unused_features();
        let mut record = Record {
            bounds: None,
            geometric_error_m: built.geometric_error_m,
            bytes: 0,
            num_triangles: 0,
            num_features: built.mesh.features.len() as u64,
            report: built.report,
            summary: built.summary,
        };
        match glb::encode(&built.mesh, origin_enu, &self.options.copyright) {
            Ok(encoded) => {
                record.bounds = Some(encoded.bounds_enu);
                record.bytes = encoded.bytes.len() as u64;
                record.num_triangles = encoded.num_triangles;
                tracing::debug!(
                    target: "tiler::sizes",
                    vertices = built.mesh.positions.len(),
                    triangles = record.num_triangles,
                    features = record.num_features,
                    bytes = record.bytes,
                    error = record.geometric_error_m,
                    group = built.mesh.features.first().map_or(0, |f| f.layer_code),
                    "encoded"
                );
                self.put(&glb_name, &encoded.bytes)?;
            }
            Err(glb::GlbError::Empty) => {}
            Err(err) => record
                .report
                .error("tiler/encode", None, Some(key.to_owned()), err.to_string()),
        }
        let bytes = postcard::to_stdvec(&record).map_err(|err| PublishError::Sink {
            name: record_name.clone(),
            reason: err.to_string(),
        })?;
        // after the tile: a record promises that the tile is there
        self.put(&record_name, &bytes)?;
        let is_new = record.bounds.is_some();
        Ok((record, is_new))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), PublishError> {
        self.sink.put(name, bytes).map_err(|reason| PublishError::Sink {
            name: name.to_owned(),
            reason,
        })
    }

    fn finish(
        &self,
        key: &str,
        record: Record,
        is_new: bool,
        features: Vec<FeatureIndex>,
        children: Vec<Done>,
    ) -> Option<Done> {
        let mut done = Done {
            entry: TileEntry {
                bounds_enu: record.bounds.unwrap_or(Bounds3::EMPTY),
                geometric_error_m: record.geometric_error_m,
                content: None,
                children: Vec::with_capacity(children.len()),
            },
            summary: record.summary,
            contents: Vec::new(),
            record_names: vec![format!("{key}.rec")],
            report: record.report,
            num_encoded: u64::from(is_new),
        };
        if record.bounds.is_some() {
            let name = format!("{key}.glb");
            done.entry.content = Some(EntryContent {
                name: name.clone(),
                bytes: record.bytes,
                num_triangles: record.num_triangles,
                num_features: record.num_features,
            });
            done.contents.push(TileContent {
                name,
                bytes: record.bytes,
                is_new,
                features,
            });
        }
        let mut children_error = 0.0_f64;
        let is_inner = !children.is_empty();
        for child in children {
            children_error = children_error.max(child.entry.geometric_error_m);
            done.entry.bounds_enu = done.entry.bounds_enu.union(child.entry.bounds_enu);
            done.entry.children.push(child.entry);
            done.contents.extend(child.contents);
            done.record_names.extend(child.record_names);
            done.report.merge(child.report);
            done.num_encoded += child.num_encoded;
        }
        done.entry
            .children
            .retain(|child| child.content.is_some() || !child.children.is_empty());
        if is_inner {
            done.entry.geometric_error_m = done
                .entry
                .geometric_error_m
                .max(children_error * LEAST_GROWTH)
                .max(0.01);
        }
        Some(done).filter(|done| done.entry.content.is_some() || !done.entry.children.is_empty())
    }
}
