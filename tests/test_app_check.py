"""The page 数据核查 on a small county, run by Streamlit's own tester, and the grid of rows as plain functions."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from layers.errors import Fault, PlanningError
from layers.readers.ledger_views import SheetView
from layers.texts import say
from planning.app import repairing
from planning.app.map.cells import warp
from planning.app.map.ground import ground
from planning.app.session import Desk
from planning.workbench import make_demo, open_county
from planning.workbench.ledger_desk import ProblemRow, RowChange
from tests.dirty_ledger import ELDER, dirty_workbook


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clerk") / "county"
    make_demo(folder, cells=1000)
    dirty = dirty_workbook(folder / "layers" / ELDER)
    (folder / "layers" / ELDER).write_bytes(dirty.content)
    toml = folder / "county.toml"
    toml.write_text(toml.read_text("utf-8").replace('sheet = "养老服务设施"\n', ""), "utf-8")
    return folder


@pytest.fixture
def folder(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "county"))


def check_page(desk, shut):  # runs inside Streamlit, with no names from outside
    import importlib

    import streamlit as st

    from planning.app import notices, session

    st.session_state.setdefault("pages", {})
    if "seated" not in st.session_state:
        st.session_state["seated"] = True
        if desk is not None:
            session.sit_down(desk)
        elif shut is not None:
            session.keep_shut(shut)
    session.settle()
    notices.show()
    importlib.import_module("planning.app.pages.check").page()


def drawn(folder: Path, *, shut: bool = False, lang: str = "zh") -> AppTest:
    desk = None
    if not shut:
        bench = open_county(folder)
        desk = Desk(bench, ground(bench.facts), warp(bench.facts.population.cells, bench.facts.crs))
    tester = AppTest.from_function(check_page, args=(desk, folder if shut else None), default_timeout=60)
    tester.session_state["in_language"] = lang
    return tester.run()


def finish(tester: AppTest) -> AppTest:
    """Wait for the check that a change has started."""
    job = tester.session_state["job"]
    assert job is not None
    assert job.wait(120)
    return tester.run()


def go(tester: AppTest, part: str) -> AppTest:
    found = tester.get("segmented_control") or tester.get("button_group")
    next(each for each in found if each.key.startswith("check_part_")).set_value(part).run()
    assert not tester.exception
    return tester


def test_certain_repairs_are_one_button_and_the_list_shrinks(folder):
    path = folder / "layers" / ELDER
    before = path.read_bytes()
    tester = drawn(folder)
    assert not tester.exception
    assert tester.selectbox(key="in_check_ledger_4").value == 0  # the worst ledger is shown at first
    tester.button(key="certain_repairs").click().run()
    assert tester.session_state["desk"] is None  # no old numbers meanwhile
    finish(tester)
    assert not tester.exception
    assert tester.session_state["desk"] is not None
    first, last = tester.session_state["check_counts"][str(folder)]
    assert last == first - 1  # the repeated row was an error; the other two were notes
    assert [info.value for info in tester.info] == [say("app.clerk.shrunk", first=first, last=first, now=last)]
    assert path.read_bytes() != before
    go(tester, "files")
    assert tester.button(key="restore_ledger").disabled


def test_a_change_by_somebody_else_is_shown_and_kept(folder):
    path = folder / "layers" / ELDER
    tester = drawn(folder)
    path.write_bytes(path.read_bytes() + b"\0")
    stands = path.read_bytes()
    tester.button(key="certain_repairs").click().run()
    assert len(tester.error) == 1
    assert "另行保存" in tester.error[0].value
    assert path.read_bytes() == stands
    assert "job" not in tester.session_state


def test_a_column_that_is_not_used_is_written_to_county_toml_alone(folder):
    toml = (folder / "county.toml").read_text("utf-8")
    tester = go(drawn(folder), "columns")
    next(box for box in tester.selectbox if box.label == "级别" and box.value == "level").set_value("").run()
    tester.button(key="save_columns").click().run()
    finish(tester)
    assert not tester.exception
    changed = (folder / "county.toml").read_text("utf-8")
    assert changed == toml.replace('header_row = 2\ndatum = "GCJ-02"\n', 'header_row = 2\ndatum = "GCJ-02"\ncolumns = { level = "" }\n', 1)
    assert tester.session_state["desk"].bench.facts.facilities.table.query("source_file.str.contains('养老')")["level"].eq("").all()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_county_that_is_shut_asks_for_the_datum_and_opens(folder, lang):
    toml = folder / "county.toml"
    toml.write_text(toml.read_text("utf-8").replace('header_row = 2\ndatum = "GCJ-02"\n', "header_row = 2\n", 1), "utf-8")
    tester = finish(drawn(folder, shut=True, lang=lang))
    assert not tester.exception
    assert [error.value.replace("\\", "") for error in tester.error] == [
        say("app.clerk.shut_ledgers", lang, folder="county", files=f"layers/{ELDER}")]  # fmt: skip
    radio = next(each for each in tester.radio if each.key == f"datum_facilities_0__{lang}")
    assert radio.value == ("GCJ-02", False) or radio.value is None
    if lang == "en":
        return  # the tester asks for the options' names outside the session, and so in Chinese
    radio.set_value(("GCJ-02", False)).run()
    tester.button(key="save_datum_facilities_0").click().run()
    tester = finish(tester)
    assert not tester.exception
    assert any(f"layers/{ELDER}" in told.value.replace("\\.", ".") for told in tester.success)  # once masked for Markdown, and not twice
    assert tomllib.loads(toml.read_text("utf-8"))["facilities"][0]["datum"] == "GCJ-02"
    assert tester.session_state["desk"] is not None


def test_a_stopped_check_can_be_begun_again(folder):
    (folder / "layers" / ELDER).write_bytes(b"")
    tester = drawn(folder, shut=True)
    tester.session_state["job"].stop()
    assert tester.session_state["job"].wait(60)
    tester.run()
    assert [warning.value for warning in tester.warning if "已停止" in warning.value.replace("\\", "")]
    tester.button(key="check_again").click().run()
    finish(tester)
    assert not tester.exception
    assert tester.error


# ---------------------------------------------------------------- the grid


def row(number, cells, *faults, heads=("名称", "", "床位", "备注")) -> ProblemRow:
    view = SheetView("", "表", heads=heads, columns={"name": "名称", "capacity": "床位"})
    return ProblemRow(view, number, faults, cells)


FAULT = Fault("error", "facility.impossible", "facilities", "layers/l.xlsx", "", 7, "床位", "-5")


def test_the_grid_shows_what_is_wrong_first():
    rows = [row(7, ("甲院", None, -5, "x"), FAULT), row(9, ("乙院", None, 3.0))]
    assert repairing.cells_of(rows) == [("床位", 2), ("名称", 0), ("备注", 3)]
    grid = repairing.grid(rows, "zh")
    assert grid["problem"].tolist() == ["【甲院】 错误：“床位”的值 -5 不可能，按未知计。", "【乙院】"]
    assert grid[["row", "c2", "c0", "c3"]].to_numpy().tolist() == [[7, "-5", "甲院", "x"], [9, "3", "乙院", ""]]
    assert repairing.grid(rows, "en")["problem"][0] == "[甲院] error: -5 under 床位 cannot be and counts as unknown."


def test_what_was_filled_in_is_told_by_row():
    before = repairing.grid([row(7, ("甲院", None, -5, "x"), FAULT), row(8, ("乙院", None, 3, None)), row(9, ("丙院", None, 4, None))], "zh")
    after = before.copy()
    assert repairing.entered(before, after) == ({}, {})
    after.loc[0, "c2"], after.loc[0, "c3"] = " 5 ", None
    after.loc[1, ["act", "why"]] = ["strike", "重复"]
    after.loc[2, ["act", "why"]] = ["checked", "属实"]
    assert repairing.entered(before, after) == ({0: RowChange({2: " 5 ", 3: ""}), 1: RowChange({}, strike=True, why="重复")}, {2: "属实"})
    after.loc[2, "c0"] = "丁院"
    with pytest.raises(PlanningError, match="Row 9 was changed"):
        repairing.entered(before, after)
    assert repairing.is_short(pd.DataFrame({"c": ["103.123456"]}), "c")
