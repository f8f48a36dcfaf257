//! Tile contents in a folder: `{hash}.glb`, `.json` and `.rec`, immutable, with compressed forms beside them.

use crate::StoreError;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How bytes are encoded on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContentEncoding {
    /// As they are.
    Identity,
    /// Brotli.
    Brotli,
    /// Zstandard.
    Zstd,
    /// Gzip.
    Gzip,
}

impl ContentEncoding {
    /// Every encoding; at equal weight the earlier one is preferred, identity last.
    pub const PREFERRED: [Self; 4] = [Self::Brotli, Self::Zstd, Self::Gzip, Self::Identity];

    /// Name in HTTP headers.
    pub const fn http_name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// Suffix of the file that holds the encoded form.
    pub const fn file_suffix(self) -> &'static str {
        match self {
            Self::Identity => "",
            Self::Brotli => ".br",
            Self::Zstd => ".zst",
            Self::Gzip => ".gz",
        }
    }

    /// Encodes bytes with settings that suit "once, then served for ever".
    ///
    /// # Errors
    /// The encoder's, which on memory buffers means lack of memory.
    pub fn encode(self, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Identity => Ok(bytes.to_vec()),
            Self::Brotli => {
                let mut out = Vec::with_capacity(bytes.len() / 2);
                // quality 6, window 2^22: nine tenths of the gain of quality 11 at a thirtieth of its time
                let mut writer = brotli::CompressorWriter::new(&mut out, 64 * 1024, 6, 22);
                writer.write_all(bytes)?;
                writer.flush()?;
                drop(writer);
                Ok(out)
            }
            Self::Zstd => zstd::bulk::compress(bytes, 9),
            Self::Gzip => {
                let mut writer =
                    flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 2), flate2::Compression::new(6));
                writer.write_all(bytes)?;
                writer.finish()
            }
        }
    }

    /// Decodes bytes, refusing more than `limit_bytes` of output.
    ///
    /// # Errors
    /// The decoder's, or `InvalidData` beyond the limit.
    pub fn decode(self, bytes: &[u8], limit_bytes: u64) -> std::io::Result<Vec<u8>> {
        let mut out = Vec::new();
        let read = match self {
            Self::Identity => bytes.take(limit_bytes + 1).read_to_end(&mut out)?,
            Self::Brotli => brotli::Decompressor::new(bytes, 64 * 1024)
                .take(limit_bytes + 1)
                .read_to_end(&mut out)?,
            Self::Zstd => zstd::stream::read::Decoder::new(bytes)?
                .take(limit_bytes + 1)
                .read_to_end(&mut out)?,
            Self::Gzip => flate2::read::GzDecoder::new(bytes)
                .take(limit_bytes + 1)
                .read_to_end(&mut out)?,
        };
        if read as u64 > limit_bytes {
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                "decoded size is over the limit",
            ));
        }
        Ok(out)
    }
}

/// Keeps tile contents by name.
pub trait TileStore: Send + Sync {
    /// True when the content is kept whole.
    fn contains(&self, name: &str) -> bool;

    /// Size of a content, bytes; `None` when absent.
    fn size(&self, name: &str) -> Option<u64>;

    /// Keeps content: a crash leaves all or nothing of it. On disk for good after [`TileStore::sync`].
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written or the name is no content name.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// Content as it was put; `None` when absent.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read or the name is no content name.
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Content in an encoding, kept beside the original after its first use. `None` when the content is absent;
    /// identity is given instead when encoding saves less than a twentieth.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read, encoded or the name is no content name.
    fn get_encoded(
        &self,
        name: &str,
        encoding: ContentEncoding,
    ) -> Result<Option<(ContentEncoding, Vec<u8>)>, StoreError>;

    /// Makes everything that was put survive a power cut.
    ///
    /// # Errors
    /// [`StoreError`] when the disk refuses.
    fn sync(&self) -> Result<(), StoreError>;

    /// Removes a content with its encoded forms; absent is fine. Returns the bytes freed.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be removed.
    fn remove(&self, name: &str) -> Result<u64, StoreError>;

    /// Names of all contents, sorted.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be read.
    fn names(&self) -> Result<Vec<String>, StoreError>;
}

/// True for `{16–64 hexadecimal digits}.{glb|json}`: what clients may ask for.
pub fn is_content_name(name: &str) -> bool {
    extension_of_hash(name).is_some_and(|extension| matches!(extension, "glb" | "json"))
}

/// True for contents and for the tile records (`{hash}.rec`) beside them, which only publications read: nothing else
/// ever reaches the file system.
pub fn is_kept_name(name: &str) -> bool {
    is_content_name(name) || extension_of_hash(name) == Some("rec")
}

fn extension_of_hash(name: &str) -> Option<&str> {
    let (hash, extension) = name.split_once('.')?;
    let is_hash =
        (16..=64).contains(&hash.len()) && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    is_hash.then_some(extension)
}

/// Tile contents in one folder.
#[derive(Debug)]
pub struct FolderTiles {
    folder: PathBuf,
    next_partial: AtomicU64,
    /// Contents written since the last flush.
    unflushed: Mutex<Vec<PathBuf>>,
}

/// Up to so many files are flushed one by one; beyond, the whole file system is, at one barrier instead of thousands.
const MAX_SINGLE_FLUSHES: usize = 64;

impl FolderTiles {
    /// Contents in `folder`, which must exist before the first `put`.
    pub const fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            next_partial: AtomicU64::new(0),
            unflushed: Mutex::new(Vec::new()),
        }
    }

    /// Removes what killed writers left; only to be called by the one writer. Returns the bytes freed.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be read or a file not removed.
    pub fn remove_partial(&self) -> Result<u64, StoreError> {
        let mut freed = 0;
        let entries = fs::read_dir(&self.folder).map_err(StoreError::io("list", &self.folder))?;
        for entry in entries.filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().starts_with(".partial-") {
                freed += entry.metadata().map_or(0, |m| m.len());
                fs::remove_file(entry.path()).map_err(StoreError::io("remove", entry.path()))?;
            }
        }
        Ok(freed)
    }

    fn path(&self, name: &str) -> Result<PathBuf, StoreError> {
        if is_kept_name(name) {
            Ok(self.folder.join(name))
        } else {
            Err(StoreError::BadContentName {
                name: name.chars().take(100).collect(),
            })
        }
    }

    fn write_whole(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let number = self.next_partial.fetch_add(1, Ordering::Relaxed);
        let partial = self.folder.join(format!(".partial-{}-{number}", std::process::id()));
        let written = File::create(&partial).and_then(|mut file| file.write_all(bytes));
        written.and_then(|()| fs::rename(&partial, path)).map_err(|source| {
            // a second failure would say nothing new
            drop(fs::remove_file(&partial));
            StoreError::Io {
                action: "write",
                path: path.to_owned(),
                source,
            }
        })
    }
}

fn read_if_present(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StoreError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        }),
    }
}

impl TileStore for FolderTiles {
    fn contains(&self, name: &str) -> bool {
        self.path(name).is_ok_and(|path| path.is_file())
    }

    fn size(&self, name: &str) -> Option<u64> {
        fs::metadata(self.path(name).ok()?).ok().map(|m| m.len())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.path(name)?;
        self.write_whole(&path, bytes)?;
        self.unflushed.lock().unwrap_or_else(PoisonError::into_inner).push(path);
        Ok(())
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        read_if_present(&self.path(name)?)
    }

    fn get_encoded(
        &self,
        name: &str,
        encoding: ContentEncoding,
    ) -> Result<Option<(ContentEncoding, Vec<u8>)>, StoreError> {
        let path = self.path(name)?;
        if encoding != ContentEncoding::Identity {
            let beside = self.folder.join(format!("{name}{}", encoding.file_suffix()));
            match read_if_present(&beside)? {
                // an empty file marks content that is not worth encoding
                Some(bytes) if !bytes.is_empty() => return Ok(Some((encoding, bytes))),
                Some(_) => {}
                None => {
                    let Some(original) = read_if_present(&path)? else {
                        return Ok(None);
                    };
                    let encoded = encoding.encode(&original).map_err(StoreError::io("encode", &path))?;
                    let pays = encoded.len() * 20 <= original.len() * 19;
                    if let Err(err) = self.write_whole(&beside, if pays { &encoded } else { &[] }) {
                        // a read-only folder can still be served
                        tracing::warn!(name, %err, "encoded form is not kept");
                    }
                    return Ok(Some(if pays {
                        (encoding, encoded)
                    } else {
                        (ContentEncoding::Identity, original)
                    }));
                }
            }
        }
        Ok(read_if_present(&path)?.map(|bytes| (ContentEncoding::Identity, bytes)))
    }

    fn sync(&self) -> Result<(), StoreError> {
        let files = std::mem::take(&mut *self.unflushed.lock().unwrap_or_else(PoisonError::into_inner));
        if files.len() <= MAX_SINGLE_FLUSHES {
            for file in files.iter().chain([&self.folder]) {
                File::open(file)
                    .and_then(|f| f.sync_all())
                    .map_err(StoreError::io("sync", file))?;
            }
            return Ok(());
        }
        let folder = File::open(&self.folder).map_err(StoreError::io("open", &self.folder))?;
        rustix::fs::syncfs(&folder).map_err(|err| StoreError::Io {
            action: "sync",
            path: self.folder.clone(),
            source: err.into(),
        })
    }

    fn remove(&self, name: &str) -> Result<u64, StoreError> {
        let path = self.path(name)?;
        let mut freed = 0;
        for encoding in ContentEncoding::PREFERRED {
            let file = if encoding == ContentEncoding::Identity {
                path.clone()
            } else {
                self.folder.join(format!("{name}{}", encoding.file_suffix()))
            };
            let size = fs::metadata(&file).map_or(0, |m| m.len());
            match fs::remove_file(&file) {
                Ok(()) => freed += size,
                Err(err) if err.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => {
                    return Err(StoreError::Io {
                        action: "remove",
                        path: file,
                        source,
                    });
                }
            }
        }
        Ok(freed)
    }

    fn names(&self) -> Result<Vec<String>, StoreError> {
        let entries = fs::read_dir(&self.folder).map_err(StoreError::io("list", &self.folder))?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| is_kept_name(name))
            .collect();
        names.sort_unstable();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiles() -> (tempfile::TempDir, FolderTiles) {
        let dir = tempfile::tempdir().unwrap();
        let tiles = FolderTiles::new(dir.path().to_owned());
        (dir, tiles)
    }

    #[test]
    fn only_hashes_are_names() {
        for good in ["0123456789abcdef.glb", "0123456789abcdef0123456789abcdef.json"] {
            assert!(is_content_name(good), "{good}");
        }
        assert!(is_kept_name("0123456789abcdef.rec") && !is_content_name("0123456789abcdef.rec"));
        for bad in [
            "",
            "a.glb",
            "../0123456789abcdef.glb",
            "0123456789abcdef.glb.br",
            "0123456789ABCDEF.glb",
            "0123456789abcdef.exe",
            "0123456789abcdef",
        ] {
            assert!(!is_kept_name(bad), "{bad}");
        }
    }

    #[test]
    fn encoded_forms_decode_to_the_original_and_are_made_once() {
        let (dir, tiles) = tiles();
        let name = "0123456789abcdef.json";
        let original = "{\"tile\": 1}".repeat(500).into_bytes();
        tiles.put(name, &original).unwrap();
        for encoding in ContentEncoding::PREFERRED {
            let (got, bytes) = tiles.get_encoded(name, encoding).unwrap().unwrap();
            assert_eq!(got, encoding);
            assert_eq!(got.decode(&bytes, 1 << 20).unwrap(), original);
            assert!(got.decode(&bytes, 10).is_err());
        }
        // the kept form is what is served from now on
        fs::write(dir.path().join(format!("{name}.br")), b"kept").unwrap();
        assert_eq!(
            tiles.get_encoded(name, ContentEncoding::Brotli).unwrap().unwrap().1,
            b"kept"
        );
        assert_eq!(tiles.names().unwrap(), [name]);
        assert!(tiles.remove(name).unwrap() > 0);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn bytes_that_do_not_shrink_stay_as_they_are() {
        let (_dir, tiles) = tiles();
        let name = "0123456789abcdef.glb";
        let mut random = Vec::new();
        blake3::Hasher::new()
            .finalize_xof()
            .take(4096)
            .read_to_end(&mut random)
            .unwrap();
        tiles.put(name, &random).unwrap();
        for _ in 0..2 {
            assert_eq!(
                tiles.get_encoded(name, ContentEncoding::Brotli).unwrap().unwrap(),
                (ContentEncoding::Identity, random.clone())
            );
        }
    }

    #[test]
    fn absent_content_is_none_and_foreign_names_are_refused() {
        let (_dir, tiles) = tiles();
        assert_eq!(tiles.get("0123456789abcdef.glb").unwrap(), None);
        assert_eq!(
            tiles
                .get_encoded("0123456789abcdef.glb", ContentEncoding::Gzip)
                .unwrap(),
            None
        );
        assert!(matches!(
            tiles.get("../city.db"),
            Err(StoreError::BadContentName { .. })
        ));
        assert!(matches!(tiles.put("x", b""), Err(StoreError::BadContentName { .. })));
    }
}
