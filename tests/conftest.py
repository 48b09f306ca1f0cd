"""What many tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


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
