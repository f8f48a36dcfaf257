//! Survey tables of any bytes: the input is split into a point table and a line table.
#![no_main]

use city_model::Report;
use city_sources::{MemorySink, ReadOptions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let middle = bytes.len() / 2;
    std::fs::write(dir.path().join("YSPOINT.csv"), [b"\xe7\x82\xb9\xe5\x8f\xb7,X,Y\n", &bytes[..middle]].concat()).expect("a temporary file");
    let path = dir.path().join("YSLINE.csv");
    std::fs::write(&path, &bytes[middle..]).expect("a temporary file");
    let (mut sink, mut report) = (MemorySink::default(), Report::new("tables"));
    let options = ReadOptions { default_crs: city_model::Crs::from_epsg(4547).ok(), ..ReadOptions::default() };
    let _outcome = city_sources::pipe_tables::read(&path, &options, &mut sink, &mut report);
});
