//! Export to one `.3tz` file: a ZIP whose last entry is an index from path hash to entry.
//!
//! Source: 3D Tiles Archive Format 1.3. The index is an uncompressed entry `@3dtilesIndex1@` of 24 bytes an entry: MD5
//! of the path (no leading slash), offset of its local header as u64 little endian, ascending by the MD5 read as two
//! little endian u64.

use super::{ExportError, Target, partial_path};
use md5::{Digest as _, Md5};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime, ZipArchive};

const INDEX_NAME: &str = "@3dtilesIndex1@";

/// An archive that is written beside its final place and renamed at the end.
pub(super) struct Archive {
    writer: Option<ZipWriter<BufWriter<File>>>,
    partial: PathBuf,
    path: PathBuf,
}

impl Archive {
    pub(super) fn create(path: &Path) -> Result<Self, ExportError> {
        let partial = partial_path(path);
        let file = File::create(&partial).map_err(|source| ExportError::Io {
            action: "create the archive",
            path: partial.clone(),
            source,
        })?;
        Ok(Self {
            writer: Some(ZipWriter::new(BufWriter::new(file))),
            partial,
            path: path.to_owned(),
        })
    }

    fn zip_error(&self, source: zip::result::ZipError) -> ExportError {
        ExportError::Zip {
            path: self.partial.clone(),
            source,
        }
    }

    fn io_error(&self, action: &'static str, source: std::io::Error) -> ExportError {
        ExportError::Io {
            action,
            path: self.partial.clone(),
            source,
        }
    }

    /// Index of the entries written so far.
    fn index(&self) -> Result<Vec<u8>, ExportError> {
        let file = File::open(&self.partial).map_err(|err| self.io_error("read the archive", err))?;
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|err| self.zip_error(err))?;
        let mut entries = Vec::with_capacity(archive.len());
        for i in 0..archive.len() {
            let entry = archive.by_index_raw(i).map_err(|err| self.zip_error(err))?;
            let name = entry.name().map_err(|err| self.zip_error(err))?;
            let hash: [u8; 16] = Md5::digest(name.as_bytes()).into();
            entries.push((hash, entry.header_start()));
        }
        entries.sort_by_key(|(hash, _)| sort_key(hash));
        Ok(entries
            .iter()
            .flat_map(|(hash, offset)| hash.iter().copied().chain(offset.to_le_bytes()))
            .collect())
    }
}

fn sort_key(hash: &[u8; 16]) -> (u64, u64) {
    let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| hash[at + i]));
    (word(0), word(8))
}

fn options(method: CompressionMethod) -> SimpleFileOptions {
    // the same revision gives the same bytes, so no file says when it was written
    SimpleFileOptions::default()
        .compression_method(method)
        .last_modified_time(DateTime::default())
}

impl Target for Archive {
    fn put(&mut self, path: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        let written = writer
            .start_file(path, options(CompressionMethod::Deflated))
            .map(|()| writer.write_all(bytes));
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(err)) => Err(self.io_error("write the archive", err)),
            Err(err) => Err(self.zip_error(err)),
        }
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        if let Some(writer) = self.writer.take() {
            let mut out = writer.finish().map_err(|err| self.zip_error(err))?;
            out.flush().map_err(|err| self.io_error("write the archive", err))?;
        }
        let index = self.index()?;
        let file = File::options()
            .read(true)
            .write(true)
            .open(&self.partial)
            .map_err(|err| self.io_error("open the archive", err))?;
        let mut writer = ZipWriter::new_append(file).map_err(|err| self.zip_error(err))?;
        writer
            .start_file(INDEX_NAME, options(CompressionMethod::Stored))
            .map_err(|err| self.zip_error(err))?;
        writer
            .write_all(&index)
            .map_err(|err| self.io_error("write the index", err))?;
        let file = writer.finish().map_err(|err| self.zip_error(err))?;
        file.sync_all().map_err(|err| self.io_error("sync the archive", err))?;
        fs::rename(&self.partial, &self.path).map_err(|err| self.io_error("rename the archive to its name", err))
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        // renamed when finished; otherwise what is left of a failed export is only litter
        drop(fs::remove_file(&self.partial));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_sort_as_two_little_endian_words() {
        let mut low = [0xff_u8; 16];
        low[7] = 0; // most significant byte of the first word
        let mut high = [0_u8; 16];
        high[7] = 1;
        assert!(sort_key(&low) < sort_key(&high));
    }

    #[test]
    fn the_index_finds_every_entry_by_the_hash_of_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.3tz");
        let mut target = Box::new(Archive::create(&path).unwrap());
        let names: Vec<String> = (0..50).map(|i| format!("content/{i}.glb")).collect();
        for name in &names {
            target.put(name, name.as_bytes()).unwrap();
        }
        target.finish().unwrap();
        let bytes = fs::read(&path).unwrap();
        let mut archive = ZipArchive::new(File::open(&path).unwrap()).unwrap();
        assert_eq!(archive.len(), names.len() + 1);
        let index = {
            let mut entry = archive.by_index(names.len()).unwrap();
            assert_eq!(entry.name().unwrap(), INDEX_NAME, "the index is the last entry");
            let mut index = vec![];
            std::io::Read::read_to_end(&mut entry, &mut index).unwrap();
            index
        };
        for name in &names {
            let hash: [u8; 16] = Md5::digest(name.as_bytes()).into();
            let row = index.chunks(24).find(|row| row[..16] == hash).unwrap();
            let at = usize::try_from(u64::from_le_bytes(row[16..].try_into().unwrap())).unwrap();
            assert_eq!(&bytes[at..at + 4], b"PK\x03\x04");
            assert_eq!(&bytes[at + 30..at + 30 + name.len()], name.as_bytes());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }
}
