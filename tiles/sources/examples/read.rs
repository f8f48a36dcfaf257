//! Reads files and prints what came of them: `cargo run -p city-sources --example read -- FILE…`.

use city_model::Report;
use city_sources::{MemorySink, ReadOptions, read_path, sniff_path};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), city_sources::SourceError> {
    for name in std::env::args().skip(1) {
        let path = Path::new(&name);
        let format = sniff_path(path)?.name;
        let (mut sink, mut report) = (MemorySink::default(), Report::new(name.as_str()));
        let start = Instant::now();
        read_path(path, &ReadOptions::default(), &mut sink, &mut report)?;
        let elapsed_ms = start.elapsed().as_secs_f64() * 1e3;
        let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
        for feature in &sink.features {
            *classes.entry(feature.class.as_str()).or_default() += 1;
        }
        println!(
            "{name}: {format}, {} features in {elapsed_ms:.0} ms, {} left out",
            report.features_read, report.features_quarantined
        );
        println!("  {classes:?}\n  issues {:?}", report.counts);
    }
    Ok(())
}
