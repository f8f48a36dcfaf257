//! Parks, pocket parks and vacant land.

use super::{PUBLIC, Plot, SHED};
use crate::demo::geom::Rect;
use city_model::RoofForm;
use glam::DVec2;

/// Lawn with paths, groves, a pond and a pavilion; small blocks become pocket parks.
pub(super) fn park(plot: &mut Plot<'_>) {
    plot.out.years = (1990, 2015);
    let (w, h) = (plot.w(), plot.h());
    let all = plot.all;
    plot.patch(all.ring(), "lawn");
    let is_pocket = w.min(h) < 60.0 || w * h < 5_000.0;
    if is_pocket {
        plot.patch(
            Rect {
                x0: w * 0.3,
                y0: h * 0.3,
                x1: w * 0.7,
                y1: h * 0.7,
            }
            .ring(),
            "plaza",
        );
        plot.grove(all.shrunk(2.0), 75.0);
        return;
    }
    // crossing paths and a ring walk
    let ring = all.shrunk((w.min(h) * 0.12).min(18.0));
    plot.patch(
        Rect {
            x0: w * 0.5 - 2.0,
            y0: 0.0,
            x1: w * 0.5 + 2.0,
            y1: h,
        }
        .ring(),
        "path",
    );
    for (a, b) in [(ring.y0, 0.0), (ring.y1, 1.0)] {
        plot.patch(
            Rect {
                x0: ring.x0,
                y0: a - 1.25,
                x1: ring.x1,
                y1: a + 1.25,
            }
            .ring(),
            "path",
        );
        let x = if b < 0.5 { ring.x0 } else { ring.x1 };
        plot.patch(
            Rect {
                x0: x - 1.25,
                y0: ring.y0,
                x1: x + 1.25,
                y1: ring.y1,
            }
            .ring(),
            "path",
        );
    }
    let pond = Rect::sized(w * 0.56, h * 0.3, (w * 0.26).min(70.0), (h * 0.34).min(44.0));
    let plaza = Rect::sized(w * 0.5 - 12.0, 4.0, 24.0, 16.0);
    plot.patch(plaza.ring(), "plaza");
    plot.patch(pond.stadium(), "pond");
    let pavilion = Rect::sized(w * 0.3, h * 0.52, 9.0, 9.0);
    plot.set(pavilion, 1.0, 1, 4.2, RoofForm::Hip { rise_m: 2.6 }, PUBLIC);
    plot.set(
        Rect::sized(w * 0.5 + 8.0, h - 12.0, 12.0, 7.0),
        1.0,
        1,
        3.4,
        RoofForm::Hip { rise_m: 1.8 },
        PUBLIC,
    );
    let count = (w * h / 110.0) as u32;
    for _ in 0..count {
        let p = DVec2::new(plot.rng.range(2.0, w - 2.0), plot.rng.range(2.0, h - 2.0));
        let near = |r: &Rect, by: f64| p.x > r.x0 - by && p.x < r.x1 + by && p.y > r.y0 - by && p.y < r.y1 + by;
        let on_path = (p.x - w * 0.5).abs() < 4.0 || (near(&ring, 2.5) && !near(&ring, -2.5));
        // trees stand in groves, meadows stay open
        let grove = (p.x / 31.0).sin() + (p.y / 23.0).cos() > -0.4;
        if !near(&pond, 1.0) && !near(&plaza, 1.0) && !on_path && grove {
            plot.tree(p);
        }
    }
}

/// Bare land with a builder's hut and some wild trees.
pub(super) fn vacant(plot: &mut Plot<'_>) {
    plot.out.years = (2012, 2020);
    let (w, h) = (plot.w(), plot.h());
    if plot.rng.chance(0.5) && w > 40.0 && h > 40.0 {
        plot.set(
            Rect::sized(5.0, 5.0, 18.0, 5.5),
            1.0,
            2,
            2.8,
            RoofForm::Gable { rise_m: 0.7 },
            SHED,
        );
        plot.patch(Rect::sized(26.0, 4.0, w * 0.3, 14.0_f64.min(h * 0.3)).ring(), "parking");
    }
    let meadow = Rect {
        x0: w * 0.15,
        y0: h * 0.4,
        x1: w * 0.85,
        y1: h * 0.9,
    };
    plot.patch(meadow.ring(), "meadow");
    plot.grove(meadow, 900.0);
}
