//! A small HTTP client that gives every answer, refusals included.

use std::collections::BTreeMap;
use std::io::Read as _;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Body as sent, not decompressed.
    pub body: Vec<u8>,
}

impl Answer {
    /// Body as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> anyhow::Result<serde_json::Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// A header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// A request with a JSON body (none when `null`) and headers.
///
/// # Errors
/// When there is no answer at all.
pub fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &serde_json::Value) -> anyhow::Result<Answer> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    read(agent.run(request.header("content-type", "application/json").body(body)?)?)
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> anyhow::Result<Answer> {
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    let mut body = vec![];
    response.body_mut().as_reader().read_to_end(&mut body)?;
    Ok(Answer { status, headers, body })
}

/// `GET` with headers.
///
/// # Errors
/// When there is no answer at all.
pub fn get(url: &str, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.get(url);
    let names_encoding = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("accept-encoding"));
    if !names_encoding {
        request = request.header("accept-encoding", "identity");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    read(request.call()?)
}
