"""What clicks and forms do to a scenario, without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.errors import PlanningError
from planning.app import drafting
from planning.app.drafting import Draft, fresh, hear, new_draft
from planning.workbench import Workbench
from planning.workbench.columns import TravelColumns
from scenarios.document import fingerprint
from scenarios.edits import Move, Open
from scenarios.files import Opened
from tests.small_county import facility_layer, facts, lonlat

TYPE = "elder_daycare"


@pytest.fixture(scope="module")
def bench() -> Workbench:
    """Return a county with two day-care centres, 2 km apart."""
    known = facts(
        facility_layer(
            {"id": "a", "type": TYPE, "name": "甲", "capacity": 20.0, "residents": 5.0, "at": (-1000, 0)},
            {"id": "b", "type": TYPE, "name": "乙", "capacity": 30.0, "residents": 9.0, "at": (1000, 0)},
        )
    )
    return Workbench(known, TravelColumns(known.streets, known.population, known.county.travel))


def told(*events: dict[str, Any], client: str = "x") -> dict[str, Any]:
    return {"client": client, "events": [{"seq": number, **event} for number, event in enumerate(events, start=1)]}


def clicked(dx: float, dy: float) -> dict[str, Any]:
    return {"place": list(lonlat(dx, dy))}


def test_a_click_opens_a_site_there_and_chooses_it(bench: Workbench) -> None:
    draft, errors = hear(bench, new_draft("t", TYPE), told(clicked(200, 300)))
    (edit,) = draft.scenario.edits
    assert not errors
    assert isinstance(edit, Open)
    assert draft.selected == edit.id
    table = bench.state(draft.scenario).layer.table
    moved = table.loc[edit.id].geometry.distance(table.loc["a"].geometry)
    assert moved == pytest.approx(np.hypot(1200, 300), abs=0.1)


def test_events_are_applied_once_however_often_they_are_told(bench: Workbench) -> None:
    message = told(clicked(200, 300), clicked(400, 300))
    once, _ = hear(bench, new_draft("t", TYPE), message)
    again, _ = hear(bench, once, message)
    assert len(again.scenario.edits) == 2
    more, _ = hear(bench, again, told(clicked(200, 300), clicked(400, 300), clicked(600, 300)))
    assert len(more.scenario.edits) == 3


def test_a_reloaded_page_counts_anew(bench: Workbench) -> None:
    draft, _ = hear(bench, new_draft("t", TYPE), told(clicked(200, 300)))
    draft, _ = hear(bench, draft, told(clicked(400, 300), client="y"))
    assert len(draft.scenario.edits) == 2
    assert draft.ack == {"client": "y", "seq": 1}


def test_events_arrive_in_any_order() -> None:
    assert [event["seq"] for event in fresh(None, {"client": "x", "events": [{"seq": 2}, {"seq": 1}]})] == [1, 2]


def test_a_refused_click_is_told_and_loses_nothing(bench: Workbench) -> None:
    draft, errors = hear(bench, new_draft("t", TYPE), told(clicked(200, 300), clicked(90_000, 0), clicked(400, 300)))
    assert [error.code for error in errors] == ["workbench.outside"]
    assert len(draft.scenario.edits) == 2
    assert draft.ack == {"client": "x", "seq": 3}


def test_dragging_a_new_site_opens_it_elsewhere(bench: Workbench) -> None:
    draft, _ = hear(bench, new_draft("t", TYPE), told(clicked(200, 300)))
    lon, lat = lonlat(500, -200)
    moved = drafting.move(bench, draft, draft.selected, (lon, lat))
    (edit,) = moved.scenario.edits
    assert isinstance(edit, Open)
    assert (edit.lon, edit.lat) == (pytest.approx(lon), pytest.approx(lat))
    assert edit.id == draft.selected


def test_dragging_an_existing_facility_moves_it_and_dragging_on_moves_it_once(bench: Workbench) -> None:
    draft = drafting.move(bench, new_draft("t", TYPE), "a", lonlat(-500, 0))
    draft = drafting.move(bench, draft, "a", lonlat(-300, 0))
    (edit,) = draft.scenario.edits
    assert isinstance(edit, Move)
    table = bench.state(draft.scenario).layer.table
    assert table.loc["a"].geometry.distance(table.loc["b"].geometry) == pytest.approx(1300, abs=0.1)


def test_the_state_kept_with_the_draft_is_the_scenarios(bench: Workbench) -> None:
    draft, _ = hear(bench, new_draft("t", TYPE), told(clicked(200, 300), clicked(400, 300)))
    draft = drafting.resize(bench, draft, "a", 25.0)
    draft = drafting.merge(bench, draft, "b", "a")
    whole = bench.state(draft.scenario)
    assert draft.state is not None
    assert draft.state.layer.table.drop(columns="geometry").equals(whole.layer.table.drop(columns="geometry"))
    assert draft.state.actions.equals(whole.actions)


def test_closing_a_new_site_takes_it_back(bench: Workbench) -> None:
    draft, _ = hear(bench, new_draft("t", TYPE), told(clicked(200, 300)))
    back = drafting.close(bench, draft, draft.selected)
    assert not back.scenario.edits
    assert not back.selected
    assert back.is_saved


def test_an_edit_that_others_need_is_not_taken_back(bench: Workbench) -> None:
    draft, _ = hear(bench, new_draft("t", TYPE), told(clicked(200, 300)))
    draft = drafting.merge(bench, draft, "a", draft.selected)
    with pytest.raises(PlanningError):
        drafting.without(bench, draft, 0)
    assert len(draft.scenario.edits) == 2


def test_coordinates_are_kept_in_the_scenarios_datum(bench: Workbench) -> None:
    empty = new_draft("t", TYPE)
    amap = replace(empty, scenario=empty.scenario.model_copy(update={"datum": "GCJ-02"}))
    plain = drafting.place(bench, empty, lonlat(200, 300))
    shifted = drafting.place(bench, amap, lonlat(200, 300))
    one, other = plain.scenario.edits[0], shifted.scenario.edits[0]
    assert isinstance(one, Open)
    assert isinstance(other, Open)
    assert abs(one.lon - other.lon) > 0.0005
    there = [bench.state(draft.scenario).layer.table.loc[draft.selected].geometry for draft in (plain, shifted)]
    assert there[0].distance(there[1]) < 0.1


def test_merge_targets_are_the_nearest_of_the_type(bench: Workbench) -> None:
    draft, _ = hear(bench, new_draft("t", TYPE), told(clicked(-800, 0)))
    assert drafting.targets(bench.state(draft.scenario), "a") == [draft.selected, "b"]


def test_a_draft_knows_whether_it_is_saved(bench: Workbench) -> None:
    draft: Draft = new_draft("t", TYPE)
    assert draft.is_saved
    changed, _ = hear(bench, draft, told(clicked(200, 300)))
    assert not changed.is_saved
    opened = Opened(Path("s.toml"), changed.scenario, "")
    assert drafting.opened_draft(opened, TYPE).is_saved
    assert drafting.opened_draft(opened, TYPE).saved == fingerprint(changed.scenario)
    assert not drafting.opened_draft(replace(opened, older=True), TYPE).is_saved
