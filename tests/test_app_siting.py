"""Siting, frontiers and consolidation on the page of scenarios, run by Streamlit's own tester."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from layers.tasks import MODELS
from layers.texts import say
from planning.app.map import moves
from planning.app.map.cells import warp
from planning.app.map.ground import ground
from planning.app.pages._question import AMOUNTS
from planning.app.session import Desk
from planning.workbench import consolidate_task, consolidation_task_of, make_demo, open_county, propose_task
from scenarios.edits import Merge
from tests.test_app_pages import drawn, finish


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("county") / "demo"
    make_demo(folder, cells=1000)
    return at_desk(folder)


def at_desk(folder: Path) -> Desk:
    bench = open_county(folder)
    return Desk(bench, ground(bench.facts), warp(bench.facts.population.cells, bench.facts.crs))


def button(tester: AppTest, label: str, nth: int = 0) -> AppTest:
    chosen = [item for item in tester.button if item.label == label]
    chosen[nth].click().run()
    finish(tester)
    assert not tester.exception
    return tester


@pytest.mark.parametrize("model", MODELS)
def test_the_form_shows_what_the_model_takes_and_nothing_else(desk: Desk, model: str) -> None:
    task = desk.bench.facts.county.plan[0]
    tester = drawn(desk, "scenario")
    tester.selectbox(key="in_task").set_value("").run()
    key = next(item.key for item in tester.selectbox if item.key.startswith("in_model_own"))
    tester.selectbox(key=key).set_value(model).run()
    assert not tester.exception
    own = key.removeprefix("in_model_")
    shown = {item.key.removeprefix("in_").removesuffix(f"_{own}") for item in tester.number_input if item.key.endswith(own)}
    assert shown & set(AMOUNTS) == set(MODELS[model].known) & set(AMOUNTS)
    assert say(f"app.model_help.{model}") in [item.value for item in tester.caption]
    assert task.key != own


def test_what_the_form_asks_is_answered_as_the_workbench_answers_it(desk: Desk) -> None:
    task = desk.bench.facts.county.plan[0]
    tester = drawn(desk, "scenario")
    tester.selectbox(key="in_task").set_value(task.key).run()
    tester.number_input(key=f"in_sites_{task.key}").set_value(3)
    button(tester, say("app.propose.start"))
    proposal = tester.session_state["proposal"]
    known = propose_task(desk.bench, task.model_copy(update={"sites": 3}), proposal.start)
    assert proposal.plan.opened == known.plan.opened
    assert len(proposal.plan.opened) == 3


def test_a_question_that_lacks_something_says_what(desk: Desk) -> None:
    task = desk.bench.facts.county.plan[0]
    tester = drawn(desk, "scenario")
    tester.selectbox(key="in_task").set_value(task.key).run()
    tester.number_input(key=f"in_crowd_{task.key}").set_value(500.0)
    next(item for item in tester.button if item.label == say("app.propose.start")).click().run()
    assert not tester.exception
    assert "proposal" not in tester.session_state
    assert any("around_m" in item.value.replace("\\", "") for item in tester.warning)
    assert tester.number_input(key=f"in_crowd_{task.key}").value == 500.0


def test_a_level_of_the_frontier_can_be_shown_and_taken(desk: Desk) -> None:
    task = desk.bench.facts.county.plan[0]
    tester = drawn(desk, "scenario")
    tester.selectbox(key="in_task").set_value(task.key).run()
    tester.number_input(key=f"in_sites_{task.key}").set_value(3)
    button(tester, say("app.frontier.start"))
    found = tester.session_state["frontier"]
    assert list(found.table.index) == [1.0, 2.0, 3.0]
    assert found.table["value"].is_monotonic_increasing
    tester.select_slider(key="in_frontier_level").set_value(2.0).run()
    tester.button(key="show_level").click().run()
    assert not tester.exception
    assert len(tester.session_state["proposal"].plan.opened) == 2
    tester.button(key="take_proposal").click().run()
    assert not tester.exception
    assert len(tester.session_state["draft"].scenario.edits) == 2


def test_a_consolidation_is_answered_drawn_and_taken(desk: Desk) -> None:
    task = consolidation_task_of(desk.bench)
    tester = drawn(desk, "scenario")
    button(tester, say("app.propose.start"), -1)
    answer = tester.session_state["consolidation"]
    assert answer.plan.deeds == consolidate_task(desk.bench, task).plan.deeds
    merged = [edit for edit in answer.scenario.edits if isinstance(edit, Merge)]
    lines = moves.drawn(desk.bench.state(answer.scenario), answer.kind, desk.bench.facts.crs)
    assert len(lines) == len(merged) == len(answer.moves)
    assert sorted(line["text"] for line in lines) == sorted(f"{move.residents:,.0f}人" for move in answer.plan.moves)
    tester.button(key="take_consolidation").click().run()
    assert not tester.exception
    assert tester.session_state["draft"].scenario.edits == answer.scenario.edits


def test_a_consolidation_that_cannot_be_says_what_stands_in_the_way(desk: Desk) -> None:
    task = consolidation_task_of(desk.bench)
    tester = drawn(desk, "scenario")
    tester.number_input(key=f"in_merge_least_beds_{task.key}").set_value(290.0)
    tester.text_input(key=f"in_merge_sizes_{task.key}").set_value("")
    button(tester, say("app.propose.start"), -1)
    answer = tester.session_state["consolidation"]
    assert answer.plan.status == "infeasible"
    assert answer.plan.say("zh") in [item.value for item in tester.error]
