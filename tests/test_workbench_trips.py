"""One cell asked for: the same numbers as coverage, the second choice, the way itself, and why there is none."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from layers.costs import CostTable
from layers.crs import from_metric, to_metric
from layers.facilities import FacilityLayer
from layers.types import Reach
from planning.travel import search, snap
from planning.workbench import area_served, inquire, open_county
from planning.workbench.cells import cell_at
from tests.small_county import population


@pytest.fixture(scope="module")
def bench(demo_county):
    return open_county(demo_county)


def reaches(bench):
    """Return one reach on foot in metres and one by car in seconds, with their types, of which there are several facilities."""
    found = {}
    for key in bench.present_types():
        if len(bench.state().layer.of_type(key)) < 3:
            continue
        kind = bench.kind(key)
        for item in kind.requirements:
            if isinstance(item, Reach):
                found.setdefault((item.mode, item.unit), (kind, item))
    return [found["walk", "m"], found["drive", "s"]]


def lonlat(bench, position):
    centre = bench.facts.population.cells.geometry.iloc[position]
    lon, lat = from_metric([centre.x], [centre.y], "WGS84", bench.facts.crs)
    return float(lon[0]), float(lat[0])


def some(bench, states, seed):
    """Return cells of every state, ten of each."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.permutation(np.flatnonzero(states == state))[:10] for state in np.unique(states)])


@pytest.mark.parametrize("which", [0, 1], ids=["walk", "drive"])
def test_a_cells_numbers_are_those_of_coverage(bench, which):
    kind, reach = reaches(bench)[which]
    coverage = bench.measure_type(kind.key, requirement=reach.id).coverage
    cells = bench.facts.population.cells
    for position in some(bench, coverage.cells["state"].to_numpy(), 1):
        counted, found = coverage.cells.iloc[position], inquire(bench, kind, reach, lonlat(bench, position))
        assert (found.cell, found.township) == (cells.index[position], cells["township"].iloc[position])
        assert found.state == counted["state"]
        assert found.people == found.groups[kind.demand_group] == pytest.approx(coverage.people.iloc[position])
        if counted["site"]:
            assert (found.trips[0].site, found.trips[0].cost) == (counted["site"], counted["cost"])
        elif counted["state"] == "uncovered":
            assert found.trips[0].cost > bench.measure_of(reach).limit
        else:
            assert (found.trips, found.reason) == ((), "far")


@pytest.mark.parametrize("which", [0, 1], ids=["walk", "drive"])
def test_the_two_choices_are_the_cheapest_of_all_trips_however_far(bench, which):
    kind, reach = reaches(bench)[which]
    attached = bench.columns.attached(reach.mode, reach.unit)
    table = bench.state().layer.of_type(kind.key)
    all_costs = search(attached, snap(attached.network, table.geometry), np.inf)
    dense = np.full((len(table), len(attached.cells.index)), np.inf)
    for row, site in enumerate(all_costs.sites):
        cells, costs = all_costs.column(site)
        dense[row, cells] = costs
    beyond = 0
    for position in np.random.default_rng(2).choice(np.flatnonzero(attached.cells.reachable), 30, replace=False):
        expected = sorted(zip(np.round(dense[:, position], 3), all_costs.sites, strict=True))[:2]
        found = inquire(bench, kind, reach, lonlat(bench, position))
        assert [trip.site for trip in found.trips] == [site for _, site in expected]
        assert [trip.cost for trip in found.trips] == pytest.approx([cost for cost, _ in expected], abs=2e-3)
        beyond += found.trips[1].cost > bench.measure_of(reach).limit
    assert beyond or reach.mode == "drive", "no second choice lay beyond the search limit"


def test_the_ways_begin_in_the_cell_end_at_the_site_and_are_as_long_as_their_cost(bench):
    kind, reach = reaches(bench)[0]
    table = bench.state().layer.of_type(kind.key)
    reachable = np.flatnonzero(bench.columns.attached(reach.mode, reach.unit).cells.reachable)
    for position in np.random.default_rng(3).choice(reachable, 10, replace=False):
        found = inquire(bench, kind, reach, lonlat(bench, position))
        for trip in found.trips:
            line = shapely.LineString(np.column_stack(to_metric(*np.array(trip.line).T, "WGS84", bench.facts.crs)))
            assert line.length == pytest.approx(trip.cost, abs=0.01)
            assert shapely.Point(line.coords[0]).distance(bench.facts.population.cells.geometry.iloc[position]) < 0.01
            assert shapely.Point(line.coords[-1]).distance(table.geometry[trip.site]) < 0.01


def test_of_two_facilities_at_one_place_the_smaller_id_is_nearest(bench):
    kind, reach = reaches(bench)[0]
    state = bench.state()
    table = state.layer.of_type(kind.key)
    twins = pd.concat([table.iloc[[0]].set_axis(["b"]), table.iloc[[0]].set_axis(["a"])]).rename_axis("facility")
    twice = dataclasses.replace(state, actions=state.actions.iloc[:0], layer=FacilityLayer(gpd.GeoDataFrame(twins, crs=table.crs)))
    reachable = np.flatnonzero(bench.columns.attached(reach.mode, reach.unit).cells.reachable)
    found = inquire(bench, kind, reach, lonlat(bench, reachable[0]), twice)
    assert [trip.site for trip in found.trips] == ["a", "b"]
    assert found.trips[0].cost == found.trips[1].cost


def test_a_cell_far_from_the_streets_says_how_far(bench):
    kind, reach = reaches(bench)[0]
    attached = bench.columns.attached(reach.mode, reach.unit)
    network = attached.network
    position = int(np.flatnonzero(~attached.cells.reachable)[0])
    found = inquire(bench, kind, reach, lonlat(bench, position))
    ends = np.stack([network.x[network.tail], network.y[network.tail], network.x[network.head], network.y[network.head]], axis=1).reshape(-1, 2, 2)
    streets = shapely.multilinestrings(shapely.linestrings(ends))
    assert found.access == pytest.approx(streets.distance(bench.facts.population.cells.geometry.iloc[position]))
    assert found.access > found.snap_m == 500
    assert (found.state, found.reason, found.trips) == ("unreachable", "far", ())


def test_without_a_facility_there_is_no_trip(bench):
    kind, reach = reaches(bench)[0]
    state = bench.state()
    none = dataclasses.replace(state, actions=state.actions.iloc[:0], layer=FacilityLayer(state.layer.table.iloc[:0]))
    reachable = np.flatnonzero(bench.columns.attached(reach.mode, reach.unit).cells.reachable)
    found = inquire(bench, kind, reach, lonlat(bench, reachable[0]), none)
    assert (found.state, found.reason, found.trips) == ("uncovered", "no_site", ())


def test_where_nobody_is_counted_there_is_no_cell(bench):
    kind, reach = reaches(bench)[0]
    assert inquire(bench, kind, reach, (0.0, 0.0)) is None


def test_a_cost_of_a_table_has_no_way_to_draw(bench):
    """The table tells one pair, and the search all others."""
    kind, reach = reaches(bench)[0]
    site = bench.state().layer.of_type(kind.key).iloc[[0]]
    position = int(np.flatnonzero(bench.columns.attached(reach.mode, reach.unit).cells.reachable)[0])
    origin = np.full(len(bench.facts.population.cells), -1, np.int32)
    origin[position] = 0
    told = CostTable(
        "t.csv", reach.mode, reach.unit, "search", gpd.GeoSeries(site.geometry), origin, np.array([0, 1]), np.zeros(1, np.int32), np.array([1.5])
    )
    other = dataclasses.replace(bench, facts=dataclasses.replace(bench.facts, costs=(told,)))
    found = inquire(other, kind, reach, lonlat(bench, position))
    assert (found.trips[0].site, found.trips[0].cost, found.trips[0].line) == (site.index[0], 1.5, ())
    assert all(trip.line for trip in found.trips[1:])


def test_beyond_the_search_limit_a_table_keeps_the_streets_silent(bench):
    kind, reach = reaches(bench)[0]
    sites = bench.state().layer.of_type(kind.key)
    costs = bench.costs(sites.geometry, bench.measure_of(reach))
    lonely = int(np.setdiff1d(np.flatnonzero(costs.reachable), costs.cell)[0])
    assert inquire(bench, kind, reach, lonlat(bench, lonely)).reason == ""
    nobody = np.full(len(bench.facts.population.cells), -1, np.int32)
    told = CostTable(
        "t.csv", reach.mode, reach.unit, "search", gpd.GeoSeries(sites.geometry.iloc[:1]), nobody, np.array([0, 1]), np.zeros(1, np.int32), np.ones(1)
    )
    other = dataclasses.replace(bench, facts=dataclasses.replace(bench.facts, costs=(told,)))
    found = inquire(other, kind, reach, lonlat(other, lonely))
    assert (found.state, found.reason, found.trips) == ("uncovered", "not_searched", ())


def test_a_point_is_in_the_cell_that_holds_it():
    """Four squares of 100 m, 1,000 m apart; without sizes their spacing tells how wide they are."""
    grid = population()
    x, y = grid.cells.geometry.x.to_numpy(), grid.cells.geometry.y.to_numpy()
    assert [cell_at(grid, x[1] + dx, y[1] + dy) for dx, dy in [(0, 0), (49, -49), (56, 0), (0, 500)]] == [1, 1, None, None]
    bare = dataclasses.replace(grid, cells=grid.cells.assign(size=np.nan))
    assert [cell_at(bare, x[2] + dx, y[2] + dy) for dx, dy in [(0, 0), (-499, 0), (501, 0), (0, 590), (0, 610)]] == [2, 2, 3, 2, None]


def test_a_service_area_holds_its_facility_and_keeps_within_the_reach(bench):
    kind, reach = reaches(bench)[0]
    table = bench.state().layer.of_type(kind.key)
    place = next(site for site in table.index if not table.geometry[site].is_empty)
    area = shapely.transform(
        area_served(bench, reach, place), lambda points: np.column_stack(to_metric(points[:, 0], points[:, 1], "WGS84", bench.facts.crs))
    )
    assert area.is_valid
    assert area.distance(table.geometry[place]) < 500
    assert 0 < area.hausdorff_distance(table.geometry[place]) < reach.threshold + 41


def test_a_facility_without_position_is_no_choice_and_has_no_area(bench):
    kind, reach = reaches(bench)[0]
    state = bench.state()
    table = state.layer.of_type(kind.key).iloc[:3].copy()
    table.loc[table.index[0], "geometry"] = shapely.Point()
    some_lost = dataclasses.replace(state, actions=state.actions.iloc[:0], layer=FacilityLayer(table))
    reachable = np.flatnonzero(bench.columns.attached(reach.mode, reach.unit).cells.reachable)
    found = inquire(bench, kind, reach, lonlat(bench, reachable[0]), some_lost)
    assert {trip.site for trip in found.trips} == set(table.index[1:])
    assert area_served(bench, reach, table.index[0], some_lost).is_empty
    all_lost = dataclasses.replace(some_lost, layer=FacilityLayer(table.iloc[:1]))
    assert inquire(bench, kind, reach, lonlat(bench, reachable[0]), all_lost).reason == "no_site"
