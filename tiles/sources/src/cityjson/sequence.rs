//! CityJSONSeq: a header line, then one feature a line; read in chunks that are parsed while the last one is stored.

use super::appearance::Images;
use super::document;
use super::emit::Emitter;
use super::header::{self, Header};
use super::mesh::{Pools, Scratch};
use super::object::{self, Outcome};
use super::raw::Transform;
use crate::json::{Matcher, Members};
use crate::{ReadOptions, SourceError};
use city_model::{Issue, Report, Severity};
use rayon::prelude::*;
use std::io::{self, BufRead, Read as _};
use std::sync::Arc;

/// Text parsed at a time, bytes: enough to keep the cores busy, little beside the features made of it.
const CHUNK_BYTES: usize = 1 << 20;
/// Longest line that is read, bytes.
const MAX_LINE_BYTES: u64 = 256 << 20;

struct TextLine {
    number: u64,
    text: Vec<u8>,
}

/// What one line became.
#[derive(Default)]
struct LineOutcome {
    outcomes: Vec<Outcome>,
    issues: Vec<Issue>,
    num_lost: u64,
}

enum Next {
    Features(Vec<TextLine>),
    Header(TextLine),
    End,
}

/// Reads the lines of `reader` to the end.
pub(crate) fn read_lines(
    reader: impl BufRead,
    options: &ReadOptions,
    images: &Images,
    emitter: &mut Emitter<'_>,
) -> Result<(), SourceError> {
    let layer = options.layer_for(emitter.path);
    let mut lines = Lines {
        reader,
        number: 0,
        pending: None,
        is_one_per_line: None,
    };
    let mut header: Option<Arc<Header>> = None;
    let mut ready: Vec<LineOutcome> = Vec::new();
    loop {
        let path = emitter.path;
        let next = lines.next_chunk(emitter).map_err(SourceError::io(path))?;
        match next {
            Next::Features(chunk) => {
                let current = header.clone();
                let mut parsed = Vec::new();
                let mut stored = Ok(());
                // the next chunk is parsed on the pool while this thread hands the last one to the sink
                rayon::in_place_scope(|scope| {
                    let (parsed, layer) = (&mut parsed, layer.as_str());
                    scope.spawn(move |_| {
                        *parsed = chunk
                            .par_iter()
                            .map_init(Scratch::default, |scratch, line| {
                                read_feature(line, current.as_deref(), images, layer, scratch)
                            })
                            .collect();
                    });
                    stored = store(std::mem::take(&mut ready), emitter);
                });
                stored?;
                ready = parsed;
            }
            Next::Header(line) => {
                store(std::mem::take(&mut ready), emitter)?;
                let label = format!("line {}", line.number);
                match document::read_text(&line.text, &label, options, images, emitter) {
                    Ok(read) => header = Some(Arc::new(read)),
                    // without its header nothing can be placed; a later header of a joined file loses only its part
                    Err(err) if header.is_none() || matches!(err, SourceError::Sink { .. }) => return Err(err),
                    Err(err) => {
                        emitter.quarantine("cityjson/bad-header", None, label, err.to_string());
                    }
                }
            }
            Next::End => {
                store(ready, emitter)?;
                if lines.number == 0 || (header.is_none() && emitter.report.features_read == 0) {
                    return Err(SourceError::malformed(
                        "CityJSONSeq",
                        emitter.path,
                        "line 1",
                        "there is no header line of type \"CityJSON\"",
                    ));
                }
                return Ok(());
            }
        }
    }
}

fn store(lines: Vec<LineOutcome>, emitter: &mut Emitter<'_>) -> Result<(), SourceError> {
    for line in lines {
        for issue in line.issues {
            emitter.issue(issue);
        }
        emitter.report.features_quarantined += line.num_lost;
        let ids: Vec<String> = line.outcomes.iter().map(|o| o.id.clone()).collect();
        let knows = |id: &str| ids.iter().any(|known| known == id);
        for outcome in line.outcomes {
            emitter.emit(outcome, &knows)?;
        }
        emitter.end_scope();
    }
    Ok(())
}

fn read_feature(
    line: &TextLine,
    header: Option<&Header>,
    images: &Images,
    layer: &str,
    scratch: &mut Scratch,
) -> LineOutcome {
    let mut result = LineOutcome::default();
    let at = format!("line {}", line.number);
    let issue = |severity, code: &str, feature: Option<&str>, message: String| Issue {
        severity,
        code: code.to_owned(),
        feature: feature.map(str::to_owned),
        at: Some(at.clone()),
        message,
    };
    let mut id = None;
    let (mut objects, mut vertices, mut appearance, mut transform) = (None, None, None, None);
    for member in Members::new(&line.text) {
        let reason = match member {
            Ok(member) if !member.is_cut => {
                match member.key.as_ref() {
                    "id" => id = serde_json::from_slice::<String>(member.value).ok(),
                    "CityObjects" => objects = Some(member.value),
                    "vertices" => vertices = Some(member.value),
                    "appearance" => appearance = Some(member.value),
                    "transform" => transform = serde_json::from_slice::<Transform>(member.value).ok(),
                    _ => {}
                }
                continue;
            }
            Ok(member) => format!("the line ends inside {:?}", member.key),
            Err(err) => err.to_string(),
        };
        result
            .issues
            .push(issue(Severity::Error, "cityjson/bad-line", id.as_deref(), reason));
        result.num_lost = 1;
        return result;
    }
    let (Some(objects), Some(vertices)) = (objects, vertices) else {
        let reason = "the feature has no \"CityObjects\" or no \"vertices\"".to_owned();
        result
            .issues
            .push(issue(Severity::Error, "cityjson/bad-line", id.as_deref(), reason));
        result.num_lost = 1;
        return result;
    };
    let Some(header) = header else {
        let reason = "no header line came before this feature".to_owned();
        result
            .issues
            .push(issue(Severity::Error, "cityjson/no-header", id.as_deref(), reason));
        result.num_lost = 1;
        return result;
    };
    let places = header.vertices(vertices, transform.as_ref().unwrap_or(&header.transform));
    let mut notes = Report::default();
    let own_appearance = appearance.map(|text| header::read_appearance(Some(text), &mut notes));
    result.issues.extend(notes.issues.into_iter().map(|i| Issue {
        feature: id.clone(),
        at: Some(at.clone()),
        ..i
    }));
    let pools = Pools {
        vertices: &places,
        appearance: own_appearance.as_ref().unwrap_or(&header.appearance),
        images,
    };
    for member in Members::new(objects) {
        match member {
            Ok(member) => {
                let outcome = object::read(&member.key, member.value, &at, header, pools, layer, scratch);
                result.outcomes.push(outcome);
            }
            Err(err) => {
                result.issues.push(issue(
                    Severity::Error,
                    "cityjson/bad-line",
                    id.as_deref(),
                    format!("CityObjects: {err}"),
                ));
                result.num_lost += 1;
            }
        }
    }
    // the main object goes before its parts
    result.outcomes.sort_by_key(|o| !o.parents.is_empty());
    if let Some(root) = id.filter(|root| !result.outcomes.iter().any(|o| o.id == *root)) {
        let reason = format!("the feature's id {root:?} is none of its city objects");
        result
            .issues
            .push(issue(Severity::Warning, "cityjson/root-id", Some(&root), reason));
    }
    result
}

struct Lines<R> {
    reader: R,
    number: u64,
    pending: Option<TextLine>,
    /// Whether the first record ended on its line; otherwise records are indented over several lines.
    is_one_per_line: Option<bool>,
}

impl<R: BufRead> Lines<R> {
    /// Next run of feature lines, or a header line.
    fn next_chunk(&mut self, emitter: &mut Emitter<'_>) -> io::Result<Next> {
        if let Some(header) = self.pending.take() {
            return Ok(Next::Header(header));
        }
        let mut chunk = Vec::new();
        let mut num_bytes = 0;
        while num_bytes < CHUNK_BYTES {
            let Some(line) = self.next_record(emitter)? else { break };
            if is_header(&line.text) {
                if chunk.is_empty() {
                    return Ok(Next::Header(line));
                }
                self.pending = Some(line);
                return Ok(Next::Features(chunk));
            }
            num_bytes += line.text.len();
            chunk.push(line);
        }
        Ok(if chunk.is_empty() {
            Next::End
        } else {
            Next::Features(chunk)
        })
    }

    /// Next record: a line, or the lines that make up one value where the file is indented.
    fn next_record(&mut self, emitter: &mut Emitter<'_>) -> io::Result<Option<TextLine>> {
        let Some(mut record) = self.next_line(emitter)? else {
            return Ok(None);
        };
        let start = crate::json::skip_space(&record.text, 0);
        let mut matcher = Matcher::default();
        let is_opened = record.text.get(start) == Some(&b'{');
        if self.is_one_per_line == Some(true) || !is_opened {
            return Ok(Some(record));
        }
        let mut is_complete = matcher.feed(record.text.get(start..).unwrap_or_default()).is_some();
        if *self.is_one_per_line.get_or_insert(is_complete) {
            return Ok(Some(record));
        }
        while !is_complete && (record.text.len() as u64) < MAX_LINE_BYTES {
            let Some(line) = self.next_line(emitter)? else { break };
            is_complete = matcher.feed(&line.text).is_some();
            record.text.extend_from_slice(&line.text);
        }
        Ok(Some(record))
    }

    /// Next line that is not blank; lines beyond the limit are counted as lost and passed over.
    fn next_line(&mut self, emitter: &mut Emitter<'_>) -> io::Result<Option<TextLine>> {
        loop {
            let mut text = Vec::new();
            let len = self.reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut text)?;
            if len == 0 {
                return Ok(None);
            }
            self.number += 1;
            if len as u64 == MAX_LINE_BYTES && !text.ends_with(b"\n") {
                self.skip_line()?;
                let reason = format!("the line is longer than {MAX_LINE_BYTES} bytes");
                emitter.quarantine("cityjson/bad-line", None, format!("line {}", self.number), reason);
                continue;
            }
            if crate::json::skip_space(&text, 0) < text.len() {
                return Ok(Some(TextLine {
                    number: self.number,
                    text,
                }));
            }
        }
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let end = buffer.iter().position(|b| *b == b'\n');
            let len = end.map_or(buffer.len(), |i| i + 1);
            self.reader.consume(len);
            if end.is_some() {
                return Ok(());
            }
        }
    }
}

/// True for a line of type `CityJSON`.
fn is_header(text: &[u8]) -> bool {
    let start = text.get(..64.min(text.len())).unwrap_or_default();
    if document::contains(start, b"\"CityJSONFeature\"") {
        return false;
    }
    Members::new(text)
        .map_while(Result::ok)
        .any(|m| m.key == "type" && m.value == b"\"CityJSON\"")
}
