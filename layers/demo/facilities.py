"""Facilities of a generated county, in the proportions that a real county's plan reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from layers.demo.frame import Frame, Points
from layers.demo.names import COUNTY, PREFECTURE
from layers.demo.people import ELDERS, People
from layers.demo.settlements import Settlements
from layers.demo.streets import StreetPlan

BEDS_PER_1000 = 32.52  # beds per 1,000 people of 60 and over, 2020
STATIONS, MUTUAL = 23, 27  # home-care centres and rural happiness homes of the real county
_PREFIX = {"elder": "YL", "child": "ET", "burial": "BZ", "community": "SQ"}
_HOMES = ("elder_institution", "elder_nursing_home", "elder_town_centre", "elder_wujing")
# People a place or plot serves are few where beds stand empty: 35.5 % were taken in a provincial return of 2020.
HALF_EMPTY = 0.29


@dataclass(frozen=True)
class Site:
    """What one facility is before it gets a position and its remaining figures."""

    type: str
    name: str
    town: int
    place: int
    capacity: float
    use: float
    per_unit: tuple[float, float]
    owner: str = "公办"
    care: float = 0.0
    remark: str = ""


def facilities(frame: Frame, places: Settlements, people: People, streets: StreetPlan) -> pd.DataFrame:
    """Return all facilities of the county.

    Returns
    -------
    DataFrame
        Index ``id``; ``domain``, ``type``, ``name``, ``township`` (row), ``x``, ``y``, ``capacity``, ``care_beds``, ``residents``, ``floor_area``,
        ``land_area``, ``year``, ``investment`` (10,000 yuan), ``ownership``, ``status``, ``remark``. NaN is unknown.
    """
    rng = frame.rng("facilities")
    units = places.units
    sites = [
        *_homes(frame, places, people, rng),
        *_near_homes(frame, units, rng),
        *_for_children(frame, places, rng),
        *_for_the_dead(frame, places, rng),
        *_for_everyone(places, rng),
    ]
    table = _figures(sites, rng)
    at = _positions(table, people, rng)
    hills = table["type"].str.startswith(("cemetery", "columbarium", "funeral")).to_numpy()
    at[hills] = _on_hills(table[hills], places, people, streets)
    table[["x", "y"]] = at
    return _with_gaps(table.set_index("id"), rng)


def _homes(frame: Frame, places: Settlements, people: People, rng: np.random.Generator) -> list[Site]:
    """Homes with beds: together :data:`BEDS_PER_1000` for each 1,000 elders, many of them empty."""
    total = round(float(people.groups[list(ELDERS)].to_numpy().sum()) / 1000 * BEDS_PER_1000)
    towns, names = places.townships, _brand(rng)
    villages = _villages(places, rng)
    sites = [Site("elder_nursing_home", f"{COUNTY}老年养护院", 0, 0, 100, 0.52, (46, 30), "公办", 0.95)]
    centres = _every(len(towns), 0.6)
    sites += [
        Site("elder_town_centre", f"{towns.at[t, 'name']}区域养老服务中心", t, t, 40 + 10 * (t % 3), 0.45, (34, 24), "公办", 0.4) for t in centres
    ]
    for number in range(frame.many(12)):
        village = villages.iloc[number % len(villages)]
        beds, use = int(rng.choice([30, 36, 40, 48, 60])), float(rng.uniform(0.18, 0.55))
        name = f"{village['name'].removesuffix('村')}敬老院"
        sites.append(Site("elder_wujing", name, int(village["township"]), int(village["settlement"]), beds, use, (24, 30), "公办", 0.22))
    count = frame.many(8)
    left = total - sum(site.capacity for site in sites)
    beds = _shares(left, np.tile([1.8, 1.5, 1.0, 0.8, 1.2, 0.9, 0.7, 0.6], count)[:count])
    for number, size in enumerate(beds):
        town = number % len(towns) if number >= 4 else 5 * (number // 4 % -(-len(towns) // 5))
        public = number == 0
        use = HALF_EMPTY if number == 1 else float(rng.uniform(0.26, 0.46))
        name = f"{COUNTY}社会福利院" if public else f"{towns.at[town, 'name'][:-1].removesuffix('街')}{next(names)}老年公寓"
        sites.append(Site("elder_institution", name, town, town, float(size), use, (37, 28), "公办" if public else "民办", 0.55))
    return sites


def _near_homes(frame: Frame, units: pd.DataFrame, rng: np.random.Generator) -> list[Site]:
    """Stations, day care and mutual-help homes near where elders live."""
    urban, rural = units[units["urban"]], units[~units["urban"]].sample(frac=1, random_state=int(rng.integers(2**31)))
    count = frame.many(STATIONS)
    in_town = urban.iloc[_every(len(urban), 0.6)]
    stations = pd.concat([in_town, rural])[:count]
    mutual = rural.drop(index=stations.index, errors="ignore")[: frame.many(MUTUAL)]
    daycare = urban.drop(index=in_town.index)[: frame.many(5)]
    sites = [_site("elder_station_city", unit, "居家养老服务中心", rng.integers(15, 60), rng.uniform(0.2, 0.9), (11, 0)) for unit in _rows(stations)]
    sites += [_site("elder_daycare", unit, "日间照料中心", rng.integers(20, 40), rng.uniform(0.25, 0.8), (16, 0)) for unit in _rows(daycare)]
    sites += [_site("elder_mutual_rural", unit, "农村幸福院", rng.integers(6, 24), rng.uniform(0.05, 0.6), (10, 12)) for unit in _rows(mutual)]
    return sites


def _for_children(frame: Frame, places: Settlements, rng: np.random.Generator) -> list[Site]:
    towns, units = places.townships, places.units
    homes = units.iloc[_every(len(units), 0.62)]
    return [
        Site("child_welfare_city", f"{PREFECTURE}儿童福利院", 0, 0, 150, 0.51, (38, 34)),
        Site("child_welfare_county", f"{COUNTY}儿童福利院", 0, 0, 40, 0.15, (36, 30), remark="在院儿童6人，多为重残"),
        Site("minor_protection_centre", f"{COUNTY}未成年人救助保护中心", 0, 0, 20, 0.1, (30, 25)),
        *(Site("minor_station", f"{towns.at[t, 'name']}未成年人保护工作站", t, t, np.nan, np.nan, (0, 0)) for t in _every(len(towns), 0.6)),
        *(_site("child_home", unit, "儿童之家", np.nan, np.nan, (0, 0)) for unit in _rows(homes)),
    ]


def _for_the_dead(frame: Frame, places: Settlements, rng: np.random.Generator) -> list[Site]:
    """Two public cemeteries near full, village cemeteries partly used, few columbaria."""
    towns, villages = places.townships, _villages(places, rng)
    scale = max(1.0, frame.factor)
    first = Site("cemetery_city", f"{COUNTY}龙凤山公益性公墓", 0, 0, round(9_600 * scale), 0.963, (0, 3.1), remark="近满")
    second = Site("cemetery_town", f"{towns.at[2, 'name']}公益性公墓", 2, 2, 2_400, 0.942, (0, 3.4), remark="近满，十三五改扩建")
    chosen = villages.iloc[-frame.many(14) :]
    sites = [first, second]
    sites += [_site("cemetery_village", unit, "公益性公墓", 20 * rng.integers(15, 60), rng.uniform(0.25, 0.7), (0, 3.6)) for unit in _rows(chosen)]
    sites += [
        Site("columbarium", f"{COUNTY}骨灰堂", 0, 0, 4_000, 0.21, (0.4, 0.8)),
        Site("columbarium", f"{towns.at[3, 'name']}骨灰堂", 3, 3, 1_200, 0.12, (0.4, 0.9)),
    ]
    sites.append(Site("funeral_home", f"{COUNTY}殡仪馆", 0, 0, round(4_500 * scale), 0.58, (1.5, 8.0)))
    return sites


def _for_everyone(places: Settlements, rng: np.random.Generator) -> list[Site]:
    towns, units = places.townships, places.units
    urban, rural = units[units["urban"]], units[~units["urban"]]
    sites = [_site("community_centre", unit, "服务站", rng.integers(380, 980), np.nan, (1, 0.9)) for unit in _rows(urban)]
    sites += [
        Site("community_centre_street", f"{towns.at[t, 'name']}便民服务中心", t, t, float(rng.integers(650, 1500)), np.nan, (1, 1))
        for t in _every(len(towns), 0.8)
    ]
    sites += [
        _site("village_centre", unit, "综合服务中心", rng.integers(120, 620), np.nan, (1, 1.4))
        for unit in _rows(rural.iloc[_every(len(rural), 0.87)])
    ]
    sites += [Site("social_work_station", f"{towns.at[t, 'name']}社工站", t, t, np.nan, np.nan, (0, 0)) for t in _every(len(towns), 0.8)]
    sites.append(Site("rescue_station", f"{COUNTY}救助管理站", 0, 0, 24, 0.2, (30, 20)))
    return sites


def _site(kind: str, unit: pd.Series[object], what: str, capacity: float, use: float, per_unit: tuple[float, float]) -> Site:
    return Site(kind, f"{unit['name']}{what}", int(str(unit["township"])), int(str(unit.name)), float(capacity), float(use), per_unit)


def _rows(units: pd.DataFrame) -> list[pd.Series[object]]:
    """Units with their settlement as name of the row."""
    return [row for _, row in units.set_index("settlement").iterrows()]


def _villages(places: Settlements, rng: np.random.Generator) -> pd.DataFrame:
    rural = places.units[~places.units["urban"]]
    return rural.iloc[rng.permutation(len(rural))]


def _every(count: int, share: float) -> NDArray[np.intp]:
    """Positions of about a share of ``count``, evenly spread, the first always among them."""
    return np.unique(np.floor(np.arange(0, count, 1 / share)).astype(np.intp))


def _shares(total: float, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whole numbers in proportion to weights that add up to a total."""
    whole = np.floor(total * weights / weights.sum())
    whole[0] += total - whole.sum()
    return whole


def _brand(rng: np.random.Generator) -> object:
    words = ("祥和", "福寿", "松鹤", "康乐", "安怡", "颐年", "瑞康", "静安", "和乐", "寿康", "金秋", "常青")
    order = [words[i] for i in rng.permutation(len(words))]
    return (word for _ in iter(int, 1) for word in order)


def _figures(sites: list[Site], rng: np.random.Generator) -> pd.DataFrame:
    from layers.types import facility_types

    types = facility_types()
    rows = []
    for site in sites:
        kind = types[site.type]
        floor, land = (site.capacity * per * rng.uniform(0.85, 1.15) for per in site.per_unit)
        if kind.capacity_unit == "m2":
            floor = site.capacity
        if kind.capacity_unit == "sites":
            floor = float(rng.integers(30, 160))
        rows.append(
            {
                "domain": kind.domain,
                "type": site.type,
                "name": site.name,
                "township": site.town,
                "place": site.place,
                "capacity": site.capacity,
                "care_beds": np.floor(site.capacity * site.care) if kind.capacity_unit == "beds" and kind.domain == "elder" else np.nan,
                "residents": np.floor(site.capacity * site.use),
                "floor_area": np.round(floor) if floor else np.nan,
                "land_area": np.round(land) if land else np.nan,
                "year": float(rng.integers(1988, 2024)),
                "investment": np.round(floor * rng.uniform(0.22, 0.38)) if floor else np.nan,
                "ownership": site.owner,
                "status": "运营",
                "remark": site.remark,
                "level": kind.levels[0],
            }
        )
    table = pd.DataFrame(rows)
    number = table.groupby("domain").cumcount() + 1
    table["id"] = [f"{_PREFIX[domain]}{n:03d}" for domain, n in zip(table["domain"], number, strict=True)]
    return table


def _positions(table: pd.DataFrame, people: People, rng: np.random.Generator) -> Points:
    """A spot in an inhabited cell of the facility's settlement, in no other facility's cell of its type where that can be."""
    order = np.argsort(people.settlement, kind="stable")
    bounds = np.searchsorted(people.settlement[order], np.arange(people.settlement.max() + 2))
    at = np.empty((len(table), 2))
    for row, place in enumerate(table["place"]):
        cells = order[bounds[place] : bounds[place + 1]]
        at[row] = people.points[cells[rng.integers(len(cells))]] + rng.uniform(-35, 35, 2)
    return at


def _on_hills(table: pd.DataFrame, places: Settlements, people: People, streets: StreetPlan) -> Points:
    """Street nodes at least 600 m from any home, the nearest to the facility's settlement, each taken once."""
    away = cKDTree(people.points).query(streets.points)[0]
    lonely = streets.points[away > 600] if (away > 600).sum() >= 4 * len(table) else streets.points[np.argsort(-away)[: 4 * len(table)]]
    homes = places.table.loc[table["place"], ["x", "y"]].to_numpy(dtype=float)
    nearest = np.atleast_2d(cKDTree(lonely).query(homes, k=min(200, len(lonely)))[1])
    taken: list[int] = []
    for options in nearest:
        free = [int(node) for node in options if all(np.hypot(*(lonely[node] - lonely[other])) > 700 for other in taken[-60:])]
        taken.append(free[0] if free else int(options[0]))
    return lonely[taken] + 25.0


def _with_gaps(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A real ledger has gaps: unknown beds, a missing position, a home no longer open."""
    of = {kind: list(table.index[table["type"] == kind]) for kind in ("elder_mutual_rural", "child_home", "elder_wujing")}
    gaps = table.copy()
    gaps.loc[of["elder_mutual_rural"][3:5], ["capacity", "residents"]] = np.nan
    gaps.loc[of["child_home"][-1:], ["x", "y"]] = np.nan
    gaps.loc[of["child_home"][-1:], "remark"] = "坐标待补"
    gaps.loc[of["elder_mutual_rural"][-1:], ["status", "remark"]] = ["停用", "无人入住"]
    gaps.loc[of["elder_wujing"][:1], "year"] = np.nan
    return gaps
