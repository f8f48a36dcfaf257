"""GeoTIFFs made and compared by rasterio (GDAL), for outside.rs: a question on stdin, an answer on stdout."""

import json
import os
import sys
import zipfile

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject, transform

question = json.load(sys.stdin)
folder = question["folder"]


def path(name):
    return os.path.join(folder, name)


def make():
    """Noise before and after in EPSG:3857, two bands each: a smooth field that changes by 3 dB, and a gap."""
    [x], [y] = transform("EPSG:4326", "EPSG:3857", [question["lon"]], [question["lat"]])
    size, cell = 90, 12.0
    west, north = x - size * cell / 2, y + size * cell / 2
    across = (np.arange(size) + 0.5) / size
    field = 45 + 25 * np.sin(3 * across)[None, :] * np.cos(2 * across)[:, None]
    for name, change in (("noise_before.tif", 0.0), ("noise_after.tif", 3.0)):
        bands = np.stack([field + change, field + change - 6]).astype("float32")
        bands[:, 5:9, 5:9] = -9999
        profile = {"driver": "GTiff", "width": size, "height": size, "count": 2, "dtype": "float32", "crs": "EPSG:3857", "nodata": -9999, "compress": "deflate", "transform": from_origin(west, north, cell, cell)}
        with rasterio.open(path(name), "w", **profile) as file:
            file.write(bands)
    # an archive that grows when it is unpacked, one with a broken member, one of two hours
    with zipfile.ZipFile(path("bomb.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros.csv", "w", force_zip64=True) as member:
            for _ in range(300):
                member.write(b"0" * (1 << 20))
    with open(path("noise_before.tif"), "rb") as file:
        whole = file.read()
    with open(path("cut.tif"), "wb") as file:
        file.write(whole[: len(whole) // 2])
    with zipfile.ZipFile(path("broken.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path("noise_before.tif"), "a/noise_06h.tif")
        archive.write(path("cut.tif"), "a/noise_07h.tif")
    grid = "ncols 3\nnrows 2\nxllcorner %f\nyllcorner %f\ncellsize 50\n" % tuple(question["corner"])
    with zipfile.ZipFile(path("hours.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../wind_06h.asc", grid + "1 2 3\n4 5 6\n")
        archive.writestr("wind_07h.asc", grid + "2 3 4\n5 6 7\n")
        archive.writestr("readme.md", "not a result")
    return {"bytes": os.path.getsize(path("bomb.zip"))}


def compare():
    """Largest difference between a GeoTIFF of ours and what GDAL makes of the source on its cells, away from edges and gaps."""
    worst, count = 0.0, 0
    with rasterio.open(path(question["ours"])) as ours, rasterio.open(path(question["source"])) as source:
        mine = ours.read(1)
        theirs = np.full(mine.shape, np.nan, dtype="float32")
        reproject(source.read(1), theirs, src_transform=source.transform, src_crs=source.crs, src_nodata=-9999, dst_transform=ours.transform, dst_crs=ours.crs, dst_nodata=np.nan, resampling=Resampling.bilinear)
        both = np.isfinite(mine) & np.isfinite(theirs)
        # cells beside a gap or the edge are weighted in other ways
        inner = both.copy()
        for axis in (0, 1):
            for step in (-3, -2, -1, 1, 2, 3):
                inner &= np.roll(both, step, axis)
        worst = float(np.max(np.abs(mine[inner] - theirs[inner])))
        count = int(inner.sum())
        crs = ours.crs.to_string()
        gaps = int((~np.isfinite(mine)).sum())
    return {"worst": worst, "count": count, "crs": crs, "gaps": gaps}


json.dump({"make": make, "compare": compare}[question["task"]](), sys.stdout)
