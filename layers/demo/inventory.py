"""What stands where in a generated county, in the numbers that a real county's plan reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from math import nan
from typing import TypeVar

import numpy as np

from layers.demo.frame import Frame
from layers.demo.names import COUNTY, PREFECTURE
from layers.demo.people import People
from layers.demo.settlements import Settlements, Unit

BEDS_PER_1000 = 32.52  # beds per 1,000 people of 60 and over, 2020
STATIONS, MUTUAL = 23, 27  # home-care centres and rural happiness homes of the real county
HALF_EMPTY = 0.29  # occupancy of the home that a proposed project would stand beside
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Site:
    """A facility before it has a position: ``use`` is the share of its capacity taken, ``floor`` and ``land`` are m2 per unit of capacity."""

    type: str
    name: str
    place: int
    capacity: float = nan
    use: float = nan
    floor: float = 0.0
    land: float = 0.0
    care: float = 0.0
    public: bool = True
    remark: str = ""


def inventory(frame: Frame, places: Settlements, people: People) -> list[Site]:
    """Return everything that stands in the county; at least one facility of every type."""
    rng = frame.rng("inventory")
    villages = [unit for unit in places.units if not unit.urban]
    villages = [villages[n] for n in rng.permutation(len(villages))]
    return [
        *_homes(frame, places, people, villages, rng),
        *_near_homes(frame, places, villages, rng),
        *_for_children(places),
        *_for_the_dead(frame, places, villages, rng),
        *_for_everyone(places, rng),
    ]


def _homes(frame: Frame, places: Settlements, people: People, villages: Sequence[Unit], rng: np.random.Generator) -> Iterator[Site]:
    """Homes with beds, together :data:`BEDS_PER_1000`; a provincial return of 2020 had 35.5 % of them taken."""
    left = round(float(people.elders.sum()) / 1_000 * BEDS_PER_1000)
    size = min(1.0, frame.factor)  # a smaller county has as many homes, but small ones
    small = [Site("elder_nursing_home", f"{COUNTY}老年养护院", 0, _beds(100 * size), 0.52, 46, 30, 0.95)]
    for number, town in _some(places.townships, 0.6):
        beds = _beds((40 + 10 * (number % 3)) * size)
        small.append(Site("elder_town_centre", f"{town.name}区域养老服务中心", number, beds, 0.45, 34, 24, 0.4))
    for _, village in zip(range(frame.many(12)), cycle(villages), strict=False):
        beds, use = _beds(float(rng.choice([30, 36, 40, 48, 60])) * size), float(rng.uniform(0.18, 0.55))
        small.append(Site("elder_wujing", f"{village.name.removesuffix('村')}敬老院", village.place, beds, use, 24, 30, 0.22))
    yield from small
    yield from _institutions(frame, places, left - sum(site.capacity for site in small), rng)


def _beds(wanted: float) -> float:
    return float(max(8, round(wanted)))


def _institutions(frame: Frame, places: Settlements, beds: float, rng: np.random.Generator) -> Iterator[Site]:
    """Half of them in county seats, the others in all towns; the first is public, the second half empty."""
    brands = ("祥和", "福寿", "松鹤", "康乐", "安怡", "颐年", "瑞康", "静安", "和乐", "寿康", "金秋", "常青")
    towns, count = places.townships, frame.many(8)
    for number, size in enumerate(_shares(beds, np.resize([1.8, 1.5, 1.0, 0.8, 1.2, 0.9, 0.7, 0.6], count))):
        town = number // 8 * 5 % len(towns) if number % 8 < 4 else number % len(towns)
        use = HALF_EMPTY if number == 1 else float(rng.uniform(0.26, 0.46))
        name = f"{COUNTY}社会福利院" if number == 0 else f"{towns[town].short}{brands[number % len(brands)]}老年公寓"
        yield Site("elder_institution", name, town, size, use, 37, 28, 0.55, public=number == 0)


def _near_homes(frame: Frame, places: Settlements, villages: Sequence[Unit], rng: np.random.Generator) -> Iterator[Site]:
    """Stations, day care and mutual-help homes near where elders live."""
    urban = [unit for unit in places.units if unit.urban]
    in_town = [unit for _, unit in _some(urban, 0.6)]
    rural = frame.many(STATIONS) - len(in_town)
    for unit in [*in_town, *villages[:rural]]:
        yield Site("elder_station_city", f"{unit.name}居家养老服务中心", unit.place, float(rng.integers(15, 60)), float(rng.uniform(0.2, 0.9)), 11)
    for _, unit in _some(urban, 0.5):
        yield Site("elder_daycare", f"{unit.name}日间照料中心", unit.place, float(rng.integers(20, 40)), float(rng.uniform(0.25, 0.8)), 16)
    for unit in villages[rural : rural + frame.many(MUTUAL)]:
        use = float(rng.uniform(0.05, 0.6))
        yield Site("elder_mutual_rural", f"{unit.name}农村幸福院", unit.place, float(rng.integers(6, 24)), use, 10, 12)


def _for_children(places: Settlements) -> Iterator[Site]:
    yield Site("child_welfare_city", f"{PREFECTURE}儿童福利院", 0, 150, 0.51, 38, 34)
    yield Site("child_welfare_county", f"{COUNTY}儿童福利院", 0, 40, 0.15, 36, 30, remark="在院儿童6人，多为重残")
    yield Site("minor_protection_centre", f"{COUNTY}未成年人救助保护中心", 0, 20, 0.1, 30, 25)
    for number, town in _some(places.townships, 0.6):
        yield Site("minor_station", f"{town.name}未成年人保护工作站", number)
    for _, unit in _some(places.units, 0.62):
        yield Site("child_home", f"{unit.name}儿童之家", unit.place)


def _for_the_dead(frame: Frame, places: Settlements, villages: Sequence[Unit], rng: np.random.Generator) -> Iterator[Site]:
    """Two public cemeteries near full, village cemeteries partly used, columbaria hardly."""
    towns, scale = places.townships, max(1.0, frame.factor)
    yield Site("cemetery_city", f"{COUNTY}龙凤山公益性公墓", 0, round(9_600 * scale), 0.963, 0, 3.1, remark="近满")
    yield Site("cemetery_town", f"{towns[2].name}公益性公墓", 2, 2_400, 0.942, 0, 3.4, remark="近满，曾改扩建")
    for unit in villages[-frame.many(14) :]:
        plots, use = float(20 * rng.integers(15, 60)), float(rng.uniform(0.25, 0.7))
        yield Site("cemetery_village", f"{unit.name}公益性公墓", unit.place, plots, use, 0, 3.6)
    yield Site("columbarium", f"{COUNTY}骨灰堂", 0, 4_000, 0.21, 0.4, 0.8)
    yield Site("columbarium", f"{towns[3].name}骨灰堂", 3, 1_200, 0.12, 0.4, 0.9)
    yield Site("funeral_home", f"{COUNTY}殡仪馆", 0, round(4_500 * scale), 0.58, 1.5, 8.0)


def _for_everyone(places: Settlements, rng: np.random.Generator) -> Iterator[Site]:
    for unit in places.units:
        if unit.urban:
            yield Site("community_centre", f"{unit.name}服务站", unit.place, float(rng.integers(380, 980)), nan, 1, 0.9)
    for number, town in _some(places.townships, 0.8):
        yield Site("community_centre_street", f"{town.name}便民服务中心", number, float(rng.integers(650, 1_500)), nan, 1, 1)
        yield Site("social_work_station", f"{town.name}社工站", number)
    for _, unit in _some([unit for unit in places.units if not unit.urban], 0.87):
        yield Site("village_centre", f"{unit.name}综合服务中心", unit.place, float(rng.integers(120, 620)), nan, 1, 1.4)
    yield Site("rescue_station", f"{COUNTY}救助管理站", 0, 24, 0.2, 30, 20)


def _some(items: Sequence[Item], share: float) -> Iterator[tuple[int, Item]]:
    """Yield about a share of the items, evenly spread, with their positions; the first is always among them."""
    for number in np.unique((np.arange(max(1, round(len(items) * share))) / share).astype(int)).tolist():
        yield number, items[number]


def _shares(total: float, weights: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float]:
    """Split a whole number in proportion to weights, into whole numbers."""
    whole = np.floor(total * weights / weights.sum())
    whole[0] += total - whole.sum()
    return [float(size) for size in whole]
