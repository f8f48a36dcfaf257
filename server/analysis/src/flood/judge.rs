//! Who gets wet: ground floors and lanes of roads against their limits, and for how long.

use super::catalogue::Catalogue;
use super::input::{Building, Input, Road};
use super::params::Params;
use super::raster::cells_in;
use super::solver::Run;
use super::terrain::{Kind, WALL_M};
use crate::indicators::Text;
use crate::outcome::{Ending, Limit, Verdict};

/// Error of drain-down times, as a share of their limit (an assumption).
const TIME_ERROR: f64 = 0.1;

/// What happened to a building or road.
#[derive(Debug, Clone, PartialEq)]
pub struct Wet {
    /// Place in the list of the input.
    pub place: usize,
    /// Depth that counts: beside the building, or in the best lane at the worst place of the road, metres.
    pub depth_m: Option<f64>,
    /// Depth above the ground floor, or the largest on the carriageway, metres.
    pub other_m: Option<f64>,
    /// Seconds above the flooded depth, where it is longest (for a road: in the best lane).
    pub flooded_s: f64,
    /// Seconds until the water came.
    pub arrival_s: Option<f64>,
    /// True when it is above the flooded depth at the end of the run.
    pub is_wet_at_end: bool,
}

impl Wet {
    fn new(place: usize) -> Self {
        Self {
            place,
            depth_m: None,
            other_m: None,
            flooded_s: 0.0,
            arrival_s: None,
            is_wet_at_end: false,
        }
    }

    fn arrives(&mut self, run: &Run, cell: usize) {
        let arrival = f64::from(run.arrival_s[cell]);
        if arrival.is_finite() {
            self.arrival_s = Some(self.arrival_s.map_or(arrival, |a| a.min(arrival)));
        }
    }
}

/// The buildings that are judged.
pub fn buildings(input: &Input, params: &Params, run: &Run) -> Vec<Wet> {
    let judged = input.buildings.iter().enumerate().filter(|(_, b)| b.is_judged);
    judged
        .map(|(place, building)| building_of(place, building, params, run))
        .collect()
}

fn building_of(place: usize, building: &Building, params: &Params, run: &Run) -> Wet {
    let mut wet = Wet::new(place);
    for cell in run.terrain.rings[place].iter().map(|c| *c as usize) {
        let depth = f64::from(run.max_depth_m[cell]);
        let ground = run.terrain.ground_m[run.terrain.padded(cell)];
        wet.depth_m = Some(wet.depth_m.map_or(depth, |d| d.max(depth)));
        // dry ground may lie above a known floor, on the upper side of a house in a slope: it wets nobody
        let above = match building.floor_m {
            Some(floor) if depth > 0.0 => ground + depth - floor,
            Some(floor) => (ground - floor).min(-params.floor_above_ground_m),
            None => depth - params.floor_above_ground_m,
        };
        wet.other_m = Some(wet.other_m.map_or(above, |a| a.max(above)));
        wet.flooded_s = wet.flooded_s.max(f64::from(run.flooded_s[cell]));
        wet.is_wet_at_end |= run.end_depth_m[cell] > params.flooded_depth_m;
        wet.arrives(run, cell);
    }
    wet
}

/// Verdict on the ground floor of a building.
pub fn floor_verdict(building: &Building, wet: &Wet, params: &Params, catalogue: &Catalogue) -> Verdict {
    let limit = Limit::from(&catalogue.data.floor_depth_m);
    let margin = wet.other_m.map(|above| limit.value - above);
    let because = if wet.other_m.is_none() {
        Some(Text::new(
            "建筑不在计算范围内或四周没有可淹水的地面",
            "it lies outside of the area, or no ground beside it can hold water",
        ))
    } else if building.floor_m.is_none() {
        let assumed = params.floor_above_ground_m;
        Some(Text::new(
            format!("底层标高未知,按高出室外地面 {assumed} m 假定"),
            format!("the height of the floor is not known and taken as {assumed} m above the ground beside it"),
        ))
    } else {
        None
    };
    Verdict {
        feature: building.id.clone(),
        index: building.index,
        what: Text::new("底层进水深度", "Depth above the ground floor"),
        value: wet.other_m,
        unit: "m".to_owned(),
        margin,
        verdict: Ending::of(margin, params.depth_error_m),
        because,
        limit,
    }
}

/// The roads.
pub fn roads(input: &Input, params: &Params, catalogue: &Catalogue, run: &Run) -> Vec<Wet> {
    let lane_m = catalogue.data.lane_width_m.value;
    let all = input.roads.iter().enumerate();
    all.map(|(place, road)| {
        if road.center_line.len() < 2 {
            area_of(place, road, params, run)
        } else {
            lanes_of(place, road, params, lane_m, run)
        }
    })
    .collect()
}

/// A carriageway without a centre line: its deepest place.
fn area_of(place: usize, road: &Road, params: &Params, run: &Run) -> Wet {
    let mut wet = Wet::new(place);
    for cell in cells_in(&run.terrain.grid, &road.area).into_iter().map(|c| c as usize) {
        if run.terrain.kinds[cell] != Kind::Free {
            continue;
        }
        let depth = f64::from(run.max_depth_m[cell]);
        wet.other_m = Some(wet.other_m.map_or(depth, |d| d.max(depth)));
        wet.flooded_s = wet.flooded_s.max(f64::from(run.flooded_s[cell]));
        wet.is_wet_at_end |= run.end_depth_m[cell] > params.flooded_depth_m;
        wet.arrives(run, cell);
    }
    wet
}

/// Along a centre line, at every cell: the shallowest lane counts, where it is deepest.
fn lanes_of(place: usize, road: &Road, params: &Params, lane_m: f64, run: &Run) -> Wet {
    let mut wet = Wet::new(place);
    let grid = &run.terrain.grid;
    let num_lanes = (road.width_m / lane_m).floor().clamp(1.0, 16.0) as usize;
    let lane_m = road.width_m.max(0.0) / num_lanes as f64;
    for pair in road.center_line.windows(2) {
        let (dx, dy) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
        let length = dx.hypot(dy);
        if !(length > 0.0 && length < 1e6) {
            continue;
        }
        let (ux, uy) = (dx / length, dy / length);
        let steps = (length / grid.cell_m).ceil() as usize;
        for step in 0..=steps {
            let along = length * step as f64 / steps as f64;
            let [x, y] = [pair[0][0] + ux * along, pair[0][1] + uy * along];
            // of each lane: depth, seconds flooded, still flooded
            let mut best: Option<(f64, f64, bool)> = None;
            for lane in 0..num_lanes {
                let mut worst: Option<(f64, f64, bool)> = None;
                for part in [0.25, 0.5, 0.75] {
                    let aside = (lane as f64 + part) * lane_m - 0.5 * road.width_m.max(0.0);
                    let Some(cell) = grid.cell_at([x - uy * aside, y + ux * aside]) else {
                        continue;
                    };
                    if run.terrain.kinds[cell] != Kind::Free {
                        continue;
                    }
                    let depth = f64::from(run.max_depth_m[cell]);
                    let now = (
                        depth,
                        f64::from(run.flooded_s[cell]),
                        run.end_depth_m[cell] > params.flooded_depth_m,
                    );
                    wet.other_m = Some(wet.other_m.map_or(depth, |d| d.max(depth)));
                    wet.arrives(run, cell);
                    worst = Some(worst.map_or(now, |w| (w.0.max(now.0), w.1.max(now.1), w.2 | now.2)));
                }
                if let Some(lane) = worst {
                    best = Some(best.map_or(lane, |b| (b.0.min(lane.0), b.1.min(lane.1), b.2 & lane.2)));
                }
            }
            if let Some((depth, flooded, is_wet)) = best {
                wet.depth_m = Some(wet.depth_m.map_or(depth, |d| d.max(depth)));
                wet.flooded_s = wet.flooded_s.max(flooded);
                wet.is_wet_at_end |= is_wet;
            }
        }
    }
    wet
}

/// Verdicts on a road: depth of its best lane, and how long it is cut off when it is.
pub fn road_verdicts(road: &Road, wet: &Wet, params: &Params, catalogue: &Catalogue) -> Vec<Verdict> {
    let limit = Limit::from(&catalogue.data.lane_depth_m);
    let error = params.depth_error_m;
    let has_lanes = road.center_line.len() >= 2;
    let value = if has_lanes { wet.depth_m } else { wet.other_m };
    let margin = value.map(|depth| limit.value - depth);
    let mut verdict = Ending::of(margin, error);
    let mut because = None;
    if value.is_none() {
        because = Some(Text::new("道路不在计算范围内", "the road lies outside of the area"));
    } else if !has_lanes && verdict == Ending::Fail {
        verdict = Ending::NotDecidable;
        because = Some(Text::new(
            "只有路面范围、没有中心线:最深处超限,但不能判断是否仍有一条车道可通行",
            "only the area of the carriageway is known: its deepest place is over the limit, yet a lane may be free",
        ));
    }
    let mut verdicts = vec![Verdict {
        feature: road.id.clone(),
        index: road.index,
        what: Text::new("一条车道的积水深度", "Depth in one lane of the road"),
        value,
        unit: "m".to_owned(),
        margin,
        verdict,
        because,
        limit,
    }];
    if wet.flooded_s > 0.0 {
        let limit = Limit::from(&catalogue.data.drain_down_h);
        let hours = wet.flooded_s / 3600.0;
        let margin = limit.value - hours;
        let mut verdict = Ending::of(Some(margin), TIME_ERROR * limit.value);
        let mut because = None;
        if wet.is_wet_at_end && verdict != Ending::Fail {
            verdict = Ending::NotDecidable;
            because = Some(Text::new(
                "模拟结束时仍有积水,请延长模拟时间",
                "it is still flooded when the simulation ends: simulate a longer time",
            ));
        }
        verdicts.push(Verdict {
            feature: road.id.clone(),
            index: road.index,
            what: Text::new("退水时间", "Time until it is passable again"),
            value: Some(hours),
            unit: "h".to_owned(),
            margin: Some(margin),
            verdict,
            because,
            limit,
        });
    }
    verdicts
}

/// Ground that a layer is drawn on: that of the run, and the input's own below buildings.
pub(super) fn drawn_ground(input: &Input, run: &Run) -> Vec<f32> {
    (0..run.terrain.grid.len())
        .map(|cell| {
            let height = run.terrain.ground_m[run.terrain.padded(cell)];
            if height < WALL_M {
                height as f32
            } else {
                input.ground_m[cell] as f32
            }
        })
        .collect()
}
