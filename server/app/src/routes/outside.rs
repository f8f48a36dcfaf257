//! `/api/v1/outside`: files of results of other programs, which simulation `outside` shows.

use crate::http::AppState;
use crate::http::problem::{ApiError, Problem};
use crate::outside::{MAX_FILE_BYTES, OutsideFile, OutsideFiles, TakeError};
use analysis::indicators::Text;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/outside", get(list).post(add))
        .route("/api/v1/outside/{id}", delete(remove))
}

/// Files.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OutsideList {
    /// By name.
    pub files: Vec<OutsideFile>,
}

/// Name of a file that is brought.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AddQuestion {
    /// Name of the file; `noise_08h.tif` tells what it is about and when.
    pub name: String,
}

/// Files that were brought into the city.
#[utoipa::path(get, path = "/api/v1/outside", tag = "simulations", responses(
    (status = 200, description = "files with what was found in them", body = OutsideList)))]
pub async fn list(State(state): State<AppState>) -> Result<Json<OutsideList>, ApiError> {
    let city = state.city.root().to_owned();
    let files = state
        .query(move |_| OutsideFiles::of(&city).list().map_err(disk))
        .await?;
    Ok(Json(OutsideList { files }))
}

/// Brings a file (GeoTIFF, ESRI ASCII grid, CSV by feature id, EPANET or SWMM result) or a ZIP archive of such files
/// into the city. It is read to its end first; when anything in it cannot be read, nothing is kept.
#[utoipa::path(post, path = "/api/v1/outside", tag = "simulations", params(AddQuestion), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 201, description = "the file, or those of the archive; the same name and content have the same id", body = OutsideList),
    (status = 400, description = "no name", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "the city has no room for it", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "more than 256 MiB", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "not a result, or broken: file, row or byte, and reason", body = Problem, content_type = "application/problem+json")))]
pub async fn add(
    State(state): State<AppState>,
    question: Result<Query<AddQuestion>, QueryRejection>,
    body: Body,
) -> Result<(StatusCode, Json<OutsideList>), ApiError> {
    let told = |status, zh: String, en: String| ApiError::Told {
        status,
        text: Text::new(zh, en),
    };
    let Query(AddQuestion { name }) = question.map_err(|err| {
        let reason = err.body_text();
        told(
            StatusCode::BAD_REQUEST,
            format!("须有参数 name（文件名）：{reason}"),
            reason,
        )
    })?;
    let files = OutsideFiles::of(state.city.root());
    let partial = {
        let files = files.clone();
        state.query(move |_| files.begin().map_err(disk)).await?
    };
    let mut to = tokio::fs::File::create(partial.path()).await.map_err(disk)?;
    let mut chunks = body.into_data_stream();
    let mut size = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|err| {
            let en = format!("the file did not arrive as a whole: {err}");
            told(StatusCode::BAD_REQUEST, format!("文件没有传完：{err}"), en)
        })?;
        size += chunk.len() as u64;
        if size > MAX_FILE_BYTES {
            let limit = MAX_FILE_BYTES >> 20;
            return Err(told(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("{name}：文件超过 {limit} MiB"),
                format!("{name}: the file has more than {limit} MiB"),
            ));
        }
        to.write_all(&chunk).await.map_err(disk)?;
    }
    to.flush().await.map_err(disk)?;
    drop(to);
    let files = state
        .query(move |_| files.take(partial, &name).map_err(not_taken))
        .await?;
    Ok((StatusCode::CREATED, Json(OutsideList { files })))
}

/// Removes a file; results that were made of it stay.
#[utoipa::path(delete, path = "/api/v1/outside/{id}", tag = "simulations", params(("id" = String, Path, description = "id of the file")), responses(
    (status = 204, description = "it is gone"),
    (status = 404, description = "no such file", body = Problem, content_type = "application/problem+json")))]
pub async fn remove(State(state): State<AppState>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    let city = state.city.root().to_owned();
    let shown: String = id.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
    let is_gone = state
        .query(move |_| OutsideFiles::of(&city).remove(&id).map_err(disk))
        .await?;
    if is_gone {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::absent(
            format!("没有文件 {shown}"),
            format!("no file {shown:?}"),
        ))
    }
}

fn disk(err: std::io::Error) -> ApiError {
    ApiError::Internal(format!("outside results: {err}"))
}

/// Why a file was not taken, as the interface tells it.
pub(crate) fn not_taken(err: TakeError) -> ApiError {
    match err {
        TakeError::Refused(err) => ApiError::refused("file", err.text()),
        TakeError::Full(text) => ApiError::Told {
            status: StatusCode::CONFLICT,
            text,
        },
        TakeError::Io(err) => disk(err),
    }
}
