"""Water networks by WNTR 1.5.0 (its EpanetSimulator runs EPANET 2.2) and by EPANET 2.3.5 (owa-epanet), for peer_hydraulics.rs: a network's name or file on stdin, series in SI units on stdout."""

import json
import os
import sys
import tempfile
import warnings

import wntr
from epanet import toolkit
from wntr.epanet.io import BinFile

# EPANET's warnings about negative pressures are none of this script's business
warnings.simplefilter("ignore")
SECONDS_AN_HOUR = 3600.0


def series(results):
    node, link = results.node, results.link
    return {
        "times_s": [float(t) for t in node["head"].index],
        "nodes": list(node["head"].columns),
        "links": list(link["flowrate"].columns),
        "head_m": node["head"].values.tolist(),
        "pressure_m": node["pressure"].values.tolist(),
        "demand_lps": (node["demand"].values * 1000.0).tolist(),
        "age_h": (node["quality"].values / SECONDS_AN_HOUR).tolist(),
        "flow_lps": (link["flowrate"].values * 1000.0).tolist(),
        "velocity_m_s": link["velocity"].values.tolist(),
    }


question = json.load(sys.stdin)
network = wntr.network.WaterNetworkModel(question["network"])
network.options.quality.parameter = "AGE"
# averages would be all that is written otherwise
network.options.time.statistic = "NONE"
with tempfile.TemporaryDirectory() as folder:
    prefix = os.path.join(folder, "run")
    old = wntr.sim.EpanetSimulator(network).run_sim(file_prefix=prefix)
    with open(prefix + ".inp", encoding="utf-8") as file:
        text = file.read()
    new = os.path.join(folder, "new")
    project = toolkit.createproject()
    toolkit.open(project, prefix + ".inp", new + ".rpt", new + ".bin")
    toolkit.solveH(project)
    toolkit.solveQ(project)
    toolkit.close(project)
    toolkit.deleteproject(project)
    answer = {"inp": text, "epanet22": series(old), "epanet23": series(BinFile().read(new + ".bin"))}
json.dump(answer, sys.stdout)
