//! Estates: slabs of the 1980s and 90s, work-unit courtyards, slabs and towers after 2005.

use super::{OLD_OFFICE, PUBLIC, Plot, SHED, SHOP, SLAB, TOWER};
use crate::demo::geom::Rect;
use city_model::RoofForm;
use glam::DVec2;

const FLAT: RoofForm = RoofForm::Flat { parapet_m: 0.9 };

/// Ring of a slab: straight to the south, with stair bays standing out to the north.
fn slab_ring(rect: Rect, unit_m: f64, bay_m: f64) -> Vec<DVec2> {
    let units = (rect.width() / unit_m).round().max(1.0) as u32;
    let step = rect.width() / f64::from(units);
    let wall = rect.y1 - bay_m;
    let mut ring = vec![
        DVec2::new(rect.x0, rect.y0),
        DVec2::new(rect.x1, rect.y0),
        DVec2::new(rect.x1, wall),
    ];
    for k in (0..units).rev() {
        let c = rect.x0 + (f64::from(k) + 0.5) * step;
        ring.extend(
            [(c + 1.5, wall), (c + 1.5, rect.y1), (c - 1.5, rect.y1), (c - 1.5, wall)].map(|(x, y)| DVec2::new(x, y)),
        );
    }
    ring.push(DVec2::new(rect.x0, wall));
    ring
}

/// A south-facing slab with stair heads and tanks on the roof.
fn slab(plot: &mut Plot<'_>, rect: Rect, storeys: u32, storey_m: f64) -> bool {
    let pitched = plot.rng.chance(0.14) && storeys <= 6;
    let roof = if pitched { RoofForm::Hip { rise_m: 2.6 } } else { FLAT };
    let ring = if pitched {
        rect.ring()
    } else {
        slab_ring(rect, 15.0, 1.1)
    };
    let Some(site) = plot.set_ring(rect, ring, 5.0, storeys, storey_m, roof, SLAB) else {
        return false;
    };
    if !pitched {
        let units = (rect.width() / 15.0).round().max(1.0);
        for k in 0..units as u32 {
            let x = rect.x0 + (f64::from(k) + 0.5) * rect.width() / units;
            plot.roof_box(site, DVec2::new(x, rect.y1 - 3.6), (2.8, 4.6, 2.6));
            if plot.rng.chance(0.45) {
                plot.roof_box(site, DVec2::new(x + 4.6, rect.y0 + 4.2), (1.8, 1.8, 1.6));
            }
            if plot.rng.chance(0.5) {
                plot.roof_box(site, DVec2::new(x - 4.4, rect.y0 + 2.8), (2.2, 1.3, 0.9));
            }
        }
    }
    true
}

/// Rows of slabs with gaps of 1.2 to 1.5 heights, lawns between them, shops on the street.
pub(super) fn old_estate(plot: &mut Plot<'_>) {
    let from = plot.rng.int(1979, 1996);
    plot.out.years = (from, from + 4);
    let (w, h) = (plot.w(), plot.h());
    let has_shops = plot.rng.chance(0.7);
    if has_shops {
        let (low, high) = if plot.rng.chance(0.5) { (1, 2) } else { (2, 2) };
        plot.shop_front(10.0, (low, high), 0.85);
    }
    // driveway from the south gate, a dead end at the last row
    let gate = if w < 84.0 { 5.0 } else { w * plot.rng.range(0.42, 0.58) };
    plot.keep(
        Rect {
            x0: gate - 2.75,
            y0: if has_shops { 12.5 } else { 0.0 },
            x1: gate + 2.75,
            y1: h - 8.0,
        },
        "lane",
    );
    let storeys = if plot.rng.chance(0.22) { 5 } else { 6 };
    let storey_m = 2.8;
    let height = f64::from(storeys) * storey_m + 0.45;
    let pitch = 12.0 + height * plot.rng.range(1.2, 1.5);
    let first = if has_shops { 20.0 } else { 3.0 };
    let rows = (((h - 12.6 - first) / pitch).floor() as i32 + 1).max(1);
    let spare = (h - 12.6 - first - f64::from(rows - 1) * pitch).max(0.0);
    for row in 0..rows {
        let y = first + spare * 0.5 + f64::from(row) * pitch;
        for (x0, x1) in [(8.0, gate - 5.0), (gate + 5.0, w - 8.0)] {
            let room = x1 - x0;
            if room < 22.0 {
                continue;
            }
            let count = (room / 58.0).ceil().max(1.0);
            let len = ((room - 7.0 * (count - 1.0)) / count).min(61.0);
            for k in 0..count as u32 {
                let x = x0 + f64::from(k) * (len + 7.0);
                if plot.rng.chance(0.965) {
                    slab(plot, Rect::sized(x, y, len, 12.0), storeys, storey_m);
                }
            }
            // lawn and sheds in the gap behind the row
            let (gap0, gap1) = (y + 15.5, (y + pitch - 5.0).min(h - 2.0));
            if gap1 - gap0 > 5.0 {
                let lawn = Rect {
                    x0: x0 + 2.0,
                    y0: gap0,
                    x1: x1 - 2.0,
                    y1: gap1,
                };
                if plot.rng.chance(0.55) {
                    let shed = Rect::sized(
                        x0 + room * plot.rng.range(0.1, 0.5),
                        gap0 + 0.5,
                        16.0_f64.min(room * 0.4),
                        3.6,
                    );
                    plot.set(shed, 1.5, 1, 2.7, RoofForm::Gable { rise_m: 0.8 }, SHED);
                }
                if plot.rng.chance(0.8) {
                    plot.patch(lawn.ring(), "lawn");
                    plot.grove(lawn, 240.0);
                }
            }
        }
    }
    old_edges(plot);
}

/// Garages and a boiler house along the side edges of an old estate.
fn old_edges(plot: &mut Plot<'_>) {
    let (w, h) = (plot.w(), plot.h());
    // rows of garages where the side streets leave room
    for x in [0.4, w - 6.6] {
        let mut y = h * 0.18;
        while y + 16.0 < h - 4.0 {
            if plot.rng.chance(0.35) {
                plot.set(Rect::sized(x, y, 6.2, 15.0), 1.2, 1, 3.0, FLAT, SHED);
            }
            y += 19.0;
        }
    }
    if plot.rng.chance(0.25) {
        plot.set(Rect::sized(0.6, h * 0.5, 9.0, 15.0), 3.0, 2, 3.3, FLAT, PUBLIC);
    }
}

/// Offices at the gate, wings around a court, slabs behind.
pub(super) fn work_unit(plot: &mut Plot<'_>) {
    let from = plot.rng.int(1968, 1990);
    plot.out.years = (from, from + 8);
    let (w, h) = (plot.w(), plot.h());
    let front = (w * 0.55).clamp(28.0, 72.0);
    let x = (w - front) * 0.5;
    let storeys = plot.rng.int(4, 6);
    if let Some(main) = plot.set(Rect::sized(x, 6.0, front, 14.5), 2.0, storeys, 3.4, FLAT, OLD_OFFICE) {
        plot.roof_box(main, DVec2::new(w * 0.5, 13.0), (9.0, 7.0, 4.2));
        plot.roof_box(main, DVec2::new(x + 6.0, 14.0), (3.0, 5.0, 2.8));
    }
    let wing = (h * 0.22).clamp(16.0, 44.0);
    for wing_x in [x - 1.0, x + front - 12.0] {
        let floors = plot.rng.int(3, 4);
        plot.set(
            Rect::sized(wing_x.max(1.0), 27.0, 13.0, wing),
            4.0,
            floors,
            3.3,
            FLAT,
            OLD_OFFICE,
        );
    }
    let court = Rect {
        x0: x + 15.0,
        y0: 27.0,
        x1: x + front - 15.0,
        y1: 27.0 + wing,
    };
    if court.width() > 6.0 {
        plot.keep(court, "lawn");
        plot.grove(court, 90.0);
    }
    let mut y = 27.0 + wing + 9.0;
    while y + 12.0 < h - 1.0 {
        let storeys = plot.rng.int(3, 5);
        let len = plot.rng.range(38.0, 54.0);
        let mut sx = 2.0;
        while sx + 24.0 < w {
            let l = len.min(w - 2.0 - sx);
            if plot.rng.chance(0.9) {
                slab(plot, Rect::sized(sx, y, l, 11.0), storeys, 2.9);
            }
            sx += l + 8.0;
        }
        plot.grove(
            Rect {
                x0: 3.0,
                y0: y + 13.0,
                x1: w - 3.0,
                y1: (y + 24.0).min(h - 3.0),
            },
            330.0,
        );
        y += 11.0 + f64::from(storeys) * 2.9 * 1.2 + 4.0;
    }
    // canteen and garages along the sides where there is room
    for (gx, len) in [(1.0, 24.0), (w - 11.0, 30.0)] {
        plot.set(
            Rect::sized(gx, 30.0, 10.0, len),
            4.0,
            1,
            4.6,
            RoofForm::Gable { rise_m: 1.8 },
            PUBLIC,
        );
    }
}

/// Ring of a tower: a cross whose notches let light in.
fn tower_ring(r: Rect) -> Vec<DVec2> {
    let (nx, ny) = (r.width() * 0.2, r.height() * 0.2);
    [
        (r.x0 + nx, r.y0),
        (r.x1 - nx, r.y0),
        (r.x1 - nx, r.y0 + ny),
        (r.x1, r.y0 + ny),
        (r.x1, r.y1 - ny),
        (r.x1 - nx, r.y1 - ny),
        (r.x1 - nx, r.y1),
        (r.x0 + nx, r.y1),
        (r.x0 + nx, r.y1 - ny),
        (r.x0, r.y1 - ny),
        (r.x0, r.y0 + ny),
        (r.x0 + nx, r.y0 + ny),
    ]
    .map(|(x, y)| DVec2::new(x, y))
    .to_vec()
}

/// Towers and tall slabs around a garden, shops along the street, a kindergarten.
pub(super) fn new_estate(plot: &mut Plot<'_>) {
    let from = plot.rng.int(2005, 2020);
    plot.out.years = (from, from + 3);
    let (w, h) = (plot.w(), plot.h());
    plot.patch(
        Rect {
            x0: 4.0,
            y0: 17.0,
            x1: w - 4.0,
            y1: h - 4.0,
        }
        .ring(),
        "lawn",
    );
    plot.shop_front(13.0, (2, 3), 0.9);
    let tall = plot.rng.int(17, 33);
    let point_towers = plot.rng.chance(0.45);
    let rows = (((h - 24.0) / 54.0).floor() as u32).max(1);
    let pitch = (h - 24.0 - 17.0) / f64::from(rows.max(2) - 1).max(1.0);
    let row_pitch = if rows == 1 { 0.0 } else { pitch };
    // the path between the gates
    plot.keep(
        Rect {
            x0: w * 0.5 - 3.0,
            y0: 17.0,
            x1: w * 0.5 + 3.0,
            y1: h - 4.0,
        },
        "lane",
    );
    for row in 0..rows {
        let y = (24.0 + f64::from(row) * row_pitch).min(h - 18.0);
        // taller to the north, so that the sun comes in
        let storeys = (tall * (60 + 40 * (row + 1) / rows) / 100).max(11);
        let (len, depth, gap) = if point_towers {
            (27.0, 20.0, 22.0)
        } else {
            (plot.rng.range(42.0, 52.0), 15.0, 16.0)
        };
        for (x0, x1) in [(3.0, w * 0.5 - 6.0), (w * 0.5 + 6.0, w - 3.0)] {
            let room = x1 - x0;
            if room < 20.0 {
                continue;
            }
            // one more and shorter rather than fewer and longer
            let count = ((room + gap) / (len + gap)).round().max(1.0);
            let len = ((room - (count - 1.0) * gap) / count).min(len).max(18.0).min(room);
            let spare = (room - count * len - (count - 1.0) * gap).max(0.0);
            for k in 0..count as u32 {
                let x = x0 + spare * 0.5 + f64::from(k) * (len + gap);
                let rect = Rect::sized(x, y, len, depth);
                let floors = storeys + plot.rng.int(0, 3) - if storeys > 12 { 1 } else { 0 };
                let ring = if point_towers {
                    tower_ring(rect)
                } else {
                    slab_ring(rect, 21.0, 1.6)
                };
                if let Some(site) =
                    plot.set_ring(rect, ring, 8.0, floors, 2.95, RoofForm::Flat { parapet_m: 1.4 }, TOWER)
                {
                    let cores = if point_towers {
                        1.0
                    } else {
                        (len / 21.0).round().max(1.0)
                    };
                    for c in 0..cores as u32 {
                        let cx = x + (f64::from(c) + 0.5) * len / cores;
                        plot.roof_box(site, DVec2::new(cx, y + depth * 0.55), (7.5, 6.0, 5.4));
                        plot.roof_box(site, DVec2::new(cx + 1.0, y + depth * 0.55), (3.4, 3.4, 8.2));
                    }
                }
            }
        }
        let garden = Rect {
            x0: w * 0.5 + 8.0,
            y0: y + depth + 12.0,
            x1: w - 14.0,
            y1: (y + row_pitch - 10.0).min(h - 22.0),
        };
        if row == 0 && garden.width() > 34.0 && garden.height() > 18.0 {
            let pond = Rect::sized(garden.x0 + 4.0, garden.y0 + 2.0, 26.0, 13.0);
            plot.patch(pond.stadium(), "pond");
            plot.reserve(pond);
        }
    }
    if rows >= 2 && plot.rng.chance(0.55) {
        let y = 24.0 + row_pitch * 0.5;
        if let Some(k) = plot.set(
            Rect::sized(8.0, y, 30.0, 14.0),
            9.0,
            3,
            3.5,
            FLAT,
            super::usage("学校(幼儿园)", "号幼儿园", "框架", false),
        ) {
            plot.roof_box(k, DVec2::new(14.0, y + 7.0), (4.0, 4.0, 3.0));
        }
    }
    // small gate houses and a transformer room
    plot.set(Rect::sized(w * 0.5 + 4.5, h - 8.0, 5.0, 4.0), 1.0, 1, 3.2, FLAT, PUBLIC);
    plot.set(Rect::sized(1.0, h - 9.0, 7.0, 5.0), 2.0, 1, 4.0, FLAT, PUBLIC);
    if plot.rng.chance(0.4) {
        plot.set(Rect::sized(w - 14.0, 17.0 + 3.0, 12.0, 10.0), 3.0, 2, 3.9, FLAT, SHOP);
    }
    plot.grove(
        Rect {
            x0: 6.0,
            y0: 20.0,
            x1: w - 6.0,
            y1: h - 6.0,
        },
        420.0,
    );
}
