//! `/api/v1/rules`: the rules in force, and their verdicts for an area in a scenario.

use super::indicators::question_of;
use crate::http::AppState;
use crate::http::problem::{ApiError, Problem};
use crate::indicators::{self, Question, RulesAnswer, TextAnswer};
use analysis::rules::{Rule, RuleFault};
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;

/// Largest question, bytes.
const MAX_QUESTION_BYTES: usize = 4 << 20;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new().route("/api/v1/rules", get(list)).route(
        "/api/v1/rules/check",
        post(check).layer(DefaultBodyLimit::max(MAX_QUESTION_BYTES)),
    )
}

/// The rules in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RuleList {
    /// Files, by name.
    pub files: Vec<RuleFileAnswer>,
    /// Rows that cannot be used: file, JSON pointer, reason.
    #[schema(value_type = Vec<Object>)]
    pub faults: Vec<RuleFault>,
}

/// One file of rules.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RuleFileAnswer {
    /// Name of the file.
    pub file: String,
    /// Id of the document.
    pub id: String,
    /// Title of the document.
    pub title: TextAnswer,
    /// Where it was published.
    pub source: String,
    /// Anything a reader should know.
    pub note: Option<TextAnswer>,
    /// Its rules, as they stand in the file.
    #[schema(value_type = Vec<Object>)]
    pub rules: Vec<Rule>,
}

/// The rules in force.
#[utoipa::path(get, path = "/api/v1/rules", tag = "indicators", responses((status = 200, description = "every rule with its file, clause, limit and source; and rows that cannot be used", body = RuleList)))]
pub async fn list(State(state): State<AppState>) -> Result<Json<RuleList>, ApiError> {
    let this = state.clone();
    let set = state.query(move |_| Ok(indicators::rules_in_force(&this))).await?;
    let files = set
        .files
        .iter()
        .map(|(name, file)| RuleFileAnswer {
            file: name.clone(),
            id: file.id.clone(),
            title: (&file.title).into(),
            source: file.source.clone(),
            note: file.note.as_ref().map(Into::into),
            rules: set
                .rules
                .iter()
                .filter(|(f, _)| f == name)
                .map(|(_, rule)| rule.clone())
                .collect(),
        })
        .collect();
    Ok(Json(RuleList {
        files,
        faults: set.faults.clone(),
    }))
}

/// Verdicts for an area.
#[utoipa::path(post, path = "/api/v1/rules/check", tag = "indicators", request_body = Question, responses(
    (status = 200, description = "pass, fail or not decidable for every rule, with value, limit, margin and the features that count", body = RulesAnswer),
    (status = 400, description = "not a question", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such scenario, project or zone", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "an area that is no valid polygon or lies outside of the city, a phase that is no day", body = Problem, content_type = "application/problem+json")))]
pub async fn check(
    State(state): State<AppState>,
    question: Result<Json<Question>, JsonRejection>,
) -> Result<Json<RulesAnswer>, ApiError> {
    let question = question_of(question)?;
    let this = state.clone();
    state
        .query(move |_| indicators::check_rules(&this, &question))
        .await
        .map(Json)
}
