//! `/tiles/…`: the tileset of the published revision, and contents that never change.

use crate::http::AppState;
use crate::http::cache::{TileVariant, content_etag, content_headers};
use crate::http::negotiate::{AcceptedEncodings, RangeAnswer, if_none_match, range};
use crate::http::problem::{ApiError, Language, problem_response};
use crate::http::state::Document;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use scene_store::ContentEncoding;
use scene_store::tiles::is_content_name;
use std::sync::atomic::Ordering;

/// Root tileset of the published revision (3D Tiles 1.1).
#[utoipa::path(get, path = "/tiles/city/tileset.json", tag = "tiles", responses(
    (status = 200, description = "tileset; `no-cache`, with a strong ETag per encoding", content_type = "application/json"),
    (status = 304, description = "the client's copy is current"),
    (status = 406, description = "no acceptable encoding", body = crate::http::problem::Problem, content_type = "application/problem+json"),
    (status = 503, description = "nothing is published yet", body = crate::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn tileset(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let snapshot = state.snapshot();
    serve_document(snapshot.tileset.as_ref().ok_or(ApiError::NotPublished)?, &headers)
}

/// Sends a small document: negotiated, conditional.
pub(super) fn serve_document(document: &Document, headers: &HeaderMap) -> Result<Response, ApiError> {
    let accepted = AcceptedEncodings::from_headers(headers);
    let (body, form_headers) = document.form(accepted.best().ok_or(ApiError::NotAcceptable)?);
    let etag = form_headers
        .get(header::ETAG)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let mut response = if if_none_match(headers, |tag| tag == etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(body.clone()))
    };
    let is_whole = response.status() == StatusCode::OK;
    for (name, value) in form_headers {
        if is_whole || (name != header::CONTENT_TYPE && name != header::CONTENT_ENCODING) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    Ok(response)
}

/// A tile content or external tileset, by its hash: immutable.
#[utoipa::path(get, path = "/tiles/content/{name}", tag = "tiles",
    params(("name" = String, Path, description = "`{hash}.glb` or `{hash}.json`")),
    responses(
        (status = 200, description = "content; immutable, strong ETag per encoding, br/zstd/gzip by weight", content_type = "model/gltf-binary"),
        (status = 206, description = "one range of it"),
        (status = 304, description = "the client's copy is current"),
        (status = 404, description = "no such content", body = crate::http::problem::Problem, content_type = "application/problem+json"),
        (status = 406, description = "no acceptable encoding", body = crate::http::problem::Problem, content_type = "application/problem+json"),
        (status = 416, description = "range outside of the content", body = crate::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn content(State(state): State<AppState>, request: Request) -> Response {
    // straight from the request: the extractors would copy the name and every header
    let name = request.uri().path().strip_prefix("/tiles/content/").unwrap_or("");
    match answer(&state, name, request.method(), request.headers()).await {
        Ok(response) => response,
        Err(err) => {
            let mut answer = problem_response(err.status(), err.to_string(), "", Language::default());
            if let ApiError::Internal(cause) = &err {
                tracing::error!(%cause, name, "tile content cannot be served");
            }
            if let Some(value) = err.into_response().headers_mut().remove(header::CONTENT_RANGE) {
                answer.headers_mut().insert(header::CONTENT_RANGE, value);
            }
            answer
                .headers_mut()
                .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            answer
        }
    }
}

async fn answer(state: &AppState, name: &str, method: &Method, headers: &HeaderMap) -> Result<Response, ApiError> {
    if !is_content_name(name) {
        return Err(ApiError::NotFound(
            "no such content: names are {hash}.glb or {hash}.json".to_owned(),
        ));
    }
    let accepted = AcceptedEncodings::from_headers(headers);
    if headers.contains_key(header::IF_NONE_MATCH)
        && let Some(etag) = known_etag(name, accepted, headers)
    {
        state.metrics.tile_not_modified.fetch_add(1, Ordering::Relaxed);
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        *response.headers_mut() = content_headers(&etag);
        return Ok(response);
    }
    let encoding = accepted.best().ok_or(ApiError::NotAcceptable)?;
    let variant = match state.cache.get(name, encoding) {
        Some(variant) => variant,
        None => state
            .cache
            .get_or_load(name, encoding, &state.tiles)
            .await?
            .ok_or_else(|| ApiError::NotFound(format!("no content {name}")))?,
    };
    if !variant.headers.contains_key(header::CONTENT_ENCODING) && accepted.weight(ContentEncoding::Identity) == 0 {
        return Err(ApiError::NotAcceptable);
    }
    respond(state, &variant, method, headers)
}

fn respond(
    state: &AppState,
    variant: &TileVariant,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let length = variant.bytes.len() as u64;
    let wanted = if headers.contains_key(header::RANGE) {
        range(headers, &variant.etag, length)
    } else {
        RangeAnswer::Whole
    };
    let (status, bytes, content_range) = match wanted {
        RangeAnswer::Whole => (StatusCode::OK, variant.bytes.clone(), None),
        RangeAnswer::Part(first, last) => {
            // both are below the length, which fits the memory
            let part = variant.bytes.slice(first as usize..=last as usize);
            (
                StatusCode::PARTIAL_CONTENT,
                part,
                HeaderValue::try_from(format!("bytes {first}-{last}/{length}")).ok(),
            )
        }
        RangeAnswer::Unsatisfiable => return Err(ApiError::RangeNotSatisfiable { length }),
    };
    let num_bytes = bytes.len() as u64;
    let is_head = method == Method::HEAD;
    let mut response = Response::new(if is_head { Body::empty() } else { Body::from(bytes) });
    *response.status_mut() = status;
    *response.headers_mut() = variant.headers.clone();
    if is_head {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from(num_bytes));
    } else {
        state.metrics.tile_bytes.fetch_add(num_bytes, Ordering::Relaxed);
    }
    if let Some(value) = content_range {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    Ok(response)
}

/// The tag that the client holds, if it names this content in a form that it still accepts. The name is a hash of all
/// that goes into the content, so no file is looked at.
fn known_etag(name: &str, accepted: AcceptedEncodings, headers: &HeaderMap) -> Option<String> {
    ContentEncoding::PREFERRED
        .into_iter()
        .filter(|encoding| accepted.weight(*encoding) > 0)
        .map(|encoding| content_etag(name, encoding))
        .find(|etag| if_none_match(headers, |tag| tag == etag))
}

/// Answers a browser that asks before it sends `Range` or `If-None-Match` from another site.
pub async fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "accept, range, if-range, if-none-match",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
