//! Archives of results: their members, each within the limits.

use super::{MAX_FILE_BYTES, OutsideFiles, Partial, TakeError, plain_name};
use analysis::outside::OutsideError;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use zip::ZipArchive;

/// Members looked at.
const MAX_MEMBERS: usize = 2_000;
/// Endings of members that may be results; others (`.prj`, `.xml`, pictures) are passed over.
const ENDINGS: &[&str] = &["tif", "tiff", "asc", "grd", "csv", "tsv", "txt", "out"];

/// Members of an archive, unpacked beside it; `None` when the file is no archive.
pub(super) fn members(
    files: &OutsideFiles,
    path: &Path,
    name: &str,
) -> Result<Option<Vec<(Partial, String)>>, TakeError> {
    let mut file = File::open(path)?;
    let mut magic = [0; 4];
    let is_archive = match file.read_exact(&mut magic) {
        Err(err) if err.kind() == io::ErrorKind::UnexpectedEof => false,
        read => {
            read?;
            magic == *b"PK\x03\x04"
        }
    };
    if !is_archive {
        return Ok(None);
    }
    let broken = |err: &dyn std::fmt::Display| {
        OutsideError::file(
            name,
            format!("压缩包损坏：{err}"),
            format!("the archive is broken: {err}"),
        )
    };
    let mut archive = ZipArchive::new(File::open(path)?).map_err(|err| broken(&err))?;
    if archive.len() > MAX_MEMBERS {
        let found = archive.len();
        return Err(OutsideError::file(
            name,
            format!("压缩包有 {found} 个文件，最多 {MAX_MEMBERS} 个"),
            format!("the archive has {found} files, {MAX_MEMBERS} are allowed"),
        )
        .into());
    }
    let mut left = MAX_FILE_BYTES;
    let mut members = vec![];
    for at in 0..archive.len() {
        let member = archive.by_index(at).map_err(|err| broken(&err))?;
        // the name is for people only: nothing is written under it
        let own = plain_name(&member.name().map_err(|err| broken(&err))?);
        let ending = own.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        let is_wanted = ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()));
        if member.is_dir() || own.starts_with('.') || !is_wanted {
            continue;
        }
        let partial = files.begin()?;
        let mut to = File::create(partial.path())?;
        // what the archive says of sizes is not believed
        let written = io::copy(&mut member.take(left + 1), &mut to).map_err(|err| broken(&err))?;
        if written > left {
            return Err(OutsideError::TooLarge {
                file: format!("{name} › {own}"),
                needed: MAX_FILE_BYTES + 1,
                allowed: MAX_FILE_BYTES,
            }
            .into());
        }
        left -= written;
        members.push((partial, own));
    }
    if members.is_empty() {
        return Err(OutsideError::file(
            name,
            "压缩包中没有 .tif、.asc、.csv 或 .out 文件",
            "the archive holds no .tif, .asc, .csv or .out file",
        )
        .into());
    }
    Ok(Some(members))
}
