//! `/healthz`, `/readyz`, `/metrics`.

use crate::http::AppState;
use crate::http::problem::ApiError;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, description = "`ok`", content_type = "text/plain")))]
pub async fn healthz() -> &'static str {
    "ok"
}

/// State of a server that is ready.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Ready {
    /// Published revision.
    pub revision: u64,
}

/// A revision is published and the database answers.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses(
    (status = 200, description = "ready", body = Ready),
    (status = 503, description = "nothing is published yet", body = crate::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn readyz(State(state): State<AppState>) -> Result<Json<Ready>, ApiError> {
    let published = state.query(|store| Ok(store.published()?)).await?;
    let shown = state.snapshot().number();
    match published {
        Some(_) if shown > 0 => Ok(Json(Ready { revision: shown })),
        _ => Err(ApiError::NotPublished),
    }
}

/// Counters for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses((status = 200, description = "Prometheus text format 0.0.4", content_type = "text/plain")))]
pub async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        state.metrics.render(),
    )
}
