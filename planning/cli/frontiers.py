"""The command ``frontier``: what each further site, unit of money or share brings."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from layers.texts import Language, say
from planning import workbench
from planning.cli.papers import Day, Out, date_of
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


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("frontier", help="逐级求解：每多建一处带来多少 / what each further site brings")(frontier)


@answering
def frontier(
    folder: Folder,
    task: Annotated[str, typer.Argument(help="规划任务编号，即 county.toml 中的 key / key of a plan task in county.toml")],
    upto: Annotated[float | None, typer.Option(help="最多处数（或预算、覆盖率），缺省为任务所写 / largest number of sites, budget or share")] = None,
    nested: Annotated[bool, typer.Option("--nested", help="分期建设：后期保留前期已建 / each level keeps the sites of the one before")] = False,
    scenario: ScenarioName = None,
    level: Annotated[float | None, typer.Option(help="把这一级的方案存为情景（与 --save 同用）/ the level to save")] = None,
    save: Annotated[str | None, typer.Option(help="情景文件名（与 --level 同用）/ scenario file to save the level as")] = None,
    out: Out = None,
    day: Day = None,
    json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """Answer a plan task for a row of levels, and write curve and table."""
    if (level is None) != (save is None):
        raise typer.BadParameter("--level, --save", param_hint="--level")
    date = date_of(day)
    with showing_progress(language(lang)) as progress:
        bench = workbench.open_county(folder, progress=progress)
        asked = workbench.task_of(bench, task)
        asked = asked if upto is None else workbench.upto(asked, upto)
        base = None if scenario is None else bench.scenario(scenario)
        found = workbench.frontier_of(bench, asked, nested=nested, base=base, progress=progress)
        chosen = None if level is None else workbench.proposal_at(bench, found, level)
        target = out or workbench.free_folder(bench, f"frontier-{asked.key}-{date.isoformat()}")
        written = workbench.write_frontier(bench, found, target, date, language(lang))
    saved = None if chosen is None or save is None else bench.save(chosen.scenario, save).path
    if json:
        print_json({**workbench.frontier_record(found), "files": {paper: str(path) for paper, path in written.items()}})
        return
    print_notice(bench.facts.county, language(lang))
    print_frontier(found, language(lang))
    for path in (*written.values(), *([saved] if saved is not None else [])):
        print_line(say("cli.written", language(lang), path=path))


def print_frontier(found: workbench.TaskFrontier, lang: Language) -> None:
    """Print one row per level: what its plan reaches, what it adds to the level before, and how good it is known to be."""
    aim, closing = found.aim, bool(found.table["closed"].any())
    rows = []
    for row in found.table.reset_index().to_dict("records"):
        value = float(row["value"])
        change = "" if math.isnan(row["change"]) else aim.amount(row["change"], lang)
        reached = (figure(row["covered"]), share(row["covered_share"]))
        gap = "—" if not math.isfinite(row["gap"]) else f"{row['gap']:.2%}"
        status = say(f"frontier.status.{row['status']}", lang)
        level = found.level_text(row["level"], lang)
        built = (figure(row["new_sites"]), *((figure(row["closed"]),) if closing else ()))
        rows.append((level, *built, aim.amount(value, lang), change, *reached, aim.amount(row["bound"], lang), gap, status))
    axis = say(f"frontier.axis.{found.curve.varies}", lang)
    names = ("level", "new_sites", *(("closed",) if closing else ()), "value", "change", "covered", "covered_share", "bound", "gap", "status")
    heads = [say(f"frontier.head.{name}", lang, axis=axis, aim=aim.title(lang)) for name in names]
    nested = say("frontier.nested" if found.curve.nested else "frontier.free", lang)
    subtitle = say("frontier.subtitle", lang, model=say(f"siting.model.{found.question.task.model}", lang), nested=nested)
    print_table(say("frontier.printed", lang, title=found.question.task.title, subtitle=subtitle), heads, rows)
