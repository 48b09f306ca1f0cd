"""The people of a generated county: inhabited cells of 100 m and people by age in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.demo.frame import CELL, Frame, Points
from layers.demo.land import Land
from layers.demo.settlements import Settlements

GROUPS = ("0_17", "18_59", "60_64", "65_69", "70_74", "75_79", "80_plus")
ELDERS = GROUPS[2:]
ELDER_SHARE = 0.144  # people of 60 and over among residents
# Split of the elders: 65 and over are 10.49 of the 14.40 %, the rest follows the age pyramid of 2020.
_ELDER_SPLIT = np.array([0.2715, 0.2895, 0.1880, 0.1255, 0.1255])
_OLDER_IN = {"town": 0.105, "village": 0.185, "hamlet": 0.225, "island": 0.30}
_YOUNG_IN = {"town": 0.205, "village": 0.185, "hamlet": 0.165, "island": 0.10}
_MARGIN = 71.0  # no square of a cell touches water: half its diagonal


@dataclass(frozen=True)
class People:
    """Inhabited cells.

    Attributes
    ----------
    points : float64, shape (cells, 2)
        Centres in EPSG:4543, on a lattice of 100 m.
    settlement : shape (cells,)
        Settlement each cell belongs to.
    groups : DataFrame
        People by age, columns :data:`GROUPS`; real numbers, two decimals.
    """

    points: Points
    settlement: NDArray[np.intp]
    groups: pd.DataFrame

    @cached_property
    def everyone(self) -> NDArray[np.float64]:
        """People of all ages, shape (cells,)."""
        total: NDArray[np.float64] = self.groups.to_numpy(dtype=float).sum(axis=1)
        return total

    @cached_property
    def elders(self) -> NDArray[np.float64]:
        """People of 60 and over, shape (cells,)."""
        total: NDArray[np.float64] = self.groups[list(ELDERS)].to_numpy(dtype=float).sum(axis=1)
        return total


def populate(frame: Frame, land: Land, places: Settlements) -> People:
    """Return people in cells around the settlements.

    Parameters
    ----------
    frame, land, places : Frame, Land, Settlements
        The county so far.
    """
    rng = frame.rng("people")
    lattice, settlement, rank = _ranked_cells(places, rng)
    points: Points = (lattice.astype(np.float64) + 0.5) * CELL
    good = _habitable(land, points, places, settlement)
    lattice, settlement, rank, points = lattice[good], settlement[good], rank[good], points[good]
    order = np.lexsort((settlement, rank))
    _, first = np.unique(lattice[order], axis=0, return_index=True)
    chosen = np.sort(order[first][np.argsort(rank[order[first]], kind="stable")[: frame.cells]])
    # Rows of the lattice from south to north, as a raster would be read.
    chosen = chosen[np.lexsort((lattice[chosen, 0], lattice[chosen, 1]))]
    people = _people(places, settlement[chosen], rank[chosen], rng)
    return People(points[chosen], settlement[chosen], _ages(_kinds(places)[settlement[chosen]], people, rng))


def _ranked_cells(places: Settlements, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.float64]]:
    """Cells around each settlement with a rank: about 1 at the rim of the settlement, less inside."""
    cells = np.array([place.cells for place in places.places])
    disc = _disc(float(cells.max()) * 2.4)
    counts = np.minimum((cells * 2.4).astype(np.intp) + 4, len(disc))
    settlement = np.repeat(np.arange(len(cells)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    centre = np.floor(places.centres / CELL).astype(np.int64)
    lattice = np.repeat(centre, counts, axis=0) + disc[within]
    rank = (within + 0.5) / np.repeat(cells, counts) * rng.lognormal(0, 0.22, len(within))
    # The island keeps its cells when the county's number of cells is met.
    rank[_kinds(places)[settlement] == "island"] *= 0.5
    return lattice, settlement, rank


def _kinds(places: Settlements) -> NDArray[np.str_]:
    return np.array([place.kind for place in places.places])


def _disc(area: float) -> NDArray[np.int64]:
    reach = int((area / np.pi) ** 0.5) + 3
    i, j = (axis.ravel() for axis in np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1)))
    order = np.lexsort((j, i, i**2 + j**2))
    return np.column_stack([i, j])[order].astype(np.int64)


def _habitable(land: Land, points: Points, places: Settlements, settlement: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Dry cells on the same bank as their settlement: no street leads straight over the river."""
    good: NDArray[np.bool_] = land.dry(points, _MARGIN) & (land.bank(points) == land.bank(places.centres)[settlement])
    return good


def _people(places: Settlements, settlement: NDArray[np.intp], rank: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    denser = np.where(_kinds(places)[settlement] == "town", 1.1, 0.7)
    weight = np.exp(-denser * rank) * rng.lognormal(0, 0.4, len(rank))
    total = np.bincount(settlement, weight, minlength=len(places.places))
    people = np.array([place.people for place in places.places])
    # People of a place that found no dry cell live in the others.
    housed = np.where(total > 0, people, 0.0)
    result: NDArray[np.float64] = weight / total[settlement] * housed[settlement] * (people.sum() / housed.sum())
    return result


def _ages(kind: NDArray[np.str_], people: NDArray[np.float64], rng: np.random.Generator) -> pd.DataFrame:
    older = _share(kind, _OLDER_IN) * rng.lognormal(0, 0.18, len(kind))
    older *= ELDER_SHARE * people.sum() / (older * people).sum()
    young = _share(kind, _YOUNG_IN) * rng.lognormal(0, 0.10, len(kind))
    split = _ELDER_SPLIT * rng.lognormal(0, 0.12, (len(kind), len(_ELDER_SPLIT)))
    # Rows add up to 1, columns to the county's age pyramid.
    split /= (split * (older * people)[:, None]).sum(axis=0) / (older * people).sum() / _ELDER_SPLIT
    split /= split.sum(axis=1, keepdims=True)
    columns = np.column_stack([young * people, (1 - young - older) * people, (older * people)[:, None] * split])
    return pd.DataFrame(np.round(np.maximum(columns, 0.0), 2), columns=list(GROUPS))


def _share(kind: NDArray[np.str_], shares: Mapping[str, float]) -> NDArray[np.float64]:
    return np.array([shares[name] for name in kind.tolist()])
