"""Valve segments by WNTR and breaks by NetworkX, for peer_isolation.rs: asks nothing but a seed and a count on stdin, answers with networks and what they give."""

import json
import random
import sys
import warnings
from pathlib import Path

import networkx
import numpy
import pandas
import wntr

warnings.simplefilter("ignore")
question = json.load(sys.stdin)
random.seed(question["seed"])
numpy.random.seed(question["seed"])


def answer(name, graph, valve_layer, sources, num_breaks):
    nodes, links, _ = wntr.metrics.topographic.valve_segments(graph, valve_layer.copy())
    edges = [[k, u, v] for u, v, k in graph.edges(keys=True)]
    valves = valve_layer.drop_duplicates()
    pairs = set(zip(valves["link"], valves["node"]))
    # links are vertices here, so that a valve is a missing edge
    whole, closed = networkx.Graph(), networkx.Graph()
    for g in (whole, closed):
        g.add_nodes_from(("n", n) for n in graph.nodes)
        g.add_nodes_from(("l", e[0]) for e in edges)
    for k, u, v in edges:
        for n in (u, v):
            whole.add_edge(("l", k), ("n", n))
            if (k, n) not in pairs:
                closed.add_edge(("l", k), ("n", n))
    fed_before = fed(whole, sources, set())
    breaks = []
    for k, _, _ in random.sample(edges, min(num_breaks, len(edges))):
        shut = networkx.node_connected_component(closed, ("l", k))
        gates = sorted(p for p in pairs if (("l", p[0]) in shut) != (("n", p[1]) in shut))
        lost = fed_before - fed(whole, sources, shut) - shut
        breaks.append({
            "pipe": k, "valves": gates,
            "shut": sorted(n for kind, n in shut if kind == "l"), "lost": sorted(n for kind, n in lost if kind == "l"),
        })
    return {
        "name": name, "edges": edges, "valves": [list(p) for p in zip(valves["link"], valves["node"])], "sources": sources,
        "node_segments": {n: int(s) for n, s in nodes.items()}, "link_segments": {k: int(s) for k, s in links.items()},
        "breaks": breaks,
    }


def fed(graph, sources, without):
    left = graph.subgraph(n for n in graph if n not in without)
    reached = set()
    for source in sources:
        if ("n", source) in left and ("n", source) not in reached:
            reached |= networkx.node_connected_component(left, ("n", source))
    return reached


def random_network(number):
    num_nodes = random.randint(2, 30)
    graph = networkx.MultiDiGraph()
    graph.add_nodes_from(f"N{n}" for n in range(num_nodes))
    edges = []
    for k in range(random.randint(1, num_nodes * 2)):
        a, b = random.sample(range(num_nodes), 2)
        # links and nodes may have the same names
        edges.append((f"N{k}", f"N{a}", f"N{b}"))
        graph.add_edge(f"N{a}", f"N{b}", key=f"N{k}")
    ends = [(k, n) for k, a, b in edges for n in (a, b)]
    share = random.choice([0.0, 0.1, 0.3, 0.6, 1.0])
    layer = pandas.DataFrame([e for e in ends if random.random() < share], columns=["link", "node"], dtype=object)
    # a source without a pipe is no source over there
    piped = sorted({n for _, a, b in edges for n in (a, b)})
    sources = random.sample(piped, random.randint(1, min(3, len(piped))))
    return answer(f"random {number}", graph, layer, sources, 3)


found = [random_network(number) for number in range(question["random"])]
library = Path(wntr.__file__).parent / "library/networks"
for name in question["networks"]:
    model = wntr.network.WaterNetworkModel(str(library / f"{name}.inp"))
    graph = model.to_graph()
    sources = model.reservoir_name_list + model.tank_name_list
    layers = [("strategic", n) for n in (0, 1, 2)] + [("random", max(1, model.num_pipes // 3))]
    # the largest takes WNTR's segmentation some seconds a layer
    for placement, n in layers if model.num_pipes < 3000 else layers[1::2]:
        layer = wntr.network.generate_valve_layer(model, placement, n, seed=question["seed"])
        found.append(answer(f"{name} {placement} {n}", graph, layer, sources, 20))
json.dump(found, sys.stdout)
