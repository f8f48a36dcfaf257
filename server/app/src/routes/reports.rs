//! `/api/v1/reports`: evidence packs.

use crate::http::AppState;
use crate::http::problem::{ApiError, Problem};
use crate::reports::{PackRequest, prepare};
use axum::Json;
use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;

/// Largest request with its views, bytes.
const MAX_REQUEST_BYTES: usize = 64 << 20;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new().route(
        "/api/v1/reports",
        post(create).layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES)),
    )
}

/// An evidence pack of a scenario in an area: PDF, drawings, tables and GeoJSON in one archive.
///
/// Without views the same revisions give the same bytes.
#[utoipa::path(post, path = "/api/v1/reports", tag = "reports", request_body = PackRequest, responses(
    (status = 200, description = "archive of report.pdf, before.svg, after.svg, indicators.csv, rules.csv, area.geojson, changes.geojson, manifest.json and views", content_type = "application/zip"),
    (status = 400, description = "no such request", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such scenario, project or zone", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "the server has no font for Chinese text", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "more than 64 MiB", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "an area or view that cannot be used", body = Problem, content_type = "application/problem+json")))]
pub async fn create(
    State(state): State<AppState>,
    request: Result<Json<PackRequest>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(request) = match request {
        Ok(request) => request,
        // too large stays too large
        Err(rejection) if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
            return Ok(rejection.into_response());
        }
        Err(rejection) => return Err(ApiError::BadRequest(rejection.body_text())),
    };
    let this = state.clone();
    let bytes = state.query(move |_| prepare(&this, &request)).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"evidence-pack.zip\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, bytes).into_response())
}
