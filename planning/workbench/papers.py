"""Papers: plates, maps, tables, GeoPackage and forms of a county, written into ``outputs/``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from layers.progress import Progress, silent
from layers.saving import write_whole
from layers.texts import Language, say
from planning.evaluation import Evaluation
from planning.publish import run_record
from planning.publish.sheet import Imprint, Secrecy, Sheet
from planning.publish.writing import write_files
from planning.review import Review, as_json
from planning.siting.problem import SitingPlan
from planning.workbench.bench import Workbench, file_name
from scenarios.document import Scenario, fingerprint

Paper = Literal["pdf", "svg", "png", "html", "xlsx", "gpkg"]
RECORD = "run.toml"
PAPERS: tuple[Paper, ...] = ("pdf", "svg", "png", "html", "xlsx", "gpkg")


@dataclass(frozen=True)
class Order:
    """What a sheet is made of, as a planner orders it.

    Attributes
    ----------
    types : tuple of str
        Facility types drawn; the first is the one whose coverage is shaded.
    date : date
        Printed, and kept in every file.
    requirement : str or None
        Reach the first type's coverage is measured by; its first when None.
    title : str
        Name of the plan; made from the types when empty.
    secrecy, review_number
        内部, 送审 or 公开, and the 审图号 that 公开 needs.
    """

    types: tuple[str, ...]
    date: dt.date
    requirement: str | None = None
    title: str = ""
    secrecy: Secrecy = "内部"
    review_number: str = ""
    lang: Language = "zh"
    parameters: Mapping[str, object] = field(default_factory=dict)


def sheet_of(bench: Workbench, scenario: Scenario | None, order: Order, plan: SitingPlan | None = None, *, progress: Progress = silent) -> Sheet:
    """Return the sheet of a scenario beside the present state, both measured by the scenario's standards."""
    kinds = tuple(bench.kind(key, scenario) for key in order.types)
    state = bench.state(scenario)
    unchanged = None if scenario is None else scenario.model_copy(update={"edits": ()})
    before: dict[str, Evaluation] = {}
    after: dict[str, Evaluation] = {}
    for number, key in enumerate(order.types):
        progress("stage.measure", number, len(order.types))
        requirement = order.requirement if number == 0 else None
        before[key] = bench.measure_type(key, unchanged, requirement=requirement)
        after[key] = bench.measure_type(key, scenario, requirement=requirement, state=state)
    lang = order.lang
    names = "、".join((kind.name_zh if lang == "zh" else kind.name_en) for kind in kinds[:2])
    title = order.title or say("workbench.sheet_title", lang, types=names)
    imprint = Imprint(
        title=title, date=order.date, secrecy=order.secrecy, review_number=order.review_number, lang=lang,
        scenario="" if scenario is None else scenario.title,
    )  # fmt: skip
    return Sheet(bench.facts, kinds, state, before, after, imprint, plan, order.parameters)


def render(sheet: Sheet, papers: Iterable[Paper] = PAPERS, *, progress: Progress = silent) -> dict[Paper, bytes]:
    """Return papers of a sheet as bytes."""
    # Here, because what draws takes seconds to load and most answers are not drawn.
    from planning.publish import geopackage, html_map, plate, tables

    wanted = list(papers)
    found: dict[Paper, bytes] = {}
    drawn = [paper for paper in wanted if paper in plate.FORMATS]
    makers = {"html": html_map.page, "xlsx": tables.workbook, "gpkg": geopackage.content}
    progress("stage.publish", 0, len(wanted))
    if drawn:
        found.update(plate.render(sheet, drawn))  # type: ignore[arg-type]
    for paper in wanted:
        if paper in makers:
            progress("stage.publish", len(found), len(wanted))
            found[paper] = makers[paper](sheet)
    progress("stage.publish", len(wanted), len(wanted))
    return {paper: found[paper] for paper in wanted}


def paper_names(sheet: Sheet, papers: Iterable[Paper]) -> dict[Paper, str]:
    """Return the file name of each paper."""
    return {paper: say(f"workbench.paper_{paper}", sheet.imprint.lang) for paper in papers}


def write_papers(sheet: Sheet, folder: Path, papers: Iterable[Paper] = PAPERS, *, progress: Progress = silent) -> dict[Paper, Path]:
    """Write papers of a sheet into a folder, all or none."""
    made = render(sheet, papers, progress=progress)
    names = paper_names(sheet, made)
    write_files(folder, {names[paper]: content for paper, content in made.items()})
    return {paper: folder / names[paper] for paper in made}


def write_run_record(
    bench: Workbench,
    folder: Path,
    date: dt.date,
    scenarios: Iterable[Scenario | None] = (),
    plans: Mapping[str, Mapping[str, object]] | None = None,
    made: Mapping[str, object] | None = None,
) -> Path:
    """Write run.toml into a folder of papers: inputs, versions, parameters, scenarios, plans; time only under ``[made]``.

    Parameters
    ----------
    bench : Workbench
    folder : Path
        Every file that stands there is recorded with its sha256.
    date : date
        The run's date parameter.
    scenarios : iterable of Scenario or None
        Recorded by title and fingerprint.
    plans : mapping of name to mapping, optional
        What was asked of siting models and answered, as :func:`planning.workbench.records.plan_record` tells it.
    made : mapping, optional
        Durations and time of day.
    """
    county = bench.facts.county
    parameters = {
        "travel": county.travel.rules,
        "metric_crs": str(bench.facts.crs),
        "standards": county.standards,
        "tasks": {task.key: task.model_dump(mode="json", exclude_none=True) for task in county.plan},
        "consolidations": {task.key: task.model_dump(mode="json", exclude_none=True) for task in county.consolidate},
    }
    known = {scenario.title: fingerprint(scenario) for scenario in scenarios if scenario is not None}
    run = run_record.Run(county.name, date, bench.facts.inputs, parameters, known, plans or {})
    outputs = {name: digest for name, digest in run_record.hashes(folder).items() if name != RECORD}
    write_whole(folder / RECORD, run_record.content(run, outputs=outputs, made=made))
    return folder / RECORD


def review_papers(bench: Workbench, review: Review, date: dt.date, lang: Language = "zh") -> dict[str, bytes]:
    """Return the Word form and the JSON record of a review by file name."""
    from planning.publish.review_form import word_bytes

    county = bench.facts.county
    name = county.name if lang == "zh" else county.name_en or county.name
    stem = file_name(say("workbench.review_form", lang, name=plain_name(review.project.name)))
    form = word_bytes(review, date, county=name, fictional=county.fictional, notes=county.imported(lang), lang=lang)
    return {f"{stem}.docx": form, f"{stem}.json": as_json(review, lang).encode("utf-8")}


def plain_name(text: str) -> str:
    """Return a title as part of a file's name: what Windows forbids is put in full width."""
    return text.translate(str.maketrans('/\\:*?"<>|', "／＼：＊？＂＜＞｜")).strip(". ")


def free_folder(bench: Workbench, name: str) -> Path:
    """Return a folder of ``outputs/`` that does not exist yet: what stands there may have been worked on by hand."""
    base = bench.folder / "outputs"
    names = [name, *(f"{name}-{number}" for number in range(2, 1000))]
    return next(base / candidate for candidate in names if not (base / candidate).exists())
