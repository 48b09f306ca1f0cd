"""Proposals: a plan task answered by a siting model, as edits of a scenario."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from layers import crs as datums
from layers.candidates import CandidateLayer
from layers.county import PlanTask
from layers.errors import PlanningError
from layers.progress import Progress, silent
from layers.types import FacilityType, Reach
from planning.candidates import propose_candidates
from planning.evaluation import Evaluation
from planning.siting import LSCP, MCLP, PMedian, propose
from planning.siting.model import Model
from planning.siting.problem import SitingPlan, SitingProblem
from planning.workbench.bench import Workbench
from planning.workbench.columns import Measure
from planning.workbench.drafts import smallest_sizes
from scenarios.document import Scenario
from scenarios.edits import Open


@dataclass(frozen=True)
class Proposal:
    """A plan task's answer.

    Attributes
    ----------
    task : PlanTask
    plan : SitingPlan
        Value, bound and gap of the model.
    scenario : Scenario
        The scenario the task started from, with one ``open`` for every new site.
    start : Scenario or None
        The scenario the task started from; None where that is the present state.
    present, before, after : Evaluation
        The present state, the state the task started from, and the state with the new sites, each measured the same way as any scenario.
    candidates : CandidateLayer
        The places the model chose from.
    """

    task: PlanTask
    plan: SitingPlan
    scenario: Scenario
    start: Scenario | None
    present: Evaluation
    before: Evaluation
    after: Evaluation
    candidates: CandidateLayer

    @property
    def opened(self) -> tuple[Open, ...]:
        """The edits that open the new sites."""
        return tuple(edit for edit in self.scenario.edits[len(self.scenario.edits) - len(self.plan.opened) :] if isinstance(edit, Open))


def propose_task(bench: Workbench, task: PlanTask, base: Scenario | None = None, *, progress: Progress = silent) -> Proposal:
    """Answer a plan task.

    Parameters
    ----------
    bench : Workbench
    task : PlanTask
    base : Scenario, optional
        Scenario to start from; the task's own, or the present state, when absent.
    progress : Progress
        May raise Cancelled: while the model works the best plan so far is the answer, before that nothing is.

    Returns
    -------
    Proposal

    Raises
    ------
    PlanningError
        When the population lacks the type's demand group, there is no candidate, or no plan can meet the task.
    """
    base = base or start_of(bench, task)
    kind = bench.kind(task.type, base)
    reach = bench.reach(kind, task.requirement)
    if reach is None:
        raise PlanningError("workbench.no_reach", type=kind.name_zh, requirement=task.requirement, known="—")
    people = _people(bench, kind)
    before = bench.measure_type(task.type, base, requirement=task.requirement, progress=progress)
    candidates = propose_candidates(bench.facts_of(bench.state(base)), task.candidates, kind, people, progress=progress)
    problem = _problem(bench, task, base, reach, (people, candidates), progress)
    model = _model(task, reach, bench.facts.population.not_located_people(kind.demand_group))
    plan = propose(problem, model, progress=progress, time_limit=task.time_limit_s)
    if plan.status == "infeasible":
        raise PlanningError(plan.stopped_by, faults=(), **plan.reason)
    scenario = _with_opened(bench, task, base, candidates.table.loc[list(plan.opened)], kind)
    after = bench.measure_type(task.type, scenario, requirement=task.requirement)
    present = before if base is None else bench.measure_type(task.type, requirement=task.requirement)
    return Proposal(task, plan, scenario, base, present, before, after, candidates)


def start_of(bench: Workbench, task: PlanTask) -> Scenario | None:
    """Return the scenario a task starts from: its own, else the county's, else the present state."""
    name = task.scenario or bench.facts.county.scenario
    return None if name is None else bench.scenario(name)


def _people(bench: Workbench, kind: FacilityType) -> pd.Series[float]:
    try:
        return bench.facts.population.demand(kind.demand_group)
    except KeyError:
        raise PlanningError("workbench.no_group", type=kind.name_zh, group=kind.demand_group) from None


def _problem(
    bench: Workbench,
    task: PlanTask,
    base: Scenario | None,
    reach: Reach,
    demand: tuple[pd.Series[float], CandidateLayer],
    progress: Progress,
) -> SitingProblem:
    people, candidates = demand
    state = bench.state(base)
    existing = state.layer.of_type(task.type).geometry
    sites = gpd.GeoSeries(pd.concat([existing, candidates.table.geometry]), crs=bench.facts.crs)
    if not sites.index.is_unique:
        raise PlanningError("workbench.same_ids", ids="、".join(map(str, sites.index[sites.index.duplicated()][:5])))
    limit = np.inf if task.model == "pmedian" else reach.threshold
    costs = bench.costs(sites, Measure(reach.mode, reach.unit, limit), state=state, progress=progress)
    status = {str(site): "kept" for site in existing.index} | {str(site): "candidate" for site in candidates.table.index}
    return SitingProblem(people.to_numpy(dtype=float), costs, status)  # type: ignore[arg-type]


def _model(task: PlanTask, reach: Reach, not_located: float) -> Model:
    if task.model == "lscp" and task.share is None:
        return LSCP(threshold=reach.threshold, of="coverable")
    if task.model == "lscp":
        return LSCP(threshold=reach.threshold, share=task.share or 1.0, not_located=not_located)
    sites = task.sites or 0
    return MCLP(sites=sites, threshold=reach.threshold) if task.model == "mclp" else PMedian(sites=sites)


def _with_opened(bench: Workbench, task: PlanTask, base: Scenario | None, opened: gpd.GeoDataFrame, kind: FacilityType) -> Scenario:
    base = base or Scenario(title=task.title)
    lon, lat = datums.from_metric(opened.geometry.x.to_numpy(), opened.geometry.y.to_numpy(), base.datum, bench.facts.crs)
    sizes = smallest_sizes(kind)
    edits = [
        Open(
            id=f"{task.key}-{number:02d}",
            type=task.type,
            name=f"{name or bench.facts.outlines.township_name(township)}{kind.name_zh}（拟建{number}）",
            lon=round(float(lon[number - 1]), 9),
            lat=round(float(lat[number - 1]), 9),
            capacity=sizes.get("capacity") if task.capacity is None else task.capacity,
            floor_area=sizes.get("floor_area"),
        )
        for number, (name, township) in enumerate(zip(opened["name"], opened["township"], strict=True), start=1)
    ]
    return base.model_copy(update={"edits": (*base.edits, *edits)})
