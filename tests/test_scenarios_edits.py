"""Edits against head arithmetic on a county of four homes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from layers.crs import from_wgs84
from layers.errors import PlanningError
from layers.texts import codes, say
from scenarios.edits import Close, Convert, Merge, Move, Open, Place, Resize
from scenarios.state import State, present
from tests.small_county import METRIC, X0, facility_layer, lonlat, outlines

PLACE = Place(METRIC, outlines())


@pytest.fixture
def state() -> State:
    beds = {"type": "elder_wujing", "township": "01"}
    return present(
        facility_layer(
            {**beds, "id": "A", "name": "西镇敬老院", "capacity": 50, "care_beds": 20, "residents": 30, "floor_area": 1500, "at": (-1000, 0)},
            {**beds, "id": "B", "name": "西山敬老院", "capacity": 20, "care_beds": 5, "residents": 12, "at": (-500, 500)},
            {**beds, "id": "C", "name": "东乡敬老院", "township": "02", "residents": 4, "at": (1000, 0)},
            {**beds, "id": "D", "name": "旧敬老院", "status": "closed", "capacity": 9, "at": (0, 0)},
            {"id": "K", "type": "child_welfare_county", "name": "县福利院", "capacity": 40, "residents": 6, "at": None},
            {"id": "M", "type": "community_centre", "name": "社区中心", "capacity": 300, "at": (100, 100)},
        )
    )


def open_home(**changes: object) -> Open:
    lon, lat = lonlat(1500, 0)
    return Open.model_validate({"id": "N", "type": "elder_wujing", "name": "新院", "lon": lon, "lat": lat, "capacity": 60, **changes})


def refused(edit: object, state: State, code: str) -> PlanningError:
    before = state.layer.table.copy()
    with pytest.raises(PlanningError) as caught:
        edit.apply(state, PLACE)  # type: ignore[attr-defined]
    assert caught.value.code == f"scenario.{code}"
    assert caught.value.say("zh")
    assert caught.value.say("en")
    pd.testing.assert_frame_equal(state.layer.table, before)  # convention 12
    return caught.value


def test_present_state_keeps_all_that_is_not_closed(state: State) -> None:
    assert state.actions["action"].to_dict() == {"A": "keep", "B": "keep", "C": "keep", "K": "keep", "M": "keep"}
    assert state.changed.empty


def test_open(state: State) -> None:
    after = open_home(note="需求增长").apply(state, PLACE)
    row = after.layer.table.loc["N"]
    assert (row["type"], row["township"], row["status"], row["capacity"], row["residents"]) == ("elder_wujing", "02", "operating", 60, 0)
    assert np.isnan(row["care_beds"])
    assert row.geometry.x == pytest.approx(X0 + 1500, abs=0.001)
    assert after.actions.loc["N", ["action", "from_type", "note"]].to_list() == ["new", "", "需求增长"]
    assert len(after.layer.table) == 7
    assert list(after.layer.table.dtypes) == list(state.layer.table.dtypes)
    assert after.layer.table.crs == METRIC
    assert "N" not in state.layer.table.index


def test_open_in_an_empty_county() -> None:
    after = open_home().apply(present(facility_layer()), PLACE)
    assert after.layer.of_type("elder_wujing").index.to_list() == ["N"]


def test_open_undoes_the_datum(state: State) -> None:
    lon, lat = from_wgs84([lonlat(1500, 0)[0]], [lonlat(1500, 0)[1]], "GCJ-02")
    after = open_home(lon=float(lon[0]), lat=float(lat[0])).apply(state, Place(METRIC, outlines(), "GCJ-02"))
    assert after.layer.table.loc["N"].geometry.x == pytest.approx(X0 + 1500, abs=0.01)


def test_open_is_refused(state: State) -> None:
    refused(open_home(id="D"), state, "taken")
    lon, lat = lonlat(2001, 0)
    refused(open_home(lon=lon, lat=lat), state, "outside")
    refused(open_home(lon=25.0, lat=80.0), state, "outside")
    assert "elder_wujing" in refused(open_home(type="敬老院"), state, "unknown_type").say()
    refused(open_home(township="南镇"), state, "unknown_township")
    refused(open_home(care_beds=61), state, "care_beds")


def test_township_told_by_name_wins(state: State) -> None:
    assert open_home(township="西镇").apply(state, PLACE).layer.table.loc["N", "township"] == "01"


def test_township_of_the_nearest_village_without_polygons(state: State) -> None:
    lon, lat = lonlat(100, 0)  # 600 m to 西二村, 900 m to 东村
    place = Place(METRIC, outlines(townships=False))
    assert open_home(lon=lon, lat=lat).apply(state, place).layer.table.loc["N", "township"] == "01"


@pytest.mark.parametrize(
    ("change", "action"),
    [
        ({"capacity": 80}, "enlarge"),
        ({"capacity": 40}, "reduce"),
        ({"capacity": 50, "care_beds": 30}, "enlarge"),
        ({"floor_area": 1400, "care_beds": 30}, "reduce"),
    ],
)
def test_resize_counts_by_the_first_size_that_differs(state: State, change: dict[str, float], action: str) -> None:
    after = Resize(facility="A", **change).apply(state, PLACE)
    assert after.actions.loc["A", "action"] == action
    assert after.layer.table.loc["A", list(change)].to_dict() == change
    assert after.actions.loc["A", "from_capacity"] == 50


def test_resize_back_is_keep(state: State) -> None:
    there = Resize(facility="A", capacity=80).apply(state, PLACE)
    assert Resize(facility="A", capacity=50).apply(there, PLACE).actions.loc["A", "action"] == "keep"


def test_resize_is_refused(state: State) -> None:
    refused(Resize(facility="A", capacity=50), state, "no_change")
    refused(Resize(facility="C", capacity=50), state, "unknown_size")
    refused(Resize(facility="A", capacity=10), state, "care_beds")
    refused(Resize(facility="D", capacity=10), state, "closed")
    refused(Resize(facility="A", name="东乡敬老院", capacity=60), state, "wrong_name")
    assert "西镇敬老院（A）" in refused(Resize(facility="西镇敬老园", capacity=9), state, "unknown_facility").say()


def test_resize_below_the_residents_is_noted(state: State) -> None:
    after = Resize(facility="A", capacity=25, care_beds=20).apply(state, PLACE)
    assert [fault.code for fault in after.notes] == ["scenario.overfull"]
    assert "30" in after.notes[0].say("zh")
    assert after.notes[0].say("en")


def test_close(state: State) -> None:
    after = Close(facility="B", note="危房").apply(state, PLACE)
    assert after.actions.loc["B", ["action", "from_capacity", "from_residents", "note"]].to_list() == ["close", 20, 12, "危房"]
    assert after.layer.of_type("elder_wujing").index.to_list() == ["A", "C"]
    assert after.layer.table.loc["B", ["capacity", "residents"]].to_list() == [0, 0]
    assert "12" in after.notes[0].say("zh")
    refused(Close(facility="B"), after, "closed")


def test_a_new_facility_is_not_given_up(state: State) -> None:
    after = open_home().apply(state, PLACE)
    refused(Close(facility="N"), after, "new_given_up")
    refused(Merge(facility="N", into="A"), after, "new_given_up")


def test_merge_moves_capacity_and_residents(state: State) -> None:
    after = Merge(facility="B", into="A").apply(state, PLACE)
    assert after.layer.table.loc["A", ["capacity", "care_beds", "residents", "floor_area"]].to_list() == [70, 25, 42, 1500]
    assert after.layer.table.loc["B", ["status", "capacity", "residents"]].to_list() == ["closed", 0, 0]
    assert after.actions.loc[["A", "B"], "action"].to_list() == ["enlarge", "merge"]
    assert after.actions.loc["B", "into"] == "A"
    for column in ("capacity", "care_beds", "residents"):  # conservation
        assert after.layer.table[column].sum() == state.layer.table[column].sum()


def test_merge_into_empty_beds_keeps_the_target(state: State) -> None:
    after = Merge(facility="B", into="A", capacity=50).apply(state, PLACE)
    assert after.layer.table.loc["A", ["capacity", "residents"]].to_list() == [50, 42]
    assert after.actions.loc["A", "action"] == "keep"


def test_merge_with_an_unknown_capacity_is_unknown_unless_told(state: State) -> None:
    assert np.isnan(Merge(facility="C", into="A").apply(state, PLACE).layer.table.loc["A", "capacity"])
    assert Merge(facility="C", into="A", capacity=80).apply(state, PLACE).layer.table.loc["A", "capacity"] == 80


def test_merge_is_refused(state: State) -> None:
    refused(Merge(facility="A", into="A"), state, "into_itself")
    refused(Merge(facility="A", into="D"), state, "closed")
    refused(Merge(facility="A", into="Z"), state, "unknown_facility")
    refused(Merge(facility="A", into="M"), state, "merge_kinds")
    refused(Merge(facility="A", into="K"), state, "merge_kinds")


def test_convert(state: State) -> None:
    after = Convert(facility="K", to="minor_protection_centre").apply(state, PLACE)
    row = after.layer.table.loc["K"]
    assert after.actions.loc["K", ["action", "from_type", "from_capacity"]].to_list() == ["convert", "child_welfare_county", 40]
    assert row["type"] == "minor_protection_centre"
    assert row["capacity"] == 40
    assert not after.notes


def test_convert_elsewhere_is_noted_and_its_numbers_are_unknown(state: State) -> None:
    after = Convert(facility="M", to="elder_institution").apply(state, PLACE)
    assert after.layer.table.loc["M", ["capacity", "residents"]].isna().all()
    assert [fault.code for fault in after.notes] == ["scenario.unusual_conversion"]
    assert Convert(facility="M", to="elder_daycare", capacity=30).apply(state, PLACE).layer.table.loc["M", "capacity"] == 30
    refused(Convert(facility="M", to="community_centre"), state, "no_change")
    refused(Convert(facility="M", to="elder_dycare"), state, "unknown_type")
    back = Convert(facility="M", to="community_centre", capacity=300).apply(after, PLACE)
    assert back.actions.loc["M", "action"] == "keep"


def test_move(state: State) -> None:
    lon, lat = lonlat(500, 0)
    after = Move(facility="A", lon=lon, lat=lat).apply(state, PLACE)
    assert after.layer.table.loc["A", "township"] == "02"
    assert after.actions.loc["A", "action"] == "move"
    lon, lat = lonlat(-1000, 0.9)
    refused(Move(facility="A", lon=lon, lat=lat), state, "no_change")
    refused(Move(facility="K", lon=lon, lat=lat), state, "no_position")
    lon, lat = lonlat(0, 2100)
    refused(Move(facility="A", lon=lon, lat=lat), state, "outside")


def test_errors_count_the_edits_before_them(state: State) -> None:
    after = Close(facility="B").apply(open_home().apply(state, PLACE), PLACE)
    assert after.steps == 2
    assert refused(Close(facility="Z"), after, "unknown_facility").say().startswith("第 3 步")


def test_every_sentence_stands_in_both_languages() -> None:
    for code in codes():
        if code.startswith("scenario."):
            assert say(code, "zh", **_ALL)
            assert say(code, "en", **_ALL)


_ALL = dict.fromkeys(
    [
        *("file", "files", "why", "line", "column", "format", "known", "count", "field", "value", "expected", "limit", "type"),
        *("requirement", "fields"),
        *("edit", "facility", "near", "name", "found", "care_beds", "capacity", "lon", "lat", "datum", "township", "residents", "target"),
        *("type_zh", "type_en", "target_type_zh", "target_type_en", "from_zh", "from_en", "to_zh", "to_en"),
        *("street", "far", "within", "highway", "point", "last"),
    ],
    "x",
)
