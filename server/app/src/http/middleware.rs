//! Around every route but the tile contents: request id, log line, metrics, limits, panics, and problems as bodies.

use super::problem::{ApiError, Detail, Language, problem_response};
use super::state::AppState;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tracing::Instrument as _;

/// Longest address that is read, bytes.
pub const MAX_URI_BYTES: usize = 8192;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// See the module.
pub async fn around(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = request_id(&request);
    let language = Language::of(request.headers());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let span =
        tracing::debug_span!("request", id = %request_id, method = %request.method(), path = request.uri().path());
    let response = if request.uri().path_and_query().map_or(0, |p| p.as_str().len()) > MAX_URI_BYTES {
        ApiError::UriTooLong { limit: MAX_URI_BYTES }.into_response()
    } else {
        match AssertUnwindSafe(next.run(request))
            .catch_unwind()
            .instrument(span.clone())
            .await
        {
            Ok(response) => response,
            Err(_) => {
                state.metrics.panics.fetch_add(1, Ordering::Relaxed);
                ApiError::Internal("handler panicked".to_owned()).into_response()
            }
        }
    };
    let mut response = with_problem(response, &request_id, language);
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    state.metrics.request(&route, status, elapsed);
    span.in_scope(|| tracing::debug!(status, elapsed_ms = elapsed.as_secs_f64() * 1e3, "answered"));
    response
}

/// Errors without a problem body get one; the text of the framework's own rejections becomes the detail.
fn with_problem(response: Response, request_id: &str, language: Language) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let detail = match response.extensions().get::<Detail>() {
        Some(detail) => detail.clone(),
        None => status.canonical_reason().unwrap_or("error").to_lowercase().into(),
    };
    let mut problem = problem_response(status, detail, request_id, language);
    for name in [
        header::ALLOW,
        header::ETAG,
        header::CONTENT_RANGE,
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        header::VARY,
    ] {
        if let Some(value) = response.headers().get(&name) {
            problem.headers_mut().insert(name, value.clone());
        }
    }
    problem
}

/// The caller's id when it is short and printable, else a new one.
fn request_id(request: &Request) -> String {
    let given = request.headers().get(&REQUEST_ID).and_then(|v| v.to_str().ok());
    match given {
        Some(id)
            if !id.is_empty()
                && id.len() <= 64
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) =>
        {
            id.to_owned()
        }
        _ => next_request_id(),
    }
}

fn next_request_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static START: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    let start = START.get_or_init(|| {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since_epoch.map_or(0, |d| d.as_millis() as u64)
    });
    format!("{start:x}-{:x}", NEXT.fetch_add(1, Ordering::Relaxed))
}
