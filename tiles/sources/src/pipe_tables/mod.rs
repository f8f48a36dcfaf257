//! Pipe survey tables in the CJJ 61 style: a point table and a line table as CSV become pipes and nodes.
//!
//! The two files are paired by name (`JSPOINT.csv` with `JSLINE.csv`, `雨水点表.csv` with `雨水线表.csv`, `a_P.csv`
//! with `a_L.csv`); either may be named. Column names are data: see `aliases.json`.

mod network;
mod size;
mod table;

use crate::sniff::Head;
use crate::{FeatureSink, ReadOptions, SourceError};
use city_model::Report;
use std::path::{Path, PathBuf};

pub use size::parse_size;

const FORMAT: &str = "pipe survey table";

/// Pairs of name parts that mark the point table and the line table.
const PAIRS: &[(&str, &str)] = &[
    ("point", "line"),
    ("Point", "Line"),
    ("POINT", "LINE"),
    ("点表", "线表"),
    ("点", "线"),
    ("_P.", "_L."),
    ("_p.", "_l."),
    ("P.", "L."),
];

/// True for CSV whose header names a survey point or two ends of a line.
pub fn is_pipe_table(head: &Head<'_>) -> bool {
    if !(head.has_extension("csv") || head.has_extension("txt")) {
        return false;
    }
    let text = table::decode(head.bytes);
    let first = text.lines().next().unwrap_or_default();
    let columns = table::header_columns(first);
    table::is_point_header(&columns) || table::is_line_header(&columns)
}

/// Reads a point table and its line table.
///
/// # Errors
/// [`SourceError`] when a table is missing or unreadable, or when the coordinates cannot be placed; trouble with
/// single rows goes to `report`.
pub fn read(
    path: &Path,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let named = table::Table::read(path)?;
    let (points, lines) =
        if named.is_points() {
            (named, partner(path, true).map(|p| table::Table::read(&p)).transpose()?)
        } else {
            let point_path = partner(path, false).ok_or_else(|| SourceError::malformed(
                FORMAT,
                path,
                "file name",
                "the line table needs its point table beside it (…POINT.csv with …LINE.csv, …点表.csv with …线表.csv)",
        ))?;
            (table::Table::read(&point_path)?, Some(named))
        };
    if lines.is_none() {
        report.warn(
            "pipes/no-line-table",
            None,
            None,
            "no line table beside the point table: nodes only",
        );
    }
    network::build(path, &points, lines.as_ref(), options, sink, report)
}

/// The table that belongs to `path`, if it exists.
fn partner(path: &Path, is_point: bool) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    PAIRS.iter().find_map(|(point, line)| {
        let (own, other) = if is_point { (point, line) } else { (line, point) };
        let at = name.rfind(own)?;
        let candidate = path.with_file_name(format!("{}{other}{}", &name[..at], &name[at + own.len()..]));
        (candidate != path && candidate.exists()).then_some(candidate)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemorySink;
    use city_model::{CrossSection, Crs, FeatureClass, LevelReference, Shape};

    fn options() -> ReadOptions {
        ReadOptions {
            default_crs: Some(Crs::from_epsg(4547).unwrap()),
            ..ReadOptions::default()
        }
    }

    fn read_pair(points: &str, lines: &str) -> (MemorySink, Report) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("YSPOINT.csv"), points).unwrap();
        std::fs::write(dir.path().join("YSLINE.csv"), lines).unwrap();
        let (mut sink, mut report) = (MemorySink::default(), Report::new("x"));
        read(&dir.path().join("YSLINE.csv"), &options(), &mut sink, &mut report).unwrap();
        (sink, report)
    }

    #[test]
    fn real_drains_in_survey_layout() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/pipe_tables/YSLINE.csv");
        let (mut sink, mut report) = (MemorySink::default(), Report::new("x"));
        let options = ReadOptions {
            default_crs: Some(Crs::from_epsg(32610).unwrap()),
            ..ReadOptions::default()
        };
        read(&path, &options, &mut sink, &mut report).unwrap();
        let rows = |name: &str| {
            std::fs::read_to_string(path.with_file_name(name))
                .unwrap()
                .lines()
                .count()
                - 1
        };
        let count = |class| sink.features.iter().filter(|f| f.class == class).count();
        assert_eq!(count(FeatureClass::Pipe), rows("YSLINE.csv"));
        assert_eq!(count(FeatureClass::PipeNode), rows("YSPOINT.csv"));
        assert_eq!(report.num_errors(), 0, "{:?}", report.issues);
        for feature in sink.features.iter().filter(|f| f.class == FeatureClass::Pipe) {
            let Shape::Line(line) = &feature.geometry.shapes[0].shape else {
                panic!("{}", feature.id)
            };
            // Kamloops, UTM zone 10: easting about 688 km, northing about 5,616 km, 340–700 m above the sea
            assert!((680e3..700e3).contains(&line.points[0].x) && (5_600e3..5_630e3).contains(&line.points[0].y));
            assert!((300.0..800.0).contains(&line.points[0].z));
            assert_eq!(line.reference, LevelReference::InsideBottom);
            assert_eq!(feature.attributes["pipe_class"], "YS");
        }
    }

    #[test]
    fn the_traps_of_survey_tables() {
        let points = "物探点号,X,Y,地面高程,附属物\n\
            A,3846914.1,467952.2,100.00,窨井\nB,467982.2,3846914.1,99.50,窨井\nC,3846944.1,467982.2,99.0,雨水箅\nD,bad,1,1,\nA2,3846000,467000,98,\n";
        let lines = "起始点号,终止点号,起点埋深,终点埋深,终点高程,管径,材质\n\
            A,B,2.0,1.8,97.70,800X600,T\nB,A,1.8,2.0,,300,PE\nB,C,1.5,,,DN300,PVC\nC,C,1,1,,300,\nC,Z9,1,1,,300,\nA,C,1.0,1.0,95.0,??,QM\n,B,1,1,,300,\n";
        let (sink, report) = read_pair(points, lines);
        let pipes: Vec<_> = sink.features.iter().filter(|f| f.class == FeatureClass::Pipe).collect();
        assert_eq!(
            pipes.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(),
            ["YSLINE:A-B", "YSLINE:B-C", "YSLINE:A-C"]
        );
        let Shape::Line(line) = &pipes[0].geometry.shapes[0].shape else {
            panic!()
        };
        assert_eq!(
            line.section,
            CrossSection::Rect {
                width_m: 0.8,
                height_m: 0.6
            }
        );
        // B is written with easting first, and is still 30 m east of A
        assert!(
            (line.points[1].x - line.points[0].x - 30.0).abs() < 1e-6
                && (line.points[0].y - line.points[1].y).abs() < 1e-6
        );
        assert!((line.points[0].z - 98.0).abs() < 1e-9 && (line.points[1].z - 97.7).abs() < 1e-9);
        for code in [
            "pipes/duplicate-line",
            "pipes/zero-length",
            "pipes/missing-point",
            "pipes/no-ends",
            "pipes/no-coordinates",
            "pipes/level-mismatch",
            "pipes/one-level",
            "pipes/size",
            "pipes/unused-point",
        ] {
            assert!(report.counts.contains_key(code), "{code} in {:?}", report.counts);
        }
        assert_eq!(pipes[0].attributes["material"], "混凝土");
    }

    #[test]
    fn eastings_with_a_zone_name_their_system() {
        let points = "点号,X,Y,地面高程\n1,3846914.1,38467952.2,100\n2,3846914.1,38467982.2,100\n";
        let (sink, _) = read_pair(points, "起点点号,终点点号,起点埋深,终点埋深,管径\n1,2,1,1,300\n");
        assert_eq!(sink.datasets[0].crs.as_ref().unwrap().name(), "EPSG:4526");
    }

    #[test]
    fn a_line_table_alone_says_what_it_needs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lonely.csv");
        std::fs::write(&path, "起始点号,终止点号,管径\n1,2,300\n").unwrap();
        let (mut sink, mut report) = (MemorySink::default(), Report::new("x"));
        let err = read(&path, &options(), &mut sink, &mut report).unwrap_err().to_string();
        assert!(err.contains("point table") && err.contains("lonely.csv"), "{err}");
        std::fs::write(dir.path().join("p.csv"), "点号,X,Y\n1,3846914,467952\n").unwrap();
        let err = read(
            &dir.path().join("p.csv"),
            &ReadOptions::default(),
            &mut sink,
            &mut report,
        )
        .unwrap_err()
        .to_string();
        assert!(err.contains("--crs"), "{err}");
    }
}
