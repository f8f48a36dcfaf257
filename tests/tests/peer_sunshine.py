"""Sun positions, true solar times and solar terms by pvlib, for tests/tests/peer_sunshine.rs."""

import json
import sys

import pandas as pd
import pvlib
from pvlib import spa


def positions(ask):
    start = pd.Timestamp(ask["date"], tz="UTC")
    times = pd.DatetimeIndex([start + pd.Timedelta(seconds=s) for s in ask["utc_s"]])
    found = pvlib.solarposition.spa_python(
        times, ask["latitude_deg"], ask["longitude_deg"], altitude=ask["elevation_m"], delta_t=None
    )
    # true solar time: UTC, the longitude at 4 minutes a degree, and the equation of time
    solar = [
        s + 240.0 * ask["longitude_deg"] + 60.0 * e for s, e in zip(ask["utc_s"], found["equation_of_time"])
    ]
    return {
        "azimuth_deg": list(found["azimuth"]),
        "elevation_deg": list(90.0 - found["zenith"]),
        "solar_s": solar,
    }


def longitude_deg(date, hours):
    """Apparent longitude of the sun, without nutation (below 0.005 degrees, 7 minutes)."""
    moment = pd.Timestamp(date, tz="Asia/Shanghai") + pd.Timedelta(hours=hours)
    century = spa.julian_ephemeris_century(spa.julian_ephemeris_day(spa.julian_day(moment.timestamp()), 64.0))
    helio = spa.heliocentric_longitude(spa.julian_ephemeris_millennium(century))
    return float(spa.geocentric_longitude(helio)) - 0.0057


ask = json.load(sys.stdin)
print(
    json.dumps(
        {
            "positions": [positions(one) for one in ask["positions"]],
            "terms": [[longitude_deg(date, 0), longitude_deg(date, 24)] for date in ask["terms"]],
        }
    )
)
