"""Commands that write papers: ``map``, ``export``, ``review``, ``plan``."""

from __future__ import annotations

import datetime as dt
import json as jsons
from pathlib import Path
from typing import Annotated

import typer

from layers.texts import Language, say
from planning import workbench
from planning.cli.measuring import Types, covered_share
from planning.cli.showing import (
    AsJson,
    Folder,
    Lang,
    ScenarioName,
    answering,
    figure,
    kind_name,
    language,
    print_json,
    print_line,
    print_notice,
    print_table,
    share,
    showing_progress,
    whole,
)

Day = Annotated[str | None, typer.Option("--date", help="成果日期 YYYY-MM-DD，缺省为今天 / date printed on outputs")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="输出文件夹，缺省在 DIR/outputs 下新建 / output folder")]
STATUSES = ("内部", "送审", "公开")


def _known_status(value: str) -> str:
    if value not in STATUSES:
        raise typer.BadParameter(f"{value}（内部、送审、公开）")
    return value


Secrecy = Annotated[str, typer.Option("--status", callback=_known_status, help="内部、送审或公开 / status of the sheet")]
ReviewNumber = Annotated[str, typer.Option("--review-number", help="审图号 / map review number")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("map", help="导出布局图（PDF、SVG、PNG、网页）/ the plate and the one-file map")(draw)
    app.command("export", help="导出附表与 GeoPackage / tables and GeoPackage")(export)
    app.command("review", help="项目评审与排序 / review and rank proposed projects")(review)
    app.command("plan", help="完成全部规划任务，写出图、表、文档 / answer every task, write maps, tables, documents")(plan)


@answering
def draw(
    folder: Folder,
    scenario: ScenarioName = None,
    types: Types = None,
    out: Out = None,
    day: Day = None,
    status: Secrecy = "内部",
    number: ReviewNumber = "",
    json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """Write the plate and the one-file map."""
    _write(folder, scenario, types, out, day, ("pdf", "svg", "png", "html"), json=json, lang=lang, status=status, number=number)


@answering
def export(
    folder: Folder, scenario: ScenarioName = None, types: Types = None, out: Out = None, day: Day = None, json: AsJson = False, lang: Lang = "zh"
) -> None:
    """Write tables and the GeoPackage."""
    _write(folder, scenario, types, out, day, ("xlsx", "gpkg"), json=json, lang=lang, status="内部", number="")


def _write(
    folder: Path,
    scenario: str | None,
    types: list[str] | None,
    out: Path | None,
    day: str | None,
    papers: tuple[workbench.Paper, ...],
    *,
    json: bool,
    lang: str,
    status: str,
    number: str,
) -> None:
    date = date_of(day)
    with showing_progress(language(lang)) as progress:
        bench = workbench.open_county(folder, progress=progress)
        chosen = None if scenario is None else bench.scenario(scenario)
        keys = tuple(types or bench.present_types())
        title = "" if chosen is None else chosen.title
        order = workbench.Order(keys, date, title=title, secrecy=status, review_number=number, lang=language(lang))  # type: ignore[arg-type]
        sheet = workbench.sheet_of(bench, chosen, order, progress=progress)
        target = out or workbench.free_folder(bench, f"{'map' if 'pdf' in papers else 'export'}-{date.isoformat()}")
        written = workbench.write_papers(sheet, target, papers, progress=progress)
        workbench.write_run_record(bench, target, date, (chosen,))
    if json:
        print_json({"folder": str(target), "files": {paper: str(path) for paper, path in written.items()}})
        return
    for path in written.values():
        print_line(say("cli.written", language(lang), path=path))


@answering
def review(folder: Folder, project: Annotated[str | None, typer.Argument(help="项目文件名，缺省为全部 / project file; all when absent")] = None,
           scenario: ScenarioName = None, out: Out = None, day: Day = None, json: AsJson = False, lang: Lang = "zh") -> None:  # fmt: skip
    """Review proposed projects."""
    date = date_of(day)
    with showing_progress(language(lang)) as progress:
        bench = workbench.open_county(folder, progress=progress)
        chosen = None if scenario is None else bench.scenario(scenario)
        one = None if project is None else workbench.project_of(bench, project)
        reviews = workbench.review_all(bench, chosen, progress=progress) if one is None else [workbench.review_project(bench, one, chosen)]
        target = out or workbench.free_folder(bench, f"review-{date.isoformat()}")
        forms = [workbench.review_papers(bench, item, date, language(lang)) for item in reviews]
        workbench.write_files(target, {name: content for form in forms for name, content in form.items()})
    if json:
        records = [jsons.loads(workbench.as_json(item, language(lang))) for item in reviews]
        print_json({"folder": str(target), "reviews": records, "ranking": workbench.rank(reviews)})
        return
    print_notice(bench.facts.county, language(lang))
    print_reviews(reviews, language(lang))
    print_line(say("cli.review_done", language(lang), folder=target))


@answering
def plan(folder: Folder, day: Day = None, json: AsJson = False, lang: Lang = "zh") -> None:
    """Plan the county."""
    with showing_progress(language(lang)) as progress:
        bench = workbench.open_county(folder, progress=progress)
        run = workbench.plan_county(bench, date_of(day), lang=language(lang), progress=progress)
    if json:
        files = [str(path.relative_to(run.folder)) for path in run.files]
        print_json({
            "folder": str(run.folder),
            "proposals": [workbench.proposal_record(proposal) for proposal in run.proposals],
            "consolidations": [workbench.consolidation_record(answer) for answer in run.consolidations],
            "ranking": workbench.rank(run.reviews),
            "files": files,
        })  # fmt: skip
        return
    _print_run(bench, run, language(lang))


def date_of(day: str | None) -> dt.date:
    """Return the date of an option, today when absent."""
    if day is None:
        return dt.datetime.now().astimezone().date()
    try:
        return dt.date.fromisoformat(day)
    except ValueError as error:
        raise typer.BadParameter(day, param_hint="--date") from error


def print_reviews(reviews: list[workbench.Review], lang: Language) -> None:
    """Print the ranking, and each project's result in one line."""
    table = workbench.rank(reviews, lang)
    shown = [say("cli.provisional", lang, band=band) if open_ else band for band, open_ in zip(table["band"], table["provisional"], strict=True)]
    names = ("rank", "name", "type", "vetoes", "points", "assessable", "band", "rank_span")
    rows = [
        (place, row["name"], row["type"], row["vetoes"] or "—", figure(row["points"], digits=1), f"{row['assessable']:g}", band,
         f"{row['best_rank']}–{row['worst_rank']}")
        for (place, row), band in zip(table.iterrows(), shown, strict=True)
    ]  # fmt: skip
    print_table(say("cli.ranked", lang), [say(f"cli.{name}", lang) for name in names], rows)
    for item in sorted(reviews, key=lambda item: item.project.key):
        print_line(f"{item.project.name}{say('cli.colon', lang)}{workbench.result_line(item, lang)}")
        for veto, finding in item.hits:
            print_line(f"  {veto.id} {veto.name(lang)}{say('cli.colon', lang)}{finding.say(lang)}")


def _print_run(bench: workbench.Workbench, run: workbench.Run, lang: Language) -> None:
    county = bench.facts.county
    print_notice(county, lang)
    started = any(proposal.start is not None for proposal in run.proposals)
    names = ("task", "type", "new_sites", "people", "before", *(["start"] if started else []), "after", "newly", "answer", "status")
    rows: list[tuple[object, ...]] = []
    for proposal in run.proposals:
        present, after, kind = proposal.present.coverage, proposal.after.coverage, proposal.after.kind
        if present is None or after is None:
            continue
        gained = figure(after.totals["covered"] - present.totals["covered"], sign=True)
        start = [share(covered_share(proposal.before))] if started else []
        answer = f"{proposal.aim.title(lang)}{say('cli.colon', lang)}{proposal.aim.amount(proposal.plan.value, lang)}"
        rows.append((
            proposal.task.title, kind_name(kind, lang), len(proposal.plan.opened), whole(sum(after.totals.values())),
            share(present.covered_share), *start, share(after.covered_share), gained, answer, proposal.plan.say(lang),
        ))  # fmt: skip
    print_table(say("cli.plan_title", lang, county=county.name), [say(f"cli.{name}", lang) for name in names], rows)
    for merged in run.consolidations:
        print_line(workbench.consolidation_line(merged, lang))
        print_line(merged.plan.say(lang))
    if run.reviews:
        print_reviews(list(run.reviews), lang)
    print_line(say("cli.plan_done", lang, folder=run.folder))
    for name in sorted({path.relative_to(run.folder).parts[0] for path in run.files}):
        print_line(f"  {name}{'/' if (run.folder / name).is_dir() else ''}")
