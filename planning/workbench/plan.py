"""The plan of a county: every task answered, drawn and written, and every project reviewed."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from layers.errors import PlanningError
from layers.progress import Progress, silent
from layers.tasks import PlanTask
from layers.texts import Language, say
from planning.publish.assignment import AssignmentHead, assignment_book
from planning.publish.sheet import county_name
from planning.publish.writing import staged
from planning.review import Review
from planning.workbench.bench import Workbench
from planning.workbench.consolidation_papers import planned, put_consolidation
from planning.workbench.consolidation_records import consolidation_summary
from planning.workbench.consolidation_tasks import ConsolidationAnswer, consolidate_task
from planning.workbench.papers import Order, free_folder, plain_name, review_papers, sheet_of, write_papers, write_run_record
from planning.workbench.proposals import Proposal, propose_task
from planning.workbench.questions import start_of
from planning.workbench.records import parameter_texts, plan_record, ruled_out, standard_text
from planning.workbench.reviews import review_all
from scenarios.document import Scenario
from scenarios.files import write_scenario


@dataclass(frozen=True)
class Run:
    """What a plan wrote.

    Attributes
    ----------
    folder : Path
        Folder in ``outputs/``.
    proposals : tuple of Proposal
        One per task, each beside the present state.
    scenario : Scenario
        All tasks' new sites on top of the first task's start; the first consolidation's where there is no plan task.
    reviews : tuple of Review
    consolidations : tuple of ConsolidationAnswer
        One per consolidation task; each is a scenario of its own and no part of ``scenario``.
    """

    folder: Path
    proposals: tuple[Proposal, ...]
    scenario: Scenario
    reviews: tuple[Review, ...]
    consolidations: tuple[ConsolidationAnswer, ...] = ()

    @property
    def files(self) -> list[Path]:
        """Every file written, sorted."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())


@dataclass(frozen=True)
class _Desk:
    """What every sheet of a run is written with."""

    bench: Workbench
    date: dt.date
    lang: Language
    progress: Progress


def plan_county(bench: Workbench, date: dt.date, *, lang: Language = "zh", progress: Progress = silent) -> Run:
    """Answer all tasks of a county, and write maps, tables and documents.

    Parameters
    ----------
    bench : Workbench
    date : date
        Printed on every output.
    lang : {"zh", "en"}
    progress : Progress
        A cancel leaves no file behind.

    Raises
    ------
    PlanningError
        When the county has no task, or one cannot be answered.
    """
    tasks, asked = bench.facts.county.plan, bench.facts.county.consolidate
    if not tasks and not asked:
        raise PlanningError("workbench.no_plan")
    began = time.perf_counter()
    proposals = tuple(propose_task(bench, task, progress=progress) for task in tasks)
    answers = tuple(planned(consolidate_task(bench, task, progress=progress)) for task in asked)
    scenario = _together(bench, proposals, answers)
    reviews = tuple(review_all(bench, progress=progress))
    desk = _Desk(bench, date, lang, progress)
    folder = free_folder(bench, f"plan-{date.isoformat()}")
    with staged(folder) as stage:
        for number, proposal in enumerate(proposals, start=1):
            _write_task(desk, proposal, stage / f"{number:02d}-{plain_name(proposal.task.title)}")
        for number, answer in enumerate(answers, start=len(proposals) + 1):
            own = stage / f"{number:02d}-{plain_name(answer.task.title)}"
            own.mkdir(parents=True)
            put_consolidation(bench, answer, own, date, lang=lang, progress=progress)
        if proposals:
            _write_whole(desk, proposals, scenario, stage)
        for review in reviews:
            _write_all(stage / say("workbench.review_folder", lang), review_papers(bench, review, date, lang))
        plans = {proposal.task.key: plan_record(proposal) for proposal in proposals}
        plans |= {answer.task.key: consolidation_summary(answer) for answer in answers}
        scenarios = (scenario, *(proposal.scenario for proposal in proposals), *(answer.scenario for answer in answers))
        seconds = {proposal.task.key: round(proposal.plan.seconds, 3) for proposal in proposals}
        seconds |= {answer.task.key: round(answer.plan.seconds, 3) for answer in answers}
        write_run_record(bench, stage, date, scenarios, plans, {"seconds": round(time.perf_counter() - began, 1), "plan_seconds": seconds})
    return Run(folder, proposals, scenario, reviews, answers)


def _together(bench: Workbench, proposals: tuple[Proposal, ...], answers: tuple[ConsolidationAnswer, ...]) -> Scenario:
    """Return one scenario with the new sites of all tasks, on top of the first task's start."""
    if not proposals:
        return answers[0].scenario or Scenario(title=bench.facts.county.name)
    base = start_of(bench, proposals[0].task) or Scenario(title=bench.facts.county.name)
    opened = tuple(edit for proposal in proposals for edit in proposal.opened)
    closed = {edit.facility: edit for proposal in proposals for edit in proposal.closed}  # two tasks may give up the same one
    return base.model_copy(update={"edits": (*base.edits, *opened, *closed.values())})


def _write_task(desk: _Desk, proposal: Proposal, folder: Path) -> None:
    task = proposal.task
    parameters = _parameters(task, proposal, desk.lang)
    order = Order((task.type,), desk.date, requirement=task.requirement, title=task.title, lang=desk.lang, parameters=parameters)
    folder.mkdir(parents=True)
    write_papers(sheet_of(desk.bench, proposal.scenario, order, proposal.plan), folder, progress=desk.progress)
    write_scenario(proposal.scenario, folder / "scenario.toml")
    if proposal.assignment is not None:
        name = say("workbench.assignment_file", desk.lang)
        (folder / name).write_bytes(assignment_book(proposal.assignment, _assignment_head(desk, proposal), desk.date, desk.lang))
    (folder / "siting.toml").write_bytes(tomli_w.dumps(_without_none(plan_record(proposal))).encode("utf-8"))


def _assignment_head(desk: _Desk, proposal: Proposal) -> AssignmentHead:
    county = desk.bench.facts.county
    title = f"{county_name(county, desk.lang)}{'' if desk.lang == 'zh' else ': '}{proposal.task.title}"
    return AssignmentHead(
        title, parameter_texts(proposal, desk.lang).get("places_per_1000", ""), county.compiled_by, proposal.parameters["unit"] == "s"
    )


def _write_whole(desk: _Desk, proposals: tuple[Proposal, ...], scenario: Scenario, folder: Path) -> None:
    """Write the sheet of all types that the plan touches, the first task's coverage shaded."""
    first = proposals[0].task
    state = desk.bench.state(scenario)
    touched = set(state.layer.table.loc[state.actions.index[state.actions["action"] != "keep"], "type"])
    planned = [proposal.task.type for proposal in proposals]
    types = tuple(dict.fromkeys([*planned, *(key for key in desk.bench.present_types() if key in touched)]))
    order = Order(types, desk.date, requirement=first.requirement, title=scenario.title, lang=desk.lang)
    write_papers(sheet_of(desk.bench, scenario, order), folder, progress=desk.progress)
    write_scenario(scenario, folder / "scenario.toml")


def _parameters(task: PlanTask, proposal: Proposal, lang: Language) -> dict[str, object]:
    """Return what a task was answered with, as the workbook's notes tell it."""
    origin = say(f"app.origin.{task.candidates.origin}", lang)
    told = parameter_texts(proposal, lang)
    return {
        "model": f"{say(f'siting.model.{task.model}', lang)} ({task.model})",
        "requirement": f"{standard_text(proposal.after.requirement, lang)} ({task.requirement})",
        **told,
        "considered": " ".join(ruled_out(proposal, lang)),
        "candidates": f"{origin}, {len(proposal.candidates.table)}",
    }


def _without_none(record: dict[str, object]) -> dict[str, object]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in record.items() if value is not None}


def _write_all(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
