//! Walks through a little-endian binary file without ever leaving it.

use super::error::OutsideError;
use super::input::File;
use crate::indicators::Text;

/// A place in a file.
pub(super) struct Bytes<'a> {
    name: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    pub(super) fn new(file: &'a File) -> Self {
        Self {
            name: &file.name,
            bytes: &file.bytes,
            at: 0,
        }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// An error at the present place.
    pub(super) fn fault(&self, zh: impl Into<String>, en: impl Into<String>) -> OutsideError {
        OutsideError::Byte {
            file: self.name.to_owned(),
            at: self.at,
            reason: Text::new(zh, en),
        }
    }

    /// Goes to a place.
    pub(super) fn seek(&mut self, at: usize) -> Result<(), OutsideError> {
        if at > self.bytes.len() {
            return Err(self.fault("指向文件之外", "points beyond the file"));
        }
        self.at = at;
        Ok(())
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], OutsideError> {
        let end = self.at.checked_add(count);
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(taken) => {
                self.at += count;
                Ok(taken)
            }
            None => Err(self.fault("文件在此中断", "the file ends here")),
        }
    }

    fn four(&mut self) -> Result<[u8; 4], OutsideError> {
        let taken = self.take(4)?;
        taken
            .try_into()
            .map_err(|_| self.fault("文件在此中断", "the file ends here"))
    }

    pub(super) fn i32(&mut self) -> Result<i32, OutsideError> {
        Ok(i32::from_le_bytes(self.four()?))
    }

    pub(super) fn f32(&mut self) -> Result<f32, OutsideError> {
        Ok(f32::from_le_bytes(self.four()?))
    }

    pub(super) fn f64(&mut self) -> Result<f64, OutsideError> {
        let taken = self.take(8)?;
        let eight = taken
            .try_into()
            .map_err(|_| self.fault("文件在此中断", "the file ends here"))?;
        Ok(f64::from_le_bytes(eight))
    }

    /// A count that a file of this length can hold, with at least `bytes_each` for one.
    pub(super) fn count(&mut self, bytes_each: usize) -> Result<usize, OutsideError> {
        let count = self.i32()?;
        let most = self.bytes.len() / bytes_each.max(1);
        match usize::try_from(count) {
            Ok(count) if count <= most => Ok(count),
            _ => Err(self.fault(
                format!("数目 {count} 不可能"),
                format!("{count} cannot be a count here"),
            )),
        }
    }

    /// Passes over so many values of four bytes.
    pub(super) fn skip(&mut self, count: usize) -> Result<(), OutsideError> {
        let bytes = count
            .checked_mul(4)
            .ok_or_else(|| self.fault("数目过大", "the count is too large"))?;
        self.take(bytes).map(drop)
    }

    /// A text in a fixed room, ended by zero.
    pub(super) fn text(&mut self, room: usize) -> Result<String, OutsideError> {
        let taken = self.take(room)?;
        let end = taken.iter().position(|byte| *byte == 0).unwrap_or(room);
        let text = taken.get(..end).unwrap_or_default();
        Ok(match std::str::from_utf8(text) {
            Ok(text) => text.to_owned(),
            Err(_) => encoding_rs::GB18030.decode_without_bom_handling(text).0.into_owned(),
        })
    }
}
