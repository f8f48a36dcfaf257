//! Urban villages and old streets: small plots, narrow lanes.

use super::{HERITAGE, PUBLIC, Plot, VILLAGE};
use crate::demo::geom::Rect;
use city_model::RoofForm;
use glam::DVec2;

/// Dense houses of 3 to 6 storeys on plots of about 10 × 12 m with gaps of 1 to 3 m, back to back between lanes.
pub(super) fn village(plot: &mut Plot<'_>) {
    plot.out.years = (1992, 2010);
    let (w, h) = (plot.w(), plot.h());
    let spine = w * plot.rng.range(0.4, 0.6);
    plot.keep(
        Rect {
            x0: spine - 3.0,
            y0: 0.0,
            x1: spine + 3.0,
            y1: h - 14.0,
        },
        "lane",
    );
    let square = Rect::sized(spine + 5.0, h * 0.45, 20.0_f64.min(w * 0.2), 24.0_f64.min(h * 0.25));
    if h > 90.0 && w > 90.0 {
        plot.keep(square, "plaza");
        plot.set(
            Rect::sized(spine - 19.0, h * 0.45, 14.0, 12.0),
            1.5,
            3,
            3.6,
            RoofForm::Flat { parapet_m: 1.0 },
            PUBLIC,
        );
        plot.grove(square, 110.0);
    }
    let mut y = 0.8;
    let mut is_back_row = false;
    while y + 9.0 < h {
        let depth = plot.rng.range(10.5, 13.0).min(h - y - 0.5);
        let mut x = 0.6;
        while x + 7.0 < w {
            let front = plot.rng.range(8.6, 11.6).min(w - x - 0.5);
            let set_back = plot.rng.range(0.0, 1.1);
            let rect = Rect::sized(x, y + set_back * 0.5, front, depth - set_back);
            if plot.rng.chance(0.965) {
                house(plot, rect);
            }
            x += front + plot.rng.range(1.0, 2.1);
        }
        y += depth
            + if is_back_row {
                plot.rng.range(3.2, 4.4)
            } else {
                plot.rng.range(1.1, 1.6)
            };
        is_back_row = !is_back_row;
    }
}

fn house(plot: &mut Plot<'_>, rect: Rect) {
    let storeys = [3, 3, 4, 4, 4, 5, 5, 6][plot.rng.int(0, 7) as usize];
    // one house in five leaves a light well at a back corner
    let ring = if plot.rng.chance(0.2) {
        let (cx, cy) = (rect.x1 - rect.width() * 0.38, rect.y1 - rect.height() * 0.3);
        [
            (rect.x0, rect.y0),
            (rect.x1, rect.y0),
            (rect.x1, cy),
            (cx, cy),
            (cx, rect.y1),
            (rect.x0, rect.y1),
        ]
        .map(|(x, y)| DVec2::new(x, y))
        .to_vec()
    } else {
        rect.ring()
    };
    let storey_m = plot.rng.range(2.9, 3.3);
    let Some(site) = plot.set_ring(
        rect,
        ring,
        0.8,
        storeys,
        storey_m,
        RoofForm::Flat { parapet_m: 1.0 },
        VILLAGE,
    ) else {
        return;
    };
    let c = rect.center();
    if plot.rng.chance(0.8) {
        plot.roof_box(site, DVec2::new(rect.x0 + 2.0, c.y), (2.8, 4.0, 2.7));
    }
    if plot.rng.chance(0.35) {
        plot.roof_box(site, DVec2::new(c.x + 1.5, rect.y0 + 2.6), (1.3, 1.3, 1.7));
    }
    if plot.rng.chance(0.3) {
        plot.roof_box(
            site,
            DVec2::new(c.x + 0.8, c.y),
            (rect.width() * 0.4, rect.height() * 0.35, 2.4),
        );
    }
}

/// Two-storey gabled shop houses along a walking street, courtyard houses behind.
pub(super) fn old_street(plot: &mut Plot<'_>) {
    plot.out.years = (1908, 1956);
    let (w, h) = (plot.w(), plot.h());
    let mid = h * plot.rng.range(0.46, 0.54);
    plot.keep(
        Rect {
            x0: 0.0,
            y0: mid - 3.6,
            x1: w,
            y1: mid + 3.6,
        },
        "plaza",
    );
    for (front, inward) in [(mid + 4.0, 1.0), (mid - 4.0, -1.0)] {
        let mut x = 0.4;
        while x + 7.0 < w {
            let bay = plot.rng.range(8.5, 15.0).min(w - x - 0.3);
            let depth = plot.rng.range(7.6, 9.4);
            let y = if inward > 0.0 { front } else { front - depth };
            let rise = (depth * 0.24) as f32;
            let storey_m = plot.rng.range(3.0, 3.3);
            plot.set(
                Rect::sized(x, y, bay, depth),
                0.25,
                2,
                storey_m,
                RoofForm::Gable { rise_m: rise },
                HERITAGE,
            );
            x += bay + if plot.rng.chance(0.25) { 2.6 } else { 0.45 };
        }
        // courtyard houses in rows up to the edge of the block
        let mut at = 11.5;
        let room = if inward > 0.0 { h - front } else { front };
        while at + 8.0 < room {
            let depth = 6.6;
            let mut x = 1.0;
            while x + 9.0 < w {
                let len = plot.rng.range(11.0, 17.0).min(w - x - 1.0);
                let low = front + inward * at;
                let y = if inward > 0.0 { low } else { low - depth };
                if plot.rng.chance(0.88) {
                    let floors = if plot.rng.chance(0.2) { 2 } else { 1 };
                    plot.set(
                        Rect::sized(x, y, len, depth),
                        0.6,
                        floors,
                        3.2,
                        RoofForm::Gable { rise_m: 1.9 },
                        HERITAGE,
                    );
                }
                // side wing that closes the court
                let wing_y = if inward > 0.0 { y + depth + 0.8 } else { y - 7.8 };
                if plot.rng.chance(0.5) {
                    plot.set(
                        Rect::sized(x, wing_y, 4.6, 7.0),
                        0.6,
                        1,
                        3.0,
                        RoofForm::Gable { rise_m: 1.3 },
                        HERITAGE,
                    );
                }
                if plot.rng.chance(0.3) {
                    let tree_y = if inward > 0.0 { y + depth + 4.0 } else { y - 4.0 };
                    plot.tree(DVec2::new(x + len * 0.7, tree_y));
                }
                x += len + plot.rng.range(1.2, 2.4);
            }
            at += depth + 9.4;
        }
    }
}
