"""How far streets climb: elevation of a raster at their nodes.

A raster knows nothing of embankments and bridges, and its noise of some metres makes slopes where there are none. So elevation is averaged over
some width before it is read at the nodes, bridges and tunnels take the straight line between their ends, and no slope exceeds a limit. Because
every node has one elevation, what a way climbs on its whole depends on its ends alone, however finely it is drawn.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window

from layers import check_gdal
from layers.county import Elevation
from layers.crs import DEGREES, datum_crs, from_metric
from layers.errors import Fault, PlanningError
from layers.streets import FERRY, StreetNetwork
from layers.untrusted import opening
from layers.untrusted.places import check_crs
from layers.untrusted.rasters import check_raster

Floats = NDArray[np.float64]
MAX_PIXELS = 16_000_000  # of a piece with what is averaged around it
_TILE = 2_000  # pixels along the edge of a piece
# Full width at half height of a normal curve, in standard deviations.
_WIDTH = 2.0 * np.sqrt(2.0 * np.log(2.0))
_REACH = 4.0  # standard deviations after which weights are nothing


def climbing(streets: StreetNetwork, straight: NDArray[np.bool_], path: Path, spec: Elevation) -> tuple[StreetNetwork, list[Fault]]:
    """Return streets with the rise of every segment.

    Parameters
    ----------
    streets : StreetNetwork
        Level streets.
    straight : bool, shape (streets,)
        Bridges and tunnels.
    path : Path
        GeoTIFF, metres above sea level in its first band.
    spec : Elevation
        Datum, width of averaging, steepest slope.

    Returns
    -------
    StreetNetwork
        Stairs and ferries stay level: their speed says what they take.
    list of Fault
        Segments without elevation, which stay level too, and segments that were too steep.

    Raises
    ------
    PlanningError
        When the raster is unreadable, has no CRS, is too large, or no street lies on it.
    """
    height = _between_ends(streets, straight[streets.street], _heights(streets, path, spec))
    rise = height[streets.head] - height[streets.tail]
    level = streets.streets["highway"].isin((FERRY, "steps")).to_numpy(bool)[streets.street]
    rise[level] = 0.0
    lost, limit = np.isnan(rise), spec.max_slope * streets.length
    if lost.all():
        raise PlanningError("elevation.apart", file=spec.file)
    steep = np.abs(rise) > limit
    faults = []
    if lost.any():
        values = {"count": int(lost.sum()), "share": f"{lost.mean():.1%}"}
        faults.append(Fault("warning", "elevation.lost", "streets.elevation", spec.file, values=values))
    if steep.any():
        values = {"count": int(steep.sum()), "slope": f"{spec.max_slope:.0%}"}
        faults.append(Fault("note", "elevation.steep", "streets.elevation", spec.file, values=values))
    return replace(streets, rise=np.where(lost, 0.0, np.clip(rise, -limit, limit))), faults


def _heights(streets: StreetNetwork, path: Path, spec: Elevation) -> Floats:
    """Return elevation at the nodes, shape (nodes,), NaN where the raster has none."""
    if not path.is_file():
        raise PlanningError("file.missing", file=spec.file, layer="streets.elevation")
    check_gdal()
    unread = opening(path, "elevation.unreadable", file=spec.file)
    with warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning), unread, rasterio.open(path, driver="GTiff") as raster:
        check_raster(raster, spec.file, "streets.elevation")
        check_crs(CRS.from_user_input(raster.crs) if raster.crs else None, path, spec.file, "streets.elevation")
        column, row = _pixels(streets.x, streets.y, streets.crs, raster, spec)
        sigma = spec.smooth_m / _WIDTH / _pixel_size(streets, raster, spec)
        height = np.full(len(column), np.nan)
        for nodes in _tiles(column, row, (raster.height, raster.width), spec):
            height[nodes] = _read(raster, column[nodes], row[nodes], sigma, spec)
    return height


def _tiles(column: Floats, row: Floats, shape: tuple[int, int], spec: Elevation) -> Iterator[NDArray[np.intp]]:
    """Yield the nodes on a raster by square pieces of it, so that no more than a piece is in memory."""
    inside = np.flatnonzero((column >= -0.5) & (column <= shape[1] - 0.5) & (row >= -0.5) & (row <= shape[0] - 0.5))
    if not len(inside):
        raise PlanningError("elevation.apart", file=spec.file)
    _, piece = np.unique(np.floor_divide([row[inside], column[inside]], _TILE), axis=1, return_inverse=True)
    order = np.argsort(piece, kind="stable")
    yield from np.split(inside[order], np.flatnonzero(np.diff(piece[order])) + 1)


def _read(raster: rasterio.DatasetReader, column: Floats, row: Floats, sigma: Floats, spec: Elevation) -> Floats:
    west, north, width, height = _window(column, row, np.ceil(_REACH * sigma) + 1, (raster.height, raster.width), spec)
    values = raster.read(1, window=Window(west, north, width, height), masked=True).astype(np.float64).filled(np.nan)
    return _bilinear(_smoothed(values * raster.scales[0] + raster.offsets[0], sigma), row - north, column - west)


def _pixels(x: Floats, y: Floats, crs: CRS, raster: rasterio.DatasetReader, spec: Elevation) -> tuple[Floats, Floats]:
    """Return columns and rows of points, counted between the centres of pixels."""
    own = CRS.from_user_input(raster.crs) if raster.crs else None
    if spec.datum in DEGREES:
        if own is not None and own.is_projected:
            raise PlanningError("datum.projected", file=spec.file, datum=spec.datum, crs=own.name)
        east, north = from_metric(x, y, spec.datum, crs)
    else:
        target = own if spec.datum == "file" else datum_crs(spec.datum)
        if target is None:
            raise PlanningError("datum.unstated", file=spec.file)
        east, north = Transformer.from_crs(crs, target, always_xy=True).transform(x, y)
    a, b, c, d, e, f = tuple(~raster.transform)[:6]
    return a * east + b * north + c - 0.5, d * east + e * north + f - 0.5


def _pixel_size(streets: StreetNetwork, raster: rasterio.DatasetReader, spec: Elevation) -> Floats:
    """Return height and width of a pixel in the middle of the streets, m."""
    x, y = (streets.x.min() + streets.x.max()) / 2, (streets.y.min() + streets.y.max()) / 2
    column, row = _pixels(np.array([x, x + 100.0, x]), np.array([y, y, y + 100.0]), streets.crs, raster, spec)
    per_metre = np.array([[column[1] - column[0], column[2] - column[0]], [row[1] - row[0], row[2] - row[0]]]) / 100.0
    if not np.isfinite(per_metre).all() or not np.linalg.det(per_metre):
        raise PlanningError("elevation.apart", file=spec.file)
    size: Floats = np.linalg.norm(np.linalg.inv(per_metre), axis=0)[::-1]
    return size


def _window(column: Floats, row: Floats, margin: Floats, shape: tuple[int, int], spec: Elevation) -> tuple[int, int, int, int]:
    """Return first column and row, width and height of the part of the raster that nodes on it need."""
    north, south = max(int(row.min() - margin[0]), 0), min(int(row.max() + margin[0]) + 2, shape[0])
    west, east = max(int(column.min() - margin[1]), 0), min(int(column.max() + margin[1]) + 2, shape[1])
    if (south - north) * (east - west) > MAX_PIXELS:
        raise PlanningError("elevation.too_large", file=spec.file, width=east - west, height=south - north)
    return west, north, east - west, south - north


def _smoothed(values: Floats, sigma: Floats) -> Floats:
    """Return the mean of the pixels around each, weighted by a normal curve of ``sigma`` pixels; pixels without value weigh nothing."""
    if not sigma.any():
        return values
    from scipy.ndimage import gaussian_filter

    known = np.isfinite(values)
    total = gaussian_filter(np.where(known, values, 0.0), sigma, mode="constant", truncate=_REACH)
    weight = gaussian_filter(known.astype(np.float64), sigma, mode="constant", truncate=_REACH)
    return np.where(known, total / np.where(known, weight, 1.0), np.nan)


def _bilinear(values: Floats, row: Floats, column: Floats) -> Floats:
    """Return values between the centres of pixels; the outer half of the outermost pixels takes the value of their centre."""
    height, width = values.shape
    inside = (row >= -0.5) & (row <= height - 0.5) & (column >= -0.5) & (column <= width - 0.5)
    row, column = np.clip(np.where(inside, row, 0.0), 0, height - 1), np.clip(np.where(inside, column, 0.0), 0, width - 1)
    top, left = row.astype(np.int64), column.astype(np.int64)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = row - top, column - left
    upper = values[top, left] * (1 - across) + values[top, right] * across
    lower = values[bottom, left] * (1 - across) + values[bottom, right] * across
    return np.where(inside, upper * (1 - down) + lower * down, np.nan)


def _between_ends(streets: StreetNetwork, straight: NDArray[np.bool_], height: Floats) -> Floats:
    """Return elevation where nodes within bridges and tunnels take the straight line between the ends.

    Where several meet in the air, such as a ramp, each inner node takes the mean of its neighbours weighted by nearness: along a single bridge
    that is the straight line.
    """
    from scipy.sparse import coo_array, csr_array, diags_array
    from scipy.sparse.csgraph import connected_components
    from scipy.sparse.linalg import spsolve

    tail, head = streets.tail[straight], streets.head[straight]
    count = np.bincount(np.concatenate([tail, head]), minlength=len(height))
    grounded = np.zeros(len(height), bool)
    grounded[streets.tail[~straight]] = grounded[streets.head[~straight]] = True
    free = np.flatnonzero((count > 1) & ~grounded)
    if not len(free):
        return height
    near = 1.0 / np.maximum(np.tile(streets.length[straight], 2), 1e-3)
    weight = csr_array(coo_array((near, (np.concatenate([tail, head]), np.concatenate([head, tail]))), shape=(len(height),) * 2))[free]
    fixed = np.ones(len(height), bool)
    fixed[free] = False
    _, part = connected_components(weight[:, free], directed=False)
    anchored = np.isin(part, part[(weight > 0) @ fixed])  # a bridge that meets no street, nor ends anywhere, keeps what the raster says
    free, weight = free[anchored], weight[anchored]
    if not len(free):
        return height
    known = np.isfinite(height)
    ends = np.column_stack([np.where(known, height, 0.0), ~known]) * fixed[:, None]
    system = diags_array(weight.sum(axis=1)) - weight[:, free]
    found = spsolve(system.tocsc(), weight @ ends)
    out = height.copy()
    out[free] = np.where(found[:, 1] > 1e-9, np.nan, found[:, 0])
    return out
