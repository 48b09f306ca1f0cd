"""The pages on a small demo county, run by Streamlit's own tester: they draw, in both languages, and show the workbench's numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from layers.crs import from_metric
from layers.errors import PlanningError
from layers.texts import say
from planning.app.drafting import ask, hear, new_draft, opened_draft
from planning.app.map.cells import warp
from planning.app.map.ground import ground
from planning.app.session import Desk
from planning.cli import app
from planning.workbench import inquire, make_demo, open_county, review_all
from scenarios.document import Scenario
from scenarios.edits import Close

PAGES = ("check", "measure", "scenario", "compare", "export", "review")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("county") / "demo"
    make_demo(folder, cells=1000)
    bench = open_county(folder)
    return Desk(bench, ground(bench.facts), warp(bench.facts.population.cells, bench.facts.crs))


def one_page(desk, name, kept):  # runs inside Streamlit, with no names from outside
    import importlib

    import streamlit as st

    from planning.app import notices, session

    st.session_state.setdefault("pages", {})
    if session.desk() is None and desk is not None:
        session.sit_down(desk)
        for key, value in kept.items():
            st.session_state[key] = value
    session.settle()
    notices.show()
    importlib.import_module(f"planning.app.pages.{name}").page()


def drawn(desk: Desk | None, name: str, lang: str = "zh", **kept: object) -> AppTest:
    tester = AppTest.from_function(one_page, args=(desk, name, kept), default_timeout=60)
    tester.session_state["in_language"] = lang
    return tester.run()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_drawn(desk: Desk, name: str, lang: str) -> None:
    tester = drawn(desk, name, lang)
    assert not tester.exception
    assert not tester.error
    assert tester.header[0].value == say(f"app.page.{name}", lang)


@pytest.mark.parametrize("name", [page for page in PAGES if page != "check"])
def test_without_a_county_a_page_says_so(name: str) -> None:
    tester = drawn(None, name)
    assert tester.info[0].value == say("app.no_county")


def finish(tester: AppTest) -> None:
    """Wait for slow work, unless it has ended and been taken over already."""
    job = tester.session_state["job"]
    if job is not None:
        assert job.wait(120)
        tester.run()


def metric(tester: AppTest, label: str) -> str:
    return next(found.value for found in tester.metric if found.label == label)


def test_the_pages_show_the_workbenchs_numbers(desk: Desk) -> None:
    task = desk.bench.facts.county.plan[0]
    coverage = desk.bench.measure_type(task.type).coverage
    assert coverage is not None
    tester = drawn(desk, "measure")
    shown = {label: metric(tester, say(f"app.column.{label}")) for label in ("covered", "uncovered", "unreachable", "not_located")}
    assert shown == {label: f"{coverage.totals[label]:,.0f}" for label in shown}
    assert metric(tester, "覆盖率") == f"{coverage.covered_share:.1%}"


def test_the_check_counts_every_row(desk: Desk) -> None:
    tester = drawn(desk, "check")
    counts = [int(metric(tester, say(f"app.column.{name}")).replace(",", "")) for name in ("read", "kept", "excluded")]
    assert counts[0] == counts[1] + counts[2] == sum(row.read for row in desk.bench.facts.rows)


def test_choosing_another_type_measures_it(desk: Desk) -> None:
    tester = drawn(desk, "measure")
    other = next(key for key in desk.bench.present_types() if key != desk.bench.facts.county.plan[0].type)
    tester.selectbox(key="in_measure_type").set_value(other).run()
    assert not tester.exception
    county = desk.bench.measure_type(other).county
    assert metric(tester, "设施数") == f"{county['facilities']:,.0f}"


def test_a_refused_wish_is_one_sentence_and_loses_nothing(desk: Desk) -> None:
    """A public sheet without a review number."""
    tester = drawn(desk, "export")
    tester.text_input(key="in_export_title").set_value("测试规划").run()
    tester.selectbox(key="in_export_secrecy").set_value("公开").run()
    tester.button(key="make_papers").click().run()
    finish(tester)
    assert PlanningError("publish.no_review_number", title="测试规划").say("zh") in [error.value.replace("\\", "") for error in tester.error]
    assert tester.text_input(key="in_export_title").value == "测试规划"


def test_projects_are_ranked(desk: Desk) -> None:
    tester = drawn(desk, "review")
    tester.button(key="review_all").click().run()
    finish(tester)
    assert not tester.exception
    assert len(tester.session_state["reviews"]) == 6
    # The present state at first, as on the command line.
    present = {found.project.key: found.points for found in review_all(desk.bench)}
    assert {key: found.points for key, found in tester.session_state["reviews"].items()} == pytest.approx(present)
    assert tester.selectbox(key="in_review_which").value in tester.session_state["reviews"]


def test_a_county_that_cannot_be_opened_is_explained(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "county.toml").write_text('name = "x"\nwrong = 1\n', "utf-8")
    tester = drawn(None, "opening")
    tester.text_input(key="in_folder").set_value(str(tmp_path))
    [button for button in tester.button if button.label == "打开"][-1].click().run()  # those before it open counties opened lately
    finish(tester)
    assert not tester.exception
    assert tester.error
    assert tester.text_input(key="in_folder").value == str(tmp_path)


def test_app_and_command_line_show_the_same_tables(desk: Desk) -> None:
    """Both ask the workbench: every township's people and facilities of the page are those that `buju measure --json` prints."""
    task = desk.bench.facts.county.plan[0]
    answer = CliRunner().invoke(app, ["measure", str(desk.bench.folder), "--type", task.type, "--json"])
    assert answer.exit_code == 0, answer.stderr
    printed = {row["township"]: row for row in json.loads(answer.stdout)[task.type]["townships"]}
    shown = drawn(desk, "measure").dataframe[0].value
    assert list(shown.index) == list(printed)
    assert len(shown) == 6
    for column in ("people", "covered", "uncovered", "unreachable", "not_located", "facilities"):
        head = say(f"app.column.{column}")
        assert [round(row[column]) for row in printed.values()] == shown[head].round().astype(int).tolist(), column


def centre(desk: Desk, position: int) -> tuple[float, float]:
    point = desk.bench.facts.population.cells.geometry.iloc[position]
    lon, lat = from_metric([point.x], [point.y], "WGS84", desk.bench.facts.crs)
    return float(lon[0]), float(lat[0])


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("state", ["covered", "uncovered", "unreachable"])
def test_a_cell_that_is_asked_for_shows_where_its_people_go(desk: Desk, state: str, lang: str) -> None:
    task = desk.bench.facts.county.plan[0]
    kind, coverage = desk.bench.kind(task.type), desk.bench.measure_type(task.type).coverage
    assert coverage is not None
    assert kind.reach is not None
    place = centre(desk, int(coverage.cells["state"].eq(state).to_numpy().argmax()))
    found = inquire(desk.bench, kind, kind.reach, place)
    assert found is not None
    tester = drawn(desk, "measure", lang, measure_place=place)
    assert not tester.exception
    assert not tester.error
    told = "\n".join(item.value for item in (*tester.markdown, *tester.caption))
    assert say("app.inquiry.cell", lang, cell=found.cell) in told
    assert f"{say(f'app.state.{state}', lang)}]" in told
    assert (say("app.inquiry.second", lang) in told) == (state != "unreachable")
    for trip in found.trips:
        assert f"{trip.cost:,.0f} {'米' if lang == 'zh' else 'm'}" in told.replace("\\", "")
    if state == "unreachable":
        assert say("app.inquiry.far", lang, access=int(found.access) + 1, snap=500) in told


def test_where_clicks_do_not_place_they_ask_for_a_cell_of_the_scenario(desk: Desk) -> None:
    """The scenario closes the nearest facility: the cell's people go to what was their second choice."""
    task = desk.bench.facts.county.plan[0]
    kind, coverage = desk.bench.kind(task.type), desk.bench.measure_type(task.type).coverage
    assert coverage is not None
    assert kind.reach is not None
    place = centre(desk, int(coverage.cells["state"].eq("covered").to_numpy().argmax()))
    now = inquire(desk.bench, kind, kind.reach, place)
    assert now is not None
    draft = replace(new_draft("测试", task.type), scenario=Scenario(title="测试", edits=(Close(facility=now.trips[0].site),)))
    message = {"client": "c", "events": [{"seq": 1, "place": list(place)}]}
    asked, errors = hear(desk.bench, draft, message, ask)
    assert not errors
    assert asked.scenario == draft.scenario
    tester = drawn(desk, "scenario", draft=asked, in_scenario_place=False)
    assert not tester.exception
    assert not tester.error
    told = "\n".join(item.value for item in tester.markdown)
    assert f"{say('app.inquiry.nearest')} **{now.trips[1].name}**" in told.replace("\\", "")
    tester.toggle(key="in_scenario_place").set_value(True).run()
    assert not any(say("app.inquiry.nearest") in item.value for item in tester.markdown)


def test_a_place_without_people_is_said_to_have_none(desk: Desk) -> None:
    tester = drawn(desk, "measure", measure_place=(0.0, 0.0))
    assert not tester.error
    assert say("app.inquiry.no_cell") in [item.value for item in tester.caption]


def test_the_chosen_facilitys_service_area_is_drawn_when_asked_for(desk: Desk) -> None:
    task = desk.bench.facts.county.plan[0]
    tester = drawn(desk, "measure", measure_selected=desk.bench.state().layer.of_type(task.type).index[0])
    tester.checkbox(key="in_measure_area").check().run()
    assert not tester.exception
    assert not tester.error


def test_a_second_planners_save_is_a_shown_conflict_with_both_versions_kept(desk: Desk) -> None:
    """Two planners open one scenario; who saves second is told, may overwrite knowingly, and the first one's version can be opened again."""
    name, kind = "两人", desk.bench.facts.county.plan[0].type
    desk.bench.save(Scenario(title="原来"), name)
    ours = opened_draft(desk.bench.opened(name), kind)
    theirs = desk.bench.opened(name)
    tester = drawn(desk, "scenario", draft=ours)
    desk.bench.save(theirs.scenario.model_copy(update={"title": "对方"}), name, known=theirs.known)
    tester.text_input(key=f"save_title_{name}_原来").set_value("我方").run()
    tester.button(key="save_scenario").click().run()
    (error,) = [item.value for item in tester.error]
    assert "历史记录第 3 版" in error.replace("\\", "")
    assert desk.bench.scenario(name).title == "对方"
    assert [version.kind for version in desk.bench.versions(name)] == ["saved", "saved", "conflict"]
    assert tester.text_input(key=f"save_title_{name}_原来").value == "我方"
    tester.checkbox(key="save_overwrite").check().run()
    tester.button(key="save_scenario").click().run()
    assert desk.bench.scenario(name).title == "我方"
    tester.selectbox(key="in_open_scenario").set_value(name).run()
    tester.selectbox(key=f"in_open_version_{name}").set_value(2).run()
    tester.button(key="open_scenario").click().run()
    assert not tester.exception
    draft = tester.session_state["draft"]
    assert draft.scenario.title == "对方"
    assert not draft.is_saved
    desk.bench.save(draft.scenario, name, known=draft.known)
    assert desk.bench.scenario(name).title == "对方"
