//! Addresses of tile content relative to the tileset file that names them (the part of RFC 3986 that tilesets use).

/// Resolves `reference` against the address of the file that holds it.
///
/// ```
/// use viewer_core::url::join;
/// assert_eq!(join("/tiles/city/tileset.json?v=2", "../content/a.glb"), "/tiles/content/a.glb");
/// assert_eq!(join("https://host/a/b.json", "/c.glb"), "https://host/c.glb");
/// ```
pub fn join(base: &str, reference: &str) -> String {
    if has_scheme(reference) {
        return reference.to_owned();
    }
    let (origin, base_path) = split_origin(without_query(base));
    if let Some(rest) = reference.strip_prefix("//") {
        let scheme = origin.split_once("//").map_or("", |(scheme, _)| scheme);
        return format!("{scheme}//{rest}");
    }
    let split = reference.find(['?', '#']).unwrap_or(reference.len());
    let (path, query) = reference.split_at(split);
    let folder = base_path.rfind('/').map_or("", |end| &base_path[..=end]);
    let full = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{folder}{path}")
    };
    format!("{origin}{}{query}", normalize(&full))
}

/// True when the address names a tileset file rather than a model.
pub fn is_tileset(url: &str) -> bool {
    let path = without_query(url);
    path.len() >= 5
        && path
            .get(path.len() - 5..)
            .is_some_and(|end| end.eq_ignore_ascii_case(".json"))
}

/// Last part of the path: the content name.
pub fn file_name(url: &str) -> &str {
    without_query(url).rsplit('/').next().unwrap_or_default()
}

fn has_scheme(url: &str) -> bool {
    url.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

fn without_query(url: &str) -> &str {
    url.find(['?', '#']).map_or(url, |end| &url[..end])
}

fn split_origin(url: &str) -> (&str, &str) {
    let Some(start) = url.find("://").map(|i| i + 3) else {
        return ("", url);
    };
    url[start..].find('/').map_or((url, "/"), |i| url.split_at(start + i))
}

fn normalize(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                if parts.last().is_some_and(|last| !last.is_empty()) {
                    parts.pop();
                }
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_resolved() {
        for (base, reference, expect) in [
            ("tileset.json", "a.glb", "a.glb"),
            ("/tiles/city/tileset.json", "./x/../a.glb", "/tiles/city/a.glb"),
            ("/tileset.json", "../../a.glb", "/a.glb"),
            ("http://h:1/t/tileset.json", "c/a.glb?k=1", "http://h:1/t/c/a.glb?k=1"),
            ("http://h", "a.glb", "http://h/a.glb"),
            ("http://h/t/x.json", "//g/a.glb", "http://g/a.glb"),
            (
                "http://h/t/x.json",
                "data:application/json,{}",
                "data:application/json,{}",
            ),
        ] {
            assert_eq!(join(base, reference), expect, "{base} {reference}");
        }
    }

    #[test]
    fn kinds_are_told_apart() {
        assert!(is_tileset("/a/b.JSON?x=.glb"));
        assert!(!is_tileset("/a/b.glb?x=.json"));
        assert_eq!(file_name("/tiles/content/ab.glb?x"), "ab.glb");
    }
}
