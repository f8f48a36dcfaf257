//! `/api/v1/indicators`: the catalogue, and the figures of an area in a scenario.

use crate::http::AppState;
use crate::http::problem::{ApiError, Problem};
use crate::indicators::{self, IndicatorsAnswer, Question, TextAnswer};
use analysis::indicators::INDICATORS;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

/// Largest question, bytes: an area of 100,000 vertices.
const MAX_QUESTION_BYTES: usize = 4 << 20;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/indicators", get(catalogue).post(evaluate))
        .layer(DefaultBodyLimit::max(MAX_QUESTION_BYTES))
}

/// The catalogue of indicators.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Catalogue {
    /// Definitions, in order.
    pub indicators: Vec<CatalogueEntry>,
}

/// One definition.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CatalogueEntry {
    /// Stable id.
    pub id: &'static str,
    /// Title.
    pub title: TextAnswer,
    /// Group.
    pub group: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Decimals worth showing.
    pub decimals: u8,
    /// Formula.
    pub formula: TextAnswer,
    /// Where the definition comes from.
    pub source: &'static str,
    /// True when it was read in a published source; false: 参考值.
    pub verified: bool,
}

/// The catalogue.
#[utoipa::path(get, path = "/api/v1/indicators", tag = "indicators", responses((status = 200, description = "every indicator with formula, unit and source", body = Catalogue)))]
pub async fn catalogue() -> Json<Catalogue> {
    let indicators = INDICATORS
        .iter()
        .map(|d| CatalogueEntry {
            id: d.id,
            title: d.title.into(),
            group: d.group,
            unit: d.unit,
            decimals: d.decimals,
            formula: d.formula.into(),
            source: d.source,
            verified: d.is_verified,
        })
        .collect();
    Json(Catalogue { indicators })
}

/// Figures of an area.
#[utoipa::path(post, path = "/api/v1/indicators", tag = "indicators", request_body = Question, responses(
    (status = 200, description = "all indicators with unit, formula, revision and the features that count", body = IndicatorsAnswer),
    (status = 400, description = "not a question", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such scenario, project or zone", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "more than 4 MiB", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "an area that is no valid polygon or lies outside of the city, a phase that is no day", body = Problem, content_type = "application/problem+json")))]
pub async fn evaluate(
    State(state): State<AppState>,
    question: Result<Json<Question>, JsonRejection>,
) -> Result<Json<IndicatorsAnswer>, ApiError> {
    let question = question_of(question)?;
    let this = state.clone();
    state
        .query(move |_| indicators::indicators(&this, &question))
        .await
        .map(Json)
}

/// The question, or what is wrong with the body.
pub(super) fn question_of(question: Result<Json<Question>, JsonRejection>) -> Result<Question, ApiError> {
    question
        .map(|Json(q)| q)
        .map_err(|err| ApiError::BadRequest(err.body_text()))
}
