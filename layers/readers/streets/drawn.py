"""Drawn: the lines of a street file, before rules are applied; and how they become a StreetNetwork."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from layers.county import Streets
from layers.readers.streets import rules
from layers.streets import StreetNetwork

# The speed of walking belongs to county.toml's [travel] and is put in when a network is built for search; GB 50180-2018: 300 m in 5 minutes.
WALK_MPS = 1.0


@dataclass(frozen=True)
class Drawn:
    """Lines as sequences of points.

    Attributes
    ----------
    x, y : float64, shape (points,)
        Points in the metric CRS; not finite where the file lacks the point.
    point : int64, shape (vertices,)
        Points of all lines, one line after the other. Lines meet where they share a point.
    start : int64, shape (lines + 1,)
        Line ``i`` has the vertices ``start[i]:start[i + 1]``.
    streets : DataFrame, shape (lines, tags)
        Columns :data:`layers.readers.streets.rules.TAGS` and ``source`` (the file's id), texts; index 0 … lines - 1.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    point: NDArray[np.int64]
    start: NDArray[np.int64]
    streets: pd.DataFrame
    crs: CRS


def network(drawn: Drawn, spec: Streets) -> tuple[StreetNetwork, pd.Series[bool]]:
    """Return the streets that can be walked or driven, segment by segment, and where ``maxspeed`` could not be read."""
    allowed = {"walk": rules.walking(drawn.streets, spec), "drive": rules.driving(drawn.streets, spec)}
    speed, odd = rules.driving_speed(drawn.streets, spec)
    street, tail, head = _segments(drawn)
    kept = (allowed["walk"] | allowed["drive"])[street] > 0
    kept &= np.isfinite(drawn.x[tail] + drawn.x[head]) & (tail != head)
    street, tail, head = street[kept], tail[kept], head[kept]
    points, ends = np.unique(np.concatenate([tail, head]), return_inverse=True)
    rows, street = np.unique(street, return_inverse=True)
    x, y = drawn.x[points], drawn.y[points]
    first, last = ends[: len(tail)].astype(np.int32), ends[len(tail) :].astype(np.int32)
    made = StreetNetwork(
        x, y, first, last,
        length=np.hypot(x[last] - x[first], y[last] - y[first]),
        rise=np.zeros(len(tail)),
        street=street.astype(np.int32),
        streets=drawn.streets.loc[rows, ["highway", "name", "source"]].reset_index(drop=True),
        allowed={mode: bits[rows][street] for mode, bits in allowed.items()},
        speed={"walk": np.full(len(tail), WALK_MPS), "drive": speed[rows][street]},
        crs=drawn.crs,
    )  # fmt: skip
    return made, odd


def _segments(drawn: Drawn) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return line, tail and head point of each pair of consecutive vertices of a line."""
    line = np.repeat(np.arange(len(drawn.streets)), np.diff(drawn.start))
    same = line[:-1] == line[1:]
    return line[:-1][same], drawn.point[:-1][same], drawn.point[1:][same]
