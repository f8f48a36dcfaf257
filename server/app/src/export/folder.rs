//! Export to a folder.

use super::{CONTENT_FOLDER, ExportError, Target, partial_path};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that is written beside its final place and renamed at the end.
#[derive(Debug)]
pub(super) struct Folder {
    partial: PathBuf,
    path: PathBuf,
    is_finished: bool,
}

impl Folder {
    pub(super) fn create(path: &Path) -> Result<Self, ExportError> {
        let partial = partial_path(path);
        let contents = partial.join(CONTENT_FOLDER);
        fs::create_dir_all(&contents).map_err(|source| ExportError::Io {
            action: "create the folder",
            path: contents,
            source,
        })?;
        Ok(Self {
            partial,
            path: path.to_owned(),
            is_finished: false,
        })
    }
}

impl Target for Folder {
    fn put(&mut self, path: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let file = self.partial.join(path);
        fs::write(&file, bytes).map_err(|source| ExportError::Io {
            action: "write",
            path: file,
            source,
        })
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        fs::rename(&self.partial, &self.path).map_err(|source| ExportError::Io {
            action: "rename the folder to its name",
            path: self.path.clone(),
            source,
        })?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_finished {
            // the export failed already; a folder that cannot be removed is only litter
            drop(fs::remove_dir_all(&self.partial));
        }
    }
}
