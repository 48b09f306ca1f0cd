"""Where people live: towns and their communities, villages in the valleys, hamlets around them, and the island."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from layers.demo.frame import Frame, Noise, Points
from layers.demo.land import Land
from layers.demo.names import COUNTY_CODE, place_names

ISLAND_PEOPLE = 320.0
_PEOPLE = 431_200.0  # residents of the real county whose proportions are followed, 2023
_SEAT_SHARE, _TOWNS_SHARE = 0.385, 0.175  # 56 % of the people live in towns
_VILLAGES = 68


@dataclass(frozen=True)
class Settlements:
    """Where people live.

    Attributes
    ----------
    table : DataFrame
        Index ``settlement``; ``kind`` (town, village, hamlet, island), ``name``, ``township`` (row of the townships), ``parent`` (settlement a
        hamlet belongs to, else its own), ``x``, ``y``, ``cells`` (inhabited cells aimed at), ``people``, ``radius`` (m), ``angle``.
    townships : DataFrame
        ``code``, ``name``, one row per township.
    units : DataFrame
        Villages and urban communities as points: ``code``, ``name``, ``township``, ``settlement``, ``x``, ``y``, ``urban``.
    """

    table: pd.DataFrame
    townships: pd.DataFrame
    units: pd.DataFrame

    def centres(self, kind: str) -> Points:
        """Return the centres of the settlements of a kind, shape (settlements, 2)."""
        return self.table.loc[self.table["kind"] == kind, ["x", "y"]].to_numpy(dtype=float)


def settle(frame: Frame, land: Land, main_roads: Points) -> Settlements:
    """Return the settlements of a county: towns at the seats, villages along the valleys that the main roads follow."""
    rng = frame.rng("settlements")
    towns = _towns(frame, land, rng)
    villages = _villages(frame, land, towns, main_roads)
    hamlets = _hamlets(frame, land, villages, len(towns))
    island = pd.DataFrame(
        {"kind": ["island"], "x": [land.island.centroid.x], "y": [land.island.centroid.y], "cells": [14.0], "people": [ISLAND_PEOPLE]}
    )
    table = pd.concat([towns, villages, hamlets, island], ignore_index=True).rename_axis("settlement")
    table["township"] = _township_of(land, table[["x", "y"]].to_numpy(dtype=float))
    table["parent"] = table["parent"].fillna(pd.Series(table.index, table.index)).astype(int)
    table["cells"] = (table["cells"] * frame.cells / table["cells"].sum()).clip(lower=4).round()
    table["radius"] = np.sqrt(table["cells"] * 10_000 / np.pi)
    table["angle"] = rng.uniform(0, np.pi, len(table))
    return _named(frame, table, len(land.seats), rng)


def _towns(frame: Frame, land: Land, rng: np.random.Generator) -> pd.DataFrame:
    count = len(land.seats)
    size = rng.uniform(0.8, 1.25, count)
    size[0] = 0.0
    big = _SEAT_SHARE * _PEOPLE / (_TOWNS_SHARE * _PEOPLE / 4)
    # Every fifth town is as large as the usual county's seat, so that a larger county is no less urban.
    size[::5] = big
    people = _PEOPLE * (_SEAT_SHARE + _TOWNS_SHARE) * frame.factor * size / size.sum()
    density = np.where(size == big, 125.0, 72.0)
    return pd.DataFrame({"kind": "town", "x": land.seats[:, 0], "y": land.seats[:, 1], "cells": people / density, "people": people})


def _villages(frame: Frame, land: Land, towns: pd.DataFrame, main_roads: Points) -> pd.DataFrame:
    rng = frame.rng("villages")
    wanted = max(16, round(_VILLAGES * frame.factor))
    darts = frame.origin + rng.random((wanted * 60, 2)) * [frame.width, frame.height]
    valley = cKDTree(main_roads).query(darts)[0] + 500 * Noise.of(rng, 5_000.0).at(darts)
    likely = np.exp(-np.maximum(valley, 0) / 2_300) + 0.02
    seats = towns[["x", "y"]].to_numpy(dtype=float)
    away, which = cKDTree(seats).query(darts)
    outside_town = away > np.sqrt(towns["cells"].to_numpy() * 10_000 / np.pi)[which] + 900
    darts = darts[(rng.random(len(darts)) < likely) & outside_town & land.dry(darts, 330)]
    chosen = _spread(darts, 1_250.0)[:wanted]
    people = rng.lognormal(0, 0.35, len(chosen))
    people *= _PEOPLE * (1 - _SEAT_SHARE - _TOWNS_SHARE) * frame.factor / people.sum()
    frame_of = pd.DataFrame({"kind": "village", "x": chosen[:, 0], "y": chosen[:, 1], "people": people * 0.62})
    frame_of["cells"] = frame_of["people"] / rng.uniform(30, 42, len(chosen))
    return frame_of


def _spread(points: Points, apart: float) -> Points:
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


def _township_of(land: Land, points: Points) -> NDArray[np.intp]:
    areas = shapely.STRtree(list(land.townships))
    township = areas.nearest(shapely.points(points))
    return np.asarray(township, dtype=np.intp)


def _named(frame: Frame, table: pd.DataFrame, towns: int, rng: np.random.Generator) -> Settlements:
    names = place_names(len(table) + 8 * towns, rng)
    named = table.assign(name=names[: len(table)])
    streets = np.arange(towns) % 5 < 2  # 街道 (sub-districts) have codes from 001, 镇 (towns) from 101
    codes = np.where(streets, np.cumsum(streets), 100 + np.cumsum(~streets))
    suffix = np.where(streets, "街道", "镇")
    labels = [name + end for name, end in zip(names[:towns], suffix, strict=True)]
    townships = pd.DataFrame({"code": [f"{COUNTY_CODE}{code:03d}" for code in codes], "name": labels})
    units = pd.concat([_communities(frame, named, towns, names[len(table) :]), _village_points(named)], ignore_index=True)
    units = units.sort_values(["township", "urban"], ascending=[True, False], kind="stable", ignore_index=True)
    number = units.groupby("township").cumcount() + 1
    units["code"] = [f"{townships.at[t, 'code']}{n:03d}" for t, n in zip(units["township"], number, strict=True)]
    return Settlements(named, townships, units)


def _communities(frame: Frame, table: pd.DataFrame, towns: int, names: list[str]) -> pd.DataFrame:
    """Urban communities: eight in a county seat, spread over it, and one in each other town."""
    rng = frame.rng("communities")
    town = np.repeat(np.arange(towns), np.where(np.arange(towns) % 5 == 0, 8, 1))
    within = pd.Series(town).groupby(town).cumcount().to_numpy()
    count = np.bincount(town)[town]
    away = np.where(count > 1, 0.6 * table["radius"].to_numpy()[town] * ((within + 0.5) / count) ** 0.5, 0.0)
    turn = 2.4 * within + rng.uniform(0, 0.3, len(town))
    x = table["x"].to_numpy()[town] + away * np.cos(turn)
    y = table["y"].to_numpy()[town] + away * np.sin(turn)
    labels = [f"{name}社区" for name in names[: len(town)]]
    return pd.DataFrame({"name": labels, "township": town, "settlement": town, "x": x, "y": y, "urban": True})


def _village_points(table: pd.DataFrame) -> pd.DataFrame:
    rural = table[table["kind"] == "village"]
    labels = [f"{name}村" for name in rural["name"]]
    return pd.DataFrame({"name": labels, "township": rural["township"], "settlement": rural.index, "x": rural["x"], "y": rural["y"], "urban": False})
