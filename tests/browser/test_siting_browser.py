"""The frontier and a consolidation in a real browser: a point of the curve is clicked, and the map shows who moves where."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import SECONDS, App


def test_a_click_on_the_curve_shows_the_plan_of_that_level(app: App) -> None:
    app.go("情景方案")
    app.map()
    app.page.get_by_role("button", name="画边际曲线").click()
    chart = app.page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
    chart.wait_for(timeout=120 * SECONDS)
    app.settle()
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    app.page.mouse.click(box["x"] + 0.97 * box["width"], box["y"] + 0.1 * box["height"])
    opened = app.page.locator(".st-key-answer [data-testid=stMetricValue]").first
    expect(opened).to_have_text("8", timeout=60 * SECONDS)  # the last level is the one the task asks for


def test_who_moves_where_is_on_the_map(app: App) -> None:
    app.go("情景方案")
    app.map()
    app.page.get_by_role("tab", name="撤并整合").click()
    app.page.locator("[data-testid=stForm]").last.get_by_role("button", name="开始求解").click()
    answer = app.page.locator(".st-key-merged")
    answer.wait_for(timeout=120 * SECONDS)
    app.settle()
    second = app.page.locator(".map[data-ready]").nth(1)
    second.wait_for(timeout=60 * SECONDS)
    lines, heads, people = (second.locator(name).count() for name in ("path.move", ".arrow", ".name.move"))
    assert lines == heads == people > 0
    app.page.locator(".st-key-take_consolidation button").first.click()
    expect(app.page.locator(".st-key-merged")).to_have_count(0, timeout=60 * SECONDS)
    app.settle()
    assert app.map().locator("path.move").count() == lines
