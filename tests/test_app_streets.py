"""道路变动 in the app: what clicks and forms do to a draft, and the panel on Streamlit's own tester."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from layers.errors import PlanningError
from layers.texts import say
from planning.app import drafting, sketching
from planning.app.drafting import Draft, hear, new_draft
from planning.app.map import changes
from planning.app.map.cells import warp
from planning.app.map.ground import ground
from planning.app.pages import _awaited
from planning.app.session import Desk
from planning.workbench import Workbench
from planning.workbench.columns import TravelColumns
from scenarios.document import Scenario
from scenarios.edits import BuildStreet, CloseStreet, Open
from tests.small_county import Y0, facility_layer, facts, lonlat
from tests.street_drawings import NORTH, read, write_osm
from tests.test_workbench_streets import PLACES, STREETS, TYPE

BRIDGE = lonlat(0, 4)
BANKS = lonlat(-100, 290), lonlat(100, 310)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """Return the river county of test_workbench_streets: elders of 2.5, 3, 4 and 5, and a centre at the west end that serves 2,600 m."""
    places = {node: (x, y + Y0 - NORTH) for node, (x, y) in PLACES.items()}
    streets, _ = read(write_osm(tmp_path_factory.mktemp("river"), places, STREETS))
    layer = facility_layer({"id": "a", "type": TYPE, "name": "甲", "capacity": 20.0, "residents": 1.0, "at": (-1500, 0), "township": "01"})
    known = replace(facts(layer, travel={"snap_m": 100}, standards={TYPE: {"E08-reach": {"radius_m": 2600.5}}}), streets=streets)
    return Workbench(known, TravelColumns(known.streets, known.population, known.county.travel))


def told(*places: tuple[float, float]) -> dict[str, Any]:
    return {"client": "x", "events": [{"seq": number, "place": list(place)} for number, place in enumerate(places, start=1)]}


def unreachable(bench: Workbench, draft: Draft) -> float:
    coverage = bench.measure_type(TYPE, draft.scenario, state=draft.state).coverage
    assert coverage is not None
    return coverage.totals["unreachable"]


def test_a_click_closes_the_street_there(bench: Workbench) -> None:
    draft, errors = hear(bench, new_draft("t", TYPE), told(BRIDGE), sketching.clicked("close", {"extent": "street", "note": "危桥"}))
    assert not errors
    (edit,) = draft.scenario.edits
    assert isinstance(edit, CloseStreet)
    assert (edit.extent, edit.note) == ("street", "危桥")
    assert unreachable(bench, draft) == pytest.approx(9)
    again, (error,) = hear(bench, draft, {"client": "y", "events": told(BRIDGE)["events"]}, sketching.clicked("close", {}))
    assert error.code == "scenario.street_closed"
    assert again.scenario == draft.scenario
    assert unreachable(bench, drafting.without(bench, draft, 0)) == 0


def test_a_click_without_a_tool_places_a_site(bench: Workbench) -> None:
    for click in (None, sketching.clicked("site", {})):
        draft, _ = hear(bench, new_draft("t", TYPE), told(lonlat(200, 100)), click)
        assert isinstance(draft.scenario.edits[0], Open)


def test_clicks_draw_a_road_that_is_built_as_a_whole(bench: Workbench) -> None:
    closed = sketching.close_street(bench, new_draft("t", TYPE), BRIDGE, {})
    drawn, errors = hear(bench, closed, told(*BANKS), sketching.clicked("build", {}))
    assert not errors
    assert drawn.sketch == tuple((pytest.approx(lon, abs=1e-7), pytest.approx(lat, abs=1e-7)) for lon, lat in BANKS)
    assert drawn.scenario == closed.scenario
    built = sketching.build_street(bench, drawn, {"name": "新桥", "highway": "tertiary", "join_m": 50.0})
    assert isinstance(built.scenario.edits[1], BuildStreet)
    assert built.sketch == ()
    assert unreachable(bench, built) == 0
    assert built.state is not None
    assert [change.edit for change in built.state.streets] == [1, 2]
    assert sketching.without_point(drawn).sketch == drawn.sketch[:1]


def test_a_refused_road_stays_drawn(bench: Workbench) -> None:
    drawn = replace(new_draft("t", TYPE), sketch=(lonlat(0, 120), lonlat(0, 180)))
    with pytest.raises(PlanningError) as caught:
        sketching.build_street(bench, drawn, {})
    assert caught.value.code == "scenario.road_nowhere"
    assert len(drawn.sketch) == 2


def test_coordinates_are_kept_in_the_scenario_s_datum(bench: Workbench) -> None:
    draft = Draft(Scenario(title="t", datum="GCJ-02"), TYPE)
    edit = sketching.close_street(bench, draft, BRIDGE, {}).scenario.edits[0]
    assert isinstance(edit, CloseStreet)
    assert abs(edit.lon - BRIDGE[0]) > 0.0005
    assert unreachable(bench, sketching.close_street(bench, draft, BRIDGE, {})) == pytest.approx(9)


def test_the_map_draws_closed_built_and_sketched_roads(bench: Workbench) -> None:
    closed = sketching.close_street(bench, new_draft("t", TYPE), BRIDGE, {})
    built = sketching.build_street(bench, replace(closed, sketch=BANKS), {"join_m": 50.0})
    assert built.state is not None
    drawn = changes.drawn(built.state, BANKS, bench.facts.crs)
    assert [road["kind"] for road in drawn] == ["closed", "built", "sketch"]
    assert [road["points"] for road in drawn] == [False, False, True]
    (west, east) = drawn[0]["lines"][0]
    assert west == pytest.approx([lonlat(-100, 0)[1], lonlat(-100, 0)[0]], abs=2e-6)
    assert east == pytest.approx([lonlat(100, 0)[1], lonlat(100, 0)[0]], abs=2e-6)
    # The ends that were clicked 10 m off lie on the banks' roads now.
    assert drawn[1]["lines"][0][0] == pytest.approx([lonlat(-100, 290)[1], lonlat(-100, 290)[0]], abs=2e-6)
    assert drawn[1]["lines"][0][1] == pytest.approx([lonlat(100, 300)[1], lonlat(100, 300)[0]], abs=2e-6)
    assert drawn[2]["lines"] == [[[lat, lon] for lon, lat in BANKS]]
    assert [entry["text"] for entry in changes.legend(built.state)] == ["封闭道路", "新建道路"]


@pytest.fixture(scope="module")
def desk(bench: Workbench) -> Desk:
    return Desk(bench, ground(bench.facts), warp(bench.facts.population.cells, bench.facts.crs))


def one_page(desk, draft):  # runs inside Streamlit, with no names from outside
    from planning.app import notices, session
    from planning.app.pages import scenario

    if session.desk() is None:
        session.sit_down(desk)
        session.keep_draft(draft)
    session.settle()
    notices.show()
    scenario.page()


def metric(tester: AppTest, label: str) -> str:
    return next(found.value for found in tester.metric if found.label == label)


def shown(tester: AppTest, said: str) -> bool:
    return any(said in found.value.replace("\\", "") for found in tester.markdown)


def page(desk: Desk, draft: Draft, lang: str, tool: str) -> AppTest:
    tester = AppTest.from_function(one_page, args=(desk, draft), default_timeout=60)
    tester.session_state["in_language"] = lang
    tester.session_state["in_street_tool"] = tool
    return tester.run()


def test_the_panel_speaks_english(desk: Desk) -> None:
    closed = sketching.close_street(desk.bench, new_draft("t", TYPE), BRIDGE, {"modes": ("drive",)})
    for tool in sketching.TOOLS:
        tester = page(desk, closed, "en", tool)
        assert not tester.exception
        assert shown(tester, "1. close 1001, 200 m (driving)")


def test_the_panel_closes_builds_and_takes_back(desk: Desk) -> None:
    tester = page(desk, new_draft("t", TYPE), "zh", "close")
    label = "已覆盖"
    assert not tester.exception
    before = metric(tester, label)
    tester.number_input(key="close_lon").set_value(BRIDGE[0])
    tester.number_input(key="close_lat").set_value(BRIDGE[1]).run()
    tester.button(key="close_street").click().run()
    assert not tester.exception
    assert not tester.error
    assert shown(tester, "封闭 1001，200 米（步行、行车）")
    assert metric(tester, label) != before
    tester.session_state["in_street_tool"] = "build"
    tester.run()
    for lon, lat in BANKS:
        tester.number_input(key="road_lon").set_value(lon)
        tester.number_input(key="road_lat").set_value(lat).run()
        tester.button(key="add_point").click().run()
    assert len(tester.session_state["draft"].sketch) == 2
    tester.button(key="build_street").click().run()
    assert not tester.exception
    assert not tester.error
    assert [type(edit) for edit in tester.session_state["draft"].scenario.edits] == [CloseStreet, BuildStreet]
    tester.button(key="street_back_1").click().run()
    assert [type(edit) for edit in tester.session_state["draft"].scenario.edits] == [BuildStreet]
    assert metric(tester, label) == before


def test_on_a_large_network_the_page_does_not_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_awaited, "LARGE", 1)
    begun, go = Event(), Event()
    measure = Workbench.measure_type

    def slow(self: Workbench, key: str, scenario: Scenario | None = None, **more: Any) -> Any:
        if "progress" in more:  # beside the page
            begun.set()
            assert go.wait(60)
        return measure(self, key, scenario, **more)

    monkeypatch.setattr(Workbench, "measure_type", slow)
    closed = sketching.close_street(desk.bench, new_draft("t", TYPE), BRIDGE, {})
    tester = page(desk, closed, "zh", "site")
    assert begun.wait(60)
    assert not tester.exception
    assert [found.value for found in tester.info] == [say("app.streets.waiting")]
    assert metric(tester, "未覆盖") == "5"
    go.set()
    assert tester.session_state["job"].wait(60)
    tester.run()
    assert not tester.exception
    assert not tester.info
    assert metric(tester, "未覆盖") == "0"  # beyond the river nobody reaches a street, and on this bank all are served
