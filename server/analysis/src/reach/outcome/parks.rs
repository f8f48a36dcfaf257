//! The official coverage by parks.

use super::{Found, layer};
use crate::indicators::Text;
use crate::outcome::{Class, Column, Ending, Figure, Legend, Limit, Outcome, Shape, Table, Verdict};
use crate::reach::areas::rings;
use crate::reach::green::Served;
use serde_json::json;

/// Layers, verdict, table and figures of the parks.
pub(super) fn parks(found: &Found<'_>, green: &Served, outcome: &mut Outcome) {
    let rules = &found.rules.green;
    let (mut polygons, mut values) = (Vec::new(), Vec::new());
    for (value, part) in [(1.0, &green.served), (0.0, &green.unserved)] {
        let parts = rings(part);
        values.extend(std::iter::repeat_n(value, parts.len()));
        polygons.extend(parts);
    }
    let class = |from, color: &str, zh, en| Class {
        from,
        color: color.to_owned(),
        title: Some(Text::new(zh, en)),
    };
    let legend = Legend {
        classes: vec![
            class(0.0, "#d55e00", "未覆盖", "Not served"),
            class(1.0, "#009e73", "已覆盖", "Served"),
        ],
        limit: None,
    };
    let title = Text::new("居住用地的公园服务", "Residential land served by parks");
    outcome.layers.push(layer(
        "green_land",
        title,
        "1",
        legend,
        Shape::Areas { polygons },
        values,
    ));
    let (mut polygons, mut values) = (Vec::new(), Vec::new());
    for (tier, area) in rules.tiers.iter().zip(&green.areas) {
        let parts = rings(area);
        values.extend(std::iter::repeat_n(tier.radius_m as f32, parts.len()));
        polygons.extend(parts);
    }
    let mut classes: Vec<Class> = rules
        .tiers
        .iter()
        .zip(["#1b7837", "#7fbf7b", "#d9f0d3"].into_iter().cycle())
        .map(|(tier, color)| Class {
            from: tier.radius_m,
            color: color.to_owned(),
            title: None,
        })
        .collect();
    classes.sort_by(|a, b| a.from.total_cmp(&b.from));
    let title = Text::new("公园服务范围(直线)", "Service areas of parks (straight line)");
    let legend = Legend { classes, limit: None };
    outcome.layers.push(layer(
        "green_areas",
        title,
        "m",
        legend,
        Shape::Areas { polygons },
        values,
    ));

    let share = green.share();
    // areas are good to 1e-6: a share that falls short by less is the limit
    let short = share.map(|s| s - rules.coverage.share);
    let margin = short.map(|short| if short.abs() < 1e-6 { 0.0 } else { short });
    let because = if share.is_none() {
        Some(Text::new(
            "范围内没有居住用地",
            "there is no residential land in the area",
        ))
    } else if found.input.homes_are_buildings {
        Some(Text::new(
            "没有居住用地资料，以住宅基底代替，不作判定",
            "the data has no residential land; footprints of homes stand for it and nothing is judged",
        ))
    } else {
        None
    };
    outcome.verdicts.push(Verdict {
        feature: found.input.area.id.clone(),
        index: found.input.area.index,
        what: Text::new(
            "公园绿化活动场地服务半径覆盖率",
            "Residential land within the service areas of parks",
        ),
        value: share,
        unit: "1".into(),
        limit: Limit {
            value: rules.coverage.share,
            source: format!("{};{}", rules.source, rules.coverage.source),
            is_verified: rules.is_verified && rules.coverage.is_verified,
        },
        margin,
        verdict: if because.is_some() {
            Ending::NotDecidable
        } else {
            Ending::of(margin, error(margin))
        },
        because,
    });
    outcome.figures.extend([
        Figure::new(
            "home_land",
            Text::new("居住用地", "Residential land"),
            green.land_m2,
            "m2",
        ),
        Figure::new(
            "home_land_served",
            Text::new("公园覆盖的居住用地", "Residential land served"),
            green.served_m2,
            "m2",
        ),
    ]);
    let rows = rules.tiers.iter().zip(&green.num_parks).zip(&green.areas);
    outcome.tables.push(Table {
        key: "green".into(),
        title: Text::new("公园", "Parks"),
        columns: vec![
            Column::new("min_area", "面积不小于", "Area of at least", "m2"),
            Column::new("radius", "服务半径", "Service radius", "m"),
            Column::new("parks", "公园", "Parks", "1"),
            Column::new("area", "服务范围面积", "Area served", "m2"),
        ],
        rows: rows
            .map(|((t, n), area)| {
                vec![
                    json!(t.min_area_m2),
                    json!(t.radius_m),
                    json!(n),
                    json!(crate::geometry::area_m2(area)),
                ]
            })
            .collect(),
    });
}

/// Error of the share. The circles' polygons leave out at most r·(1 − cos 1°) at the rim, a few ten-thousandths of the land,
/// and never cover too much: what meets the limit surely does, or full coverage could never pass.
fn error(margin: Option<f64>) -> f64 {
    if margin.is_some_and(|margin| margin >= 0.0) {
        0.0
    } else {
        5e-4
    }
}
