//! `/api/v1/features/…`: one feature with its attributes, bounds and tiles.

use crate::http::problem::ApiError;
use crate::http::{AppState, Snapshot};
use crate::manifest::bounds_scene;
use axum::Json;
use axum::extract::{Path, State};
use city_model::{Date, FeatureIndex, layers};
use scene_store::{FeatureKey, SceneStore};
use serde::Serialize;
use serde_json::{Map, Value};

/// Children listed at most.
const MAX_CHILDREN: u32 = 1000;

/// A feature as the attribute panel shows it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FeatureAnswer {
    /// Stable id.
    pub id: String,
    /// Dense number, as in tiles.
    pub feature_index: u32,
    /// Class, such as `Building`.
    pub class: &'static str,
    /// Class for Chinese readers.
    pub class_zh: &'static str,
    /// Layer of the fixed table, such as `underground/YS`.
    pub layer: &'static str,
    /// Data set that it came with.
    pub source_layer: String,
    /// Display name.
    pub name: Option<String>,
    /// Id of the feature it is part of.
    pub parent: Option<String>,
    /// Ids of its parts, at most 1000.
    pub children: Vec<String>,
    /// Attributes in source order.
    pub attributes: Map<String, Value>,
    /// Bounds in the tile frame: min x, y, z, max x, y, z, metres.
    pub bounds_enu: [f64; 6],
    /// Bounds in the scene CRS: min x, y, z, max x, y, z, metres.
    pub bounds_scene: [f64; 6],
    /// When it exists.
    pub lifespan: LifespanAnswer,
    /// Contents that draw it in full.
    pub tiles: Vec<String>,
    /// Times it was written.
    pub revision: u32,
}

/// When a feature exists; ISO 8601 dates, open where `null`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LifespanAnswer {
    /// Built or laid on.
    pub from: Option<String>,
    /// Demolished or abandoned on.
    pub to: Option<String>,
}

/// One feature by its stable id.
#[utoipa::path(get, path = "/api/v1/features/{id}", tag = "features", params(("id" = String, Path, description = "feature id, percent-encoded")), responses(
    (status = 200, description = "the feature", body = FeatureAnswer),
    (status = 404, description = "no such feature", body = crate::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn by_id(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<FeatureAnswer>, ApiError> {
    let snapshot = state.snapshot();
    state
        .query(move |store| answer(store, &snapshot, FeatureKey::Id(&id)))
        .await
        .map(Json)
}

/// One feature by its dense number.
#[utoipa::path(get, path = "/api/v1/features/by-index/{index}", tag = "features", params(("index" = u32, Path, description = "dense number, as in tiles")), responses(
    (status = 200, description = "the feature", body = FeatureAnswer),
    (status = 400, description = "not a number", body = crate::http::problem::Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such feature", body = crate::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn by_index(
    State(state): State<AppState>,
    Path(index): Path<String>,
) -> Result<Json<FeatureAnswer>, ApiError> {
    let index = index
        .parse()
        .map_err(|_| ApiError::BadRequest("a feature number is a whole number below 2^32".to_owned()))?;
    let snapshot = state.snapshot();
    state
        .query(move |store| answer(store, &snapshot, FeatureKey::Index(FeatureIndex(index))))
        .await
        .map(Json)
}

fn answer(store: &dyn SceneStore, snapshot: &Snapshot, key: FeatureKey<'_>) -> Result<FeatureAnswer, ApiError> {
    let stored = store.feature(key)?.ok_or_else(|| {
        ApiError::NotFound(match key {
            FeatureKey::Id(id) => format!("no feature {:?}", id.chars().take(200).collect::<String>()),
            FeatureKey::Index(index) => format!("no feature with number {}", index.0),
        })
    })?;
    let feature = stored.feature;
    Ok(FeatureAnswer {
        feature_index: feature.index.0,
        class: feature.class.as_str(),
        class_zh: feature.class.label_zh(),
        layer: layers::by_code(stored.layer_code).map_or("", |l| l.id),
        source_layer: feature.layer,
        name: stored.name,
        parent: feature.parent,
        children: store.children(&feature.id, MAX_CHILDREN)?,
        attributes: feature.attributes,
        bounds_enu: snapshot.bounds_enu(snapshot.lifted(stored.bounds, stored.on_terrain)),
        bounds_scene: bounds_scene(snapshot, stored.bounds, stored.on_terrain),
        lifespan: LifespanAnswer {
            from: feature.lifespan.from.map(iso),
            to: feature.lifespan.to.map(iso),
        },
        tiles: store.tiles_of(feature.index)?,
        revision: stored.revision,
        id: feature.id,
    })
}

/// `2025-03-09`, shortened where month or day are unknown.
fn iso(date: Date) -> String {
    let (month, day) = (date.0 / 100 % 100, date.0 % 100);
    match (month, day) {
        (0, _) => format!("{:04}", date.year()),
        (_, 0) => format!("{:04}-{month:02}", date.year()),
        _ => format!("{:04}-{month:02}-{day:02}", date.year()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_as_exact_as_they_are_known() {
        assert_eq!(iso(Date(20_250_309)), "2025-03-09");
        assert_eq!(iso(Date(20_250_300)), "2025-03");
        assert_eq!(iso(Date(19_870_000)), "1987");
    }
}
