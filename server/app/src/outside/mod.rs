//! Results of other programs that were brought into the city: `outside/{id}.data`, named by their name and content, with
//! what was found in them beside. Simulation `outside` shows them.

mod inspect;
mod unpack;

pub(crate) use inspect::geotiff;
pub use inspect::{Found, FoundColumn};

use crate::partial;
use analysis::indicators::Text;
use analysis::outside::{Format, Kind, OutsideError};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Largest file, and the most that an archive may hold unpacked, bytes.
pub const MAX_FILE_BYTES: u64 = 256 << 20;
/// Most that all files of a city may take, bytes.
const MAX_ALL_BYTES: u64 = 8 << 30;
/// Most that the values of one result may take, bytes.
pub const MAX_VALUES_BYTES: u64 = 256 << 20;
/// Hexadecimal digits of an id.
const ID_DIGITS: usize = 32;
/// Longest name.
const MAX_NAME: usize = 120;

/// A file of a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OutsideFile {
    /// Name by which questions mean it: the same name and content have the same.
    pub id: String,
    /// Name under which it was brought.
    pub name: String,
    /// Size.
    pub bytes: u64,
    /// `geotiff`, `ascii`, `table`, `epanet` or `swmm`.
    #[schema(value_type = String)]
    pub format: Format,
    /// What it seems to be about: `wind`, `noise`, `heat`, `traffic`, `network` or `other`.
    #[schema(value_type = String)]
    pub kind: Kind,
    /// What it holds.
    pub found: Found,
}

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// It cannot be read as a result.
    #[error(transparent)]
    Refused(#[from] OutsideError),
    /// The city has no room for it.
    #[error("{}", .0.en)]
    Full(Text),
    /// The folder cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The files of a city.
#[derive(Debug, Clone)]
pub struct OutsideFiles {
    root: PathBuf,
}

/// A file that is being written; it is removed unless it is taken.
#[derive(Debug)]
pub struct Partial {
    path: PathBuf,
}

impl Partial {
    /// Where it is written.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Err(err) = fs::remove_file(&self.path)
            && err.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%err, path = %self.path.display(), "a half-written file stays");
        }
    }
}

impl OutsideFiles {
    /// Of a city's folder.
    pub fn of(city: &Path) -> Self {
        Self {
            root: city.join("outside"),
        }
    }

    /// Removes what ended processes left half-written.
    pub fn sweep(&self) {
        for entry in fs::read_dir(&self.root).into_iter().flatten().flatten() {
            if partial::is_left(&entry.file_name().to_string_lossy())
                && let Err(err) = fs::remove_file(entry.path())
            {
                tracing::warn!(%err, path = %entry.path().display(), "a half-written file stays");
            }
        }
    }

    /// A place to write a file that is not yet known to be one.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn begin(&self) -> io::Result<Partial> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        fs::create_dir_all(&self.root)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = self.root.join(partial::name(&number.to_string()));
        Ok(Partial { path })
    }

    /// Takes a file, or all files of an archive, when every one of them can be read; else none is kept.
    ///
    /// * `name` — under which it was brought
    ///
    /// # Errors
    /// [`TakeError`] with the name of the file and the reason.
    pub fn take(&self, partial: Partial, name: &str) -> Result<Vec<OutsideFile>, TakeError> {
        let name = plain_name(name);
        let parts = match unpack::members(self, partial.path(), &name)? {
            Some(members) => members,
            None => vec![(partial, name)],
        };
        let mut taken = Vec::with_capacity(parts.len());
        for (part, name) in parts {
            taken.push((inspect::inspect(part.path(), &name)?, part));
        }
        let there: u64 = self.list()?.iter().map(|file| file.bytes).sum();
        let more: u64 = taken.iter().map(|(file, _)| file.bytes).sum();
        if there + more > MAX_ALL_BYTES {
            let (used, all) = (there >> 20, MAX_ALL_BYTES >> 20);
            return Err(TakeError::Full(Text::new(
                format!("城市的外部成果已占 {used} MiB，上限 {all} MiB：请先移除不用的文件"),
                format!("outside results take {used} MiB of {all} MiB already: remove some first"),
            )));
        }
        for (file, part) in &taken {
            fs::rename(part.path(), self.data(&file.id))?;
            // the description comes last: without it there is no file
            let description = self.begin()?;
            fs::write(description.path(), serde_json::to_vec(file).map_err(io::Error::other)?)?;
            fs::rename(description.path(), self.root.join(format!("{}.json", file.id)))?;
        }
        Ok(taken.into_iter().map(|(file, _)| file).collect())
    }

    /// All files, by name.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> io::Result<Vec<OutsideFile>> {
        let entries = match fs::read_dir(&self.root) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            other => other?,
        };
        let mut files = vec![];
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                files.extend(path.file_stem().and_then(|id| id.to_str()).and_then(|id| self.find(id)));
            }
        }
        files.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(files)
    }

    /// A file that is there.
    pub fn find(&self, id: &str) -> Option<OutsideFile> {
        let json = fs::read(self.root.join(format!("{}.json", checked(id)?))).ok()?;
        serde_json::from_slice(&json).ok()
    }

    /// Where the content of a file lies.
    pub fn data(&self, id: &str) -> PathBuf {
        self.root.join(format!("{id}.data"))
    }

    /// Removes a file; results made of it stay. False when there is none.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remove(&self, id: &str) -> io::Result<bool> {
        let Some(id) = checked(id) else { return Ok(false) };
        match fs::remove_file(self.root.join(format!("{id}.json"))) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(err) => Err(err),
            Ok(()) => fs::remove_file(self.data(id)).map(|()| true),
        }
    }
}

/// An id that can be one.
fn checked(id: &str) -> Option<&str> {
    let is_id = id.len() == ID_DIGITS && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    is_id.then_some(id)
}

/// Last part of a path without what cannot be shown.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    if shown.trim().is_empty() {
        "upload".to_owned()
    } else {
        shown.trim().to_owned()
    }
}

/// Id of a file. Its name counts: it may tell the time and what the file is about, which results depend on.
fn id_of(name: &str, bytes: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(name.as_bytes()).update(&[0]).update(bytes);
    hasher.finalize().to_hex().chars().take(ID_DIGITS).collect()
}
