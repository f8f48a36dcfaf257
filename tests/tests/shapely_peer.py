"""Areas, overlays and lengths by Shapely (GEOS), for shapely.rs beside it (not named shapely.py, which would hide the module): one JSON question on stdin, one answer on stdout."""

import json
import sys

from shapely import MultiPolygon, Polygon, LineString, intersection, union_all

question = json.load(sys.stdin)


def polygons(parts):
    return MultiPolygon([Polygon(rings[0], rings[1:]) for rings in parts])


areas, shares, lengths = [], [], []
for a, b in question["pairs"]:
    a, b = polygons(a), polygons(b)
    if not (a.is_valid and b.is_valid):
        sys.exit(f"invalid input: {a.wkt[:200]} {b.wkt[:200]}")
    areas.append([a.area, b.area])
    shares.append(intersection(a, b).area)
for region, line in question["lines"]:
    lengths.append(intersection(polygons(region), LineString(line)).length)
unions = [union_all([polygons(p) for p in group]).area for group in question["unions"]]
json.dump({"areas": areas, "intersections": shares, "lengths": lengths, "unions": unions}, sys.stdout)
