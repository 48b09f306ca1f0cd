"""Which contents have been read well on this computer: empty files named by a key, in the user's own cache.

Not in the county's folder: whoever sends a folder could send the mark with it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from layers.cache import key_of, made_by

MOST = 4_000
_LIBRARIES = ("pyogrio", "rasterio", "pyarrow", "osmium", "openpyxl", "geopandas", "pydantic")
_known: set[str] = set()
"""What this process has seen itself, also where nothing can be written."""


def key_of_trial(task: str, files: Mapping[str, str], answers: Mapping[str, object]) -> str:
    """Return the key of what is read, by which program and with which libraries."""
    told = {name: str(value) for name, value in sorted(answers.items())}
    return key_of(task, dict(sorted(files.items())), told, made_by("layers"), *(version(name) for name in _LIBRARIES))


def has_passed(key: str) -> bool:
    """Return whether this was read well before."""
    place = _folder()
    return key in _known or (place is not None and (place / key).is_file())


def note_passed(key: str) -> None:
    """Remember that this was read well; where that cannot be written, until the process ends."""
    _known.add(key)
    place = _folder()
    if place is None:
        return
    with contextlib.suppress(OSError):
        place.mkdir(parents=True, exist_ok=True)
        (place / key).touch()
        _keep_newest(place)


def _keep_newest(place: Path) -> None:
    marks = list(place.iterdir())
    if len(marks) > MOST:
        for mark in sorted(marks, key=lambda path: path.stat().st_mtime)[: MOST // 2]:
            mark.unlink(missing_ok=True)


def _folder() -> Path | None:
    """Return the folder of marks; ``BUJU_PASSED`` names another one."""
    named = os.environ.get("BUJU_PASSED")
    if named:
        return Path(named)
    try:
        home = Path.home()
    except RuntimeError:
        return None
    bases = {"win32": ("LOCALAPPDATA", "AppData/Local"), "darwin": ("", "Library/Caches")}
    variable, beneath = bases.get(sys.platform, ("XDG_CACHE_HOME", ".cache"))
    return Path(os.environ.get(variable) or home / beneath) / "buju" / "passed"
