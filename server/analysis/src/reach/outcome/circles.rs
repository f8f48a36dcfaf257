//! What is reached from the starts: walking times along streets and of buildings, and the circles of daily life.

use super::{Found, buildings, layer};
use crate::indicators::Text;
use crate::outcome::{Class, Column, Figure, Legend, Outcome, Shape, Table};
use crate::reach::areas::rings;
use crate::reach::graph::Walk;
use crate::reach::isochrone::Isochrone;
use serde_json::json;

/// Colours of three classes from near to far, even in lightness and safe for colour-blind people (viridis).
const NEAR_TO_FAR: [&str; 3] = ["#fde725", "#21918c", "#440154"];

/// Layers, table and figures of the starts.
pub(super) fn reached(found: &Found<'_>, isochrone: &Isochrone, outcome: &mut Outcome) {
    let (rules, graph) = (found.rules, &found.prepared.graph);
    let speed = rules.walk_speed.metres_per_minute;
    let color = |i: usize| NEAR_TO_FAR[i.min(NEAR_TO_FAR.len() - 1)].to_owned();
    let classes = rules.circles.iter().enumerate().map(|(i, circle)| Class {
        from: if i == 0 {
            0.0
        } else {
            rules.circles[i - 1].distance_m / speed
        },
        color: color(i),
        title: Some(Text::new(
            format!("{}(≤ {} m)", circle.title.zh, circle.distance_m),
            format!("{} (≤ {} m)", circle.title.en, circle.distance_m),
        )),
    });
    let legend = Legend {
        classes: classes.collect(),
        limit: None,
    };

    let (mut vertices, mut starts, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (edge, stretch) in &isochrone.stretches {
        starts.push(vertices.len() as u32);
        for (point, length_m) in Walk::draw(graph, *edge, stretch) {
            vertices.push(point);
            values.push((length_m / speed) as f32);
        }
    }
    let shape = Shape::Lines { vertices, starts };
    let mut lines = layer(
        "minutes",
        Text::new("步行时间", "Walking time"),
        "min",
        legend.clone(),
        shape,
        values,
    );
    lines.error = Some(found.params.error_m / speed);

    // the largest first: smaller circles are drawn over it
    let (mut polygons, mut values) = (Vec::new(), Vec::new());
    for (circle, area) in rules.circles.iter().zip(&isochrone.areas).rev() {
        let parts = rings(area);
        values.extend(std::iter::repeat_n(circle.minutes as f32, parts.len()));
        polygons.extend(parts);
    }
    let classes = rules.circles.iter().enumerate().map(|(i, circle)| Class {
        from: circle.minutes,
        color: color(i),
        title: Some(circle.title.clone()),
    });
    let circles = Legend {
        classes: classes.collect(),
        limit: None,
    };
    let areas = layer(
        "circles",
        Text::new("生活圈范围", "Circles of daily life"),
        "min",
        circles,
        Shape::Areas { polygons },
        values,
    );
    outcome.layers.extend([lines, areas]);

    let walks: Vec<Option<f64>> = found
        .prepared
        .places
        .buildings
        .iter()
        .map(|place| place.as_ref().and_then(|p| isochrone.walk.to(graph, p)))
        .collect();
    if !found.input.buildings.is_empty() {
        let values = walks
            .iter()
            .map(|m| m.map_or(f32::NAN, |m| (m / speed) as f32))
            .collect();
        let title = Text::new("建筑步行时间", "Walking time of buildings");
        let mut layer = layer("building_minutes", title, "min", legend, buildings(found.input), values);
        layer.error = Some(found.params.error_m / speed);
        outcome.layers.push(layer);
    }

    let mut rows = Vec::new();
    for (i, circle) in rules.circles.iter().enumerate() {
        let within = |m: &Option<f64>| m.is_some_and(|m| m <= circle.distance_m);
        let inside = walks.iter().zip(&found.input.buildings).filter(|(m, _)| within(m));
        let (people, count) = inside.fold((0.0, 0), |(people, n), (_, b)| (people + b.people, n + 1));
        let area_m2 = crate::geometry::area_m2(&isochrone.areas[i]);
        let facilities = found.prepared.places.facilities.iter().flatten();
        let facilities = facilities.filter(|p| within(&isochrone.walk.to(graph, p))).count();
        rows.push(vec![
            json!(circle.title.zh),
            json!(circle.title.en),
            json!(circle.distance_m),
            json!(count),
            json!(people),
            json!(facilities),
            json!(isochrone.streets_m[i]),
            json!(area_m2),
        ]);
        let (zh, en) = (&circle.title.zh, &circle.title.en);
        outcome.figures.extend([
            Figure::new(
                format!("people_{}", circle.id),
                Text::new(format!("{zh}人口"), format!("People in the {en}")),
                people,
                "1",
            ),
            Figure::new(
                format!("area_{}", circle.id),
                Text::new(format!("{zh}面积"), format!("Area of the {en}")),
                area_m2,
                "m2",
            ),
        ]);
    }
    outcome.tables.push(Table {
        key: "circles".into(),
        title: Text::new("生活圈", "Circles of daily life"),
        columns: vec![
            Column::new("circle", "生活圈", "Circle (Chinese)", ""),
            Column::new("circle_en", "生活圈(英文)", "Circle", ""),
            Column::new("distance", "步行距离", "Walking distance", "m"),
            Column::new("buildings", "建筑", "Buildings", "1"),
            Column::new("people", "人口", "People", "1"),
            Column::new("facilities", "设施", "Facilities", "1"),
            Column::new("streets", "可达道路", "Streets reached", "m"),
            Column::new("area", "面积", "Area", "m2"),
        ],
        rows,
    });
}
