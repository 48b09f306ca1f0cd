"""Porto Alegre: costs on a real street file against the oracle, and everyone in a state."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from layers.county import Streets, Travel
from layers.readers.streets import read_streets
from planning.travel import attach, build_network, search, snap
from tests.oracle.streets import Trips, ways_of_pbf

UTM_22S = 32722
REACH = {"walk": ("m", 1000.0, 1.0), "drive": ("s", 900.0, 0.5)}

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def town(shared):
    folder = shared / "porto_alegre"
    if not folder.is_dir():
        pytest.skip("the Porto Alegre data are absent")
    return folder


@pytest.fixture(scope="module")
def hexagons(town):
    table = pd.read_csv(town / "hexgrid.csv")
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326).to_crs(UTM_22S)


@pytest.fixture(scope="module")
def health(hexagons):
    sites = hexagons.loc[hexagons["healthcare"] > 0].set_index("id").geometry
    assert len(sites) == 117
    return sites


@pytest.fixture(scope="module")
def streets(town):
    return read_streets(town / "streets.osm.pbf", Streets(file="streets.osm.pbf"), None)[0]


@pytest.fixture(scope="module")
def ways(town):
    return ways_of_pbf(town / "streets.osm.pbf")


@pytest.fixture(scope="module", params=["walk", "drive"])
def measured(request, streets, hexagons, health):
    network = build_network(streets, request.param, Travel())
    cells = snap(network, hexagons.geometry)
    unit, limit, _ = REACH[request.param]
    return search(attach(network, cells, unit), snap(network, health), limit)


@pytest.fixture(scope="module")
def oracle(measured, ways, hexagons, health):
    trips = Trips(ways, UTM_22S, measured.mode, measured.unit)
    trips.hang(list(hexagons.geometry), list(health))
    return trips


def nearest(costs):
    best = np.full(len(costs.cells), np.inf)
    np.minimum.at(best, costs.cell, costs.cost)
    return best


def test_metric_crs_is_chosen_from_the_streets(streets):
    assert streets.crs.to_epsg() == UTM_22S


def test_nearest_costs_equal_the_oracle_on_300_cells(measured, oracle):
    _, limit, tolerance = REACH[measured.mode]
    expected, found = oracle.costs_to("any", limit), nearest(measured)
    chosen = np.random.default_rng(20240229).choice(len(found), 300, replace=False)
    reached = np.array([cell in expected for cell in chosen])
    assert reached.sum() > 100
    np.testing.assert_array_equal(np.isfinite(found[chosen]), reached)
    difference = np.abs(found[chosen[reached]] - np.array([expected[cell] for cell in chosen[reached]]))
    assert difference.max() < min(tolerance, 1e-4)


def test_whole_columns_equal_the_oracle(measured, oracle):
    for number in (0, 40, 116):
        cells, cost = measured.column(measured.sites[number])
        expected = oracle.costs_to(("site", number), measured.limit)
        assert dict(zip(cells.tolist(), cost, strict=True)) == pytest.approx(expected, abs=1e-4)


def test_1224_people_are_unreachable_and_all_are_accounted_for(measured, oracle, hexagons):
    people = hexagons["population"].to_numpy(float)
    covered = np.isfinite(nearest(measured))
    assert people[~measured.reachable].sum() == 1224
    assert not (covered & ~measured.reachable).any()
    assert people[covered].sum() + people[~covered & measured.reachable].sum() + people[~measured.reachable].sum() == 812_935
    assert set(np.flatnonzero(~measured.reachable)) == oracle.unreachable
