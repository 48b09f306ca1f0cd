"""run.toml: what a run rests on, so that it can be told from another and be made again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import metadata
from pathlib import Path

import numpy as np
import tomli_w

# The libraries whose version can change a result or a drawing.
LIBRARIES = (
    "geopandas",
    "highspy",
    "matplotlib",
    "numba",
    "numpy",
    "openpyxl",
    "osmium",
    "pandas",
    "pyogrio",
    "pyproj",
    "rasterio",
    "scipy",
    "shapely",
)


@dataclass(frozen=True)
class Run:
    """What a run rests on and what came out of it; no time of day among it (convention 13).

    Attributes
    ----------
    county : str
    date : date
        The run's date parameter.
    inputs : mapping
        sha256 of every file read, by path relative to the county's folder.
    parameters : mapping
        Whatever was chosen: tasks, models, numbers of sites, travel settings. Values are text, numbers, bools, lists or mappings of these.
    scenarios : mapping of title to fingerprint
    plans : mapping of name to mapping
        What was asked of a siting model and what it answered, without the time it took.
    results : mapping of name to mapping
        Figures worth comparing between runs, such as covered people before and after.
    """

    county: str
    date: date
    inputs: Mapping[str, str]
    parameters: Mapping[str, object] = field(default_factory=dict)
    scenarios: Mapping[str, str] = field(default_factory=dict)
    plans: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    results: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


def content(run: Run, *, outputs: Mapping[str, str] | None = None, made: Mapping[str, object] | None = None) -> bytes:
    """Return run.toml.

    Parameters
    ----------
    run : Run
    outputs : mapping, optional
        sha256 of every file written, by name.
    made : mapping, optional
        Durations, time of day, the computer: whatever differs between runs of the same inputs. Stands under ``[made]`` alone.
    """
    from planning import __version__

    told: dict[str, object] = {
        "format": 1,
        "county": run.county,
        "date": run.date,
        "versions": {"buju": __version__, "python": platform.python_version(), **_versions()},
        "parameters": run.parameters,
        "inputs": run.inputs,
        "scenarios": run.scenarios,
        "plans": run.plans,
        "results": run.results,
        "outputs": outputs or {},
        "made": {**(made or {}), "platform": platform.platform()},
    }
    return tomli_w.dumps(_plain(told)).encode("utf-8")


def hashes(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file in a folder, by path relative to it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in LIBRARIES}


def _plain(value: object) -> dict[str, object]:
    """Return a mapping with sorted keys and plain values only: TOML knows no None and no numpy numbers."""
    if not isinstance(value, Mapping):
        raise TypeError(f"a TOML table is made from a mapping, not from {type(value).__name__}")
    # Tables of a run are told in the order above; what they hold is sorted.
    return {str(key): _value(item) for key, item in value.items() if item is not None}


def _value(item: object) -> object:
    if isinstance(item, Mapping):
        return dict(sorted(_plain(item).items()))
    if isinstance(item, list | tuple | set | frozenset):
        values = [_value(part) for part in item]
        return sorted(values, key=str) if isinstance(item, set | frozenset) else values
    if isinstance(item, np.generic):
        return item.item()
    return item if isinstance(item, bool | str | date | int | float) else str(item)
