"""Binary results of EPANET (owa-epanet 2.3.5, read by WNTR) and SWMM 5 (swmm-toolkit), for peer_outside.rs: a folder to write the files to on stdin, what their own readers find on stdout."""

import json
import os
import sys
import warnings

import wntr
from epanet import toolkit
from swmm.toolkit import output, shared_enum, solver
from wntr.epanet.io import BinFile

warnings.simplefilter("ignore")

# two roofs drain through a pipe and a flooding manhole to an outfall
SWMM_MODEL = """
[OPTIONS]
FLOW_UNITS LPS
INFILTRATION HORTON
FLOW_ROUTING DYNWAVE
START_DATE 06/01/2026
START_TIME 00:00:00
END_DATE 06/01/2026
END_TIME 03:00:00
REPORT_STEP 00:05:00
WET_STEP 00:01:00
DRY_STEP 00:05:00
ROUTING_STEP 5
[RAINGAGES]
G1 INTENSITY 0:15 1.0 TIMESERIES storm
[SUBCATCHMENTS]
S1 G1 J1 2.5 80 150 1.0 0
S2 G1 J2 1.5 60 100 0.5 0
[SUBAREAS]
S1 0.012 0.15 1 3 25 OUTLET
S2 0.012 0.15 1 3 25 OUTLET
[INFILTRATION]
S1 50 5 4 7 0
S2 50 5 4 7 0
[JUNCTIONS]
J1 10.0 2.0 0 0 0
J2 9.5 1.2 0 0 0
[OUTFALLS]
O1 9.0 FREE NO
[CONDUITS]
C1 J1 J2 120 0.013 0 0 0 0
C2 J2 O1 100 0.013 0 0 0 0
[XSECTIONS]
C1 CIRCULAR 0.5 0 0 0 1
C2 CIRCULAR 0.3 0 0 0 1
[POLLUTANTS]
TSS MG/L 0 0 0 0 NO * 0 0 0
[TIMESERIES]
storm 0:00 20
storm 0:15 60
storm 0:30 120
storm 0:45 40
storm 1:00 0
[REPORT]
SUBCATCHMENTS ALL
NODES ALL
LINKS ALL
"""


def epanet(folder):
    network = wntr.network.WaterNetworkModel("Net3")
    network.options.quality.parameter = "AGE"
    network.options.time.duration = 24 * 3600
    network.options.hydraulic.inpfile_units = "GPM"
    inp = os.path.join(folder, "net3.inp")
    wntr.network.write_inpfile(network, inp, units="LPS")
    project = toolkit.createproject()
    toolkit.open(project, inp, os.path.join(folder, "net3.rpt"), os.path.join(folder, "net3.out"))
    toolkit.solveH(project)
    toolkit.solveQ(project)
    toolkit.close(project)
    toolkit.deleteproject(project)
    results = BinFile().read(os.path.join(folder, "net3.out"))

    def series(frame, scale=1.0):
        return {"ids": list(frame.columns), "times_s": [float(t) for t in frame.index], "rows": (frame.values * scale).tolist()}

    return {
        "node/demand": series(results.node["demand"], 1000.0),
        "node/head": series(results.node["head"]),
        "node/pressure": series(results.node["pressure"]),
        "node/quality": series(results.node["quality"], 1.0 / 3600.0),
        "link/flow": series(results.link["flowrate"], 1000.0),
        "link/velocity": series(results.link["velocity"]),
    }


def swmm(folder):
    paths = [os.path.join(folder, name) for name in ("storm.inp", "storm.rpt", "storm.out")]
    with open(paths[0], "w", encoding="utf-8") as file:
        file.write(SWMM_MODEL)
    solver.swmm_run(*paths)
    handle = output.init()
    output.open(handle, paths[2])
    counts = output.get_proj_size(handle)
    periods = output.get_times(handle, shared_enum.Time.NUM_PERIODS)
    step = output.get_times(handle, shared_enum.Time.REPORT_STEP)
    kinds = {
        "subcatchment": (shared_enum.ElementType.SUBCATCH, counts[0], output.get_subcatch_series, shared_enum.SubcatchAttribute),
        "node": (shared_enum.ElementType.NODE, counts[1], output.get_node_series, shared_enum.NodeAttribute),
        "link": (shared_enum.ElementType.LINK, counts[2], output.get_link_series, shared_enum.LinkAttribute),
    }
    wanted = {
        "subcatchment/rainfall": "RAINFALL",
        "subcatchment/infiltration": "INFIL_LOSS",
        "subcatchment/runoff": "RUNOFF_RATE",
        "node/depth": "INVERT_DEPTH",
        "node/head": "HYDRAULIC_HEAD",
        "node/inflow": "TOTAL_INFLOW",
        "node/flooding": "FLOODING_LOSSES",
        "link/flow": "FLOW_RATE",
        "link/depth": "FLOW_DEPTH",
        "link/velocity": "FLOW_VELOCITY",
        "link/fullness": "CAPACITY",
    }
    answer = {}
    for key, name in wanted.items():
        element, count, read, attributes = kinds[key.split("/")[0]]
        columns = [list(read(handle, i, attributes[name], 0, periods - 1)) for i in range(count)]
        answer[key] = {
            "ids": [output.get_elem_name(handle, element, i) for i in range(count)],
            "times_s": [float(step * (k + 1)) for k in range(periods)],
            "rows": [list(row) for row in zip(*columns)],
        }
    output.close(handle)
    return answer


question = json.load(sys.stdin)
json.dump({"epanet": epanet(question["folder"]), "swmm": swmm(question["folder"])}, sys.stdout)
