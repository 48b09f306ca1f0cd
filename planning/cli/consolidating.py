"""The command ``consolidate``: what becomes of each home, who moves where, and what it costs."""

from __future__ import annotations

from typing import Annotated

import typer

from layers.texts import Language, say
from planning import workbench
from planning.cli.papers import Day, Out, date_of
from planning.cli.showing import (
    AsJson,
    Folder,
    Lang,
    answering,
    figure,
    language,
    print_json,
    print_line,
    print_notice,
    print_table,
    showing_progress,
)

TaskName = Annotated[str | None, typer.Option("--task", help="撤并整合任务的 key，只有一个时可省 / key of the task; the only one when absent")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("consolidate", help="撤并整合：各机构的处置与在院老人去向 / what becomes of each home, who moves where")(consolidate)


@answering
def consolidate(folder: Folder, task: TaskName = None, out: Out = None, day: Day = None, json: AsJson = False, lang: Lang = "zh") -> None:
    """Answer a consolidation task, and write its papers and its scenario."""
    date = date_of(day)
    with showing_progress(language(lang)) as progress:
        bench = workbench.open_county(folder, progress=progress)
        answer = workbench.consolidate_task(bench, workbench.consolidation_task_of(bench, task), progress=progress)
        record = workbench.consolidation_record(answer)
        if json and answer.scenario is None:
            print_json({**record, "folder": None, "files": {}})
        sheet = workbench.consolidation_sheet(bench, answer, date, lang=language(lang))
        target = out or workbench.free_folder(bench, f"consolidate-{answer.task.key}-{date.isoformat()}")
        written = workbench.write_consolidation(bench, answer, target, date, lang=language(lang), progress=progress)
    if json:
        print_json({**record, "folder": str(target), "files": {name: str(path) for name, path in written.items()}})
        return
    print_notice(bench.facts.county, language(lang))
    print_line(workbench.consolidation_line(answer, language(lang)))
    print_consolidation(sheet, language(lang))
    print_line(say("consolidated.cli.done", language(lang), folder=target))
    for name in written:
        print_line(f"  {name}")


def print_consolidation(sheet: workbench.ConsolidationSheet, lang: Language) -> None:
    """Print what becomes of each home, who moves where and how far, figures before and after, and how good the plan is."""
    _print_homes(sheet)
    _print_moves(sheet)
    heads = ["", *(say(f"publish.{code}", lang) for code in ("before", "after"))]
    print_table(sheet.say("cli.balance"), heads, sheet.figures())
    for head, text in sheet.sentences():
        print_line(f"{head}{say('cli.colon', lang)}{text}")
    plan, money = sheet.plan, sheet.money
    told = {"value": figure(plan.value, digits=1), "bound": figure(plan.bound, digits=1), "before": figure(money["cost_before"], digits=1)}
    print_line(sheet.say("cli.proof", years=f"{money['years']:g}", **told))


def _print_homes(sheet: workbench.ConsolidationSheet) -> None:
    names = ("no", "name", "township", "action", "beds", "residents", "goes")
    rows = []
    for deed in sheet.each_deed():
        beds, residents = sheet.change(deed.beds_before, deed.beds_after), sheet.change(deed.residents_before, deed.residents_after)
        rows.append((deed.number, deed.name, deed.township_name, sheet.say(f"action.{deed.action}"), beds, residents, sheet.goes(deed)))
    print_table(sheet.say("cli.homes"), [sheet.say(f"column.{name}") for name in names], rows)


def _print_moves(sheet: workbench.ConsolidationSheet) -> None:
    rows = [
        (f"{move.number} {move.name}", f"{move.into_number} {move.into_name}", figure(move.residents), sheet.way(move.way))
        for move in sheet.each_move()
    ]  # fmt: skip
    if rows:
        print_table(sheet.say("cli.moves", mode=sheet.mode), [sheet.say(f"column.{name}") for name in ("from", "into", "people", "way")], rows)
