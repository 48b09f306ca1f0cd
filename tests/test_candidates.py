"""Candidate sites: where they come from, and where none may stand."""

from __future__ import annotations

import itertools
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from layers.candidates import CandidateLayer
from layers.errors import PlanningError
from layers.facts import Facts
from layers.keys import CandidateSource
from layers.outlines import Exclusions
from layers.streets import BACKWARD, FORWARD, StreetNetwork
from layers.types import facility_types
from planning.candidates import propose_candidates
from tests.small_county import METRIC, X0, Y0, at, facility_layer, facts, outlines

BOTH = FORWARD | BACKWARD
ORIGINS = ["villages", "streets", "kmeans"]


def streets(*lines: list[tuple[float, float]]) -> StreetNetwork:
    """Return streets through points in m from the county's middle; lines meet at equal points."""
    places = list(dict.fromkeys(place for line in lines for place in line))
    ends = [(places.index(a), places.index(b)) for line in lines for a, b in itertools.pairwise(line)]
    tail, head = np.array(ends, np.int32).T
    x, y = np.array([(X0 + dx, Y0 + dy) for dx, dy in places]).T
    count = len(tail)
    return StreetNetwork(
        x, y, tail, head, np.hypot(x[head] - x[tail], y[head] - y[tail]), np.zeros(count), np.zeros(count, np.int32),
        pd.DataFrame({"highway": ["residential"], "name": [""], "source": ["1"]}),
        {mode: np.full(count, BOTH, np.uint8) for mode in ("walk", "drive")}, {"walk": np.ones(count), "drive": np.full(count, 10.0)}, METRIC,
    )  # fmt: skip


@pytest.fixture
def small() -> Facts:
    """Return the small county with one road along its middle line, a node every 100 m, and an island that no road reaches."""
    road = streets([(float(dx), 0.0) for dx in range(-2500, 2501, 100)], [(-1500.0, 900.0), (-1400.0, 900.0)])
    return replace(facts(facility_layer()), streets=road)


KIND = facility_types()["elder_daycare"]


def people(county: Facts) -> pd.Series:
    return county.population.demand(KIND.demand_group)


def excluding(county: Facts, shape: shapely.Geometry, kind: str = "exclude", domains: tuple[str, ...] = ("elder",)) -> Facts:
    row = {"name": ["水源保护区"], "rule": [""], "domains": [domains], "kind": [kind], "buffer": [0.0], "source": [""]}
    return replace(county, exclusions=Exclusions(gpd.GeoDataFrame(row, geometry=[shape], crs=METRIC)))


def propose(county: Facts, **source: object) -> gpd.GeoDataFrame:
    return propose_candidates(county, CandidateSource(**source), KIND, people(county)).table


def places(table: gpd.GeoDataFrame) -> list[tuple[int, int]]:
    return [(round(point.x - X0), round(point.y - Y0)) for point in table.geometry]


def test_villages_are_taken_with_name_and_township(small):
    table = propose(small, origin="villages")
    assert list(table.index) == ["village-0101", "village-0102", "village-0201"]
    assert list(table["name"]) == ["西一村", "西二村", "东村"]
    assert list(table["township"]) == ["01", "01", "02"]
    assert set(table["origin"]) == {"villages"}


def test_streets_give_the_node_nearest_to_the_people_of_each_square(small):
    table = propose(small, origin="streets", spacing_m=1000.0)
    # Cells at -1500, -500, 500 and 1500 m fall into four squares; the road has a node at each.
    assert places(table) == [(-1500, 0), (-500, 0), (500, 0), (1500, 0)]
    assert list(table.index) == ["street-0001", "street-0002", "street-0003", "street-0004"]
    assert list(table["township"]) == ["01", "01", "02", "02"]


def test_squares_where_nobody_of_the_group_lives_give_none(small):
    lonely = people(small).where([True, False, True, False], 0.0)
    table = propose_candidates(small, CandidateSource(spacing_m=1000.0), KIND, lonely).table
    assert places(table) == [(-1500, 0), (500, 0)]


def test_only_streets_that_can_be_reached_are_used(small):
    assert all(dy == 0 for _, dy in places(propose(small, origin="streets", spacing_m=100.0)))


def test_kmeans_centres_are_moved_to_street_nodes(small):
    table = propose(small, origin="kmeans", count=4)
    assert places(table) == [(-1500, 0), (-500, 0), (500, 0), (1500, 0)]
    assert propose(small, origin="kmeans", count=50).index.is_unique


@pytest.mark.parametrize("origin", ORIGINS)
def test_nothing_stands_outside_the_county_or_where_it_is_excluded(small, origin):
    area = shapely.box(X0 - 2500, Y0 - 2500, X0 - 600, Y0 + 2500)
    county = replace(excluding(small, area), outlines=replace(small.outlines, county=shapely.box(X0 - 2000, Y0 - 2000, X0 + 1200, Y0 + 2000)))
    table = propose(county, origin=origin)
    assert len(table)
    for point in table.geometry:
        assert not area.intersects(point)
        assert county.outlines.county.intersects(point)


def test_avoided_areas_and_other_domains_exclude_nothing(small):
    everywhere = shapely.box(X0 - 3000, Y0 - 3000, X0 + 3000, Y0 + 3000)
    assert len(propose(excluding(small, everywhere, kind="avoid"), origin="villages")) == 3
    assert len(propose(excluding(small, everywhere, domains=("burial",)), origin="villages")) == 3


@pytest.mark.parametrize("origin", ORIGINS)
def test_same_input_gives_the_same_candidates(small, origin):
    assert propose(small, origin=origin).equals(propose(small, origin=origin))


def given(county: Facts) -> Facts:
    columns = {"name": ["甲", "乙"], "township": ["01", "02"], "origin": ["file"] * 2, "types": [(), ("columbarium",)]}
    index = pd.Index(["c1", "c2"], name="candidate")
    return replace(county, candidates=CandidateLayer(gpd.GeoDataFrame(columns, geometry=[at(-500, 0), at(500, 0)], crs=METRIC, index=index)))


def test_file_keeps_ids_and_leaves_out_other_types(small):
    assert list(propose(given(small), origin="file").index) == ["c1"]


def test_nothing_left_says_how_to_repair(small):
    everywhere = shapely.box(X0 - 3000, Y0 - 3000, X0 + 3000, Y0 + 3000)
    cases = [
        (small, "file", "candidates.no_file"),
        (replace(small, outlines=outlines(villages=False)), "villages", "candidates.no_villages"),
        *[(excluding(given(small), everywhere), origin, "candidates.none_left") for origin in [*ORIGINS, "file"]],
    ]
    for county, origin, code in cases:
        with pytest.raises(PlanningError) as caught:
            propose(county, origin=origin)
        assert caught.value.code == code
        assert "请" in caught.value.say("zh")
    for origin in ("streets", "kmeans"):
        with pytest.raises(PlanningError) as caught:
            propose_candidates(small, CandidateSource(origin=origin), KIND, people(small) * 0)
        assert caught.value.code == "candidates.nobody"
    only_urns = replace(given(small), candidates=CandidateLayer(given(small).candidates.table.loc[["c2"]]))
    with pytest.raises(PlanningError) as caught:
        propose(only_urns, origin="file")
    assert caught.value.code == "candidates.none_for_type"
