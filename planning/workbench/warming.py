"""Kernels compiled once, so that the first plan does not wait for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from layers.progress import silent
from layers.tasks import PlanTask
from planning.siting import PMedian, SitingProblem
from planning.siting.bound import Goal
from planning.siting.reduce import reduce_cover
from planning.siting.saddle import saddle
from planning.siting.search import answered
from planning.siting.tabu import Walk
from planning.siting.tree import cost_of
from planning.siting.watch import Watch
from planning.travel import nearest, search
from planning.travel.costs import TravelCosts
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
    first = bench.facts.county.plan[0].model_dump(exclude_none=True)
    for share in (None, 0.3):  # everybody and a share are searched in different ways
        asked = {name: first[name] for name in ("key", "title", "type", "requirement", "candidates")}
        propose_task(bench, PlanTask.model_validate({**asked, "model": "lscp", **({} if share is None else {"share": share})}))
    for measure in (Measure("walk", "m", 1000.0), Measure("drive", "s", 1800.0)):
        _search_all_ways(bench.columns, measure)
    ask_for_least_travel(PMedian(4))
    ask_for_nearly_everybody()


def ask_for_least_travel(model: PMedian) -> None:
    """Ask for the least travel of a hundred cells, with trips copied and read where they stand: a small county's plan need not ask for either."""
    problem = _hundred_cells()
    for listed in (False, True):
        answered(problem, model, model.framed(problem, lambda: None, listed=listed), Watch(silent, 60.0, 0.0))


def ask_for_nearly_everybody() -> None:
    """Ask which sites cover nearly everybody as a city would ask: by swaps and prices that a small county's plan is too small for."""
    reduced, goal, watch = reduce_cover(_hundred_cells(), 0.4), Goal(most=3), Watch(silent, 60.0, 0.0)
    first = np.arange(len(reduced.sites)) < 3
    watch.offer(first, cost_of(reduced, goal, first))
    saddle(reduced, 3, watch, Walk(reduced, goal, watch).run)


def _hundred_cells() -> SitingProblem:
    places = np.random.default_rng(1).random((100, 2))
    way = np.hypot(*(places[:, None] - places[None, :30]).transpose(2, 0, 1))
    names, start = pd.Index([f"{site:02d}" for site in range(30)], dtype="str"), np.arange(31) * 100
    cell, cost = np.tile(np.arange(100, dtype=np.int32), 30), way.T.ravel()
    costs = TravelCosts(names, pd.RangeIndex(100), start, cell, cost, "m", "imported", np.inf, np.ones(100, bool))
    return SitingProblem(np.ones(100), costs, dict.fromkeys(names, "candidate"))


def _search_all_ways(columns: TravelColumns, measure: Measure) -> None:
    """Search as for long reach and for one cell, too: a small county's plan asks for neither."""
    attached = columns.attached(measure.mode, measure.unit)
    some = attached.cells.part(slice(0, 2))
    search(attached, some, measure.limit, hierarchy=columns.hierarchy(measure.mode, measure.unit))
    for k in (1, 2):
        nearest(attached, some, k)
