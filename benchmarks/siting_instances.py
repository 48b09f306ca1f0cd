"""Siting instances: published files as they stand, and generated regions of any size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from planning.siting import SitingProblem
from planning.travel.costs import TravelCosts
from planning.travel.imported import from_table

Points = NDArray[np.float64]

WIDTH, TOWNS, SPREAD = 100_000.0, 60, 3_500.0
# Cells and sites in the country rather than in a town, and their lattices in metres.
COUNTRY_CELLS, COUNTRY_SITES, SITE_LATTICE, SITE_SHIFT = 0.4, 0.3, 200.0, 13.0


@dataclass(frozen=True)
class Instance:
    """A siting problem as it is asked: ``p`` sites and the reach where it names them, the model that it is published for."""

    name: str
    problem: SitingProblem
    model: str
    p: int | None = None
    reach: float | None = None
    generated: bool = False

    @property
    def pairs(self) -> int:
        """Trips known."""
        return len(self.problem.costs.cell)


def read(path: Path, p: int | None, reach: float | None) -> Instance:
    """Read a file by what it looks like: a table with commas, a TSPLIB header, an OR-Library header ``nodes edges p``, or lines of ``x y weight``."""
    text = path.read_text(encoding="utf-8-sig")
    lines = text.split("\n", 2)
    if path.suffix.lower() == ".csv" or "," in lines[0]:
        return _spopt(path, p, reach)
    if "NODE_COORD_SECTION" in text:
        return _tsplib(path.stem, text, p)
    numbers = np.array(text.split(), float)
    if len(lines[0].split()) == 3 and len(numbers) == 3 + 3 * int(numbers[1]):
        return _or_library(path.stem, numbers.astype(np.int64), p)
    if len(lines[0].split()) != 3 or len(numbers) % 3:
        raise SystemExit(f"{path}: neither an OR-Library, spopt or TSPLIB file nor lines of x y weight.")
    if reach is None:
        raise SystemExit(f"{path}: points need --reach, the distance within which a site covers.")
    points = numbers.reshape(-1, 3)
    return Instance(path.stem, problem(points[:, 2], costs_within(points[:, :2], points[:, :2], reach)), "mclp", p, reach)


def problem(people: NDArray[np.float64], costs: TravelCosts) -> SitingProblem:
    """Return the problem in which every site is a candidate."""
    return SitingProblem(people, costs, dict.fromkeys(costs.sites, "candidate"))


def _or_library(name: str, numbers: NDArray[np.int64], p: int | None) -> Instance:
    nodes, edges, sites = numbers[:3].tolist()
    # Of a repeated edge the last cost counts, as the library says.
    last = {(min(tail, head), max(tail, head)): cost for tail, head, cost in numbers[3 : 3 + 3 * edges].reshape(-1, 3).tolist()}
    tails, heads = np.array(list(last)).T - 1
    way = dijkstra(csr_array((np.array(list(last.values()), float), (tails, heads)), shape=(nodes, nodes)), directed=False)
    return Instance(name, problem(np.ones(nodes), dense_costs(way)), "pmedian", p or sites)


def _spopt(path: Path, p: int | None, reach: float | None) -> Instance:
    trips = pd.read_csv(path, dtype={"DestinationName": str, "name": str})
    if not {"distance", "name", "DestinationName", "demand"} <= set(trips.columns):
        raise SystemExit(f"{path}: a cost table of spopt has the columns distance, name, DestinationName and demand.")
    costs = from_table(trips, origin="DestinationName", site="name", cost="distance", unit="m")
    people = trips.groupby("DestinationName")["demand"].first().loc[list(costs.cells)].to_numpy(float)
    return Instance(path.stem, problem(people, costs), "pmedian" if reach is None else "mclp", p, reach)


def _tsplib(name: str, text: str, p: int | None) -> Instance:
    head, _, rest = text.partition("NODE_COORD_SECTION")
    kind = next((line.split(":")[1].strip() for line in head.splitlines() if line.startswith("EDGE_WEIGHT_TYPE")), "EUC_2D")
    if kind not in {"EUC_2D", "CEIL_2D"}:
        raise SystemExit(f"{name}: distances of the kind {kind} are not read; EUC_2D and CEIL_2D are.")
    points = np.array([line.split()[1:3] for line in rest.split("EOF")[0].strip().splitlines()], float)
    way = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    whole = np.floor(way + 0.5) if kind == "EUC_2D" else np.ceil(way)
    return Instance(name, problem(np.ones(len(points)), dense_costs(whole)), "pmedian", p)


def dense_costs(way: Points) -> TravelCosts:
    """Return a table of cells by sites, all of them known, as travel costs without a limit."""
    cells, sites = way.shape
    if not np.isfinite(way).all():
        raise SystemExit("Some nodes cannot be reached from others.")
    return _costs(sites, cells, np.full(sites, cells), np.tile(np.arange(cells, dtype=np.int32), sites), way.T.ravel(), np.inf)


def costs_within(cells: Points, sites: Points, reach: float) -> TravelCosts:
    """Return straight lines up to ``reach`` in metres, in single precision."""
    found, ways = zip(*_trips(cells, sites, reach), strict=True)
    # A way may round to just beyond the reach, where it is no longer within it.
    most = np.nextafter(np.float32(reach), np.float32(0)) if np.float32(reach) > reach else np.float32(reach)
    cost = np.minimum(np.concatenate([way.astype(np.float32) for way in ways]), most)
    return _costs(len(sites), len(cells), np.array([len(way) for way in ways]), np.concatenate(found), cost, reach)


def _trips(cells: Points, sites: Points, reach: float) -> Iterator[tuple[NDArray[np.int32], NDArray[np.float64]]]:
    """Yield the cells within the reach of each site, and how far they are."""
    order = np.argsort(cells[:, 0], kind="stable").astype(np.int32)
    x, y = cells[order].T
    strips = np.searchsorted(x, sites[:, 0] - reach), np.searchsorted(x, sites[:, 0] + reach, side="right")
    for site, (begin, end) in enumerate(zip(*strips, strict=True)):
        square = (x[begin:end] - sites[site, 0]) ** 2 + (y[begin:end] - sites[site, 1]) ** 2
        near = np.flatnonzero(square <= reach * reach)
        yield order[begin + near], np.sqrt(square[near])


def _costs(sites: int, cells: int, counts: NDArray[np.int64], cell: NDArray[np.int32], cost: NDArray[np.floating], limit: float) -> TravelCosts:
    names = pd.Index([f"{site:0{len(str(sites - 1))}d}" for site in range(sites)], dtype="str")
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return TravelCosts(names, pd.RangeIndex(cells), start, cell, cost, "m", "imported", limit, np.ones(cells, bool))


def costs_of_all(cells: Points, sites: Points) -> TravelCosts:
    """Return every straight line in metres, in single precision, each written once where it stays."""
    cost, shape = np.empty(len(sites) * len(cells), np.float32), (len(sites), len(cells))
    for column, site in zip(cost.reshape(shape), sites, strict=True):
        np.hypot(*(cells - site).T, out=column, casting="same_kind")
    cell = np.empty(len(cost), np.int32)
    cell.reshape(shape)[:] = np.arange(len(cells))
    return _costs(len(sites), len(cells), np.full(len(sites), len(cells)), cell, cost, np.inf)


def generated(cells: int, sites: int, p: int | None, cover: float, seed: int, *, every_trip: bool = False) -> Instance:
    """Return a region of 100 km by 100 km with 60 towns, in which a cell has ``cover`` sites within the reach on average.

    Town centres are uniform in the inner 90 %, their shares Pareto 1.3 plus 0.2, their spread normal with 3.5 km; 40 % of the cells and 30 % of the
    sites are in the country, uniform. Cells stand on a lattice of 100 m (50 m from a million on), sites on one of 200 m shifted by 13 m, none twice.
    Weights are lognormal(0, 0.8) plus up to 400 in town centres, rounded up. The reach is the least whole metre with the wanted mean.
    ``every_trip`` keeps the trips beyond the reach, too: the p-median and the p-center look at them.
    """
    rng = np.random.default_rng(seed)
    towns, share = rng.uniform(0.05 * WIDTH, 0.95 * WIDTH, (TOWNS, 2)), rng.pareto(1.3, TOWNS) + 0.2
    centres = towns, share / share.sum()
    homes = _places(rng, centres, cells, COUNTRY_CELLS, 50.0 if cells >= 1_000_000 else 100.0)
    places = _places(rng, centres, sites, COUNTRY_SITES, SITE_LATTICE) + SITE_SHIFT
    raised = 400.0 * np.exp(-0.5 * (cKDTree(towns).query(homes)[0] / SPREAD) ** 2)
    people = np.ceil(rng.lognormal(0.0, 0.8, cells) + raised)
    reach = _reach(homes, places, cover)
    name = f"{cells}x{sites}-cover{cover:g}-seed{seed}"
    costs = costs_of_all(homes, places) if every_trip else costs_within(homes, places, reach)
    return Instance(name, problem(people, costs), "mclp", p, reach, generated=True)


def _places(rng: np.random.Generator, centres: tuple[Points, Points], count: int, country: float, lattice: float) -> Points:
    """Return distinct places on a lattice inside the square, shape (count, 2): those of towns, then those in the country."""
    towns, share = centres
    side, taken = int(WIDTH / lattice), np.empty(0, np.int64)
    for wanted, in_town in ((count - round(country * count), True), (count, False)):
        while len(taken) < wanted:
            more = max(1000, 2 * (wanted - len(taken)))
            drawn = rng.uniform(0.0, WIDTH, (more, 2))
            if in_town:
                drawn = towns[rng.choice(len(towns), more, p=share)] + rng.normal(0.0, SPREAD, (more, 2))
            column, row = np.floor(drawn / lattice).astype(np.int64).T
            inside = (np.minimum(column, row) >= 0) & (np.maximum(column, row) < side)
            both = np.concatenate([taken, (column * side + row)[inside]])
            taken = both[np.sort(np.unique(both, return_index=True)[1])][:wanted]
    return np.column_stack(np.divmod(taken, side)) * lattice


def _reach(cells: Points, sites: Points, cover: float) -> float:
    """Return the least whole metre within which a cell has so many sites on average: a sample says where to look, then every trip is counted."""
    wanted, sample = math.ceil(cover * len(cells)), cells[:: max(1, len(cells) // 2000)]
    sampled = np.sort(np.hypot(*(sample[:, None] - sites[None]).transpose(2, 0, 1)), axis=None)
    most = 1.05 * sampled[min(len(sampled) - 1, int(cover * len(sample)))] + 1.0
    while True:
        counts = np.zeros(int(most) + 1, np.int64)
        for _, ways in _trips(cells, sites, float(int(most))):
            counts += np.bincount(np.ceil(ways).astype(np.int64), minlength=len(counts))
        enough = np.flatnonzero(np.cumsum(counts) >= wanted)
        if len(enough):
            return float(enough[0])
        most *= 1.2
