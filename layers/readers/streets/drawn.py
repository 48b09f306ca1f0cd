"""Drawn: the lines of a street file, before rules are applied; and how they become a StreetNetwork."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from layers.county import Streets
from layers.readers.streets import rules, speeds
from layers.streets import StreetNetwork


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
    kind : int64, shape (lines,)
        Row of ``kinds``.
    kinds : DataFrame, shape (kinds, tags)
        Columns :data:`layers.readers.streets.rules.TAGS`, texts: streets are many, their combinations of tags few, and rules need to look at
        each combination only once.
    streets : DataFrame, shape (lines, 3)
        ``name`` and ``source`` (the file's id), texts; ``row`` as in :class:`layers.streets.StreetNetwork`; index 0 … lines - 1.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    point: NDArray[np.int64]
    start: NDArray[np.int64]
    kind: NDArray[np.int64]
    kinds: pd.DataFrame
    streets: pd.DataFrame
    crs: CRS


def network(drawn: Drawn, spec: Streets) -> tuple[StreetNetwork, NDArray[np.int64]]:
    """Return the streets that can be walked or driven, segment by segment, all level; and the kind of each street, shape (streets,)."""
    allowed = {"walk": rules.walking(drawn.kinds, spec), "drive": rules.driving(drawn.kinds, spec)}
    street, tail, head = _segments(drawn)
    finite = np.isfinite(drawn.x) & np.isfinite(drawn.y)
    usable = ((allowed["walk"] | allowed["drive"]) > 0)[drawn.kind][street]
    sound = finite[tail] & finite[head] & (tail != head)
    kept = usable & sound
    points, first, last = _renumbered(len(drawn.x), tail[kept], head[kept])
    rows, row, _ = _renumbered(len(drawn.kind), street[kept], street[:0])
    kind = drawn.kind[rows]
    there = drawn.kinds["highway"].isin([*rules.classes(), *spec.classes, *spec.speeds_kmh]).to_numpy(bool)[drawn.kind][street]
    closed = ~usable & sound & there
    named = drawn.streets.iloc[rows].reset_index(drop=True).assign(highway=drawn.kinds["highway"].array.take(kind))
    x, y = drawn.x[points], drawn.y[points]
    length = np.hypot(x[last] - x[first], y[last] - y[first])
    speed = _speeds(drawn.kinds, spec, kind, np.bincount(row, length, len(rows)).astype(np.float64))
    made = StreetNetwork(
        x, y, first, last, length,
        rise=np.zeros(len(first)),
        street=row,
        streets=named[["highway", "name", "source", "row"]],
        allowed={mode: bits[kind][row] for mode, bits in allowed.items()},
        speed={mode: values[row] for mode, values in speed.items()},
        crs=drawn.crs,
        barred=_joined(tail[closed], head[closed], points, len(drawn.x)),
    )  # fmt: skip
    return made, kind


def _joined(tail: NDArray[np.int64], head: NDArray[np.int64], points: NDArray[np.int64], count: int) -> NDArray[np.int32]:
    """Return pairs, shape (pairs, 2), of positions in ``points`` that segments of ``count`` points join one to the next."""
    number = np.full(count, -1, np.int32)
    number[points] = np.arange(len(points), dtype=np.int32)
    nodes, ends = np.unique(np.concatenate([tail, head]), return_inverse=True)
    links = coo_array((np.ones(len(tail), np.int8), (ends[: len(tail)], ends[len(tail) :])), shape=(len(nodes), len(nodes)))
    piece = connected_components(links, directed=False)[1] if len(nodes) else np.empty(0, np.int32)
    used = number[nodes] >= 0
    order = np.lexsort((nodes[used], piece[used]))
    node, piece = number[nodes[used]][order], piece[used][order]
    same = piece[1:] == piece[:-1]
    return np.stack([node[:-1][same], node[1:][same]], axis=1)


def straight_piece(tags: Mapping[str, str], spec: Streets, crs: CRS) -> StreetNetwork:
    """Return a street of 1 m with the tags given, as the rules of a county have it; without segments where nobody may use it."""
    kinds = pd.DataFrame([dict.fromkeys(rules.TAGS, "") | dict(tags)], dtype="str")[list(rules.TAGS)]
    named = pd.DataFrame({"name": [tags.get("name", "")], "source": [""]}, dtype="str").assign(row=0)
    x, ends, first = np.array([0.0, 1.0]), np.array([0, 2]), np.zeros(1, np.int64)
    return network(Drawn(x, np.zeros(2), np.arange(2), ends, first, rules.in_force(kinds, spec), named, crs), spec)[0]


def kinds_of(tags: pd.DataFrame) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Return the kind of each line, and the different rows of a table of tags."""
    kind = tags.groupby(list(tags.columns), sort=False).ngroup()
    return np.asarray(kind, np.int64), tags.loc[~kind.duplicated()].reset_index(drop=True)


def _speeds(kinds: pd.DataFrame, spec: Streets, kind: NDArray[np.int64], length: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return m/s by street and mode; a ferry that says how long it takes has the speed that its length in m makes of it."""
    seconds = speeds.crossing_time(kinds)[kind]
    with np.errstate(invalid="ignore"):
        timed = np.clip(length / seconds, 1e-3, speeds.HIGHEST_KMH / 3.6)
    by_kind = {"walk": speeds.walking_speed(kinds, spec), "drive": speeds.driving_speed(kinds, spec)}
    return {mode: np.where(np.isnan(seconds), values[kind], timed) for mode, values in by_kind.items()}


def _segments(drawn: Drawn) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return line, tail and head point of each pair of consecutive vertices of a line."""
    line = np.repeat(np.arange(len(drawn.kind)), np.diff(drawn.start))
    same = line[:-1] == line[1:]
    return line[:-1][same], drawn.point[:-1][same], drawn.point[1:][same]


def _renumbered(count: int, first: NDArray[np.int64], second: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Return which of ``count`` numbers occur, ascending, and both arrays in numbers of those."""
    occurs = np.zeros(count, bool)
    occurs[first] = occurs[second] = True
    number = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(occurs), number[first], number[second]
