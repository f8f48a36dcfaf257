//! Reads a JSON object from a stream and hands out the elements of one of its arrays one at a time.

use super::{Matcher, text_of};
use std::io::{self, BufRead};

/// Text of one value beyond which it is passed over.
const MAX_VALUE_BYTES: usize = 512 << 20;

/// What the stream gives next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StreamEvent {
    /// A member of the root object other than the wanted array: key; its text is in `value`.
    Member(String),
    /// An element of the wanted array; its text is in `value`.
    Element,
    /// One whole value that is no object of the expected form is not given: the root closed.
    End,
    /// The text broke off or is no JSON here; nothing follows.
    Broken(&'static str),
}

enum Place {
    Start,
    Object,
    Array,
    End,
}

/// Walks one root object; the elements of its member `array_key` come one by one.
pub(crate) struct ElementStream<R> {
    reader: R,
    array_key: &'static str,
    place: Place,
    is_first: bool,
    /// Bytes consumed so far.
    pub(crate) offset: u64,
    /// Text of the last member or element.
    pub(crate) value: Vec<u8>,
}

impl<R: BufRead> ElementStream<R> {
    /// A stream that stands before the root object.
    pub(crate) const fn new(reader: R, array_key: &'static str) -> Self {
        Self {
            reader,
            array_key,
            place: Place::Start,
            is_first: true,
            offset: 0,
            value: Vec::new(),
        }
    }

    /// Gives the next event.
    ///
    /// # Errors
    /// Errors of the reader.
    pub(crate) fn next_event(&mut self) -> io::Result<StreamEvent> {
        loop {
            match self.place {
                Place::End => return Ok(StreamEvent::End),
                Place::Start => {
                    if self.peek()? != Some(b'{') {
                        return Ok(self.broken("expected a JSON object"));
                    }
                    self.bump(1);
                    self.place = Place::Object;
                    self.is_first = true;
                }
                Place::Object => {
                    if let Some(event) = self.object_step()? {
                        return Ok(event);
                    }
                }
                Place::Array => match self.separator(b']')? {
                    Step::Item => {
                        return Ok(if self.read_value()? {
                            StreamEvent::Element
                        } else {
                            self.broken("the text ends inside a feature")
                        });
                    }
                    Step::Close => {
                        self.place = Place::Object;
                        self.is_first = false;
                    }
                    Step::Bad(reason) => return Ok(self.broken(reason)),
                },
            }
        }
    }

    fn object_step(&mut self) -> io::Result<Option<StreamEvent>> {
        match self.separator(b'}')? {
            Step::Close => {
                self.place = Place::End;
                return Ok(Some(StreamEvent::End));
            }
            Step::Bad(reason) => return Ok(Some(self.broken(reason))),
            Step::Item => {}
        }
        if self.peek()? != Some(b'"') || !self.read_value()? {
            return Ok(Some(self.broken("expected a key in double quotes")));
        }
        let Some(key) = text_of(&self.value).map(std::borrow::Cow::into_owned) else {
            return Ok(Some(self.broken("a key is not valid UTF-8 text")));
        };
        if self.peek()? != Some(b':') {
            return Ok(Some(self.broken("expected ':' after a key")));
        }
        self.bump(1);
        if key == self.array_key && self.peek()? == Some(b'[') {
            self.bump(1);
            self.place = Place::Array;
            self.is_first = true;
            return Ok(None);
        }
        Ok(Some(if self.read_value()? {
            StreamEvent::Member(key)
        } else {
            self.broken("the text ends inside a value")
        }))
    }

    const fn broken(&mut self, reason: &'static str) -> StreamEvent {
        self.place = Place::End;
        StreamEvent::Broken(reason)
    }

    fn separator(&mut self, close: u8) -> io::Result<Step> {
        let is_first = std::mem::replace(&mut self.is_first, false);
        Ok(match self.peek()? {
            None => Step::Bad("the text ends before the closing bracket"),
            Some(byte) if byte == close => {
                self.bump(1);
                Step::Close
            }
            Some(_) if is_first => Step::Item,
            Some(b',') => {
                self.bump(1);
                Step::Item
            }
            Some(_) => Step::Bad("expected ',' or a closing bracket"),
        })
    }

    /// Next byte that is no white space, not consumed.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let skipped = buffer
                .iter()
                .take_while(|b| matches!(b, b' ' | b'\n' | b'\r' | b'\t' | 0x1e | 0xef | 0xbb | 0xbf))
                .count();
            let next = buffer.get(skipped).copied();
            self.bump(skipped);
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    fn bump(&mut self, num_bytes: usize) {
        self.reader.consume(num_bytes);
        self.offset += num_bytes as u64;
    }

    /// Reads one value into `self.value`; false when the text ends inside it or it is larger than any sane feature.
    fn read_value(&mut self) -> io::Result<bool> {
        self.value.clear();
        if self.peek()?.is_none() {
            return Ok(false);
        }
        let mut matcher = Matcher::default();
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(matcher.is_open_scalar());
            }
            let end = matcher.feed(buffer);
            let len = end.unwrap_or(buffer.len());
            if self.value.len() + len > MAX_VALUE_BYTES {
                return Ok(false);
            }
            self.value.extend_from_slice(buffer.get(..len).unwrap_or_default());
            self.bump(len);
            if end.is_some() {
                return Ok(!self.value.is_empty());
            }
        }
    }
}

enum Step {
    Item,
    Close,
    Bad(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn events(text: &str, buffer_bytes: usize) -> Vec<String> {
        let mut stream = ElementStream::new(BufReader::with_capacity(buffer_bytes, text.as_bytes()), "features");
        let mut out = Vec::new();
        loop {
            let event = stream.next_event().unwrap();
            let value = String::from_utf8(stream.value.clone()).unwrap();
            match event {
                StreamEvent::Member(key) => out.push(format!("{key}={value}")),
                StreamEvent::Element => out.push(value),
                StreamEvent::End => return out,
                StreamEvent::Broken(reason) => {
                    out.push(format!("! {reason}"));
                    return out;
                }
            }
        }
    }

    #[test]
    fn elements_come_one_by_one_whatever_the_buffer() {
        let text = "\u{feff} {\"type\": \"X\", \"features\" : [ {\"a\":\"]\"} , 5, [1] ], \"n\": 7}";
        for buffer_bytes in [1, 2, 3, 7, 1000] {
            assert_eq!(
                events(text, buffer_bytes),
                ["type=\"X\"", "{\"a\":\"]\"}", "5", "[1]", "n=7"],
                "{buffer_bytes}"
            );
        }
    }

    #[test]
    fn a_cut_text_gives_what_was_whole() {
        assert_eq!(
            events("{\"features\":[{},{\"a\":", 4),
            ["{}", "! the text ends inside a feature"]
        );
        assert_eq!(events("[1]", 4), ["! expected a JSON object"]);
        assert_eq!(events("", 4), ["! expected a JSON object"]);
        assert_eq!(events(&"{\"a\":".repeat(100_000), 4096).len(), 1);
    }
}
