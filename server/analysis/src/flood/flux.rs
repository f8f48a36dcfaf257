//! Flow through one row of faces, and the new depths of one row of cells: straight loops that the compiler vectorizes.

/// Standard gravity, m/s².
pub const GRAVITY: f64 = 9.806_65;

/// Faces that are worked on at a time: they stay in the nearest cache.
const BLOCK: usize = 64;

/// Constants of one step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Half of the weight of a face's two neighbours: `(1 − θ) / 2`.
    pub beside: f32,
    /// g Δt / Δx.
    pub g_dt_dx: f32,
    /// g Δt.
    pub g_dt: f32,
    /// Largest Froude number times √g.
    pub froude_g: f32,
    /// Depth below which nothing flows, metres.
    pub dry_m: f64,
}

/// The two cells of each face and what flowed through it and its neighbours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Faces<'a> {
    /// Ground on the low side (west or south) and the high side, metres.
    pub ground: [&'a [f64]; 2],
    /// Depth there, metres.
    pub depth: [&'a [f64]; 2],
    /// Manning's n there.
    pub manning: [&'a [f32]; 2],
    /// Flow before the step through the face before, this one and the next one, m²/s.
    pub flow: [&'a [f32]; 3],
    /// 1 where the face before and the next one may carry water, 0 where they are walls.
    pub open: [&'a [f32]; 2],
}

/// `x^(-7/3)` for normal positive `x`, to about 2e-6.
///
/// The exponent is divided by three in integers (Kahan's start of the cube root), then sharpened without a division.
#[inline(always)]
pub(super) fn inverse_seven_thirds(x: f32) -> f32 {
    // bits / 3 as a series of quarters, which vectorizes on every machine where a division does not
    let bits = x.to_bits();
    let mut third = (bits >> 2) + (bits >> 4);
    third += third >> 4;
    third += third >> 8;
    third += third >> 16;
    let mut y = f32::from_bits(0x54A2_3000_u32.wrapping_sub(third));
    // with c = 1 − x y³, x^(-1/3) = y (1 − c)^(-1/3)
    let c = 1.0 - x * (y * y * y);
    y *= 1.0 + c * (1.0 / 3.0 + c * (2.0 / 9.0 + c * (14.0 / 81.0)));
    let c = 1.0 - x * (y * y * y);
    y *= 1.0 + c * (1.0 / 3.0);
    let y2 = y * y;
    y2 * y2 * y2 * y
}

#[inline(always)]
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

#[inline(always)]
fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// Flow through each face after a step, m²/s, positive towards the high side.
///
/// Friction is that of the new flow, a quadratic. With that of the old flow, as published, thin films on steep ground
/// swing between neighbouring cells unless `u Δt/Δx · g Δt n² q h^(-7/3)` stays below a half; with that of the new flow
/// the kinematic condition `5/3 u Δt/Δx < 1` is enough. Steady flows are the same.
///
/// # Source
/// de Almeida, Bates, Freer & Souvignet 2012, equation 23, with the flow limited to a Froude number.
pub(super) fn flow_row(new: &mut [f32], faces: &Faces<'_>, step: &Step) {
    #[cfg(target_arch = "x86_64")]
    #[allow(
        unsafe_code,
        reason = "wider registers double the speed; there is no safe way to choose them at run time"
    )]
    {
        if wide::has_512() {
            // SAFETY: the processor was asked for the features that the function is compiled with
            return unsafe { wide::flow_row_512(new, faces, step) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: as above
            return unsafe { wide::flow_row_256(new, faces, step) };
        }
    }
    flow_row_anywhere(new, faces, step);
}

#[inline(always)]
fn flow_row_anywhere(new: &mut [f32], faces: &Faces<'_>, step: &Step) {
    let n = new.len();
    let ([za, zb], [ha, hb]) = (faces.ground, faces.depth);
    let ([na, nb], [qa, q, qb], [oa, ob]) = (faces.manning, faces.flow, faces.open);
    // one length for all, so that no index is checked inside of the loop
    let (za, zb, ha, hb) = (&za[..n], &zb[..n], &ha[..n], &hb[..n]);
    let (na, nb, qa, q, qb) = (&na[..n], &nb[..n], &qa[..n], &q[..n], &qb[..n]);
    let (oa, ob) = (&oa[..n], &ob[..n]);
    let Step {
        beside,
        g_dt_dx,
        g_dt,
        froude_g,
        dry_m,
    } = *step;
    let (mut depths, mut falls) = ([0.0_f32; BLOCK], [0.0_f32; BLOCK]);
    let mut start = 0;
    while start < n {
        let m = (n - start).min(BLOCK);
        // levels in f64, where the difference of large numbers counts; the rest needs no more than f32. In two loops, so
        // that each fills the registers with numbers of its own width
        let (za, zb, ha, hb) = (
            &za[start..][..m],
            &zb[start..][..m],
            &ha[start..][..m],
            &hb[start..][..m],
        );
        let (depths, falls) = (&mut depths[..m], &mut falls[..m]);
        for i in 0..m {
            let (level_a, level_b) = (za[i] + ha[i], zb[i] + hb[i]);
            let depth = larger(level_a, level_b) - larger(za[i], zb[i]);
            depths[i] = if depth > dry_m { depth as f32 } else { 0.0 };
            falls[i] = (level_b - level_a) as f32;
        }
        let (na, nb, oa, ob) = (
            &na[start..][..m],
            &nb[start..][..m],
            &oa[start..][..m],
            &ob[start..][..m],
        );
        let (qa, q, qb, new) = (
            &qa[start..][..m],
            &q[start..][..m],
            &qb[start..][..m],
            &mut new[start..][..m],
        );
        for i in 0..m {
            let is_wet = depths[i] > 0.0;
            let h = if is_wet { depths[i] } else { 1.0 };
            let manning = 0.5 * (na[i] + nb[i]);
            let mean = q[i] + beside * (oa[i] * (qa[i] - q[i]) + ob[i] * (qb[i] - q[i]));
            let driven = mean - g_dt_dx * h * falls[i];
            // friction of the new flow: the positive root of flow · (1 + friction · flow) = driven
            let friction = g_dt * manning * manning * inverse_seven_thirds(h);
            let flow = 2.0 * driven / (1.0 + (1.0 + 4.0 * friction * driven.abs()).sqrt());
            let limit = froude_g * h * h.sqrt();
            let flow = if flow > limit { limit } else { flow };
            let flow = if flow < -limit { -limit } else { flow };
            new[i] = if is_wet { flow } else { 0.0 };
        }
        start += m;
    }
}

/// Flows around a row of cells, and what falls on them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    /// Flows through the western faces, and one more at the end.
    pub west: &'a [f32],
    /// Flows through the southern faces.
    pub south: &'a [f32],
    /// Flows through the northern faces.
    pub north: &'a [f32],
    /// Share of the rain that stays on the cell.
    pub runoff: &'a [f32],
    /// Δt / Δx.
    pub dt_dx: f64,
    /// Rain of the step, metres.
    pub rain_m: f64,
}

/// What stays in a cell of the flows through its faces, m²/s; in f64, so that what one cell gives the other gets.
#[inline(always)]
fn inflow(west: f32, east: f32, south: f32, north: f32) -> f64 {
    (f64::from(west) - f64::from(east)) + (f64::from(south) - f64::from(north))
}

/// Cells that are looked at side by side for the extremes.
const LANES: usize = 8;

/// Adds what came in; gives the largest and the smallest depth.
pub(super) fn fill_row(depth: &mut [f64], around: &Around<'_>) -> [f64; 2] {
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code, reason = "see flow_row")]
    {
        if wide::has_512() {
            // SAFETY: the processor was asked for the features that the function is compiled with
            return unsafe { wide::fill_row_512(depth, around) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: as above
            return unsafe { wide::fill_row_256(depth, around) };
        }
    }
    fill_row_anywhere(depth, around)
}

/// The same loops for processors with wider registers. Products and sums are not fused, so the bits are the same as on
/// any other processor.
#[cfg(target_arch = "x86_64")]
pub(super) mod wide {
    use super::{Around, Faces, Step};

    /// True on processors with registers of 512 bits and masks for all widths.
    pub(in crate::flood) fn has_512() -> bool {
        std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512vl")
            && std::arch::is_x86_feature_detected!("avx512dq")
    }

    #[target_feature(enable = "avx512f,avx512vl,avx512dq")]
    pub(super) fn flow_row_512(new: &mut [f32], faces: &Faces<'_>, step: &Step) {
        super::flow_row_anywhere(new, faces, step);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn flow_row_256(new: &mut [f32], faces: &Faces<'_>, step: &Step) {
        super::flow_row_anywhere(new, faces, step);
    }

    #[target_feature(enable = "avx512f,avx512vl,avx512dq")]
    pub(super) fn fill_row_512(depth: &mut [f64], around: &Around<'_>) -> [f64; 2] {
        super::fill_row_anywhere(depth, around)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn fill_row_256(depth: &mut [f64], around: &Around<'_>) -> [f64; 2] {
        super::fill_row_anywhere(depth, around)
    }
}

#[inline(always)]
fn fill_row_anywhere(depth: &mut [f64], around: &Around<'_>) -> [f64; 2] {
    let n = depth.len();
    let (west, east) = (&around.west[..n], &around.west[1..=n]);
    let (south, north, runoff) = (&around.south[..n], &around.north[..n], &around.runoff[..n]);
    let (dt_dx, rain) = (around.dt_dx, around.rain_m);
    let (mut most, mut least) = ([0.0_f64; LANES], [0.0_f64; LANES]);
    let mut start = 0;
    while start + LANES <= n {
        let d = &mut depth[start..start + LANES];
        let (w, e) = (&west[start..start + LANES], &east[start..start + LANES]);
        let (s, t) = (&south[start..start + LANES], &north[start..start + LANES]);
        let r = &runoff[start..start + LANES];
        for i in 0..LANES {
            let now = d[i] + (dt_dx * inflow(w[i], e[i], s[i], t[i]) + rain * f64::from(r[i]));
            d[i] = now;
            most[i] = larger(now, most[i]);
            least[i] = smaller(now, least[i]);
        }
        start += LANES;
    }
    for i in start..n {
        let now = depth[i] + (dt_dx * inflow(west[i], east[i], south[i], north[i]) + rain * f64::from(runoff[i]));
        depth[i] = now;
        most[0] = larger(now, most[0]);
        least[0] = smaller(now, least[0]);
    }
    [most.into_iter().fold(0.0, larger), least.into_iter().fold(0.0, smaller)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_power_is_that_of_the_library() {
        let mut x = 1e-9_f32;
        let mut worst = 0.0_f64;
        while x < 1e4 {
            let exact = f64::from(x).powf(-7.0 / 3.0);
            worst = worst.max((f64::from(inverse_seven_thirds(x)) / exact - 1.0).abs());
            x *= 1.000_37;
        }
        assert!(worst < 3e-6, "{worst}");
    }

    fn flow_between(ground: [f64; 2], depth: [f64; 2], before: f32) -> f64 {
        let step = Step {
            beside: 0.1,
            g_dt_dx: GRAVITY as f32 * 0.1,
            g_dt: GRAVITY as f32 * 0.1,
            froude_g: GRAVITY.sqrt() as f32,
            dry_m: 1e-6,
        };
        let mut new = [9.0_f32];
        let faces = Faces {
            ground: [&ground[..1], &ground[1..]],
            depth: [&depth[..1], &depth[1..]],
            manning: [&[0.03], &[0.03]],
            flow: [&[before], &[before], &[before]],
            open: [&[1.0], &[0.0]],
        };
        flow_row(&mut new, &faces, &step);
        f64::from(new[0])
    }

    #[test]
    fn water_flows_down_and_never_out_of_a_dry_cell() {
        assert_eq!(flow_between([1.0, 2.0], [3.0, 2.0], 0.0), 0.0);
        assert!(flow_between([1.0, 1.0], [1.0, 0.5], 0.0) > 0.0);
        assert!(flow_between([1.0, 1.0], [0.5, 1.0], 0.0) < 0.0);
        // dry and high beside wet and low: nothing, even if it flowed before
        assert_eq!(flow_between([5.0, 1.0], [0.0, 1.0], 0.7), 0.0);
        assert_eq!(flow_between([super::super::terrain::WALL_M, 1.0], [0.0, 1.0], 0.0), 0.0);
        // a fall of three metres is held to the Froude number of one
        let limit = 0.2 * (GRAVITY * 0.2).sqrt();
        assert!((flow_between([5.0, 2.0], [0.2, 0.0], 0.5) - limit).abs() < 1e-6);
    }

    /// de Almeida et al. 2012, equation 23, by hand for one face.
    #[test]
    fn one_face_by_hand() {
        let (h, dz) = (1.0_f64, -0.5);
        let found = flow_between([1.0, 1.0], [1.0, 0.5], 0.3);
        let published = |rubbing: f64| {
            let friction = GRAVITY * 0.1 * 0.03 * 0.03 * rubbing / h.powf(7.0 / 3.0);
            (0.3 - GRAVITY * 0.1 * h * dz) / (1.0 + friction)
        };
        assert!(
            (found - published(found)).abs() < 1e-6,
            "{found} and {}",
            published(found)
        );
    }

    /// Wide registers change no bit.
    #[test]
    fn wide_rows_are_the_same_to_the_last_bit() {
        let wave = |n: usize, f: f64| -> Vec<f64> { (0..n).map(|i| 1.0 + (i as f64 * f).sin()).collect() };
        let narrow = |v: Vec<f64>| -> Vec<f32> { v.into_iter().map(|x| x as f32 - 1.0).collect() };
        let (z, h, q) = (wave(80, 0.7), wave(80, 1.3), narrow(wave(80, 2.1)));
        let (n, open) = (vec![0.03_f32; 80], vec![1.0_f32; 80]);
        let faces = Faces {
            ground: [&z[..77], &z[1..78]],
            depth: [&h[..77], &h[1..78]],
            manning: [&n[..77], &n[..77]],
            flow: [&q[..77], &q[1..78], &q[2..79]],
            open: [&open[..77], &open[..77]],
        };
        let step = Step {
            beside: 0.1,
            g_dt_dx: 0.9,
            g_dt: 1.1,
            froude_g: 3.1,
            dry_m: 1e-6,
        };
        let (mut any, mut best) = (vec![0.0; 77], vec![0.0; 77]);
        flow_row_anywhere(&mut any, &faces, &step);
        flow_row(&mut best, &faces, &step);
        assert_eq!(any, best);
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            let mut middle = vec![0.0; 77];
            #[allow(
                unsafe_code,
                reason = "the narrower of the two is not chosen where the wider is there"
            )]
            // SAFETY: the processor was asked for the feature that the function is compiled with
            unsafe {
                wide::flow_row_256(&mut middle, &faces, &step);
            }
            assert_eq!(any, middle);
        }
        assert!(any.iter().filter(|q| **q != 0.0).count() > 60);
    }

    #[test]
    fn extremes_are_found_wherever_they_are() {
        for n in [1, 7, 8, 19] {
            for at in 0..n {
                let mut depth = vec![0.5; n];
                depth[at] = 2.0;
                depth[(at + 1) % n] -= 0.6 * f64::from(u8::from(n > 1));
                let zero = vec![0.0; n + 1];
                let around = Around {
                    west: &zero,
                    south: &zero,
                    north: &zero,
                    runoff: &vec![1.0; n],
                    dt_dx: 0.1,
                    rain_m: 0.25,
                };
                let [most, least] = fill_row(&mut depth, &around);
                assert_eq!(most, 2.25);
                assert!((least - if n > 1 { 0.15 } else { 0.0 }).abs() < 1e-12 || least == 0.0);
            }
        }
    }
}
