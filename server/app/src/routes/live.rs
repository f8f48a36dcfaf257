//! `/api/v1/simulations/{name}/live`: what a simulation says while somebody edits, without a job.

use crate::http::AppState;
use crate::http::problem::{ApiError, Problem};
use crate::simulations::{LiveAnswer, LiveQuestion, live};
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use std::time::Instant;

/// Largest question, bytes: an area and a draft of some hundred bodies.
const MAX_QUESTION_BYTES: usize = 4 << 20;
/// Media type of answers: four bytes with the length of the JSON that follows, little-endian, then the layer.
pub const LIVE_TYPE: &str = "application/vnd.chengjing.live";

/// The route.
pub fn routes() -> Router<AppState> {
    Router::new().route(
        "/api/v1/simulations/{name}/live",
        post(answer).layer(DefaultBodyLimit::max(MAX_QUESTION_BYTES)),
    )
}

/// A preview: what a simulation would say of a scenario with edits that are not saved. Nothing of it is kept.
#[utoipa::path(post, path = "/api/v1/simulations/{name}/live", tag = "simulations", request_body = LiveQuestion, responses(
    (status = 200, description = "length of the JSON (`LiveAnswer`) as four bytes, little-endian, the JSON, and the layer that was asked for as the viewer takes it",
        body = LiveAnswer, content_type = "application/vnd.chengjing.live"),
    (status = 400, description = "not a question", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such simulation, scenario, revision or layer, or a simulation without such answers", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "a newer request of the same page came before (`overtaken`)", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "edits that cannot be made, by name and reason", body = Problem, content_type = "application/problem+json")))]
pub async fn answer(
    State(state): State<AppState>,
    Path(name): Path<String>,
    question: Result<Json<LiveQuestion>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(question) = question.map_err(|err| ApiError::BadRequest(err.body_text()))?;
    let this = state.clone();
    let found = move || {
        let started = Instant::now();
        let (answer, layer) = live(&this, &name, &question)?;
        let json = serde_json::to_vec(&answer).map_err(|err| ApiError::Internal(err.to_string()))?;
        let mut bytes = Vec::with_capacity(4 + json.len() + layer.len());
        bytes.extend_from_slice(&(json.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&json);
        bytes.extend_from_slice(&layer);
        let timing = format!("live;dur={:.1}", started.elapsed().as_secs_f64() * 1000.0);
        Ok((timing, bytes))
    };
    let (timing, bytes) = state.query(move |_| found()).await?;
    let headers = [
        (header::CONTENT_TYPE, LIVE_TYPE.to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::HeaderName::from_static("server-timing"), timing),
    ];
    Ok((headers, bytes).into_response())
}
