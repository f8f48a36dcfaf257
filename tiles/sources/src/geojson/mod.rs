//! GeoJSON: feature collections, single features and geometries, newline-delimited features; streamed.
//!
//! Footprints with a height or a number of floors become LoD1 extrusions, lines with a section or levels become pipes,
//! points become manholes, fittings and trees, other polygons areas on the ground. Which property means what is data:
//! `aliases.json`. Coordinates are WGS 84 longitude, latitude unless the `crs` member of 2008 or the caller says else.
//!
//! # Source
//! RFC 7946; GeoJSON 1.0 (2008) for `crs`; RFC 8142 for text sequences.

mod aliases;
mod classify;
mod convert;
mod geometry;
mod pipe;

use crate::json::{ElementStream, StreamEvent};
use crate::sniff::Head;
use crate::{DatasetInfo, FeatureSink, ReadOptions, SourceError};
use aliases::KeyCache;
use city_model::{Crs, Feature, Report};
use classify::Hints;
use convert::{Context, Outcome};
use hashbrown::HashMap;
use rayon::prelude::*;
use serde_json::Value;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// Text parsed at a time, bytes.
const CHUNK_BYTES: usize = 1 << 20;
/// Longest line of newline-delimited GeoJSON, bytes.
const MAX_LINE_BYTES: u64 = 256 << 20;
/// Largest text of a single feature or geometry, bytes.
const MAX_SINGLE_BYTES: u64 = 512 << 20;
/// Bytes at the end of a collection that are searched for a late `crs`.
const TAIL_BYTES: u64 = 4096;

/// Types that a GeoJSON text may begin with.
const TYPES: &[&str] = &[
    "FeatureCollection",
    "Feature",
    "GeometryCollection",
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
];

/// True for GeoJSON.
pub fn is_geojson(head: &Head<'_>) -> bool {
    head.is_json()
        && (head.json_type().is_some_and(|t| TYPES.contains(&t.as_str())) || head.contains("\"FeatureCollection\""))
}

/// Reads GeoJSON, a chunk of features at a time.
///
/// # Errors
/// [`SourceError`] when the file cannot be read, is no GeoJSON, or its CRS is not known.
pub fn read(
    path: &Path,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let io_error = SourceError::io(path);
    let mut file = File::open(path).map_err(io_error)?;
    let mut head_bytes = Vec::new();
    file.by_ref()
        .take(1 << 20)
        .read_to_end(&mut head_bytes)
        .map_err(io_error)?;
    let head = Head {
        path,
        name: "",
        bytes: &head_bytes,
    };
    let is_sequence = head.is_json_sequence();
    let is_single = !is_sequence
        && head
            .json_type()
            .is_some_and(|t| t != "FeatureCollection" && TYPES.contains(&t.as_str()));
    let late = if is_sequence || is_single {
        None
    } else {
        late_members(&mut file, path).map_err(io_error)?
    };
    file.seek(SeekFrom::Start(0)).map_err(io_error)?;
    let reader = BufReader::with_capacity(1 << 18, file);
    let source = if is_sequence {
        Source::Lines(reader)
    } else if is_single {
        Source::Single(reader)
    } else {
        Source::Collection(ElementStream::new(reader, "features"))
    };
    let mut run = Run {
        path,
        options,
        sink,
        report,
        seen: HashMap::new(),
        context: None,
        members: late.unwrap_or_default(),
        number: 0,
    };
    run.all(source)
}

/// Members of the collection that matter beside its features.
#[derive(Debug, Default)]
struct Members {
    crs: Option<Value>,
    name: Option<String>,
    attribution: Option<String>,
}

impl Members {
    fn take(&mut self, key: &str, text: &[u8]) {
        let as_text = || {
            serde_json::from_slice::<String>(text)
                .ok()
                .filter(|t| !t.trim().is_empty())
        };
        match key {
            "crs" => self.crs = serde_json::from_slice(text).ok().filter(|v: &Value| !v.is_null()),
            "name" => self.name = as_text(),
            "attribution" | "copyright" | "credit" => self.attribution = as_text(),
            _ => {}
        }
    }
}

/// A `crs` that stands after the features must be known before them: searched only when the end of the file shows one.
fn late_members(file: &mut File, path: &Path) -> io::Result<Option<Members>> {
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.by_ref().take(TAIL_BYTES).read_to_end(&mut tail)?;
    let has_late_crs = len > TAIL_BYTES && tail.windows(5).any(|w| w == b"\"crs\"");
    if !has_late_crs {
        return Ok(None);
    }
    let mut members = Members::default();
    let mut stream = ElementStream::new(BufReader::with_capacity(1 << 18, File::open(path)?), "features");
    loop {
        match stream.next_event()? {
            StreamEvent::Member(key) => members.take(&key, &stream.value),
            StreamEvent::Element => {}
            StreamEvent::End | StreamEvent::Broken(_) => return Ok(Some(members)),
        }
    }
}

enum Source {
    Collection(ElementStream<BufReader<File>>),
    Lines(BufReader<File>),
    Single(BufReader<File>),
}

struct Run<'a> {
    path: &'a Path,
    options: &'a ReadOptions,
    sink: &'a mut dyn FeatureSink,
    report: &'a mut Report,
    /// Hash of an id → how often it was met.
    seen: HashMap<[u64; 2], u32>,
    context: Option<Context>,
    members: Members,
    number: u64,
}

impl Run<'_> {
    fn all(&mut self, mut source: Source) -> Result<(), SourceError> {
        let mut ready: Vec<Outcome> = Vec::new();
        loop {
            let chunk = self.next_chunk(&mut source)?;
            let is_end = chunk.is_empty();
            self.begin()?;
            let Some(context) = self.context.take() else {
                return Ok(());
            };
            let mut parsed = Vec::new();
            let mut stored = Ok(());
            // the next chunk is parsed on the pool while this thread hands the last one to the sink
            rayon::in_place_scope(|scope| {
                let (parsed, context, chunk) = (&mut parsed, &context, &chunk);
                scope.spawn(move |_| {
                    *parsed = chunk
                        .par_iter()
                        .with_min_len(16)
                        .map_init(KeyCache::default, |cache, (number, text)| {
                            convert::read(text, *number, context, cache)
                        })
                        .collect();
                });
                stored = self.store(std::mem::take(&mut ready));
            });
            stored?;
            self.context = Some(context);
            ready = parsed;
            if is_end {
                return Ok(());
            }
        }
    }

    /// Begins the data set before its first feature.
    fn begin(&mut self) -> Result<(), SourceError> {
        if self.context.is_some() {
            return Ok(());
        }
        let crs = self.crs()?;
        let layer = self.options.layer_for(self.path);
        let file = self
            .path
            .file_name()
            .map(|n| n.to_string_lossy().to_lowercase())
            .unwrap_or_default();
        let words = format!(
            "{} {file} {}",
            layer.to_lowercase(),
            self.members.name.as_deref().unwrap_or_default().to_lowercase()
        );
        let hints = Hints {
            words,
            pipe_class: self.options.pipe_class.clone(),
            default_class: self.options.default_class,
        };
        self.context = Some(Context {
            layer,
            hints,
            is_geographic: crs.is_geographic(),
        });
        let info = DatasetInfo {
            crs: Some(crs),
            title: self.members.name.clone(),
            attribution: self
                .members
                .attribution
                .clone()
                .or_else(|| self.options.attribution.clone()),
            licence: None,
        };
        self.sink.begin(&info).map_err(SourceError::sink(self.path))
    }

    fn crs(&self) -> Result<Crs, SourceError> {
        if let Some(crs) = &self.options.override_crs {
            return Ok(crs.clone());
        }
        let Some(stated) = &self.members.crs else {
            return Ok(self.options.default_crs.clone().unwrap_or_else(Crs::wgs84));
        };
        let name = match stated {
            Value::String(name) => name.clone(),
            object => {
                let name = object
                    .pointer("/properties/name")
                    .or_else(|| object.pointer("/properties/code"));
                name.map(|n| n.as_str().map_or_else(|| n.to_string(), str::to_owned))
                    .unwrap_or_default()
            }
        };
        Crs::parse(&name).or_else(|err| {
            self.options.default_crs.clone().ok_or_else(|| SourceError::Crs {
                path: self.path.to_owned(),
                reason: format!("{err} in the member \"crs\"; state the CRS when importing"),
            })
        })
    }

    fn next_chunk(&mut self, source: &mut Source) -> Result<Vec<(u64, Vec<u8>)>, SourceError> {
        let path = self.path;
        let io_error = SourceError::io(path);
        let mut chunk = Vec::new();
        let mut num_bytes = 0;
        while num_bytes < CHUNK_BYTES {
            let text = match source {
                Source::Collection(stream) => match stream.next_event().map_err(io_error)? {
                    StreamEvent::Element => Some(std::mem::take(&mut stream.value)),
                    StreamEvent::Member(key) => {
                        self.members.take(&key, &stream.value);
                        continue;
                    }
                    StreamEvent::End => None,
                    StreamEvent::Broken(reason) => {
                        let at = format!("byte {}", stream.offset);
                        if self.number == 0 {
                            return Err(self.malformed(at, reason.to_owned()));
                        }
                        self.report.error(
                            "geojson/truncated",
                            None,
                            Some(at),
                            format!("{reason}: what came before is read"),
                        );
                        self.report.features_quarantined += 1;
                        None
                    }
                },
                Source::Lines(reader) => next_line(reader).map_err(io_error)?,
                Source::Single(reader) => {
                    let mut text = Vec::new();
                    reader.take(MAX_SINGLE_BYTES).read_to_end(&mut text).map_err(io_error)?;
                    if text.len() as u64 == MAX_SINGLE_BYTES {
                        return Err(self.malformed("root".to_owned(), "a single feature is too large".to_owned()));
                    }
                    (!text.is_empty()).then_some(text)
                }
            };
            let Some(text) = text else { break };
            self.number += 1;
            num_bytes += text.len();
            chunk.push((self.number, text));
        }
        Ok(chunk)
    }

    fn malformed(&self, at: String, reason: String) -> SourceError {
        SourceError::malformed("GeoJSON", self.path, at, reason)
    }

    fn store(&mut self, outcomes: Vec<Outcome>) -> Result<(), SourceError> {
        for outcome in outcomes {
            for issue in outcome.issues {
                self.report.push(issue);
            }
            self.report.features_quarantined += outcome.num_lost;
            for mut feature in outcome.features {
                self.make_unique(&mut feature);
                self.sink.feature(feature).map_err(SourceError::sink(self.path))?;
                self.report.features_read += 1;
            }
        }
        Ok(())
    }

    /// Ids are no duty in GeoJSON: a repeated one gets a number, and is told.
    fn make_unique(&mut self, feature: &mut Feature) {
        let count = self.seen.entry(fingerprint(&feature.id)).or_default();
        *count += 1;
        if *count > 1 {
            let unique = format!("{}~{count}", feature.id);
            self.report.warn(
                "geojson/duplicate-id",
                Some(&feature.id),
                None,
                format!("the id was met before: read as {unique:?}"),
            );
            self.seen.insert(fingerprint(&unique), 1);
            feature.id = unique;
        }
    }
}

fn fingerprint(id: &str) -> [u64; 2] {
    [0u8, 1].map(|salt| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        id.hash(&mut hasher);
        hasher.finish()
    })
}

/// Next line that is not blank.
fn next_line(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    loop {
        let mut text = Vec::new();
        if reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut text)? == 0 {
            return Ok(None);
        }
        let start = crate::json::skip_space(&text, 0);
        if start < text.len() {
            return Ok(Some(text.split_off(start)));
        }
    }
}
