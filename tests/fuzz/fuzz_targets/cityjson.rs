//! CityJSON documents and sequences of any bytes: features or a report, never a panic.
#![no_main]

use city_model::Report;
use city_sources::{MemorySink, ReadOptions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for name in ["x.city.json", "x.city.jsonl"] {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).expect("a temporary file");
        let (mut sink, mut report) = (MemorySink::default(), Report::new(name));
        let options = ReadOptions { default_crs: city_model::Crs::from_epsg(4547).ok(), ..ReadOptions::default() };
        let _outcome = city_sources::read_path(&path, &options, &mut sink, &mut report);
    }
});
