//! The folder of a city, and the lock that keeps it to one writer.

use crate::{FolderTiles, SqliteStore, StoreError};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A city on disk.
#[derive(Debug, Clone)]
pub struct CityFolder {
    root: PathBuf,
}

/// Held while a process writes to the city; released when dropped or when the process ends, however it ends.
#[derive(Debug)]
pub struct WriterLock {
    _file: File,
}

impl CityFolder {
    /// An existing city.
    ///
    /// # Errors
    /// [`StoreError::NotACity`] when there is no `city.db`.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        if root.join("city.db").is_file() {
            Ok(Self { root })
        } else {
            Err(StoreError::NotACity { path: root })
        }
    }

    /// A city, made when absent.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the folders cannot be made.
    pub fn create(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let city = Self { root: root.into() };
        for folder in [
            city.root.join("tiles/content"),
            city.root.join("tiles/revisions"),
            city.root.join("results"),
        ] {
            fs::create_dir_all(&folder).map_err(StoreError::io("create folder", folder))?;
        }
        Ok(city)
    }

    /// Path of the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Opens the database, made or migrated as needed.
    ///
    /// # Errors
    /// [`StoreError`] when it is damaged, foreign or newer than this program.
    pub fn store(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(&self.root.join("city.db"))
    }

    /// The tile folder.
    pub fn tiles(&self) -> FolderTiles {
        FolderTiles::new(self.root.join("tiles/content"))
    }

    /// Takes the writer's lock without waiting.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another process holds it.
    pub fn lock(&self) -> Result<WriterLock, StoreError> {
        let path = self.root.join("writer.lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(StoreError::io("open lock file", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(WriterLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Busy {
                path: self.root.clone(),
            }),
            Err(TryLockError::Error(source)) => Err(StoreError::Io {
                action: "lock",
                path,
                source,
            }),
        }
    }

    /// Where the tileset of a revision lies.
    pub fn tileset_path(&self, revision: u64) -> PathBuf {
        self.root.join(format!("tiles/revisions/{revision}/tileset.json"))
    }

    /// Writes the tileset of a revision that is not published yet: whole or not at all, and on disk when this returns.
    ///
    /// # Errors
    /// [`StoreError::Io`] when it cannot be written.
    pub fn write_tileset(&self, revision: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.tileset_path(revision);
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        fs::create_dir_all(&folder).map_err(StoreError::io("create folder", &folder))?;
        let partial = folder.join("tileset.json.partial");
        let mut file = File::create(&partial).map_err(StoreError::io("create", &partial))?;
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(StoreError::io("write", &partial))?;
        fs::rename(&partial, &path).map_err(StoreError::io("rename", &path))?;
        for folder in [folder.as_path(), &self.root.join("tiles/revisions")] {
            File::open(folder)
                .and_then(|f| f.sync_all())
                .map_err(StoreError::io("sync folder", folder))?;
        }
        Ok(())
    }

    /// Tileset of a revision.
    ///
    /// # Errors
    /// [`StoreError::Io`] when it cannot be read.
    pub fn read_tileset(&self, revision: u64) -> Result<Vec<u8>, StoreError> {
        let path = self.tileset_path(revision);
        fs::read(&path).map_err(StoreError::io("read", path))
    }

    /// Removes the tileset of a forgotten revision; absent is fine.
    ///
    /// # Errors
    /// [`StoreError::Io`] when it cannot be removed.
    pub fn remove_tileset(&self, revision: u64) -> Result<(), StoreError> {
        let folder = self.root.join(format!("tiles/revisions/{revision}"));
        match fs::remove_dir_all(&folder) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(StoreError::Io {
                action: "remove",
                path: folder,
                source,
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_writer_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let city = CityFolder::create(dir.path()).unwrap();
        let first = city.lock().unwrap();
        assert!(matches!(city.lock(), Err(StoreError::Busy { .. })));
        drop(first);
        city.lock().unwrap();
    }

    #[test]
    fn a_folder_without_database_is_no_city() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(CityFolder::open(dir.path()), Err(StoreError::NotACity { .. })));
    }
}
