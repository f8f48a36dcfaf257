//! `/api/v1/simulations` and `/api/v1/jobs`: simulations as jobs, their results and layers.

use crate::http::AppState;
use crate::http::problem::{ApiError, Problem};
use crate::simulations::{
    Canvas, Difference, Job, JobState, Place, Probe, ResultFolder, SIMULATIONS, SimulationQuestion, ask, csv,
    difference, epsg_of, geotiff, overlay_bytes, probe,
};
use analysis::indicators::Text;
use analysis::outcome::Layer;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use city_model::{Crs, CrsError, Transformer};
use glam::{DVec2, DVec3};
use scene_store::FeatureKey;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Largest question, bytes: an area of 100,000 vertices, or a gauge series.
const MAX_QUESTION_BYTES: usize = 4 << 20;
/// Media type of layers.
pub const OVERLAY_TYPE: &str = "application/vnd.chengjing.overlay";

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/simulations", get(catalogue))
        .route(
            "/api/v1/simulations/{name}",
            post(start).layer(DefaultBodyLimit::max(MAX_QUESTION_BYTES)),
        )
        .route("/api/v1/jobs/{key}", get(job).delete(cancel))
        .route("/api/v1/jobs/{key}/result", get(result))
        .route("/api/v1/jobs/{key}/layers/{layer}", get(layer))
        .route("/api/v1/jobs/{key}/layers/{layer}/probe", get(probe_layer))
}

/// The simulations that there are.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SimulationCatalogue {
    /// In the order in which people find them.
    pub simulations: Vec<SimulationEntry>,
}

/// One simulation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SimulationEntry {
    /// Stable name.
    pub name: &'static str,
    /// Title.
    #[schema(value_type = Object)]
    pub title: Text,
    /// Version of the kernel.
    pub version: u32,
    /// Parameters with their defaults.
    #[schema(value_type = Object)]
    pub params: Value,
}

/// A job.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct JobAnswer {
    /// Name of the job and of its result: the same question has the same.
    pub key: String,
    /// Simulation.
    pub simulation: String,
    /// `queued`, `running`, `done`, `failed` (with `error`) or `cancelled`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub state: JobState,
    /// Share of the work that is done, 0–1.
    pub progress: f64,
    /// Scenario that was looked at.
    pub scenario: String,
    /// Revision of it that was looked at.
    pub scenario_revision: u64,
    /// True when the scenario was edited since: ask anew for how it stands now.
    pub is_outdated: bool,
}

/// Parameters of a layer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerQuery {
    /// Result that is subtracted.
    pub minus: Option<String>,
    /// `overlay` (default), `tiff` or `csv`.
    pub format: Option<String>,
}

/// Where a layer is probed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeQuery {
    /// Longitude, degrees.
    pub lon: Option<f64>,
    /// Latitude, degrees.
    pub lat: Option<f64>,
    /// Height above the datum, metres.
    pub height: Option<f64>,
    /// Or a feature.
    pub feature: Option<String>,
    /// Result that is subtracted.
    pub minus: Option<String>,
}

/// The catalogue.
#[utoipa::path(get, path = "/api/v1/simulations", tag = "simulations", responses(
    (status = 200, description = "every simulation with its parameters", body = SimulationCatalogue)))]
pub async fn catalogue() -> Json<SimulationCatalogue> {
    let entry = |simulation: &&'static dyn crate::simulations::Simulation| SimulationEntry {
        name: simulation.name(),
        title: simulation.title(),
        version: simulation.version(),
        params: simulation.params(&Map::new()).unwrap_or_default(),
    };
    Json(SimulationCatalogue {
        simulations: SIMULATIONS.iter().map(entry).collect(),
    })
}

/// Starts a simulation, or finds its result.
#[utoipa::path(post, path = "/api/v1/simulations/{name}", tag = "simulations", request_body = SimulationQuestion, responses(
    (status = 200, description = "the result is there already", body = JobAnswer),
    (status = 202, description = "the job waits or runs", body = JobAnswer),
    (status = 400, description = "not a question", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such simulation, scenario, project or zone", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "too many jobs wait", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "an unknown parameter, an area that is no valid polygon, a phase that is no day", body = Problem, content_type = "application/problem+json")))]
pub async fn start(
    State(state): State<AppState>,
    Path(name): Path<String>,
    question: Result<Json<SimulationQuestion>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(question) = question.map_err(|err| ApiError::Told {
        status: StatusCode::BAD_REQUEST,
        text: Text::new(format!("请求体不是有效的问题：{}", err.body_text()), err.body_text()),
    })?;
    let this = state.clone();
    let asked = state.query(move |_| ask(&this, &name, &question)).await?;
    let (job, work) = state.jobs.submit(&state, asked).map_err(|waiting| ApiError::Told {
        status: StatusCode::CONFLICT,
        text: Text::new(
            format!("已有 {waiting} 个模拟在等待；请取消一个或稍后再试"),
            format!("{waiting} simulations wait already; cancel one or try again later"),
        ),
    })?;
    if let Some(work) = work {
        // its end is told by the job
        drop(tokio::task::spawn_blocking(work));
    }
    let status = if job.state() == JobState::Done {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok((status, Json(answer(&state, &job)?)).into_response())
}

/// A job.
#[utoipa::path(get, path = "/api/v1/jobs/{key}", tag = "simulations", responses(
    (status = 200, description = "where it stands", body = JobAnswer),
    (status = 404, description = "no such job", body = Problem, content_type = "application/problem+json")))]
pub async fn job(State(state): State<AppState>, Path(key): Path<String>) -> Result<Json<JobAnswer>, ApiError> {
    match state.jobs.find(&key) {
        Some(job) => answer(&state, &job).map(Json),
        // a result outlives the server that made it
        None => {
            let found = folder(&state, &key)?.outcome().map_err(unreadable)?;
            Ok(Json(JobAnswer {
                key,
                simulation: found.simulation,
                state: JobState::Done,
                progress: 1.0,
                is_outdated: is_outdated(&state, &found.scenario.id, found.scenario.revision)?,
                scenario: found.scenario.id,
                scenario_revision: found.scenario.revision,
            }))
        }
    }
}

/// Stops a job; nothing of it is kept.
#[utoipa::path(delete, path = "/api/v1/jobs/{key}", tag = "simulations", responses(
    (status = 200, description = "it stops at its next step, or was over already", body = JobAnswer),
    (status = 404, description = "no such job", body = Problem, content_type = "application/problem+json")))]
pub async fn cancel(State(state): State<AppState>, Path(key): Path<String>) -> Result<Json<JobAnswer>, ApiError> {
    let job = state.jobs.find(&key).ok_or_else(|| no_job(&key))?;
    job.cancel();
    answer(&state, &job).map(Json)
}

/// A result without the bulk of its layers.
#[utoipa::path(get, path = "/api/v1/jobs/{key}/result", tag = "simulations", responses(
    (status = 200, description = "layers, findings, tables, figures, notes and method", content_type = "application/json"),
    (status = 404, description = "no such result", body = Problem, content_type = "application/problem+json")))]
pub async fn result(State(state): State<AppState>, Path(key): Path<String>) -> Result<Response, ApiError> {
    let json = state
        .clone()
        .query(move |_| folder(&state, &key)?.outcome_json().map_err(unreadable))
        .await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, json).into_response())
}

/// A layer: for the viewer, as GeoTIFF or as CSV; by itself or less the same layer of another result.
#[utoipa::path(get, path = "/api/v1/jobs/{key}/layers/{layer}", tag = "simulations",
    params(("minus" = Option<String>, Query, description = "result that is subtracted"), ("format" = Option<String>, Query, description = "overlay, tiff or csv")),
    responses(
    (status = 200, description = "the layer", content_type = "application/vnd.chengjing.overlay"),
    (status = 404, description = "no such result or layer", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "layers that do not subtract, or a form that the layer does not have", body = Problem, content_type = "application/problem+json")))]
pub async fn layer(
    State(state): State<AppState>,
    Path((key, layer)): Path<(String, String)>,
    Query(query): Query<LayerQuery>,
) -> Result<Response, ApiError> {
    let this = state.clone();
    let response = move || -> Result<Response, ApiError> {
        let folder = folder(&this, &key)?;
        let format = query.format.as_deref().unwrap_or("overlay");
        let name = format!("attachment; filename=\"{}.{format}\"", plain(&layer));
        let download = |content_type: &'static str, bytes: Vec<u8>| {
            (
                [
                    (header::CONTENT_TYPE, content_type.to_owned()),
                    (header::CONTENT_DISPOSITION, name.clone()),
                ],
                bytes,
            )
                .into_response()
        };
        match format {
            "overlay" => {
                let gzip = match &query.minus {
                    None => folder
                        .overlay_gzip(&layer)
                        .map_err(unreadable)?
                        .ok_or_else(|| no_layer(&layer))?,
                    Some(minus) => {
                        let subtracted = subtracted(&this, &folder, &layer, minus)?;
                        let snapshot = this.snapshot();
                        let canvas = Canvas::new(this.store.as_ref(), &snapshot).ok_or(ApiError::NotPublished)?;
                        overlay_bytes(&subtracted.layer, subtracted.left_out, &canvas).map_err(unreadable)?
                    }
                };
                let headers = [
                    (header::CONTENT_TYPE, OVERLAY_TYPE),
                    (header::CONTENT_ENCODING, "gzip"),
                    (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                ];
                Ok((headers, gzip).into_response())
            }
            "tiff" | "csv" => {
                let found = one_or_difference(&this, &folder, &layer, query.minus.as_deref())?;
                if format == "csv" {
                    return csv(&found)
                        .map(|bytes| download("text/csv; charset=utf-8", bytes))
                        .map_err(refused);
                }
                let epsg = this.snapshot().frame.as_ref().and_then(|frame| epsg_of(frame));
                geotiff(&found, epsg)
                    .map(|bytes| download("image/tiff", bytes))
                    .map_err(refused)
            }
            other => {
                let shown = plain(other);
                Err(ApiError::refused(
                    "format",
                    Text::new(
                        format!("{shown} 不是 overlay、tiff 或 csv"),
                        format!("{shown:?} is none of overlay, tiff and csv"),
                    ),
                ))
            }
        }
    };
    state.query(move |_| response()).await
}

/// Values over time at a place or of a feature.
#[utoipa::path(get, path = "/api/v1/jobs/{key}/layers/{layer}/probe", tag = "simulations",
    params(("lon" = Option<f64>, Query), ("lat" = Option<f64>, Query), ("height" = Option<f64>, Query), ("feature" = Option<String>, Query), ("minus" = Option<String>, Query)),
    responses(
    (status = 200, description = "a value a step", body = Probe),
    (status = 404, description = "no such result or layer, or it says nothing there", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "neither a position nor a feature", body = Problem, content_type = "application/problem+json")))]
pub async fn probe_layer(
    State(state): State<AppState>,
    Path((key, layer)): Path<(String, String)>,
    Query(query): Query<ProbeQuery>,
) -> Result<Json<Probe>, ApiError> {
    let this = state.clone();
    let found = move || -> Result<Probe, ApiError> {
        let layer = one_or_difference(&this, &folder(&this, &key)?, &layer, query.minus.as_deref())?;
        let place = match (&query.feature, query.lon, query.lat) {
            (Some(id), ..) => Place::Feature(id),
            (None, Some(lon), Some(lat)) => Place::At(scene_position(&this, lon, lat)?.to_array(), query.height),
            _ => {
                return Err(ApiError::refused(
                    "lon",
                    Text::new(
                        "须给出位置（lon 和 lat）或要素",
                        "a position (lon and lat) or a feature is needed",
                    ),
                ));
            }
        };
        let mut found = probe(&layer, place);
        if let (None, Some(id)) = (&found, &query.feature) {
            // the value of a building holds for its parts
            let stored = this.store.feature(FeatureKey::Id(id))?;
            let whole = stored.and_then(|stored| stored.feature.parent);
            found = whole.and_then(|id| probe(&layer, Place::Feature(&id)));
        }
        found.ok_or_else(|| ApiError::absent("该处没有数值", "the layer says nothing there"))
    };
    state.query(move |_| found()).await.map(Json)
}

fn scene_position(state: &AppState, lon: f64, lat: f64) -> Result<DVec2, ApiError> {
    let frame = state.snapshot().frame.clone().ok_or(ApiError::NotPublished)?;
    let to_scene = Transformer::new(Crs::wgs84(), frame.crs().clone());
    let place = to_scene.transform(DVec3::new(lon, lat, 0.0));
    let wrong = |err: CrsError| {
        let zh = format!("{lon}, {lat} 不在坐标系范围内：{err}");
        ApiError::refused("lon", Text::new(zh, err.to_string()))
    };
    place.map(DVec3::truncate).map_err(wrong)
}

fn one_or_difference(
    state: &AppState,
    folder: &ResultFolder,
    layer: &str,
    minus: Option<&str>,
) -> Result<Layer, ApiError> {
    match minus {
        Some(minus) => Ok(subtracted(state, folder, layer, minus)?.layer),
        None => folder.layer(layer).map_err(unreadable)?.ok_or_else(|| no_layer(layer)),
    }
}

fn subtracted(state: &AppState, of: &ResultFolder, layer: &str, minus: &str) -> Result<Difference, ApiError> {
    let read = |folder: &ResultFolder| folder.layer(layer).map_err(unreadable)?.ok_or_else(|| no_layer(layer));
    difference(&read(of)?, &read(&folder(state, minus)?)?).map_err(refused)
}

fn answer(state: &AppState, job: &Job) -> Result<JobAnswer, ApiError> {
    let (scenario, revision) = &job.scenario;
    Ok(JobAnswer {
        key: job.key.clone(),
        simulation: job.simulation.to_owned(),
        state: job.state(),
        progress: job.progress(),
        is_outdated: is_outdated(state, scenario, *revision)?,
        scenario: scenario.clone(),
        scenario_revision: *revision,
    })
}

fn is_outdated(state: &AppState, scenario: &str, revision: u64) -> Result<bool, ApiError> {
    let board = state.scenarios.borrow();
    Ok(board.get(scenario).is_some_and(|posted| posted.revision != revision))
}

fn folder(state: &AppState, key: &str) -> Result<ResultFolder, ApiError> {
    state.jobs.results().find(key).ok_or_else(|| no_job(key))
}

fn no_job(key: &str) -> ApiError {
    let shown = plain(key);
    ApiError::absent(format!("没有结果 {shown}"), format!("no result {shown:?}"))
}

fn no_layer(layer: &str) -> ApiError {
    let shown = plain(layer);
    ApiError::absent(
        format!("结果中没有图层 {shown}"),
        format!("the result has no layer {shown:?}"),
    )
}

fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c))
        .take(80)
        .collect()
}

fn refused(text: Text) -> ApiError {
    ApiError::refused("layer", text)
}

fn unreadable(err: std::io::Error) -> ApiError {
    ApiError::Internal(format!("result: {err}"))
}
