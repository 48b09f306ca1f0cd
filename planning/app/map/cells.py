"""Population cells as one small image that lies right on a Mercator map."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from pyproj import CRS, Transformer
from scipy.spatial import cKDTree

MERCATOR = CRS.from_epsg(3857)
PIXELS_PER_CELL = 2.0
LARGEST_SIDE = 1600
EMPTY = -1

# Colour says the state (the hues of the plate), density of colour how many people.
STATES = ("covered", "gained", "uncovered", "lost", "unreachable")
COLOURS = {"covered": "#8cbf9d", "gained": "#0b8a4b", "uncovered": "#d9612c", "lost": "#a3127a", "unreachable": "#8f7bb5"}
DENSITY_ALPHA = (28, 105, 160, 210, 255)
"""Opacity of cells without people, and of the four quarters of the inhabited ones."""


@dataclass(frozen=True)
class Raster:
    """Where each pixel of a Mercator image takes its cell from.

    Attributes
    ----------
    position : int32, shape (height, width)
        Position of the cell, north row first; :data:`EMPTY` where there is none.
    bounds : ((south, west), (north, east))
        In degrees, WGS 84.
    """

    position: NDArray[np.int32]
    bounds: tuple[tuple[float, float], tuple[float, float]]


def warp(cells: gpd.GeoDataFrame, crs: CRS) -> Raster:
    """Return the raster of cells: each pixel takes the cell whose centre is nearest, if it lies in that cell.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells of a PopulationGrid: centres in ``crs`` and ``size`` in m (NaN where they are not squares).
    crs : CRS
        The county's metric CRS.

    Returns
    -------
    Raster
        Pixels are about half a cell wide, fewer where the image would be larger than 1,600 pixels a side.
    """
    centres = np.column_stack([cells.geometry.x, cells.geometry.y])
    tree = cKDTree(centres)
    half, norm = _half_width(cells, tree)
    to_mercator = Transformer.from_crs(crs, MERCATOR, always_xy=True)
    west, south, east, north = to_mercator.transform_bounds(*_box(centres, half), densify_pts=5)
    scale = (east - west) / (centres[:, 0].max() - centres[:, 0].min() + 2 * half)  # Mercator metres per metre
    pixel = max(2 * half * scale / PIXELS_PER_CELL, max(east - west, north - south) / LARGEST_SIDE)
    width, height = int(np.ceil((east - west) / pixel)), int(np.ceil((north - south) / pixel))
    easts = west + (np.arange(width) + 0.5) * pixel
    norths = north - (np.arange(height) + 0.5) * pixel
    across, down = np.meshgrid(easts, norths)
    x, y = to_mercator.transform(across, down, direction="INVERSE")
    _, nearest = tree.query(np.column_stack([x.ravel(), y.ravel()]), p=norm, distance_upper_bound=half)
    position = np.where(nearest == len(centres), EMPTY, nearest).astype(np.int32).reshape(height, width)
    return Raster(position, _degrees(west, north - height * pixel, west + width * pixel, north))


def classes(states: pd.Series[str], before: pd.Series[str] | None, people: pd.Series[float]) -> NDArray[np.uint8]:
    """Return each cell's class, shape (cells,): five densities for each state of :data:`STATES`.

    Parameters
    ----------
    states : Series
        State of coverage per cell.
    before : Series or None
        State it is compared with: cells that come to be covered are *gained*, those no longer covered *lost*.
    people : Series
        People of the demand group per cell.
    """
    shown = states.to_numpy(dtype=object, copy=True)
    if before is not None:
        was = before.reindex(states.index).to_numpy(dtype=object)
        shown[(shown == "covered") & (was != "covered")] = "gained"
        shown[(shown == "uncovered") & (was == "covered")] = "lost"
    codes = pd.Index(STATES).get_indexer(pd.Index(shown))
    if (codes < 0).any():
        raise ValueError(f"unknown states {sorted(set(shown[codes < 0]))}")
    return (codes.astype(np.int64) * len(DENSITY_ALPHA) + densities(people.reindex(states.index))).astype(np.uint8)


def densities(people: pd.Series[float]) -> NDArray[np.int64]:
    """Return 0 for cells without people and 1 to 4 for the quarters of the inhabited ones, shape (cells,)."""
    values = people.to_numpy(dtype=float)
    inhabited = values[values > 0]
    if len(inhabited) == 0:
        return np.zeros(len(values), np.int64)
    breaks = np.quantile(inhabited, [0.25, 0.5, 0.75])
    return np.where(values > 0, 1 + np.searchsorted(breaks, values, side="left"), 0)


def image(raster: Raster, cell_classes: NDArray[np.uint8]) -> dict[str, object]:
    """Return the map's ``cells``: version, url (PNG as data URI) and bounds."""
    transparent = len(STATES) * len(DENSITY_ALPHA)
    pixels = np.where(raster.position == EMPTY, transparent, cell_classes[raster.position]).astype(np.uint8)
    picture = Image.frombytes("P", (pixels.shape[1], pixels.shape[0]), pixels.tobytes())
    palette, alpha = _palette()
    picture.putpalette(palette)
    written = io.BytesIO()
    picture.save(written, "PNG", transparency=alpha, compress_level=6)
    content = written.getvalue()
    url = "data:image/png;base64," + base64.b64encode(content).decode("ascii")
    return {"version": hashlib.sha256(content).hexdigest()[:16], "url": url, "bounds": raster.bounds}


def _palette() -> tuple[bytes, bytes]:
    colours = [bytes.fromhex(COLOURS[state][1:]) for state in STATES for _ in DENSITY_ALPHA]
    alpha = bytes(DENSITY_ALPHA) * len(STATES)
    return b"".join([*colours, b"\xff\xff\xff"]), alpha + b"\x00"


def _half_width(cells: gpd.GeoDataFrame, tree: cKDTree) -> tuple[float, float]:
    """Return how far a pixel may be from its cell's centre, and the norm: squares by the largest coordinate, others by distance."""
    sizes = cells["size"].to_numpy(dtype=float)
    if np.isfinite(sizes).all() and len(sizes):
        # Grids in degrees give oblongs: a tenth more closes the seams between them.
        return float(np.median(sizes)) * 0.55, np.inf
    far, _ = tree.query(tree.data, k=[min(2, tree.n)])
    spacing = float(np.median(far)) if tree.n > 1 else 100.0
    return spacing * 0.6, 2.0  # a hexagon's corner lies at 0.577 of the spacing


def _box(centres: NDArray[np.float64], half: float) -> tuple[float, float, float, float]:
    (west, south), (east, north) = centres.min(axis=0) - half, centres.max(axis=0) + half
    return float(west), float(south), float(east), float(north)


def _degrees(west: float, south: float, east: float, north: float) -> tuple[tuple[float, float], tuple[float, float]]:
    lon, lat = Transformer.from_crs(MERCATOR, CRS.from_epsg(4326), always_xy=True).transform([west, east], [south, north])
    return (lat[0], lon[0]), (lat[1], lon[1])
