"""The app in headless Chromium: one server for all tests, one browser page for each, and nothing may leave the machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request

from layers.crs import from_metric
from layers.errors import PlanningError
from planning.workbench import Workbench, check_place, make_demo, open_county
from scenarios.document import Scenario

ROOT = Path(__file__).resolve().parents[2]
MAP = "[data-testid=stBidiComponentIsolated] .map"
IDLE = "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning' && !document.querySelector('.st-key-work')"
SECONDS = 1000.0
FIGURES: dict[str, str] = {}
"""What was measured, for the end of the run: times are reported, not asserted."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, figure in FIGURES.items():
        terminalreporter.write_line(f"browser: {name}: {figure}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds the demo county under ``demo``."""
    home = tmp_path_factory.mktemp("browser")
    make_demo(home / "demo")
    return home


@pytest.fixture(scope="session")
def places(county: Path) -> list[tuple[float, float]]:
    """Return places where many people live beyond a home-care station's reach, far from each other, as (lat, lon)."""
    bench = open_county(county / "demo")
    task = bench.facts.county.plan[0]
    coverage = bench.measure_type(task.type, requirement=task.requirement).coverage
    assert coverage is not None
    left = coverage.people[coverage.cells["state"] == "uncovered"].sort_values(ascending=False, kind="stable")
    centres = bench.facts.population.cells.geometry[left.index]
    found: list[int] = []
    for cell, point in centres.items():
        if all(point.distance(centres[other]) > 1500 for other in found) and _allowed(bench, task.type, _lonlat(bench, point)):
            found.append(cell)
        if len(found) == 14:
            break
    return [_lonlat(bench, centres[cell])[::-1] for cell in found]


def _lonlat(bench: Workbench, point: object) -> tuple[float, float]:
    lon, lat = from_metric([point.x], [point.y], "WGS84", bench.facts.crs)  # type: ignore[attr-defined]
    return float(lon[0]), float(lat[0])


def _allowed(bench: Workbench, key: str, lonlat: tuple[float, float]) -> bool:
    try:
        check_place(bench, bench.kind(key), lonlat, Scenario(title="t"))
    except PlanningError:
        return False
    return True


@pytest.fixture(scope="session")
def address(county: Path) -> Iterator[str]:
    """Return where the app answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    env = {**os.environ, "BUJU_HOME": str(county), "BUJU_RECENT": str(county / "recent.json"), "BUJU_READ_MEMORY_MB": ""}
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", f"--server.port={port}", "--server.headless=true"]
    with (county / "server.log").open("w") as log, subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT) as server:
        try:
            _await(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert server.poll() is None, "the server ended"
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


@dataclass
class App:
    """The app in one browser page, with what a planner does."""

    page: Page
    address: str
    strays: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note every request that leaves the machine, and every error in the browser's console."""
        self.page.on("request", self._request)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _request(self, request: Request) -> None:
        if request.url.startswith(("data:", "blob:")):
            return
        if urlsplit(request.url).hostname != "127.0.0.1":
            self.strays.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def open_demo(self) -> None:
        """Open the demo county with one click."""
        self.page.goto(self.address)
        self.page.get_by_role("heading", name="打开县域").wait_for(timeout=60 * SECONDS)
        self.page.get_by_role("button", name="打开示例县").click()
        self.page.get_by_text("虚构示例").first.wait_for(timeout=120 * SECONDS)
        self.settle()

    def go(self, name: str) -> None:
        """Go to a page by its name."""
        self.page.get_by_role("link", name=name, exact=True).click()
        self.page.get_by_role("heading", name=name, exact=True).wait_for(timeout=30 * SECONDS)
        self.settle()

    def settle(self) -> None:
        """Wait until no script runs and no work is under way."""
        for _ in range(2):  # a run may end to begin another
            self.page.wait_for_timeout(250)
            self.page.wait_for_function(IDLE, timeout=120 * SECONDS)

    def map(self) -> Locator:
        """Return the map, once it is drawn."""
        found = self.page.locator(f"{MAP}[data-ready]").first
        found.wait_for(timeout=30 * SECONDS)
        return found

    def look_at(self, place: tuple[float, float], zoom: float = 15.0) -> tuple[float, float]:
        """Bring a place (lat, lon) to the map's middle, and return where it is on the page, through the map's own projection."""
        found = self.map()
        found.scroll_into_view_if_needed()
        x, y = found.evaluate(
            """(host, [lat, lon, zoom]) => {
                host.bujuMap.setView([lat, lon], zoom, { animate: false });
                const point = host.bujuMap.latLngToContainerPoint([lat, lon]);
                return [point.x, point.y];
            }""",
            [*place, zoom],
        )
        box = found.bounding_box()
        assert box is not None
        # A border of one pixel; and the middle of the map is not covered by its own controls.
        return box["x"] + 1 + x, box["y"] + 1 + y

    def figure(self, number: int) -> str:
        """Return one of the figures beside the scenario's map: share, covered, uncovered, facilities, capacity."""
        return self.page.locator(".st-key-numbers [data-testid=stMetricValue]").nth(number).inner_text()

    def await_figure(self, number: int, old: str, seconds: float = 20.0) -> str:
        """Wait until a figure has changed, and return it."""
        self.page.wait_for_function(
            "([n, old]) => { const found = document.querySelectorAll('.st-key-numbers [data-testid=stMetricValue]')[n];"
            " return found && found.innerText !== old; }",
            arg=[number, old],
            timeout=seconds * SECONDS,
            polling=20,
        )
        return self.figure(number)


@pytest.fixture
def app(browser: Browser, address: str) -> Iterator[App]:
    """Return the app with the demo county open; at the end nothing may have left the machine, and the console holds no error."""
    context = browser.new_context(viewport={"width": 1500, "height": 950}, accept_downloads=True, locale="zh-CN")
    opened = App(context.new_page(), address)
    opened.watch()
    opened.open_demo()
    yield opened
    context.close()
    assert opened.strays == []
    assert opened.complaints == []
