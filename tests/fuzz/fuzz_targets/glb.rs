//! Tile contents of any bytes: buffers or an error, never a panic, memory bounded by the input.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(tile) = viewer_decode::decode_tile(bytes) {
        for primitive in &tile.primitives {
            let vertices = primitive.positions.len();
            assert!(primitive.indices.iter().all(|index| (*index as usize) < vertices));
        }
    }
});
