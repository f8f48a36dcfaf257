//! Errors of the HTTP interface as `application/problem+json` (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

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
    /// A write without `If-Match`.
    #[error("a change needs the header If-Match with the ETag of what is changed")]
    PreconditionRequired,
    /// A write on what has changed meanwhile.
    #[error("it was changed meanwhile; its ETag is now {etag}")]
    PreconditionFailed {
        /// Entity tag as it is now, quotes included.
        etag: String,
    },
    /// The request contradicts what is there; `members` go into the body of the problem.
    #[error("{detail}")]
    Conflict {
        /// What contradicts.
        detail: String,
        /// Further members of the problem.
        members: Map<String, Value>,
    },
    /// The request is understood and wrong: every mistake is listed, nothing was written.
    #[error("{detail}")]
    Unprocessable {
        /// All in one sentence.
        detail: String,
        /// Mistakes, one by one.
        errors: Vec<Mistake>,
    },
    /// Another process writes to the city.
    #[error("the city is busy with another import, edit or publication; try again")]
    Busy,
    /// Something broke here; the cause is logged, not told.
    #[error("the server could not answer")]
    Internal(String),
}

impl ApiError {
    /// [`Self::Unprocessable`] of these mistakes.
    pub fn unprocessable(errors: Vec<Mistake>) -> Self {
        let detail = match errors.as_slice() {
            [] => "the request cannot be carried out".to_owned(),
            [one] => one.message.clone(),
            [first, rest @ ..] => format!("{} (and {} more)", first.message, rest.len()),
        };
        Self::Unprocessable { detail, errors }
    }

    /// HTTP status.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::RangeNotSatisfiable { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::UriTooLong { .. } => StatusCode::URI_TOO_LONG,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::PreconditionFailed { .. } => StatusCode::PRECONDITION_FAILED,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Unprocessable { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotPublished | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<scene_store::StoreError> for ApiError {
    fn from(err: scene_store::StoreError) -> Self {
        match err {
            scene_store::StoreError::NoSuchFeature { key } => Self::NotFound(format!("no feature {key:?}")),
            scene_store::StoreError::Busy { .. } => Self::Busy,
            other => Self::Internal(other.to_string()),
        }
    }
}

/// One mistake of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
pub struct Mistake {
    /// Where in the request: member, row, edit.
    pub at: Option<String>,
    /// Id of the feature concerned.
    pub feature: Option<String>,
    /// One sentence for a person.
    pub message: String,
}

impl Mistake {
    /// A mistake at a place of the request.
    pub fn at(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            at: Some(at.into()),
            feature: None,
            message: message.into(),
        }
    }
}

/// Body of an error.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
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
    /// Mistakes one by one, where there are several to tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Mistake>,
    /// Further members.
    #[serde(flatten)]
    pub members: Map<String, Value>,
}

/// Marks a response that the middleware turns into a problem with the id of its request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Detail {
    text: String,
    errors: Vec<Mistake>,
    members: Map<String, Value>,
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

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
        if let Self::PreconditionFailed { etag } = &self
            && let Ok(value) = HeaderValue::try_from(etag)
        {
            response.headers_mut().insert(header::ETAG, value);
        }
        let mut detail = Detail {
            text: self.to_string(),
            ..Detail::default()
        };
        match self {
            Self::Unprocessable { errors, .. } => detail.errors = errors,
            Self::Conflict { members, .. } => detail.members = members,
            _ => {}
        }
        response.extensions_mut().insert(detail);
        response
    }
}

/// The response of a problem.
pub(crate) fn problem_response(status: StatusCode, detail: impl Into<Detail>, request_id: &str) -> Response {
    let detail = detail.into();
    let problem = Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: status.as_u16(),
        detail: detail.text,
        request_id: request_id.to_owned(),
        errors: detail.errors,
        members: detail.members,
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, "application/problem+json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body).into_response()
}
