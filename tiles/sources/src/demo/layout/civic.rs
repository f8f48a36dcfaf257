//! Schools, hospitals, the stadium and the treatment works.

use super::{Body, HOSPITAL, OLD_OFFICE, PUBLIC, Plot, SCHOOL, SLAB, WORKS};
use crate::demo::geom::{Rect, circle};
use city_model::RoofForm;
use glam::DVec2;

const FLAT: RoofForm = RoofForm::Flat { parapet_m: 1.1 };

/// Running track with its field, a third of a standard one or more, as the block allows.
fn track(plot: &mut Plot<'_>, rect: Rect) {
    plot.reserve(rect);
    plot.patch(rect.stadium(), "track");
    plot.patch(rect.shrunk(7.5).stadium(), "field");
    let c = rect.center();
    let (hx, hy) = if rect.width() > rect.height() {
        (rect.width() * 0.28, rect.height() * 0.26)
    } else {
        (rect.width() * 0.26, rect.height() * 0.28)
    };
    plot.patch(
        Rect {
            x0: c.x - hx,
            y0: c.y - hy,
            x1: c.x + hx,
            y1: c.y + hy,
        }
        .ring(),
        "pitch",
    );
}

/// Teaching wings facing south joined by a spine, a gymnasium, a running track and courts.
pub(super) fn school(plot: &mut Plot<'_>) {
    let from = plot.rng.int(1986, 2012);
    plot.out.years = (from, from + 6);
    let (w, h) = (plot.w(), plot.h());
    // the track takes the east side when the block is wide, else the south
    let teach = if w > 165.0 {
        let tw = (w * 0.42).clamp(52.0, 86.0);
        track(
            plot,
            Rect {
                x0: w - tw - 4.0,
                y0: 5.0,
                x1: w - 4.0,
                y1: (h - 5.0).min(5.0 + tw * 1.9),
            },
        );
        Rect {
            x0: 3.0,
            y0: 4.0,
            x1: w - tw - 12.0,
            y1: h - 3.0,
        }
    } else {
        let th = (h * 0.4).clamp(44.0, 74.0);
        track(
            plot,
            Rect {
                x0: 4.0,
                y0: 4.0,
                x1: (w - 4.0).min(4.0 + th * 1.9),
                y1: 4.0 + th,
            },
        );
        Rect {
            x0: 3.0,
            y0: th + 12.0,
            x1: w - 3.0,
            y1: h - 3.0,
        }
    };
    let floors = plot.rng.int(4, 5);
    let mut y = teach.y0 + 2.0;
    let len = (teach.width() - 16.0).clamp(20.0, 62.0);
    while y + 10.0 < teach.y1 {
        if let Some(s) = plot.set(Rect::sized(teach.x0 + 2.0, y, len, 9.6), 3.0, floors, 3.7, FLAT, SCHOOL) {
            plot.roof_box(s, DVec2::new(teach.x0 + 5.0, y + 5.0), (4.0, 6.0, 3.0));
        }
        let court = Rect {
            x0: teach.x0 + 3.0,
            y0: y + 13.0,
            x1: teach.x0 + len,
            y1: (y + 25.0).min(teach.y1),
        };
        if court.height() > 6.0 {
            let cover = if plot.rng.chance(0.5) { "court" } else { "lawn" };
            plot.patch(court.ring(), cover);
            plot.grove(court, 260.0);
        }
        y += 9.6 + 19.0;
    }
    let gym = Rect {
        x0: teach.x0 + len + 8.0,
        y0: teach.y0 + 2.0,
        x1: teach.x1,
        y1: teach.y0 + 34.0,
    };
    plot.set(
        Rect {
            x1: gym.x1.min(gym.x0 + 30.0),
            ..gym
        },
        3.0,
        1,
        11.0,
        RoofForm::Gable { rise_m: 2.6 },
        PUBLIC,
    );
    plot.set(Rect::sized(1.0, h - 7.0, 6.0, 5.0), 1.0, 1, 3.2, FLAT, PUBLIC);
}

/// Outpatient podium with a ward tower, older ward slabs, a garden.
pub(super) fn hospital(plot: &mut Plot<'_>) {
    plot.out.years = (1994, 2018);
    let (w, h) = (plot.w(), plot.h());
    let pw = (w * 0.6).min(86.0);
    let podium = Rect::sized((w - pw) * 0.5, 16.0, pw, (h * 0.3).clamp(24.0, 40.0));
    if let Some(site) = plot.set(podium, 3.0, 4, 4.2, FLAT, HOSPITAL) {
        let ward = Rect {
            x0: podium.x0 + pw * 0.12,
            y0: podium.y1 - 18.0,
            x1: podium.x1 - pw * 0.12,
            y1: podium.y1 - 1.0,
        };
        let floors = plot.rng.int(12, 18);
        let tower = plot.set_part(site, ward, floors, 3.8, RoofForm::Flat { parapet_m: 1.6 }, HOSPITAL);
        plot.roof_box(tower, ward.center(), (16.0, 8.0, 5.0));
        plot.roof_box(tower, ward.center() + DVec2::new(18.0, 0.0), (5.0, 5.0, 3.4));
        plot.roof_box(site, DVec2::new(podium.x0 + 9.0, podium.y0 + 8.0), (7.0, 5.0, 3.0));
    }
    let garden = Rect {
        x0: 8.0,
        y0: podium.y1 + 10.0,
        x1: w - 8.0,
        y1: podium.y1 + 26.0,
    };
    if garden.y1 < h - 18.0 {
        plot.keep(garden, "lawn");
        plot.grove(garden, 90.0);
    }
    let mut y = podium.y1 + if garden.y1 < h - 18.0 { 30.0 } else { 12.0 };
    while y + 14.0 < h {
        let mut x = 5.0;
        while x + 30.0 < w {
            let len = plot.rng.range(34.0, 52.0).min(w - x - 4.0);
            let floors = plot.rng.int(5, 8);
            if let Some(s) = plot.set(Rect::sized(x, y, len, 14.0), 6.0, floors, 3.5, FLAT, HOSPITAL) {
                plot.roof_box(s, DVec2::new(x + 6.0, y + 7.0), (4.0, 5.0, 3.2));
            }
            x += len + 12.0;
        }
        y += 34.0;
    }
    plot.patch(
        Rect {
            x0: 4.0,
            y0: 2.0,
            x1: w - 4.0,
            y1: 14.0,
        }
        .ring(),
        "parking",
    );
    if plot.out.sites.is_empty() {
        plot.set(
            Rect {
                x0: 4.0,
                y0: 4.0,
                x1: w - 4.0,
                y1: h - 4.0,
            },
            0.0,
            6,
            3.6,
            FLAT,
            HOSPITAL,
        );
    }
}

/// Oval stand around a field, a gymnasium and a natatorium beside it.
pub(super) fn stadium(plot: &mut Plot<'_>) {
    plot.out.years = (2006, 2010);
    let (w, h) = (plot.w(), plot.h());
    let bowl = Rect {
        x0: 6.0,
        y0: 8.0,
        x1: (w * 0.7).min(196.0),
        y1: (h - 8.0).min(150.0),
    };
    if let Some(site) = plot.set_ring(bowl, bowl.stadium(), 2.0, 3, 5.0, FLAT, PUBLIC) {
        plot.out.sites[site].body = Body::Bowl;
    }
    plot.patch(bowl.shrunk(24.0).stadium(), "track");
    plot.patch(bowl.shrunk(32.0).stadium(), "field");
    let x = bowl.x1 + 12.0;
    for (k, height) in [(0, 16.0), (1, 12.0)] {
        let y = 12.0 + f64::from(k) * (h - 16.0) * 0.5;
        plot.set(
            Rect {
                x0: x,
                y0: y,
                x1: (w - 5.0).min(x + 52.0),
                y1: y + (h * 0.5 - 18.0).min(42.0),
            },
            4.0,
            1,
            height,
            RoofForm::Gable { rise_m: 3.6 },
            PUBLIC,
        );
    }
    plot.patch(
        Rect {
            x0: 2.0,
            y0: 2.0,
            x1: w - 2.0,
            y1: 7.0,
        }
        .ring(),
        "plaza",
    );
    plot.grove(
        Rect {
            x0: x,
            y0: 4.0,
            x1: w - 3.0,
            y1: h - 4.0,
        },
        180.0,
    );
}

/// Settling tanks, aeration basins, a control house and digesters.
pub(super) fn treatment(plot: &mut Plot<'_>) {
    plot.out.years = (2004, 2014);
    let (w, h) = (plot.w(), plot.h());
    plot.patch(plot.all.shrunk(2.0).ring(), "lawn");
    plot.set(Rect::sized(5.0, 5.0, 34.0, 13.0), 2.0, 3, 3.6, FLAT, OLD_OFFICE);
    plot.set(
        Rect::sized(46.0, 5.0, 26.0, 15.0),
        2.0,
        1,
        6.5,
        RoofForm::Gable { rise_m: 1.8 },
        PUBLIC,
    );
    let r = 14.0;
    let mut y = 26.0;
    while y + 2.0 * r < (h * 0.62).min(140.0) {
        let mut x = 5.0;
        while x + 2.0 * r < (w - 4.0).min(190.0) {
            let rect = Rect::sized(x, y, 2.0 * r, 2.0 * r);
            plot.set_ring(
                rect,
                circle(rect.center(), r, 24),
                3.0,
                1,
                2.6,
                RoofForm::Flat { parapet_m: 0.6 },
                WORKS,
            );
            x += 2.0 * r + 6.0;
        }
        y += 2.0 * r + 6.0;
    }
    while y + 22.0 < (h - 2.0).min(215.0) {
        let mut x = 5.0;
        while x + 40.0 < (w - 4.0).min(190.0) {
            plot.set(
                Rect::sized(x, y, 40.0, 20.0),
                3.0,
                1,
                3.4,
                RoofForm::Flat { parapet_m: 0.8 },
                WORKS,
            );
            x += 46.0;
        }
        y += 26.0;
    }
    plot.set(Rect::sized(w - 22.0, 5.0, 16.0, 11.0), 3.0, 3, 2.9, FLAT, SLAB);
    plot.grove(
        Rect {
            x0: 3.0,
            y0: 3.0,
            x1: w - 3.0,
            y1: h - 3.0,
        },
        500.0,
    );
}
