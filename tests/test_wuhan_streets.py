"""Wuhan: a street file of 92,667 lines drawn either way along u and v, in a projected CRS, against 206,374 cells."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio

from layers.county import Streets, Travel
from layers.readers.streets import read_streets
from planning.travel import attach, build_network, search, snap

AGES = ("age60_64", "age65_69", "age70_74", "age75_79", "age80plus")

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def elders(shared):
    """People of 60+ in their cells, WGS 84."""
    if not (shared / "wuhan").is_dir():
        pytest.skip("the Wuhan data are absent")
    people = 0.0
    for name in AGES:
        with rasterio.open(shared / "wuhan" / f"{name}.tif") as band:
            people, place = people + band.read(1, masked=True).filled(0).astype(float), band.transform
    rows, columns = np.nonzero(people)
    lon, lat = rasterio.transform.xy(place, rows, columns)
    return gpd.GeoDataFrame({"people": people[rows, columns]}, geometry=gpd.points_from_xy(lon, lat), crs=4326)


@pytest.fixture(scope="module")
def file(shared):
    return shared / "wuhan" / "streets.parquet"


def network_and_cells(file, elders, crs):
    streets, _ = read_streets(file, Streets(file="streets.parquet", walkable="all"), crs)
    network = build_network(streets, "walk", Travel())
    return network, snap(network, elders.geometry.to_crs(streets.crs))


def test_people_beyond_500_m_in_the_files_own_crs(file, elders):
    network, cells = network_and_cells(file, elders, gpd.read_parquet(file, columns=["geometry"]).crs)
    assert len(network.x) == 82_902  # every node of u and v: nothing is cut off
    assert elders["people"].sum() == pytest.approx(1_458_166, abs=1)
    assert elders["people"][~cells.reachable].sum() == pytest.approx(212_683, abs=5)


def test_the_metric_crs_chosen_counts_43_fewer(file, elders):
    network, cells = network_and_cells(file, elders, None)
    assert network.crs.to_epsg() == 4547
    # The plain distance to the nearest line, measured with nothing of Buju's.
    lines = gpd.read_parquet(file).to_crs(4547).geometry
    _, distance = lines.sindex.nearest(elders.geometry.to_crs(4547), return_all=False, return_distance=True)
    np.testing.assert_array_equal(cells.reachable, distance <= 500)
    assert elders["people"][~cells.reachable].sum() == pytest.approx(212_639, abs=1)
    sites = cells.part(slice(0, None, 103))
    found = search(attach(network, cells, "m"), sites, 1000.0)
    assert len(found.sites) == 2004
    assert found.cost.max() <= 1000.0005
