//! Reading scenes, features and counts.

use crate::encode::{decode_attributes, decode_geometry};
use crate::{
    Dataset, FeatureHeadRow, FeatureKey, FeaturePage, FeatureQuery, FeatureStub, FeaturesVersion, LayerCount,
    ProposalFilter, SceneInfo, StoreError, StoreSummary, StoredFeature,
};
use city_model::{Bounds3, Date, Feature, FeatureClass, FeatureIndex, HeightGrid, Lifespan};
use glam::{DVec2, DVec3};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

/// Columns that [`stored_feature`] takes, in order.
const FEATURE_COLUMNS: &str = "f.idx, f.id, f.class, l.name, f.layer_code, f.parent, f.name, f.min_x, f.min_y, f.min_z, f.max_x, f.max_y, f.max_z, \
     f.on_terrain, f.lifespan_from, f.lifespan_to, f.revision, b.attributes, b.geometry";
const FEATURE_TABLES: &str = "features f JOIN layers l USING (layer_id) JOIN feature_bodies b USING (idx)";

pub(super) fn scene(connection: &Connection) -> Result<Option<SceneInfo>, StoreError> {
    meta(connection, "scene")?
        .map(|json| {
            serde_json::from_str(&json).map_err(|err| StoreError::Decode {
                what: "scene".to_owned(),
                reason: err.to_string(),
            })
        })
        .transpose()
}

pub(super) fn meta(connection: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    connection
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")
        .and_then(|mut statement| statement.query_row([key], |row| row.get(0)).optional())
        .map_err(StoreError::sql("read meta value"))
}

pub(super) fn feature(connection: &Connection, key: FeatureKey<'_>) -> Result<Option<StoredFeature>, StoreError> {
    let column = match key {
        FeatureKey::Id(_) => "id",
        FeatureKey::Index(_) => "idx",
    };
    let sql = format!("SELECT {FEATURE_COLUMNS} FROM {FEATURE_TABLES} WHERE f.{column} = ?1 AND f.live = 1");
    let row = connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            match key {
                FeatureKey::Id(id) => statement.query_row([id], raw_feature),
                FeatureKey::Index(index) => statement.query_row([index.0], raw_feature),
            }
            .optional()
        })
        .map_err(StoreError::sql("read feature"))?;
    row.map(RawFeature::decode).transpose()
}

/// Features by id or number without their bodies, live or not.
pub(super) fn stubs<T: rusqlite::ToSql>(
    connection: &Connection,
    column: &'static str,
    keys: impl Iterator<Item = T>,
) -> Result<Vec<Option<FeatureStub>>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!(
            "SELECT idx, id, class, name, layer_code, layer_id IS (SELECT layer_id FROM layers WHERE name = 'proposals'), live,
             min_x, min_y, min_z, max_x, max_y, max_z, on_terrain, lifespan_from, lifespan_to FROM features WHERE {column} = ?1"
        ))
        .map_err(StoreError::sql("look up feature"))?;
    keys.map(|key| {
        statement
            .query_row([key], |row| {
                Ok(FeatureStub {
                    index: FeatureIndex(row.get(0)?),
                    id: row.get(1)?,
                    class: class(row.get(2)?),
                    name: row.get(3)?,
                    layer_code: row.get(4)?,
                    is_proposal: row.get(5)?,
                    is_live: row.get(6)?,
                    bounds: bounds(row, 7)?,
                    on_terrain: row.get(13)?,
                    lifespan: Lifespan {
                        from: row.get::<_, Option<i32>>(14)?.map(Date),
                        to: row.get::<_, Option<i32>>(15)?.map(Date),
                    },
                })
            })
            .optional()
            .map_err(StoreError::sql("look up feature"))
    })
    .collect()
}

pub(super) fn children(connection: &Connection, id: &str, limit: u32) -> Result<Vec<String>, StoreError> {
    connection
        .prepare_cached("SELECT id FROM features WHERE parent = ?1 AND live = 1 ORDER BY idx LIMIT ?2")
        .and_then(|mut statement| statement.query_map(params![id, limit], |row| row.get(0))?.collect())
        .map_err(StoreError::sql("read children"))
}

pub(super) fn parts(connection: &Connection, ids: &[&str]) -> Result<Vec<Vec<FeatureIndex>>, StoreError> {
    let numbers = |id: &&str| {
        let mut statement =
            connection.prepare_cached("SELECT idx FROM features WHERE parent = ?1 AND live = 1 ORDER BY idx")?;
        statement
            .query_map(params![id], |row| row.get(0).map(FeatureIndex))?
            .collect()
    };
    ids.iter()
        .map(numbers)
        .collect::<Result<_, rusqlite::Error>>()
        .map_err(StoreError::sql("read parts"))
}

pub(super) fn page(connection: &Connection, query: &FeatureQuery) -> Result<FeaturePage, StoreError> {
    let by_code = if query.layer_code.is_some() {
        " AND f.layer_code = :code"
    } else {
        ""
    };
    let (by_box, source) = if query.bbox_scene.is_some() {
        // the tree answers roughly (32-bit floats), the row exactly
        (
            " AND r.max_x >= :x0 AND r.min_x <= :x1 AND r.max_y >= :y0 AND r.min_y <= :y1
              AND f.max_x >= :x0 AND f.min_x <= :x1 AND f.max_y >= :y0 AND f.min_y <= :y1",
            "feature_rtree r CROSS JOIN features f ON f.idx = r.idx",
        )
    } else {
        ("", "features f")
    };
    let by_proposal = match query.proposals {
        ProposalFilter::Without => " AND f.layer_id IS NOT (SELECT layer_id FROM layers WHERE name = 'proposals')",
        ProposalFilter::With => "",
        ProposalFilter::Only => " AND f.layer_id IS (SELECT layer_id FROM layers WHERE name = 'proposals')",
    };
    let condition = format!("f.live = 1{by_code}{by_box}{by_proposal}");
    let [x0, y0, x1, y1] = query.bbox_scene.unwrap_or_default();
    let code = query.layer_code.unwrap_or_default();
    let mut named: Vec<(&str, &dyn rusqlite::ToSql)> = Vec::new();
    if query.layer_code.is_some() {
        named.push((":code", &code));
    }
    if query.bbox_scene.is_some() {
        named.extend([
            (":x0", &x0 as &dyn rusqlite::ToSql),
            (":y0", &y0),
            (":x1", &x1),
            (":y1", &y1),
        ]);
    }
    let total: i64 = connection
        .prepare_cached(&format!("SELECT count(*) FROM {source} WHERE {condition}"))
        .and_then(|mut statement| statement.query_row(named.as_slice(), |row| row.get(0)))
        .map_err(StoreError::sql("count features"))?;
    named.push((":limit", &query.limit));
    named.push((":offset", &query.offset));
    let indices: Vec<u32> = connection
        .prepare_cached(&format!(
            "SELECT f.idx FROM {source} WHERE {condition} ORDER BY f.idx LIMIT :limit OFFSET :offset"
        ))
        .and_then(|mut statement| statement.query_map(named.as_slice(), |row| row.get(0))?.collect())
        .map_err(StoreError::sql("page features"))?;
    let features = indices
        .into_iter()
        .filter_map(|index| feature(connection, FeatureKey::Index(FeatureIndex(index))).transpose())
        .collect::<Result<_, _>>()?;
    Ok(FeaturePage {
        total: total.cast_unsigned(),
        features,
    })
}

/// Features whose attributes have one of `keys` at their top level.
pub(super) fn with_attributes(
    connection: &Connection,
    keys: &[&str],
    limit: u32,
) -> Result<Vec<StoredFeature>, StoreError> {
    // the text is looked at first: most features have none of the keys and are not parsed
    let quoted = |key: &&str| serde_json::Value::from(*key).to_string();
    let keys_json = serde_json::Value::from(keys.to_vec()).to_string();
    let mut parameters: Vec<String> = keys.iter().map(quoted).collect();
    let likely: Vec<String> = (1..=keys.len())
        .map(|n| format!("instr(b.attributes, ?{n}) > 0"))
        .collect();
    if likely.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT f.idx FROM features f JOIN feature_bodies b USING (idx) WHERE f.live = 1 AND ({})
         AND EXISTS (SELECT 1 FROM json_each(b.attributes) a JOIN json_each(?{}) k ON k.value = a.key)
         ORDER BY f.idx LIMIT {limit}",
        likely.join(" OR "),
        keys.len() + 1
    );
    parameters.push(keys_json);
    let indices: Vec<u32> = connection
        .prepare(&sql)
        .and_then(|mut statement| {
            statement
                .query_map(rusqlite::params_from_iter(&parameters), |row| row.get(0))?
                .collect()
        })
        .map_err(StoreError::sql("find features with attributes"))?;
    indices
        .into_iter()
        .filter_map(|index| feature(connection, FeatureKey::Index(FeatureIndex(index))).transpose())
        .collect()
}

/// Highest number, and the last write of features by anything but a scenario or a publication.
pub(super) fn features_version(connection: &Connection) -> Result<FeaturesVersion, StoreError> {
    connection
        .prepare_cached(
            "SELECT (SELECT coalesce(max(idx) + 1, 0) FROM features),
                    (SELECT coalesce(max(audit_id), 0) FROM audit WHERE action NOT IN ('scenario', 'publish', 'gc'))",
        )
        .and_then(|mut statement| {
            statement.query_row([], |row| {
                let changed: i64 = row.get(1)?;
                Ok(FeaturesVersion {
                    count: row.get(0)?,
                    changed: changed.cast_unsigned(),
                })
            })
        })
        .map_err(StoreError::sql("read version of features"))
}

pub(super) fn layer_counts(connection: &Connection) -> Result<Vec<LayerCount>, StoreError> {
    connection
        .prepare_cached(
            "SELECT layer_code, count(*), min(min_x), min(min_y), min(min_z), max(max_x), max(max_y), max(max_z)
             FROM features WHERE live = 1
             AND (layer_code = 15 OR layer_id IS NOT (SELECT layer_id FROM layers WHERE name = 'proposals')) GROUP BY layer_code ORDER BY layer_code",
        )
        .and_then(|mut statement| {
            statement
                .query_map([], |row| {
                    Ok(LayerCount {
                        code: row.get(0)?,
                        num_features: row.get::<_, i64>(1)?.cast_unsigned(),
                        bounds: bounds(row, 2)?,
                    })
                })?
                .collect()
        })
        .map_err(StoreError::sql("count layers"))
}

pub(super) fn heads(connection: &Connection) -> Result<Vec<FeatureHeadRow>, StoreError> {
    connection
        .prepare_cached(
            "SELECT idx, class, min_x, min_y, min_z, max_x, max_y, max_z, revision, content_hash, geometry_bytes,
             layer_id IS (SELECT layer_id FROM layers WHERE name = 'proposals')
             FROM features WHERE live = 1 AND geometry_bytes > 0 ORDER BY idx",
        )
        .and_then(|mut statement| {
            statement
                .query_map([], |row| {
                    let index: u32 = row.get(0)?;
                    Ok(FeatureHeadRow {
                        index: FeatureIndex(index),
                        class: class(row.get(1)?),
                        is_proposal: row.get(11)?,
                        bounds: bounds(row, 2)?,
                        revision: head_revision(index, row.get(8)?, row.get::<_, i64>(9)?.cast_unsigned()),
                        geometry_bytes: row.get(10)?,
                    })
                })?
                .collect()
        })
        .map_err(StoreError::sql("read feature heads"))
}

/// Times written in the high 24 bits, content and number mixed into the low 40.
fn head_revision(index: u32, revision: u32, content_hash: u64) -> u64 {
    let mixed = content_hash ^ u64::from(index).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (u64::from(revision) << 40) | ((mixed ^ (mixed >> 23)) & ((1 << 40) - 1))
}

pub(super) fn fetch(connection: &Connection, indices: &[FeatureIndex]) -> Result<Vec<Feature>, StoreError> {
    let sql = format!("SELECT {FEATURE_COLUMNS} FROM {FEATURE_TABLES} WHERE f.idx = ?1 AND f.live = 1");
    let mut statement = connection
        .prepare_cached(&sql)
        .map_err(StoreError::sql("fetch features"))?;
    indices
        .iter()
        .map(|index| {
            let raw = statement
                .query_row([index.0], raw_feature)
                .optional()
                .map_err(StoreError::sql("fetch features"))?
                .ok_or_else(|| StoreError::NoSuchFeature {
                    key: index.0.to_string(),
                })?;
            Ok(raw.decode()?.feature)
        })
        .collect()
}

pub(super) fn terrain(connection: &Connection) -> Result<Vec<(u64, HeightGrid)>, StoreError> {
    let rows: Vec<(i64, [f64; 4], u32, u32, Vec<u8>)> = connection
        .prepare_cached(
            "SELECT content_hash, origin_x, origin_y, step_x, step_y, num_x, num_y, heights FROM terrain ORDER BY step_x * step_y, terrain_id",
        )
        .and_then(|mut statement| {
            statement
                .query_map([], |row| {
                    Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?], row.get(5)?, row.get(6)?, row.get(7)?))
                })?
                .collect()
        })
        .map_err(StoreError::sql("read terrain"))?;
    rows.into_iter()
        .map(
            |(content_hash, [origin_x, origin_y, step_x, step_y], num_x, num_y, packed)| {
                let decode = |reason: String| StoreError::Decode {
                    what: "terrain".to_owned(),
                    reason,
                };
                let num_bytes = num_x as usize * num_y as usize * 4;
                let raw = zstd::bulk::decompress(&packed, num_bytes).map_err(|err| decode(err.to_string()))?;
                if raw.len() != num_bytes {
                    return Err(decode("its size does not fit".to_owned()));
                }
                let heights_m = raw.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
                let grid = HeightGrid {
                    origin: DVec2::new(origin_x, origin_y),
                    step_m: DVec2::new(step_x, step_y),
                    num_x,
                    num_y,
                    heights_m,
                };
                Ok((content_hash.cast_unsigned(), grid))
            },
        )
        .collect()
}

pub(super) fn datasets(connection: &Connection) -> Result<Vec<Dataset>, StoreError> {
    connection
        .prepare_cached(
            "SELECT path, title, crs, attribution, licence, features, quarantined FROM datasets ORDER BY dataset_id",
        )
        .and_then(|mut statement| {
            statement
                .query_map([], |row| {
                    Ok(Dataset {
                        path: row.get(0)?,
                        title: row.get(1)?,
                        crs: row.get(2)?,
                        attribution: row.get(3)?,
                        licence: row.get(4)?,
                        features: row.get::<_, i64>(5)?.cast_unsigned(),
                        quarantined: row.get::<_, i64>(6)?.cast_unsigned(),
                    })
                })?
                .collect()
        })
        .map_err(StoreError::sql("read data sets"))
}

pub(super) fn summary(connection: &Connection) -> Result<StoreSummary, StoreError> {
    let action = StoreError::sql;
    let count = |sql: &str| -> Result<u64, StoreError> {
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .map(i64::cast_unsigned)
            .map_err(action("count"))
    };
    let layers = connection
        .prepare_cached(
            "SELECT l.name, count(f.idx) FROM layers l LEFT JOIN features f ON f.layer_id = l.layer_id AND f.live = 1 GROUP BY l.name ORDER BY l.name",
        )
        .and_then(|mut statement| {
            statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?.collect()
        })
        .map_err(action("count layers"))?;
    Ok(StoreSummary {
        features: count("SELECT count(*) FROM features WHERE live = 1")?,
        feature_index_count: u32::try_from(count("SELECT coalesce(max(idx) + 1, 0) FROM features")?)
            .unwrap_or(u32::MAX),
        layers,
        terrain_grids: count("SELECT count(*) FROM terrain")?,
        audit_rows: count("SELECT count(*) FROM audit")?,
        schema_version: super::schema::version(connection).map_err(action("read schema version"))?,
    })
}

/// A row before its geometry and attributes are decoded.
struct RawFeature {
    stored: StoredFeature,
    attributes: String,
    geometry: Vec<u8>,
}

impl RawFeature {
    fn decode(mut self) -> Result<StoredFeature, StoreError> {
        self.stored.feature.attributes = decode_attributes(&self.stored.feature.id, &self.attributes)?;
        self.stored.feature.geometry = decode_geometry(&self.stored.feature.id, &self.geometry)?;
        Ok(self.stored)
    }
}

fn raw_feature(row: &Row<'_>) -> rusqlite::Result<RawFeature> {
    let mut feature = Feature::new(row.get::<_, String>(1)?, class(row.get(2)?), row.get::<_, String>(3)?);
    feature.index = FeatureIndex(row.get(0)?);
    feature.parent = row.get(5)?;
    feature.lifespan = Lifespan {
        from: row.get::<_, Option<i32>>(14)?.map(Date),
        to: row.get::<_, Option<i32>>(15)?.map(Date),
    };
    Ok(RawFeature {
        stored: StoredFeature {
            feature,
            layer_code: row.get(4)?,
            name: row.get(6)?,
            bounds: bounds(row, 7)?,
            on_terrain: row.get(13)?,
            revision: row.get(16)?,
        },
        attributes: row.get(17)?,
        geometry: row.get(18)?,
    })
}

/// Six columns from `first`; NULLs are the empty box.
pub(super) fn bounds(row: &Row<'_>, first: usize) -> rusqlite::Result<Bounds3> {
    let mut values = [0.0; 6];
    for (offset, value) in values.iter_mut().enumerate() {
        match row.get::<_, Option<f64>>(first + offset)? {
            Some(number) => *value = number,
            None => return Ok(Bounds3::EMPTY),
        }
    }
    let [x0, y0, z0, x1, y1, z1] = values;
    Ok(Bounds3 {
        min: DVec3::new(x0, y0, z0),
        max: DVec3::new(x1, y1, z1),
    })
}

/// A class that a newer program wrote is shown as the general one.
pub(super) fn class(code: u8) -> FeatureClass {
    FeatureClass::from_code(code).unwrap_or(FeatureClass::Generic)
}
