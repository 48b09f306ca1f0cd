"""Commands about a county's folder: ``init``, ``demo``, ``check``, ``app``, ``warm``."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from layers.errors import Fault, PlanningError
from layers.texts import Language, say
from planning import workbench
from planning.cli.showing import AsJson, Folder, Lang, answering, language, print_json, print_line, print_table, showing_progress


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("init", help="识别 DIR/layers 中的文件，生成 county.toml / propose a county.toml for the files in DIR/layers")(init)
    app.command("demo", help="生成一个虚构的示例县域 / write a generated, fictional county")(demo)
    app.command("check", help="数据核查：列出各图层的问题 / list the faults of every layer")(check)
    app.command("download", help="下载 OpenStreetMap 路网（唯一需要联网的步骤）/ download streets from OpenStreetMap (the one step online)")(download)
    app.command("app", help="打开网页界面 / open the app")(open_app)
    app.command("warm", hidden=True)(warm)


Server = Annotated[str, typer.Option(help="Overpass 服务地址，缺省为公共服务 / address of an Overpass API")]


@answering
def download(folder: Folder, server: Server = "", json: AsJson = False, lang: Lang = "zh") -> None:
    """Download the county's streets into the .graphml file that county.toml lists."""
    with showing_progress(language(lang)) as progress:
        path = workbench.fetch_streets(folder, server=server, progress=progress)
    if json:
        print_json({"file": str(path)})
    else:
        print_line(say("cli.written", language(lang), path=path))
        print_line(say("cli.osm", language(lang)))


DATUM = re.compile(r"WGS84|CGCS2000|GCJ-02|BD-09|EPSG:\d{4,5}")


def _known_datum(value: str | None) -> str | None:
    if value is None or DATUM.fullmatch(value):
        return value
    raise typer.BadParameter(f"{value}（WGS84、CGCS2000、GCJ-02、BD-09、EPSG:4547）")


Datum = Annotated[str | None, typer.Option(callback=_known_datum, help="经纬度的坐标系：WGS84、GCJ-02、BD-09 / datum of longitudes and latitudes")]


@answering
def init(folder: Folder, datum: Datum = None, json: AsJson = False, lang: Lang = "zh") -> None:
    """Propose a county.toml."""
    answers = {"datum": datum} if datum else {}
    proposal = workbench.init_county(folder, **answers)
    if json:
        assumed = [workbench.fault_record(fault, language(lang)) for fault in proposal.assumptions]
        print_json({"file": str(folder / "county.toml"), "assumptions": assumed})
        return
    print_line(say("cli.written", language(lang), path=folder / "county.toml"))
    _print_faults(say("cli.assumptions", language(lang)), proposal.assumptions, language(lang))
    print_line(say("cli.next_check", language(lang), folder=folder))


Seed = Annotated[int, typer.Option(min=0, help="随机种子，同一种子结果相同 / the same seed gives the same county")]
Cells = Annotated[int, typer.Option(min=1_000, max=1_000_000, help="有人居住的格子数 / inhabited cells")]
Dirty = Annotated[bool, typer.Option("--dirty", help="有意植入差错并列出清单，供练习数据核查 / plant faults and list them, to practise the check-up")]


@answering
def demo(folder: Folder, seed: Seed = 1, cells: Cells = 8000, dirty: Dirty = False, json: AsJson = False, lang: Lang = "zh") -> None:
    """Write the demo county."""
    with showing_progress(language(lang)) as progress:
        workbench.make_demo(folder, seed=seed, cells=cells, dirty=dirty, progress=progress)
    if json:
        print_json({"folder": str(folder), "seed": seed, "cells": cells, "dirty": dirty, "fictional": True})
    else:
        print_line(say("cli.demo_dirty" if dirty else "cli.demo_written", language(lang), folder=folder))


Repair = Annotated[Path | None, typer.Option(metavar="OUT", help="把可以确定修正的台账另存到 OUT / write repaired copies of ledgers to OUT")]


@answering
def check(folder: Folder, repair: Repair = None, json: AsJson = False, lang: Lang = "zh") -> None:
    """Check a county's folder."""
    with showing_progress(language(lang)) as progress:
        found = workbench.check_county(folder, progress=progress)
    copies = None if repair is None else workbench.repair_ledgers(folder, (*found.faults, *found.notes), repair)
    if json:
        _print_check_json(found, copies, language(lang))
    else:
        _print_check(found, language(lang))
        _print_copies(copies, language(lang))
    if found.failure is not None:
        # What was found stands in the table or the record already; the sentence alone goes to stderr.
        raise PlanningError(found.failure.code, **found.failure.values)  # type: ignore[arg-type]


def open_app(folder: Annotated[Path | None, typer.Argument(metavar="[DIR]")] = None) -> None:
    """Open the app on this computer only."""
    script = Path(__file__).resolve().parents[2] / "streamlit_app.py"
    extra = ["--", str(folder)] if folder else []
    sys.exit(subprocess.call([sys.executable, "-m", "streamlit", "run", str(script), *extra], cwd=script.parent))


def warm() -> None:
    """Compile the search kernels once, so that the first plan does not wait for it."""
    with tempfile.TemporaryDirectory() as folder:
        workbench.warm_up(Path(folder))


def _print_copies(copies: tuple[workbench.RepairedFile, ...] | None, lang: Language) -> None:
    if copies == ():
        print_line(say("ledger.nothing_to_repair", lang))
    for copy in copies or ():
        print_line(say("ledger.repaired", lang, path=copy.path, cells=copy.cells, rows=copy.rows))


def _print_check_json(found: workbench.CheckUp, copies: tuple[workbench.RepairedFile, ...] | None, lang: Language) -> None:
    written = {} if copies is None else {"repaired": [{**dataclasses.asdict(copy), "path": str(copy.path)} for copy in copies]}
    rows = [dataclasses.asdict(row) for row in found.rows]
    print_json({
        "faults": [workbench.fault_record(fault, lang) for fault in found.faults],
        "notes": [workbench.fault_record(fault, lang) for fault in found.notes],
        "rows": rows,
        "usable": found.usable,
        "failure": None if found.failure is None else {"code": found.failure.code, "message": found.failure.say(lang)},
        **written,
    })  # fmt: skip


def _print_check(found: workbench.CheckUp, lang: Language) -> None:
    if found.rows:
        heads = [say(f"cli.{name}", lang) for name in ("layer", "file", "sheet", "read", "kept", "excluded")]
        rows = [(_layer(row.layer, lang), row.file, row.sheet, row.read, row.kept, row.excluded) for row in found.rows]
        print_table(say("cli.rows", lang), heads, rows)
    _print_faults(say("cli.faults", lang, count=len(found.faults)), found.faults, lang)
    _print_faults(say("cli.notes", lang, count=len(found.notes)), found.notes, lang)
    if found.failure is None and not found.faults:
        print_line(say("cli.no_faults", lang))


def _layer(layer: str, lang: Language) -> str:
    code = f"layer.{layer}"
    try:
        return say(code, lang)
    except ValueError:
        return layer


def _print_faults(title: str, faults: tuple[Fault, ...], lang: Language) -> None:
    if not faults:
        return
    heads = [say(f"cli.{name}", lang) for name in ("severity", "file", "row", "field", "value", "message")]
    rows = [
        (say(f"severity.{f.severity}", lang), f.file, "" if f.row is None else f.row, f.field, f.value, f"{f.say(lang)}{f.repair(lang)}")
        for f in faults
    ]
    print_table(title, heads, rows)
