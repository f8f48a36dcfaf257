//! Who takes the sun of a point: which building stands between it and the sun, when, and when it alone does.

use super::points::Point;
use super::rays::Heading;
use super::scene::{Path, Scene};
use super::survey::spells;
use std::collections::BTreeMap;

/// What one blocker takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Place of the building in the study, or [`super::scene::TERRAIN`].
    pub owner: u32,
    /// When it stands before the sun, true solar seconds.
    pub spells: Vec<[f64; 2]>,
    /// How long that is, seconds.
    pub any_s: f64,
    /// How long it alone does: what would be won without it, seconds.
    pub alone_s: f64,
}

/// Where the window's time goes at a point.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Blame {
    /// Blockers, the one that takes most first.
    pub shares: Vec<Share>,
    /// Time in which any of them stands before the sun, seconds.
    pub shaded_s: f64,
    /// Time in which the sun stands above the horizon and before the wall, seconds.
    pub facing_s: f64,
}

/// Finds who takes the sun of a point.
///
/// * `refine_s` — starts and ends are within half of this; a spell shorter than the samples' step may be missed
pub fn of_point(scene: &Scene, path: &Path, point: &Point, refine_s: f64) -> Blame {
    let samples = path.headings.len();
    let mut at: BTreeMap<u32, Vec<bool>> = BTreeMap::new();
    let mut facing = vec![false; samples];
    let mut found = vec![];
    for (k, (heading, facing)) in std::iter::zip(&path.headings, &mut facing).enumerate() {
        let Some(heading) = heading.as_ref().filter(|h| path.faces(point, h.direction())) else {
            continue;
        };
        *facing = true;
        scene.blockers(heading, point.position, &mut found);
        for owner in &found {
            let bits = at.entry(*owner).or_insert_with(|| vec![false; samples]);
            if let Some(bit) = bits.get_mut(k) {
                *bit = true;
            }
        }
    }
    let faces = |solar_s: f64| {
        let direction = path.day.direction(solar_s);
        direction[2] > 0.0 && path.faces(point, direction)
    };
    let is = |bits: &[bool], k: usize| bits.get(k).copied().unwrap_or(false);
    let facing = spells(path, refine_s, |k| is(&facing, k), faces);
    let mut shares: Vec<Share> = at
        .into_iter()
        .map(|(owner, bits)| {
            let spells = spells(
                path,
                refine_s,
                |k| is(&bits, k),
                |solar_s| {
                    if !faces(solar_s) {
                        return false;
                    }
                    scene.blockers(&Heading::new(path.day.direction(solar_s)), point.position, &mut found);
                    found.binary_search(&owner).is_ok()
                },
            );
            Share {
                owner,
                any_s: length_s(&spells),
                alone_s: 0.0,
                spells,
            }
        })
        .collect();
    let shaded_s = divide(&mut shares);
    shares.sort_by(|a, b| b.any_s.total_cmp(&a.any_s).then(a.owner.cmp(&b.owner)));
    Blame {
        shares,
        shaded_s,
        facing_s: length_s(&facing),
    }
}

fn length_s(spells: &[[f64; 2]]) -> f64 {
    spells.iter().map(|s| s[1] - s[0]).sum()
}

/// Fills in what each takes alone; gives the time that any takes.
fn divide(shares: &mut [Share]) -> f64 {
    let mut turns: Vec<(f64, usize, bool)> = vec![];
    for (k, share) in shares.iter().enumerate() {
        for [start_s, end_s] in &share.spells {
            turns.push((*start_s, k, true));
            turns.push((*end_s, k, false));
        }
    }
    turns.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut standing: Vec<usize> = vec![];
    let (mut since_s, mut shaded_s) = (0.0, 0.0);
    for (at_s, k, is_start) in turns {
        if !standing.is_empty() {
            shaded_s += at_s - since_s;
        }
        if let [only] = standing.as_slice()
            && let Some(share) = shares.get_mut(*only)
        {
            share.alone_s += at_s - since_s;
        }
        if is_start {
            standing.push(k);
        } else {
            standing.retain(|other| *other != k);
        }
        since_s = at_s;
    }
    shaded_s
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_belongs_to_nobody_alone() {
        let share = |owner, spells: Vec<[f64; 2]>| Share {
            owner,
            any_s: length_s(&spells),
            alone_s: 0.0,
            spells,
        };
        let mut shares = [
            share(0, vec![[0.0, 100.0], [200.0, 260.0]]),
            share(1, vec![[40.0, 130.0]]),
            share(2, vec![[90.0, 120.0]]),
        ];
        assert_eq!(divide(&mut shares), 130.0 + 60.0);
        assert_eq!(shares.map(|s| s.alone_s), [40.0 + 60.0, 10.0, 0.0]);
    }
}
