//! Writing features: one import is one transaction.

use crate::text::TOKEN_RULES_VERSION;
use crate::{Dataset, EncodedFeature, FeatureKey, ImportSession, ImportSummary, PutOutcome, SceneInfo, StoreError};
use city_model::scenario::PROPOSALS_LAYER;
use city_model::{Attributes, FeatureIndex, HeightGrid, attributes};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::{HashMap, HashSet};

/// Grids beyond this many points are refused: 400 MB of heights.
const MAX_GRID_POINTS: usize = 100_000_000;

const INSERT_FEATURE: &str = "INSERT INTO features (idx, id, class, layer_id, layer_code, parent, name, min_x, min_y, min_z, max_x, max_y, max_z, \
     on_terrain, lifespan_from, lifespan_to, revision, content_hash, geometry_bytes, live) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, 1, ?17, ?18, 1) ON CONFLICT (id) DO NOTHING";
const UPDATE_FEATURE: &str = "UPDATE features SET class = ?3, layer_id = ?4, layer_code = ?5, parent = ?6, name = ?7, min_x = ?8, min_y = ?9, \
     min_z = ?10, max_x = ?11, max_y = ?12, max_z = ?13, on_terrain = ?14, lifespan_from = ?15, lifespan_to = ?16, \
     revision = revision + 1, content_hash = ?17, geometry_bytes = ?18, live = 1 WHERE idx = ?1 AND id = ?2";

/// A transaction on its own connection; rolled back when dropped before `commit`.
#[derive(Debug)]
pub(super) struct SqliteImport {
    connection: Connection,
    scene: Option<SceneInfo>,
    layers: HashMap<String, i64>,
    first_index: u32,
    next_index: u32,
    rewritten: HashSet<u32>,
    /// Features stored under their layer's name and id: their parts name the bare id.
    renamed: HashSet<(i64, String)>,
    summary: ImportSummary,
    committed: bool,
}

impl SqliteImport {
    pub(super) fn begin(connection: Connection) -> Result<Self, StoreError> {
        connection
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(StoreError::sql("begin import"))?;
        let next_index: u32 = connection
            .query_row("SELECT coalesce(max(idx) + 1, 0) FROM features", [], |row| row.get(0))
            .map_err(StoreError::sql("number features"))?;
        let scene = super::read::scene(&connection)?;
        let mut import = Self {
            connection,
            scene,
            layers: HashMap::new(),
            first_index: next_index,
            next_index,
            rewritten: HashSet::new(),
            renamed: HashSet::new(),
            summary: ImportSummary::default(),
            committed: false,
        };
        import.set_meta("token_rules_version", &TOKEN_RULES_VERSION.to_string())?;
        Ok(import)
    }

    fn layer_id(&mut self, name: &str) -> Result<i64, StoreError> {
        if let Some(layer_id) = self.layers.get(name) {
            return Ok(*layer_id);
        }
        let layer_id = layer_id(&self.connection, name)?;
        self.layers.insert(name.to_owned(), layer_id);
        Ok(layer_id)
    }

    /// Inserts unless the id is taken; true when inserted.
    fn insert(&self, index: u32, id: &str, layer_id: i64, feature: &EncodedFeature) -> Result<bool, StoreError> {
        insert_feature(&self.connection, index, id, layer_id, feature)
    }

    fn existing(&self, id: &str) -> Result<(u32, i64, u64, bool), StoreError> {
        self.connection
            .prepare_cached("SELECT idx, layer_id, content_hash, live FROM features WHERE id = ?1")
            .and_then(|mut statement| {
                statement.query_row([id], |row| {
                    Ok((
                        row.get(0)?,
                        row.get(1)?,
                        row.get::<_, i64>(2)?.cast_unsigned(),
                        row.get(3)?,
                    ))
                })
            })
            .map_err(StoreError::sql("look up feature"))
    }

    fn replace(&mut self, id: &str, layer_id: i64, feature: &EncodedFeature) -> Result<Option<PutOutcome>, StoreError> {
        let (index, stored_layer, stored_hash, live) = self.existing(id)?;
        if stored_layer != layer_id {
            return Ok(None);
        }
        if index >= self.first_index || self.rewritten.contains(&index) {
            return Ok(Some(PutOutcome::Duplicate(FeatureIndex(index))));
        }
        self.rewritten.insert(index);
        if stored_hash == feature.content_hash && live {
            self.summary.unchanged += 1;
            return Ok(Some(PutOutcome::Unchanged(FeatureIndex(index))));
        }
        rewrite(&self.connection, index, id, layer_id, feature)?;
        self.summary.replaced += 1;
        Ok(Some(PutOutcome::Replaced(FeatureIndex(index))))
    }

    fn take_index(&self) -> Result<u32, StoreError> {
        if self.next_index == FeatureIndex::UNSET.0 {
            return Err(StoreError::Unstorable {
                what: "feature".to_owned(),
                reason: "all 2^32 feature numbers are used".to_owned(),
            });
        }
        Ok(self.next_index)
    }
}

impl Drop for SqliteImport {
    fn drop(&mut self) {
        if !self.committed {
            // closing the connection rolls back as well; this only frees the lock earlier
            if let Err(err) = self.connection.execute_batch("ROLLBACK") {
                tracing::debug!(%err, "rollback");
            }
        }
    }
}

impl ImportSession for SqliteImport {
    fn scene(&self) -> Option<&SceneInfo> {
        self.scene.as_ref()
    }

    fn set_scene(&mut self, scene: &SceneInfo) -> Result<(), StoreError> {
        let json = serde_json::to_string(scene).map_err(|err| StoreError::Unstorable {
            what: "scene".to_owned(),
            reason: err.to_string(),
        })?;
        self.set_meta("scene", &json)?;
        self.scene = Some(scene.clone());
        Ok(())
    }

    fn set_meta(&mut self, key: &str, value: &str) -> Result<(), StoreError> {
        set_meta(&self.connection, key, value)
    }

    fn put(&mut self, feature: &EncodedFeature) -> Result<PutOutcome, StoreError> {
        let layer_id = self.layer_id(&feature.layer)?;
        let index = self.take_index()?;
        let mut owned = None;
        if let Some(parent) = &feature.parent
            && !self.renamed.is_empty()
            && self.renamed.contains(&(layer_id, parent.clone()))
        {
            owned = Some(EncodedFeature {
                parent: Some(format!("{}:{parent}", feature.layer)),
                ..feature.clone()
            });
        }
        let feature = owned.as_ref().unwrap_or(feature);
        if self.insert(index, &feature.id, layer_id, feature)? {
            self.next_index += 1;
            self.summary.added += 1;
            return Ok(PutOutcome::Added(FeatureIndex(index)));
        }
        if let Some(outcome) = self.replace(&feature.id, layer_id, feature)? {
            return Ok(outcome);
        }
        // another data set counts its features the same way: both stay, told apart by the layer
        let id = format!("{}:{}", feature.layer, feature.id);
        self.renamed.insert((layer_id, feature.id.clone()));
        if self.insert(index, &id, layer_id, feature)? {
            self.next_index += 1;
            self.summary.added += 1;
            return Ok(PutOutcome::Renamed(FeatureIndex(index)));
        }
        self.replace(&id, layer_id, feature)?
            .ok_or_else(|| StoreError::Unstorable {
                what: format!("feature {id:?}"),
                reason: "its id is taken by another layer, with and without the layer's name".to_owned(),
            })
    }

    fn remove(&mut self, id: &str) -> Result<bool, StoreError> {
        let found: Option<u32> = self
            .connection
            .query_row("SELECT idx FROM features WHERE id = ?1 AND live = 1", [id], |row| {
                row.get(0)
            })
            .optional()
            .map_err(StoreError::sql("look up feature"))?;
        let Some(index) = found else {
            return Ok(false);
        };
        for sql in [
            "UPDATE features SET live = 0, revision = revision + 1 WHERE idx = ?1",
            "DELETE FROM feature_rtree WHERE idx = ?1",
            "DELETE FROM feature_search WHERE rowid = ?1",
        ] {
            self.connection
                .execute(sql, [index])
                .map_err(StoreError::sql("remove feature"))?;
        }
        Ok(true)
    }

    fn put_terrain(&mut self, layer: &str, grid: &HeightGrid) -> Result<(), StoreError> {
        let unstorable = |reason: &str| StoreError::Unstorable {
            what: format!("terrain of {layer:?}"),
            reason: reason.to_owned(),
        };
        let num_points = grid.num_x as usize * grid.num_y as usize;
        if num_points != grid.heights_m.len() || grid.num_x < 2 || grid.num_y < 2 {
            return Err(unstorable("its size does not fit its heights"));
        }
        if num_points > MAX_GRID_POINTS {
            return Err(unstorable("it has more than 100 million points"));
        }
        if !(grid.origin.is_finite() && grid.step_m.is_finite() && grid.step_m.min_element() > 0.0) {
            return Err(unstorable("its raster is not finite"));
        }
        let layer_id = self.layer_id(layer)?;
        let raw: Vec<u8> = grid.heights_m.iter().flat_map(|h| h.to_le_bytes()).collect();
        let hash = blake3::hash(&raw);
        let mut first = [0_u8; 8];
        first.copy_from_slice(&hash.as_bytes()[..8]);
        let content_hash = (u64::from_le_bytes(first) >> 1).cast_signed();
        let packed = zstd::bulk::compress(&raw, 3).map_err(|err| unstorable(&err.to_string()))?;
        self.connection
            .execute(
                "INSERT INTO terrain (layer_id, origin_x, origin_y, step_x, step_y, num_x, num_y, content_hash, heights)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (layer_id, origin_x, origin_y, step_x, step_y, num_x, num_y)
                 DO UPDATE SET content_hash = excluded.content_hash, heights = excluded.heights",
                params![layer_id, grid.origin.x, grid.origin.y, grid.step_m.x, grid.step_m.y, grid.num_x, grid.num_y, content_hash, packed],
            )
            .map_err(StoreError::sql("write terrain"))?;
        self.summary.terrain_grids += 1;
        Ok(())
    }

    fn put_dataset(&mut self, dataset: &Dataset) -> Result<(), StoreError> {
        self.connection
            .execute(
                "INSERT INTO datasets (path, title, crs, attribution, licence, features, quarantined, imported_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
                 ON CONFLICT (path) DO UPDATE SET title = excluded.title, crs = excluded.crs, attribution = excluded.attribution,
                 licence = excluded.licence, features = excluded.features, quarantined = excluded.quarantined, imported_at = excluded.imported_at",
                params![
                    dataset.path,
                    dataset.title,
                    dataset.crs,
                    dataset.attribution,
                    dataset.licence,
                    dataset.features.cast_signed(),
                    dataset.quarantined.cast_signed()
                ],
            )
            .map_err(StoreError::sql("write data set"))?;
        Ok(())
    }

    fn commit(mut self: Box<Self>, action: &str, detail: &str) -> Result<ImportSummary, StoreError> {
        audit(&self.connection, action, detail)?;
        self.connection
            .execute_batch("COMMIT")
            .map_err(StoreError::sql("commit import"))?;
        self.committed = true;
        // keeps the log from staying as large as the import; readers at work only put it off
        if let Err(err) = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        {
            tracing::debug!(%err, "checkpoint put off");
        }
        Ok(self.summary)
    }
}

/// Changes attributes of one feature in a transaction of its own.
pub(super) fn set_attributes(connection: Connection, id: &str, changes: &Attributes) -> Result<u32, StoreError> {
    let action = StoreError::sql;
    connection
        .execute_batch("BEGIN IMMEDIATE")
        .map_err(action("begin edit"))?;
    let Some(mut stored) = super::read::feature(&connection, FeatureKey::Id(id))? else {
        return Err(StoreError::NoSuchFeature { key: id.to_owned() });
    };
    attributes::apply(&mut stored.feature.attributes, changes);
    let encoded = EncodedFeature::encode(&stored.feature)?;
    let layer_id = layer_id(&connection, &encoded.layer)?;
    rewrite(&connection, stored.feature.index.0, id, layer_id, &encoded)?;
    let detail = serde_json::json!({ "id": id, "changes": changes }).to_string();
    audit(&connection, "set", &detail)?;
    connection.execute_batch("COMMIT").map_err(action("commit edit"))?;
    Ok(stored.revision + 1)
}

pub(super) fn set_meta(connection: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .and_then(|mut statement| statement.execute([key, value]))
        .map(drop)
        .map_err(StoreError::sql("write meta value"))
}

pub(super) fn audit(connection: &Connection, action: &str, detail: &str) -> Result<(), StoreError> {
    connection
        .execute(
            "INSERT INTO audit (at, action, detail) VALUES (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?1, ?2)",
            [action, detail],
        )
        .map(drop)
        .map_err(StoreError::sql("write audit row"))
}

/// Inserts a feature unless its id is taken; true when inserted.
pub(super) fn insert_feature(
    connection: &Connection,
    index: u32,
    id: &str,
    layer_id: i64,
    feature: &EncodedFeature,
) -> Result<bool, StoreError> {
    if write_row(connection, INSERT_FEATURE, index, id, layer_id, feature)? == 0 {
        return Ok(false);
    }
    write_body(connection, index, feature)?;
    write_indexes(connection, index, feature)?;
    if feature.layer == PROPOSALS_LAYER {
        connection
            .prepare_cached("INSERT INTO proposals (idx) VALUES (?1)")
            .and_then(|mut statement| statement.execute([index]))
            .map_err(StoreError::sql("mark proposal"))?;
    }
    Ok(true)
}

pub(super) fn layer_id(connection: &Connection, name: &str) -> Result<i64, StoreError> {
    let action = StoreError::sql;
    let found = connection
        .query_row("SELECT layer_id FROM layers WHERE name = ?1", [name], |row| row.get(0))
        .optional()
        .map_err(action("look up layer"))?;
    if let Some(layer_id) = found {
        return Ok(layer_id);
    }
    connection
        .execute("INSERT INTO layers (name) VALUES (?1)", [name])
        .map_err(action("write layer"))?;
    Ok(connection.last_insert_rowid())
}

fn write_row(
    connection: &Connection,
    sql: &'static str,
    index: u32,
    id: &str,
    layer_id: i64,
    feature: &EncodedFeature,
) -> Result<usize, StoreError> {
    // an empty box is stored as NULLs
    let bounds = Some(feature.bounds).filter(|b| !b.is_empty());
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement.execute(params![
                index,
                id,
                feature.class.code(),
                layer_id,
                feature.layer_code,
                feature.parent,
                feature.name,
                bounds.map(|b| b.min.x),
                bounds.map(|b| b.min.y),
                bounds.map(|b| b.min.z),
                bounds.map(|b| b.max.x),
                bounds.map(|b| b.max.y),
                bounds.map(|b| b.max.z),
                feature.on_terrain,
                feature.lifespan.from.map(|d| d.0),
                feature.lifespan.to.map(|d| d.0),
                feature.content_hash.cast_signed(),
                u32::try_from(feature.geometry.len()).unwrap_or(u32::MAX),
            ])
        })
        .map_err(StoreError::sql("write feature"))
}

fn write_body(connection: &Connection, index: u32, feature: &EncodedFeature) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO feature_bodies (idx, attributes, geometry) VALUES (?1, ?2, ?3)")
        .and_then(|mut statement| statement.execute(params![index, feature.attributes_json, feature.geometry]))
        .map(drop)
        .map_err(StoreError::sql("write feature body"))
}

fn write_indexes(connection: &Connection, index: u32, feature: &EncodedFeature) -> Result<(), StoreError> {
    let b = &feature.bounds;
    if !b.is_empty() {
        connection
            .prepare_cached("INSERT INTO feature_rtree VALUES (?1, ?2, ?3, ?4, ?5)")
            .and_then(|mut statement| statement.execute(params![index, b.min.x, b.max.x, b.min.y, b.max.y]))
            .map_err(StoreError::sql("index bounds"))?;
    }
    connection
        .prepare_cached("INSERT INTO feature_search (rowid, tokens) VALUES (?1, ?2)")
        .and_then(|mut statement| statement.execute(params![index, feature.tokens]))
        .map(drop)
        .map_err(StoreError::sql("index text"))
}

fn rewrite(
    connection: &Connection,
    index: u32,
    id: &str,
    layer_id: i64,
    feature: &EncodedFeature,
) -> Result<(), StoreError> {
    write_row(connection, UPDATE_FEATURE, index, id, layer_id, feature)?;
    write_body(connection, index, feature)?;
    for sql in [
        "DELETE FROM feature_rtree WHERE idx = ?1",
        "DELETE FROM feature_search WHERE rowid = ?1",
    ] {
        connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([index]))
            .map_err(StoreError::sql("clear index"))?;
    }
    write_indexes(connection, index, feature)
}
