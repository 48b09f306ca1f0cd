"""Streets inside places: the grid of a town, the spine and ribs of a village or hamlet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from layers.demo.frame import Points
from layers.demo.land import Land

_BLOCK = 190.0


@dataclass(frozen=True)
class TownStreets:
    """A town's streets: nodes, and runs of nodes with their class; ``oneway`` runs go in the order of their nodes."""

    points: Points
    runs: tuple[tuple[tuple[int, ...], str, bool], ...]


def town_grid(centre: Points, radius: float, angle: float, land: Land, rng: np.random.Generator) -> TownStreets:
    """Return the streets of a town: a turned and slightly uneven grid on dry ground, in one connected piece.

    Parameters
    ----------
    centre : float64, shape (2,)
        The town's centre; always a node.
    radius, angle : float
        Half the town's width in m, and the direction of its streets.
    land : Land
        Water, which no street enters.
    rng : Generator
        Random numbers.
    """
    half = max(2, int(radius * 1.15 / _BLOCK))
    i, j = (axis.ravel() for axis in np.meshgrid(np.arange(-half, half + 1), np.arange(-half, half + 1), indexing="ij"))
    flat = np.column_stack([i, j]) * _BLOCK + rng.normal(0, 14, (len(i), 2)) * ((i != 0) | (j != 0))[:, None]
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = centre + flat @ turn
    rim = radius * 1.12 * (1 + 0.1 * np.sin(3 * np.arctan2(flat[:, 1], flat[:, 0]) + angle))
    kept = (np.hypot(*flat.T) < rim) & land.dry(points, 25)
    edges = _edges(points, kept, half, land, rng)
    kept, edges = _main_piece(len(points), edges, int(np.flatnonzero((i == 0) & (j == 0))[0]))
    new_number = np.cumsum(kept) - 1
    drawn = _runs(edges, i, j)
    # A run that ends where no other passes is no one-way street: nobody would get out of it, or in.
    met = np.bincount([node for _, run in drawn for node in run], minlength=len(points)) > 1
    loose = [not (met[run[0]] and met[run[-1]]) for _, run in drawn]
    runs = [
        (tuple(int(new_number[node]) for node in run), _class(line), "" if dead else _oneway(line, half))
        for (line, run), dead in zip(drawn, loose, strict=True)
    ]
    turned = [(run if oneway != "back" else run[::-1], highway, bool(oneway)) for run, highway, oneway in runs]
    return TownStreets(points[kept], tuple(turned))


def _edges(points: Points, kept: NDArray[np.bool_], half: int, land: Land, rng: np.random.Generator) -> NDArray[np.intp]:
    side = 2 * half + 1
    number = np.arange(side * side).reshape(side, side)
    pairs = np.vstack([np.column_stack([number[:-1].ravel(), number[1:].ravel()]), np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()])])
    pairs = pairs[kept[pairs].all(axis=1)]
    axes = np.isin(pairs // side, [half]).all(axis=1) | np.isin(pairs % side, [half]).all(axis=1)
    there = axes | (rng.random(len(pairs)) > 0.07)
    there &= ~shapely.intersects(land.water, shapely.linestrings(points[pairs]))
    return pairs[there]


def _main_piece(count: int, edges: NDArray[np.intp], centre: int) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    links = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    piece = connected_components(links, directed=False)[1]
    kept = piece == piece[centre]
    return kept, edges[kept[edges[:, 0]]]


def _runs(edges: NDArray[np.intp], i: NDArray[np.intp], j: NDArray[np.intp]) -> list[tuple[tuple[str, int], list[int]]]:
    """Chains of edges along one grid line, broken where an edge is missing."""
    runs: list[tuple[tuple[str, int], list[int]]] = []
    for axis, fixed, moving in (("i", i, j), ("j", j, i)):
        along = edges[fixed[edges[:, 0]] == fixed[edges[:, 1]]]
        along = along[np.lexsort((moving[along[:, 0]], fixed[along[:, 0]]))]
        for tail, head in along.tolist():
            line = (axis, int(fixed[tail]))
            if runs and runs[-1][0] == line and runs[-1][1][-1] == tail:
                runs[-1][1].append(head)
            else:
                runs.append((line, [tail, head]))
    return runs


def _class(line: tuple[str, int]) -> str:
    number = abs(line[1])
    if number == 0:
        return "secondary"
    return "tertiary" if number % 4 == 0 else "residential"


def _oneway(line: tuple[str, int], half: int) -> str:
    # Pairs of one-way streets either side of the main axis, in the largest towns only.
    if half < 8 or line[0] != "i":
        return ""
    return {2: "on", 3: "back", -2: "back", -3: "on"}.get(line[1], "")


def spine_and_ribs(centre: Points, radius: float, angle: float, land: Land) -> list[Points]:
    """Return the lanes of a village: a spine through its centre and ribs across it, ending where water begins.

    The first point of every lane but the spine lies on the spine.
    """
    step = 85.0
    reach = max(1, int(radius / step))
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    spine = centre + np.arange(-reach, reach + 1)[:, None] * step * along
    first, last = _dry_run(land, spine, reach)
    lanes = [spine[first : last + 1]]
    for number in range(first, last + 1, 2):
        away = 1 - 0.6 * (abs(number - reach) / (reach + 1)) ** 2
        length = max(1, round(radius * 0.85 * away / step))
        for side in (-1, 1):
            rib = spine[number] + np.arange(length + 1)[:, None] * step * side * across
            end = _dry_run(land, rib, 0)[1]
            if end > 0:
                lanes.append(rib[: end + 1])
    return lanes


def _dry_run(land: Land, line: Points, start: int) -> tuple[int, int]:
    """First and last point of the dry stretch around ``start``."""
    dry = ~shapely.intersects_xy(land.water, line[:, 0], line[:, 1])
    first = last = start
    while first > 0 and dry[first - 1]:
        first -= 1
    while last < len(line) - 1 and dry[last + 1]:
        last += 1
    return first, last
