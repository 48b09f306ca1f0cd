"""Three cities: costs of random pairs against the raw files, read and searched by other means (docs/travel.md)."""

from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers.county import Streets, Travel
from layers.readers.streets import read_streets
from planning.travel import attach, build_network, path, search, snap
from tests.oracle.lines import ways_of_parquet
from tests.oracle.streets import Trips, ways_of_pbf

pytestmark = [pytest.mark.shared, pytest.mark.slow]

SITES, CELLS, PAIRS = 20, 300, 500
MOST = {"walk": ("m", 8000.0), "drive": ("s", 1800.0)}
EXACT = 1e-3  # m and s; the promise is 0.01
# Street file, metric CRS, classes walked. Wuhan's CRS is one without an authority's name, and Buju's choice is another.
CITIES = {
    "wuhan": ("wuhan/streets.parquet", 4547, "all"),
    "porto_alegre": ("porto_alegre/streets.osm.pbf", 32722, "classes"),
    "reykjavik": ("reykjavik/streets.osm.pbf", 32627, "classes"),
}


@dataclass(frozen=True)
class City:
    name: str
    ways: list
    source: object
    epsg: int
    walkable: str
    streets: object


@dataclass(frozen=True)
class Measured:
    """One mode of one city by Buju and by the oracle; ``spot`` says what the points of both lists lie on."""

    city: City
    costs: object
    attached: object
    sites: object
    trips: Trips
    expected: dict
    cell_spot: list
    site_spot: list


@pytest.fixture(scope="module", params=CITIES)
def city(request, shared):
    file, epsg, walkable = CITIES[request.param]
    path = shared / file
    if not path.is_file():
        pytest.skip(f"{file} is absent")
    ways, source = ways_of_parquet(path) if path.suffix == ".parquet" else (ways_of_pbf(path), 4326)
    streets = read_streets(path, Streets(file=path.name, walkable=walkable), None)[0]
    return City(request.param, ways, source, epsg, walkable, streets)


@pytest.fixture(scope="module", params=MOST)
def measured(request, city):
    unit, limit = MOST[request.param]
    trips = Trips(city.ways, city.epsg, request.param, unit, source=city.source, walkable=city.walkable)
    cells, cell_spot, sites, site_spot = scattered(trips, np.random.default_rng(20261122))
    trips.hang(cells, sites)
    network = build_network(city.streets, request.param, Travel())
    attached = attach(network, snap(network, gpd.GeoSeries(cells, crs=city.epsg)), unit)
    snapped = snap(network, gpd.GeoSeries(sites, crs=city.epsg).rename(str))
    found = search(attached, snapped, limit)
    expected = {site: trips.costs_to(("site", site), limit) for site in range(len(sites))}
    return Measured(city, found, attached, snapped, trips, expected, cell_spot, site_spot)


def scattered(trips, random):
    """Return cells and sites with the spot each lies on: neighbours on one segment, chain and ring, and points at will near streets and off."""
    cells, sites, cell_spot, site_spot = [], [], [], []

    def place(segment, spot, many, few):
        for points, spots, times in ((cells, cell_spot, many), (sites, site_spot, few)):
            feet = segment.line.interpolate(random.random(times), normalized=True)
            points.extend(shapely.points(shapely.get_coordinates(feet) + random.normal(0, 0.5, (times, 2))))
            spots.extend([spot] * times)

    oneway = [segment for segment in trips.segments if segment.forward != segment.backward]
    for kind, segments in (("both ways", trips.segments), ("one way", oneway)):
        for _ in range(2 * bool(segments)):
            place(longish(segments, random), (kind, len(cells)), 4, 2)
    for kind, chain in [*chains(trips, random), *roundabouts(trips, random)]:
        spot = (kind, len(cells))
        for position in (0, len(chain) // 2, len(chain) - 1):
            place(chain[position], spot, 2, 1)
    everywhere = np.array([segment.line.coords[0] for segment in trips.segments])
    for points, spots, total, away in ((cells, cell_spot, CELLS, (15, 150, 1200)), (sites, site_spot, SITES, (30, 30, 300))):
        for number in range(total - len(points)):
            points.append(shapely.Point(everywhere[random.integers(len(everywhere))] + random.normal(0, away[number % 3], 2)))
            spots.append(("anywhere", -number - 1))
    return cells, cell_spot, sites, site_spot


def longish(segments, random):
    while True:
        segment = segments[random.integers(len(segments))]
        if segment.line.length > 20:
            return segment


def chains(trips, random):
    """Return a run of six segments and more between two junctions, and one that comes back to its junction."""
    at = {}
    for segment in trips.segments:
        at.setdefault(segment.tail, []).append(segment)
        at.setdefault(segment.head, []).append(segment)
    between = sorted((node for node, those in at.items() if len(those) == 2), key=str)
    found, wanted = [], {"chain", "loop"}
    for node in (between[k] for k in random.permutation(len(between))[:20_000]):
        ways = [run_from(node, segment, at) for segment in at[node]]
        run, kind = [*ways[0][0][::-1], *ways[1][0]], "loop" if ways[0][1] == ways[1][1] else "chain"
        if len(run) >= 6 and len({id(segment) for segment in run}) == len(run) and kind in wanted:
            wanted.remove(kind)
            found.append((kind, run))
        if not wanted:
            break
    return found


def run_from(node, segment, at):
    run, start = [segment], node
    node = segment.head if node == segment.tail else segment.tail
    while len(at[node]) == 2 and node != start:
        segment = at[node][0] if at[node][1] is segment else at[node][1]
        run.append(segment)
        node = segment.head if node == segment.tail else segment.tail
    return run, node


def roundabouts(trips, random):
    pieces = {(segment.tail, segment.head): segment for segment in trips.segments}
    rings = [nodes for tags, nodes in trips.ways if tags.get("junction") == "roundabout" and nodes[0][0] == nodes[-1][0]]
    rings = [[pieces[a[0], b[0]] for a, b in pairwise(nodes) if (a[0], b[0]) in pieces] for nodes in rings]
    rings = [ring for ring in rings if len(ring) > 6]
    return [("ring", rings[k]) for k in random.permutation(len(rings))[:1]]


def test_the_metric_crs_is_the_oracles(city):
    assert city.streets.crs.to_epsg() == city.epsg


def test_who_is_unreachable_equals_the_raw_file(measured):
    assert set(np.flatnonzero(~measured.costs.reachable)) == measured.trips.unreachable
    assert 2 <= len(measured.trips.unreachable) <= CELLS // 2


def test_500_random_pairs_cost_what_the_raw_file_says(measured):
    """Also all others of the sites' columns: what is absent in one is absent in the other."""
    found = {site: dict(zip(*(part.tolist() for part in measured.costs.column(str(site))), strict=True)) for site in measured.expected}
    assert {site: set(column) for site, column in found.items()} == {site: set(column) for site, column in measured.expected.items()}
    pairs = [(site, cell) for site, column in measured.expected.items() for cell in column]
    assert len(pairs) >= PAIRS
    chosen = np.random.default_rng(1).permutation(len(pairs))
    difference = np.array([abs(found[site][cell] - measured.expected[site][cell]) for site, cell in (pairs[k] for k in chosen)])
    assert difference[:PAIRS].max() <= EXACT
    assert difference.max() <= EXACT
    # Long trips are among them.
    assert max(measured.expected[site][cell] for site, cell in pairs) > 0.75 * measured.costs.limit


def test_ways_are_as_long_as_they_cost(measured):
    """In seconds: the way takes no less than its metres at the highest speed."""
    fastest = 1.0 if measured.costs.unit == "m" else max(segment.line.length / segment.cost for segment in measured.trips.segments)
    for site, column in list(measured.expected.items())[::3]:
        cell = max(column, key=column.get, default=None)
        if cell is not None:
            way = path(measured.attached, cell, measured.sites, str(site))
            least = way.length / fastest
            assert least == pytest.approx(column[cell], abs=EXACT) if measured.costs.unit == "m" else least <= column[cell]


def test_neighbours_on_one_segment_chain_and_ring_are_among_them(measured):
    """Both orders along a one-way street: the one drives past, the other all the way round."""
    spots = {"walk": {"both ways", "chain"}, "drive": {"both ways", "one way", "chain"}}[measured.costs.mode]
    if measured.city.name != "wuhan":
        spots |= {"ring", "loop"}
    beside = {}
    for site, spot in enumerate(measured.site_spot):
        for cell, cost in measured.expected[site].items():
            if measured.cell_spot[cell] == spot:
                beside.setdefault(spot[0], []).append(cost)
    assert spots <= set(beside)
    if measured.costs.mode == "drive":
        assert max(beside["one way"]) > 3 * min(beside["one way"])
