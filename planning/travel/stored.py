"""Networks and snapped cells, made once per content and mode and kept in the county's cache."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from layers.cache import Cache, key_of, made_by
from layers.county import Streets, Travel
from layers.progress import Progress, silent
from layers.streets import StreetNetwork
from layers.types import Mode
from planning.travel.attaching import Attached
from planning.travel.hierarchy import Hierarchy, build_hierarchy
from planning.travel.network import Network, build_network
from planning.travel.snapping import Snapped, snap

_CODE = ("planning.travel", "layers.streets")


def network_key(streets: StreetNetwork, mode: Mode, travel: Travel) -> str:
    """Return the key of a network: the content of the streets, the mode, and the rules of travel."""
    return key_of(made_by(*_CODE), streets, mode, travel.rules)


def kept_network(streets: StreetNetwork, mode: Mode, travel: Travel, key: str, cache: Cache) -> Network:
    """Return what :func:`build_network` does, from the cache where it was built before.

    Parameters
    ----------
    streets, mode, travel
        As for :func:`build_network`.
    key : str
        From :func:`network_key`.
    cache : Cache
    """
    return cache.kept("network", key, lambda: build_network(streets, mode, travel), Network)


def cells_key(network: str, cells: gpd.GeoSeries) -> str:
    """Return the key of cells snapped to a network: the network's key and where the cells are."""
    places = np.asarray(cells.array)
    return key_of(network, shapely.get_x(places), shapely.get_y(places))


def kept_cells(network: Network, cells: gpd.GeoSeries, key: str, cache: Cache, *, progress: Progress = silent) -> Snapped:
    """Return what :func:`snap` does, from the cache where the same places were snapped before.

    Parameters
    ----------
    network, cells
        As for :func:`snap`.
    key : str
        From :func:`cells_key`.
    cache : Cache
    progress : Progress
    """

    def made() -> Snapped:
        return replace(snap(network, cells, progress=progress), index=pd.RangeIndex(len(cells)))

    return replace(cache.kept("cells", key, made, Snapped), index=cells.index)


def kept_hierarchy(attached: Attached, key: str, cache: Cache) -> Hierarchy:
    """Return the hierarchy of a network in the unit of its cells, from the cache where it was built before; it does not depend on the cells.

    Parameters
    ----------
    attached : Attached
    key : str
        Of the network, from :func:`network_key`.
    cache : Cache
    """
    return cache.kept("hierarchy", key_of(key, attached.unit), lambda: build_hierarchy(attached.arcs), Hierarchy)


def network_of(path: Path, spec: Streets, mode: Mode, cache: Cache, *, travel: Travel | None = None, crs: CRS | None = None) -> Network:
    """Return the finished network of a street file, its streets and the network itself read through a cache.

    Parameters
    ----------
    path : Path
        Street file.
    spec : Streets
        How it is read.
    mode : {"walk", "drive"}
    cache : Cache
        ``Cache()`` keeps nothing.
    travel : Travel, optional
        Rules of travel; the defaults when absent.
    crs : CRS, optional
        Metric CRS; chosen from the streets when absent.
    """
    from layers.readers.kept import kept_streets  # the readers' libraries are not needed elsewhere in travel

    digests = {spec.file: _sha256(path)}
    if spec.elevation is not None:
        folder = path.parents[len(PurePosixPath(spec.file).parts) - 1]
        digests[spec.elevation.file] = _sha256(folder / spec.elevation.file)
    streets, _ = kept_streets(path, spec, crs, digests, cache=cache)
    travel = travel or Travel()
    return kept_network(streets, mode, travel, network_key(streets, mode, travel), cache)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
