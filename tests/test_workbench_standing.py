"""Facilities that stand: given up where the task allows it, or run by others; on a county small enough for head arithmetic."""

from __future__ import annotations

import pytest

from layers.errors import PlanningError
from planning.cli.measuring import print_proposal
from planning.workbench import plan_record, propose_task
from scenarios.document import Scenario
from tests.line_county import STOOD, TYPE, bench, task

EAST = {**STOOD, "id": "y", "name": "乙", "at": (-500, 0)}
THEIRS = {**STOOD, "id": "z", "name": "丙", "at": (500, 0), "ownership": "民办", "township": "02"}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Return the county with a centre at a (2.5 people) and at b (3), each serving its own cell."""
    return bench(tmp_path_factory.mktemp("two"), 500.0, STOOD, EAST)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Return the county with a centre of ours at a and one of others at c (4)."""
    return bench(tmp_path_factory.mktemp("mixed"), 500.0, STOOD, THEIRS)


def test_what_may_close_counts_while_it_stays_and_is_closed_where_others_serve_more(two):
    # Two places of four: c and d. Three: b as well, where y stands already and so stays.
    both = propose_task(two, task("mclp", sites=2, may_close="all"))
    assert (both.plan.opened, both.plan.closed, both.plan.value) == (("c", "d"), ("x", "y"), pytest.approx(9))
    one = propose_task(two, task("mclp", sites=3, may_close="all"))
    assert (one.plan.opened, one.plan.closed, one.plan.value) == (("c", "d"), ("x",), pytest.approx(12))
    assert [edit.action for edit in one.edits] == ["open", "open", "close"]
    assert one.after.coverage.totals["covered"] == pytest.approx(12)
    record = plan_record(one)
    assert record["closed"] == ("x",)
    assert record["assigned"] == pytest.approx({"y": 3, "t-01": 4, "t-02": 5})


def test_closures_come_after_the_edits_a_scenario_has(two, capsys):
    base = Scenario(title="起点", edits=(propose_task(two, task("mclp", sites=1)).edits))
    proposal = propose_task(two, task("mclp", sites=1, may_close=["甲"], key="u"), base)
    # d is open (5) and cannot be given up as what the start opened; x (2.5) makes place for c (4).
    assert (proposal.plan.opened, proposal.plan.closed) == (("c",), ("x",))
    assert [edit.action for edit in proposal.scenario.edits] == ["open", "open", "close"]
    print_proposal(proposal, "zh")
    shown = capsys.readouterr().out
    assert "1 处现有设施可以撤销，其中建议撤销 1 处" in shown
    assert "建议撤销的设施" in shown
    assert "现有 1 人在住" in shown


def test_distances_do_not_close_what_stands(two):
    proposal = propose_task(two, task("mclp", sites=4, may_close="all", apart_m=1500))
    # x and y stand 1,000 m apart and may both stay; c is too near y, d is not.
    assert (proposal.plan.opened, proposal.plan.closed) == (("d",), ())


def test_people_nearer_to_others_are_not_ours(mixed):
    ours = propose_task(mixed, task("mclp", sites=1, others=["民办"]))
    assert (ours.plan.opened, ours.plan.value) == (("d",), pytest.approx(7.5))  # c is served by z alone
    assert ours.parameters["sites_of_others"] == 1
    assert ours.parameters["owner_unknown"] == 1  # the ledger does not tell whose x is
    all_alike = propose_task(mixed, task("mclp", sites=1))
    assert (all_alike.plan.opened, all_alike.plan.value) == (("d",), pytest.approx(11.5))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"others": ["合营"]}, "workbench.no_owner"),
        ({"may_close": ["丁"]}, "workbench.may_close"),
        ({"may_close": ["z"], "others": ["民办"]}, "workbench.not_ours_to_close"),
    ],
)
def test_what_the_ledger_does_not_hold_is_refused(mixed, asked, code):
    with pytest.raises(PlanningError) as caught:
        propose_task(mixed, task("mclp", sites=1, **asked))
    assert caught.value.code == code
    assert TYPE not in str(caught.value)
