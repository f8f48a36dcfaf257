//! `/api/v1/manifest`: everything a viewer needs before its first tile.

use super::tiles::serve_document;
use crate::http::AppState;
use crate::http::problem::ApiError;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

/// Layers, views, projects, credits, frame and bounds of the published revision.
#[utoipa::path(get, path = "/api/v1/manifest", tag = "viewer", responses(
    (status = 200, description = "manifest (see `city_model::manifest::SceneManifest`)", content_type = "application/json"),
    (status = 304, description = "the client's copy is current"),
    (status = 503, description = "the city is empty", body = crate::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn manifest(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let snapshot = state.snapshot();
    serve_document(snapshot.manifest.as_ref().ok_or(ApiError::NotPublished)?, &headers)
}
