//! Finding features by name, id and attribute text: the token index gives candidates, the texts themselves rank them.

use crate::text::{self, Run};
use crate::{SearchAnswer, SearchHit, StoreError};
use city_model::{Attributes, FeatureIndex};
use rusqlite::{Connection, params};
use serde_json::Value;
use std::collections::HashSet;
use std::fmt::Write as _;

/// Candidates read and ranked for one step of a query.
const MAX_CANDIDATES: u32 = 600;
/// Queries are cut to this length.
const MAX_QUERY_BYTES: usize = 200;
/// Results of the near step must be at least this near.
const MIN_SIMILARITY: f32 = 0.45;

pub(super) fn search(connection: &Connection, query: &str, limit: u32) -> Result<SearchAnswer, StoreError> {
    let normalised = text::normalise(text::cut(query.trim(), MAX_QUERY_BYTES));
    let mut found = Found {
        query: &normalised,
        seen: HashSet::new(),
        hits: Vec::new(),
    };
    let mut total = 0;
    // names and ids first: their hits outrank any attribute
    for expression in [
        exact_expression(&normalised, "ni"),
        exact_expression(&normalised, "nia"),
    ]
    .into_iter()
    .flatten()
    {
        total = count(connection, &expression)?;
        found.add(connection, &expression, 0.0)?;
        if found.hits.len() >= limit as usize {
            // the count of the wider question is what the caller asked for
            if let Some(wide) = exact_expression(&normalised, "nia") {
                total = count(connection, &wide)?;
            }
            break;
        }
    }
    if (found.hits.len() as u64) < u64::from(limit)
        && let Some(expression) = near_expression(&normalised)
    {
        let before = found.hits.len();
        found.add(connection, &expression, MIN_SIMILARITY)?;
        total = total.max(before as u64) + (found.hits.len() - before) as u64;
    }
    found
        .hits
        .sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.index.cmp(&b.index)));
    found.hits.truncate(limit as usize);
    Ok(SearchAnswer {
        total: total.min(SearchAnswer::MAX_TOTAL),
        hits: found.hits,
    })
}

/// Every run of the query must be met, words by prefix, in one of the fields. A query of several runs that is one id
/// is also met by its squeezed form.
fn exact_expression(normalised: &str, fields: &str) -> Option<String> {
    let runs = text::runs(normalised);
    let mut all = Vec::new();
    for run in &runs {
        match run {
            Run::Word(word) => all.push(any_field(word, fields)),
            Run::Cjk(run) => all.extend(text::pairs(run).into_iter().map(|pair| any_field(pair, fields))),
        }
    }
    if all.is_empty() {
        return None;
    }
    let mut expression = all.join(" AND ");
    if runs.len() > 1 {
        let squeezed = text::squeeze(normalised);
        write!(expression, " OR \"i{squeezed}\"*").ok()?;
    }
    Some(expression)
}

fn any_field(token: &str, fields: &str) -> String {
    let alternatives: Vec<String> = fields.chars().map(|field| format!("\"{field}{token}\"*")).collect();
    format!("({})", alternatives.join(" OR "))
}

/// Any pair or trigram of the query met in a name: candidates for a typing error or an abbreviation.
fn near_expression(normalised: &str) -> Option<String> {
    let mut any = Vec::new();
    for run in text::runs(normalised) {
        match run {
            Run::Word(word) => {
                any.extend(text::trigrams(word).into_iter().map(|t| format!("\"t{t}\"")));
            }
            Run::Cjk(run) => {
                let characters: Vec<String> = run.chars().take(12).map(|c| format!("\"n{c}\"*")).collect();
                if characters.len() > 1 {
                    // two neighbouring characters of the query, in any place of the name: 郑大附院 finds 郑州大学附属医院
                    any.extend(characters.windows(2).map(|pair| format!("({})", pair.join(" AND "))));
                }
            }
        }
    }
    if any.is_empty() { None } else { Some(any.join(" OR ")) }
}

fn count(connection: &Connection, expression: &str) -> Result<u64, StoreError> {
    connection
        .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM feature_search WHERE feature_search MATCH ?1 LIMIT ?2)")
        .and_then(|mut statement| {
            statement.query_row(params![expression, SearchAnswer::MAX_TOTAL.cast_signed()], |row| {
                row.get::<_, i64>(0)
            })
        })
        .map(i64::cast_unsigned)
        .map_err(StoreError::sql("search"))
}

struct Found<'a> {
    query: &'a str,
    seen: HashSet<u32>,
    hits: Vec<SearchHit>,
}

impl Found<'_> {
    fn add(&mut self, connection: &Connection, expression: &str, min_similarity: f32) -> Result<(), StoreError> {
        let mut statement = connection
            .prepare_cached(
                "SELECT f.idx, f.id, f.name, f.class, f.layer_code, f.min_x, f.min_y, f.min_z, f.max_x, f.max_y, f.max_z, f.on_terrain, b.attributes
                 FROM (SELECT rowid FROM feature_search WHERE feature_search MATCH ?1 LIMIT ?2) s
                 CROSS JOIN features f ON f.idx = s.rowid JOIN feature_bodies b ON b.idx = f.idx WHERE f.live = 1",
            )
            .map_err(StoreError::sql("search"))?;
        let mut rows = statement
            .query(params![expression, MAX_CANDIDATES])
            .map_err(StoreError::sql("search"))?;
        while let Some(row) = rows.next().map_err(StoreError::sql("search"))? {
            let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<SearchHit> {
                Ok(SearchHit {
                    index: FeatureIndex(row.get(0)?),
                    id: row.get(1)?,
                    name: row.get(2)?,
                    class: super::read::class(row.get(3)?),
                    layer_code: row.get(4)?,
                    bounds: super::read::bounds(row, 5)?,
                    on_terrain: row.get(11)?,
                    matched: (String::new(), String::new()),
                    score: 0.0,
                })
            };
            let mut hit = read(row).map_err(StoreError::sql("search"))?;
            if self.seen.contains(&hit.index.0) {
                continue;
            }
            let json: String = row.get(12).map_err(StoreError::sql("search"))?;
            if self.rank(&mut hit, &json, min_similarity) {
                self.seen.insert(hit.index.0);
                self.hits.push(hit);
            }
        }
        Ok(())
    }

    /// Scores a candidate; false when it is not near enough.
    fn rank(&self, hit: &mut SearchHit, attributes_json: &str, min_similarity: f32) -> bool {
        if let Some(name) = &hit.name
            && let Some(score) = whole_score(self.query, &text::normalise(name), 100.0)
        {
            hit.score = score;
            hit.matched = ("name".to_owned(), name.clone());
            return true;
        }
        if let Some(score) = whole_score(
            &text::squeeze(self.query),
            &text::squeeze(&text::normalise(&hit.id)),
            95.0,
        ) {
            hit.score = score;
            hit.matched = ("id".to_owned(), hit.id.clone());
            return true;
        }
        let near_name = hit
            .name
            .as_deref()
            .map_or(0.0, |name| text::similarity(self.query, &text::normalise(name)));
        if min_similarity > 0.0 {
            if near_name < min_similarity {
                return false;
            }
            hit.score = 40.0 * near_name;
            hit.matched = ("name".to_owned(), hit.name.clone().unwrap_or_default());
            return true;
        }
        // the tokens matched, so some attribute holds a part of the query
        let attributes: Attributes = serde_json::from_str(attributes_json).unwrap_or_default();
        let mut best: Option<(f32, &String, String)> = None;
        for (key, value) in &attributes {
            let shown = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => continue,
            };
            let normalised = text::normalise(text::cut(&shown, 400));
            let score = whole_score(self.query, &normalised, 70.0)
                .unwrap_or_else(|| 45.0 * text::similarity(self.query, &normalised));
            if best.as_ref().is_none_or(|(best_score, _, _)| score > *best_score) {
                best = Some((score, key, shown));
            }
        }
        match best {
            Some((score, key, shown)) if score > 45.0 * near_name || hit.name.is_none() => {
                hit.score = score;
                hit.matched = (key.clone(), shown);
            }
            _ => {
                hit.score = 45.0 * near_name;
                hit.matched = ("name".to_owned(), hit.name.clone().unwrap_or_default());
            }
        }
        true
    }
}

/// `top` for the same text, less for a prefix, a part, and for much text around it; `None` when it is no part.
fn whole_score(query: &str, text: &str, top: f32) -> Option<f32> {
    if query.is_empty() {
        return None;
    }
    let at = text.find(query)?;
    let share = query.len() as f32 / text.len() as f32;
    Some(match (at, text.len() == query.len()) {
        (0, true) => top,
        (0, false) => top - 12.0 + 6.0 * share,
        _ => top - 20.0 + 6.0 * share,
    })
}
