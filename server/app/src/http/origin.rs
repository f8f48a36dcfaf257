//! Writes from pages of other sites are refused: reading is open to any site, changing the city is not.

use super::problem::{Language, problem_response};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

/// See the module. Programs send no `Origin` and pass.
pub async fn same_origin_writes(request: Request, next: Next) -> Response {
    let language = Language::of(request.headers());
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if reads || is_same_origin(request.headers()) {
        return next.run(request).await;
    }
    // no header of the kind that would let the other page read this
    let detail = "changes are taken from pages of this server only".to_owned();
    problem_response(StatusCode::FORBIDDEN, detail, "", language)
}

/// True without `Origin`, or when it names the host that was asked.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    let authority = origin
        .to_str()
        .ok()
        .and_then(|o| o.split_once("://"))
        .map(|(_, authority)| authority);
    authority.is_some() && authority == host
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_pages_of_the_host_itself_may_write() {
        let headers = |origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8686"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            headers
        };
        assert!(is_same_origin(&headers(None)));
        assert!(is_same_origin(&headers(Some("http://127.0.0.1:8686"))));
        for other in ["http://127.0.0.1:8687", "https://example.org", "null", ""] {
            assert!(!is_same_origin(&headers(Some(other))), "{other}");
        }
    }
}
