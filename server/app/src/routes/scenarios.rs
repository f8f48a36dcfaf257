//! `/api/v1/scenarios…`: scenarios with their edits, states, differences, branches and merges.

use crate::http::AppState;
use crate::http::negotiate::{AcceptedEncodings, if_none_match};
use crate::http::problem::{ApiError, Mistake, Problem};
use crate::http::write::if_match;
use crate::scenarios::difference::{SideOf, difference};
use crate::scenarios::ground::Place;
use crate::scenarios::massing::{MassingAnswer, massing as lay_out};
use crate::scenarios::request::{
    CreateRequest, EditsRequest, MassingRequest, MergeRequest, RenameRequest, StepRequest,
};
use crate::scenarios::{service, view};
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use city_model::Date;
use city_model::scenario::{BASE_ID, STATES_MEDIA_TYPE, parse_phase};
use scene_store::{ContentEncoding, ScenarioChange, ScenarioWritten};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Largest body of a request for edits: a lasso over a city names many features.
const MAX_EDITS_BYTES: usize = 16 * 1024 * 1024;

/// Routes of scenarios, with their own limit of the body.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/scenarios", get(list).post(create))
        .route("/api/v1/scenarios/diff", get(diff))
        .route("/api/v1/scenarios/{id}", get(one).patch(rename).delete(archive))
        .route("/api/v1/scenarios/{id}/edits", post(edit))
        .route("/api/v1/scenarios/{id}/undo", post(undo))
        .route("/api/v1/scenarios/{id}/redo", post(redo))
        .route("/api/v1/scenarios/{id}/history", get(history))
        .route("/api/v1/scenarios/{id}/branch", post(branch))
        .route("/api/v1/scenarios/{id}/merge", post(merge))
        .route("/api/v1/scenarios/{id}/states", get(states))
        .route("/api/v1/scenarios/{id}/massing", post(massing))
        .layer(DefaultBodyLimit::max(MAX_EDITS_BYTES))
}

/// Body of a request: no JSON is 400, JSON of another shape 422.
fn body<T: DeserializeOwned + Default>(bytes: &Bytes) -> Result<T, ApiError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(T::default());
    }
    serde_json::from_slice(bytes).map_err(|err| match err.classify() {
        serde_json::error::Category::Data => {
            let at = format!("line {} column {}", err.line(), err.column());
            ApiError::unprocessable(vec![Mistake::at(at, err.to_string())])
        }
        _ => ApiError::BadRequest(format!("the body is no JSON: {err}")),
    })
}

fn query<T>(question: Result<Query<T>, QueryRejection>) -> Result<T, ApiError> {
    Ok(question.map_err(|err| ApiError::BadRequest(err.body_text()))?.0)
}

fn phase(text: Option<&str>) -> Result<Option<Date>, ApiError> {
    text.filter(|t| !t.is_empty())
        .map(|t| parse_phase(t).map_err(ApiError::BadRequest))
        .transpose()
}

/// Revision that the caller knows, from `If-Match`; `None` for `*`.
fn expected(headers: &HeaderMap, id: &str) -> Result<Option<u64>, ApiError> {
    let mut known = Some(0);
    for tag in if_match(headers)? {
        if tag == "*" {
            return Ok(None);
        }
        let revision = tag
            .strip_prefix('"')
            .and_then(|t| t.strip_suffix('"'))
            .and_then(|t| t.strip_prefix(id)?.strip_prefix('-')?.parse::<u64>().ok());
        known = revision.or(known);
    }
    // a tag of something else is the tag of no revision: the store tells the one that is
    Ok(known)
}

fn tagged(status: StatusCode, id: &str, revision: u64, value: &impl Serialize) -> Response {
    let mut response = (status, Json(value)).into_response();
    if let Ok(tag) = HeaderValue::try_from(view::etag(id, revision)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    let no_cache = HeaderValue::from_static("no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, no_cache);
    response
}

/// Tells viewers, and builds tiles of what was added.
fn announce(state: &AppState, adds_bodies: bool) {
    if let Err(err) = state.refresh_scenarios() {
        tracing::warn!(%err, "viewers are not told of the scenario at once");
    }
    if adds_bodies {
        state.publish_soon();
    }
}

/// Runs a write on a thread that may block, then tells viewers. Publication starts then; the answer does not wait.
async fn write<T: Send + 'static>(
    state: &AppState,
    f: impl FnOnce(&AppState) -> Result<(ScenarioWritten, T), ApiError> + Send + 'static,
) -> Result<(ScenarioWritten, T), ApiError> {
    let this = state.clone();
    tokio::task::spawn_blocking(move || {
        let done = f(&this)?;
        announce(&this, !done.0.added.is_empty());
        Ok(done)
    })
    .await
    .unwrap_or_else(|err| Err(ApiError::Internal(format!("write ended: {err}"))))
}

/// All scenarios, archived ones too.
#[utoipa::path(get, path = "/api/v1/scenarios", tag = "scenarios", responses(
    (status = 200, description = "`{scenarios: [{id, name, note, base_revision, revision, parent, parent_revision, num_edits, created_at, created_by, updated_at, updated_by, is_archived}]}`", content_type = "application/json")))]
pub async fn list(State(state): State<AppState>) -> Result<Json<Value>, ApiError> {
    let scenarios = state.query(|store| Ok(store.scenarios()?)).await?;
    Ok(Json(json!({ "scenarios": scenarios })))
}

/// Makes an empty scenario.
#[utoipa::path(post, path = "/api/v1/scenarios", tag = "scenarios", request_body = CreateRequest, responses(
    (status = 201, description = "the scenario, with `Location` and `ETag`", content_type = "application/json"),
    (status = 422, description = "no name or author", body = Problem, content_type = "application/problem+json")))]
pub async fn create(State(state): State<AppState>, bytes: Bytes) -> Result<Response, ApiError> {
    let request: CreateRequest = body(&bytes)?;
    make(&state, request, None).await
}

async fn make(
    state: &AppState,
    request: CreateRequest,
    parent: Option<(String, Option<u64>)>,
) -> Result<Response, ApiError> {
    let (info, described) = state
        .query(move |store| {
            let parent = parent.as_ref().map(|(id, revision)| (id.as_str(), *revision));
            let info = service::create(store, &request, parent)?;
            let described = service::describe(store, &info.id, None)?;
            Ok((info, described))
        })
        .await?;
    let this = state.clone();
    tokio::task::spawn_blocking(move || announce(&this, false))
        .await
        .map_err(|err| ApiError::Internal(err.to_string()))?;
    let mut response = tagged(StatusCode::CREATED, &info.id, info.revision, &described);
    if let Ok(location) = HeaderValue::try_from(format!("/api/v1/scenarios/{}", info.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Names a revision.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RevisionQuestion {
    /// A revision of the scenario, pinned for ever; without it the last one.
    pub revision: Option<u64>,
}

/// One scenario with the edits in force.
#[utoipa::path(get, path = "/api/v1/scenarios/{id}", tag = "scenarios", params(("id" = String, Path, description = "scenario, or `base`"), RevisionQuestion), responses(
    (status = 200, description = "the scenario with `edits`, `can_undo`, `can_redo`; `ETag` of the revision", content_type = "application/json"),
    (status = 404, description = "no such scenario or revision", body = Problem, content_type = "application/problem+json")))]
pub async fn one(
    State(state): State<AppState>,
    Path(id): Path<String>,
    question: Result<Query<RevisionQuestion>, QueryRejection>,
) -> Result<Response, ApiError> {
    let question = query(question)?;
    let asked = id.clone();
    let described = state
        .query(move |store| service::describe(store, &asked, question.revision))
        .await?;
    let revision = described["revision"].as_u64().unwrap_or(0);
    Ok(tagged(StatusCode::OK, &id, revision, &described))
}

/// Another name or note.
#[utoipa::path(patch, path = "/api/v1/scenarios/{id}", tag = "scenarios", request_body = RenameRequest,
    params(("id" = String, Path, description = "scenario"), ("If-Match" = String, Header, description = "ETag of the scenario")), responses(
    (status = 200, description = "the scenario", content_type = "application/json"),
    (status = 404, description = "no such scenario", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "it was changed meanwhile", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = Problem, content_type = "application/problem+json")))]
pub async fn rename(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    let expected = expected(&headers, &id)?;
    let request: RenameRequest = body(&bytes)?;
    let asked = id.clone();
    let (written, ()) = write(&state, move |s| {
        Ok((service::rename(s.store.as_ref(), &asked, expected, &request)?, ()))
    })
    .await?;
    Ok(tagged(
        StatusCode::OK,
        &id,
        written.scenario.revision,
        &written.scenario,
    ))
}

/// Puts a scenario away; pinned links still read it.
#[utoipa::path(delete, path = "/api/v1/scenarios/{id}", tag = "scenarios",
    params(("id" = String, Path, description = "scenario"), ("If-Match" = String, Header, description = "ETag of the scenario")), responses(
    (status = 200, description = "the archived scenario", content_type = "application/json"),
    (status = 404, description = "no such scenario", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "it was changed meanwhile", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = Problem, content_type = "application/problem+json")))]
pub async fn archive(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let expected = expected(&headers, &id)?;
    let asked = id.clone();
    let (written, ()) = write(&state, move |s| {
        let archive = ScenarioChange::Archive;
        Ok((service::change(s.store.as_ref(), &asked, expected, "-", &archive)?, ()))
    })
    .await?;
    Ok(tagged(
        StatusCode::OK,
        &id,
        written.scenario.revision,
        &written.scenario,
    ))
}

/// Adds edits: one transaction, one step for undo. Bodies that they build are published right after the answer.
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/edits", tag = "scenarios", request_body = EditsRequest,
    params(("id" = String, Path, description = "scenario"), ("If-Match" = String, Header, description = "ETag of the scenario")), responses(
    (status = 200, description = "`{revision, edits, added: [{id, feature_index}], city_revision}`", content_type = "application/json"),
    (status = 404, description = "no such scenario", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "the scenario is archived", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "it was changed meanwhile; `ETag` tells its revision", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "everything that is wrong, in `errors`; nothing was written", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = Problem, content_type = "application/problem+json")))]
pub async fn edit(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    let expected = expected(&headers, &id)?;
    let request: EditsRequest = body(&bytes)?;
    let asked = id.clone();
    let (written, ()) = write(&state, move |s| {
        let place = Place::of_snapshot(&s.snapshot()).ok_or(ApiError::NotPublished)?;
        Ok((service::edit(s.store.as_ref(), &place, &asked, expected, &request)?, ()))
    })
    .await?;
    let added: Vec<Value> = written
        .added
        .iter()
        .map(|(id, index)| json!({ "id": id, "feature_index": index }))
        .collect();
    let answer = json!({
        "revision": written.scenario.revision,
        "edits": written.edits,
        "added": added,
        "city_revision": state.snapshot().number(),
    });
    Ok(tagged(StatusCode::OK, &id, written.scenario.revision, &answer))
}

async fn step(
    state: AppState,
    id: String,
    headers: HeaderMap,
    bytes: Bytes,
    change: ScenarioChange,
) -> Result<Response, ApiError> {
    let expected = expected(&headers, &id)?;
    let request: StepRequest = body(&bytes)?;
    let asked = id.clone();
    let (written, ()) = write(&state, move |s| {
        let author = if request.author.is_empty() {
            "-"
        } else {
            &request.author
        };
        Ok((
            service::change(s.store.as_ref(), &asked, expected, author, &change)?,
            (),
        ))
    })
    .await?;
    let answer = json!({ "revision": written.scenario.revision, "edits_changed": written.changed });
    Ok(tagged(StatusCode::OK, &id, written.scenario.revision, &answer))
}

/// Takes the last step back.
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/undo", tag = "scenarios", request_body = StepRequest,
    params(("id" = String, Path, description = "scenario"), ("If-Match" = String, Header, description = "ETag of the scenario")), responses(
    (status = 200, description = "`{revision, edits_changed: [uid]}`", content_type = "application/json"),
    (status = 409, description = "there is nothing to undo", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "it was changed meanwhile", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = Problem, content_type = "application/problem+json")))]
pub async fn undo(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    step(state, id, headers, bytes, ScenarioChange::Undo).await
}

/// Puts the last step that was taken back in force again.
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/redo", tag = "scenarios", request_body = StepRequest,
    params(("id" = String, Path, description = "scenario"), ("If-Match" = String, Header, description = "ETag of the scenario")), responses(
    (status = 200, description = "`{revision, edits_changed: [uid]}`", content_type = "application/json"),
    (status = 409, description = "there is nothing to redo", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "it was changed meanwhile", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = Problem, content_type = "application/problem+json")))]
pub async fn redo(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    step(state, id, headers, bytes, ScenarioChange::Redo).await
}

/// Every write of a scenario.
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/history", tag = "scenarios", params(("id" = String, Path, description = "scenario")), responses(
    (status = 200, description = "`{id, steps: [{revision, kind, opened, closed, author, at, name, note, num_edits, city_revision, feature_count, merged}]}`", content_type = "application/json"),
    (status = 404, description = "no such scenario", body = Problem, content_type = "application/problem+json")))]
pub async fn history(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    if id == BASE_ID {
        return Ok(Json(json!({ "id": id, "steps": [] })));
    }
    let asked = id.clone();
    let steps = state
        .query(move |store| store.scenario_steps(&asked).map_err(view::store_error))
        .await?;
    Ok(Json(json!({ "id": id, "steps": steps })))
}

/// A scenario that begins with the edits of this one, at the last or a named revision.
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/branch", tag = "scenarios", request_body = CreateRequest,
    params(("id" = String, Path, description = "scenario, or `base`"), RevisionQuestion), responses(
    (status = 201, description = "the branch, with `Location` and `ETag`", content_type = "application/json"),
    (status = 404, description = "no such scenario or revision", body = Problem, content_type = "application/problem+json")))]
pub async fn branch(
    State(state): State<AppState>,
    Path(id): Path<String>,
    question: Result<Query<RevisionQuestion>, QueryRejection>,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    let revision = query(question)?.revision;
    let request: CreateRequest = body(&bytes)?;
    make(&state, request, Some((id, revision))).await
}

/// Merges another scenario in, three-way against the last state that both had in common.
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/merge", tag = "scenarios", request_body = MergeRequest,
    params(("id" = String, Path, description = "scenario"), ("If-Match" = String, Header, description = "ETag of the scenario")), responses(
    (status = 200, description = "`{revision, merged}`: features that the merge decided on", content_type = "application/json"),
    (status = 409, description = "`conflicts: [{feature, ours, theirs}]`; nothing was written", body = Problem, content_type = "application/problem+json"),
    (status = 412, description = "it was changed meanwhile", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = Problem, content_type = "application/problem+json")))]
pub async fn merge(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    let expected = expected(&headers, &id)?;
    let request: MergeRequest = body(&bytes)?;
    let asked = id.clone();
    let (written, merged) = write(&state, move |s| {
        service::merge_into(s.store.as_ref(), &asked, expected, &request)
    })
    .await?;
    let answer = json!({ "revision": written.scenario.revision, "merged": merged, "edits_changed": written.changed });
    Ok(tagged(StatusCode::OK, &id, written.scenario.revision, &answer))
}

/// Names a revision and a day.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StatesQuestion {
    /// Day looked at, `YYYY-MM-DD`; without it everything decided counts.
    pub phase: Option<String>,
    /// A revision of the scenario, pinned for ever; without it the last one.
    pub revision: Option<u64>,
}

/// State of every feature as a binary table: `CJST`, u32 version 1, u64 city revision, u64 scenario revision, u32 count,
/// u32 0, then one byte for each feature (0 existing, 1 retained, 2 modified, 3 demolished, 4 added, 5 absent,
/// 6 abandoned); little endian. A number beyond the table is absent.
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/states", tag = "scenarios",
    params(("id" = String, Path, description = "scenario, or `base`"), StatesQuestion), responses(
    (status = 200, description = "the table; `ETag`, compressed", content_type = "application/vnd.chengjing.states"),
    (status = 304, description = "the client's copy is current"),
    (status = 400, description = "a phase that is no date", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such scenario or revision", body = Problem, content_type = "application/problem+json"),
    (status = 406, description = "no acceptable encoding", body = Problem, content_type = "application/problem+json")))]
pub async fn states(
    State(state): State<AppState>,
    Path(id): Path<String>,
    question: Result<Query<StatesQuestion>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let question = query(question)?;
    let phase = phase(question.phase.as_deref())?;
    let encoding = AcceptedEncodings::from_headers(&headers)
        .best()
        .ok_or(ApiError::NotAcceptable)?;
    let (bytes, etag, encoding) = state
        .query(move |store| {
            let plain = view::states(store, &id, question.revision, phase)?.encode();
            let hash = blake3::hash(&plain).to_hex();
            let (encoding, bytes) = match encode_quickly(encoding, &plain) {
                Some(encoded) => (encoding, encoded),
                None => (ContentEncoding::Identity, plain),
            };
            let etag = match encoding {
                ContentEncoding::Identity => format!("\"{}\"", &hash[..32]),
                other => format!("\"{}-{}\"", &hash[..32], other.http_name()),
            };
            Ok((bytes, etag, encoding))
        })
        .await?;
    let is_current = if_none_match(&headers, |tag| tag == etag);
    let mut response = if is_current {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(bytes))
    };
    let mut set = |name: header::HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    set(header::ETAG, &etag);
    set(header::CACHE_CONTROL, "no-cache");
    set(header::VARY, "accept-encoding");
    if !is_current {
        set(header::CONTENT_TYPE, STATES_MEDIA_TYPE);
        if encoding != ContentEncoding::Identity {
            set(header::CONTENT_ENCODING, encoding.http_name());
        }
    }
    Ok(response)
}

/// Encodes long runs of the same byte in milliseconds: a table is made for one request, not for ever.
fn encode_quickly(encoding: ContentEncoding, bytes: &[u8]) -> Option<Vec<u8>> {
    use std::io::Write as _;
    match encoding {
        ContentEncoding::Identity => None,
        ContentEncoding::Brotli => {
            let mut out = Vec::with_capacity(4096);
            let mut writer = brotli::CompressorWriter::new(&mut out, 64 * 1024, 1, 20);
            writer.write_all(bytes).and_then(|()| writer.flush()).ok()?;
            drop(writer);
            Some(out)
        }
        ContentEncoding::Zstd => zstd::bulk::compress(bytes, 1).ok(),
        ContentEncoding::Gzip => {
            let mut writer = flate2::write::GzEncoder::new(Vec::with_capacity(4096), flate2::Compression::fast());
            writer.write_all(bytes).ok()?;
            writer.finish().ok()
        }
    }
}

/// Two sides to be compared.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DiffQuestion {
    /// Scenario A, or `base`.
    pub a: String,
    /// Scenario B, or `base`.
    pub b: String,
    /// Day of A.
    pub phase_a: Option<String>,
    /// Day of B.
    pub phase_b: Option<String>,
    /// Revision of A.
    pub revision_a: Option<u64>,
    /// Revision of B.
    pub revision_b: Option<u64>,
}

/// What two scenarios, revisions or phases show differently.
#[utoipa::path(get, path = "/api/v1/scenarios/diff", tag = "scenarios", params(DiffQuestion), responses(
    (status = 200, description = "`{a, b, added, removed, changed, kept: {count}, totals}`; added stands in B and not in A", content_type = "application/json"),
    (status = 400, description = "a side or phase is missing or wrong", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such scenario or revision", body = Problem, content_type = "application/problem+json")))]
pub async fn diff(
    State(state): State<AppState>,
    question: Result<Query<DiffQuestion>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let question = query(question)?;
    let a = SideOf {
        id: question.a,
        revision: question.revision_a,
        phase: phase(question.phase_a.as_deref())?,
    };
    let b = SideOf {
        id: question.b,
        revision: question.revision_b,
        phase: phase(question.phase_b.as_deref())?,
    };
    let snapshot = state.snapshot();
    state
        .query(move |store| difference(store, &snapshot, &a, &b))
        .await
        .map(Json)
}

/// An array of slabs or towers that reaches a floor area ratio: a preview, nothing is stored.
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/massing", tag = "scenarios", request_body = MassingRequest,
    params(("id" = String, Path, description = "scenario, or `base`")), responses(
    (status = 200, description = "bodies to be sent to `edits`, and what they reach", body = MassingAnswer),
    (status = 404, description = "no such scenario", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "everything that is wrong, in `errors`", body = Problem, content_type = "application/problem+json")))]
pub async fn massing(
    State(state): State<AppState>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<Json<MassingAnswer>, ApiError> {
    let request: MassingRequest = body(&bytes)?;
    let place = Place::of_snapshot(&state.snapshot()).ok_or(ApiError::NotPublished)?;
    state
        .query(move |store| {
            if id != BASE_ID {
                service::scenario(store, &id)?;
            }
            lay_out(&place, &request)
        })
        .await
        .map(Json)
}
