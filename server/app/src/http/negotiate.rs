//! Content encoding, conditional requests and ranges, after RFC 9110 (sections 12.5.3, 13.1.2, 14.2).

use axum::http::{HeaderMap, header};
use scene_store::ContentEncoding;

/// Weights of `Accept-Encoding` in thousandths, in the order of [`ContentEncoding::PREFERRED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedEncodings([u16; 4]);

impl AcceptedEncodings {
    /// Reads the headers; without the field, identity is wanted.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(header::ACCEPT_ENCODING).iter();
        match (values.next(), values.next()) {
            (None, _) => Self([0, 0, 0, 1000]),
            (Some(one), None) => Self::parse(one.to_str().unwrap_or("")),
            _ => {
                let all: Vec<&str> = headers
                    .get_all(header::ACCEPT_ENCODING)
                    .iter()
                    .filter_map(|v| v.to_str().ok())
                    .collect();
                Self::parse(&all.join(","))
            }
        }
    }

    /// Reads the value of the field.
    pub fn parse(value: &str) -> Self {
        let mut named: [Option<u16>; 4] = [None; 4];
        let mut any = None;
        for item in value.split(',') {
            let mut parts = item.split(';');
            let name = parts.next().unwrap_or("").trim();
            let weight = parts
                .find_map(|p| p.trim().strip_prefix("q=").or_else(|| p.trim().strip_prefix("Q=")))
                .map_or(1000, weight);
            match ContentEncoding::PREFERRED
                .iter()
                .position(|e| name.eq_ignore_ascii_case(e.http_name()))
            {
                Some(at) => named[at] = Some(weight),
                None if name == "*" => any = Some(weight),
                None if name.eq_ignore_ascii_case("x-gzip") => named[2] = Some(weight),
                None => {}
            }
        }
        let mut weights = named.map(|w| w.or(any).unwrap_or(0));
        // identity is acceptable unless refused, but wanted least
        weights[3] = named[3].or(any.filter(|w| *w == 0)).unwrap_or(1);
        Self(weights)
    }

    /// Weight of an encoding; 0 refuses it.
    pub fn weight(&self, encoding: ContentEncoding) -> u16 {
        ContentEncoding::PREFERRED
            .iter()
            .position(|e| *e == encoding)
            .map_or(0, |at| self.0[at])
    }

    /// The best encoding; `None` when every one is refused.
    pub fn best(&self) -> Option<ContentEncoding> {
        let mut best = None;
        for (encoding, weight) in ContentEncoding::PREFERRED.into_iter().zip(self.0) {
            if weight > best.map_or(0, |(_, w)| w) {
                best = Some((encoding, weight));
            }
        }
        best.map(|(encoding, _)| encoding)
    }
}

fn weight(text: &str) -> u16 {
    let value: f32 = text.trim().parse().unwrap_or(0.0);
    // NaN and negative numbers become 0
    (value.clamp(0.0, 1.0) * 1000.0) as u16
}

/// True when `If-None-Match` holds an entity tag that `matches` says yes to (weak comparison), or `*`.
pub fn if_none_match(headers: &HeaderMap, matches: impl Fn(&str) -> bool) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| {
            value
                .split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || matches(tag.strip_prefix("W/").unwrap_or(tag)))
        })
}

/// What a `Range` field asks of a representation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeAnswer {
    /// All of it: no range, several ranges, another unit, or a changed representation.
    Whole,
    /// Bytes from the first to the last, both included.
    Part(u64, u64),
    /// Nothing of it.
    Unsatisfiable,
}

/// Reads `Range` and `If-Range` for a representation of `length` bytes with a strong `etag`.
pub fn range(headers: &HeaderMap, etag: &str, length: u64) -> RangeAnswer {
    let Some(value) = headers.get(header::RANGE).and_then(|v| v.to_str().ok()) else {
        return RangeAnswer::Whole;
    };
    if headers
        .get(header::IF_RANGE)
        .is_some_and(|tag| tag.as_bytes() != etag.as_bytes())
    {
        return RangeAnswer::Whole;
    }
    let Some((first, last)) = value
        .trim()
        .strip_prefix("bytes=")
        .filter(|r| !r.contains(','))
        .and_then(|r| r.split_once('-'))
    else {
        return RangeAnswer::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (
        first.trim().is_empty(),
        number(first),
        last.trim().is_empty(),
        number(last),
    ) {
        (true, _, false, Some(0)) => RangeAnswer::Unsatisfiable,
        (true, _, false, Some(suffix)) if length > 0 => RangeAnswer::Part(length.saturating_sub(suffix), length - 1),
        (false, Some(first), true, _) if first < length => RangeAnswer::Part(first, length - 1),
        (false, Some(first), false, Some(last)) if first <= last && first < length => {
            RangeAnswer::Part(first, last.min(length - 1))
        }
        (false, Some(first), false, Some(last)) if first > last => RangeAnswer::Whole,
        (false, Some(_), _, _) | (true, _, false, Some(_)) => RangeAnswer::Unsatisfiable,
        _ => RangeAnswer::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn encodings_by_weight_then_by_our_order() {
        use ContentEncoding::{Brotli, Gzip, Identity, Zstd};
        for (value, best) in [
            ("gzip, deflate, br, zstd", Some(Brotli)),
            ("gzip;q=1.0, br;q=0.5", Some(Gzip)),
            ("zstd, gzip", Some(Zstd)),
            ("gzip;q=0, identity", Some(Identity)),
            ("identity;q=0.5, gzip;q=0.4", Some(Identity)),
            ("identity;q=0.2, gzip;q=0.4", Some(Gzip)),
            ("deflate", Some(Identity)),
            ("", Some(Identity)),
            ("*", Some(Brotli)),
            ("*;q=0.1, gzip", Some(Gzip)),
            ("br;q=0, *", Some(Zstd)),
            ("*;q=0", None),
            ("identity;q=0", None),
            ("identity;q=0, gzip;q=0.001", Some(Gzip)),
            ("*;q=0, identity;q=0.1", Some(Identity)),
            ("br;q=nan", Some(Identity)),
            ("BR", Some(Brotli)),
        ] {
            assert_eq!(AcceptedEncodings::parse(value).best(), best, "{value}");
        }
        assert_eq!(
            AcceptedEncodings::from_headers(&HeaderMap::new()).best(),
            Some(Identity)
        );
    }

    #[test]
    fn tags_are_compared_weakly() {
        let check = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(value));
            if_none_match(&headers, |tag| tag == "\"a\"")
        };
        assert!(check("\"a\""));
        assert!(check("\"x\", W/\"a\""));
        assert!(check("*"));
        assert!(!check("\"b\""));
        assert!(!check("a"));
    }

    #[test]
    fn ranges_of_a_hundred_bytes() {
        let check = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(value));
            range(&headers, "\"e\"", 100)
        };
        for (value, expect) in [
            ("bytes=0-9", RangeAnswer::Part(0, 9)),
            ("bytes=90-", RangeAnswer::Part(90, 99)),
            ("bytes=-10", RangeAnswer::Part(90, 99)),
            ("bytes=-1000", RangeAnswer::Part(0, 99)),
            ("bytes=50-1000", RangeAnswer::Part(50, 99)),
            ("bytes=100-", RangeAnswer::Unsatisfiable),
            ("bytes=100-200", RangeAnswer::Unsatisfiable),
            ("bytes=-0", RangeAnswer::Unsatisfiable),
            ("bytes=0-1,5-6", RangeAnswer::Whole),
            ("bytes=9-1", RangeAnswer::Whole),
            ("bytes=a-b", RangeAnswer::Whole),
            ("items=0-1", RangeAnswer::Whole),
            ("bytes=99999999999999999999-", RangeAnswer::Whole),
        ] {
            assert_eq!(check(value), expect, "{value}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-9"));
        headers.insert(header::IF_RANGE, HeaderValue::from_static("\"old\""));
        assert_eq!(range(&headers, "\"e\"", 100), RangeAnswer::Whole);
    }
}
