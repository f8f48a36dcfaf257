//! Arrays of arrays of indices, kept flat: one allocation whatever the nesting.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::ops::Range;

/// An opening bracket.
const OPEN: u32 = u32::MAX;
/// A closing bracket.
const CLOSE: u32 = u32::MAX - 1;
/// `null`.
pub(crate) const NULL: u32 = u32::MAX - 2;
/// Anything that is no index: a negative or fractional number, text, an object.
pub(crate) const BAD: u32 = u32::MAX - 3;

/// Deepest nesting that CityJSON has: texture values of a composite solid.
const MAX_DEPTH: usize = 5;

/// A nested array as tokens: indices, [`NULL`], [`BAD`] and brackets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Nested {
    tokens: Vec<u32>,
}

/// Position in the nesting: solid, shell, surface, ring; levels that a geometry type lacks are 0.
pub(crate) type Path = [u32; 4];

/// A list of indices and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List {
    /// Place.
    pub(crate) path: Path,
    /// Range in [`Nested::slice`].
    pub(crate) range: Range<usize>,
}

impl Nested {
    /// Indices of a list found by [`Nested::lists`].
    pub(crate) fn slice(&self, range: &Range<usize>) -> &[u32] {
        self.tokens.get(range.clone()).unwrap_or_default()
    }

    /// Lists of indices at nesting `depth` (1: the array itself is the list), in order, and whether the nesting was
    /// as deep as that everywhere. The last level of the path is the list's number, whatever the depth.
    pub(crate) fn lists(&self, depth: usize) -> (Vec<List>, bool) {
        let mut lists = Vec::with_capacity(self.tokens.len() / 6 + 1);
        let is_regular = self.walk(depth, |path, range| lists.push(List { path, range }), |_, _| {});
        (lists, is_regular)
    }

    /// Values at nesting `depth` with their places; the last two levels of the path are (0: ring) and the value's number.
    pub(crate) fn values(&self, depth: usize) -> Vec<(Path, u32)> {
        let mut values = Vec::with_capacity(self.tokens.len());
        self.walk(depth, |_, _| {}, |path, value| values.push((path, value)));
        values
    }

    fn walk(&self, depth: usize, mut list: impl FnMut(Path, Range<usize>), mut value: impl FnMut(Path, u32)) -> bool {
        if depth == 0 || depth > MAX_DEPTH {
            return false;
        }
        // counters[d]: items seen so far in the open array at depth d (1-based)
        let mut counters = [0u32; MAX_DEPTH + 2];
        let mut level = 0;
        let mut start = 0;
        let mut is_regular = true;
        for (i, token) in self.tokens.iter().enumerate() {
            match *token {
                OPEN => {
                    level += 1;
                    if level <= depth {
                        counters[level] = 0;
                    } else {
                        is_regular = false;
                    }
                    if level == depth {
                        start = i + 1;
                    }
                }
                CLOSE => {
                    if level == depth {
                        list(list_path(&counters, depth), start..i);
                    }
                    level = level.saturating_sub(1);
                    if (1..=depth).contains(&level) {
                        counters[level] += 1;
                    }
                }
                index => {
                    if level == depth {
                        value(value_path(&counters, depth), index);
                    } else if index != NULL {
                        is_regular = false;
                    }
                    if (1..=depth).contains(&level) {
                        counters[level] += 1;
                    }
                }
            }
        }
        is_regular
    }
}

/// Place of the list that closes at `depth`: numbers of its ancestors, right-aligned.
fn list_path(counters: &[u32], depth: usize) -> Path {
    let mut path = [0; 4];
    for back in 0..4.min(depth - 1) {
        path[3 - back] = counters[depth - 1 - back];
    }
    path
}

/// Place of a value at `depth` (a surface): right-aligned to the surface level, ring 0.
fn value_path(counters: &[u32], depth: usize) -> Path {
    let mut path = [0; 4];
    for back in 0..3.min(depth) {
        path[2 - back] = counters[depth - back];
    }
    path
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut tokens = Vec::new();
        Tokens(&mut tokens).deserialize(deserializer)?;
        Ok(Self { tokens })
    }
}

struct Tokens<'a>(&'a mut Vec<u32>);

impl<'de> DeserializeSeed<'de> for Tokens<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tokens<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nested arrays of indices")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.0.push(u32::try_from(value).map_or(BAD, |v| v.min(BAD)));
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.0.push(BAD);
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        // writers in Python give 3.0 for 3; the cast is safe within the range checked
        let is_index = value.fract() == 0.0 && (0.0..f64::from(BAD)).contains(&value);
        self.0.push(if is_index { value as u32 } else { BAD });
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.push(NULL);
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.0.push(BAD);
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.0.push(BAD);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.0.push(OPEN);
        while seq.next_element_seed(Tokens(self.0))?.is_some() {}
        self.0.push(CLOSE);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.push(BAD);
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(text: &str) -> Nested {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn rings_know_their_place() {
        // one solid: outer shell of two surfaces (the second with a hole), one inner shell
        let n = nested("[[[[0,1,2]],[[3,4,5],[6,7,8]]],[[[9,10,11]]]]");
        let (lists, is_regular) = n.lists(4);
        assert!(is_regular);
        let got: Vec<(Path, u32)> = lists.iter().map(|l| (l.path, n.slice(&l.range)[0])).collect();
        assert_eq!(
            got,
            [
                ([0, 0, 0, 0], 0),
                ([0, 0, 1, 0], 3),
                ([0, 0, 1, 1], 6),
                ([0, 1, 0, 0], 9)
            ]
        );
        let (lists, _) = nested("[[0,1],[1,2]]").lists(2);
        assert_eq!(lists[1].path, [0, 0, 0, 1]);
    }

    #[test]
    fn values_meet_the_rings_of_their_surface() {
        assert_eq!(
            nested("[5,null,7]").values(1),
            [([0, 0, 0, 0], 5), ([0, 0, 1, 0], NULL), ([0, 0, 2, 0], 7)]
        );
        assert_eq!(nested("[null,[1,2]]").values(2), [([0, 1, 0, 0], 1), ([0, 1, 1, 0], 2)]);
        assert_eq!(nested("[[[1]],[[2],[3,4]]]").values(3).last(), Some(&([1, 1, 1, 0], 4)));
    }

    #[test]
    fn what_is_no_index_is_marked() {
        let n = nested("[[1, -1, 2.0, 2.5, \"x\", true, {\"a\":[1]}, 99999999999, null]]");
        let (lists, _) = n.lists(2);
        assert_eq!(n.slice(&lists[0].range), [1, BAD, 2, BAD, BAD, BAD, BAD, BAD, NULL]);
    }

    #[test]
    fn wrong_nesting_is_told() {
        assert!(!nested("[0,1,2]").lists(3).1);
        assert!(!nested("[[[[1,2,3]]]]").lists(3).1);
        assert!(nested("[]").lists(3).1 && nested("null").lists(3).0.is_empty());
        assert!(serde_json::from_str::<Nested>(&"[".repeat(1_000_000)).is_err());
    }
}
