"""The work a race is about: streets of a file as a network, cells and sites on its nodes, a reach."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import cKDTree

from layers.county import Streets, Travel
from layers.readers.streets import read_streets
from layers.types import Mode, Unit
from planning.travel import Network, Snapped, build_network

Ints = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Reach:
    """Metres walked or seconds driven."""

    mode: Mode
    unit: Unit
    limit: float

    @classmethod
    def parse(cls, text: str) -> Reach:
        """Read ``1km``, ``800m`` or ``30min``."""
        match = re.fullmatch(r"([\d.]+)(km|m|min)", text)
        if match is None:
            raise ValueError(f"{text!r} is no reach: write 1km, 800m or 30min")
        number, unit = float(match[1]), match[2]
        return cls("drive", "s", number * 60) if unit == "min" else cls("walk", "m", number * (1000 if unit == "km" else 1))


def network_of(path: Path, mode: Mode) -> Network:
    streets, _ = read_streets(path, Streets(file=path.name), None)
    return build_network(streets, mode, Travel())


def choose_sites(network: Network, count: int, seed: int = 1) -> Ints:
    """Return random nodes, none at the place of another: pandana finds its points by their place."""
    _, first = np.unique(np.column_stack([network.x, network.y]), axis=0, return_index=True)
    return np.random.default_rng(seed).choice(first, min(count, len(first)), replace=False)


def choose_cells(network: Network, given: str | None, seed: int = 2) -> Ints | None:
    """Return nodes, ascending: all (None), so many random ones, or those nearest to the places of a file."""
    if given is None:
        return None
    if given.isdigit():
        return np.sort(np.random.default_rng(seed).choice(len(network.x), min(int(given), len(network.x)), replace=False))
    places = places_of(Path(given), network.crs)
    _, nodes = cKDTree(np.column_stack([network.x, network.y])).query(np.column_stack([places.x, places.y]))
    return np.unique(nodes)


def places_of(path: Path, crs: CRS) -> gpd.GeoSeries:
    """Return the inhabited cells of a raster, the rows of a table with ``lon`` and ``lat``, or the centres of a vector layer."""
    if path.suffix in {".tif", ".tiff"}:
        import rasterio

        with rasterio.open(path) as raster:
            rows, columns = np.nonzero(raster.read(1, masked=True).filled(0) > 0)
            x, y = rasterio.transform.xy(raster.transform, rows, columns)
            return gpd.GeoSeries(gpd.points_from_xy(x, y), crs=raster.crs).to_crs(crs)
    if path.suffix == ".csv":
        table = pd.read_csv(path)
        return gpd.GeoSeries(gpd.points_from_xy(table["lon"], table["lat"]), crs="EPSG:4326").to_crs(crs)
    layer = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    return layer.geometry.to_crs(crs).centroid


def at_nodes(network: Network, nodes: Ints | None) -> Snapped:
    """Return nodes, all where None, as points that lie on an end of one of their segments, without a way to the street."""
    nodes = np.arange(len(network.x)) if nodes is None else nodes
    segments = np.arange(len(network.tail), dtype=np.int32)
    segment, fraction = np.empty(len(network.x), np.int32), np.empty(len(network.x))
    for ends, where in ((network.head, 1.0), (network.tail, 0.0)):
        segment[ends], fraction[ends] = segments, where
    index = pd.Index(nodes) if len(nodes) == len(network.x) else pd.Index([f"node-{node}" for node in nodes])
    return Snapped(index, network.x[nodes], network.y[nodes], segment[nodes], fraction[nodes], np.zeros(len(nodes)))
