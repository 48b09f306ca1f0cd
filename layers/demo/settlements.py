"""Where people live: towns and their communities, villages in the valleys, hamlets around them, and the island."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from layers.demo.frame import Frame, Noise, Points, away_from
from layers.demo.land import Land
from layers.demo.names import COUNTY_CODE, place_names

_ISLAND_PEOPLE = 320.0
PEOPLE = 431_200.0  # residents of the real county whose proportions are followed, 2023
_SEAT_SHARE, _TOWNS_SHARE = 0.385, 0.175  # 56 % of the people live in towns
_VILLAGES = 68


Kind = Literal["town", "village", "hamlet", "island"]


@dataclass(frozen=True, slots=True)
class Place:
    """A settlement: ``cells`` inhabited cells are aimed at, ``radius`` in m follows from them; ``parent`` is the village of a hamlet."""

    number: int
    kind: Kind
    name: str
    township: int
    parent: int
    x: float
    y: float
    cells: float
    people: float
    radius: float
    angle: float

    @property
    def centre(self) -> Points:
        """The centre in EPSG:4543, shape (2,)."""
        return np.array([self.x, self.y])


@dataclass(frozen=True, slots=True)
class Township:
    """A township with its code of nine digits."""

    code: str
    name: str

    @property
    def short(self) -> str:
        """The name without 街道 or 镇."""
        return self.name.removesuffix("街道").removesuffix("镇")


@dataclass(frozen=True, slots=True)
class Unit:
    """An administrative village or an urban community, as a point with its code of twelve digits."""

    code: str
    name: str
    township: int
    place: int
    x: float
    y: float
    urban: bool


@dataclass(frozen=True)
class Settlements:
    """Where people live: places by their number, townships by their row, and villages and communities by township."""

    places: tuple[Place, ...]
    townships: tuple[Township, ...]
    units: tuple[Unit, ...]

    @cached_property
    def centres(self) -> Points:
        """Centres of the places, shape (places, 2)."""
        return np.array([(place.x, place.y) for place in self.places])

    def of_kind(self, kind: Kind) -> list[Place]:
        """Return the places of a kind."""
        return [place for place in self.places if place.kind == kind]


def settle(frame: Frame, land: Land, main_roads: Points) -> Settlements:
    """Return the settlements of a county: towns at the seats, villages along the valleys that the main roads follow."""
    rng = frame.rng("settlements")
    towns = _towns(frame, land, rng)
    villages = _villages(frame, land, towns, main_roads)
    hamlets = _hamlets(frame, land, villages, len(towns))
    middle = land.island.centroid
    island = pd.DataFrame({"kind": ["island"], "x": [middle.x], "y": [middle.y], "cells": [14.0], "people": [_ISLAND_PEOPLE]})
    table = pd.concat([towns, villages, hamlets, island], ignore_index=True)
    table["people"] *= PEOPLE * frame.factor / table["people"].sum()
    table["parent"] = table["parent"].fillna(pd.Series(table.index, table.index)).astype(int)
    table["cells"] = (table["cells"] * frame.cells / table["cells"].sum()).clip(lower=4).round()
    township = townships_at(land, table[["x", "y"]].to_numpy(dtype=float))
    return _named(frame, table, township.tolist(), rng)


def townships_at(land: Land, points: Points) -> NDArray[np.intp]:
    """Return the row of the township each point lies in, or of the nearest."""
    return np.asarray(shapely.STRtree(list(land.townships)).nearest(shapely.points(points)), dtype=np.intp)


def _towns(frame: Frame, land: Land, rng: np.random.Generator) -> pd.DataFrame:
    count = len(land.seats)
    size = rng.uniform(0.8, 1.25, count)
    size[0] = 0.0
    big = _SEAT_SHARE * PEOPLE / (_TOWNS_SHARE * PEOPLE / 4)
    # Every fifth town is as large as the usual county's seat, so that a larger county is no less urban.
    size[::5] = big
    people = PEOPLE * (_SEAT_SHARE + _TOWNS_SHARE) * frame.factor * size / size.sum()
    density = np.where(size == big, 125.0, 72.0)
    return pd.DataFrame({"kind": "town", "x": land.seats[:, 0], "y": land.seats[:, 1], "cells": people / density, "people": people})


def _villages(frame: Frame, land: Land, towns: pd.DataFrame, main_roads: Points) -> pd.DataFrame:
    rng = frame.rng("villages")
    wanted = max(46, round(_VILLAGES * frame.factor))  # enough for stations and mutual-help homes in the smallest county
    darts = frame.origin + rng.random((wanted * 60, 2)) * [frame.width, frame.height]
    valley = away_from(main_roads, darts) + 500 * Noise.of(rng, 5_000.0).at(darts)
    likely = np.exp(-np.maximum(valley, 0) / 2_300) + 0.02
    seats = towns[["x", "y"]].to_numpy(dtype=float)
    away, which = cKDTree(seats).query(darts)
    outside_town = away > np.sqrt(towns["cells"].to_numpy() * 10_000 / np.pi)[which] + 900
    darts = darts[(rng.random(len(darts)) < likely) & outside_town & land.dry(darts, 330)]
    chosen = spread(darts, 1_250.0)[:wanted]
    people = rng.lognormal(0, 0.35, len(chosen))
    people *= PEOPLE * (1 - _SEAT_SHARE - _TOWNS_SHARE) * frame.factor / people.sum()
    frame_of = pd.DataFrame({"kind": "village", "x": chosen[:, 0], "y": chosen[:, 1], "people": people * 0.62})
    frame_of["cells"] = frame_of["people"] / rng.uniform(30, 42, len(chosen))
    return frame_of


def spread(points: Points, apart: float) -> Points:
    """Return the points, in their order, that are not within ``apart`` of one chosen before."""
    free = np.ones(len(points), dtype=bool)
    pairs = cKDTree(points).query_pairs(apart, output_type="ndarray")
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    starts = np.searchsorted(pairs[:, 0], np.arange(len(points) + 1))
    for point in range(len(points)):
        if free[point]:
            free[pairs[starts[point] : starts[point + 1], 1]] = False
    return points[free]


def _hamlets(frame: Frame, land: Land, villages: pd.DataFrame, first: int) -> pd.DataFrame:
    rng = frame.rng("hamlets")
    parent = np.repeat(np.arange(len(villages)), rng.integers(2, 5, len(villages)))
    home = villages[["x", "y"]].to_numpy(dtype=float)[parent]
    places = home.copy()
    open_ = np.ones(len(parent), dtype=bool)
    for _ in range(12):
        angle, away = rng.uniform(0, 2 * np.pi, len(parent)), rng.uniform(640, 1_800, len(parent))
        tried = home + np.column_stack([np.cos(angle), np.sin(angle)]) * away[:, None]
        lanes = shapely.linestrings(np.stack([home, tried], axis=1))
        shapely.prepare(land.water)
        good = open_ & land.dry(tried, 220) & ~shapely.intersects(land.water, lanes)
        places[good] = tried[good]
        open_ &= ~good
    people = villages["people"].to_numpy()[parent] * 0.38 / 0.62 / np.bincount(parent)[parent]
    table = pd.DataFrame({"kind": "hamlet", "x": places[:, 0], "y": places[:, 1], "people": people, "parent": parent + float(first)})
    table["cells"] = table["people"] / rng.uniform(22, 34, len(table))
    return table[~open_]


def _named(frame: Frame, table: pd.DataFrame, township: list[int], rng: np.random.Generator) -> Settlements:
    kinds: list[Kind] = table["kind"].tolist()
    towns = kinds.count("town")
    names = place_names(len(kinds) + 8 * towns, rng)
    angle = rng.uniform(0, np.pi, len(kinds)).tolist()
    numbers: list[list[float]] = [table[column].tolist() for column in ("x", "y", "cells", "people")]
    parents: list[int] = table["parent"].tolist()
    places = tuple(
        Place(n, kinds[n], names[n], township[n], parents[n], x, y, cells, people, (cells * 10_000 / np.pi) ** 0.5, angle[n])
        for n, (x, y, cells, people) in enumerate(zip(*numbers, strict=True))
    )
    townships = _townships(names[:towns])
    return Settlements(places, townships, _units(frame, places, townships, names[len(kinds) :]))


def _townships(names: list[str]) -> tuple[Township, ...]:
    """Two of five are sub-districts (街道) with codes from 001, the others towns (镇) with codes from 101, or later where there are many."""
    found = []
    before = max(100, 2 * -(-len(names) // 5))
    for number, name in enumerate(names):
        rounds, rest = divmod(number, 5)
        code, suffix = (2 * rounds + rest + 1, "街道") if rest < 2 else (before + 3 * rounds + rest - 1, "镇")
        found.append(Township(f"{COUNTY_CODE}{code:03d}", name + suffix))
    return tuple(found)


def _units(frame: Frame, places: tuple[Place, ...], townships: tuple[Township, ...], names: list[str]) -> tuple[Unit, ...]:
    rng = frame.rng("communities")
    spare = iter(names)
    drafts: list[tuple[str, Place, Points, bool]] = []
    for town in places[: len(townships)]:
        drafts += [(f"{next(spare)}社区", town, spot, True) for spot in _spots(town, 8 if town.number % 5 == 0 else 1, rng)]
    drafts += [(f"{village.name}村", village, village.centre, False) for village in places if village.kind == "village"]
    counts = [0] * len(townships)
    units = []
    for name, place, spot, urban in sorted(drafts, key=lambda draft: draft[1].township):
        counts[place.township] += 1
        code = f"{townships[place.township].code}{counts[place.township]:03d}"
        units.append(Unit(code, name, place.township, place.number, float(spot[0]), float(spot[1]), urban))
    return tuple(units)


def _spots(town: Place, count: int, rng: np.random.Generator) -> list[Points]:
    """Spread the communities of a town over it; the only one stands in its middle."""
    if count == 1:
        return [town.centre]
    away = 0.6 * town.radius * ((np.arange(count) + 0.5) / count) ** 0.5
    turn = 2.4 * np.arange(count) + rng.uniform(0, 0.3, count)
    return list(town.centre + np.column_stack([np.cos(turn), np.sin(turn)]) * away[:, None])
