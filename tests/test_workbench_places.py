"""Models that keep capacities, asked by a plan task on a county small enough for head arithmetic."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest

from layers.errors import PlanningError
from planning.cli.measuring import print_proposal
from planning.publish.assignment import AssignmentHead, assignment_book
from planning.workbench import plan_record, propose_task
from tests.line_county import STOOD, bench, task

NEED = {"sites": 1, "capacity": 4.5, "places_per_1000": 1000}


@pytest.fixture(scope="module")
def near(tmp_path_factory):
    """Return the county whose centre at a has 20 places and serves its own cell alone."""
    return bench(tmp_path_factory.mktemp("near"), 500.0)


def test_as_many_have_a_place_as_there_are_places_within_reach(near):
    # x has places for a (2.5); of the 5 at d 4.5 find one, at c all 4 would.
    proposal = propose_task(near, task("capcover", **NEED))
    assert (proposal.plan.opened, proposal.plan.value) == (("d",), pytest.approx(7.0))
    table = proposal.assignment.set_index("facility")
    assert table["placed"].to_dict() == pytest.approx({"x": 2.5, "t-01": 4.5})
    assert table["occupancy"].to_dict() == pytest.approx({"x": 0.125, "t-01": 1.0})
    assert table["township_name"].to_dict() == {"x": "西镇", "t-01": "东乡"}
    record = plan_record(proposal)
    assert (record["aim"], record["unit"]) == ("placed", "people")
    assert record["placed"] == pytest.approx({"x": 2.5, "t-01": 4.5})


def test_a_place_for_everybody_at_the_least_travel(near):
    # All at x: 3 + 2 x 4 + 3 x 5 = 26 person-km. 4.5 places at d save 3 km each: 12.5; at c 2 km each: 17.
    proposal = propose_task(near, task("capmedian", **NEED))
    assert proposal.plan.opened == ("d",)
    assert proposal.plan.value == pytest.approx(12_500, abs=1)
    assert proposal.assignment["people"].sum() == pytest.approx(14.5)
    # Each cell as a whole: 5 do not fit into 4.5 places; c's 4 at c leave 3 + 15, at d (1 km nearer) 3 + 4 + 15.
    whole = propose_task(near, task("capmedian", source="cell", **NEED))
    assert (whole.plan.opened, whole.plan.value) == (("c",), pytest.approx(18_000, abs=1))


def test_half_the_people_need_a_place(near):
    proposal = propose_task(near, task("capcover", **{**NEED, "places_per_1000": 500}))
    assert (proposal.plan.opened, proposal.plan.value) == (("d",), pytest.approx(1.25 + 2.5))
    assert proposal.parameters["places_per_1000"] == 500


@pytest.mark.parametrize(
    ("stood", "asked", "code", "named"),
    [
        ({**STOOD, "capacity": float("nan")}, NEED, "workbench.unknown_capacity", "甲（x）"),
        (STOOD, {"sites": 1, "places_per_1000": 1000}, "workbench.no_capacity", "capacity"),
        (STOOD, {"sites": 1, "capacity": 5}, "workbench.no_need", "places_per_1000"),
    ],
)
def test_what_is_unknown_is_refused_by_name(tmp_path, stood, asked, code, named):
    with pytest.raises(PlanningError) as caught:
        propose_task(bench(tmp_path, 500.0, stood), task("capcover", **asked))
    assert caught.value.code == code
    assert named in caught.value.say("zh")


def test_terminal_and_workbook_show_who_has_a_place_where(near, capsys):
    proposal = propose_task(near, task("capcover", **NEED))
    print_proposal(proposal, "zh")
    shown = capsys.readouterr().out
    assert "有名额（床位）的人数：本方案 7 人" in shown
    assert "名额（床位）分配" in shown
    content = assignment_book(proposal.assignment, AssignmentHead("小县增设", "每人一个", "", timed=False), dt.date(2026, 1, 1))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    heads, *rows = list(sheet.iter_rows(min_row=3, values_only=True))
    assert heads[-1] == "最远路程（米）"
    assert [row[3:7] for row in rows] == [(4.5, 1, "东乡", 4.5), (2.5, 0.125, "西镇", 2.5)]
