//! STEP files of any bytes.
#![no_main]

use city_model::Report;
use city_sources::{MemorySink, ReadOptions};
use libfuzzer_sys::fuzz_target;

// the engine's panics are the reader's to catch: only those that leave it are found
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |bytes: &[u8]| {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for name in ["x.ifc"] {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).expect("a temporary file");
        let (mut sink, mut report) = (MemorySink::default(), Report::new(name));
        let options = ReadOptions { default_crs: city_model::Crs::from_epsg(4547).ok(), ..ReadOptions::default() };
        let _outcome = city_sources::read_path(&path, &options, &mut sink, &mut report);
    }
});
