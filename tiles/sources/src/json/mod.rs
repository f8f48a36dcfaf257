//! Cuts JSON text into the spans of its members and elements without building a tree, so that one broken part does
//! not lose the rest and nesting depth costs no stack.

mod stream;

pub(crate) use stream::{ElementStream, StreamEvent};

use std::borrow::Cow;

/// Why a scan ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScanError {
    /// Byte offset in the scanned slice.
    pub(crate) offset: usize,
    /// What was expected there.
    pub(crate) reason: &'static str,
}

impl std::fmt::Display for ScanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {}", self.reason, self.offset)
    }
}

/// Finds the end of one JSON value, fed piece by piece.
#[derive(Debug, Default, Clone)]
pub(crate) struct Matcher {
    depth: usize,
    in_string: bool,
    escaped: bool,
    scalar: bool,
}

impl Matcher {
    /// Takes the next bytes of the value (which starts at its first byte, no leading white space).
    /// Returns the number of bytes that belong to it once its end is seen. A number or word ends before the
    /// delimiter, so at the end of the input `is_open_scalar` tells that it is complete.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut i = 0;
        while let Some(&byte) = bytes.get(i) {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                } else if byte == b'\\' {
                    self.escaped = true;
                } else if byte == b'"' {
                    self.in_string = false;
                    if self.depth == 0 {
                        return Some(i + 1);
                    }
                }
            } else {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => {
                        if self.depth == 0 {
                            return Some(i);
                        }
                        self.depth -= 1;
                        if self.depth == 0 {
                            return Some(i + 1);
                        }
                    }
                    b',' | b' ' | b'\n' | b'\r' | b'\t' | b':' if self.depth == 0 => return Some(i),
                    _ => self.scalar |= self.depth == 0,
                }
            }
            i += 1;
        }
        None
    }

    /// True while the value is a number or a word whose end only the end of the input can tell.
    pub(crate) const fn is_open_scalar(&self) -> bool {
        self.scalar && self.depth == 0 && !self.in_string
    }
}

/// First index at or after `start` that is not white space, a byte-order mark or a record separator.
pub(crate) fn skip_space(bytes: &[u8], start: usize) -> usize {
    let mut i = start;
    while let Some(byte) = bytes.get(i) {
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' | 0x1e => i += 1,
            0xef if bytes.get(i..i + 3) == Some(&[0xef, 0xbb, 0xbf]) => i += 3,
            _ => break,
        }
    }
    i
}

/// End of the value that starts at `start`; `None` when the text ends first.
pub(crate) fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let mut matcher = Matcher::default();
    match matcher.feed(rest) {
        Some(0) => None,
        Some(len) => Some(start + len),
        None if matcher.is_open_scalar() => Some(bytes.len()),
        None => None,
    }
}

/// One member of an object: key and the text of its value. When `is_cut` the text ended inside the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member<'a> {
    /// Key, escapes resolved.
    pub(crate) key: Cow<'a, str>,
    /// Text of the value.
    pub(crate) value: &'a [u8],
    /// The value is not complete.
    pub(crate) is_cut: bool,
}

/// Members of the object in `bytes`, in order; ends after the first error.
pub(crate) struct Members<'a> {
    bytes: &'a [u8],
    at: usize,
    is_first: bool,
    is_done: bool,
}

impl<'a> Members<'a> {
    /// `bytes` holds one object, perhaps with white space around it.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            is_first: true,
            is_done: false,
        }
    }

    fn step(&mut self) -> Result<Option<Member<'a>>, ScanError> {
        let bytes = self.bytes;
        let Some(key_start) = next_item(bytes, self.at, &mut self.is_first, b'{', b'}')? else {
            return Ok(None);
        };
        let fail = |offset, reason| ScanError { offset, reason };
        if bytes.get(key_start) != Some(&b'"') {
            return Err(fail(key_start, "expected a key in double quotes"));
        }
        let key_end = value_end(bytes, key_start).ok_or_else(|| fail(bytes.len(), "the text ends inside a key"))?;
        let quoted = bytes.get(key_start..key_end).unwrap_or_default();
        let key = text_of(quoted).ok_or_else(|| fail(key_start, "a key is not valid UTF-8 text"))?;
        let colon = skip_space(bytes, key_end);
        if bytes.get(colon) != Some(&b':') {
            return Err(fail(colon, "expected ':' after a key"));
        }
        let start = skip_space(bytes, colon + 1);
        if start >= bytes.len() {
            return Err(fail(start, "the text ends where a value should be"));
        }
        let end = value_end(bytes, start);
        self.at = end.unwrap_or(bytes.len());
        self.is_done = end.is_none();
        Ok(Some(Member {
            key,
            value: bytes.get(start..self.at).unwrap_or_default(),
            is_cut: end.is_none(),
        }))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Result<Member<'a>, ScanError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let step = self.step().transpose();
        self.is_done |= !matches!(step, Some(Ok(_)));
        step
    }
}

/// Elements of the array in `bytes`, in order; an element that the text cuts short is an error.
pub(crate) struct Elements<'a> {
    bytes: &'a [u8],
    at: usize,
    is_first: bool,
    is_done: bool,
}

impl<'a> Elements<'a> {
    /// `bytes` holds one array, perhaps with white space around it.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            is_first: true,
            is_done: false,
        }
    }

    fn step(&mut self) -> Result<Option<&'a [u8]>, ScanError> {
        let Some(start) = next_item(self.bytes, self.at, &mut self.is_first, b'[', b']')? else {
            return Ok(None);
        };
        let end = value_end(self.bytes, start).ok_or(ScanError {
            offset: self.bytes.len(),
            reason: "the text ends inside an array",
        })?;
        self.at = end;
        Ok(self.bytes.get(start..end))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<&'a [u8], ScanError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let step = self.step().transpose();
        self.is_done = !matches!(step, Some(Ok(_)));
        step
    }
}

/// Start of the next item of an object or array; `None` at its closing bracket.
fn next_item(bytes: &[u8], at: usize, is_first: &mut bool, open: u8, close: u8) -> Result<Option<usize>, ScanError> {
    let mut i = skip_space(bytes, at);
    if *is_first {
        if bytes.get(i) != Some(&open) {
            return Err(ScanError {
                offset: i,
                reason: if open == b'{' {
                    "expected an object"
                } else {
                    "expected an array"
                },
            });
        }
        *is_first = false;
        i = skip_space(bytes, i + 1);
        if bytes.get(i) == Some(&close) {
            return Ok(None);
        }
        return Ok(Some(i));
    }
    match bytes.get(i) {
        Some(byte) if *byte == close => Ok(None),
        Some(b',') => Ok(Some(skip_space(bytes, i + 1))),
        Some(_) => Err(ScanError {
            offset: i,
            reason: "expected ',' or a closing bracket",
        }),
        None => Err(ScanError {
            offset: i,
            reason: "the text ends before the closing bracket",
        }),
    }
}

/// Text of a quoted JSON string.
pub(crate) fn text_of(quoted: &[u8]) -> Option<Cow<'_, str>> {
    let inner = quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if inner.contains(&b'\\') {
        return serde_json::from_slice::<String>(quoted).ok().map(Cow::Owned);
    }
    std::str::from_utf8(inner).ok().map(Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_are_cut_at_their_ends() {
        let text = br#" { "a" : [1,{"x":"]}"}], "b\"c":"y\\", "n":-1.5e3 }"#;
        let members: Vec<_> = Members::new(text).map(|m| m.unwrap()).collect();
        let pairs: Vec<_> = members
            .iter()
            .map(|m| (m.key.as_ref(), std::str::from_utf8(m.value).unwrap()))
            .collect();
        assert_eq!(
            pairs,
            [("a", r#"[1,{"x":"]}"}]"#), ("b\"c", r#""y\\""#), ("n", "-1.5e3")]
        );
    }

    #[test]
    fn a_cut_text_gives_its_whole_members_and_says_so() {
        let members: Vec<_> = Members::new(br#"{"a":1,"b":[1,2"#).map(|m| m.unwrap()).collect();
        assert_eq!(
            (members.len(), members[1].is_cut, members[1].value),
            (2, true, &b"[1,2"[..])
        );
        let elements: Vec<_> = Elements::new(br#"[{"x":1},{"y":"#).collect();
        assert!(elements[0].is_ok() && elements[1].is_err() && elements.len() == 2);
    }

    #[test]
    fn a_million_brackets_cost_no_stack() {
        let deep = "[".repeat(1_000_000);
        assert!(value_end(deep.as_bytes(), 0).is_none());
        let closed = format!("{deep}{}", "]".repeat(1_000_000));
        assert_eq!(value_end(closed.as_bytes(), 0), Some(2_000_000));
    }

    proptest! {
        #[test]
        fn scanning_any_bytes_ends(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Members::new(&bytes).count() <= 201);
            prop_assert!(Elements::new(&bytes).count() <= 201);
        }

        #[test]
        fn spans_hold_the_same_values_as_a_tree(items in proptest::collection::vec(("[a-z\"\\\\é]{0,4}", any::<i32>()), 0..8)) {
            let array: Vec<serde_json::Value> = items.iter().map(|(k, v)| serde_json::json!({ k.as_str(): v })).collect();
            let text = serde_json::to_vec_pretty(&array).unwrap();
            let back: Vec<serde_json::Value> = Elements::new(&text).map(|e| serde_json::from_slice(e.unwrap()).unwrap()).collect();
            prop_assert_eq!(back, array);
        }
    }
}
