"""Answers as plain records, for ``--json`` and for machines."""

from __future__ import annotations

import math
from typing import Any

from layers.errors import PlanningError
from layers.tasks import PlanTask
from layers.texts import Language, say
from layers.types import Reach, sources
from planning.evaluation import COUNTY, Evaluation
from planning.publish.aims import MONEY
from planning.publish.wording import percent, standard
from planning.workbench.bench import Workbench
from planning.workbench.proposals import Proposal


def task_of(bench: Workbench, key: str) -> PlanTask:
    """Return a plan task of the county by its key.

    Raises
    ------
    PlanningError
        When the county has no plan tasks, or none of that key.
    """
    tasks = {task.key: task for task in bench.facts.county.plan}
    if not tasks:
        raise PlanningError("workbench.no_plan")
    if key not in tasks:
        raise PlanningError("workbench.no_task", task=key, known="、".join(tasks))
    return tasks[key]


def evaluation_record(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation with its tables."""
    coverage = evaluation.coverage
    return {
        "type": evaluation.kind.key,
        "name_zh": evaluation.kind.name_zh,
        "name_en": evaluation.kind.name_en,
        "capacity_unit": evaluation.kind.capacity_unit,
        "status": evaluation.status,
        "reason": evaluation.reason,
        "requirement": None if evaluation.requirement is None else evaluation.requirement.model_dump(mode="json"),
        "totals": None if coverage is None else {**coverage.totals, "outside": coverage.outside},
        "covered_share": None if coverage is None else coverage.covered_share,
        "townships": evaluation.townships,
        "requirements": evaluation.requirements,
        "facilities": evaluation.facilities,
    }


def plan_record(proposal: Proposal) -> dict[str, Any]:
    """Return what was asked of a model and what it answered, without the time it took; values are told with their unit."""
    plan, second = proposal.plan, proposal.second_aim
    told: dict[str, Any] = {
        "model": plan.model,
        "parameters": dict(proposal.parameters),
        "opened": plan.opened,
        "closed": plan.closed,
        "aim": proposal.aim.name,
        "unit": proposal.aim.unit,
        "value": plan.value,
        "bound": plan.bound,
        "gap": plan.gap,
        "status": plan.status,
        "greedy_value": plan.greedy_value,
        "nodes": plan.nodes,
        "stopped_by": plan.stopped_by,
        "left_out_people": proposal.left_out_people,
    }
    if proposal.task.price_source:
        told |= {"spent": plan.spent, "spent_unit": MONEY.unit}
    if proposal.after.coverage is not None:
        told["assigned"] = {str(site): float(people) for site, people in proposal.after.facilities["assigned"].items()}
    if proposal.assignment is not None:
        told["placed"] = dict(zip(proposal.assignment["facility"], proposal.assignment["placed"], strict=True))
    if second is not None:
        told |= {"second_aim": second.name, "second_unit": second.unit, "second_value": plan.second_value, "second_bound": plan.second_bound}
    return told


def proposal_record(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal: the plan, the new sites, and coverage at present, where the task started (``before``), and after."""
    present, before, after = (evaluation.coverage for evaluation in (proposal.present, proposal.before, proposal.after))
    return {
        "task": proposal.task.key,
        "title": proposal.task.title,
        "type": proposal.task.type,
        "candidates": len(proposal.candidates.table),
        "plan": plan_record(proposal),
        "start": None if proposal.start is None else proposal.start.title,
        "present": None if present is None else present.totals,
        "before": None if before is None else before.totals,
        "after": None if after is None else after.totals,
        "covered_share_present": None if present is None else present.covered_share,
        "covered_share_before": None if before is None else before.covered_share,
        "covered_share_after": None if after is None else after.covered_share,
        "sites": [edit.model_dump(mode="json", exclude={"action"}) for edit in proposal.opened],
        "closures": [{"facility": edit.facility, "name": edit.name} for edit in proposal.closed],
    }


def parameter_texts(proposal: Proposal, lang: Language = "zh") -> dict[str, str]:
    """Return the fields a task set for its model, in words by field; what belongs together is one text."""
    asked = proposal.parameters
    told: dict[str, str] = {}
    for name, shown in (("sites", "{:,}"), ("share", "{:.1%}"), ("weight", "{:g}")):
        if name in asked:
            told[name] = shown.format(asked[name])
    if "apart_m" in asked:
        told["apart_m"] = say("siting.unit.m", lang, number=f"{asked['apart_m']:g}")
    if "away_m" in asked:
        values = {"distance": asked["away_m"], "crowd": asked["crowd"], "around": asked["around_m"]}
        source = _named(str(asked.get("away_source", "")), lang)
        told["away_m"] = say("siting.dense_source", lang, **values, source=source) if source else say("siting.dense", lang, **values)
    if "places_per_1000" in asked:
        source = _named(str(asked.get("need_source", "")), lang)
        per = {"per": asked["places_per_1000"]}
        told["places_per_1000"] = say("siting.places_source", lang, **per, source=source) if source else say("siting.places", lang, **per)
        told["source"] = say(f"siting.source.{proposal.task.source or 'split'}", lang)
    return told | _money_texts(proposal.task, str(asked["unit"]), lang)


def _money_texts(task: PlanTask, unit: str, lang: Language) -> dict[str, str]:
    told: dict[str, str] = {}
    if task.price is not None or task.price_standing is not None:
        single = say("siting.single_prices", lang, count=len(task.prices)) if task.prices else ""
        told["price"] = say("siting.prices", lang, new=f"{task.price or 0:,g}", standing=f"{task.price_standing or 0:,g}", single=single)
        told["price_source"] = task.price_source or ""
    if task.budget is not None:
        told["budget"] = say("siting.unit.wan", lang, number=f"{task.budget:,g}")
    if task.trip_cost is not None:
        told["trip_cost"] = say(f"siting.trip_cost.{unit}", lang, cost=task.trip_cost, trips=task.trips)
    return told


def _named(source: str, lang: Language) -> str:
    """Return what a source id stands for."""
    known = sources().get(source)
    return source if known is None else known.zh if lang == "zh" else known.en


def worst_towns(proposal: Proposal, lang: Language = "zh") -> str:
    """Return the townships that an equity plan leaves with the smallest share covered, as a sentence; empty for other models."""
    if proposal.plan.model != "equity":
        return ""
    table = proposal.after.townships
    shares = table.loc[(table.index != COUNTY) & (table["people"] > 0), "covered_share"]
    worst = [str(code) for code in shares.index[shares <= shares.min() + 1e-9]]
    names = [str(table["name"][code]) or say("evaluation.unassigned", lang) for code in worst]
    return say("siting.worst_town", lang, names=say("cli.comma", lang).join(names), share=percent(float(shares.min()), 2))


def ruled_out(proposal: Proposal, lang: Language = "zh") -> tuple[str, ...]:
    """Return what the task rules out or lets go, one sentence each: places too near, facilities of others and those that may close."""
    asked, told = proposal.parameters, []
    if asked.get("sites_near_people"):
        told.append(say("siting.too_near", lang, count=asked["sites_near_people"], distance=asked["away_m"]))
    if asked.get("pairs_too_near"):
        told.append(say("siting.pairs", lang, count=asked["pairs_too_near"], distance=asked["apart_m"]))
    if asked.get("sites_of_others"):
        told.append(say("siting.of_others", lang, count=asked["sites_of_others"], owners="、".join(proposal.task.others)))
    if asked.get("owner_unknown"):
        told.append(say("siting.owner_unknown", lang, count=asked["owner_unknown"]))
    if "sites_may_close" in asked:
        told.append(say("siting.may_close", lang, count=asked["sites_may_close"], closed=len(proposal.plan.closed)))
    if proposal.task.price_source and math.isfinite(proposal.plan.spent):
        spent = MONEY.amount(proposal.plan.spent, lang)
        told.append(say("siting.spent", lang, spent=spent, source=proposal.task.price_source))
    residents = float(proposal.before.facilities["residents"].reindex(list(proposal.plan.closed)).sum())
    if residents > 0:
        told.append(say("siting.residents_left", lang, residents=residents))
    return tuple(told)


def standard_text(reach: Reach | None, lang: Language = "zh") -> str:
    """Return a reach as a planner reads it: mode and radius or minutes; a dash without one."""
    return "—" if reach is None else standard(reach, lang)
