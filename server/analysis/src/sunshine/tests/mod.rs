//! The whole kernel against closed forms and against itself; scenes that its tests share.

mod changes;
mod results;
mod shadows;

use super::params::Params;
use super::*;
use crate::geometry::polygon;
use geo::MultiPolygon;

pub(super) fn site() -> Site {
    Site {
        latitude_deg: 34.75,
        longitude_deg: 113.65,
        elevation_m: 100.0,
        convergence_deg: -0.4,
        utc_offset_h: 8.0,
    }
}

/// A box from (x, y) to (x + w, y + d), metres from a far-off corner of the grid.
pub(super) fn cuboid(id: &str, [x, y]: [f64; 2], [w, d]: [f64; 2], [ground_m, top_m]: [f64; 2]) -> Building {
    let [x, y] = [500_000.0 + x, 3_847_000.0 + y];
    let ring = vec![[x, y], [x + w, y], [x + w, y + d], [x, y + d]];
    Building {
        id: id.into(),
        index: Some(id.len() as u32),
        usage: Usage::Residential,
        footprint: MultiPolygon::new(vec![polygon(&[ring])]),
        ground_m,
        top_m,
        ..Building::default()
    }
}

pub(super) fn window(building: &Building, at: [f64; 3]) -> Building {
    Building {
        is_examined: true,
        windows: vec![Window {
            id: "w".into(),
            dwelling: "d".into(),
            sill: [500_000.0 + at[0], 3_847_000.0 + at[1], at[2]],
            normal: [0.0, -2.0],
        }],
        ..building.clone()
    }
}

pub(super) fn study(input: &Input, params: &Params) -> Study {
    Study::new(input, params, &Limits::shipped().unwrap(), &Task::default()).unwrap()
}

/// A small town of boxes by numbers, on a slope, all homes examined.
pub(super) fn town(numbers: &[(u8, u8, u8)]) -> Input {
    let buildings = numbers.iter().enumerate().map(|(k, (x, y, h))| {
        let at = [f64::from(x % 8) * 28.0, f64::from(y % 8) * 24.0];
        let ground = 50.0 + 0.02 * at[1];
        Building {
            is_examined: k % 2 == 0,
            ..cuboid(
                &format!("b-{k}"),
                at,
                [20.0, 11.0],
                [ground, ground + 3.0 + f64::from(h % 60)],
            )
        }
    });
    let terrain = Grid {
        origin: [499_800.0, 3_846_800.0],
        cell_m: 50.0,
        columns: 12,
        rows: 12,
        heights: (0..144_u16)
            .map(|i| 50.0 + 0.02 * (f32::from(i / 12) * 50.0 - 200.0) - 0.5)
            .collect(),
    };
    Input {
        site: site(),
        buildings: buildings.collect(),
        terrain: Terrain::Heights(terrain),
        ground: Some(Grid {
            origin: [500_000.0, 3_847_000.0],
            cell_m: 31.0,
            columns: 7,
            rows: 6,
            heights: vec![52.0; 42],
        }),
    }
}

pub(super) fn coarse() -> Params {
    Params {
        spacing_m: 5.0,
        patch_m: 10.0,
        step_s: 180.0,
        ..Params::default()
    }
}
