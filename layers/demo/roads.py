"""Roads between places: main roads from town to town over few bridges, and roads that join each village and hamlet to them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay, cKDTree
from shapely.geometry import LineString

from layers.demo.frame import Frame, Points, away_from, wind
from layers.demo.land import Land
from layers.demo.settlements import Place


def main_roads(frame: Frame, land: Land) -> dict[tuple[int, int], Points]:
    """Return winding lines between neighbouring seats, by the rows of their seats; each crosses a river once or not at all."""
    rng = frame.rng("main roads")
    lines = {}
    for a, b in _neighbours(land):
        line = _clear_line(land.seats[[a, b]], land, rng)
        if line is not None:
            lines[a, b] = line
    return lines


def _neighbours(land: Land) -> list[tuple[int, int]]:
    """Edges of the Gabriel graph; beyond a spanning tree, roads over a river are kept only where they are short."""
    seats = land.seats
    corners = Delaunay(seats).simplices
    pairs = np.unique(np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0)
    middle, radius = seats[pairs].mean(axis=1), np.hypot(*(seats[pairs[:, 0]] - seats[pairs[:, 1]]).T) / 2
    gabriel = away_from(seats, middle) >= radius - 1e-6
    lengths = coo_array((2 * radius, (pairs[:, 0], pairs[:, 1])), shape=(len(seats), len(seats)))
    tree = minimum_spanning_tree(lengths).tocoo()
    needed = {tuple(sorted(edge)) for edge in zip(tree.row.tolist(), tree.col.tolist(), strict=True)}
    crosses = shapely.intersects(land.water, shapely.linestrings(seats[pairs]))
    short = radius * 2 < np.quantile(radius * 2, 0.6)
    kept = gabriel & (~crosses | short)
    return [(int(a), int(b)) for (a, b), keep in zip(pairs.tolist(), kept, strict=True) if keep or (a, b) in needed]


def _clear_line(ends: Points, land: Land, rng: np.random.Generator) -> Points | None:
    straight = LineString(ends)
    rivers = [line for line in land.river_lines if line.intersects(straight)]
    for attempt in range(60):
        line = wind(ends, 0.09 * 0.96**attempt, rng)
        drawn = LineString(line)
        hits = sum(len(shapely.get_parts(drawn.intersection(river))) for river in land.river_lines if drawn.intersects(river))
        bridges = drawn.intersection(land.rivers).length if hits else 0.0
        if hits <= len(rivers) and bridges <= 260 * hits and not drawn.intersects(land.lake):
            return line
    return None


class Joiner:
    """Joins places to a growing set of road nodes without crossing water or other roads of the township.

    Parameters
    ----------
    land : Land
        Water that must not be crossed.
    points : float64, shape (nodes, 2)
        Road nodes there already; they keep their numbers.
    """

    def __init__(self, land: Land, points: Points) -> None:
        self._land = land
        shapely.prepare(land.water)
        self._points = points
        bank = land.bank(points)
        self._banks = {int(side): np.flatnonzero(bank == side) for side in np.unique(bank)}
        self._trees = {side: cKDTree(points[nodes]) for side, nodes in self._banks.items()}
        self.open_township()

    def open_township(self) -> None:
        """Forget the roads joined so far: the next places are far from them."""
        self._new, self._ids, self._lines = np.empty((0, 2)), np.empty(0, dtype=np.intp), list[LineString]()

    def join(self, place: Points, rng: np.random.Generator) -> tuple[int, Points] | None:
        """Return the node to join a place to and the line from there to the place; None when water is in every way."""
        fallback = None
        for node, start in self._near(place):
            line = wind(np.array([start, place]), 0.16, rng)
            drawn = LineString(line)
            if drawn.intersects(self._land.water):
                line = np.linspace(start, place, len(line))
                drawn = LineString(line)
            if drawn.intersects(self._land.water):
                continue
            if not self._crosses(drawn):
                return node, line
            fallback = fallback or (node, line)
        return fallback

    def add(self, ids: NDArray[np.intp], points: Points, line: Points) -> None:
        """Take note of new road nodes and of the line that brought them."""
        self._ids, self._new = np.concatenate([self._ids, ids]), np.vstack([self._new, points])
        self._lines.append(LineString(line))

    def _near(self, place: Points) -> list[tuple[int, Points]]:
        """Nodes on the place's bank, the nearest first; then every fifth, as neighbours along one road meet the same obstacle."""
        side = int(self._land.bank(place[None])[0])
        nodes, starts = self._ids, self._new
        if side in self._trees:
            near = np.atleast_1d(self._trees[side].query(place, k=min(200, len(self._banks[side])))[1])
            nodes = np.concatenate([self._banks[side][near], nodes])
            starts = np.vstack([self._points[self._banks[side][near]], starts])
        order = np.argsort(np.hypot(*(starts - place).T), kind="stable")
        order = np.concatenate([order[:3], order[3::5]])[:60]
        return [(int(nodes[item]), starts[item]) for item in order]

    def _crosses(self, line: LineString) -> bool:
        return bool(self._lines) and bool(shapely.crosses(np.array(self._lines, dtype=object), line).any())


def by_township(villages: Sequence[Place], roads: Points) -> list[list[Place]]:
    """Return the villages of each township, those nearest to a road first: later ones may join the roads of earlier ones."""
    away = away_from(roads, np.array([village.centre for village in villages])).tolist()
    ordered = sorted(zip(villages, away, strict=True), key=lambda pair: (pair[0].township, pair[1], pair[0].number))
    return [[village for village, _ in part] for _, part in groupby(ordered, key=lambda pair: pair[0].township)]
