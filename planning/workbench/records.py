"""Answers as plain records, for ``--json`` and for machines."""

from __future__ import annotations

from typing import Any

from layers.county import PlanTask
from layers.errors import PlanningError
from layers.texts import Language
from layers.types import Reach
from planning.evaluation import Evaluation
from planning.publish.wording import standard
from planning.siting.problem import SitingPlan
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


def plan_record(plan: SitingPlan) -> dict[str, Any]:
    """Return a siting plan without the time it took."""
    return {
        "model": plan.model,
        "opened": plan.opened,
        "value": plan.value,
        "bound": plan.bound,
        "gap": plan.gap,
        "status": plan.status,
        "greedy_value": plan.greedy_value,
        "nodes": plan.nodes,
        "stopped_by": plan.stopped_by,
        "left_out_people": plan.left_out_people,
    }


def proposal_record(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal: the plan, the new sites, and coverage at present, where the task started (``before``), and after."""
    present, before, after = (evaluation.coverage for evaluation in (proposal.present, proposal.before, proposal.after))
    return {
        "task": proposal.task.key,
        "title": proposal.task.title,
        "type": proposal.task.type,
        "candidates": len(proposal.candidates.table),
        "plan": plan_record(proposal.plan),
        "start": None if proposal.start is None else proposal.start.title,
        "present": None if present is None else present.totals,
        "before": None if before is None else before.totals,
        "after": None if after is None else after.totals,
        "covered_share_present": None if present is None else present.covered_share,
        "covered_share_before": None if before is None else before.covered_share,
        "covered_share_after": None if after is None else after.covered_share,
        "sites": [edit.model_dump(mode="json", exclude={"action"}) for edit in proposal.opened],
    }


def standard_text(reach: Reach | None, lang: Language = "zh") -> str:
    """Return a reach as a planner reads it: mode and radius or minutes; a dash without one."""
    return "—" if reach is None else standard(reach, lang)
