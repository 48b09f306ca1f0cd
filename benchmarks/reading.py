"""Reading a street file into a finished network against a bare pass over it, and against the cache."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import osmium

from benchmarks.timing import print_ratio, print_times, race
from benchmarks.workload import Reach, network_of
from layers.cache import Cache
from layers.county import Streets
from planning.travel import stored

BARE, OURS, CACHED = "bare pass", "Buju", "Buju, from the cache"


def bare_pass(path: Path) -> None:
    """Do what nobody who reads the file with osmium can do without."""
    for _ in osmium.FileProcessor(path).with_locations():
        pass


def reading(path: Path, reach: Reach, repeats: int) -> int:
    """Race reading for one mode; the costs of a network are compared by the other tasks."""
    if path.suffix not in {".pbf", ".osm"}:
        raise SystemExit(f"{path.name}: a bare pass is made over .osm.pbf and .osm only.")
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder), 2**32)
        spec = Streets(file=path.name)
        contenders: dict[str, Callable[[], Any]] = {
            OURS: lambda: network_of(path, reach.mode),
            BARE: lambda: bare_pass(path),
            CACHED: lambda: stored.network_of(path, spec, reach.mode, cache),
        }
        timed, results = race(contenders, repeats)
        print_times(timed)
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    same = len(results[OURS].x) == len(results[CACHED].x) and (results[OURS].length == results[CACHED].length).all()
    network = results[OURS]
    print(f"networks {'agree' if same else 'DISAGREE'}: {len(network.x):,} nodes, {len(network.tail):,} segments; cache {size / 2**20:,.0f} MB")
    print(f"{OURS} takes {np.median(timed[OURS].cpu) / np.median(timed[BARE].cpu):.2f} times the bare pass")
    print_ratio(timed[BARE], timed[OURS])
    return 0 if same else 1
