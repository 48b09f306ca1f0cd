"""Travel costs from all cells to sites: compiled searches block by block, on one thread or several, with one result."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from queue import Empty, SimpleQueue
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from layers.progress import Progress, silent
from planning.travel.attaching import NOWHERE, Attached
from planning.travel.bundles import GRAIN
from planning.travel.columns import Sites, search_columns, swept_columns
from planning.travel.costs import TravelCosts, within
from planning.travel.hierarchy import Hierarchy, build_hierarchy
from planning.travel.settling import Workspace, settle, workspace
from planning.travel.snapping import Snapped
from planning.travel.sweep import LANES, spread, sweep

PROBE = 4
"""Sites of the first block, which tells how wide columns are."""
BLOCK = 1 << 18
"""Entries a block is to have: enough to forget what it takes to hand it to a thread, few enough to stay near the processor."""
SETTLED = 1 << 24
"""Junctions a block settles at most: about a second, after which progress is told and a cancel heard."""
TURNS = 6
"""Blocks a thread gets at least, so that all end at about the same time."""
_FAR = 1e300
_SPARE = 1.1

Columns: TypeAlias = tuple[slice, NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]
Ordered: TypeAlias = Hierarchy | Callable[[], Hierarchy]


def search(
    attached: Attached, sites: Snapped, limit: float, *, threads: int = 1, hierarchy: Ordered | None = None, progress: Progress = silent
) -> TravelCosts:
    """Search the cost of the trips from all cells to each site, up to a limit.

    Parameters
    ----------
    attached : Attached
        Cells on a network, and the unit.
    sites : Snapped
        Sites snapped to the same network.
    limit : float
        Search limit in the unit; a cost equal to it, after rounding to 1 mm or 1 ms, is kept.
    threads : int
        Searches that run at the same time; the result does not depend on it.
    hierarchy : Hierarchy or callable, optional
        Of the same network and unit, for long reach: one that is there is used, a callable is asked for one where it pays, without either one is
        built where it pays. The result does not depend on it.
    progress : Progress
        Called with the stage ``stage.search`` after each block of sites; what it raises stops the search.

    Returns
    -------
    TravelCosts
        Access at both ends included, walked whatever the mode; float64.
    """
    joined = _Joined(len(sites.index))
    for _, start, cell, cost in search_blocks(attached, sites, limit, threads=threads, hierarchy=hierarchy, progress=progress):
        joined.add(start, cell, cost)
    unsnapped = tuple(str(site) for site in sites.index[~sites.reachable])
    return TravelCosts(
        sites.index, attached.cells.index, *joined.columns(), attached.unit, attached.network.mode, limit, attached.cells.reachable, unsnapped
    )


def search_blocks(
    attached: Attached, sites: Snapped, limit: float, *, threads: int = 1, hierarchy: Ordered | None = None, progress: Progress = silent
) -> Iterator[Columns]:
    """Search as :func:`search` does and yield the columns block by block, in the order of the sites.

    Yields
    ------
    slice
        The sites of the block.
    start : int64, shape (sites of the block + 1,)
        Where each site's column starts in ``cell`` and ``cost``.
    cell : int32, cost : float64
        Good until the next block is asked for: what is kept must be copied.
    """
    total, asked = len(sites.index), _Asked(attached, attached.sites(sites), highest(limit))
    progress("stage.search", 0, total)
    if isinstance(hierarchy, Hierarchy):
        asked = _Asked(attached, asked.sites, asked.limit, hierarchy)
    elif pays(attached, _settled(asked), total / max(1, threads)):
        asked = _Asked(attached, asked.sites, asked.limit, hierarchy() if hierarchy else build_hierarchy(attached.arcs))
    for block, start, room in _searched(asked, total, threads):
        yield block, start, room.cell[: start[-1]], room.cost[: start[-1]]
        asked.rooms.put(room)
        progress("stage.search", block.stop, total)


def _searched(asked: _Asked, total: int, threads: int) -> Iterator[_Found]:
    """Search blocks in their order: a small one first, then such as suit the width of its columns."""
    size, begin = LANES, 0
    if asked.hierarchy is None:
        entries = 0
        for found in _block(asked, slice(0, min(PROBE, total))):
            entries += int(found[1][-1])
            yield found
        begin = min(PROBE, total)
        turn = (total - begin) // (threads * TURNS) if threads > 1 else total
        size = max(1, min(BLOCK * PROBE // max(1, entries), SETTLED // len(asked.attached.network.chains.junction), turn))
    blocks = [slice(at, min(at + size, total)) for at in range(begin, total, size)]
    if threads == 1 or len(blocks) < 2:
        yield from chain.from_iterable(_block(asked, block) for block in blocks)
        return
    with ThreadPoolExecutor(max_workers=threads) as pool:
        # A few blocks in flight at a time: after a cancel nothing but these has to run out.
        waiting = deque(pool.submit(_block, asked, block) for block in blocks[: threads + 1])
        for block in [*blocks[threads + 1 :], *([None] * min(len(blocks), threads + 1))]:
            yield from waiting.popleft().result()
            if block is not None:
                waiting.append(pool.submit(_block, asked, block))


@dataclass
class _Joined:
    """Columns put together in arrays that are made as long as the first block promises: a large search is then copied once."""

    sites: int
    widths: list[NDArray[np.int64]] = field(default_factory=lambda: [np.zeros(1, np.int64)])
    cell: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    cost: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    filled: int = 0
    columns_seen: int = 0

    def add(self, start: NDArray[np.int64], cell: NDArray[np.int32], cost: NDArray[np.float64]) -> None:
        self.widths.append(np.diff(start))
        self.columns_seen += len(start) - 1
        end = self.filled + len(cell)
        if end > len(self.cell):
            room = end + int(_SPARE * end / self.columns_seen * (self.sites - self.columns_seen))
            cells, costs = np.empty(room, np.int32), np.empty(room)
            cells[: self.filled], costs[: self.filled] = self.cell[: self.filled], self.cost[: self.filled]
            self.cell, self.cost = cells, costs
        self.cell[self.filled : end], self.cost[self.filled : end] = cell, cost
        self.filled = end

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
        return np.cumsum(np.concatenate(self.widths)), self.cell[: self.filled], self.cost[: self.filled]


def highest(limit: float) -> float:
    """Return the highest cost that is within a limit after rounding (convention 4): costs are whole multiples of one grain."""
    if not limit < _FAR:
        return _FAR
    found = np.floor(np.round(limit, 3) * GRAIN) / GRAIN
    steps = found + np.arange(0, 1100) / GRAIN
    return float(steps[within(steps, limit)][-1])


def pays(attached: Attached, settled: float, sites: float) -> bool:
    """Return whether a hierarchy is worth its preparation for so many sites per thread: measured, in nanoseconds (docs/performance.md)."""
    junctions = len(attached.network.chains.junction)
    return sites * (settled * 65 - junctions * 12) > junctions * 25_000


class _Room(NamedTuple):
    work: Workspace
    cell: NDArray[np.int32]
    cost: NDArray[np.float64]
    label: NDArray[np.float64]
    row: NDArray[np.float64]
    key: NDArray[np.float64]
    node: NDArray[np.int32]


_Found: TypeAlias = tuple[slice, NDArray[np.int64], _Room]


@dataclass(frozen=True)
class _Asked:
    """What all blocks of one search share; rooms go from a finished block to the next."""

    attached: Attached
    sites: Sites
    limit: float
    hierarchy: Hierarchy | None = None
    rooms: SimpleQueue[_Room] = field(default_factory=SimpleQueue)

    def room(self) -> _Room:
        with suppress(Empty):
            return self.rooms.get_nowait()
        attached, cells = self.attached, len(self.attached.cells.index)
        entries = (LANES * cells if self.hierarchy else 2 * BLOCK + cells) + 1
        junctions, lanes, climbs = len(attached.network.chains.junction), 0, 0
        if self.hierarchy:
            lanes, climbs = LANES, len(self.hierarchy.up.item) + LANES
        return _Room(
            workspace(attached.arcs, attached.longest, len(attached.on_chains.tail)), np.empty(entries, np.int32), np.empty(entries),
            np.empty(junctions * lanes), np.empty((lanes, junctions)), np.empty(climbs), np.empty(climbs, np.int32),
        )  # fmt: skip


def _settled(asked: _Asked) -> float:
    """Return the mean number of junctions that searches settle, from a few of them; 0 where even all of them would not pay."""
    attached, near = asked.attached, np.flatnonzero(asked.sites.own != NOWHERE)
    if not pays(attached, len(attached.network.chains.junction), len(near)):
        return 0.0
    some, room = near[:: max(1, len(near) // 4)][:4].tolist(), asked.room()
    counts = []
    for site in some:
        counts.append(settle(attached.arcs, asked.sites.ends[site], asked.sites.costs[site], asked.limit, room.work, False))
        room.work.label[room.work.settled[: counts[-1]]] = np.inf
    asked.rooms.put(room)
    return float(np.mean(counts))


def _block(asked: _Asked, block: slice) -> list[_Found]:
    """Search the sites of a block; where they reach more cells than a room holds, in several rooms."""
    found = []
    while block.start < block.stop:
        start, room = _part(asked, block)
        done = slice(block.start, block.start + len(start) - 1)
        found.append((done, start, room))
        block = slice(done.stop, block.stop)
    return found


def _part(asked: _Asked, block: slice) -> tuple[NDArray[np.int64], _Room]:
    """Search sites of a block, as many as a room holds."""
    attached, sites, hierarchy, room = asked.attached, asked.sites, asked.hierarchy, asked.room()
    asking = (attached.on_chains, sites, block.start, block.stop, asked.limit)
    if hierarchy is None:
        return search_columns(attached.arcs, *asking, room.work, room.cell, room.cost), room
    sweep(hierarchy.up, hierarchy.down, hierarchy.rank[sites.ends[block]], sites.costs[block], asked.limit, room.label, room.key, room.node)
    spread(room.label, hierarchy.rank, block.stop - block.start, room.row)
    return swept_columns(room.row, *asking, room.cell, room.cost), room
