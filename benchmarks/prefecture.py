"""All travel costs of a generated prefecture: time, memory and disk from a township to a million inhabited cells.

Usage: ``python benchmarks/prefecture.py [--cells 10000 100000 1000000] [--sites 1000] [--reach 30min] [--threads N] [--cache DIR]``.

Every size is a planar street network of three one-way arcs per inhabited 100 m cell, run in a process of its own. Its costs are streamed into a
folder ``.cache/`` as the workbench does it, opened again, and three columns compared with scipy's Dijkstra on the streets as they were drawn.
Memory is the peak of RssAnon: what the process has to itself, without mapped files.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from layers.cache import Cache
from layers.county import Travel
from layers.streets import BACKWARD, FORWARD, StreetNetwork
from planning.travel import Snapped, attach, snap
from planning.travel.batches import Batch, batch_of, keep_batch
from planning.travel.search import Columns, search_blocks
from planning.travel.stored import cells_key, kept_cells, kept_hierarchy, kept_network, network_key

CELL_M = 100.0
CORNERS = 0.635  # street corners per cell: with what is removed and split below, 1.5 two-way segments per cell
REMOVED, SPLIT, ONE_WAY = 0.18, 0.45, 0.03
CLASSES = ((64, "trunk", 80.0), (16, "primary", 60.0), (4, "tertiary", 40.0), (1, "residential", 25.0))
METRIC = CRS.from_epsg(4543)
WEST, SOUTH = 450_000.0, 2_750_000.0
LIMIT_BYTES = 10_000_000_000
SHOWN = ("network", "snapping", "search", "writing", "opening")
T = TypeVar("T")


@dataclass
class Watch:
    """Seconds by stage, and the peak of anonymous memory by stage, read every 20 ms."""

    seconds: dict[str, float] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)
    stage: str = "start"
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self, stage: str, work: Callable[[], T]) -> T:
        """Return what the work returns, its time under the stage."""
        self.stage, begin = stage, time.perf_counter()
        try:
            return work()
        finally:
            self.look()
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - begin

    def look(self) -> None:
        """Note the memory of now."""
        self.peaks[self.stage] = max(self.peaks.get(self.stage, 0), anonymous())

    def __enter__(self) -> Self:
        def watching() -> None:
            while not self._stop.wait(0.02):
                self.look()

        threading.Thread(target=watching, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()


def anonymous() -> int:
    """Return the bytes this process has to itself (RssAnon of Linux; 0 elsewhere)."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon")), 0)


def streets_of(cells: int, seed: int = 1) -> StreetNetwork:
    """Return a jittered lattice with gaps, bends and a hierarchy of classes, over the square that the cells fill."""
    rng, side = np.random.default_rng(seed), max(2, round((cells * CORNERS) ** 0.5))
    width = cells**0.5 * CELL_M
    row, column = (part.ravel() for part in np.divmod(np.arange(side * side), side))
    x, y = (WEST + (part + rng.uniform(-0.3, 0.3, side * side)) * width / (side - 1) for part in (column, row))
    corner = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([corner[:, :-1].ravel(), corner[:-1].ravel()])
    head = np.concatenate([corner[:, 1:].ravel(), corner[1:].ravel()])
    line = np.concatenate([row.reshape(side, side)[:, :-1].ravel(), column.reshape(side, side)[:-1].ravel()])
    kind = np.select([line % every == 0 for every, _, _ in CLASSES], range(len(CLASSES)))
    kept = (rng.random(len(tail)) > REMOVED) | (kind < 2)  # main roads have no gaps
    tail, head, kind = tail[kept], head[kept], kind[kept]
    bent = np.flatnonzero(rng.random(len(tail)) < SPLIT)
    bend = len(x) + np.arange(len(bent))
    shift = rng.uniform(-0.1, 0.1, (2, len(bent))) * width / side
    x, y = (np.concatenate([part, (part[tail[bent]] + part[head[bent]]) / 2 + move]) for part, move in ((x, shift[0]), (y, shift[1])))
    street = np.concatenate([np.arange(len(tail)), bent])
    tail, head = np.concatenate([tail, bend]), np.concatenate([head, head[bent]])
    head[bent] = bend
    one_way = (rng.random(street.max() + 1) < ONE_WAY)[street] & (kind[street] == 3)
    return _network(x, y + SOUTH - WEST, (tail, head, street), kind, one_way)


def _network(
    x: NDArray[np.float64], y: NDArray[np.float64], lines: tuple[NDArray[np.integer], ...], kind: NDArray[np.integer], one_way: NDArray[np.bool_]
) -> StreetNetwork:
    tail, head, street = (part.astype(np.int32) for part in lines)
    speed = np.array([kmh for _, _, kmh in CLASSES])[kind] / 3.6
    table = pd.DataFrame({"highway": np.array([name for _, name, _ in CLASSES])[kind], "name": "", "source": ""}, dtype="str")
    allowed = np.where(one_way, FORWARD, FORWARD | BACKWARD).astype(np.uint8)
    return StreetNetwork(
        x, y, tail, head, np.hypot(x[head] - x[tail], y[head] - y[tail]), np.zeros(len(tail)), street, table,
        {"drive": allowed}, {"drive": speed[street]}, METRIC,
    )  # fmt: skip


def cells_of(count: int) -> gpd.GeoSeries:
    side = int(np.ceil(count**0.5))
    row, column = np.divmod(np.arange(count), side)
    return gpd.GeoSeries(gpd.points_from_xy(WEST + (column + 0.5) * CELL_M, SOUTH + (row + 0.5) * CELL_M), crs=METRIC)


def sites_of(count: int, cells: int, seed: int = 2) -> gpd.GeoSeries:
    places = np.random.default_rng(seed).uniform(0.02, 0.98, (count, 2)) * cells**0.5 * CELL_M
    return gpd.GeoSeries(gpd.points_from_xy(WEST + places[:, 0], SOUTH + places[:, 1]), index=[f"s{number}" for number in range(count)], crs=METRIC)


def timed(blocks: Iterator[Columns], watch: Watch) -> Iterable[Columns]:
    """Yield blocks, the time until each as search; what is done with them is writing."""
    while True:
        block = watch.run("search", lambda: next(blocks, None))
        if block is None:
            return
        watch.stage, begin = "writing", time.perf_counter()
        yield block
        watch.look()
        watch.seconds["writing"] = watch.seconds.get("writing", 0.0) + time.perf_counter() - begin


def measure(cells: int, sites: int, limit: float, threads: int, folder: Path) -> None:
    """Run one size and print its lines."""
    travel, cache, name = Travel(), Cache(folder, LIMIT_BYTES), "columns-prefecture"
    with Watch() as watch:
        streets = watch.run("drawing", lambda: streets_of(cells))
        key = network_key(streets, "drive", travel)
        network = watch.run("network", lambda: kept_network(streets, "drive", travel, key, cache))
        points, places = cells_of(cells), sites_of(sites, cells)
        snapped = watch.run("snapping", lambda: kept_cells(network, points, cells_key(key, points), cache))
        wanted = watch.run("snapping", lambda: snap(network, places))
        attached = watch.run("network", lambda: attach(network, snapped, "s"))
        where = np.column_stack([wanted.x, wanted.y])
        warm = wanted.part(slice(0, 1))
        for _ in search_blocks(attached, warm, 1.0, threads=threads):  # compiles, or loads what was compiled
            pass
        ordered = partial(kept_hierarchy, attached, key, cache)
        blocks = search_blocks(attached, wanted, limit, threads=threads, hierarchy=ordered)
        keep_batch(cache, name, where, wanted.reachable, timed(blocks, watch))
        entry = cache.entry(name)
        batch = watch.run("opening", lambda: batch_of(cache, entry)) if entry else None
    if batch is None:
        raise SystemExit(f"{folder} cannot be written: {cache.notes[0].say('en')}")
    trips = Trips(streets, snapped, travel.walk_speed_mps)
    arcs = int(sum(np.count_nonzero(streets.allowed["drive"] & bit) for bit in (FORWARD, BACKWARD)))
    kept = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    stages = "  ".join(f"{stage} {watch.seconds.get(stage, 0.0):.1f} s ({watch.peaks.get(stage, 0) / 1e9:.2f} GB)" for stage in SHOWN)
    print(f"{cells:>9,} cells  {arcs:>9,} arcs  {sites:,} sites  {len(batch.cost):>13,} pairs  {int((~snapped.reachable).sum()):,} cells unreachable")
    print(f"          {stages}")
    print(f"          peak of RssAnon {max(watch.peaks.values()) / 1e9:.2f} GB   .cache/ {kept / 1e9:.2f} GB   {threads} threads")
    print(f"          largest difference from scipy in 3 columns: {check(trips, wanted, batch, limit):.6f} s", flush=True)


def check(trips: Trips, sites: Snapped, batch: Batch, limit: float) -> float:
    """Return the largest difference between three stored columns and the oracle's; a pair that only one knows counts as infinite."""
    worst = 0.0
    for site in np.flatnonzero(sites.reachable)[:: max(1, len(sites.x) // 3)][:3]:
        expected = trips.to(sites.part(slice(site, site + 1)))
        span = slice(batch.head.start[site], batch.head.start[site + 1])
        found = np.full(len(expected), np.inf)
        found[batch.cell[span]] = batch.cost[span]
        inside = expected <= limit - 0.01
        if not np.isfinite(found[inside]).all() or (expected[np.isfinite(found)] > limit + 0.01).any():
            return float("inf")
        worst = max(worst, float(np.abs(found[inside] - expected[inside]).max(initial=0.0)))
    return worst


class Trips:
    """The oracle: scipy's Dijkstra on the streets as they were drawn; which segment is nearest to a point is taken as given."""

    def __init__(self, streets: StreetNetwork, cells: Snapped, walk_mps: float) -> None:
        self.streets, self.cells, self.walk_mps = streets, cells, walk_mps
        self.seconds = streets.length / streets.speed["drive"]
        self.forward, self.backward = ((streets.allowed["drive"] & bit) > 0 for bit in (FORWARD, BACKWARD))
        # Against the trips: from the site to where they come from.
        source = np.concatenate([streets.head[self.forward], streets.tail[self.backward]])
        target = np.concatenate([streets.tail[self.forward], streets.head[self.backward]])
        seconds = np.concatenate([self.seconds[self.forward], self.seconds[self.backward]])
        self.graph = coo_array((seconds, (source, target)), shape=(len(streets.x), len(streets.x))).tocsr()
        _, part = connected_components(self.graph, directed=True, connection="strong")
        main = np.bincount(part).argmax()
        # Snapped points name segments of the main component, in the order of the file.
        self.segments = np.flatnonzero((part[streets.tail] == main) & (part[streets.head] == main))

    def to(self, site: Snapped) -> NDArray[np.float64]:
        """Return the seconds from all cells to a site, shape (cells,), inf where there is no way."""
        streets, cells, near, share = self.streets, self.cells, self.segments[site.segment[0]], site.fraction[0]
        label = np.full(len(streets.x), np.inf)
        # A point at the very end of a segment is at the node, whatever the directions.
        ends = [(streets.tail[near], share, self.forward[near] or share == 0), (streets.head[near], 1 - share, self.backward[near] or share == 1)]
        for node, way in [(node, way) for node, way, is_open in ends if is_open]:
            label = np.minimum(label, dijkstra(self.graph, indices=node) + way * self.seconds[near])
        segment, whole = self.segments[cells.segment], self.seconds[self.segments[cells.segment]]
        to_head = np.where(self.forward[segment] | (cells.fraction == 1), label[streets.head[segment]] + (1 - cells.fraction) * whole, np.inf)
        to_tail = np.where(self.backward[segment] | (cells.fraction == 0), label[streets.tail[segment]] + cells.fraction * whole, np.inf)
        onward = share - cells.fraction
        beside = (segment == near) & (((onward >= 0) & self.forward[segment]) | ((onward <= 0) & self.backward[segment]))
        along = np.where(beside, np.abs(onward) * whole, np.inf)
        cost = np.minimum(np.minimum(to_head, to_tail), along) + (cells.access + site.access[0]) / self.walk_mps
        return np.where(cells.reachable, cost, np.inf)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--sites", type=int, default=1000)
    parser.add_argument("--reach", default="30min", help="minutes driven")
    parser.add_argument("--threads", type=int, default=Travel().searches)
    parser.add_argument("--cache", type=Path, default=None, help="folder for .cache/, emptied first; a temporary one when absent")
    given = parser.parse_args()
    if len(given.cells) > 1:
        for cells in given.cells:
            rest = ["--cells", str(cells), "--sites", str(given.sites), "--reach", given.reach, "--threads", str(given.threads)]
            rest += ["--cache", str(given.cache)] if given.cache else []
            subprocess.run([sys.executable, __file__, *rest], check=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])})
        return
    folder = (given.cache or Path(tempfile.mkdtemp())) / ".cache"
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        measure(given.cells[0], given.sites, float(given.reach.removesuffix("min")) * 60, given.threads, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
