"""The ten cases of docs/travel.md, section 7: worked out in the head, and drawn with what the engine says."""

import pytest
from matplotlib.image import imread

from planning.travel import attach, build_network, path, snap
from tests.draw_cases import contact_sheet
from tests.street_cases import CASES, meant
from tests.street_drawings import Travel, costs, points, read, write_osm

TRIPS = [pytest.param(case, trip, id=f"{case.name}-{trip.mode}-{number}") for case in CASES for number, trip in enumerate(case.trips)]


@pytest.mark.parametrize(("case", "trip"), TRIPS)
def test_trips_cost_what_the_head_says(tmp_path, case, trip):
    streets, _ = read(write_osm(tmp_path, case.places, case.streets), **trip.spec)
    found = costs(streets, case.cells, case.sites, mode=trip.mode, unit=trip.unit, **trip.travel)
    # OpenStreetMap files hold degrees to seven places, about 1 cm.
    assert found == {pair: pytest.approx(meant(said), abs=0.05) for pair, said in trip.costs.items()}


@pytest.mark.parametrize(("case", "trip"), TRIPS)
def test_the_way_drawn_is_as_long_as_it_costs(tmp_path, case, trip):
    streets, _ = read(write_osm(tmp_path, case.places, case.streets), **trip.spec)
    network = build_network(streets, trip.mode, Travel(**trip.travel))
    attached, sites = attach(network, snap(network, points(case.cells)), "m"), snap(network, points(case.sites))
    for site in case.sites:
        for cell in case.cells:
            way = path(attached, cell, sites, site)
            assert (way is None) == ((site, cell) not in trip.costs)
            if way is not None and trip.unit == "m":
                assert way.length == pytest.approx(meant(trip.costs[site, cell]), abs=0.05)


def test_all_ten_are_drawn(tmp_path):
    contact_sheet(tmp_path / "cases.png", dpi=40)
    height, width, _ = imread(tmp_path / "cases.png").shape
    assert width > height > 200
