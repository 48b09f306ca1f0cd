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
