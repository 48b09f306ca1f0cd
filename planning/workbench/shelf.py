"""Columns of travel costs of one measure: a few in memory, batches on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from layers.cache import Cache, key_of
from planning.travel.batches import Batch, batch_of, head_of, keep_batch
from planning.travel.search import Columns

Place: TypeAlias = tuple[float, float]


class Column(NamedTuple):
    """One site's cells and costs: a stretch of longer arrays."""

    cells: NDArray[np.int32]
    costs: NDArray[np.float64]
    begin: int
    end: int

    @property
    def bytes(self) -> int:
        """Size of the stretch."""
        return (self.end - self.begin) * (self.cells.itemsize + self.costs.itemsize)


class Joined(NamedTuple):
    """Columns one after the other, as :class:`planning.travel.costs.TravelCosts` holds them."""

    start: NDArray[np.int64]
    cell: NDArray[np.int32]
    cost: NDArray[np.float64]


@dataclass
class Shelf:
    """Where columns of one measure are put and found; not safe to share between threads without a lock.

    Attributes
    ----------
    cache : Cache
    family : str
        Key of everything the columns depend on but the site.
    room : int
        Bytes that may be held in memory; of single columns the oldest leave.
    """

    cache: Cache
    family: str
    room: int
    _held: dict[Place, Column | None] = field(default_factory=dict)
    _stored: dict[Place, tuple[str, int]] = field(default_factory=dict)
    _batches: dict[str, Batch | None] = field(default_factory=dict)
    _last: tuple[str, Batch] | None = None

    def __post_init__(self) -> None:
        for name in self.cache.names(f"columns-{self.family}"):
            entry = self.cache.entry(name)
            if entry is not None:
                self._list(name, head_of(entry).places)

    def find(self, places: Iterable[Place]) -> dict[Place, Column | None]:
        """Return the columns that are here; None for a place that no street is near."""
        found: dict[Place, Column | None] = {}
        for place in places:
            if place in self._held:
                found[place] = self._held[place]
            elif place in self._stored:
                name, position = self._stored[place]
                batch = self._batch(name)
                if batch is not None:
                    found[place] = _column(batch, position)
        return found

    def hold(self, columns: dict[Place, Column | None]) -> None:
        """Put single columns into memory."""
        self._held.update(columns)
        total = sum(column.bytes for column in self._held.values() if column is not None)
        for place in [place for place in self._held if place not in columns]:
            if total <= self.room:
                return
            column = self._held.pop(place)
            total -= 0 if column is None else column.bytes

    def store(self, places: Sequence[Place], snapped: NDArray[np.bool_], blocks: Iterable[Columns]) -> Batch | None:
        """Stream the columns of many places to disk; None where that cannot be."""
        where = np.array(places, dtype=np.float64).reshape(-1, 2)
        return keep_batch(self.cache, self._name("columns", where), where, snapped, blocks)

    def put(self, batch: Batch) -> None:
        """Put a stored batch on the shelf."""
        name = self._name("columns", batch.head.places)
        self._batches[name] = batch
        self._list(name, batch.head.places)

    def join(self, places: Sequence[Place | None], columns: Sequence[Column | None]) -> Joined:
        """Return the columns of places one after the other.

        Neighbours of one batch stay where they stand; others are put together in memory, or on disk where they are too large for that.
        """
        widths = [0 if column is None else column.end - column.begin for column in columns]
        start = np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)
        filled = [column for column in columns if column is not None and column.end > column.begin]
        if filled and _neighbours(filled):
            span = slice(filled[0].begin, filled[-1].end)
            return Joined(start, filled[0].cells[span], filled[0].costs[span])
        batch = self._joined(places, filled) if sum(column.bytes for column in filled) > self.room else None
        if batch is not None:
            return Joined(start, batch.cell, batch.cost)
        cell = np.concatenate([np.empty(0, np.int32), *(column.cells[column.begin : column.end] for column in filled)])
        cost = np.concatenate([np.empty(0, np.float64), *(column.costs[column.begin : column.end] for column in filled)])
        return Joined(start, cell, cost)

    def _joined(self, places: Sequence[Place | None], filled: Sequence[Column]) -> Batch | None:
        """Return columns that stand in several places as one batch, for as long as it is used: its file goes at once, the mapping outlives it."""
        where = np.array([(np.nan, np.nan) if place is None else place for place in places])
        name = self._name("joined", where)
        if self._last is None or self._last[0] != name:
            batch = keep_batch(self.cache, name, where, np.isfinite(where[:, 0]), _blocks(filled))
            self.cache.remove(name)
            self._last = None if batch is None else (name, batch)
        return None if self._last is None else self._last[1]

    def _name(self, kind: str, content: NDArray[np.generic]) -> str:
        return f"{kind}-{self.family}-{key_of(content)}"

    def _list(self, name: str, places: NDArray[np.float64]) -> None:
        for position, (x, y) in enumerate(places.tolist()):
            self._stored[x, y] = name, position

    def _batch(self, name: str) -> Batch | None:
        if name not in self._batches:
            entry = self.cache.entry(name)
            self._batches[name] = None if entry is None else batch_of(self.cache, entry)
        return self._batches[name]


def _column(batch: Batch, position: int) -> Column | None:
    if not batch.head.snapped[position]:
        return None
    return Column(batch.cell, batch.cost, int(batch.head.start[position]), int(batch.head.start[position + 1]))


def _neighbours(columns: Sequence[Column]) -> bool:
    return all(left.cells is right.cells and left.end == right.begin for left, right in pairwise(columns))


def _blocks(columns: Sequence[Column]) -> Iterator[Columns]:
    for number, column in enumerate(columns):
        span = slice(column.begin, column.end)
        yield slice(number, number + 1), np.array([0, column.end - column.begin]), column.cells[span], column.costs[span]
