"""The command ``travel``: who reaches the streets, how far it is to them, and which streets are cut off."""

from __future__ import annotations

from typing import Annotated, cast

import typer

from layers.texts import Language, say
from layers.types import Mode, Reach
from planning import workbench
from planning.cli.evaluated import STATES, area_name
from planning.cli.measuring import Types
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
    showing_progress,
    whole,
)

PARTS_SHOWN = 10


def _known_mode(value: str | None) -> str | None:
    if value not in {None, "walk", "drive"}:
        raise typer.BadParameter(f"{value}（walk、drive）")
    return value


ModeName = Annotated[str | None, typer.Option("--mode", "-m", callback=_known_mode, help="walk（步行）或 drive（行车），缺省按各类设施的标准 / mode")]


def add_commands(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("travel", help="出行成本报告：到路网的距离、不连通的道路 / travel report: access to the streets, streets cut off")(travel)


@answering
def travel(
    folder: Folder, scenario: ScenarioName = None, types: Types = None, mode: ModeName = None, json: AsJson = False, lang: Lang = "zh"
) -> None:
    """Report how people reach the streets."""
    with showing_progress(language(lang)) as progress:
        bench = workbench.open_county(folder, progress=progress)
        chosen = None if scenario is None else bench.scenario(scenario)
        found = workbench.travel_reports(bench, types or None, chosen, mode=cast("Mode | None", mode), progress=progress)
    if json:
        print_json({key: workbench.travel_record(report) for key, report in found.items()})
        return
    print_notice(bench.facts.county, language(lang))
    title = say("cli.present", language(lang)) if chosen is None else chosen.title
    title = say("cli.travel.title", language(lang), county=bench.facts.county.name, scenario=title)
    if types:
        print_line(title)
        for report in found.values():
            print_townships(report, language(lang))
    else:
        print_types(title, found, language(lang))
    print_line(say("app.travel.note", language(lang)))
    for report in {report.mode: report for report in reversed(found.values())}.values():
        print_streets(report, language(lang))


def print_types(title: str, found: dict[str, workbench.TravelReport], lang: Language) -> None:
    """Print one row per type: people by state, and the way to the nearest street in use."""
    rows = [(kind_name(report.kind, lang), workbench.standard_text(report.reach, lang), *_figures(report.county)) for report in found.values()]
    print_table(title, _heads(("type", "standard", *_FIGURES), lang), rows)


def print_townships(report: workbench.TravelReport, lang: Language) -> None:
    """Print one type by township; the county's row first, and people of the others add up to it."""
    rows = [(area_name(str(code), str(row["name"]), lang), *_figures(row)) for code, row in report.townships.iterrows()]
    standard = workbench.standard_text(report.reach, lang)
    title = say("cli.travel.townships", lang, type=kind_name(report.kind, lang), standard=standard)
    print_table(title, _heads(("area", *_FIGURES), lang), rows)


def print_streets(report: workbench.TravelReport, lang: Language) -> None:
    """Print how the streets of the mode hang together, and the parts beside the main one."""
    told = {name: figure(value, digits=1 if name.endswith("km") else 0) for name, value in report.streets.items()}
    mode, kind = say(f"publish.mode.{report.mode}", lang), kind_name(report.kind, lang)
    print_line(say(f"app.travel.streets_{report.components}", lang, mode=mode, **told))
    shown = report.others.head(PARTS_SHOWN)
    if shown.empty:
        return
    rows = [
        (row["township_name"], f"{row['lon']:.5f}", f"{row['lat']:.5f}", row["points"], figure(row["metres"] / 1000, digits=2), *map(whole, people))
        for row, people in ((row, (row["people"], row["cut_off"])) for row in shown.to_dict("records"))
    ]
    title = say("cli.travel.parts", lang, mode=mode, type=kind, shown=len(shown), all=len(report.others))
    print_table(title, _heads(("township", "lon", "lat", "travel.points", "travel.km", "travel.nearest", "travel.cut_off"), lang), rows)


def _short(reach: Reach, lang: Language) -> str:
    mode, number = say(f"publish.mode.{reach.mode}", lang), figure(reach.threshold if reach.unit == "m" else reach.threshold / 60)
    return say(f"cli.travel.within_{reach.unit}", lang, mode=mode, number=number)


_FIGURES = ("people", *STATES, "travel.cells", "travel.access_median", "travel.access_95", "travel.access_largest", "travel.beyond_snap")


def _figures(row: object) -> tuple[object, ...]:
    """Return people by state, and ways to the street."""
    known = cast("dict[str, float]", row)
    people = tuple(whole(known[name]) for name in ("people", *STATES))
    ways = tuple(figure(known[name]) for name in ("access_median", "access_95", "access_largest"))
    return (*people, int(known["cells"]), *ways, whole(known["beyond_snap"]))


def _heads(names: tuple[str, ...], lang: Language) -> list[str]:
    return [say(f"cli.{name}", lang) for name in names]
