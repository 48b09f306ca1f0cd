"""Counts of people that are hardly true for one cell: more than can live on its area, or far out of proportion to what stands beside them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from layers.checking.origins import written
from layers.checking.population_rows import CellRows, Floats, named
from layers.errors import Fault

LARGEST = 1e9  # people in one cell: beyond that a value is no count at all
# Mong Kok, the densest district there is, has some 1,300 people per hectare; Kowloon Walled City, pulled down in 1993, had 33,000 on 2.6 ha.
DENSEST = 3000.0  # people per hectare
OUT_OF_PROPORTION = 100.0
_FEWEST = 10.0  # people; below that a proportion says nothing
_FEWEST_ALONE = 100.0
_CELLS = 30  # from which on there is a proportion to speak of
_AROUND = 8  # nearest cells
_TIMES_AROUND = 30.0
Flags = NDArray[np.bool_]


def find_too_many(people: pd.DataFrame, size: Floats, places: Floats, rows: CellRows) -> Iterator[Fault]:
    """Yield counts that are too large for their cell, as warnings: they are counted.

    A count is too dense above 3,000 people per hectare. It is out of proportion where it is a hundred times what the other groups of its cell let
    expect, by the median proportion over all cells, and ten people or more; in files with one group, where it is thirty times each of the eight
    nearest cells and thirty times the median.

    Parameters
    ----------
    people : DataFrame
        People by group.
    size : float64 array, shape (cells,)
        Edge of the square of each cell's area, m; NaN where unknown.
    places : float64 array, shape (cells, 2)
        Centres, m.
    rows : CellRows
        Where the cells stand.
    """
    alone = len(people.columns) == 1
    for group in map(str, people.columns):
        counts = people[group].to_numpy(dtype=float)
        dense = (counts > DENSEST * np.square(size) / 10_000) & (size > 0)  # false where the size is unknown
        told = np.flatnonzero(dense)
        yield from named((_too_dense(rows, position, group, counts[position], size[position]) for position in told.tolist()), len(told))
        if len(people) < _CELLS:
            continue
        expected = _around(counts, places) if alone else _beside(people, group)
        found = np.flatnonzero(_out_of_proportion(counts, expected, alone) & ~dense)
        yield from named((_too_many(rows, position, group, counts[position], expected[position]) for position in found.tolist()), len(found))


def _too_dense(rows: CellRows, position: int, group: str, count: float, size: float) -> Fault:
    told = {"density": f"{count / size**2 * 10_000:.0f}", "most": f"{DENSEST:.0f}", "size": f"{size:.0f}", "group": group}
    return rows.fault("warning", "population.too_dense", position, group, written(count), **told)


def _too_many(rows: CellRows, position: int, group: str, count: float, expected: float) -> Fault:
    return rows.fault("warning", "population.too_many", position, group, written(count), expected=f"{expected:.1f}", group=group)


def _out_of_proportion(counts: Floats, expected: Floats, alone: bool) -> Flags:
    times, fewest = (_TIMES_AROUND, _FEWEST_ALONE) if alone else (OUT_OF_PROPORTION, _FEWEST)
    return np.asarray((counts >= fewest) & (counts > times * expected), dtype=np.bool_)


def _beside(people: pd.DataFrame, group: str) -> Floats:
    """Return what the other groups of each cell let expect of one: their people times the median proportion, of one person at least."""
    counts = people[group].to_numpy(dtype=float)
    others = people.drop(columns=group).sum(axis=1).to_numpy(dtype=float)
    both = (counts > 0) & (others > 0)
    if not both.any():
        return np.full(len(counts), np.inf)
    usual = float(np.median(counts[both] / others[both]))
    expected: Floats = usual * np.maximum(others, 1.0)
    return expected


def _around(counts: Floats, places: Floats) -> Floats:
    """Return the most people in each of the nearest cells, or the median of all cells where that is more; only large counts are looked at."""
    usual = float(np.median(counts))
    expected = np.full(len(counts), np.inf)
    large = np.flatnonzero((counts >= _FEWEST_ALONE) & (counts > _TIMES_AROUND * usual))
    if len(large):
        _, near = KDTree(places).query(places[large], k=_AROUND + 1)
        others = np.where(near == large[:, None], -np.inf, counts[near])
        expected[large] = np.maximum(others.max(axis=1), usual)
    return expected
