"""Commands that measure and propose: ``measure``, ``propose``, ``compare``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from layers.texts import Language, say
from planning import workbench
from planning.cli import compared, evaluated
from planning.cli.showing import (
    AsJson,
    Folder,
    Lang,
    ScenarioName,
    answering,
    figure,
    language,
    print_json,
    print_line,
    print_notice,
    print_table,
    share,
    showing_progress,
)

if TYPE_CHECKING:
    from scenarios.state import State

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
    county, title = bench.facts.county, say("cli.present", language(lang)) if chosen is None else chosen.title
    print_notice(county, language(lang))
    print_streets(bench.state(chosen), language(lang))
    evaluated.print_coverage(say("cli.measured", language(lang), county=county.name, scenario=title), found, language(lang))
    evaluated.print_capacity(found, language(lang))
    for evaluation in found.values() if types else ():
        evaluated.print_townships(evaluation, language(lang))
    evaluated.print_unmet(found, language(lang))


@answering
def propose(
    folder: Folder,
    task: Annotated[str, typer.Argument(help="规划任务编号，即 county.toml 中的 key / key of a plan task in county.toml")],
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
    path = None if save is None else bench.save(proposal.scenario, save).path
    if json:
        print_json(workbench.proposal_record(proposal))
        return
    for told in bench.facts.county.imported(language(lang)):
        print_line(told)
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
        print_json(compared.record(found))
        return
    print_notice(bench.facts.county, language(lang))
    compared.print_county(bench, found, language(lang))
    if types:
        compared.print_townships(bench, found, language(lang))
        compared.print_facilities(bench, found, language(lang))


def print_streets(state: State, lang: Language) -> None:
    """Print the streets that a scenario closes and builds, and what is worth knowing of its edits."""
    for change in state.streets:
        print_line(say("cli.street_change", lang, number=change.edit, change=workbench.street_sentence(change, lang)))
    for note in state.notes if state.streets else ():
        print_line(note.say(lang))


def print_proposal(proposal: workbench.Proposal, lang: Language) -> None:
    """Print what a task proposes, how good it is, and the new sites."""
    plan, kind = proposal.plan, proposal.after.kind
    present, before, after = (covered_share(evaluation) for evaluation in (proposal.present, proposal.before, proposal.after))
    values = {"title": proposal.task.title, "count": len(plan.opened), "candidates": len(proposal.candidates.table)}
    print_line(say("cli.proposed_less" if after < present else "cli.proposed", lang, **values, present=share(present), after=share(after)))
    print_line(
        say("cli.asked", lang, standard=workbench.standard_text(proposal.after.requirement, lang), model=say(f"siting.model.{plan.model}", lang))
    )
    if proposal.start is not None:
        print_line(say("cli.started", lang, scenario=proposal.start.title, before=share(before)))
    for name, value in workbench.parameter_texts(proposal, lang).items():
        print_line(say("cli.asked_more", lang, name=say(f"publish.parameter.{name}", lang), value=value))
    for told in workbench.ruled_out(proposal, lang):
        print_line(told)
    print_line(plan.say(lang))
    print_values(proposal, lang)
    if worst := workbench.worst_towns(proposal, lang):
        print_line(worst)
    if proposal.left_out_people:
        print_line(say("cli.left_out", lang, people=proposal.left_out_people))
    heads = [say(f"cli.{name}", lang) for name in ("site", "name", "township", "lon", "lat", "capacity", "assigned")]
    served = proposal.after.facilities
    unit = say(f"publish.unit.{kind.capacity_unit}", lang)
    rows = []
    for edit in proposal.opened:
        size = "—" if edit.capacity is None else f"{figure(edit.capacity)} {unit}"
        place = (served["township_name"][edit.id], f"{edit.lon:.6f}", f"{edit.lat:.6f}")
        rows.append((edit.id, edit.name, *place, size, figure(served["assigned"][edit.id])))
    print_table(say("cli.sites_title", lang, datum=proposal.scenario.datum), heads, rows)
    print_closed(proposal, lang)
    print_places(proposal, lang)


def print_closed(proposal: workbench.Proposal, lang: Language) -> None:
    """Print the facilities that the plan gives up, with what they hold today; nothing where it gives up none."""
    if not proposal.closed:
        return
    table = proposal.before.facilities
    rows = [
        (
            edit.facility,
            edit.name,
            table["township_name"][edit.facility],
            *(figure(table[name][edit.facility]) for name in ("capacity", "residents", "assigned")),
        )
        for edit in proposal.closed
    ]
    print_table(
        say("cli.closed_title", lang), [say(f"cli.{name}", lang) for name in ("site", "name", "township", "capacity", "residents", "assigned")], rows
    )


def print_places(proposal: workbench.Proposal, lang: Language) -> None:
    """Print who has a place where, by site; nothing where places do not count. The workbook tells it by township."""
    if proposal.assignment is None:
        return
    rows = [
        (row["facility"], row["name"], figure(row["capacity"]), figure(row["placed"]), share(row["occupancy"]))
        for row in proposal.assignment.drop_duplicates("facility").to_dict("records")
    ]
    print_table(say("cli.places_title", lang), [say(f"cli.{name}", lang) for name in ("site", "name", "capacity", "placed", "occupancy")], rows)


def print_values(proposal: workbench.Proposal, lang: Language) -> None:
    """Print the plan's value beside its bound and what greedy siting reaches; and that of the second aim, with a bound where it has one."""
    plan, aim, second = proposal.plan, proposal.aim, proposal.second_aim
    figures = {name: aim.amount(value, lang) for name, value in (("value", plan.value), ("bound", plan.bound), ("greedy", plan.greedy_value))}
    print_line(say("cli.proof", lang, aim=aim.title(lang), **figures))
    if second is None:
        return
    told = {"aim": second.title(lang), "value": second.amount(plan.second_value, lang)}
    if math.isfinite(plan.second_bound):
        print_line(say("cli.second_proof", lang, **told, bound=second.amount(plan.second_bound, lang)))
    else:
        print_line(say("cli.second_value", lang, **told))


def covered_share(evaluation: workbench.Evaluation) -> float:
    """Return the share of people covered, NaN where it was not evaluated."""
    return float("nan") if evaluation.coverage is None else evaluation.coverage.covered_share
