//! Sizes as surveyors write them.

/// A section in millimetres: diameter, or width and height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SizeMm {
    /// Round.
    Diameter(f64),
    /// Box: width first.
    WidthHeight(f64, f64),
}

/// Reads `300`, `DN300`, `φ300`, `d300`, `800X600`, `800*600`, `0.8×0.6m`; `None` for anything else or beyond 20 m.
///
/// ```
/// use city_sources::pipe_tables::parse_size;
/// assert!(parse_size("DN300").is_some());
/// assert!(parse_size("见图").is_none());
/// ```
pub fn parse_size(text: &str) -> Option<SizeMm> {
    let lower = text.trim().to_lowercase();
    let (body, factor) = match lower.strip_suffix("mm") {
        Some(body) => (body, 1.0),
        None => lower
            .strip_suffix('m')
            .map_or((lower.as_str(), 1.0), |body| (body, 1000.0)),
    };
    let mut numbers = vec![];
    for part in body.split(['x', '*', '×', '╳', '＊', 'х']) {
        let digits = part
            .trim()
            .trim_start_matches(|c: char| c.is_alphabetic() || c == 'φ' || c == 'Φ' || c == '∅');
        numbers.push(digits.trim().parse::<f64>().ok()? * factor);
    }
    let plausible = |v: f64| v.is_finite() && v > 0.0 && v <= 20_000.0;
    match numbers.as_slice() {
        [d] if plausible(*d) => Some(SizeMm::Diameter(*d)),
        [w, h] if plausible(*w) && plausible(*h) => Some(SizeMm::WidthHeight(*w, *h)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_in_the_wild() {
        for (text, expected) in [
            ("300", Some(SizeMm::Diameter(300.0))),
            (" DN300 ", Some(SizeMm::Diameter(300.0))),
            ("φ1200mm", Some(SizeMm::Diameter(1200.0))),
            ("800X600", Some(SizeMm::WidthHeight(800.0, 600.0))),
            ("800*600", Some(SizeMm::WidthHeight(800.0, 600.0))),
            ("0.8×0.6m", Some(SizeMm::WidthHeight(800.0, 600.0))),
            ("", None),
            ("0", None),
            ("-300", None),
            ("9x9x9", None),
            ("1e99", None),
            ("不明", None),
        ] {
            assert_eq!(parse_size(text), expected, "{text}");
        }
    }
}
