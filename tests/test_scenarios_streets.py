"""Streets closed and built by a scenario: a river with one bridge, worked out in the head, and the file edited by hand beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.county import Streets, Travel
from layers.crs import from_wgs84
from layers.errors import PlanningError
from layers.streets import StreetNetwork
from planning.travel import build_network, snap
from scenarios.document import Scenario, fingerprint, parse_scenario, scenario_text
from scenarios.edits import BuildStreet, CloseStreet, Edit, Open, Place
from scenarios.roads import changed
from scenarios.state import State, present
from tests.oracle.streets import Trips, ways_of_xml
from tests.small_county import facility_layer, outlines
from tests.street_drawings import CRS_M, EAST, NORTH, TO_DEGREES, costs, osm, points, read, write_osm

ROAD = {"highway": "residential"}
# The river runs at x = 500; south bank road on the west (x 0-400), far bank on the east (x 600-1000), joined by a bridge at y = 0.
#   5 --- 6           8 --- 9      y = 300
#   |     |   river   |     |
#   1 --- 2 == br. == 3 --- 4      y = 0
PLACES = {1: (0, 0), 2: (400, 0), 3: (600, 0), 4: (1000, 0), 5: (0, 300), 6: (400, 300), 8: (600, 300), 9: (1000, 300)}
WEST, BRIDGE, FAR = [5, 1, 2, 6, 5], [2, 3], [3, 4, 9, 8, 3]
STREETS = [(WEST, {**ROAD, "name": "西岸路"}), (BRIDGE, {**ROAD, "name": "老桥", "bridge": "yes"}), (FAR, ROAD)]
BRIDGE_ID = "1001"
HOMES = {"near": (200, 0), "far": (800, 0), "far corner": (1000, 300)}
SITE = {"s": (0, 0)}


def lonlat(x: float, y: float) -> tuple[float, float]:
    lon, lat = TO_DEGREES(EAST + x, NORTH + y)
    return float(lon), float(lat)


def at(x: float, y: float) -> dict[str, float]:
    lon, lat = lonlat(x, y)
    return {"lon": lon, "lat": lat}


def road(*places: tuple[float, float], **told: Any) -> BuildStreet:
    return BuildStreet(points=tuple(lonlat(*place) for place in places), **{"highway": "residential", **told})


def cm(value: float) -> Any:
    return pytest.approx(value, abs=0.03)


@pytest.fixture
def river(tmp_path: Path) -> StreetNetwork:
    return read(write_osm(tmp_path, PLACES, STREETS))[0]


def after(streets: StreetNetwork, *edits: Edit) -> State:
    place = Place(CRS_M, outlines(), "WGS84", streets, Streets(file="streets.osm"))
    state = present(facility_layer())
    for edit in edits:
        state = edit.apply(state, place)
    return state


def network(streets: StreetNetwork, *edits: Edit) -> StreetNetwork:
    return changed(streets, after(streets, *edits).streets)


def refused(streets: StreetNetwork, code: str, *edits: Edit) -> PlanningError:
    with pytest.raises(PlanningError) as caught:
        after(streets, *edits)
    assert caught.value.code == f"scenario.{code}"
    assert caught.value.say("zh")
    assert caught.value.say("en")
    return caught.value


def unreachable(streets: StreetNetwork, homes: dict[str, tuple[float, float]], mode: str = "walk", **travel: Any) -> set[str]:
    cells = snap(build_network(streets, mode, Travel(**travel)), points(homes))  # type: ignore[arg-type]
    return {label for label, reachable in zip(homes, cells.reachable, strict=True) if not reachable}


def test_the_bridge_out_cuts_off_the_far_bank(river: StreetNetwork) -> None:
    assert costs(river, HOMES, SITE, mode="walk") == {("s", "near"): cm(200), ("s", "far"): cm(800), ("s", "far corner"): cm(1300)}
    out = network(river, CloseStreet(**at(500, 5)))
    # Both banks have four points: the first in the file is the main component, and the far bank lies beyond 100 m of it.
    assert unreachable(out, HOMES, snap_m=100) == {"far", "far corner"}
    assert costs(out, HOMES, SITE, mode="walk", snap_m=100) == {("s", "near"): cm(200)}


def test_a_second_bridge_brings_the_far_bank_back_by_a_detour(river: StreetNetwork) -> None:
    edits = CloseStreet(**at(500, 5)), road((400, 300), (600, 300), name="新桥")
    back = network(river, *edits)
    # 800,0 → 1000,0 → 1000,300 → 600,300 is 900 m; 800,0 → 600,0 → 600,300 is 500 m; then 200 m of bridge, 400 m and 300 m to the site.
    assert costs(back, HOMES, SITE, mode="walk") == {("s", "near"): cm(200), ("s", "far"): cm(1400), ("s", "far corner"): cm(1300)}
    assert costs(back, HOMES, SITE, mode="drive", unit="s") == {key: cm(value * 3.6 / 20) for key, value in costs(back, HOMES, SITE).items()}
    assert back.streets.iloc[-1].to_dict() == {"highway": "residential", "name": "新桥", "source": "scenario:2", "row": 0}


def test_the_file_edited_by_hand_gives_the_same_costs(river: StreetNetwork) -> None:
    # A bridge in the middle of both bank roads, at x-offsets where there is no node: the hand-edited file has nodes there.
    built = network(river, CloseStreet(street=BRIDGE_ID, extent="street"), road((401, 150), (500, 170), (599, 140), oneway=True, kmh=36))
    joints = {10: (400, 150), 11: (500, 170), 12: (600, 140)}
    by_hand = osm(
        {**PLACES, **joints},
        [([5, 1, 2, 10, 6, 5], ROAD), ([*FAR[:4], 12, 3], ROAD), ([10, 11, 12], {**ROAD, "oneway": "yes", "maxspeed": "36"})],
    )  # fmt: skip
    homes = {**HOMES, "on the cut road": (380, 200), "by the bridge": (520, 120), "on the far cut": (640, 250)}
    sites = {"s": (0, 0), "t": (610, 60), "u": (450, 175)}
    for mode in ("walk", "drive"):
        for unit in ("m", "s"):
            trips = Trips(ways_of_xml(by_hand), 4543, mode, unit)
            trips.hang(list(points(homes)), list(points(sites)))
            for number, site in enumerate(sites):
                told = {list(homes)[cell]: cost for cell, cost in trips.costs_to(("site", number)).items()}
                found = {cell: cost for (_, cell), cost in costs(built, homes, {site: sites[site]}, mode=mode, unit=unit).items()}
                assert found == {cell: pytest.approx(cost, abs=0.05) for cell, cost in told.items()}, (mode, unit, site)
    # Driven one way over the new bridge, nobody comes back: the banks are no longer strongly connected.
    assert unreachable(built, HOMES, "drive", snap_m=100) != unreachable(built, HOMES, "walk", snap_m=100)


def test_the_county_s_own_streets_stay_as_they_are(river: StreetNetwork) -> None:
    before = {name: np.copy(getattr(river, name)) for name in ("x", "y", "tail", "head", "length", "rise", "street")}
    bits = {mode: river.allowed[mode].copy() for mode in river.modes}
    network(river, CloseStreet(**at(500, 5)), road((400, 300), (600, 300)))
    for name, values in before.items():
        np.testing.assert_array_equal(getattr(river, name), values)
    assert all((river.allowed[mode] == bits[mode]).all() for mode in river.modes)


def test_a_section_ends_at_junctions_and_the_street_does_not(tmp_path: Path) -> None:
    # A street of four segments with a lane in its middle: a section has two of them.
    places = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (300, 0), 5: (400, 0), 6: (200, 100)}
    streets, _ = read(write_osm(tmp_path, places, [([1, 2, 3, 4, 5], ROAD), ([3, 6], ROAD)]))
    part = after(streets, CloseStreet(**at(50, 0))).streets[0]
    assert part.segments == (0, 1)
    assert part.lines == (tuple(zip(streets.x[:3].tolist(), streets.y[:3].tolist(), strict=True)),)
    assert after(streets, CloseStreet(**at(50, 0), extent="street")).streets[0].segments == (0, 1, 2, 3)
    assert after(streets, CloseStreet(street="1000", extent="street")).streets[0].segments == (0, 1, 2, 3)
    # Two streets that meet end to end: the section is the street's own part.
    streets, _ = read(write_osm(tmp_path, places, [([1, 2, 3], ROAD), ([3, 4, 5], ROAD)]))
    assert after(streets, CloseStreet(**at(250, 0))).streets[0].segments == (2, 3)


def test_closing_for_some_and_in_one_direction(river: StreetNetwork) -> None:
    driven = network(river, CloseStreet(**at(500, 5), modes=("drive",)))
    assert costs(driven, HOMES, SITE, mode="walk") == costs(river, HOMES, SITE, mode="walk")
    assert unreachable(driven, HOMES, "drive", snap_m=100) == {"far", "far corner"}
    against = network(river, CloseStreet(**at(500, 5), modes=("drive",), direction="backward"), road((600, 300), (400, 300), oneway=True))
    # Out by the bridge only, back by the new road only: 600 m from the far bank's corner, 200 over, 700 home.
    assert costs(against, HOMES, SITE)["s", "far"] == cm(200 + 300 + 200 + 400 + 300)
    assert costs(against, SITE, HOMES)["far", "s"] == cm(800)


def test_what_is_closed_to_cars_is_a_street_for_cars(tmp_path: Path) -> None:
    places = {1: (0, 0), 2: (300, 0), 3: (0, 10), 4: (300, 10), 5: (0, 300), 6: (300, 300)}
    streets, _ = read(write_osm(tmp_path, places, [([1, 2, 6, 5, 1], ROAD), ([3, 4], {"highway": "footway"}), ([1, 3], ROAD), ([2, 4], ROAD)]))
    here = at(150, 9)
    assert after(streets, CloseStreet(**here)).streets[0].segments == (4,)
    for edits in ([], [CloseStreet(**here)]):
        change = after(streets, *edits, CloseStreet(**here, modes=("drive",))).streets[-1]
        assert (change.segments, change.modes) == ((0,), ("drive",))
    # Closed to cars, it is still the nearest street for cars: closing it again is refused, and no other closed in its place.
    refused(streets, "street_closed", CloseStreet(**here, modes=("drive",)), CloseStreet(**here, modes=("drive",)))


def test_an_edit_that_changes_nothing_is_refused(river: StreetNetwork) -> None:
    close, bridge = CloseStreet(**at(500, 5)), road((400, 300), (600, 300))
    assert "第 2 步" in refused(river, "street_closed", close, close).say()
    refused(river, "street_closed", close, CloseStreet(street=BRIDGE_ID, extent="street", modes=("walk",)))
    refused(river, "road_no_change", bridge, bridge)
    refused(river, "road_no_change", bridge, road((600, 300), (400, 300), oneway=True))
    refused(river, "road_no_change", road((400, 0), (600, 0)))  # the old bridge, drawn again
    assert len(after(river, bridge, road((400, 300), (600, 300), kmh=60)).streets) == 2  # faster is a change
    assert len(after(river, road((600, 300), (400, 300), oneway=True), bridge).streets) == 2  # and so is the other direction
    assert len(after(river, close, road((400, 0), (600, 0))).streets) == 2  # the bridge built again where it was
    out, back = (road(*ends, oneway=True) for ends in (((400, 300), (600, 300)), ((600, 300), (400, 300))))
    assert len(after(river, out, back).streets) == 2
    refused(river, "road_no_change", out, back, out)


def test_edits_one_by_one_are_the_edits_together(river: StreetNetwork) -> None:
    edits = [road((400, 300), (600, 300)), CloseStreet(**at(500, 5)), CloseStreet(**at(500, 305))]
    state = present(facility_layer())
    for edit in edits:  # as a planner's clicks are: each time from the state before
        state = edit.apply(state, Place(CRS_M, outlines(), "WGS84", river, Streets(file="streets.osm")))
    assert state.streets == after(river, *edits).streets
    assert unreachable(changed(river, state.streets), HOMES, snap_m=100) == {"far", "far corner"}


def test_a_road_that_joins_nothing_is_refused_and_a_dead_end_noted(river: StreetNetwork) -> None:
    refused(river, "road_nowhere", road((450, 100), (550, 100)))
    state = after(river, road((400, 200), (450, 200), name="断头路"))
    (note,) = state.notes
    assert note.code == "scenario.road_dead_end"
    assert "第 2 点" in note.say("zh")
    assert len(after(river, road((450, 100), (550, 100), join_m=50)).notes) == 0


def test_a_road_crosses_streets_without_meeting_them_unless_a_junction_is_named(tmp_path: Path) -> None:
    # A ring whose far side is 1,000 m round, and a new road over its middle lane.
    places = {1: (0, 0), 2: (200, 0), 3: (200, 200), 4: (0, 200), 5: (100, 0), 6: (100, 200)}
    streets, _ = read(write_osm(tmp_path, places, [([1, 5, 2, 3, 6, 4, 1], ROAD), ([5, 6], ROAD)]))
    line = (0, 100), (105, 100), (200, 100)
    homes, site = {"lane": (100, 50)}, {"s": (50, 100)}
    over = network(streets, road(*line))
    # Along the lane to (100, 0), west to (0, 0), up to (0, 100), along the new road: 50 + 100 + 100 + 50.
    assert costs(over, homes, site) == {("s", "lane"): cm(300)}
    crossed = network(streets, road(*line, junctions=(2,)))
    assert costs(crossed, homes, site) == {("s", "lane"): cm(50 + 50)}
    assert crossed.length.sum() == cm(streets.length.sum() + 200)
    refused(streets, "road_junction", road(*line, junctions=(1,)))
    refused(streets, "road_junction_lost", road((0, 100), (50, 100), (200, 100), junctions=(2,)))


def test_both_ends_on_one_segment_make_three_parts(tmp_path: Path) -> None:
    streets, _ = read(write_osm(tmp_path, {1: (0, 0), 2: (300, 0)}, [([1, 2], ROAD)]))
    loop = network(streets, road((200, 1), (150, 80), (100, -1)))
    assert loop.length[:3] == pytest.approx([100, 100, 100], abs=0.03)
    assert loop.street.tolist() == [0, 0, 0, 1, 1]
    ends = [(int(tail), int(head)) for tail, head in zip(loop.tail, loop.head, strict=True)]
    assert all(one[1] == other[0] for one, other in pairwise(ends[:3]))
    assert (ends[3][0], ends[4][1]) == (ends[1][1], ends[1][0])  # from the point at 200 to that at 100
    # Two ends at one place are a loop there: one node, two segments.
    ring = network(streets, road((100, 0), (100, 90), (150, 90), (100, 0)))
    assert len(ring.tail) == 2 + 3


def test_the_rise_of_a_split_segment_is_shared(river: StreetNetwork) -> None:
    hilly = replace(river, rise=np.arange(len(river.tail), dtype=float))
    split = network(hilly, road((400, 100), (600, 100)))
    # Segment 2 goes from (400, 0) to (400, 300), segment 8 from (600, 300) to (600, 0): both are cut at a third.
    assert len(split.rise) == len(river.rise) + 3
    assert split.rise.tolist() == pytest.approx([0, 1, 2 / 3, 4 / 3, 3, 4, 5, 6, 7, 8 * 2 / 3, 8 / 3, 0], abs=0.001)


def test_a_driven_road_joins_the_street_rather_than_the_nearer_footway(tmp_path: Path) -> None:
    places = {1: (0, 0), 2: (300, 0), 3: (0, 10), 4: (300, 10), 5: (150, 200), 6: (300, 200)}
    streets, _ = read(write_osm(tmp_path, places, [([1, 2, 6, 5], ROAD), ([3, 4], {"highway": "footway"})]))
    built = after(streets, road((150, 12), (150, 195))).streets[0]
    assert built.joints[0][1].y == cm(NORTH)
    path = after(streets, road((150, 12), (150, 195), highway="path")).streets[0]
    assert path.joints[0][1].y == cm(NORTH + 10)
    assert dict(path.allowed) == {"walk": 3, "drive": 0}


def test_a_closed_street_is_joined_by_nothing(river: StreetNetwork) -> None:
    refused(river, "road_nowhere", CloseStreet(**at(500, 5)), road((500, 10), (500, 200)))


def test_errors_name_place_and_repair(river: StreetNetwork) -> None:
    assert "300" in refused(river, "no_street_near", CloseStreet(**at(-300, 0))).say("en")
    refused(river, "unknown_street", CloseStreet(street="7", extent="street"))
    assert "老桥" in refused(river, "street_name", CloseStreet(**at(500, 5), name="新桥")).say()
    refused(river, "no_street_near", CloseStreet(street=BRIDGE_ID, **at(0, 0)))
    refused(river, "road_class", road((400, 300), (600, 300), highway="construction"))
    refused(river, "outside", road((0, 0), (100, 0)).model_copy(update={"points": ((102.0, 25.0), (12.0, 0.0))}))


def test_coordinates_are_in_the_scenario_s_datum(river: StreetNetwork) -> None:
    lon, lat = from_wgs84(*(np.array([value]) for value in lonlat(500, 5)), "GCJ-02")
    place = Place(CRS_M, outlines(), "GCJ-02", river, Streets(file="streets.osm"))
    state = CloseStreet(lon=float(lon[0]), lat=float(lat[0]), within_m=6).apply(present(facility_layer()), place)
    assert state.streets[0].name == "老桥"


def test_documents_keep_street_edits_and_old_ones_their_bytes() -> None:
    text = """format = 1
title = "断桥"

[[edits]]
action = "close_street"
street = "1001"
name = "老桥"
extent = "street"
modes = [
    "drive",
]

[[edits]]
action = "build_street"
name = "新桥"
highway = "tertiary"
points = [
    [
        102.5,
        25.25,
    ],
    [
        102.75,
        25.5,
    ],
]
kmh = 40
"""
    scenario = parse_scenario(text)
    assert scenario_text(scenario) == text
    assert isinstance(scenario.edits[1], BuildStreet)
    assert fingerprint(scenario) != fingerprint(scenario.model_copy(update={"edits": scenario.edits[:1]}))
    old = Scenario(title="t", edits=(Open(id="N", type="elder_wujing", name="新", lon=102.0, lat=25.0),))
    assert (
        scenario_text(old)
        == 'format = 1\ntitle = "t"\n\n[[edits]]\naction = "open"\nid = "N"\ntype = "elder_wujing"\nname = "新"\nlon = 102\nlat = 25\n'
    )


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        ('action = "close_street"\nlon = 102.0', "half_a_place"),
        ('action = "close_street"\nstreet = "5"', "no_street_place"),
        ('action = "close_street"\nextent = "street"', "no_street_place"),
        ('action = "close_street"\nlon = 102.0\nlat = 25.0\nextent = "part"', "field_choice"),
        ('action = "build_street"\npoints = [[102.0, 25.0]]', "few_points"),
        ('action = "build_street"\npoints = [[102.0, 25.0], [102.0, 95.0]]', "field_high"),
        ('action = "build_street"', "field_missing"),
    ],
)
def test_mistakes_in_documents(edit: str, code: str) -> None:
    with pytest.raises(PlanningError) as caught:
        parse_scenario(f'format = 1\ntitle = "t"\n[[edits]]\n{edit}\n', "s.toml")
    assert caught.value.code == f"scenario.{code}"
    assert caught.value.say("zh")


def test_the_example_of_the_docs_is_a_scenario() -> None:
    page = (Path(__file__).parents[1] / "docs" / "travel.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(datum.*?)```", page, re.DOTALL)
    assert [edit.action for edit in parse_scenario(f'title = "t"\n{example}').edits] == ["close_street", "build_street"]


def test_random_networks_closed_and_built_equal_the_file_edited_by_hand(tmp_path: Path) -> None:
    for seed in range(6):
        for built, by_hand in _cases(np.random.default_rng(seed), tmp_path):
            rng = np.random.default_rng(seed + 100)
            homes, sites = ({k: tuple(rng.uniform(0, 500, 2)) for k in range(count)} for count in (12, 3))
            trips = Trips(ways_of_xml(by_hand), 4543, "walk", "m")
            trips.hang(list(points(homes)), list(points(sites)))
            found = costs(built, homes, sites, mode="walk")
            for site in sites:
                told = trips.costs_to(("site", site))
                assert {cell: cost for (other, cell), cost in found.items() if other == site} == {
                    c: pytest.approx(v, abs=0.1) for c, v in told.items()
                }


def _cases(rng: np.random.Generator, folder: Path) -> Iterator[tuple[StreetNetwork, str]]:
    """Yield a lattice of streets with two closed and one built between nodes, as edits and as a file."""
    places = {10 * i + j: (100.0 * i + rng.uniform(-20, 20), 100.0 * j + rng.uniform(-20, 20)) for i in range(6) for j in range(6)}
    ways = [([a, b], ROAD) for a in places for b in (a + 10, a + 1) if b in places]
    closed = set(rng.choice(len(ways), 2, replace=False).tolist())
    one, other = int(rng.integers(0, 6)), 50 + int(rng.integers(0, 6))  # from the west side to the east side
    streets, _ = read(write_osm(folder, places, ways))
    edits = [CloseStreet(street=str(1000 + number), extent="street") for number in sorted(closed)]
    edits.append(road(places[one], places[other], join_m=1))  # type: ignore[arg-type]
    by_hand = [*(way for number, way in enumerate(ways) if number not in closed), ([one, other], ROAD)]
    yield network(streets, *edits), osm(places, by_hand)
