"""A county drawn by head for the tests of publish: five townships, a grid of streets, people near the centres, sites of every action."""

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from layers.county import County
from layers.facilities import COLUMNS, NUMBER_COLUMNS, TEXT_COLUMNS, FacilityLayer
from layers.facts import Facts
from layers.outlines import Exclusions, Outlines
from layers.population import PopulationGrid
from layers.streets import StreetNetwork
from layers.types import facility_types
from planning.evaluation import Evaluation, evaluate
from planning.publish.sheet import Imprint, Sheet
from planning.siting.problem import SitingPlan
from planning.travel.costs import TravelCosts
from scenarios.state import Change, present

CRS_METRIC = CRS.from_epsg(4543)
CENTRES = {"530127001": (515_000.0, 2_790_000.0), "530127002": (503_000.0, 2_797_000.0), "530127003": (528_000.0, 2_796_000.0),
           "530127004": (505_000.0, 2_780_000.0), "530127005": (526_000.0, 2_779_000.0)}  # fmt: skip
NAMES = ("城关镇", "松华街道", "滇源<镇>", "阿子营乡", "=1+1 镇")
DATE = dt.date(2026, 1, 15)


def county(**changes) -> County:
    told = {"name": "云岭县", "name_en": "Yunling County", "code": "530127", "fictional": True, "compiled_by": "云岭县民政局",
            "attribution": ("示例道路", "示例人口格网"), "population": [{"file": "people.csv"}], "streets": {"file": "streets.gpkg"}}  # fmt: skip
    return County.model_validate({**told, **changes})


def outlines() -> Outlines:
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    wobble = 1 + 0.08 * np.sin(3 * angle) + 0.05 * np.cos(7 * angle)
    shape = shapely.Polygon(np.column_stack([515_000 + 24_000 * wobble * np.cos(angle), 2_788_500 + 18_000 * wobble * np.sin(angle)]))
    parts = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(list(CENTRES.values())), extend_to=shape))
    geometry = [next(part for part in parts if part.contains(shapely.Point(point))).intersection(shape) for point in CENTRES.values()]
    townships = gpd.GeoDataFrame({"name": NAMES, "geometry": geometry}, index=pd.Index(CENTRES, name="township"), crs=CRS_METRIC)
    villages = gpd.GeoDataFrame({"name": [], "township": [], "geometry": []}, index=pd.Index([], name="village"), crs=CRS_METRIC)
    return Outlines(shape, townships, villages, False, CRS_METRIC)


def population(found: Outlines) -> PopulationGrid:
    x, y = np.meshgrid(np.arange(488_000, 545_000, 500.0), np.arange(2_765_000, 2_812_000, 500.0))
    points = gpd.GeoSeries(gpd.points_from_xy(x.ravel(), y.ravel()), crs=CRS_METRIC)
    points = points[points.within(found.county)].reset_index(drop=True)
    centres = np.array(list(CENTRES.values()))
    distance = np.hypot(points.x.to_numpy()[:, None] - centres[:, 0], points.y.to_numpy()[:, None] - centres[:, 1])
    people = np.round((220 * np.exp(-distance / 2500) + 12 * np.exp(-distance / 9000)).sum(axis=1), 2)
    index = pd.Index(np.arange(len(points)), name="cell")
    cells = gpd.GeoDataFrame(
        {"size": 500.0, "township": np.array(list(CENTRES))[distance.argmin(axis=1)], "estimated": False, "geometry": points.to_numpy()},
        index=index, crs=CRS_METRIC,
    )  # fmt: skip
    table = pd.DataFrame({"60_plus": people, "0_59": 3 * people}, index=index)
    beyond, lost = pd.Series({"60_plus": 30.0, "0_59": 90.0}), pd.Series({"60_plus": 12.0, "0_59": 0.0})
    return PopulationGrid(cells, table, beyond, lost, {"elders": ("60_plus",), "residents": ("60_plus", "0_59")})


def streets(found: Outlines) -> StreetNetwork:
    rng = np.random.default_rng(3)
    lines = [[point, other] for i, point in enumerate(CENTRES.values()) for other in list(CENTRES.values())[i + 1 :]]
    classes = ["primary", "secondary", "secondary", "tertiary", "primary", "tertiary", "secondary", "trunk", "tertiary", "secondary"]
    for centre in CENTRES.values():
        for _ in range(30):
            start = np.array(centre) + rng.normal(0, 2500, 2)
            lines.append([tuple(start), tuple(start + rng.normal(0, 2200, 2)), tuple(start + rng.normal(0, 2800, 2))])
            classes.append("residential")
    x, y, tail, head, street = [], [], [], [], []
    for number, line in enumerate(lines):
        for position, point in enumerate(line):
            if position:
                tail.append(len(x) - 1)
                head.append(len(x))
                street.append(number)
            x.append(point[0])
            y.append(point[1])
    tail, head = np.array(tail, np.int32), np.array(head, np.int32)
    x, y = np.array(x), np.array(y)
    length = np.hypot(x[tail] - x[head], y[tail] - y[head])
    table = pd.DataFrame({"highway": classes, "name": "", "source": ""})
    both = {"walk": np.full(len(tail), 3, np.uint8)}
    level, street = np.zeros(len(tail)), np.array(street, np.int32)
    return StreetNetwork(x, y, tail, head, length, level, street, table, both, {"walk": np.full(len(tail), 1.0)}, CRS_METRIC)


def facilities(kept: int = 12) -> FacilityLayer:
    rng = np.random.default_rng(5)
    rows = []
    for number in range(kept + 5):
        code = list(CENTRES)[number % 5]
        x, y = np.array(CENTRES[code]) + rng.normal(0, 2600, 2)
        rows.append({"facility": f"F{number:03d}", "type": "elder_station_city", "name": f"{NAMES[number % 5]}第{number + 1}居家养老服务站",
                     "status": "operating", "township": code, "capacity": float(20 + 5 * (number % 4)), "residents": 11.0, "care_beds": 4.0,
                     "floor_area": 380.0, "year": 2014.0, "geometry": shapely.Point(x, y)})  # fmt: skip
    rows[-1].update(type="elder_daycare", name='=HYPERLINK("http://x") 日间照料中心')
    rows[0].update(capacity=np.nan, name="<b>城关</b>站 $5$")
    table = pd.DataFrame(rows).set_index("facility")
    for column in COLUMNS:
        if column not in table:
            table[column] = "" if column in TEXT_COLUMNS else (np.nan if column in NUMBER_COLUMNS else 0)
    return FacilityLayer(gpd.GeoDataFrame(table, geometry="geometry", crs=CRS_METRIC))


def facts(kept: int = 12, **changes) -> Facts:
    found = outlines()
    areas = gpd.GeoDataFrame(
        {"name": ["水源保护区", "地质灾害点"], "rule": "", "domains": [("elder", "child"), ("elder",)], "kind": ["exclude", "avoid"], "buffer": 0.0,
         "source": "示例", "geometry": [shapely.Point(519_000, 2_801_000).buffer(2600), shapely.box(508_000, 2_772_000, 512_500, 2_775_000)]},
        crs=CRS_METRIC,
    )  # fmt: skip
    return Facts(Path("云岭县"), county(**changes), CRS_METRIC, facilities(kept), population(found), streets(found), found, Exclusions(areas),
                 None, (), {"layers/people.csv": "ab" * 32, "county.toml": "cd" * 32})  # fmt: skip


def costs(given: Facts, sites: gpd.GeoSeries, limit: float = 3000.0) -> TravelCosts:
    """Distances as the crow flies, only to have something to draw; the far west is unreachable."""
    cells = given.population.cells
    x, y = cells.geometry.x.to_numpy(), cells.geometry.y.to_numpy()
    reachable = x >= 494_500
    distance = [np.hypot(x - point.x, y - point.y) for point in sites]
    entries = [np.flatnonzero((column <= limit) & reachable) for column in distance]
    start = np.concatenate([[0], np.cumsum([len(part) for part in entries])]).astype(np.int64)
    cell = np.concatenate([*entries, np.empty(0, int)]).astype(np.int32)
    cost = np.concatenate([*(column[part] for column, part in zip(distance, entries, strict=True)), np.empty(0)])
    return TravelCosts(pd.Index(sites.index.astype(str)), cells.index, start, cell, cost, "m", "walk", limit, reachable)


def measured(given: Facts, layer: FacilityLayer, key: str) -> Evaluation:
    kind = facility_types()[key]
    reach = kind.reach.model_copy(update={"radius_m": 2000.0})
    return evaluate(kind, given.population, given.outlines, layer, costs(given, layer.of_type(key).geometry), requirement=reach)


def sheet(kept: int = 12, *, types=("elder_station_city",), lang="zh", secrecy="内部", review_number="", fresh=4, **changes) -> Sheet:
    given = facts(kept, **changes)
    now = present(given.facilities)
    sites = [("N1", 509_500, 2_790_500), ("N2", 521_500, 2_787_000), ("N3", 499_500, 2_788_000), ("N4", 531_500, 2_786_500)]
    rng = np.random.default_rng(9)
    sites += [(f"N{number + 5}", *(np.array([515_000, 2_788_500]) + rng.normal(0, 6500, 2))) for number in range(max(0, fresh - 4))]
    opened = [
        Change(key, {"type": "elder_station_city", "name": f"新建居家养老服务站{key}", "status": "operating", "township": "530127001",
                     "capacity": 30.0, "floor_area": 400.0, "geometry": shapely.Point(x, y)})
        for key, x, y in sites[:fresh]
    ]  # fmt: skip
    state = now.after(opened)
    state = state.after([Change("F001", {"capacity": 60.0})])
    state = state.after([Change("F002", {"type": "elder_daycare"})])
    state = state.after([Change("F003", {"status": "closed", "capacity": np.nan}, "merge", "F008", "人员转入 F008")])
    state = state.after([Change("F004", {"geometry": shapely.Point(524_000, 2_783_500)})])
    before = {key: measured(given, given.facilities, key) for key in types}
    after = {key: measured(given, state.layer, key) for key in types}
    plan = SitingPlan(
        "mclp", tuple(key for key, _, _ in sites[:fresh]), after[types[0]].coverage.totals["covered"], 9e9, 0.0, "proven", 20_000.0, 3, 1.5, "proof"
    )
    imprint = Imprint("养老服务设施", DATE, number="09", period="2026—2035", secrecy=secrecy, review_number=review_number, scenario="近期方案",
                      lang=lang)  # fmt: skip
    kinds = tuple(facility_types()[key] for key in types)
    return Sheet(given, kinds, state, before, after, imprint, plan, {"模型": "MCLP"})
