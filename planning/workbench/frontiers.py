"""Frontiers: a plan task answered for a row of numbers of sites, budgets or shares, each level a plan that can be taken into a scenario."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from layers.errors import PlanningError
from layers.progress import Progress, silent
from layers.tasks import PlanTask
from layers.texts import Language, say
from planning.publish.aims import Aim, aim_of, is_weighted
from planning.publish.writing import write_files
from planning.siting import Frontier, FrontierPoint, frontier
from planning.siting.value import nearest_cost, standing
from planning.travel.costs import within
from planning.workbench.bench import Workbench
from planning.workbench.papers import write_run_record
from planning.workbench.proposals import Proposal, proposal_of
from planning.workbench.questions import Question, question_of
from scenarios.document import Scenario

LEVELS = ("budget", "sites", "share")
"""Fields of a task that a frontier may vary, as the engine looks for them."""


@dataclass(frozen=True)
class TaskFrontier:
    """A plan task's answers for a row of levels.

    Attributes
    ----------
    question : Question
        What was asked; the level of the task itself is the last one unless others were given.
    curve : Frontier
        Level and plan of each point, and whether sites of a level stand in all later ones.
    table : DataFrame
        Index ``level``, ascending; columns ``new_sites``, ``closed``, ``value``, ``bound``, ``gap``, ``status``, ``second_value``, ``change`` (of the
        value since the level before), ``marginal`` (the same per unit of the level), ``covered`` (people within the task's threshold),
        ``covered_share`` (of all people given), ``spent`` (万元) and ``step_gap``; NaN where a level has no plan.
    """

    question: Question
    curve: Frontier
    table: pd.DataFrame

    @property
    def aim(self) -> Aim:
        """What the values are, with their unit."""
        weighted = any(is_weighted(point.plan) for point in self.curve.points)
        return aim_of(self.question.task.model, self.question.reach.unit, weighted=weighted)

    def level_text(self, level: float, lang: Language = "zh") -> str:
        """Return a level as shown, with its unit."""
        shown = f"{level:.1%}" if self.curve.varies == "share" else f"{level:,.6g}"
        return say(f"frontier.level.{self.curve.varies}", lang, level=shown)


def frontier_of(
    bench: Workbench,
    task: PlanTask,
    levels: Sequence[float] | None = None,
    *,
    nested: bool = False,
    base: Scenario | None = None,
    progress: Progress = silent,
) -> TaskFrontier:
    """Answer a plan task for a row of levels.

    Parameters
    ----------
    bench : Workbench
    task : PlanTask
        Its ``time_limit_s`` is for all levels together.
    levels : sequence of float, optional
        Ascending budgets, numbers of sites or shares, whichever the task names (in this order); 1, 2, … up to the task's own number of sites, tenths
        of its budget, or shares by tenths up to its own when absent.
    nested : bool
        Each plan keeps the sites of the level before (分期建设).
    base : Scenario, optional
        Scenario to start from; the task's own, or the present state, when absent.
    progress : Progress
        May raise Cancelled: once the search works, the levels reached so far are the answer.

    Raises
    ------
    PlanningError
        When the question cannot be framed, levels do not ascend or are no values of the parameter, or no level has a plan.
    """
    question = question_of(bench, task, base, progress=progress)
    try:
        curve = frontier(question.problem, question.model, levels, nested=nested, progress=progress, time_limit=task.time_limit_s)
    except ValueError as error:
        raise PlanningError("frontier.levels", levels="、".join(f"{level:g}" for level in levels or ()), why=str(error)) from error
    plans = [point.plan for point in curve.points]
    if plans and all(plan.status == "infeasible" for plan in plans):
        raise PlanningError(plans[-1].stopped_by, faults=(), **plans[-1].reason)
    return TaskFrontier(question, curve, _table(bench, question, curve))


def upto(task: PlanTask, most: float) -> PlanTask:
    """Return a task whose number of sites, budget or share, whichever a frontier varies, is another one.

    Raises
    ------
    PlanningError
        When that is no value of the parameter.
    """
    name = next((name for name in LEVELS if task.asked.get(name) is not None), "share")
    value = int(most) if name == "sites" and most == int(most) else most
    try:
        return PlanTask.model_validate({**task.model_dump(exclude_none=True), name: value})
    except ValidationError as error:
        raise PlanningError("frontier.upto", name=name, most=f"{most:g}") from error


def proposal_at(bench: Workbench, found: TaskFrontier, level: float) -> Proposal:
    """Return the plan of one level as a proposal: edits of a scenario, measured like any other.

    Raises
    ------
    PlanningError
        When the frontier has no such level, or it has no plan.
    """
    point = next((point for point in found.curve.points if math.isclose(point.level, level)), None)
    known = "、".join(f"{point.level:g}" for point in found.curve.points if point.plan.status != "infeasible")
    if point is None or point.plan.status == "infeasible":
        raise PlanningError("frontier.no_level", level=f"{level:g}", known=known)
    return proposal_of(bench, found.question, point.plan)


def frontier_record(found: TaskFrontier) -> dict[str, Any]:
    """Return a frontier for machines."""
    task = found.question.task
    return {
        "task": task.key,
        "title": task.title,
        "model": task.model,
        "parameters": dict(found.question.parameters),
        "varies": found.curve.varies,
        "nested": found.curve.nested,
        "aim": found.aim.name,
        "unit": found.aim.unit,
        "levels": [
            {**row, "opened": point.plan.opened, "given_up": point.plan.closed}
            for row, point in zip(found.table.reset_index().to_dict("records"), found.curve.points, strict=True)
        ],
    }


def write_frontier(bench: Workbench, found: TaskFrontier, folder: Path, date: dt.date, lang: Language = "zh") -> dict[str, Path]:
    """Write the curve as PNG and SVG, its table as a workbook, and run.toml into a folder, all or none; return the papers' paths."""
    # Here, because what draws takes seconds to load and most answers are not drawn.
    from planning.publish import curve

    county, task = bench.facts.county, found.question.task
    name = county.name if lang == "zh" else county.name_en or county.name
    title = say(
        "frontier.title",
        lang,
        county=say("publish.fictional", lang, name=name) if county.fictional and "虚构" not in name else name,
        title=task.title,
    )
    drawn = curve.Curve(
        title, _subtitle(found, lang), say(f"frontier.axis.{found.curve.varies}", lang), found.aim, found.table, found.curve.nested, date,
        county.compiled_by, lang,
    )  # fmt: skip
    made = {**curve.render(drawn), "xlsx": curve.workbook(drawn)}
    names = {suffix: say(f"frontier.paper.{suffix}", lang) for suffix in made}
    write_files(folder, {names[suffix]: content for suffix, content in made.items()})
    write_run_record(bench, folder, date, (found.question.start,), {f"{task.key}_frontier": frontier_record(found)})
    return {suffix: folder / name for suffix, name in names.items()}


def _subtitle(found: TaskFrontier, lang: Language) -> str:
    nested = say("frontier.nested" if found.curve.nested else "frontier.free", lang)
    return say("frontier.subtitle", lang, model=say(f"siting.model.{found.question.task.model}", lang), nested=nested)


def _table(bench: Workbench, question: Question, curve: Frontier) -> pd.DataFrame:
    lost = bench.facts.population.not_located_people(question.kind.demand_group)
    given = float(question.problem.people.sum()) / question.need + lost
    rows = [_row(question, point, given) for point in curve.points]
    columns = ["new_sites", "closed", "value", "bound", "gap", "status", "second_value", "covered", "covered_share", "spent", "step_gap"]
    table = pd.DataFrame(rows, columns=columns, index=pd.Index([point.level for point in curve.points], name="level", dtype=float))
    table.insert(7, "change", table["value"].diff())
    table.insert(8, "marginal", curve.marginal)
    return table


def _row(question: Question, point: FrontierPoint, given: float) -> dict[str, object]:
    plan, problem = point.plan, question.problem
    told: dict[str, object] = {name: getattr(plan, name) for name in ("value", "bound", "gap", "status", "second_value")}
    told["step_gap"] = point.step_gap
    if math.isnan(plan.value):
        return {**told, **dict.fromkeys(("new_sites", "closed", "covered", "covered_share", "spent"), math.nan)}
    near = within(nearest_cost(problem, standing(problem, plan.opened, plan.closed)), question.reach.threshold)
    covered = math.fsum(problem.people[near].tolist()) / question.need
    told |= {"new_sites": float(len(plan.opened)), "closed": float(len(plan.closed))}
    told["spent"] = plan.spent if question.task.price_source else math.nan
    return {**told, "covered": covered, "covered_share": covered / given if given else math.nan}
