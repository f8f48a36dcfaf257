"""Results of EPANET (WNTR) and SWMM 5 (swmm-toolkit) with ids of a city, for outside.rs: folder, ids of pipes and nodes on stdin, names of the files on stdout."""

import json
import os
import sys
import warnings

import wntr
from swmm.toolkit import solver

warnings.simplefilter("ignore")

question = json.load(sys.stdin)
folder, water, drains = question["folder"], question["water"], question["drains"]

# a chain of pipes from a reservoir; the last link is not of the city
network = wntr.network.WaterNetworkModel()
network.options.time.duration = 6 * 3600
network.add_pattern("day", [0.5, 1.0, 1.6, 1.2, 0.8, 0.4])
network.add_reservoir("works", base_head=60.0)
before = "works"
for number, (pipe, node) in enumerate(water + [["not-of-the-city", "nowhere"]]):
    network.add_junction(node, base_demand=0.004, demand_pattern="day", elevation=5.0 + number)
    network.add_pipe(pipe, before, node, length=100.0, diameter=0.2, roughness=110.0)
    before = node
prefix = os.path.join(folder, "water")
wntr.sim.EpanetSimulator(network).run_sim(file_prefix=prefix)
os.replace(prefix + ".bin", os.path.join(folder, "water.out"))

lines = ["[OPTIONS]", "FLOW_UNITS LPS", "FLOW_ROUTING DYNWAVE", "START_DATE 06/01/2026", "START_TIME 00:00:00", "END_DATE 06/01/2026", "END_TIME 01:00:00", "REPORT_STEP 00:10:00", "ROUTING_STEP 5"]
nodes = ["J%d" % number for number in range(len(drains))]
lines += ["[JUNCTIONS]"] + ["%s %.2f 3.0 0 0 0" % (node, 10.0 - 0.5 * number) for number, node in enumerate(nodes)]
lines += ["[OUTFALLS]", "O1 %.2f FREE NO" % (10.0 - 0.5 * len(nodes)), "[CONDUITS]"]
lines += ["%s %s %s 80 0.013 0 0 0 0" % (pipe, node, after) for pipe, node, after in zip(drains, nodes, nodes[1:] + ["O1"])]
lines += ["[XSECTIONS]"] + ["%s CIRCULAR 0.6 0 0 0 1" % pipe for pipe in drains]
lines += ["[DWF]", "%s FLOW 40" % nodes[0], "[REPORT]", "NODES ALL", "LINKS ALL"]
paths = [os.path.join(folder, name) for name in ("drains.inp", "drains.rpt", "drains.out")]
with open(paths[0], "w", encoding="utf-8") as file:
    file.write("\n".join(lines) + "\n")
solver.swmm_run(*paths)
print(json.dumps({"made": sorted(os.listdir(folder))}))
