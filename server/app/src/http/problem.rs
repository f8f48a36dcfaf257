//! Errors of the HTTP interface as `application/problem+json` (RFC 9457).
//!
//! What is known in both languages carries both in its member `text`; `detail` and `message` are then in the language
//! that the request accepts, English where it says nothing.

use analysis::indicators::Text;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
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
    /// Refused for a reason that is told in both languages.
    #[error("{}", .text.en)]
    Told {
        /// HTTP status.
        status: StatusCode,
        /// The reason.
        text: Text,
    },
    /// Another process writes to the city.
    #[error("the city is busy with another import, edit or publication; try again")]
    Busy,
    /// Something broke here; the cause is logged, not told.
    #[error("the server could not answer")]
    Internal(String),
}

impl ApiError {
    /// Nothing of that name, in Chinese and English.
    pub fn absent(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Told {
            status: StatusCode::NOT_FOUND,
            text: Text::new(zh, en),
        }
    }

    /// [`Self::Unprocessable`] of one mistake at a place of the request.
    pub fn refused(at: impl Into<String>, text: Text) -> Self {
        Self::unprocessable(vec![Mistake::told(at, text)])
    }

    /// The whole in both languages, where it is known in both.
    pub fn text(&self) -> Option<Text> {
        let zh = match self {
            Self::Told { text, .. } => return Some(text.clone()),
            Self::Unprocessable { errors, .. } => {
                let first = errors.first()?.text.as_ref()?;
                match errors.len() {
                    1 => first.zh.clone(),
                    count => format!("{}（另有 {} 处）", first.zh, count - 1),
                }
            }
            Self::NotPublished => "城市尚未发布".to_owned(),
            Self::Busy => "城市正在导入、编辑或发布，请稍后再试".to_owned(),
            Self::Internal(_) => "服务器未能回答".to_owned(),
            _ => return None,
        };
        Some(Text::new(zh, self.to_string()))
    }

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
            Self::Told { status, .. } => *status,
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
    /// The sentence in both languages, where it is known in both.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub text: Option<Text>,
}

impl Mistake {
    /// A mistake at a place of the request.
    pub fn at(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            at: Some(at.into()),
            message: message.into(),
            ..Self::default()
        }
    }

    /// A mistake at a place of the request, in both languages.
    pub fn told(at: impl Into<String>, text: Text) -> Self {
        Self {
            at: Some(at.into()),
            message: text.en.clone(),
            text: Some(text),
            ..Self::default()
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
    /// `detail` in both languages, where it is known in both.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub text: Option<Text>,
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
    both: Option<Text>,
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
            both: self.text(),
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

/// A language that problems are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    /// `zh-CN`.
    Chinese,
    /// `en`, which a request without a wish gets.
    #[default]
    English,
}

impl Language {
    /// What `Accept-Language` would rather have; English where both are as welcome or none is named.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let wish = |prefix: &str| -> f32 {
            let values = headers.get_all(header::ACCEPT_LANGUAGE).iter();
            let ranges = values
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','));
            let wishes = ranges.filter_map(|range| {
                let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
                let tag = tag.trim().to_ascii_lowercase();
                let quality = parameters
                    .trim()
                    .strip_prefix("q=")
                    .map_or(Some(1.0), |q| q.parse().ok())?;
                (tag == prefix || tag.starts_with(&format!("{prefix}-"))).then_some(quality)
            });
            wishes.fold(0.0, f32::max)
        };
        if wish("zh") > wish("en") {
            Self::Chinese
        } else {
            Self::English
        }
    }
}

/// The response of a problem.
pub(crate) fn problem_response(
    status: StatusCode,
    detail: impl Into<Detail>,
    request_id: &str,
    language: Language,
) -> Response {
    let mut detail = detail.into();
    if language == Language::Chinese {
        if let Some(both) = &detail.both {
            detail.text.clone_from(&both.zh);
        }
        for mistake in &mut detail.errors {
            if let Some(text) = &mistake.text {
                mistake.message.clone_from(&text.zh);
            }
        }
    }
    let problem = Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: status.as_u16(),
        detail: detail.text,
        text: detail.both,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_is_rather_accepted() {
        let of = |wish: &'static str| {
            Language::of(&HeaderMap::from_iter([(
                header::ACCEPT_LANGUAGE,
                HeaderValue::from_static(wish),
            )]))
        };
        assert_eq!(Language::of(&HeaderMap::new()), Language::English);
        assert_eq!(of("zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese);
        assert_eq!(of("en-GB,en;q=0.9,zh;q=0.2"), Language::English);
        assert_eq!(of("fr"), Language::English);
        assert_eq!(of("zhx"), Language::English);
    }

    #[test]
    fn several_mistakes_are_counted_in_both_languages() {
        let one = || Mistake::told("params", Text::new("没有参数 a", "unknown parameter a"));
        let text = ApiError::unprocessable(vec![one(), one()]).text().unwrap();
        assert_eq!(
            (text.zh.as_str(), text.en.as_str()),
            ("没有参数 a（另有 1 处）", "unknown parameter a (and 1 more)")
        );
        assert_eq!(ApiError::unprocessable(vec![Mistake::at("a", "b")]).text(), None);
    }
}
