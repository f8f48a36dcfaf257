//! Tileset files of any bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _tileset = serde_json::from_slice::<city_model::tileset::Tileset>(bytes);
});
