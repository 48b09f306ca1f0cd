"""A clerk takes a dirty workbook to a clean ledger with nothing but the browser."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from planning.workbench import make_demo
from tests.browser.conftest import SECONDS, App
from tests.dirty_ledger import ELDER, FIRST, HEADS, Dirty, dirty_workbook

# Columns of the grid: row, problem, what to do, reason, then those with findings in the file's order, then the others.
FAULTY = ["设施名称", "设施类型", "所属乡镇", "经度", "总数", "护理型", "建成年份"]
COLUMNS = ["行", "问题", "处理", "原因", *FAULTY, *(head for head in HEADS if head not in FAULTY)]


@pytest.fixture
def clerk(county: Path) -> Path:
    folder = county / "clerk"
    make_demo(folder, cells=1000)
    return folder


@pytest.fixture
def dirty(clerk: Path) -> Dirty:
    return dirty_workbook(clerk / "layers" / ELDER)


def enter(app: App, row: int, head: str, text: str) -> None:
    """Fill in a cell of the grid: the first cell is clicked, the keys do the rest."""
    editor = app.page.locator(".st-key-ledger [data-testid=stDataFrame]").last
    editor.scroll_into_view_if_needed()
    editor.locator(".dvn-scroller").click(position={"x": 20, "y": 60})
    app.page.keyboard.press("Control+Home")
    for key, times in (("ArrowDown", row), ("ArrowRight", COLUMNS.index(head))):
        for _ in range(times):
            app.page.keyboard.press(key)
    app.page.keyboard.press("Enter")
    if head == "处理":
        app.page.get_by_role("option", name=text).click()
    else:
        cell = app.page.locator("textarea.gdg-input")
        cell.wait_for(timeout=10 * SECONDS)
        cell.fill(text)
        app.page.keyboard.press("Enter")
    app.settle()


def test_a_dirty_workbook_becomes_a_clean_ledger(app: App, clerk: Path, dirty: Dirty, tmp_path: Path) -> None:
    page = app.page
    app.go("打开县域")
    page.get_by_label("县域文件夹的路径").fill(str(clerk))
    page.get_by_label("县域文件夹的路径").press("Tab")
    page.locator(".stForm").get_by_role("button", name="打开").click()
    app.settle()
    app.go("数据核查")
    page.get_by_label("选择台账").click()
    page.get_by_role("option", name="养老服务设施台账").click()
    app.settle()

    page.get_by_role("radio", name="文件与版本").click()
    app.settle()
    page.locator(".st-key-ledger input[type=file]").set_input_files({"name": "新台账.xlsx", "mimeType": "", "buffer": dirty.content})
    app.settle()
    page.get_by_role("button", name="更换并核查").click()
    page.get_by_text("已更换").wait_for(timeout=60 * SECONDS)
    app.settle()
    page.get_by_role("radio", name="问题与修改 11").click()
    app.settle()

    page.get_by_role("button", name="全部采用").click()
    page.get_by_text("改 2 格，划去 1 行").wait_for(timeout=60 * SECONDS)
    app.settle()
    expect(page.get_by_text("原有 13 条，上次 13 条，现余 12 条")).to_be_visible()

    rows = sorted({row for row, _ in dirty.right if row != FIRST} | {dirty.twin})
    for (row, column), text in dirty.right.items():
        if row != FIRST:  # repaired already
            enter(app, rows.index(row), HEADS[column], text)
    enter(app, rows.index(dirty.twin), "原因", "两处不同的设施")
    enter(app, rows.index(dirty.twin), "处理", "核实无误")
    expect(page.get_by_text(f"待保存：改 {len(dirty.right) - 1} 格，划去 0 行，核实 1 行")).to_be_visible()
    page.get_by_label("核查人").fill("李")
    page.get_by_label("核查人").press("Tab")
    app.settle()
    page.get_by_role("button", name="保存修改").click()
    page.get_by_text("已保存为第 4 版").wait_for(timeout=60 * SECONDS)
    app.settle()

    # What is left are two edits of the county's scenario, which speak of homes of the old ledger.
    expect(page.get_by_text("上次 12 条，现余 2 条")).to_be_visible()
    page.get_by_label("选择台账").click()
    page.get_by_role("option", name="养老服务设施台账.xlsx 没有错误和警告").click()
    app.settle()
    page.get_by_role("radio", name="文件与版本").click()
    app.settle()
    with page.expect_download() as download:
        page.get_by_role("button", name="下载台账").click()
    download.value.save_as(tmp_path / "clean.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "clean.xlsx")["养老"]
    for row, cells in dirty.clean.items():
        assert [cell.value for cell in sheet[row]] == cells
    assert not any(cell.value for cell in sheet[dirty.repeated])
    assert "两处不同的设施" in (clerk / "checked.toml").read_text("utf-8")
