//! Binary results of EPANET and SWMM 5 as we read them against the readers of WNTR and swmm-toolkit.
//!
//! The peers come from PyPI into a virtual environment in the cache folder; where they cannot be installed, the test
//! fails and says why.
#![cfg(test)]

use analysis::outside::{File, Series, read_epanet, read_swmm};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

const PACKAGES: &[&str] = &[
    "wntr==1.5.0",
    "six==1.17.0",
    "owa-epanet==2.3.5",
    "swmm-toolkit==0.17.0",
];
/// Values are 32-bit on both sides; WNTR converts units to and fro.
const RELATIVE: f64 = 1e-6;
const MAX_BYTES: u64 = 1 << 30;

#[derive(Deserialize)]
struct Answer {
    epanet: BTreeMap<String, Theirs>,
    swmm: BTreeMap<String, Theirs>,
}

#[derive(Deserialize)]
struct Theirs {
    ids: Vec<String>,
    times_s: Vec<f64>,
    rows: Vec<Vec<f64>>,
}

fn read(folder: &Path, name: &str) -> File {
    File {
        name: name.to_owned(),
        bytes: std::fs::read(folder.join(name)).unwrap(),
    }
}

/// All quantities of the peer are there and equal; gives the number of values that are not 0.
fn compare(ours: &[Series], theirs: &BTreeMap<String, Theirs>) -> usize {
    let mut num_values = 0;
    for (key, theirs) in theirs {
        let ours = ours
            .iter()
            .find(|series| series.key == *key)
            .unwrap_or_else(|| panic!("no {key}"));
        assert_eq!(ours.ids, theirs.ids, "{key}");
        assert_eq!(ours.times_s, theirs.times_s, "{key}");
        let rows = theirs.rows.iter().flatten();
        assert_eq!(ours.values.len(), rows.clone().count(), "{key}");
        for (at, (ours, theirs)) in ours.values.iter().zip(rows).enumerate() {
            let ours = f64::from(*ours);
            assert!(
                (ours - theirs).abs() <= RELATIVE * theirs.abs().max(1.0),
                "{key} {at}: {ours} {theirs}"
            );
            num_values += usize::from(*theirs != 0.0);
        }
    }
    num_values
}

#[test]
fn results_of_epanet_and_swmm_are_read_as_their_own_readers_read_them() {
    let folder = tempfile::tempdir().unwrap();
    let question = serde_json::json!({ "folder": folder.path() }).to_string();
    let answer = e2e::python::answer(PACKAGES, "peer_outside.py", question.as_bytes()).unwrap();
    // SWMM prints its progress
    let answer = &answer[answer.find('{').unwrap()..];
    let answer: Answer = serde_json::from_str(answer).unwrap();

    let net3 = read(folder.path(), "net3.out");
    let ours = read_epanet(&net3, MAX_BYTES).unwrap();
    let num_values = compare(&ours, &answer.epanet);
    println!("EPANET: {} quantities, {num_values} values", answer.epanet.len());
    assert!(num_values > 10_000);
    let unit = |key: &str| ours.iter().find(|series| series.key == key).unwrap().unit.clone();
    assert_eq!(
        (unit("link/flow"), unit("node/pressure"), unit("node/quality")),
        ("L/s".into(), "m".into(), "h".into())
    );

    let storm = read(folder.path(), "storm.out");
    let ours = read_swmm(&storm, MAX_BYTES).unwrap();
    let num_values = compare(&ours, &answer.swmm);
    println!("SWMM: {} quantities, {num_values} values", answer.swmm.len());
    assert!(num_values > 300);
    let flooding = ours.iter().find(|series| series.key == "node/flooding").unwrap();
    assert!(
        flooding.values.iter().any(|value| *value > 0.0),
        "the manhole is too small for the storm"
    );
    assert_eq!(flooding.unit, "L/s");

    // a file cut anywhere is refused, and none is read beyond its end
    for (file, step) in [(&net3, 997), (&storm, 13)] {
        for len in (0..file.bytes.len()).step_by(step) {
            let cut = File {
                name: "cut.out".into(),
                bytes: file.bytes[..len].to_vec(),
            };
            assert!(
                read_epanet(&cut, MAX_BYTES).is_err() && read_swmm(&cut, MAX_BYTES).is_err(),
                "{len}"
            );
        }
    }
    // numbers of the opening records that were damaged never lead beyond the file or to more memory than it has
    for at in (0..600).step_by(4) {
        for number in [-1_i32, i32::MAX, 1 << 20] {
            for file in [&net3, &storm] {
                let mut bytes = file.bytes.clone();
                bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
                let damaged = File {
                    name: "damaged.out".into(),
                    bytes,
                };
                let _ = (
                    read_epanet(&damaged, MAX_BYTES).is_ok(),
                    read_swmm(&damaged, MAX_BYTES).is_ok(),
                );
            }
        }
    }
}
