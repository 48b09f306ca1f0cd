"""What a planner does in the app, in a real browser, without internet."""

from __future__ import annotations

import contextlib
import re
import statistics
import time
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as NotThere
from playwright.sync_api import expect

from tests.browser.conftest import FIGURES, MAP, SECONDS, App

PAGES = {"打开县域": "Open a county", "数据核查": "Data check", "现状评估": "Present state", "情景方案": "Scenarios", "方案比较": "Compare",
         "布局图导出": "Maps and tables", "项目评审": "Project review"}  # fmt: skip
SHARE, COVERED, FACILITIES = 0, 1, 3
Places = list[tuple[float, float]]


def new_sites(app: App) -> int:
    return app.page.get_by_role("button", name="新建").and_(app.page.locator(".candidate")).count()


def begin_scenario(app: App) -> None:
    """Begin with no edits: the app remembers the scenario of the test before, as it does for a planner who reloads the page."""
    app.go("情景方案")
    app.page.get_by_role("button", name="新建", exact=True).click()
    app.page.get_by_role("button", name="开始新方案").click()
    app.page.keyboard.press("Escape")
    app.settle()
    app.map()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_is_drawn(app: App, lang: str) -> None:
    if lang == "en":
        app.page.get_by_text("English", exact=True).click()
        app.page.get_by_role("heading", name="Open a county").wait_for(timeout=20 * SECONDS)
        app.settle()
    for zh, en in PAGES.items():
        app.go(zh if lang == "zh" else en)
        expect(app.page.locator("[data-testid=stAlertContentError]")).to_have_count(0)
        expect(app.page.locator("[data-testid=stException]")).to_have_count(0)
        if zh in {"现状评估", "情景方案"}:
            app.map()


def test_clicks_on_the_map_add_sites_and_coverage_follows(app: App, places: Places) -> None:
    began = time.perf_counter()
    app.go("情景方案")
    app.map()
    FIGURES["first map"] = f"{time.perf_counter() - began:.2f} s"
    begin_scenario(app)
    times = []
    for number, place in enumerate(places[:10], start=1):
        x, y = app.look_at(place)
        old = app.figure(COVERED)
        began = time.perf_counter()
        app.page.mouse.click(x, y)
        app.await_figure(COVERED, old)
        times.append(time.perf_counter() - began)
        app.settle()
        assert new_sites(app) == number
    FIGURES["click to coverage, median of ten"] = f"{statistics.median(times):.2f} s (slowest {max(times):.2f} s)"
    assert app.page.locator(".st-key-numbers [data-testid=stMetricDelta]").first.inner_text().strip().startswith("+")


def test_two_quick_clicks_are_two_sites(app: App, places: Places) -> None:
    begin_scenario(app)
    x, y = app.look_at(places[0])
    app.page.mouse.click(x, y)
    app.page.wait_for_timeout(350)  # not a double click
    app.page.mouse.click(x + 60, y + 60)
    expect(app.page.locator(".candidate")).to_have_count(2, timeout=20 * SECONDS)
    app.settle()
    assert new_sites(app) == 2


def test_a_click_outside_the_county_is_refused_in_one_sentence(app: App, places: Places) -> None:
    begin_scenario(app)
    x, y = app.look_at(places[0])
    app.page.mouse.click(x, y)
    expect(app.page.locator(".candidate")).to_have_count(1, timeout=20 * SECONDS)
    app.settle()
    corner = app.map().evaluate(
        "host => { const m = host.bujuMap; m.fitBounds(m.options.maxBounds, { animate: false }); const c = m.getBounds().getCenter();"
        " return [c.lat, m.getBounds().getWest()]; }"
    )
    x, y = app.look_at((corner[0], corner[1]), zoom=10.0)
    app.page.mouse.click(x, y)
    expect(app.page.get_by_text("该点在县域范围之外")).to_be_visible(timeout=20 * SECONDS)
    expect(app.page.locator(".candidate")).to_have_count(1)


def test_a_facility_is_chosen_by_clicking_it_and_resized(app: App) -> None:
    begin_scenario(app)
    facility = app.page.get_by_role("button", name="，保留").first
    name = (facility.get_attribute("aria-label") or "").split("，")[0]
    place = facility.evaluate(
        "path => { const map = path.getRootNode().querySelector('.map').bujuMap; let at;"
        " map.eachLayer(layer => { if (layer.getElement && layer.getElement() === path) at = layer.getLatLng(); }); return [at.lat, at.lng]; }"
    )
    app.look_at((place[0], place[1]), zoom=16.0)
    app.page.get_by_role("button", name=name).first.click()
    expect(app.page.get_by_role("button", name="调整规模", exact=True)).to_be_visible(timeout=20 * SECONDS)
    expect(app.page.get_by_role("button", name=name).first).to_have_attribute("aria-pressed", "true")
    app.settle()
    old = app.figure(4)
    app.page.get_by_label("规模", exact=True).fill("99")
    app.page.get_by_label("规模", exact=True).press("Tab")
    app.settle()
    app.page.get_by_role("button", name="调整规模", exact=True).click()
    app.await_figure(4, old)
    expect(app.page.get_by_role("button", name=f"{name}，规模 99")).to_have_count(1)


def test_a_cell_is_asked_for_by_clicking_it_and_both_ways_are_drawn(app: App, places: Places) -> None:
    app.go("现状评估")
    card = app.page.locator(".st-key-cell_card")
    times = []
    for place in places[:5]:
        x, y = app.look_at(place, zoom=14.0)
        old = card.inner_text() if card.count() else ""
        began = time.perf_counter()
        app.page.mouse.click(x, y)
        app.page.wait_for_function(
            "old => { const card = document.querySelector('.st-key-cell_card'); return card && card.innerText !== old; }",
            arg=old, timeout=20 * SECONDS, polling=20,
        )  # fmt: skip
        times.append(time.perf_counter() - began)
        app.settle()
        expect(card).to_contain_text("未覆盖")
        expect(card).to_contain_text(re.compile(r"最近设施 .+步行 [\d,]+ 米 · 超出 [\d,]+ 米的标准", re.DOTALL))
        expect(card).to_contain_text("第二选择")
        expect(app.page.locator(f"{MAP} path.trip")).to_have_count(2)
        expect(app.page.locator(f"{MAP} path.asked")).to_have_count(1)
    FIGURES["click to a cell's ways, median of five"] = f"{statistics.median(times):.2f} s (slowest {max(times):.2f} s)"
    dashes = [path.get_attribute("stroke-dasharray") for path in app.page.locator(f"{MAP} path.trip").all()]
    assert sorted(dash is None for dash in dashes) == [False, True]
    # The facility the way leads to can still be chosen; the cell's ways make room for it.
    facility = app.page.get_by_role("button", name="，保留").last
    name = (facility.get_attribute("aria-label") or "").split("，")[0]
    facility.dispatch_event("click")
    expect(card).to_have_count(0, timeout=20 * SECONDS)
    expect(app.page.get_by_role("button", name=name).first).to_have_attribute("aria-pressed", "true")
    expect(app.page.locator(f"{MAP} path.trip")).to_have_count(0)
    app.page.get_by_text("画出服务范围").click()
    expect(app.page.locator(f"{MAP} path.area")).to_have_count(1, timeout=20 * SECONDS)


def test_a_candidate_is_dragged(app: App, places: Places) -> None:
    begin_scenario(app)
    x, y = app.look_at(places[0])
    app.page.mouse.click(x, y)
    candidate = app.page.locator(".candidate")
    expect(candidate).to_have_count(1, timeout=20 * SECONDS)
    app.settle()
    acknowledged = app.map().get_attribute("data-ack")
    box = candidate.bounding_box()
    assert box is not None
    covered = app.figure(COVERED)
    app.page.mouse.move(box["x"] + 11, box["y"] + 11)
    app.page.mouse.down()
    app.page.mouse.move(box["x"] + 130, box["y"] + 90, steps=8)
    app.page.mouse.up()
    app.await_figure(COVERED, covered)
    app.settle()
    after = candidate.bounding_box()
    assert after is not None
    assert (after["x"] - box["x"], after["y"] - box["y"]) == (pytest.approx(119, abs=3), pytest.approx(79, abs=3))
    assert app.map().get_attribute("data-ack") != acknowledged
    assert new_sites(app) == 1


def test_work_goes_on_beside_other_widgets_and_stops_with_the_best_plan(app: App, places: Places) -> None:
    begin_scenario(app)
    page = app.page
    _choose(app, "任务", "自定（用上方所选类型与标准）")
    _choose(app, "候选点来源", "路网节点")
    for label, value in {"新建处数": "90", "候选点间距（米）": "250", "求解时限（秒）": "600"}.items():
        page.get_by_role("spinbutton", name=label, exact=True).fill(value)  # by role: the hidden tab of consolidations has a time limit, too
    page.get_by_role("button", name="开始求解").click()
    expect(page.get_by_text(re.compile(r"当前最好 [\d,.]+ "))).to_be_visible(timeout=180 * SECONDS)
    x, y = app.look_at(places[1])
    old = app.figure(FACILITIES)
    page.mouse.click(x, y)
    app.await_figure(FACILITIES, old, seconds=30)
    page.get_by_text("分乡镇变化").click()
    expect(page.get_by_role("button", name="停止", exact=True)).to_be_visible()
    began = time.perf_counter()
    page.get_by_role("button", name="停止", exact=True).click()
    expect(page.get_by_text("已停止，取当前最好")).to_be_visible(timeout=30 * SECONDS)
    FIGURES["stop to best plan"] = f"{time.perf_counter() - began:.2f} s"
    app.settle()
    assert new_sites(app) == 1
    page.get_by_role("button", name="采用到方案").click()
    expect(page.locator(".candidate")).to_have_count(91, timeout=30 * SECONDS)


def test_a_scenario_is_saved_and_compared(app: App, places: Places, county: Path) -> None:
    begin_scenario(app)
    x, y = app.look_at(places[2])
    app.page.mouse.click(x, y)
    expect(app.page.locator(".candidate")).to_have_count(1, timeout=20 * SECONDS)
    app.settle()
    app.page.get_by_role("button", name="保存", exact=True).click()
    app.page.get_by_label("方案标题").fill("测试方案")
    app.page.get_by_label("文件名").fill("测试方案")
    app.page.get_by_label("文件名").press("Tab")
    app.settle()
    app.page.get_by_role("button", name="保存方案").click()
    expect(app.page.get_by_text("已保存为 scenarios/测试方案.toml")).to_be_visible(timeout=20 * SECONDS)
    assert (county / "demo" / "scenarios" / "测试方案.toml").is_file()
    app.go("方案比较")
    app.page.get_by_role("button", name="比较", exact=True).click()
    expect(app.page.get_by_role("heading", name="分乡镇")).to_be_visible(timeout=60 * SECONDS)


def test_the_plate_is_drawn_and_downloaded(app: App) -> None:
    app.go("布局图导出")
    app.page.get_by_role("button", name="生成图件与附表").click()
    button = app.page.get_by_role("button", name="PDF", exact=True)
    button.wait_for(timeout=180 * SECONDS)
    app.settle()
    with app.page.expect_download() as started:
        button.click()
    assert Path(started.value.path()).read_bytes().startswith(b"%PDF")
    picture = app.page.locator("[data-testid=stImage] img")
    expect(picture).to_be_visible(timeout=30 * SECONDS)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 1000


def test_projects_are_reviewed_and_the_form_is_downloaded(app: App) -> None:
    app.go("项目评审")
    app.page.get_by_role("button", name="评审县内全部项目").click()
    expect(app.page.get_by_role("heading", name="项目排序")).to_be_visible(timeout=120 * SECONDS)
    app.settle()
    with app.page.expect_download() as started:
        app.page.get_by_role("button", name="评审意见表（Word）").click()
    assert Path(started.value.path()).read_bytes().startswith(b"PK")


def test_a_reload_keeps_the_unsaved_scenario(app: App, places: Places) -> None:
    begin_scenario(app)
    x, y = app.look_at(places[3])
    app.page.mouse.click(x, y)
    expect(app.page.locator(".candidate")).to_have_count(1, timeout=20 * SECONDS)
    app.settle()
    app.open_demo()
    app.go("情景方案")
    app.map()
    expect(app.page.locator(".candidate")).to_have_count(1, timeout=20 * SECONDS)


def _choose(app: App, label: str, option: str) -> None:
    """Choose from a list; the page may still be redrawing, which closes it."""
    box = app.page.get_by_role("combobox", name=label, exact=True)
    wanted = app.page.get_by_role("option", name=option, exact=True)
    for _ in range(5):
        box.press("ArrowDown")
        with contextlib.suppress(NotThere):
            wanted.click(timeout=3 * SECONDS)
            break
    expect(box).to_have_value(option, timeout=10 * SECONDS)
    app.settle()
