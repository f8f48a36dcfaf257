//! Commerce, factories and markets.

use super::{MALL, MARKET, OFFICE, OLD_OFFICE, PLANT, Plot, SHOP, STORE, Shaft};
use crate::demo::geom::Rect;
use city_model::RoofForm;
use glam::DVec2;

const FLAT: RoofForm = RoofForm::Flat { parapet_m: 1.2 };

/// Podium with one or two towers, or office slabs, around a paved square.
pub(super) fn commerce(plot: &mut Plot<'_>) {
    let from = plot.rng.int(1998, 2021);
    plot.out.years = (from, from + 2);
    let (w, h) = (plot.w(), plot.h());
    let square = Rect {
        x0: w * 0.25,
        y0: 1.0,
        x1: w * 0.75,
        y1: (h * 0.2).min(26.0),
    };
    plot.keep(square, "plaza");
    plot.grove(square, 160.0);
    let y0 = square.y1 + 3.0;
    let mut y = y0;
    let mut is_first = true;
    while y + 30.0 < h - 3.0 {
        let depth = plot.rng.range(46.0, 70.0).min(h - y - 3.0);
        let mut x = 4.0;
        while x + 36.0 < w {
            let width = plot.rng.range(52.0, 92.0).min(w - x - 4.0);
            if is_first || plot.rng.chance(0.3) {
                podium(plot, Rect::sized(x, y, width, depth));
            } else {
                office_court(plot, Rect::sized(x, y, width, depth));
            }
            x += width + plot.rng.range(9.0, 15.0);
        }
        y += depth + plot.rng.range(14.0, 20.0);
        is_first = false;
    }
    if plot.out.sites.is_empty() {
        podium(
            plot,
            Rect {
                x0: 3.0,
                y0: y0 + 2.0,
                x1: w - 3.0,
                y1: h - 3.0,
            },
        );
    }
    plot.grove(
        Rect {
            x0: 2.0,
            y0: 2.0,
            x1: w - 2.0,
            y1: h - 2.0,
        },
        700.0,
    );
}

/// Office slab or hotel with lower shops and a car park behind.
fn office_court(plot: &mut Plot<'_>, rect: Rect) {
    let storeys = plot.rng.int(6, 16);
    let slab = Rect {
        y1: rect.y0 + 17.0_f64.min(rect.height()),
        ..rect
    };
    if let Some(site) = plot.set(slab, 6.0, storeys, 3.6, FLAT, OFFICE) {
        plot.roof_box(site, slab.center(), (rect.width() * 0.3, 7.0, 4.2));
        plot.roof_box(
            site,
            slab.center() - DVec2::new(rect.width() * 0.35, 0.0),
            (4.0, 4.0, 2.6),
        );
    }
    if rect.height() > 40.0 {
        let shops = Rect {
            y0: rect.y1 - 13.0,
            ..rect
        };
        let floors = plot.rng.int(2, 4);
        plot.set(
            Rect {
                x1: shops.center().x - 3.0,
                ..shops
            },
            5.0,
            floors,
            4.0,
            FLAT,
            SHOP,
        );
        plot.set(
            Rect {
                x0: shops.center().x + 3.0,
                ..shops
            },
            5.0,
            floors,
            4.0,
            FLAT,
            SHOP,
        );
        plot.patch(
            Rect {
                y0: slab.y1 + 3.0,
                y1: shops.y0 - 3.0,
                ..rect
            }
            .ring(),
            "parking",
        );
    }
}

fn podium(plot: &mut Plot<'_>, rect: Rect) {
    let floors = plot.rng.int(3, 6);
    let chamfer = rect.width().min(rect.height()) * 0.12;
    let ring = [
        (rect.x0 + chamfer, rect.y0),
        (rect.x1 - chamfer, rect.y0),
        (rect.x1, rect.y0 + chamfer),
        (rect.x1, rect.y1),
        (rect.x0, rect.y1),
        (rect.x0, rect.y0 + chamfer),
    ]
    .map(|(x, y)| DVec2::new(x, y))
    .to_vec();
    let Some(site) = plot.set_ring(rect, ring, 4.0, floors, 4.8, FLAT, MALL) else {
        return;
    };
    for k in 0..4 {
        let p = DVec2::new(
            rect.x0 + rect.width() * (0.2 + 0.2 * f64::from(k)),
            rect.y0 + rect.height() * 0.22,
        );
        plot.roof_box(site, p, (6.0, 3.6, 2.6));
    }
    let towers = if rect.width() > 78.0 { 2 } else { 1 };
    for k in 0..towers {
        let side = plot
            .rng
            .range(27.0, 36.0)
            .min(rect.width() / f64::from(towers) - 6.0)
            .min(rect.height() - 8.0);
        if side < 16.0 {
            continue;
        }
        let slice = rect.width() / f64::from(towers);
        let x = rect.x0 + slice * (f64::from(k) + 0.5) - side * 0.5;
        let y = rect.y1 - side - 4.0;
        let floors = plot.rng.int(20, 42);
        let part = Rect::sized(x, y, side, side * plot.rng.range(0.8, 1.0));
        let tower = plot.set_part(site, part, floors, 3.9, RoofForm::Flat { parapet_m: 2.2 }, OFFICE);
        plot.roof_box(tower, part.center(), (side * 0.62, side * 0.5, 6.5));
        if plot.rng.chance(0.4) {
            // crown set back from the shaft
            let crown = plot.set_part(site, part.shrunk(side * 0.16), floors + 3, 3.9, FLAT, OFFICE);
            plot.roof_box(crown, part.center(), (1.2, 1.2, 16.0));
        }
    }
}

/// Sheds of 24 m span with sawtooth or gable roofs, an office at the gate, a chimney.
pub(super) fn factory(plot: &mut Plot<'_>) {
    let is_old = plot.rng.chance(0.6);
    plot.out.years = if is_old { (1958, 1988) } else { (2002, 2019) };
    let (w, h) = (plot.w(), plot.h());
    plot.keep(
        Rect {
            x0: w * 0.5 - 4.0,
            y0: 0.0,
            x1: w * 0.5 + 4.0,
            y1: h - 6.0,
        },
        "lane",
    );
    let floors = plot.rng.int(3, 5);
    if let Some(office) = plot.set(
        Rect::sized(6.0, 5.0, (w * 0.5 - 16.0).min(46.0), 14.0),
        3.0,
        floors,
        3.5,
        FLAT,
        OLD_OFFICE,
    ) {
        let c = plot.out.sites[office].rect.center();
        plot.roof_box(office, c, (6.0, 5.0, 3.2));
    }
    plot.set(
        Rect::sized(w * 0.5 + 10.0, 5.0, (w * 0.5 - 20.0).min(36.0), 16.0),
        3.0,
        2,
        4.2,
        FLAT,
        STORE,
    );
    let mut y = 30.0;
    while y + 20.0 < h - 2.0 {
        let depth = [24.0_f64, 24.0, 18.0, 36.0][plot.rng.int(0, 3) as usize].min(h - y - 2.0);
        for (x0, x1) in [(3.0, w * 0.5 - 8.0), (w * 0.5 + 8.0, w - 3.0)] {
            let mut x = x0;
            while x + 26.0 < x1 + 1.0 {
                let len = plot.rng.range(48.0, 96.0).min(x1 - x);
                let roof = if is_old && plot.rng.chance(0.6) {
                    RoofForm::Sawtooth {
                        rise_m: 2.4,
                        pitch_m: 8.0,
                    }
                } else {
                    RoofForm::Gable {
                        rise_m: (depth * 0.1) as f32,
                    }
                };
                let usage = if plot.rng.chance(0.2) { STORE } else { PLANT };
                if plot.rng.chance(0.93) {
                    let eaves_m = plot.rng.range(7.5, 11.0);
                    plot.set(Rect::sized(x, y, len, depth), 4.0, 1, eaves_m, roof, usage);
                } else {
                    plot.patch(Rect::sized(x, y, len, depth).ring(), "parking");
                }
                x += len + plot.rng.range(8.0, 14.0);
            }
        }
        y += depth + plot.rng.range(10.0, 16.0);
    }
    if is_old {
        let spot = DVec2::new(w * 0.5 + 9.0, 25.5);
        let around = Rect {
            x0: spot.x - 2.6,
            y0: spot.y - 2.6,
            x1: spot.x + 2.6,
            y1: spot.y + 2.6,
        };
        if plot.is_free(&around, 0.5) {
            plot.out.shafts.push(Shaft {
                center: spot,
                radius_m: 2.3,
                height_m: plot.rng.range(38.0, 60.0),
            });
            plot.reserve(around);
        }
    }
    plot.grove(
        Rect {
            x0: 2.0,
            y0: 1.0,
            x1: w - 2.0,
            y1: 28.0,
        },
        300.0,
    );
}

/// Long market sheds with a row of shops on the street.
pub(super) fn market(plot: &mut Plot<'_>) {
    plot.out.years = (1996, 2008);
    let (w, h) = (plot.w(), plot.h());
    plot.shop_front(12.0, (2, 3), 0.95);
    plot.keep(
        Rect {
            x0: w * 0.5 - 3.5,
            y0: 15.0,
            x1: w * 0.5 + 3.5,
            y1: h - 2.0,
        },
        "lane",
    );
    let mut y = 19.0;
    while y + 14.0 < h {
        for (x0, x1) in [(2.0, w * 0.5 - 6.0), (w * 0.5 + 6.0, w - 2.0)] {
            let count = ((x1 - x0) / 80.0).ceil().max(1.0);
            let len = (x1 - x0 - 8.0 * (count - 1.0)) / count;
            let mut x = x0;
            while len > 18.0 && x + len <= x1 + 0.01 {
                let depth = 17.0_f64.min(h - y - 1.0);
                plot.set(
                    Rect::sized(x, y, len, depth),
                    2.0,
                    1,
                    6.0,
                    RoofForm::Gable { rise_m: 1.9 },
                    MARKET,
                );
                x += len + 8.0;
            }
        }
        y += 17.0 + 7.0;
    }
}
