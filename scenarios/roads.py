"""Streets changed by a scenario: closed or built, made into a new StreetNetwork; the county's own stays as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.streets import StreetNetwork

XY = tuple[float, float]
AT_NODE_M = 1.0
"""A road that joins a street this near to an end of a segment joins it at that end: nobody draws a junction to the centimetre."""


@dataclass(frozen=True)
class Foot:
    """The nearest point of the nearest segment to a place.

    Attributes
    ----------
    segment : int
        Row of the street network's segments.
    x, y : float
        The point, in the metric CRS.
    distance : float
        From the place, in m.
    """

    segment: int
    x: float
    y: float
    distance: float


@dataclass(frozen=True)
class Closed:
    """A street or a section of one that is closed.

    Attributes
    ----------
    edit : int
        Number of the edit in the scenario, from 1.
    name : str
        The street's name, or the file's id where it has none.
    modes : tuple of str
        Modes it is closed for.
    bits : int
        Directions that are closed, :data:`layers.streets.FORWARD` | :data:`layers.streets.BACKWARD`.
    segments : tuple of int
        Rows of the network as it was before the edit.
    lines : tuple of tuples of (x, y)
        What is closed, for drawing, in the metric CRS.
    note : str
        Why; two changes that differ in nothing else are the same.
    """

    edit: int
    name: str
    modes: tuple[str, ...]
    bits: int
    segments: tuple[int, ...]
    lines: tuple[tuple[XY, ...], ...]
    note: str = field(default="", compare=False)


@dataclass(frozen=True)
class Built:
    """A road that is built.

    Attributes
    ----------
    edit : int
        Number of the edit in the scenario, from 1.
    name, highway : str
        Its name, or its class where it has none.
    points : tuple of (x, y)
        In the metric CRS; those that join a street lie on it.
    joints : tuple of (int, Foot)
        Position in ``points``, and where on the network before the edit the point joins it.
    allowed : tuple of (mode, bits)
        Directions it may be used in, in the order of ``points``.
    speed : tuple of (mode, m/s)
    note : str
        Why, as of a closed street.
    """

    edit: int
    name: str
    highway: str
    points: tuple[XY, ...]
    joints: tuple[tuple[int, Foot], ...]
    allowed: tuple[tuple[str, int], ...]
    speed: tuple[tuple[str, float], ...]
    note: str = field(default="", compare=False)

    @property
    def modes(self) -> tuple[str, ...]:
        """Modes it is built for."""
        return tuple(mode for mode, bits in self.allowed if bits)

    @property
    def lines(self) -> tuple[tuple[XY, ...], ...]:
        """The road, for drawing, in the metric CRS."""
        return (self.points,)


StreetChange = Closed | Built


def changed(streets: StreetNetwork, changes: Iterable[StreetChange]) -> StreetNetwork:
    """Return a street network after changes, in their order.

    Closing clears directions of segments, which stay where they are. Building adds a street whose ``source`` is ``scenario:<edit>``; where it joins
    inside a segment, the segment is split there, and both parts keep its street, directions, speeds and place in the order of the file.

    Parameters
    ----------
    streets : StreetNetwork
        Left as it is.
    changes : iterable of Closed or Built
        Each made for the network that those before it lead to.
    """
    return reduce(lambda known, change: _closed(known, change) if isinstance(change, Closed) else _built(known, change), changes, streets)


def nearest(streets: StreetNetwork, place: XY, segments: NDArray[np.intp]) -> Foot | None:
    """Return the nearest point of some segments to a place; of equally near segments the first counts; None where there are none."""
    if not len(segments):
        return None
    tail, head = streets.tail[segments], streets.head[segments]
    x, y = streets.x[tail], streets.y[tail]
    dx, dy = streets.x[head] - x, streets.y[head] - y
    square = np.maximum(dx * dx + dy * dy, np.finfo(float).tiny)
    share = np.clip(((place[0] - x) * dx + (place[1] - y) * dy) / square, 0.0, 1.0)
    east, north = x + share * dx, y + share * dy
    far = np.hypot(east - place[0], north - place[1])
    first = int(np.argmin(far))
    return Foot(int(segments[first]), float(east[first]), float(north[first]), float(far[first]))


def section(streets: StreetNetwork, segment: int) -> tuple[int, ...]:
    """Return the part of a street around a segment: on both sides as far as the next place where it meets another street, forks or ends."""
    own = np.flatnonzero(streets.street == streets.street[segment])
    degree = np.bincount(np.concatenate([streets.tail, streets.head]), minlength=len(streets.x))
    at: defaultdict[int, list[int]] = defaultdict(list)
    for row in own.tolist():
        at[int(streets.tail[row])].append(row)
        at[int(streets.head[row])].append(row)
    found, open_ends = {segment}, [int(streets.tail[segment]), int(streets.head[segment])]
    while open_ends:
        node = open_ends.pop()
        beyond = [row for row in at[node] if row not in found] if degree[node] == 2 else []
        for row in beyond:
            found.add(row)
            open_ends += [int(end) for end in (streets.tail[row], streets.head[row]) if end != node]
    return tuple(sorted(found))


def lines(streets: StreetNetwork, segments: Sequence[int]) -> tuple[tuple[XY, ...], ...]:
    """Return segments as lines of (x, y), those that follow each other joined."""
    drawn: list[list[int]] = []
    for row in segments:
        tail, head = int(streets.tail[row]), int(streets.head[row])
        if drawn and drawn[-1][-1] == tail:
            drawn[-1].append(head)
        else:
            drawn.append([tail, head])
    return tuple(tuple((float(streets.x[node]), float(streets.y[node])) for node in line) for line in drawn)


def adds_nothing(streets: StreetNetwork, change: Built) -> bool:
    """Return whether every segment of a road lies where one of the same ends is already, open in the same directions and as fast."""
    after = changed(streets, [change])
    new = np.flatnonzero(after.street == len(after.streets) - 1)
    old = np.flatnonzero(np.isin(after.tail, after.tail[new]) | np.isin(after.head, after.tail[new]))
    old = old[~np.isin(old, new)]
    return all(any(_serves(after, row, other) for other in old[_same_ends(after, row, old)]) for row in new)


def _same_ends(streets: StreetNetwork, row: np.intp, others: NDArray[np.intp]) -> NDArray[np.bool_]:
    tail, head = streets.tail[others], streets.head[others]
    along = (tail == streets.tail[row]) & (head == streets.head[row])
    against = (tail == streets.head[row]) & (head == streets.tail[row])
    same: NDArray[np.bool_] = along | against
    return same


def _serves(streets: StreetNetwork, row: np.intp, other: np.intp) -> bool:
    """Return whether a segment of the same ends can do whatever another can."""
    turned = streets.tail[row] != streets.tail[other]
    for mode, bits in streets.allowed.items():
        there = (0, 2, 1, 3)[bits[other]] if turned else int(bits[other])
        if int(bits[row]) & ~there or (bits[row] and streets.speed[mode][row] > streets.speed[mode][other]):
            return False
    return True


def _closed(streets: StreetNetwork, change: Closed) -> StreetNetwork:
    rows = np.array(change.segments, dtype=np.intp)
    allowed = dict(streets.allowed)
    for mode in change.modes:
        bits = allowed[mode].copy()
        bits[rows] &= np.uint8(~change.bits & 0xFF)
        allowed[mode] = bits
    return replace(streets, allowed=allowed)


def _built(streets: StreetNetwork, change: Built) -> StreetNetwork:
    split, joints = _split(streets, [foot for _, foot in change.joints])
    free = [position for position in range(len(change.points)) if position not in dict(change.joints)]
    node = dict(zip((position for position, _ in change.joints), joints, strict=True))
    node |= {position: len(split.x) + number for number, position in enumerate(free)}
    x, y = np.array([change.points[position] for position in free], dtype=float).reshape(-1, 2).T
    ends = np.array([node[position] for position in range(len(change.points))], dtype=np.int32)
    tail, head = ends[:-1], ends[1:]
    kept = tail != head
    table = pd.concat([split.streets, pd.DataFrame([_row(split.streets, change)])], ignore_index=True)
    return _with_segments(replace(split, x=np.append(split.x, x), y=np.append(split.y, y), streets=table), tail[kept], head[kept], change)


def _row(streets: pd.DataFrame, change: Built) -> dict[str, Any]:
    told: dict[str, Any] = {"highway": change.highway, "name": change.name, "source": f"scenario:{change.edit}", "row": 0}
    return {str(column): told.get(str(column), "") for column in streets.columns}


def _with_segments(streets: StreetNetwork, tail: NDArray[np.int32], head: NDArray[np.int32], change: Built) -> StreetNetwork:
    count, allowed, speed = len(tail), dict(change.allowed), dict(change.speed)
    return replace(
        streets,
        tail=np.append(streets.tail, tail),
        head=np.append(streets.head, head),
        length=np.append(streets.length, np.hypot(streets.x[head] - streets.x[tail], streets.y[head] - streets.y[tail])),
        rise=np.append(streets.rise, np.zeros(count)),  # no height is known of a road that is not there yet
        street=np.append(streets.street, np.full(count, len(streets.streets) - 1, streets.street.dtype)),
        allowed={mode: np.append(bits, np.full(count, allowed.get(mode, 0), np.uint8)) for mode, bits in streets.allowed.items()},
        speed={mode: np.append(mps, np.full(count, speed.get(mode, 0.0))) for mode, mps in streets.speed.items()},
    )


def _split(streets: StreetNetwork, feet: Sequence[Foot]) -> tuple[StreetNetwork, list[int]]:
    """Return the network with nodes at points of its segments, and the nodes in the order of the points."""
    nodes: list[int] = []
    cuts: defaultdict[int, dict[XY, int]] = defaultdict(dict)
    added: list[XY] = []
    for foot in feet:
        here = _end_at(streets, foot)
        if here is None:
            here = cuts[foot.segment].setdefault((foot.x, foot.y), len(streets.x) + len(added))
            if here == len(streets.x) + len(added):
                added.append((foot.x, foot.y))
        nodes.append(here)
    if not added:
        return streets, nodes
    x, y = (np.append(known, [place[axis] for place in added]) for axis, known in enumerate((streets.x, streets.y)))
    return _cut(replace(streets, x=x, y=y), {segment: list(places.values()) for segment, places in cuts.items()}), nodes


def _end_at(streets: StreetNetwork, foot: Foot) -> int | None:
    ends = (int(streets.tail[foot.segment]), int(streets.head[foot.segment]))
    far = [float(np.hypot(streets.x[end] - foot.x, streets.y[end] - foot.y)) for end in ends]
    return ends[int(np.argmin(far))] if min(far) <= AT_NODE_M else None


def _cut(streets: StreetNetwork, cuts: dict[int, list[int]]) -> StreetNetwork:
    """Cut segments at nodes on them; the parts follow each other where the whole was."""
    parts = np.ones(len(streets.tail), np.int64)
    for segment, nodes in cuts.items():
        parts[segment] += len(nodes)
    first = np.cumsum(parts) - parts
    tail, head = np.repeat(streets.tail, parts), np.repeat(streets.head, parts)
    length, rise = np.repeat(streets.length, parts), np.repeat(streets.rise, parts)
    for segment, nodes in cuts.items():
        start = int(streets.tail[segment])
        along = sorted(nodes, key=lambda node: float(np.hypot(streets.x[node] - streets.x[start], streets.y[node] - streets.y[start])))
        chain = np.array([start, *along, int(streets.head[segment])], dtype=tail.dtype)
        rows = slice(int(first[segment]), int(first[segment]) + len(chain) - 1)
        tail[rows], head[rows] = chain[:-1], chain[1:]
        length[rows] = np.hypot(np.diff(streets.x[chain]), np.diff(streets.y[chain]))
        rise[rows] = streets.rise[segment] * length[rows] / length[rows].sum()
    return replace(
        streets, tail=tail, head=head, length=length, rise=rise, street=np.repeat(streets.street, parts),
        allowed={mode: np.repeat(bits, parts) for mode, bits in streets.allowed.items()},
        speed={mode: np.repeat(mps, parts) for mode, mps in streets.speed.items()},
    )  # fmt: skip
