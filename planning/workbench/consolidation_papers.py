"""Papers of a consolidation: plate, map, tables and GeoPackage that show what becomes of each home and who moves where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from layers.errors import PlanningError
from layers.progress import Progress, silent
from layers.texts import Language, say
from planning.publish.consolidation.paper import ConsolidationSheet
from planning.publish.sheet import Imprint, Secrecy, Sheet
from planning.publish.writing import staged
from planning.workbench.bench import Workbench
from planning.workbench.consolidation_records import consolidation_summary, title_of
from planning.workbench.consolidation_tasks import ConsolidationAnswer
from planning.workbench.papers import PAPERS, Paper, write_run_record
from scenarios.files import write_scenario

SCENARIO = "scenario.toml"


def planned(answer: ConsolidationAnswer) -> ConsolidationAnswer:
    """Return an answer that has a plan.

    Raises
    ------
    PlanningError
        When there is none: what stands in the way is the message.
    """
    if answer.scenario is None:
        raise PlanningError("consolidation.blocked", title=answer.task.title, why=answer.say("zh"), why_en=answer.say("en"))
    return answer


def consolidation_sheet(
    bench: Workbench, answer: ConsolidationAnswer, date: dt.date, *, lang: Language = "zh", secrecy: Secrecy = "内部", review_number: str = ""
) -> ConsolidationSheet:
    """Return the sheet that the papers of an answer are made from.

    Raises
    ------
    PlanningError
        When there is no plan: what stands in the way is the message.
    """
    planned(answer)
    task = answer.task
    title = title_of(answer, lang)
    called = "整合" in title or "撤并" in title or "consolidat" in title.lower()
    imprint = Imprint(
        title=title, date=date, figure=say(f"consolidated.{'figure' if called else 'figure_long'}", lang), number="12", secrecy=secrecy,
        review_number=review_number, scenario=task.title if answer.scenario is None else answer.scenario.title, lang=lang,
    )  # fmt: skip
    state = bench.state(answer.scenario)
    before, after = ({answer.kind.key: found} for found in (answer.before, answer.after))
    sheet = Sheet(bench.facts, (answer.kind,), state, before, after, imprint)
    return ConsolidationSheet(sheet, task, answer.plan, answer.deeds, answer.moves, answer.balance, answer.money, len(answer.settings.places))


def render_consolidation(paper: ConsolidationSheet, papers: Iterable[Paper] = PAPERS, *, progress: Progress = silent) -> dict[Paper, bytes]:
    """Return papers of a consolidation as bytes."""
    # Here, because what draws takes seconds to load.
    from planning.publish.consolidation import html_page, layers, plate, tables

    wanted = list(papers)
    makers = {"html": html_page.page, "xlsx": tables.workbook, "gpkg": layers.content}
    drawn = [name for name in wanted if name not in makers]
    progress("stage.publish", 0, len(wanted))
    found: dict[Paper, bytes] = {}
    if drawn:
        found.update(plate.render(paper, drawn))  # type: ignore[arg-type]
    for name in wanted:
        if name in makers:
            progress("stage.publish", len(found), len(wanted))
            found[name] = makers[name](paper)
    progress("stage.publish", len(wanted), len(wanted))
    return {name: found[name] for name in wanted}


def write_consolidation(
    bench: Workbench, answer: ConsolidationAnswer, folder: Path, date: dt.date, *, lang: Language = "zh", progress: Progress = silent
) -> dict[str, Path]:
    """Write the papers of an answer, its scenario and the run's record into a folder, all or none; return the paths by file name.

    Raises
    ------
    PlanningError
        When there is no plan, or a file cannot be written.
    """
    with staged(folder) as stage:
        names = put_consolidation(bench, answer, stage, date, lang=lang, progress=progress)
        made = {"plan_seconds": {answer.task.key: round(answer.plan.seconds, 3)}}
        record = write_run_record(bench, stage, date, (answer.scenario,), {answer.task.key: consolidation_summary(answer)}, made)
    return {name: folder / name for name in [*names, record.name]}


def put_consolidation(
    bench: Workbench, answer: ConsolidationAnswer, folder: Path, date: dt.date, *, lang: Language = "zh", progress: Progress = silent
) -> list[str]:
    """Write the papers of an answer and its scenario into a folder that is being filled; return the names of the files."""
    sheet = consolidation_sheet(bench, answer, date, lang=lang)
    made = render_consolidation(sheet, progress=progress)
    files = {say(f"consolidated.paper.{name}", lang): content for name, content in made.items()}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if answer.scenario is not None:
        write_scenario(answer.scenario, folder / SCENARIO)
    return [*files, SCENARIO]
