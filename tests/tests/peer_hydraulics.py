"""Water networks by WNTR 1.5.0 (its EpanetSimulator runs EPANET 2.2) and by EPANET 2.3.5 (owa-epanet), for peer_hydraulics.rs: a network's name or file and a folder on stdin; ids and times on stdout, series in SI units as raw 64-bit numbers in the folder."""

import json
import os
import sys
import warnings

import wntr
from epanet import toolkit
from wntr.epanet.io import BinFile

# EPANET's warnings about negative pressures are none of this script's business
warnings.simplefilter("ignore")
SECONDS_AN_HOUR = 3600.0


def series(results, name):
    node, link = results.node, results.link
    frames = {
        "head_m": (node["head"], 1.0),
        "pressure_m": (node["pressure"], 1.0),
        "demand_lps": (node["demand"], 1000.0),
        "flow_lps": (link["flowrate"], 1000.0),
        "velocity_m_s": (link["velocity"], 1.0),
    }
    if question["has_age"]:
        frames["age_h"] = (node["quality"], 1.0 / SECONDS_AN_HOUR)
    for key, (frame, scale) in frames.items():
        with open(os.path.join(question["folder"], f"{name}-{key}"), "wb") as file:
            file.write((frame.values.astype("<f8") * scale).tobytes())
    return {
        "times_s": [float(t) for t in node["head"].index],
        "nodes": list(node["head"].columns),
        "links": list(link["flowrate"].columns),
    }


question = json.load(sys.stdin)
network = wntr.network.WaterNetworkModel(question["network"])
network.options.quality.parameter = "AGE" if question["has_age"] else "NONE"
# averages would be all that is written otherwise
network.options.time.statistic = "NONE"
folder = question["folder"]
prefix = os.path.join(folder, "run")
old = wntr.sim.EpanetSimulator(network).run_sim(file_prefix=prefix)
new = os.path.join(folder, "new")
project = toolkit.createproject()
toolkit.open(project, prefix + ".inp", new + ".rpt", new + ".bin")
toolkit.solveH(project)
toolkit.solveQ(project)
toolkit.close(project)
toolkit.deleteproject(project)
answer = {
    "inp": prefix + ".inp",
    "epanet22": series(old, "epanet22"),
    "epanet23": series(BinFile().read(new + ".bin"), "epanet23"),
}
json.dump(answer, sys.stdout)
