"""Proposals: a plan task answered by a siting model, as edits of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from layers import crs as datums
from layers.candidates import CandidateLayer
from layers.errors import PlanningError
from layers.progress import Progress, silent
from layers.tasks import PlanTask
from layers.types import Unit
from planning.evaluation import Evaluation
from planning.publish.aims import Aim, aim_of, is_weighted, second_aim_of
from planning.siting import propose
from planning.siting.problem import SitingPlan
from planning.workbench.bench import Workbench
from planning.workbench.drafts import smallest_sizes
from planning.workbench.places import WITH_PLACES, assignment
from planning.workbench.questions import Question, question_of
from scenarios.document import Scenario
from scenarios.edits import Close, Edit, Open

STANDING = frozenset({"kept", "may_close", "competitor"})


@dataclass(frozen=True)
class Proposal:
    """A plan task's answer.

    Attributes
    ----------
    task : PlanTask
    plan : SitingPlan
        Value, bound and gap of the model.
    scenario : Scenario
        The scenario the task started from, with one ``open`` for every new site, then one ``close`` for every facility given up.
    start : Scenario or None
        The scenario the task started from; None where that is the present state.
    present, before, after : Evaluation
        The present state, the state the task started from, and the state with the new sites, each measured the same way as any scenario.
    candidates : CandidateLayer
        The places the model chose from.
    parameters : mapping
        What the model was asked, defaults filled in (see :class:`planning.workbench.questions.Question`).
    assignment : DataFrame or None
        Who has a place where (see :func:`planning.workbench.places.assignment`); None where places do not count.
    """

    task: PlanTask
    plan: SitingPlan
    scenario: Scenario
    start: Scenario | None
    present: Evaluation
    before: Evaluation
    after: Evaluation
    candidates: CandidateLayer
    parameters: Mapping[str, object]
    assignment: pd.DataFrame | None = None

    @property
    def left_out_people(self) -> float:
        """People whom no usable site serves, in whatever the model counts."""
        return self.plan.left_out_people * 1000 / float(str(self.parameters.get("places_per_1000", 1000.0)))

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What the plan adds to the scenario it started from: openings, then closures."""
        return self.scenario.edits[0 if self.start is None else len(self.start.edits) :]

    @property
    def opened(self) -> tuple[Open, ...]:
        """The edits that open the new sites."""
        return tuple(edit for edit in self.edits if isinstance(edit, Open))

    @property
    def closed(self) -> tuple[Close, ...]:
        """The edits that close what the plan gives up."""
        return tuple(edit for edit in self.edits if isinstance(edit, Close))

    @property
    def aim(self) -> Aim:
        """What the plan's value is, with its unit."""
        return aim_of(self.plan.model, self._unit, weighted=is_weighted(self.plan))

    @property
    def second_aim(self) -> Aim | None:
        """What the plan's second value is, None where the model has none."""
        return second_aim_of(self.plan.model, self._unit)

    @property
    def _unit(self) -> Unit:
        return "s" if self.parameters["unit"] == "s" else "m"


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
        When the question cannot be framed (:func:`planning.workbench.questions.question_of`), or no plan can meet the task.
    """
    question = question_of(bench, task, base, progress=progress)
    plan = propose(question.problem, question.model, progress=progress, time_limit=task.time_limit_s)
    if plan.status == "infeasible":
        raise PlanningError(plan.stopped_by, faults=(), **plan.reason)
    return proposal_of(bench, question, plan)


def proposal_of(bench: Workbench, question: Question, plan: SitingPlan) -> Proposal:
    """Return a plan of a question as a proposal: its new sites as edits, measured like any scenario."""
    task, start = question.task, question.start
    scenario = scenario_of(bench, question, plan)
    before = bench.measure_type(task.type, start, requirement=task.requirement)
    after = bench.measure_type(task.type, scenario, requirement=task.requirement)
    present = before if start is None else bench.measure_type(task.type, requirement=task.requirement)
    placed = _assignment(bench, question, plan, scenario) if task.model in WITH_PLACES else None
    return Proposal(task, plan, scenario, start, present, before, after, question.candidates, question.parameters, placed)


def _assignment(bench: Workbench, question: Question, plan: SitingPlan, scenario: Scenario) -> pd.DataFrame:
    names = bench.state(scenario).layer.table["name"]
    ids = {site: f"{question.task.key}-{number:02d}" for number, site in enumerate(plan.opened, start=1)}
    stands = {site: site for site, status in question.problem.status.items() if status in STANDING and site not in plan.closed}
    return assignment(bench, question.problem, plan, {site: (known, str(names[known])) for site, known in {**stands, **ids}.items()})


def scenario_of(bench: Workbench, question: Question, plan: SitingPlan) -> Scenario:
    """Return the scenario a question starts from with one ``open`` for every new site of a plan, and one ``close`` for every one given up."""
    base = question.start or Scenario(title=question.task.title)
    names = bench.state(question.start).layer.table["name"]
    closures = [Close(facility=site, name=str(names[site])) for site in plan.closed]
    return base.model_copy(update={"edits": (*base.edits, *_openings(bench, question, base, plan), *closures)})


def _openings(bench: Workbench, question: Question, base: Scenario, plan: SitingPlan) -> list[Open]:
    task, kind = question.task, question.kind
    opened: gpd.GeoDataFrame = question.candidates.table.loc[list(plan.opened)]
    lon, lat = datums.from_metric(opened.geometry.x.to_numpy(), opened.geometry.y.to_numpy(), base.datum, bench.facts.crs)
    sizes = smallest_sizes(kind)
    return [
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
