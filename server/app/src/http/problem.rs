//! Errors of the HTTP interface as `application/problem+json` (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// What a request can fail with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The thing asked for is not there.
    #[error("{0}")]
    NotFound(String),
    /// The request cannot be understood.
    #[error("{0}")]
    BadRequest(String),
    /// No acceptable encoding.
    #[error("no encoding of this content is acceptable to the client: br, zstd, gzip and identity are offered")]
    NotAcceptable,
    /// The range lies outside of the content.
    #[error("the range lies outside of the {length} bytes of the content")]
    RangeNotSatisfiable {
        /// Bytes there are.
        length: u64,
    },
    /// The address is too long.
    #[error("the address has more than {limit} bytes")]
    UriTooLong {
        /// Bytes allowed.
        limit: usize,
    },
    /// Nothing is published yet.
    #[error("the city has no published revision yet")]
    NotPublished,
    /// Something broke here; the cause is logged, not told.
    #[error("the server could not answer")]
    Internal(String),
}

impl ApiError {
    /// HTTP status.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::RangeNotSatisfiable { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::UriTooLong { .. } => StatusCode::URI_TOO_LONG,
            Self::NotPublished => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<scene_store::StoreError> for ApiError {
    fn from(err: scene_store::StoreError) -> Self {
        match err {
            scene_store::StoreError::NoSuchFeature { key } => Self::NotFound(format!("no feature {key:?}")),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// Body of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Kind of problem; `about:blank` means that the title says it.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Short name of the status.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What went wrong with this request.
    pub detail: String,
    /// Finds the request in the server's log.
    pub request_id: String,
}

/// Marks a response that the middleware turns into a problem with the id of its request.
#[derive(Debug, Clone)]
pub(super) struct Detail(pub(super) String);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Internal(cause) = &self {
            tracing::error!(%cause, "request failed");
        }
        let mut response = self.status().into_response();
        if let Self::RangeNotSatisfiable { length } = &self
            && let Ok(value) = HeaderValue::try_from(format!("bytes */{length}"))
        {
            response.headers_mut().insert(header::CONTENT_RANGE, value);
        }
        response.extensions_mut().insert(Detail(self.to_string()));
        response
    }
}

/// The response of a problem.
pub(crate) fn problem_response(status: StatusCode, detail: String, request_id: &str) -> Response {
    let problem = Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: status.as_u16(),
        detail,
        request_id: request_id.to_owned(),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, "application/problem+json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body).into_response()
}
