//! The sun of the sunshine kernel against pvlib: directions within 0.001°, true solar time within 3 s, and the dates of Great
//! Cold and winter solstice as the days on which the sun's longitude passes 300° and 270°.
//!
//! pvlib comes from PyPI into a virtual environment in the cache folder; where it cannot be installed, the test fails.
#![cfg(test)]

use analysis::sunshine::sun::Day;
use analysis::sunshine::{Limits, Site};
use serde_json::{Value, json};

const PVLIB: &str = "pvlib==0.16.1";
/// Name, latitude, longitude, height above the sea.
const CITIES: [(&str, f64, f64, f64); 11] = [
    ("Mohe", 53.48, 122.37, 430.0),
    ("Harbin", 45.80, 126.53, 150.0),
    ("Urumqi", 43.82, 87.62, 800.0),
    ("Beijing", 39.90, 116.40, 44.0),
    ("Zhengzhou", 34.75, 113.65, 110.0),
    ("Zhumadian", 32.98, 114.02, 80.0),
    ("Shanghai", 31.23, 121.47, 4.0),
    ("Lhasa", 29.65, 91.10, 3650.0),
    ("Kunming", 25.04, 102.71, 1890.0),
    ("Guangzhou", 23.13, 113.26, 20.0),
    ("Sanya", 18.25, 109.50, 7.0),
];
const DATES: [&str; 6] = [
    "2001-01-20",
    "2001-12-22",
    "2026-01-20",
    "2026-12-22",
    "2035-06-21",
    "1995-03-21",
];

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn unit(azimuth_deg: f64, elevation_deg: f64) -> [f64; 3] {
    let (sin_a, cos_a) = azimuth_deg.to_radians().sin_cos();
    let (sin_h, cos_h) = elevation_deg.to_radians().sin_cos();
    [sin_a * cos_h, cos_a * cos_h, sin_h]
}

#[test]
fn the_sun_stands_where_pvlib_sees_it() {
    let (mut asks, mut ours) = (vec![], vec![]);
    for (city, latitude_deg, longitude_deg, elevation_m) in CITIES {
        // the grid's north is not the true one
        let site = Site {
            latitude_deg,
            longitude_deg,
            elevation_m,
            convergence_deg: 1.25,
            utc_offset_h: 8.0,
        };
        for date in DATES {
            let day = Day::new(&site, date, [8.0, 16.0], 60.0).unwrap();
            // moments at samples and between them
            let moments: Vec<f64> = (0..=96).map(|k| day.start_s + 299.7 * f64::from(k)).collect();
            let utc_s: Vec<f64> = moments.iter().map(|s| day.civil_s(*s) - 8.0 * 3600.0).collect();
            asks.push(json!({
                "date": date, "latitude_deg": latitude_deg, "longitude_deg": longitude_deg,
                "elevation_m": elevation_m, "utc_s": utc_s,
            }));
            ours.push((city, date, day, moments));
        }
    }
    let limits = Limits::shipped().unwrap();
    let terms = ["great_cold", "winter_solstice"].map(|key| limits.days[key].date.clone());
    let ask = json!({"positions": asks, "terms": terms}).to_string();
    let answer = e2e::python::answer(&[PVLIB], "peer_sunshine.py", ask.as_bytes()).unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let (mut worst_deg, mut worst_s) = (0.0_f64, 0.0_f64);
    for ((city, date, day, moments), theirs) in ours.iter().zip(answer["positions"].as_array().unwrap()) {
        let (azimuths, elevations) = (numbers(&theirs["azimuth_deg"]), numbers(&theirs["elevation_deg"]));
        let solar = numbers(&theirs["solar_s"]);
        assert_eq!(moments.len(), azimuths.len());
        for k in 0..moments.len() {
            let here = day.direction(moments[k]);
            let there = unit(azimuths[k] - 1.25, elevations[k]);
            let apart = (0..3)
                .map(|i| (here[i] - there[i]).powi(2))
                .sum::<f64>()
                .sqrt()
                .to_degrees();
            assert!(apart <= 0.001, "{city} {date} {}: {here:?} {there:?}", moments[k]);
            let late_s = (solar[k] - moments[k] + 43_200.0).rem_euclid(86_400.0) - 43_200.0;
            assert!(late_s.abs() <= 3.0, "{city} {date}: {late_s} s");
            (worst_deg, worst_s) = (worst_deg.max(apart), worst_s.max(late_s.abs()));
        }
    }
    println!("worst: {worst_deg:.6}° of direction, {worst_s:.2} s of true solar time");
    for (term, degrees) in answer["terms"].as_array().unwrap().iter().zip([300.0, 270.0]) {
        let ends = numbers(term);
        assert!(
            ends[0] < degrees && degrees < ends[1],
            "{ends:?} does not hold {degrees}"
        );
    }
}
