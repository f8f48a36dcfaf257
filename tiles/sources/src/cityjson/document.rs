//! One CityJSON document: its members are found by a scan, its city objects are read in parallel, chunk by chunk.

use super::appearance::Images;
use super::emit::Emitter;
use super::header::{Header, HeaderText};
use super::mesh::{Pools, Scratch};
use super::object;
use crate::json::{Elements, Member, Members};
use crate::{ReadOptions, SourceError};
use hashbrown::HashSet;
use rayon::prelude::*;
use std::borrow::Cow;

/// City objects read at a time.
const CHUNK_OBJECTS: usize = 4096;

/// Reads the document in `text` and begins its data set.
///
/// * `label` — where it stands: empty, or `line N` in a sequence
pub(crate) fn read_text(
    text: &[u8],
    label: &str,
    options: &ReadOptions,
    images: &Images,
    emitter: &mut Emitter<'_>,
) -> Result<Header, SourceError> {
    let malformed = |at: String, reason: String| {
        let at = if label.is_empty() { at } else { format!("{label}, {at}") };
        SourceError::malformed("CityJSON", emitter.path, at, reason)
    };
    let mut header_text = HeaderText::default();
    let mut kind = None;
    let (mut objects, mut vertices): (Option<Member<'_>>, Option<Member<'_>>) = (None, None);
    let mut trouble = None;
    for member in Members::new(text) {
        let member = match member {
            Ok(member) => member,
            Err(err) => {
                trouble = Some(err.to_string());
                break;
            }
        };
        if member.is_cut {
            trouble = Some(format!("the text ends inside {:?}", member.key));
        }
        match member.key.as_ref() {
            "type" => kind = serde_json::from_slice::<String>(member.value).ok(),
            "CityObjects" => objects = Some(member),
            "vertices" => vertices = Some(member),
            _ if member.is_cut => {}
            "version" => header_text.version = Some(member.value),
            "transform" => header_text.transform = Some(member.value),
            "metadata" => header_text.metadata = Some(member.value),
            "appearance" => header_text.appearance = Some(member.value),
            "geometry-templates" => header_text.templates = Some(member.value),
            _ => {}
        }
    }
    if kind.as_deref() != Some("CityJSON") {
        let reason = trouble.unwrap_or_else(|| {
            format!(
                "the member \"type\" must be \"CityJSON\", not {}",
                kind.as_deref().unwrap_or("absent")
            )
        });
        return Err(malformed("root".to_owned(), reason));
    }
    let (Some(objects), Some(vertices)) = (objects, vertices) else {
        let reason = trouble.unwrap_or_else(|| "\"CityObjects\" or \"vertices\" is missing".to_owned());
        return Err(malformed("root".to_owned(), reason));
    };
    if let Some(reason) = trouble {
        emitter.report.error(
            "cityjson/truncated",
            None,
            Some("root".to_owned()),
            format!("{reason}: what came before is read"),
        );
    }
    let header = Header::read(header_text, emitter.path, options, images, emitter.report)?;
    emitter.begin(&header.info)?;
    let places = header.vertices(vertices.value, &header.transform);
    let num_listed = Elements::new(vertices.value).filter(Result::is_ok).take(1).count();
    if num_listed == 0 && !vertices.is_cut && Elements::new(vertices.value).any(|item| item.is_err()) {
        return Err(malformed(
            "vertices".to_owned(),
            "expected an array of vertices".to_owned(),
        ));
    }
    read_objects(objects.value, label, &places, &header, options, images, emitter)?;
    Ok(header)
}

fn read_objects(
    text: &[u8],
    label: &str,
    vertices: &[glam::DVec3],
    header: &Header,
    options: &ReadOptions,
    images: &Images,
    emitter: &mut Emitter<'_>,
) -> Result<(), SourceError> {
    let mut entries: Vec<(Cow<'_, str>, &[u8], bool)> = Vec::new();
    for member in Members::new(text) {
        match member {
            Ok(member) if !member.is_cut => {
                let has_parents = contains(member.value, b"\"parents\"");
                entries.push((member.key, member.value, has_parents));
            }
            Ok(member) => emitter.quarantine(
                "cityjson/truncated",
                Some(&member.key),
                "CityObjects".to_owned(),
                "the text ends inside this city object".to_owned(),
            ),
            Err(err) => emitter.report.error(
                "cityjson/truncated",
                None,
                Some("CityObjects".to_owned()),
                err.to_string(),
            ),
        }
    }
    // parents go before their parts
    entries.sort_by_key(|(_, _, has_parents)| *has_parents);
    let known: HashSet<&str> = entries.iter().map(|(id, _, _)| id.as_ref()).collect();
    let knows = |id: &str| known.contains(id);
    let layer = options.layer_for(emitter.path);
    let pools = Pools {
        vertices,
        appearance: &header.appearance,
        images,
    };
    let prefix = if label.is_empty() {
        String::new()
    } else {
        format!("{label}, ")
    };
    for chunk in entries.chunks(CHUNK_OBJECTS) {
        let outcomes: Vec<_> = chunk
            .par_iter()
            .with_min_len(16)
            .map_init(Scratch::default, |scratch, (id, text, _)| {
                object::read(
                    id,
                    text,
                    &format!("{prefix}CityObjects/{id}"),
                    header,
                    pools,
                    &layer,
                    scratch,
                )
            })
            .collect();
        for outcome in outcomes {
            emitter.emit(outcome, &knows)?;
        }
    }
    emitter.end_scope();
    Ok(())
}

/// True when `needle` occurs in `text`; a cheap hint, not a parse.
pub(crate) fn contains(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|window| window == needle)
}
