"""Commands that measure and propose: ``measure``, ``propose``, ``compare``."""

from __future__ import annotations

from typing import Annotated

import typer

from layers.texts import Language, say
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
)
from planning.workbench import Evaluation, Proposal, Workbench, evaluation_record, open_county, proposal_record, propose_task, standard_text, task_of

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
        bench = open_county(folder, progress=progress)
        chosen = None if scenario is None else bench.scenario(scenario)
        found = bench.measure(chosen, types or None, progress=progress)
    if json:
        print_json({key: evaluation_record(evaluation) for key, evaluation in found.items()})
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
        bench = open_county(folder, progress=progress)
        base = None if scenario is None else bench.scenario(scenario)
        proposal = propose_task(bench, task_of(bench, task), base, progress=progress)
    path = None if save is None else bench.save(proposal.scenario, save)
    if json:
        print_json(proposal_record(proposal))
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
        bench = open_county(folder, progress=progress)
        named = {name: None if name in {"现状", "present"} else bench.scenario(name) for name in scenarios}
        found = bench.compare(named, types or None, progress=progress)
    if json:
        print_json({"county": found.county, "townships": found.townships})
        return
    frame = found.county.reset_index()
    print_table(say("cli.compared", language(lang)), [str(column) for column in frame.columns], frame.to_numpy(dtype=object).tolist())


def print_proposal(proposal: Proposal, lang: Language) -> None:
    """Print what a task proposes, how good it is, and the new sites."""
    before, after = (_covered(evaluation) for evaluation in (proposal.before, proposal.after))
    plan = proposal.plan
    print_line(say("cli.proposed", lang, title=proposal.task.title, count=len(plan.opened), before=share(before), after=share(after)))
    print_line(plan.say(lang))
    print_line(say("cli.proof", lang, value=plan.value, bound=plan.bound, greedy=plan.greedy_value))
    heads = [say(f"cli.{name}", lang) for name in ("site", "name", "lon", "lat", "capacity")]
    rows = [(edit.id, edit.name, f"{edit.lon:.6f}", f"{edit.lat:.6f}", edit.capacity) for edit in proposal.opened]
    print_table(proposal.task.title, heads, rows)


def _covered(evaluation: Evaluation) -> float:
    return float("nan") if evaluation.coverage is None else evaluation.coverage.covered_share


def _print_measured(bench: Workbench, title: str, found: dict[str, Evaluation], lang: Language) -> None:
    if bench.facts.county.fictional:
        print_line(say("cli.fictional", lang, county=bench.facts.county.name))
    names = ("type", "standard", "people", "covered", "uncovered", "unreachable", "not_located", "share", "facilities")
    rows: list[tuple[object, ...]] = []
    for evaluation in found.values():
        kind, coverage = evaluation.kind, evaluation.coverage
        name = kind.name_zh if lang == "zh" else kind.name_en
        if coverage is None:
            rows.append((name, say("cli.not_evaluated", lang), None, None, None, None, None, "—", len(evaluation.facilities)))
            continue
        totals = coverage.totals
        states = (totals["covered"], totals["uncovered"], totals["unreachable"], totals["not_located"])
        standard = standard_text(evaluation.requirement, lang)
        rows.append((name, standard, sum(states), *states, share(coverage.covered_share), len(evaluation.facilities)))
    print_table(say("cli.measured", lang, county=bench.facts.county.name, scenario=title), [say(f"cli.{n}", lang) for n in names], rows)


def _print_townships(evaluation: Evaluation, lang: Language) -> None:
    kind, table = evaluation.kind, evaluation.townships
    columns = ("people", "covered", "uncovered", "unreachable", "facilities", "capacity", "needed")
    rows = [(row["name"], *(row[column] for column in columns), share(row["covered_share"])) for _, row in table.iterrows()]
    heads = [say(f"cli.{name}", lang) for name in ("area", *columns, "share")]
    print_table(say("cli.townships", lang, type=kind.name_zh if lang == "zh" else kind.name_en), heads, rows)
