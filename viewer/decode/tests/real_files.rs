//! Tiles that others wrote: every one decodes, or fails with the reason expected of it.

#[cfg(test)]
mod real_files {
    use std::path::{Path, PathBuf};
    use viewer_decode::{DecodeError, DecodedTile, decode_tile};

    fn data(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/data/tiles3d")
            .join(path)
    }

    fn files_below(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                files_below(&path, out);
            } else {
                out.push(path);
            }
        }
        out.sort();
    }

    /// Every glb and b3dm of the local samples: what a tile claims must hold.
    #[test]
    fn all_local_samples_decode_or_say_why() {
        let mut files = Vec::new();
        files_below(&data(""), &mut files);
        if files.is_empty() {
            println!("local sample tiles are absent: nothing checked here");
            return;
        }
        let mut num_decoded = 0;
        for path in files
            .iter()
            .filter(|p| p.extension().is_some_and(|e| e == "glb" || e == "b3dm"))
        {
            let bytes = std::fs::read(path).unwrap();
            match decode_tile(&bytes) {
                Ok(tile) => {
                    check(&tile, path);
                    num_decoded += 1;
                }
                // glTF 1.0, Draco, instancing, splats; or gzip and pre-1.0 headers, which are no tile container
                Err(err) => {
                    let is_expected = matches!(err, DecodeError::Unsupported { .. } | DecodeError::Container { .. });
                    assert!(is_expected, "{path:?}: {err}");
                }
            }
        }
        assert!(num_decoded >= 200, "only {num_decoded} of the samples decode");
    }

    fn check(tile: &DecodedTile, path: &Path) {
        for primitive in &tile.primitives {
            assert_eq!(primitive.attributes.len(), primitive.positions.len(), "{path:?}");
            assert!(
                primitive
                    .indices
                    .iter()
                    .all(|i| (*i as usize) < primitive.positions.len()),
                "{path:?}"
            );
            assert_eq!(primitive.indices.len() % 3, 0, "{path:?}");
            assert_eq!(primitive.image.is_some(), primitive.uvs.is_some(), "{path:?}");
            assert!(
                primitive
                    .uvs
                    .as_ref()
                    .is_none_or(|uvs| uvs.len() == primitive.positions.len()),
                "{path:?}"
            );
        }
        let b = tile.bounds;
        assert!((0..3).all(|a| b[a] <= b[a + 3]), "{path:?}");
        assert!(
            tile.primitives.iter().filter(|p| p.image.is_none()).count() <= 1,
            "{path:?}"
        );
    }
}
