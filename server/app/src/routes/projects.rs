//! `/api/v1/projects…`: the library of renewal projects.

use crate::http::AppState;
use crate::http::problem::{ApiError, Problem};
use crate::http::write::check_if_match;
use crate::projects::config::{Config, NegativeKind, Vocabulary};
use crate::projects::export::{ExportFormat, export};
use crate::projects::import::{ImportAnswer, ImportFormat, import};
use crate::projects::library::{Library, Project, Question};
use crate::projects::offices::Office;
use crate::projects::single;
use crate::projects::write::etag;
use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Largest table or file that is taken, bytes.
const MAX_IMPORT_BYTES: usize = 64 << 20;
/// Largest single project, bytes.
const MAX_PROJECT_BYTES: usize = 4 << 20;

/// The routes.
pub fn routes() -> Router<AppState> {
    let single = DefaultBodyLimit::max(MAX_PROJECT_BYTES);
    Router::new()
        .route("/api/v1/projects", get(list).post(create).layer(single))
        .route("/api/v1/projects/vocabulary", get(vocabulary))
        .route("/api/v1/projects/offices", get(offices))
        .route("/api/v1/projects/export", get(export_projects))
        .route(
            "/api/v1/projects/import",
            post(import_projects).layer(DefaultBodyLimit::max(MAX_IMPORT_BYTES)),
        )
        .route(
            "/api/v1/projects/{id}",
            get(read).put(replace).patch(change).delete(remove).layer(single),
        )
}

/// The list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProjectList {
    /// Projects that match, in order.
    pub projects: Vec<Project>,
    /// Their number.
    pub total: u64,
}

/// Words that the fields choose from, and the kinds of the negative list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct VocabularyAnswer {
    /// Words by field.
    #[serde(flatten)]
    pub words: Vocabulary,
    /// Kinds of the negative list.
    pub negative_list: Vec<NegativeKind>,
}

/// Runs `f` with the library on a thread that may block.
async fn with_library<T: Send + 'static>(
    state: &AppState,
    f: impl FnOnce(&AppState, &Library<'_>) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let this = state.clone();
    let snapshot = state.snapshot();
    state
        .query(move |store| {
            let config = config(&this)?;
            let library = Library::new(store, &snapshot, &config, &this.overlays)?;
            f(&this, &library)
        })
        .await
}

fn config(state: &AppState) -> Result<Config, ApiError> {
    Config::load(state.city.root()).map_err(|err| ApiError::Conflict {
        detail: err.to_string(),
        members: Map::new(),
    })
}

fn answer(status: StatusCode, project: &Project) -> Response {
    let mut response = (status, Json(project)).into_response();
    if let Ok(value) = HeaderValue::try_from(etag(project.revision)) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(ApiError::BadRequest("the body is no JSON object".to_owned())),
        Err(err) => Err(ApiError::BadRequest(format!("the body is no JSON: {err}"))),
    }
}

/// Renewal projects, filtered and in order.
#[utoipa::path(get, path = "/api/v1/projects", tag = "projects", params(Question), responses(
    (status = 200, description = "projects", body = ProjectList),
    (status = 400, description = "an unknown order", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(state): State<AppState>,
    question: Result<Query<Question>, QueryRejection>,
) -> Result<Json<ProjectList>, ApiError> {
    let Query(question) = question.map_err(|err| ApiError::BadRequest(err.body_text()))?;
    let projects = with_library(&state, move |_, library| library.list(&question)).await?;
    Ok(Json(ProjectList {
        total: projects.len() as u64,
        projects,
    }))
}

/// One project; its ETag is its revision.
#[utoipa::path(get, path = "/api/v1/projects/{id}", tag = "projects", params(("id" = String, Path, description = "project id, percent-encoded")), responses(
    (status = 200, description = "the project", body = Project),
    (status = 404, description = "no such project", body = Problem, content_type = "application/problem+json")))]
pub async fn read(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let project = with_library(&state, move |_, library| library.one(&id)).await?;
    Ok(answer(StatusCode::OK, &project))
}

/// A new project from a GeoJSON Feature: outline in longitude and latitude, the record as properties.
#[utoipa::path(post, path = "/api/v1/projects", tag = "projects", request_body(content = Object, content_type = "application/geo+json"), responses(
    (status = 201, description = "the project", body = Project),
    (status = 400, description = "no JSON", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "the id is taken", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "every mistake; nothing was written", body = Problem, content_type = "application/problem+json")))]
pub async fn create(State(state): State<AppState>, body: Bytes) -> Result<Response, ApiError> {
    let feature = object(&body)?;
    let project = with_library(&state, move |state, library| {
        single::create(library, &state.city, feature)
    })
    .await?;
    state.publish_soon();
    let mut response = answer(StatusCode::CREATED, &project);
    if let Ok(value) = HeaderValue::try_from(format!("/api/v1/projects/{}", encode(&project.id))) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    Ok(response)
}

/// Percent-encodes all but the unreserved characters.
fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Replaces the record: fields that are not given become unknown; `outline` (GeoJSON) replaces the outline.
#[utoipa::path(put, path = "/api/v1/projects/{id}", tag = "projects", request_body = Object,
    params(("id" = String, Path, description = "project id"), ("If-Match" = String, Header, description = "ETag of the project")), responses(
    (status = 200, description = "the project", body = Project),
    (status = 404, description = "no such project", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "changed meanwhile; the ETag is that of now", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "every mistake; nothing was written", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "no If-Match", body = Problem, content_type = "application/problem+json")))]
pub async fn replace(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    write(state, id, headers, &body, true).await
}

/// Changes the fields that are given; `null` makes one unknown. `outline` (GeoJSON) replaces the outline.
#[utoipa::path(patch, path = "/api/v1/projects/{id}", tag = "projects", request_body = Object,
    params(("id" = String, Path, description = "project id"), ("If-Match" = String, Header, description = "ETag of the project")), responses(
    (status = 200, description = "the project", body = Project),
    (status = 404, description = "no such project", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "changed meanwhile; the ETag is that of now", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "every mistake; nothing was written", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "no If-Match", body = Problem, content_type = "application/problem+json")))]
pub async fn change(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    write(state, id, headers, &body, false).await
}

async fn write(
    state: AppState,
    id: String,
    headers: HeaderMap,
    body: &[u8],
    replaces: bool,
) -> Result<Response, ApiError> {
    let fields = object(body)?;
    let project = with_library(&state, move |state, library| {
        let is_current = |revision| check_if_match(&headers, &etag(revision));
        single::change(library, &state.city, &id, &fields, replaces, is_current)
    })
    .await?;
    state.publish_soon();
    Ok(answer(StatusCode::OK, &project))
}

/// Takes a project out of the library; its history stays in the audit trail.
#[utoipa::path(delete, path = "/api/v1/projects/{id}", tag = "projects",
    params(("id" = String, Path, description = "project id"), ("If-Match" = String, Header, description = "ETag of the project")), responses(
    (status = 204, description = "it is out"),
    (status = 404, description = "no such project", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "changed meanwhile", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "no If-Match", body = Problem, content_type = "application/problem+json")))]
pub async fn remove(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    with_library(&state, move |state, library| {
        let is_current = |revision| check_if_match(&headers, &etag(revision));
        single::remove(library, &state.city, &id, is_current)
    })
    .await?;
    state.publish_soon();
    Ok(StatusCode::NO_CONTENT)
}

/// Format and name of an import.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuestion {
    /// `geojson`, `csv`, `xlsx` or `citygml`.
    pub format: ImportFormat,
    /// Name of the file, kept with the projects.
    pub name: Option<String>,
}

/// Projects of a file: all good ones in one transaction, the others named with their row and reason.
#[utoipa::path(post, path = "/api/v1/projects/import", tag = "projects", params(ImportQuestion), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 200, description = "what was done", body = ImportAnswer),
    (status = 400, description = "an unknown format", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "more than 64 MiB", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "nothing of the input can be used", body = Problem, content_type = "application/problem+json")))]
pub async fn import_projects(
    State(state): State<AppState>,
    question: Result<Query<ImportQuestion>, QueryRejection>,
    body: Bytes,
) -> Result<Json<ImportAnswer>, ApiError> {
    let Query(question) = question.map_err(|err| ApiError::BadRequest(err.body_text()))?;
    let done = with_library(&state, move |state, library| {
        let name: String = question
            .name
            .unwrap_or_else(|| "upload".to_owned())
            .chars()
            .take(200)
            .collect();
        import(library, &state.city, question.format, &body, &name)
    })
    .await?;
    state.publish_soon();
    Ok(Json(done))
}

/// Format of an export.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuestion {
    /// `geojson`, `csv` or `xlsx`.
    pub format: ExportFormat,
}

/// All projects as a file; the workbook has the 三库一单 with its bars as a second sheet.
#[utoipa::path(get, path = "/api/v1/projects/export", tag = "projects", params(ExportQuestion), responses(
    (status = 200, description = "the file", content_type = "application/octet-stream"),
    (status = 400, description = "an unknown format", body = Problem, content_type = "application/problem+json")))]
pub async fn export_projects(
    State(state): State<AppState>,
    question: Result<Query<ExportQuestion>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(ExportQuestion { format }) = question.map_err(|err| ApiError::BadRequest(err.body_text()))?;
    let bytes = with_library(&state, move |_, library| {
        let projects = library.list(&Question::default())?;
        export(&projects, &library.config.columns, format).map_err(ApiError::Internal)
    })
    .await?;
    let file = format!("attachment; filename=\"projects.{}\"", format.extension());
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, file),
    ];
    Ok((headers, bytes).into_response())
}

/// Words that the fields choose from.
#[utoipa::path(get, path = "/api/v1/projects/vocabulary", tag = "projects", responses((status = 200, description = "words by field", body = VocabularyAnswer)))]
pub async fn vocabulary(State(state): State<AppState>) -> Result<Json<VocabularyAnswer>, ApiError> {
    let config = config(&state)?;
    Ok(Json(VocabularyAnswer {
        words: config.vocabulary,
        negative_list: config.negative_list.kinds,
    }))
}

/// Investment of the town offices against their targets, with their rank.
#[utoipa::path(get, path = "/api/v1/projects/offices", tag = "projects", responses((status = 200, description = "town offices", body = Vec<Office>)))]
pub async fn offices(State(state): State<AppState>) -> Result<Json<Vec<Office>>, ApiError> {
    with_library(&state, |_, library| library.offices()).await.map(Json)
}
