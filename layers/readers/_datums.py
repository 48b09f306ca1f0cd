"""Guessing the datum of degrees from evidence: a shifted layer lies some hundred metres beside the streets and the people."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from layers.crs import SHIFTED_BOX, layer_to_metric, metric_crs, to_metric
from layers.readers._sniffing import Sniffed

CHOICES = ("WGS84", "GCJ-02", "BD-09")
_SAMPLE = 2000
_MARKS = ((("gcj", "高德", "火星", "amap", "腾讯"), "GCJ-02"), (("bd09", "bd-09", "百度", "baidu"), "BD-09"), (("wgs",), "WGS84"))
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ground:
    """What is known to lie right: streets (points along them) and people, in degrees of WGS 84."""

    streets: Floats
    people: Floats
    weights: Floats


@dataclass(frozen=True)
class Guess:
    """A datum and what speaks for it.

    Attributes
    ----------
    datum : str
    evidence : {"outside_china", "file_name", "outline", "streets", "weak", "none"}
    best, other : float
        The measure under the chosen datum and under the next best: people outside the outline, or median metres to the nearest street.
    """

    datum: str
    evidence: str
    best: float = np.nan
    other: float = np.nan


def guess_datum(found: Sniffed, ground: Ground) -> Guess:
    """Return the most likely datum of a layer in degrees.

    Outlines are judged by how many people fall outside under each datum, points by their median distance to the nearest street. Where the best
    datum is not clearly better than the next, the file's name decides; else the best is written down as an open question.
    """
    lon, lat = found.lon, found.lat
    if len(lon) and not _in_china(lon, lat):
        return Guess("WGS84", "outside_china")
    guess = Guess("WGS84", "none")
    if found.role in {"county", "townships"} and len(found.shapes) and len(ground.people):
        guess = _clearest("outline", {datum: _people_outside(found.shapes, datum, ground) for datum in CHOICES})
    elif found.role not in {"county", "townships"} and len(lon) and len(ground.streets):
        guess = _clearest("streets", {datum: _street_distance(lon, lat, datum, ground) for datum in CHOICES})
    return _by_name(found.file.lower(), guess) if guess.evidence in {"none", "weak"} else guess


def _by_name(name: str, guess: Guess) -> Guess:
    for marks, datum in _MARKS:
        if any(mark in name for mark in marks):
            return Guess(datum, "file_name")
    return guess


def _in_china(lon: Floats, lat: Floats) -> bool:
    x, y = float(np.median(lon)), float(np.median(lat))
    return SHIFTED_BOX[0] <= x <= SHIFTED_BOX[2] and SHIFTED_BOX[1] <= y <= SHIFTED_BOX[3]


def _clearest(evidence: str, measures: dict[str, float]) -> Guess:
    (best, first), (_, second), *_ = sorted(measures.items(), key=lambda pair: pair[1])
    if not first < second / 1.5:
        return Guess(best, "weak", first, second)
    return Guess(best, evidence, first, second)


def _people_outside(shapes: np.ndarray, datum: str, ground: Ground) -> float:
    degrees = layer_to_metric(gpd.GeoDataFrame(geometry=shapes), datum, CRS.from_epsg(4326))
    whole = shapely.union_all(shapely.make_valid(np.asarray(degrees.geometry.array)))
    shapely.prepare(whole)
    inside = shapely.intersects_xy(whole, ground.people[:, 0], ground.people[:, 1])
    return float(ground.weights[~inside].sum())


def _street_distance(lon: Floats, lat: Floats, datum: str, ground: Ground) -> float:
    crs = metric_crs(float(np.median(lon)), float(np.median(lat)))
    chosen = np.random.default_rng(0).permutation(len(lon))[:_SAMPLE]
    here = np.asarray(shapely.points(*to_metric(lon[chosen], lat[chosen], datum, crs)))
    there = np.asarray(shapely.points(*to_metric(ground.streets[:, 0], ground.streets[:, 1], "WGS84", crs)))
    _, metres = shapely.STRtree(there).query_nearest(here, return_distance=True, all_matches=False)
    return float(np.median(metres))
