"""What many tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the browser tests, then what else is slow, so that all cores end at about the same time."""
    items.sort(key=lambda item: (item.get_closest_marker("browser") is None, item.get_closest_marker("slow") is None))


@pytest.fixture(scope="session", autouse=True)
def unwatched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Read files without a trial in a child process, but where that is tested: most are written by the tests themselves, each once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUJU_READ_MEMORY_MB", "0")
        patch.setenv("BUJU_PASSED", str(tmp_path_factory.mktemp("passed")))
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of published data sets beside the project; they are too large, or not ours, to be part of it."""
    folder = Path(os.environ.get("BUJU_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"the published data sets are absent ({folder})")
    return folder


@pytest.fixture(scope="session")
def demo_county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a generated county, made once per test process; tests that change it copy it first."""
    from layers.demo import write_demo

    folder = tmp_path_factory.mktemp("demo") / "county"
    folder.mkdir()
    write_demo(folder, seed=1, cells=3000)
    return folder


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Return Chromium's path; without it the tests are skipped, or fail where BUJU_REQUIRE_BROWSER=1."""
    named = os.environ.get("BUJU_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
    path = Path(named)
    if path.is_file():
        return path
    reason = f"no Chromium at {path} (set BUJU_CHROMIUM)"
    if os.environ.get("BUJU_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        yield launched
        launched.close()
