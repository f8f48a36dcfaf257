"""Walks by NetworkX, nodings and areas by Shapely (GEOS), for peer_reach.rs: one JSON question on stdin, one answer on stdout."""

import json
import math
import sys

import networkx
from shapely import LineString, MultiPolygon, Point, Polygon, union_all
from shapely.ops import substring


def walks(question):
    """Lengths from the nearest start to every node and target, on a graph with starts and targets as nodes of their own."""
    graph = networkx.MultiGraph()
    graph.add_nodes_from(range(question["num_nodes"]))
    places = {}
    for kind in ("starts", "targets"):
        for number, (edge, along, access) in enumerate(question[kind]):
            places.setdefault(edge, []).append((along, kind, number, access))
    for number, (a, b, length) in enumerate(question["edges"]):
        last, before = a, 0.0
        for along, kind, place, access in sorted(places.get(number, [])):
            foot = ("foot", kind, place)
            graph.add_edge(last, foot, weight=along - before)
            graph.add_edge(foot, (kind, place), weight=access)
            last, before = foot, along
        graph.add_edge(last, b, weight=length - before)
    found = networkx.multi_source_dijkstra_path_length(
        graph, [("starts", n) for n in range(len(question["starts"]))], weight="weight"
    )
    return {
        "nodes": [found.get(n) for n in range(question["num_nodes"])],
        "targets": [found.get(("targets", n)) for n in range(len(question["targets"]))],
    }


def rounded(point):
    return (round(point[0], 5), round(point[1], 5))


def nodings(question):
    """Walks on lines that Shapely cuts at their crossings, with barriers taken out."""
    lines = union_all([LineString(line) for line in question["lines"]])
    for rings in question["surfaces"]:
        lines = lines.difference(Polygon(rings[0], rings[1:]))
    lines = union_all(lines)
    # a line barrier leaves a gap much shorter than the tolerance
    for fence in question["fences"]:
        lines = lines.difference(LineString(fence).buffer(1e-4))
    graph = networkx.MultiGraph()
    parts = list(lines.geoms)
    for part in parts:
        ends = [rounded(part.coords[0]), rounded(part.coords[-1])]
        graph.add_edge(*ends, weight=part.length, line=part, ends=ends)
    total = sum(part.length for part in parts)

    def join(point, name):
        at = Point(point)
        with_line = (e for e in graph.edges(keys=True, data=True) if "line" in e[3])
        a, b, key, data = min(with_line, key=lambda e: e[3]["line"].distance(at))
        line = data["line"]
        along = line.project(at)
        graph.remove_edge(a, b, key)
        first, second = data["ends"]
        before, behind = substring(line, 0, along), substring(line, along, line.length)
        for ends, piece in (([first, name], before), ([name, second], behind)):
            if piece.length > 0:
                graph.add_edge(*ends, weight=piece.length, line=piece, ends=ends)
            else:
                graph.add_edge(*ends, weight=0.0)
        return line.distance(at)

    answers = []
    for pair in question["pairs"]:
        saved = graph.copy()
        access = [join(p, ("end", n)) for n, p in enumerate(pair)]
        try:
            length = networkx.dijkstra_path_length(graph, ("end", 0), ("end", 1), weight="weight") + sum(access)
        except networkx.NetworkXNoPath:
            length = None
        answers.append(length)
        graph = saved
    return {"total": total, "num_parts": len(parts), "walks": answers}


def swept(segment, radius, corners):
    ring = [(radius * math.cos(math.tau * k / corners), radius * math.sin(math.tau * k / corners)) for k in range(corners)]
    return union_all([Point(x + p[0], y + p[1]) for p in segment for x, y in ring]).convex_hull


def strips(question):
    united = union_all([swept(s, question["radius"], question["corners"]) for s in question["segments"]])
    parts = list(united.geoms) if hasattr(united, "geoms") else [united]
    filled = union_all([Polygon(p.exterior, [h for h in p.interiors if Polygon(h).area > question["filled"]]) for p in parts])
    water = union_all([Polygon(rings[0], rings[1:]) for rings in question["water"]])
    return {"bare": united.area, "area": filled.difference(water).area}


def polygons(parts):
    return MultiPolygon([Polygon(rings[0], rings[1:]) for rings in parts])


def joined(outlines):
    """Polygons with a gap of at most half a metre are one park."""
    near = networkx.Graph()
    near.add_nodes_from(range(len(outlines)))
    near.add_edges_from((a, b) for b in range(len(outlines)) for a in range(b) if outlines[a].distance(outlines[b]) <= 0.5)
    return [union_all([outlines[k] for k in part]) for part in networkx.connected_components(near)]


def parks(question):
    homes = union_all([polygons(p) for p in question["homes"]]).intersection(polygons(question["built_up"]))
    hulls, round_ones = [], []
    for outline in joined([polygons(park) for park in question["parks"]]):
        radius = 500 if outline.area >= 5000 else 300 if outline.area >= 2000 else None
        if radius is None:
            continue
        parts = list(outline.geoms) if hasattr(outline, "geoms") else [outline]
        edges = [ring.coords for p in parts for ring in [p.exterior, *p.interiors]]
        hulls += [swept([a, b], radius, 180) for ring in edges for a, b in zip(ring, ring[1:])] + [outline]
        round_ones.append(outline.buffer(radius, quad_segs=256))
    return {
        "land": homes.area,
        "served": homes.intersection(union_all(hulls)).area,
        "served_round": homes.intersection(union_all(round_ones)).area,
    }


question = json.load(sys.stdin)
answer = {
    "walks": [walks(q) for q in question["walks"]],
    "nodings": [nodings(q) for q in question["nodings"]],
    "strips": [strips(q) for q in question["strips"]],
    "parks": [parks(q) for q in question["parks"]],
}
json.dump(answer, sys.stdout)
