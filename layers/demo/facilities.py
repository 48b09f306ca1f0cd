"""Facilities of a generated county with all that a ledger says of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from math import floor, nan

import numpy as np
from scipy.spatial import cKDTree

from layers.demo.frame import Frame, Points, away_from
from layers.demo.inventory import Site, inventory
from layers.demo.land import Land
from layers.demo.people import People
from layers.demo.settlements import Settlements, townships_at
from layers.demo.streets import StreetPlan
from layers.types import facility_types

OPEN, CLOSED = "运营", "停用"
_PREFIX = {"elder": "YL", "child": "ET", "burial": "BZ", "community": "SQ"}
_LONELY_M = 600.0


@dataclass(frozen=True, slots=True)
class Facility:
    """A row of a ledger: NaN is unknown, areas in m2, ``investment`` in 10,000 yuan; ``township`` and ``place`` are rows."""

    id: str
    domain: str
    type: str
    name: str
    level: str
    township: int
    place: int
    x: float
    y: float
    capacity: float
    care_beds: float
    residents: float
    floor_area: float
    land_area: float
    year: float
    investment: float
    ownership: str
    status: str
    remark: str

    @property
    def point(self) -> Points:
        """The position in EPSG:4543, shape (2,)."""
        return np.array([self.x, self.y])

    @property
    def free(self) -> float:
        """Capacity not taken."""
        return self.capacity - self.residents


def facilities(frame: Frame, land: Land, places: Settlements, people: People, streets: StreetPlan) -> list[Facility]:
    """Return all facilities of the county, with the gaps that a real ledger has."""
    rng = frame.rng("facilities")
    sites = inventory(frame, places, people)
    points = _positions(sites, places, people, streets, rng)
    towns = townships_at(land, points).tolist()
    counts: Counter[str] = Counter()
    found = []
    for site, point, town in zip(sites, points.tolist(), towns, strict=True):
        domain = facility_types()[site.type].domain
        counts[domain] += 1
        found.append(_facility(site, f"{_PREFIX[domain]}{counts[domain]:03d}", (point[0], point[1], town), rng))
    return _with_gaps(found)


def _facility(site: Site, id: str, where: tuple[float, float, int], rng: np.random.Generator) -> Facility:
    kind = facility_types()[site.type]
    vary = rng.uniform(0.85, 1.15, 2)
    area = float(rng.integers(30, 160)) if kind.capacity_unit == "sites" else site.capacity * site.floor * float(vary[0])
    if kind.capacity_unit == "m2":
        area = site.capacity
    cost = area * float(rng.uniform(0.22, 0.38))
    return Facility(
        id=id,
        domain=kind.domain,
        type=site.type,
        name=site.name,
        level=kind.levels[0],
        township=where[2],
        place=site.place,
        x=where[0],
        y=where[1],
        capacity=site.capacity,
        care_beds=_whole(site.capacity * site.care) if kind.domain == "elder" and kind.capacity_unit == "beds" else nan,
        residents=_whole(site.capacity * site.use),
        floor_area=round(area) if area else nan,
        land_area=round(site.capacity * site.land * float(vary[1])) if site.land else nan,
        year=float(rng.integers(1988, 2024)),
        investment=round(cost) if area else nan,
        ownership="公办" if site.public else "民办",
        status=OPEN,
        remark=site.remark,
    )


def _whole(value: float) -> float:
    return value if value != value else float(floor(value))  # noqa: PLR0124 - NaN stays NaN


def _positions(sites: list[Site], places: Settlements, people: People, streets: StreetPlan, rng: np.random.Generator) -> Points:
    """Put each site into an inhabited cell of its place; cemeteries and the like onto the hills."""
    order = np.argsort(people.settlement, kind="stable")
    bounds = np.searchsorted(people.settlement[order], np.arange(len(places.places) + 1))
    hills = _Hills(people, streets)
    points = np.empty((len(sites), 2))
    for row, site in enumerate(sites):
        if facility_types()[site.type].domain == "burial":
            points[row] = hills.take(places.places[site.place].centre)
            continue
        cells = order[bounds[site.place] : bounds[site.place + 1]]
        home = people.points[cells[rng.integers(len(cells))]] if len(cells) else places.places[site.place].centre
        points[row] = home + rng.uniform(-35, 35, 2)
    return points


class _Hills:
    """Spots beside roads at least 600 m from any home, each given once."""

    def __init__(self, people: People, streets: StreetPlan) -> None:
        roads = streets.roads  # no hearse passes a footpath
        away = away_from(people.points, roads)
        lonely = away > _LONELY_M
        if np.count_nonzero(lonely) < 200:
            lonely = away >= np.sort(away)[-200]
        self._spots = roads[lonely]
        self._tree = cKDTree(self._spots)
        self._free = np.ones(len(self._spots), dtype=bool)

    def take(self, centre: Points) -> Points:
        """Return the nearest free spot and keep 700 m around it free of others."""
        near = np.atleast_1d(self._tree.query(centre, k=min(400, len(self._spots)))[1])
        free = near[self._free[near]]
        spot: Points = self._spots[int(free[0] if len(free) else near[0])] + 25.0
        self._free[self._tree.query_ball_point(spot, 700.0)] = False
        return spot


def _with_gaps(found: list[Facility]) -> list[Facility]:
    """Leave what real ledgers leave and nobody can call a fault: unknown places, an unknown year, a home no longer open."""
    of = {kind: [n for n, item in enumerate(found) if item.type == kind] for kind in ("elder_mutual_rural", "elder_wujing")}
    gaps = list(found)
    for number in of["elder_mutual_rural"][3:5]:
        gaps[number] = replace(gaps[number], capacity=nan, residents=nan)
    closed, old = of["elder_mutual_rural"][-1], of["elder_wujing"][0]
    gaps[closed] = replace(gaps[closed], status=CLOSED, residents=0.0, remark="无人入住")
    gaps[old] = replace(gaps[old], year=nan)
    return gaps
