"""Kernels compiled once, so that the first plan does not wait for them."""

from __future__ import annotations

from pathlib import Path

from layers.county import PlanTask
from planning.workbench.bench import open_county
from planning.workbench.folders import make_demo
from planning.workbench.proposals import propose_task


def warm_up(folder: Path) -> None:
    """Plan a tiny generated county in a folder, which compiles every kernel a plan uses into numba's cache."""
    bench = open_county(make_demo(folder / "county", cells=3000))
    tasks: dict[str, PlanTask] = {task.model: task for task in bench.facts.county.plan}
    for task in tasks.values():
        propose_task(bench, task)
