//! Tells the format of a file and hands it to its reader. A new format adds one row to [`FORMATS`].

use crate::{FeatureSink, ReadOptions, SourceError, citygml, cityjson, dem, geojson, ifc, json, pipe_tables};
use city_model::Report;
use std::io::Read as _;
use std::path::Path;

/// A format with a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// CityJSON document.
    CityJson,
    /// CityJSON text sequence.
    CityJsonSeq,
    /// GeoJSON feature collection.
    GeoJson,
    /// CJJ 61 style point and line tables.
    PipeTables,
    /// GeoTIFF heights.
    GeoTiff,
    /// ESRI ASCII grid.
    AsciiGrid,
    /// IFC (STEP).
    Ifc,
    /// CityGML with i-UR `urf`.
    CityGmlUrf,
}

/// Reads one file: features to the sink, trouble with single features to the report.
pub type ReadFn = fn(&Path, &ReadOptions, &mut dyn FeatureSink, &mut Report) -> Result<(), SourceError>;

/// One row of the table of formats.
#[derive(Debug, Clone, Copy)]
pub struct FormatDef {
    /// Which.
    pub format: Format,
    /// Name for people.
    pub name: &'static str,
    /// Whether the first bytes look like it; the first row that says yes reads the file.
    pub matches: fn(&Head<'_>) -> bool,
    /// Its reader.
    pub read: ReadFn,
}

/// Every format with a reader, most particular first.
pub const FORMATS: &[FormatDef] = &[
    FormatDef {
        format: Format::CityJsonSeq,
        name: "CityJSONSeq",
        matches: cityjson::is_sequence,
        read: cityjson::read_sequence,
    },
    FormatDef {
        format: Format::CityJson,
        name: "CityJSON",
        matches: cityjson::is_document,
        read: cityjson::read_document,
    },
    FormatDef {
        format: Format::GeoJson,
        name: "GeoJSON",
        matches: geojson::is_geojson,
        read: geojson::read,
    },
    FormatDef {
        format: Format::GeoTiff,
        name: "GeoTIFF",
        matches: dem::is_geotiff,
        read: dem::read_geotiff,
    },
    FormatDef {
        format: Format::AsciiGrid,
        name: "ESRI ASCII grid",
        matches: dem::is_ascii_grid,
        read: dem::read_ascii,
    },
    FormatDef {
        format: Format::Ifc,
        name: "IFC",
        matches: ifc::is_ifc,
        read: ifc::read,
    },
    FormatDef {
        format: Format::CityGmlUrf,
        name: "CityGML urf",
        matches: citygml::is_urf,
        read: citygml::read,
    },
    FormatDef {
        format: Format::PipeTables,
        name: "pipe survey table",
        matches: pipe_tables::is_pipe_table,
        read: pipe_tables::read,
    },
];

/// Bytes looked at before a format is chosen.
const HEAD_BYTES: u64 = 1 << 20;

/// Beginning of a file.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Path as given.
    pub path: &'a Path,
    /// File name, lower case.
    pub name: &'a str,
    /// First bytes, at most 1 MiB.
    pub bytes: &'a [u8],
}

impl Head<'_> {
    /// True when the file name ends with `.extension` (lower case, no leading dot).
    pub fn has_extension(&self, extension: &str) -> bool {
        self.name
            .strip_suffix(extension)
            .is_some_and(|stem| stem.ends_with('.'))
    }

    /// True when the text `needle` occurs in the first bytes.
    pub fn contains(&self, needle: &str) -> bool {
        !needle.is_empty() && self.bytes.windows(needle.len()).any(|w| w == needle.as_bytes())
    }

    /// True when the first byte that is not white space opens a JSON object or array.
    pub fn is_json(&self) -> bool {
        matches!(self.bytes.get(json::skip_space(self.bytes, 0)), Some(b'{' | b'['))
    }

    /// True when a second JSON value follows the first one: a text sequence, one value a line.
    pub fn is_json_sequence(&self) -> bool {
        let start = json::skip_space(self.bytes, 0);
        let Some(end) = json::value_end(self.bytes, start) else {
            return false;
        };
        self.bytes.get(json::skip_space(self.bytes, end)) == Some(&b'{')
    }

    /// Text of the member `type` of the first JSON object, if it is among the first bytes.
    pub fn json_type(&self) -> Option<String> {
        let member = json::Members::new(self.bytes)
            .map_while(Result::ok)
            .find(|m| m.key == "type")?;
        json::text_of(member.value).map(std::borrow::Cow::into_owned)
    }
}

/// Tells the format of a file by its first bytes.
///
/// # Errors
/// [`SourceError::Io`] when it cannot be read, [`SourceError::UnknownFormat`] when no row of [`FORMATS`] knows it.
pub fn sniff_path(path: &Path) -> Result<&'static FormatDef, SourceError> {
    let io_error = SourceError::io(path);
    let file = std::fs::File::open(path).map_err(io_error)?;
    let mut bytes = Vec::new();
    file.take(HEAD_BYTES).read_to_end(&mut bytes).map_err(io_error)?;
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let head = Head {
        path,
        name: &name,
        bytes: &bytes,
    };
    FORMATS.iter().find(|def| (def.matches)(&head)).ok_or_else(|| {
        let known: Vec<&str> = FORMATS.iter().map(|def| def.name).collect();
        let reason = if bytes.is_empty() {
            "the file is empty".to_owned()
        } else {
            format!("none of {} fits its content", known.join(", "))
        };
        SourceError::UnknownFormat {
            path: path.to_owned(),
            reason,
        }
    })
}

/// Reads a file of any known format into `sink`.
///
/// # Errors
/// [`SourceError`] when the file is unusable as a whole; trouble with single features goes to `report`.
pub fn read_path(
    path: &Path,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    (sniff_path(path)?.read)(path, options, sink, report)
}

/// Reads a file whose format the caller knows.
///
/// # Errors
/// As [`read_path`].
pub fn read_as(
    format: Format,
    path: &Path,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let def = FORMATS
        .iter()
        .find(|def| def.format == format)
        .ok_or_else(|| SourceError::UnknownFormat {
            path: path.to_owned(),
            reason: format!("no reader of {format:?}"),
        })?;
    (def.read)(path, options, sink, report)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniff(name: &str, text: &str) -> Option<Format> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        sniff_path(&path).ok().map(|def| def.format)
    }

    #[test]
    fn formats_are_told_by_content_not_by_name() {
        let header = r#"{"type":"CityJSON","version":"2.0","CityObjects":{},"vertices":[]}"#;
        assert_eq!(sniff("a.json", header), Some(Format::CityJson));
        assert_eq!(
            sniff("a.json", &format!("{header}\n{{\"type\":\"CityJSONFeature\"}}\n")),
            Some(Format::CityJsonSeq)
        );
        assert_eq!(sniff("a.city.jsonl", header), Some(Format::CityJsonSeq));
        assert_eq!(
            sniff(
                "a.json",
                r#"{"CityObjects":{"a":{"type":"Building"}},"type":"CityJSON"}"#
            ),
            Some(Format::CityJson)
        );
        assert_eq!(
            sniff("a.json", r#"{"features":[],"type":"FeatureCollection"}"#),
            Some(Format::GeoJson)
        );
        assert_eq!(
            sniff("a.json", "{\"type\":\"Feature\"}\n{\"type\":\"Feature\"}"),
            Some(Format::GeoJson)
        );
        assert_eq!(
            sniff("a.geojson", r#"{"type":"Point","coordinates":[1,2]}"#),
            Some(Format::GeoJson)
        );
        for (name, text) in [
            ("a.json", ""),
            ("a.json", "{}"),
            ("a.city.json", "hello"),
            ("a.json", r#"{"type":"Topology"}"#),
        ] {
            assert_eq!(sniff(name, text), None, "{text}");
        }
    }

    #[test]
    fn what_no_reader_knows_is_said_plainly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.bin");
        std::fs::write(&path, [0u8, 1, 2]).unwrap();
        let err = sniff_path(&path).unwrap_err().to_string();
        assert!(err.contains("x.bin") && err.contains("CityJSON"), "{err}");
        assert!(matches!(
            sniff_path(&folder.path().join("absent")),
            Err(SourceError::Io { .. })
        ));
    }
}
