"""Commands that measure and propose: ``measure``, ``propose``, ``compare``."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from layers.texts import Language, say
from planning import workbench
from planning.cli.showing import (
    AsJson,
    Folder,
    Lang,
    ScenarioName,
    answering,
    language,
    print_json,
    print_line,
    print_table,
    share,
    showing_progress,
    whole,
)

Types = Annotated[list[str] | None, typer.Option("--type", "-t", help="设施类型，可重复 / facility type, may repeat")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("measure", help="现状或情景的覆盖、能力与各项标准 / coverage, capacity and requirements")(measure)
    app.command("propose", help="求解一个规划任务 / answer a plan task")(propose)
    app.command("compare", help="比较多个情景 / compare scenarios")(compare)


@answering
def measure(folder: Folder, scenario: ScenarioName = None, types: Types = None, json: AsJson = False, lang: Lang = "zh") -> None:
    """Measure the present state or a scenario."""
    with showing_progress(language(lang)) as progress:
        bench = workbench.open_county(folder, progress=progress)
        chosen = None if scenario is None else bench.scenario(scenario)
        found = bench.measure(chosen, types or None, progress=progress)
    if json:
        print_json({key: workbench.evaluation_record(evaluation) for key, evaluation in found.items()})
        return
    title = say("cli.present", language(lang)) if chosen is None else chosen.title
    _print_measured(bench, title, found, language(lang))
    if types:
        for evaluation in found.values():
            _print_townships(evaluation, language(lang))


@answering
def propose(
    folder: Folder,
    task: Annotated[str, typer.Argument(help="规划任务编号 / key of a [[plan]] task")],
    scenario: ScenarioName = None,
    save: Annotated[str | None, typer.Option(help="把结果存为情景 / save the answer as a scenario")] = None,
    json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """Answer a plan task."""
    with showing_progress(language(lang)) as progress:
        bench = workbench.open_county(folder, progress=progress)
        base = None if scenario is None else bench.scenario(scenario)
        proposal = workbench.propose_task(bench, workbench.task_of(bench, task), base, progress=progress)
    path = None if save is None else bench.save(proposal.scenario, save)
    if json:
        print_json(workbench.proposal_record(proposal))
        return
    print_proposal(proposal, language(lang))
    if path is not None:
        print_line(say("cli.written", language(lang), path=path))


@answering
def compare(
    folder: Folder,
    scenarios: Annotated[list[str], typer.Argument(help="情景文件名，“现状”表示不作改变 / scenario files; 现状 is the present state")],
    types: Types = None,
    json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """Compare scenarios."""
    with showing_progress(language(lang)) as progress:
        bench = workbench.open_county(folder, progress=progress)
        named = {name: None if name in {"现状", "present"} else bench.scenario(name) for name in scenarios}
        found = bench.compare(named, types or None, progress=progress)
    if json:
        print_json({"county": found.county, "townships": found.townships})
        return
    _print_compared(bench, found, language(lang))


def print_proposal(proposal: workbench.Proposal, lang: Language) -> None:
    """Print what a task proposes, how good it is, and the new sites."""
    before, after = (_covered(evaluation) for evaluation in (proposal.before, proposal.after))
    plan = proposal.plan
    print_line(say("cli.proposed", lang, title=proposal.task.title, count=len(plan.opened), before=share(before), after=share(after)))
    print_line(plan.say(lang))
    print_line(say("cli.proof", lang, value=plan.value, bound=plan.bound, greedy=plan.greedy_value))
    if plan.left_out_people:
        print_line(say("cli.left_out", lang, people=plan.left_out_people))
    heads = [say(f"cli.{name}", lang) for name in ("site", "name", "lon", "lat", "capacity")]
    rows = [(edit.id, edit.name, f"{edit.lon:.6f}", f"{edit.lat:.6f}", edit.capacity) for edit in proposal.opened]
    print_table(proposal.task.title, heads, rows)


def _covered(evaluation: workbench.Evaluation) -> float:
    return float("nan") if evaluation.coverage is None else evaluation.coverage.covered_share


def _print_measured(bench: workbench.Workbench, title: str, found: dict[str, workbench.Evaluation], lang: Language) -> None:
    if bench.facts.county.fictional:
        print_line(say("cli.fictional", lang, county=bench.facts.county.name))
    names = ("type", "standard", "people", "covered", "uncovered", "unreachable", "not_located", "share", "outside", "facilities", "off_street")
    rows: list[tuple[object, ...]] = []
    for evaluation in found.values():
        coverage, standing = evaluation.coverage, evaluation.facilities
        name, count, off = _name(evaluation, lang), len(standing), int((standing["position"] != "located").sum())
        if coverage is None:
            why = say("cli.not_evaluated", lang) if evaluation.reason else workbench.standard_text(None, lang)
            rows.append((name, why, None, None, None, None, None, "—", None, count, off))
            continue
        totals = coverage.totals
        states = (totals["covered"], totals["uncovered"], totals["unreachable"], totals["not_located"])
        standard = workbench.standard_text(evaluation.requirement, lang)
        people = map(whole, (sum(states), *states))
        rows.append((name, standard, *people, share(coverage.covered_share), whole(coverage.outside), count, off))
    print_table(say("cli.measured", lang, county=bench.facts.county.name, scenario=title), [say(f"cli.{n}", lang) for n in names], rows)


def _print_townships(evaluation: workbench.Evaluation, lang: Language) -> None:
    columns = ("people", "covered", "uncovered", "unreachable", "not_located")
    sizes = ("needed", "available", "balance")
    table = evaluation.townships
    rows = [
        (
            _area(str(code), str(row["name"]), lang), *(whole(row[name]) for name in columns), share(row["covered_share"]),
            row["facilities"], _capacity(row["capacity"], row["capacity_unknown"], row["facilities"]), *(row[name] for name in sizes),
        )
        for code, row in table.iterrows()
    ]  # fmt: skip
    heads = [say(f"cli.{name}", lang) for name in ("area", *columns, "share", "facilities", "capacity", *sizes)]
    print_table(say("cli.townships", lang, type=_name(evaluation, lang)), heads, rows)


def _print_compared(bench: workbench.Workbench, found: workbench.Comparison, lang: Language) -> None:
    names = ("type", "scenario", "covered", "difference", "share", "facilities", "capacity", "balance", "unmet")
    rows = []
    for row in found.county.reset_index().to_dict("records"):
        kind, change = bench.kind(row["type"]), row["covered_change"]
        difference = "" if row["scenario"] == found.titles[0] or math.isnan(change) else f"{round(change):+,}"
        name = kind.name_zh if lang == "zh" else kind.name_en
        capacity = _capacity(row["capacity"], row["capacity_unknown"], row["facilities"])
        people = whole(row["covered"]), difference, share(row["covered_share"])
        rows.append((name, row["scenario"], *people, row["facilities"], capacity, row["balance"], row["unmet_count"]))
    print_table(say("cli.compared", lang), [say(f"cli.{name}", lang) for name in names], rows)


def _name(evaluation: workbench.Evaluation, lang: Language) -> str:
    return evaluation.kind.name_zh if lang == "zh" else evaluation.kind.name_en


def _capacity(known: float, unknown: float, facilities: float) -> float | str | None:
    """Return a capacity as it is known: at least so much where facilities of unknown capacity stand beside, None where none is known."""
    if not unknown:
        return known
    return None if unknown == facilities else f"≥ {known:,.0f}"


def _area(code: str, name: str, lang: Language) -> str:
    """Return a row's area: the township's name, or that it is the whole county or belongs to no township."""
    return name or say("evaluation.county" if code == "" else "evaluation.unassigned", lang)
