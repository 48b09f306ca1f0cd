"""Columns of travel costs of many sites, streamed to disk block by block and mapped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from layers.cache import Cache, Entry
from planning.travel.costs import check_values
from planning.travel.search import Columns

_CELLS, _COSTS = "cell.bin", "cost.bin"


class Head(NamedTuple):
    """What a batch holds: places of its sites, shape (sites, 2); which of them are near a street; where their columns start, shape (sites + 1,)."""

    places: NDArray[np.float64]
    snapped: NDArray[np.bool_]
    start: NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Columns of several sites, one after the other; ``cell`` and ``cost`` are mapped."""

    head: Head
    cell: NDArray[np.int32]
    cost: NDArray[np.float64]


def keep_batch(cache: Cache, name: str, places: NDArray[np.float64], snapped: NDArray[np.bool_], blocks: Iterable[Columns]) -> Batch | None:
    """Write blocks of columns to the cache as they come, and map them; None where the cache cannot be written.

    Parameters
    ----------
    cache : Cache
    name : str
        Of the entry.
    places : float64, shape (sites, 2)
    snapped : bool, shape (sites,)
    blocks : iterable of Columns
        In the order of the sites, without gap.
    """
    widths = [np.zeros(1, np.int64)]
    try:
        with cache.writing(name) as writing:
            for _, start, cell, cost in blocks:
                check_values(cost)
                writing.append(_CELLS, cell)
                writing.append(_COSTS, cost)
                widths.append(np.diff(start))
            writing.finish(Head(places, snapped, np.cumsum(np.concatenate(widths))))
    except OSError:
        return None
    entry = cache.entry(name)
    return None if entry is None else batch_of(cache, entry)


def head_of(entry: Entry) -> Head:
    """Return what a batch holds, without reading its columns."""
    head: Head = entry.value(Head)
    return head


def batch_of(cache: Cache, entry: Entry) -> Batch | None:
    """Return the columns of a batch; a damaged one is removed and None."""
    try:
        return Batch(head_of(entry), entry.stream(_CELLS, np.int32), entry.stream(_COSTS, np.float64))
    except (OSError, ValueError):
        cache.remove(entry.folder.name)
        return None
