"""道路变动 in a real browser: a street is closed and a road built by clicks on the map."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from layers.crs import from_metric
from planning.workbench import open_county
from tests.browser.conftest import SECONDS, App
from tests.browser.test_app_browser import begin_scenario


@pytest.fixture(scope="module")
def middles(county: Path) -> list[tuple[float, float]]:
    """Return the middles, as (lat, lon), of a larger road's segment and of the nearest of another street more than 600 m away."""
    facts = open_county(county / "demo").facts
    streets = facts.streets
    x, y = (streets.x[streets.tail] + streets.x[streets.head]) / 2, (streets.y[streets.tail] + streets.y[streets.head]) / 2
    large = streets.streets["highway"].isin(("secondary", "tertiary")).to_numpy()[streets.street]
    centre = facts.outlines.county.centroid  # type: ignore[union-attr]
    far = np.where(large & (streets.length > 60), np.hypot(x - centre.x, y - centre.y), np.inf)
    first = int(np.argmin(far))
    apart = np.hypot(x - x[first], y - y[first])
    second = int(np.argmin(np.where(large & (apart > 600) & (streets.street != streets.street[first]), apart, np.inf)))
    lon, lat = from_metric(x[[first, second]], y[[first, second]], "WGS84", facts.crs)
    return list(zip(lat.tolist(), lon.tolist(), strict=True))


def choose(app: App, tool: str) -> None:
    app.page.get_by_test_id("stButtonGroup").get_by_text(tool, exact=True).click()
    app.settle()


def test_a_street_is_closed_and_a_road_built_by_clicks(app: App, middles: list[tuple[float, float]]) -> None:
    begin_scenario(app)
    app.page.get_by_text("道路变动", exact=True).click()
    choose(app, "封闭道路")
    app.page.mouse.click(*app.look_at(middles[0], 16))
    expect(app.page.locator("path.road.closed")).to_have_count(1, timeout=30 * SECONDS)
    app.settle()
    choose(app, "新建道路")
    for number, place in enumerate(middles, start=1):
        lat, lon = place
        app.page.mouse.click(*app.look_at((lat, lon + 0.0001 * number), 16))
        expect(app.page.get_by_text(f"已画 {number} 点")).to_have_count(1, timeout=30 * SECONDS)
        app.settle()
    app.page.get_by_role("button", name="建成道路").click()
    expect(app.page.locator("path.road.built")).to_have_count(1, timeout=30 * SECONDS)
    app.settle()
    expect(app.page.get_by_role("button", name="撤回", exact=True)).to_have_count(2)
    app.look_at(middles[0], 14)
    if "BUJU_SCREENSHOT" in os.environ:
        app.page.screenshot(path=os.environ["BUJU_SCREENSHOT"])
    app.page.get_by_role("button", name="撤回", exact=True).first.click()
    expect(app.page.locator("path.road.closed")).to_have_count(0, timeout=30 * SECONDS)
