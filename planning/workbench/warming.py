"""Kernels compiled once, so that the first plan does not wait for them."""

from __future__ import annotations

from pathlib import Path

from layers.tasks import PlanTask
from planning.travel import nearest, search
from planning.workbench.bench import open_county
from planning.workbench.columns import Measure, TravelColumns
from planning.workbench.folders import make_demo
from planning.workbench.proposals import propose_task


def warm_up(folder: Path) -> None:
    """Plan a tiny generated county in a folder, which compiles every kernel a plan uses into numba's cache."""
    bench = open_county(make_demo(folder / "county", cells=3000))
    tasks: dict[str, PlanTask] = {task.model: task for task in bench.facts.county.plan}
    for task in tasks.values():
        propose_task(bench, task)
    for measure in (Measure("walk", "m", 1000.0), Measure("drive", "s", 1800.0)):
        _search_all_ways(bench.columns, measure)


def _search_all_ways(columns: TravelColumns, measure: Measure) -> None:
    """Search as for long reach and for one cell, too: a small county's plan asks for neither."""
    attached = columns.attached(measure.mode, measure.unit)
    some = attached.cells.part(slice(0, 2))
    search(attached, some, measure.limit, hierarchy=columns.hierarchy(measure.mode, measure.unit))
    for k in (1, 2):
        nearest(attached, some, k)
