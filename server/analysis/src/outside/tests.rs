//! Small files of each kind, whole and broken.

use super::*;
use crate::Task;
use crate::indicators::Text;
use crate::outcome::{Ending, Limit, Shape};
use std::collections::BTreeMap;

fn file(name: &str, text: &str) -> File {
    File {
        name: name.into(),
        bytes: text.into(),
    }
}

const GRID: &str =
    "ncols 3\nnrows 2\nxllcorner 100\nyllcorner 200\ncellsize 10\nNODATA_value -9999\n1 2 3\n4 -9999 6\n";

fn input(source: Source) -> Input {
    let feature = |id: &str, index| {
        let element = Element::Feature {
            id: id.to_owned(),
            index,
        };
        (id.to_owned(), vec![element])
    };
    Input {
        source,
        elements: Elements {
            features: BTreeMap::from([feature("b-1", 1), feature("b-2", 2)]),
            ..Elements::default()
        },
    }
}

#[test]
fn grids_become_one_layer_from_the_south() {
    let files = vec![
        (3600.0, file("b.asc", &GRID.replace("1 2 3", "7 8 9"))),
        (0.0, file("a.asc", GRID)),
    ];
    let outcome = run(&input(Source::Ascii(files)), &Params::default(), &Task::default()).unwrap();
    let layer = &outcome.layers[0];
    assert_eq!(layer.times_s, [0.0, 3600.0]);
    assert_eq!((layer.values[0], layer.values[3], layer.values[9]), (4.0, 1.0, 7.0));
    assert!(layer.values[1].is_nan());
    let Shape::Grid {
        origin, columns, rows, ..
    } = &layer.shape
    else {
        panic!()
    };
    assert_eq!((*origin, *columns, *rows), ([100.0, 200.0], 3, 2));

    let centers = GRID.replace("corner", "center");
    assert_eq!(
        read_ascii(&file("c", &centers), None, 1000).unwrap().origin,
        [95.0, 195.0]
    );
}

#[test]
fn broken_grids_name_their_row() {
    let refused = |text: &str| read_ascii(&file("x.asc", text), None, 1000).unwrap_err().to_string();
    assert_eq!(refused(&GRID.replace("4 ", "four ")), "x.asc, row 8: four is no number");
    assert_eq!(
        refused(&GRID.replace(" 6", " 6 7")),
        "x.asc, row 8: has more than 6 values"
    );
    assert_eq!(
        refused(&GRID.replace(" 6", "")),
        "x.asc: has 5 values, 6 were announced"
    );
    assert_eq!(
        refused(&GRID.replace("cellsize 10", "cellsize 0")),
        "x.asc: cellsize is missing or illegal"
    );
    assert_eq!(
        refused(&GRID.replace("nrows", "rows")),
        "x.asc, row 2: rows is not of a header"
    );
    assert_eq!(
        refused(&GRID.replace("ncols 3", "ncols 3000000000")),
        "x.asc: the result needs 24000000000 bytes, 1000 are allowed"
    );
    let moved = vec![
        (0.0, file("a.asc", GRID)),
        (1.0, file("b.asc", &GRID.replace("100", "105"))),
    ];
    let err = run(&input(Source::Ascii(moved)), &Params::default(), &Task::default()).unwrap_err();
    assert_eq!(err.text().zh, "b.asc：像元与 a.asc 不一致");
}

#[test]
fn a_table_by_feature_id_over_time() {
    let text = "\u{feff}id;time;noise;name\nb-1;0;61,;x\n";
    assert!(read_table(&file("t.csv", text), &Params::default()).is_err());
    let text = "id,time,noise,\"the, name\"\nb-2,1,70,x\nb-1,0,61.5,\"a \"\"b\"\"\"\n\nb-2,0,,y\nzz,0,1,\n";
    let params = Params {
        time_unit_s: Some(3600.0),
        layers: vec![Style {
            column: "noise".into(),
            title: Some(Text::new("噪声", "Noise")),
            unit: Some("dB".into()),
            limit: Some(Limit {
                value: 62.0,
                source: "GB 3096-2008".into(),
                is_verified: false,
            }),
            error: Some(2.0),
            ..Style::default()
        }],
        ..Params::default()
    };
    let outcome = run(&input(Source::Table(file("t.csv", text))), &params, &Task::default()).unwrap();
    let layer = &outcome.layers[0];
    assert_eq!(
        (layer.title.zh.as_str(), layer.unit.as_str(), layer.error),
        ("噪声", "dB", Some(2.0))
    );
    assert_eq!(layer.times_s, [0.0, 3600.0]);
    let Shape::Features { ids, indices } = &layer.shape else {
        panic!()
    };
    assert_eq!(
        (ids.as_slice(), indices.as_slice()),
        (["b-1".to_owned(), "b-2".to_owned()].as_slice(), [1, 2].as_slice())
    );
    assert!(layer.values[1].is_nan() && layer.values[2].is_nan());
    assert_eq!((layer.values[0], layer.values[3]), (61.5, 70.0));
    assert_eq!(
        outcome.notes[0].text.en.split(';').next(),
        Some("2 of 3 ids of t.csv are in the city")
    );
    assert_eq!(outcome.tables[0].rows[0][1], "zz");
    // the worst first; what is nearer to the limit than the error is not decided
    let endings: Vec<(&str, Ending)> = outcome
        .verdicts
        .iter()
        .map(|v| (v.feature.as_str(), v.verdict))
        .collect();
    assert_eq!(endings, [("b-2", Ending::Fail), ("b-1", Ending::WithinError)]);
    // without styles, columns of words are left out
    let all = read_table(&file("t.csv", text), &Params::default()).unwrap();
    assert_eq!(all.len(), 1);
}

#[test]
fn broken_tables_name_their_row() {
    let refused = |text: &str| {
        read_table(&file("t.csv", text), &Params::default())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(refused("id,v\na,1\nb,x\n"), "t.csv, row 3: x in column v is no number");
    assert_eq!(
        refused("id,v\na,1\na,2\n"),
        "t.csv, row 3: a is there twice at one time"
    );
    assert_eq!(
        refused("id,v\na,1,2\n"),
        "t.csv, row 2: has 3 columns, the header has 2"
    );
    assert_eq!(
        refused("name,v\na,1\n"),
        "t.csv, row 1: none of the columns is known to hold ids, name one as id_column: name, v"
    );
    assert_eq!(
        refused("id,time,v\na,noon,1\n"),
        "t.csv, row 2: the time noon is no number"
    );
    assert_eq!(refused("id,v\n,1\n"), "t.csv, row 2: the id is empty");
    assert_eq!(refused("id,v\n"), "t.csv: there are no rows");
    assert_eq!(refused(""), "t.csv: the file is empty");
}

#[test]
fn what_is_no_result_of_a_network_is_refused() {
    let junk = File {
        name: "x.out".into(),
        bytes: (0..2000_u32).flat_map(u32::to_le_bytes).collect(),
    };
    assert_eq!(
        read_epanet(&junk, 1000).unwrap_err().to_string(),
        "x.out, byte 4: is no result of EPANET"
    );
    assert_eq!(
        read_swmm(&junk, 1000).unwrap_err().to_string(),
        "x.out, byte 8000: the file was not finished"
    );
    for bytes in [vec![], vec![0x59; 7]] {
        let short = File {
            name: "x.out".into(),
            bytes,
        };
        assert!(read_epanet(&short, 1000).is_err() && read_swmm(&short, 1000).is_err());
    }
}

#[test]
fn a_node_and_a_link_of_one_id_are_told_apart_and_pipes_show_what_their_ends_have() {
    let element = |id: &str, index| {
        vec![Element::Feature {
            id: id.to_owned(),
            index,
        }]
    };
    let elements = Elements {
        nodes: BTreeMap::from([("10".to_owned(), element("well-10", 5))]),
        links: BTreeMap::from([("10".to_owned(), element("pipe-10", 7))]),
        courses: vec![Course {
            id: "pipe-10".to_owned(),
            index: 7,
            ends: ["10".to_owned(), "11".to_owned()],
        }],
        ..Elements::default()
    };
    let series = |key: &str, ids: &[&str], values: &[f32]| Series {
        key: key.to_owned(),
        title: Text::default(),
        unit: "m".to_owned(),
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        times_s: vec![0.0],
        values: values.to_vec(),
    };
    let shown = |series: &Series| {
        let (mut layers, mut matched) = (vec![], layers::Matched::new());
        layers::place(&elements, series, None, &Params::default(), &mut layers, &mut matched);
        let layer = layers.remove(0);
        let Shape::Features { ids, .. } = layer.shape else {
            panic!()
        };
        (layer.key, ids, layer.values)
    };
    let (key, ids, values) = shown(&series("node/pressure", &["10", "11"], &[30.0, 20.0]));
    assert_eq!(
        (key.as_str(), values.as_slice()),
        ("node-pressure", [30.0, 20.0].as_slice())
    );
    assert_eq!(ids, ["well-10", "pipe-10"]);
    let (_, ids, values) = shown(&series("link/flow", &["10"], &[4.0]));
    assert_eq!(
        (ids.as_slice(), values.as_slice()),
        (["pipe-10".to_owned()].as_slice(), [4.0].as_slice())
    );
    assert_eq!(
        shown(&series("node/head", &["10", "11"], &[30.0, 20.0])).2,
        [30.0, 25.0]
    );
}
