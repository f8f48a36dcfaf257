//! Draws the plan of a generated city as SVG: `demo_plan OUT.svg [buildings] [seed] [west south size_m] [pipes]`.

use city_model::{CrossSection, Feature, FeatureClass, PointKind, Report, Shape};
use city_sources::MemorySink;
use city_sources::demo::{DemoOptions, generate};
use glam::DVec2;
use std::fmt::Write as _;
use std::time::Instant;

fn colour(feature: &Feature) -> (&'static str, u8) {
    let text = |key: &str| feature.attributes.get(key).and_then(|v| v.as_str()).unwrap_or_default();
    match feature.class {
        FeatureClass::LandUse => match text("land_use") {
            "sidewalk" => ("#cfcac0", 1),
            "residential" => ("#e9e2d2", 0),
            "village" => ("#e4d3bb", 0),
            "commercial" => ("#e8d4d4", 0),
            "industrial" => ("#d8d4e0", 0),
            "track" => ("#b8604a", 3),
            "plaza" | "court" | "pitch" | "parking" => ("#d9d4cc", 4),
            "vacant" => ("#d8c9a4", 0),
            _ => ("#e6dfe6", 0),
        },
        FeatureClass::PlantCover => match text("cover") {
            "wheat" => ("#dbe3b0", 1),
            "fallow" => ("#e2d6b8", 1),
            "field" => ("#8cc068", 4),
            _ => ("#a9cc8c", 2),
        },
        FeatureClass::Water => ("#6fa5c4", 5),
        FeatureClass::Road if feature.attributes.contains_key("marking") => ("#ffffff", 8),
        FeatureClass::Road => ("#8b8d92", 6),
        FeatureClass::Railway => ("#5b5148", 7),
        FeatureClass::Bridge => ("#b5b2aa", 9),
        FeatureClass::Building => match text("use") {
            "住宅" => ("#c99a6b", 10),
            "城中村住宅" => ("#b8704f", 10),
            "商业" => ("#d0607a", 10),
            "办公" => ("#6f86c9", 10),
            "工业厂房" | "仓库" => ("#8d7fb0", 10),
            "历史建筑" => ("#7d4a3c", 10),
            _ => ("#5f9c93", 10),
        },
        FeatureClass::BuildingPart => ("#3f4f8f", 11),
        FeatureClass::OtherConstruction => ("#000000", 12),
        FeatureClass::Tree => ("#3f7f3f", 12),
        FeatureClass::Pipe => match text("pipe_class") {
            "JS" => ("#00c8ff", 14),
            "WS" => ("#7a4a20", 14),
            "HS" => ("#8040a0", 14),
            "YS" => ("#2050d0", 14),
            "RQ" => ("#ff00ff", 14),
            "RL" => ("#ff8000", 14),
            "DL" => ("#ff0000", 14),
            "TX" => ("#00b000", 14),
            "ZH" => ("#000000", 13),
            _ => ("#555555", 14),
        },
        FeatureClass::PipeNode => ("#222222", 15),
        FeatureClass::Project => ("#ff7000", 16),
        FeatureClass::Zone => ("#0040ff", 17),
        _ => ("#000000", 12),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |k: usize, default: f64| args.get(k).and_then(|a| a.parse::<f64>().ok()).unwrap_or(default);
    let options = DemoOptions {
        buildings: number(1, 8_000.0) as u32,
        seed: number(2, 1.0) as u64,
    };
    let (mut sink, mut report) = (MemorySink::default(), Report::new("demo"));
    let started = Instant::now();
    let summary = generate(&options, &mut sink, &mut report)?;
    eprintln!(
        "{:?} in {:?}; {} features; {:?}",
        summary.counts,
        started.elapsed(),
        sink.features.len(),
        summary.pipes
    );
    let with_pipes = args.iter().any(|a| a == "pipes");
    let (mut low, mut high) = (DVec2::INFINITY, DVec2::NEG_INFINITY);
    for f in sink.features.iter().filter(|f| f.class == FeatureClass::Building) {
        let b = f.bounds();
        low = low.min(b.min.truncate());
        high = high.max(b.max.truncate());
    }
    (low, high) = (low - 150.0, high + 150.0);
    if args.len() >= 6 {
        let size = number(5, 1000.0);
        low += DVec2::new(number(3, 0.0), number(4, 0.0));
        high = low + size;
    }
    let mut items: Vec<(u8, String)> = Vec::new();
    for feature in &sink.features {
        let is_pipe = matches!(feature.class, FeatureClass::Pipe | FeatureClass::PipeNode);
        let b = feature.bounds();
        if is_pipe != with_pipes && is_pipe
            || b.max.x < low.x
            || b.min.x > high.x
            || b.max.y < low.y
            || b.min.y > high.y
        {
            continue;
        }
        let (fill, order) = colour(feature);
        let outline_only = matches!(feature.class, FeatureClass::Project | FeatureClass::Zone);
        for shape in feature.geometry.finest() {
            let mut svg = String::new();
            let mut path = |rings: &[Vec<DVec2>]| -> Result<(), std::fmt::Error> {
                write!(svg, "<path fill-rule='evenodd' d='")?;
                for ring in rings {
                    for (k, p) in ring.iter().enumerate() {
                        write!(
                            svg,
                            "{}{:.2} {:.2}",
                            if k == 0 { "M" } else { "L" },
                            p.x - low.x,
                            high.y - p.y
                        )?;
                    }
                    write!(svg, "Z")?;
                }
                if outline_only {
                    write!(svg, "' fill='none' stroke='{fill}' stroke-width='5'/>")
                } else {
                    write!(svg, "' fill='{fill}'/>")
                }
            };
            match shape {
                Shape::Extrusion(e) => path(&e.rings)?,
                Shape::Footprint(f) => f.polygons.iter().try_for_each(|rings| path(rings))?,
                Shape::Surfaces(mesh) => {
                    for s in &mesh.surfaces {
                        path(
                            &s.rings
                                .iter()
                                .map(|r| r.iter().map(|v| mesh.vertices[*v as usize].truncate()).collect())
                                .collect::<Vec<_>>(),
                        )?;
                    }
                }
                Shape::Line(line) => {
                    let width = match line.section {
                        CrossSection::Strip { width_m } | CrossSection::Rect { width_m, .. } => width_m,
                        CrossSection::Circle { diameter_m } => diameter_m.max(0.5),
                        CrossSection::Unknown => 0.3,
                    };
                    let points: Vec<String> = line
                        .points
                        .iter()
                        .map(|p| format!("{:.2},{:.2}", p.x - low.x, high.y - p.y))
                        .collect();
                    write!(
                        svg,
                        "<polyline points='{}' fill='none' stroke='{fill}' stroke-width='{width:.2}'/>",
                        points.join(" ")
                    )?;
                }
                Shape::Point(p) => {
                    let r = match p.kind {
                        PointKind::Tree { crown_m, .. } => crown_m * 0.5,
                        PointKind::Post { .. } => 0.6,
                        _ => 0.8,
                    };
                    let opacity = if feature.class == FeatureClass::Tree { 0.55 } else { 1.0 };
                    write!(
                        svg,
                        "<circle cx='{:.2}' cy='{:.2}' r='{r:.2}' fill='{fill}' opacity='{opacity}'/>",
                        p.position.x - low.x,
                        high.y - p.position.y
                    )?;
                }
                Shape::Instance { .. } => {}
            }
            items.push((order, svg));
        }
    }
    items.sort_by_key(|i| i.0);
    let size = high - low;
    let mut out = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {:.0} {:.0}' width='1600' height='{:.0}'><rect width='100%' height='100%' fill='#d8d2c0'/>\n",
        size.x,
        size.y,
        1600.0 * size.y / size.x
    );
    for (_, svg) in items {
        out.push_str(&svg);
        out.push('\n');
    }
    out.push_str("</svg>\n");
    std::fs::write(
        args.first()
            .ok_or("usage: demo_plan OUT.svg [buildings] [seed] [west south size_m] [pipes]")?,
        out,
    )?;
    Ok(())
}
