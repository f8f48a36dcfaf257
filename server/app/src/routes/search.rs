//! `/api/v1/search`: features by name, id and attribute, with bounds to fly to.

use crate::http::problem::ApiError;
use crate::http::{AppState, Snapshot};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use city_model::layers;
use scene_store::SearchHit;
use serde::{Deserialize, Serialize};

/// Results at most.
const MAX_LIMIT: u32 = 100;

/// Question.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuestion {
    /// Words of a name, id or attribute; Chinese included. Beginnings and near misses count.
    pub q: String,
    /// Results wanted, 1–100; 20 by default.
    pub limit: Option<u32>,
}

/// Results, best first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SearchResults {
    /// As asked.
    pub query: String,
    /// Features that match, counted up to 10,000.
    pub total: u64,
    /// The best ones.
    pub results: Vec<SearchResult>,
}

/// One result.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SearchResult {
    /// Feature id.
    pub id: String,
    /// Dense number.
    pub feature_index: u32,
    /// Display name.
    pub name: Option<String>,
    /// Class.
    pub class: &'static str,
    /// Class for Chinese readers.
    pub class_zh: &'static str,
    /// Layer of the fixed table.
    pub layer: &'static str,
    /// What matched.
    pub matched: Matched,
    /// Bounds in the tile frame: min x, y, z, max x, y, z, metres.
    pub bounds_enu: [f64; 6],
}

/// The attribute that matched.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Matched {
    /// `name`, `id` or an attribute.
    pub key: String,
    /// Its text.
    pub value: String,
}

/// Finds features.
#[utoipa::path(get, path = "/api/v1/search", tag = "features", params(SearchQuestion), responses(
    (status = 200, description = "results", body = SearchResults),
    (status = 400, description = "no `q`, or a limit that is no number", body = crate::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn search(
    State(state): State<AppState>,
    question: Result<Query<SearchQuestion>, QueryRejection>,
) -> Result<Json<SearchResults>, ApiError> {
    let Query(question) = question.map_err(|err| ApiError::BadRequest(err.body_text()))?;
    let limit = question.limit.unwrap_or(20).clamp(1, MAX_LIMIT);
    let snapshot = state.snapshot();
    let query = question.q.clone();
    let answer = state.query(move |store| Ok(store.search(&query, limit)?)).await?;
    let results = answer.hits.into_iter().map(|hit| result(hit, &snapshot)).collect();
    Ok(Json(SearchResults {
        query: question.q,
        total: answer.total,
        results,
    }))
}

fn result(hit: SearchHit, snapshot: &Snapshot) -> SearchResult {
    SearchResult {
        feature_index: hit.index.0,
        name: hit.name,
        class: hit.class.as_str(),
        class_zh: hit.class.label_zh(),
        layer: layers::by_code(hit.layer_code).map_or("", |l| l.id),
        matched: Matched {
            key: hit.matched.0,
            value: hit.matched.1,
        },
        bounds_enu: snapshot.bounds_enu(snapshot.lifted(hit.bounds, hit.on_terrain)),
        id: hit.id,
    }
}
