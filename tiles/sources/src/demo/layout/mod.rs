//! What stands on a block, in the block's own frame: x east, y north, metres from the south-west corner.

mod civic;
mod dwelling;
mod open;
mod village;
mod work;

use super::geom::Rect;
use super::rng::Rng;
use super::zoning::BlockKind;
use city_model::{RoofBox, RoofForm};
use glam::DVec2;

/// What a building is used for and how it is built.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Usage {
    /// As recorded.
    pub(super) zh: &'static str,
    /// Ending of the building's name, such as 号楼.
    pub(super) label: &'static str,
    pub(super) structure: &'static str,
    pub(super) is_dwelling: bool,
}

const fn usage(zh: &'static str, label: &'static str, structure: &'static str, is_dwelling: bool) -> Usage {
    Usage {
        zh,
        label,
        structure,
        is_dwelling,
    }
}

pub(super) const SLAB: Usage = usage("住宅", "号楼", "砖混", true);
pub(super) const TOWER: Usage = usage("住宅", "号楼", "剪力墙", true);
pub(super) const SHOP: Usage = usage("商业", "号商铺", "框架", false);
pub(super) const MALL: Usage = usage("商业", "号商场", "框架", false);
pub(super) const OFFICE: Usage = usage("办公", "号写字楼", "框架-剪力墙", false);
pub(super) const OLD_OFFICE: Usage = usage("办公", "号办公楼", "砖混", false);
pub(super) const SHED: Usage = usage("公共服务(车棚)", "号车棚", "砖木", false);
pub(super) const VILLAGE: Usage = usage("城中村住宅", "号院", "砖混", true);
pub(super) const PLANT: Usage = usage("工业厂房", "号厂房", "排架", false);
pub(super) const STORE: Usage = usage("仓库", "号库房", "排架", false);
pub(super) const MARKET: Usage = usage("市场", "号大棚", "钢结构", false);
pub(super) const SCHOOL: Usage = usage("学校", "号教学楼", "框架", false);
pub(super) const HOSPITAL: Usage = usage("医院", "号楼", "框架", false);
pub(super) const HERITAGE: Usage = usage("历史建筑", "号", "砖木", true);
pub(super) const PUBLIC: Usage = usage("公共服务", "号楼", "框架", false);
pub(super) const WORKS: Usage = usage("污水处理设施", "号池", "钢筋混凝土", false);

/// Body that is no plain extrusion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Body {
    /// Ring extruded with its roof.
    Extruded,
    /// Oval stand around a field, open in the middle.
    Bowl,
}

/// One building or part of one.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) ring: Vec<DVec2>,
    pub(super) rect: Rect,
    pub(super) storeys: u32,
    pub(super) storey_m: f64,
    pub(super) roof: RoofForm,
    /// Boxes on the roof; centres in the layout frame.
    pub(super) boxes: Vec<RoofBox>,
    pub(super) usage: Usage,
    pub(super) year: u32,
    pub(super) body: Body,
    /// Index of the site that it is a part of.
    pub(super) part_of: Option<usize>,
}

impl Site {
    /// An extruded body without roof boxes that is no part of another.
    const fn new(
        rect: Rect,
        ring: Vec<DVec2>,
        storeys: u32,
        storey_m: f64,
        roof: RoofForm,
        usage: Usage,
        year: u32,
    ) -> Self {
        Self {
            ring,
            rect,
            storeys,
            storey_m,
            roof,
            boxes: Vec::new(),
            usage,
            year,
            body: Body::Extruded,
            part_of: None,
        }
    }

    /// Height to the eaves, metres: the ground floor of shops and halls is in `storey_m` already; plinth of 0.45 m.
    pub(super) fn height_m(&self) -> f64 {
        f64::from(self.storeys) * self.storey_m + 0.45
    }
}

/// Ground of a block that is neither pavement nor building.
#[derive(Debug, Clone)]
pub(super) struct Patch {
    pub(super) ring: Vec<DVec2>,
    /// `lawn`, `pond`, `track`, `court`, `lane`, `plaza`, `parking`, `field`.
    pub(super) cover: &'static str,
}

/// A chimney or tower that is no building.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shaft {
    pub(super) center: DVec2,
    pub(super) radius_m: f64,
    pub(super) height_m: f64,
}

/// Everything on a block.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    pub(super) sites: Vec<Site>,
    pub(super) patches: Vec<Patch>,
    pub(super) trees: Vec<DVec2>,
    pub(super) shafts: Vec<Shaft>,
    /// Years between which most of the block was built.
    pub(super) years: (u32, u32),
}

impl Layout {
    /// Buildings, parts not counted.
    pub(super) fn num_buildings(&self) -> u32 {
        self.sites.iter().filter(|s| s.part_of.is_none()).count() as u32
    }
}

/// Builds a layout: refuses what leaves the block or touches what already stands.
pub(super) struct Plot<'a> {
    pub(super) out: Layout,
    pub(super) rng: &'a mut Rng,
    /// Whole block, metres.
    pub(super) all: Rect,
    kept: Vec<Rect>,
}

impl Plot<'_> {
    pub(super) fn w(&self) -> f64 {
        self.all.x1
    }

    pub(super) fn h(&self) -> f64 {
        self.all.y1
    }

    /// True when nothing stands within `gap_m` and the rectangle lies in the block.
    pub(super) fn is_free(&self, rect: &Rect, gap_m: f64) -> bool {
        rect.width() > 1.0
            && rect.height() > 1.0
            && rect.inside(&self.all)
            && !self.kept.iter().any(|k| k.touches(rect, gap_m.min(1.5)))
            && !self
                .out
                .sites
                .iter()
                .any(|s| s.part_of.is_none() && s.rect.touches(rect, gap_m))
    }

    /// Year within the years of the block.
    fn year(&mut self) -> u32 {
        let (a, b) = self.out.years;
        self.rng.int(a, b)
    }

    /// Sets a rectangular building; returns its index.
    pub(super) fn set(
        &mut self,
        rect: Rect,
        gap_m: f64,
        storeys: u32,
        storey_m: f64,
        roof: RoofForm,
        usage: Usage,
    ) -> Option<usize> {
        self.set_ring(rect, rect.ring(), gap_m, storeys, storey_m, roof, usage)
    }

    /// Sets a building whose ring lies within `rect`.
    pub(super) fn set_ring(
        &mut self,
        rect: Rect,
        ring: Vec<DVec2>,
        gap_m: f64,
        storeys: u32,
        storey_m: f64,
        roof: RoofForm,
        usage: Usage,
    ) -> Option<usize> {
        if !self.is_free(&rect, gap_m) {
            return None;
        }
        let year = self.year();
        Some(self.push(Site::new(rect, ring, storeys, storey_m, roof, usage, year)))
    }

    /// Sets a part on or beside a building; it shares the building's year.
    pub(super) fn set_part(
        &mut self,
        of: usize,
        rect: Rect,
        storeys: u32,
        storey_m: f64,
        roof: RoofForm,
        usage: Usage,
    ) -> usize {
        let year = self.out.sites[of].year;
        let mut part = Site::new(rect, rect.ring(), storeys, storey_m, roof, usage, year);
        part.part_of = Some(of);
        self.push(part)
    }

    fn push(&mut self, site: Site) -> usize {
        self.out.sites.push(site);
        self.out.sites.len() - 1
    }

    /// Puts a box on the roof of a site.
    pub(super) fn roof_box(&mut self, site: usize, center: DVec2, size: (f64, f64, f64)) {
        if let Some(s) = self.out.sites.get_mut(site) {
            let (half_x_m, half_y_m, height_m) = (size.0 as f32 * 0.5, size.1 as f32 * 0.5, size.2 as f32);
            s.boxes.push(RoofBox {
                center,
                half_x_m,
                half_y_m,
                height_m,
                rotation_rad: 0.0,
            });
        }
    }

    /// Keeps a rectangle free of buildings and covers it; false when something stands there.
    pub(super) fn keep(&mut self, rect: Rect, cover: &'static str) -> bool {
        let free = self.is_free(&rect, 0.0);
        if free {
            self.kept.push(rect);
            self.out.patches.push(Patch {
                ring: rect.ring(),
                cover,
            });
        }
        free
    }

    /// Keeps a rectangle free without covering it.
    pub(super) fn reserve(&mut self, rect: Rect) {
        self.kept.push(rect);
    }

    /// Covers ground without keeping it free.
    pub(super) fn patch(&mut self, ring: Vec<DVec2>, cover: &'static str) {
        self.out.patches.push(Patch { ring, cover });
    }

    /// Plants a tree unless it would stand in or against a building or on a kept place.
    pub(super) fn tree(&mut self, p: DVec2) {
        let spot = Rect {
            x0: p.x - 1.6,
            y0: p.y - 1.6,
            x1: p.x + 1.6,
            y1: p.y + 1.6,
        };
        let clear = |r: &Rect| !r.touches(&spot, 0.0);
        if spot.inside(&self.all) && self.out.sites.iter().all(|s| clear(&s.rect)) {
            self.out.trees.push(p);
        }
    }

    /// Plants about one tree per `each_m2` in a rectangle.
    pub(super) fn grove(&mut self, rect: Rect, each_m2: f64) {
        let count = (rect.width().max(0.0) * rect.height().max(0.0) / each_m2).round() as u32;
        for _ in 0..count {
            let p = DVec2::new(self.rng.range(rect.x0, rect.x1), self.rng.range(rect.y0, rect.y1));
            self.tree(p);
        }
    }

    /// A row of small shops along the south edge of the block.
    pub(super) fn shop_front(&mut self, depth: f64, storeys: (u32, u32), share: f64) {
        let mut x = 0.5;
        while x + 10.0 < self.w() {
            let len = self.rng.range(16.0, 42.0).min(self.w() - x - 0.5);
            if self.rng.chance(share) {
                let floors = self.rng.int(storeys.0, storeys.1);
                let d = depth * self.rng.range(0.85, 1.1);
                if let Some(s) = self.set(
                    Rect::sized(x, 0.3, len, d),
                    1.0,
                    floors,
                    3.9,
                    RoofForm::Flat { parapet_m: 0.9 },
                    SHOP,
                ) {
                    for k in 0..(len / 12.0) as u32 {
                        let p = DVec2::new(x + 5.0 + 12.0 * f64::from(k), 0.3 + d * 0.6);
                        self.roof_box(s, p, (1.6, 1.0, 1.1));
                    }
                }
            }
            x += len + self.rng.range(1.5, 7.0);
        }
    }
}

/// Lays out a block of a kind in a rectangle of `size` metres with at most `limit` buildings.
pub(super) fn lay_out(kind: BlockKind, size: DVec2, limit: u32, rng: &mut Rng) -> Layout {
    let all = Rect {
        x0: 0.0,
        y0: 0.0,
        x1: size.x,
        y1: size.y,
    };
    let mut plot = Plot {
        out: Layout {
            years: (1985, 1998),
            ..Layout::default()
        },
        rng,
        all,
        kept: Vec::new(),
    };
    match kind {
        BlockKind::OldEstate => dwelling::old_estate(&mut plot),
        BlockKind::WorkUnit => dwelling::work_unit(&mut plot),
        BlockKind::NewEstate => dwelling::new_estate(&mut plot),
        BlockKind::Village => village::village(&mut plot),
        BlockKind::OldStreet => village::old_street(&mut plot),
        BlockKind::Commerce => work::commerce(&mut plot),
        BlockKind::Factory => work::factory(&mut plot),
        BlockKind::Market => work::market(&mut plot),
        BlockKind::School => civic::school(&mut plot),
        BlockKind::Hospital => civic::hospital(&mut plot),
        BlockKind::Stadium => civic::stadium(&mut plot),
        BlockKind::Treatment => civic::treatment(&mut plot),
        BlockKind::Park => open::park(&mut plot),
        BlockKind::Vacant => open::vacant(&mut plot),
    }
    let mut out = plot.out;
    let mut count = 0;
    let cut = out.sites.iter().position(|s| {
        count += u32::from(s.part_of.is_none());
        count > limit
    });
    if let Some(cut) = cut {
        out.sites.truncate(cut);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_buildings_of_a_block_overlap() {
        let kinds = [
            BlockKind::OldEstate,
            BlockKind::WorkUnit,
            BlockKind::NewEstate,
            BlockKind::Village,
            BlockKind::OldStreet,
            BlockKind::Commerce,
            BlockKind::Factory,
            BlockKind::Market,
            BlockKind::School,
            BlockKind::Hospital,
            BlockKind::Stadium,
            BlockKind::Treatment,
        ];
        for (k, kind) in kinds.into_iter().enumerate() {
            for (n, size) in [
                DVec2::new(210.0, 190.0),
                DVec2::new(120.0, 130.0),
                DVec2::new(96.0, 92.0),
            ]
            .into_iter()
            .enumerate()
            {
                let layout = lay_out(kind, size, u32::MAX, &mut Rng::new(5, &[k as u64, n as u64]));
                let all = Rect {
                    x0: 0.0,
                    y0: 0.0,
                    x1: size.x,
                    y1: size.y,
                };
                let whole: Vec<_> = layout.sites.iter().filter(|s| s.part_of.is_none()).collect();
                assert!(!whole.is_empty(), "{kind:?} {size}");
                for (i, a) in layout.sites.iter().enumerate() {
                    assert!(a.rect.inside(&all), "{kind:?} {i}");
                    assert!(super::super::geom::area(&a.ring) > 4.0, "{kind:?} {i} is not CCW");
                    for p in &a.ring {
                        let r = a.rect;
                        assert!(
                            p.x > r.x0 - 1e-6 && p.x < r.x1 + 1e-6 && p.y > r.y0 - 1e-6 && p.y < r.y1 + 1e-6,
                            "{kind:?} {i}"
                        );
                    }
                }
                for (i, a) in whole.iter().enumerate() {
                    assert!(whole[..i].iter().all(|b| !a.rect.touches(&b.rect, 0.0)), "{kind:?} {i}");
                }
            }
        }
    }

    #[test]
    fn a_limit_is_met_exactly() {
        let layout = lay_out(BlockKind::Village, DVec2::new(180.0, 160.0), 17, &mut Rng::new(1, &[1]));
        assert_eq!(layout.num_buildings(), 17);
    }
}
