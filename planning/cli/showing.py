"""How commands answer: Chinese tables for people, JSON for machines, progress on stderr, one sentence and exit code 1 for what can be repaired."""

from __future__ import annotations

import functools
import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral, Real
from pathlib import Path
from typing import Annotated, ParamSpec

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from layers import texts
from layers.county import County
from layers.errors import PlanningError
from layers.progress import Progress as ProgressCall
from layers.texts import Language, say
from layers.types import FacilityType
from layers.untrusted.letters import shown

P = ParamSpec("P")


def _known_language(value: str) -> str:
    if value not in {"zh", "en"}:
        raise typer.BadParameter(f"{value}（zh、en）")
    return value


Folder = Annotated[Path, typer.Argument(help="县域文件夹 / the county's folder", metavar="DIR")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON for machines")]
Lang = Annotated[str, typer.Option("--lang", envvar="BUJU_LANG", callback=_known_language, help="zh（中文）或 en（英文）/ language")]
ScenarioName = Annotated[str | None, typer.Option("--scenario", "-s", help="情景文件名，缺省为现状 / scenario file; the present state when absent")]

DASH = "—"
_FIGURE = re.compile(r"|—|(≥ )?[+\-−]?[\d,.]+( ?%)?")
_err = Console(stderr=True)


def language(value: str) -> Language:
    """Return the language of an option, Chinese unless it is ``en``."""
    return "en" if value == "en" else "zh"


def answering(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what a planner can repair into one sentence on stderr and exit code 1."""

    @functools.wraps(command)
    def answered(*args: P.args, **kwargs: P.kwargs) -> None:
        lang = language(str(kwargs.get("lang", "zh")))
        try:
            command(*args, **kwargs)
        except PlanningError as error:
            print_error(error.say(lang))
            for fault in error.faults:
                if not error.say(lang).startswith(fault.say(lang)):  # the only finding is the sentence itself
                    line = f"  {_place(fault.file, fault.row, fault.field)}{fault.say(lang)}{fault.repair(lang)}"
                    _err.print(shown(line), markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            _err.print(say("cancelled", lang), markup=False)
            raise typer.Exit(130) from None

    return answered


def print_error(text: str) -> None:
    """Print what is wrong on stderr."""
    _err.print(shown(text), style="red", markup=False, highlight=False, soft_wrap=True)


def _place(file: str, row: int | None, field: str) -> str:
    parts = [part for part in (file, "" if row is None else f"#{row}", field) if part]
    return f"[{' '.join(parts)}] " if parts else ""


@contextmanager
def showing_progress(lang: Language) -> Iterator[ProgressCall]:
    """Give a progress call that draws a bar on stderr; nothing is drawn where stderr is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), TextColumn("{task.fields[more]}"), TimeElapsedColumn())
    with Progress(*columns, console=_err, transient=True, disable=not sys.stderr.isatty()) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, done: float, total: float, **more: float) -> None:
            if stage not in tasks:
                name = say(stage, lang) if stage in texts.codes() else stage
                tasks[stage] = bars.add_task(name, more="")
            told = f"gap {more['gap']:.2%}" if math.isfinite(more.get("gap", math.nan)) else ""
            bars.update(tasks[stage], completed=done, total=total, more=told)

        yield progress


def print_json(record: object) -> None:
    """Print a record as JSON on stdout; missing numbers are null, and letters that stdout cannot write are escaped (a Chinese Windows)."""
    escaped = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(_plain(record), ensure_ascii=escaped, indent=2, allow_nan=False) + "\n")


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table on stdout; numbers stand right."""
    table = Table(title=shown(title), title_justify="left", header_style="bold")
    for number, head in enumerate(heads):
        numeric = bool(rows) and all(_is_figure(row[number]) for row in rows)
        table.add_column(shown(head), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*[_cell(value) for value in row])
    width = None if sys.stdout.isatty() else 140
    Console(width=width, markup=False, highlight=False).print(table)


def _is_figure(value: object) -> bool:
    return value is None or isinstance(value, Real) or (isinstance(value, str) and _FIGURE.fullmatch(value) is not None)


def print_line(text: str) -> None:
    """Print a line on stdout."""
    Console(markup=False, highlight=False, soft_wrap=True).print(shown(text))


def _cell(value: object) -> str:
    if value is None or (isinstance(value, Real) and not math.isfinite(value)):
        return "—"
    if isinstance(value, bool) or not isinstance(value, Real):
        return shown(str(value))
    number = float(value)
    fraction = not isinstance(value, Integral) and abs(number) < 1000 and number != round(number)
    return f"{number:,.1f}" if fraction else f"{number:,.0f}"


def print_notice(county: County, lang: Language) -> None:
    """Print what holds for every figure: that the county is fictional, and which travel costs come from an imported table."""
    if county.fictional:
        print_line(say("cli.fictional", lang, county=county.name))
    for told in county.imported(lang):
        print_line(told)


def share(value: float) -> str:
    """Return a share as shown everywhere: per cent with one decimal, never 100 % while somebody is left out."""
    from planning import workbench

    return "—" if not math.isfinite(value) else workbench.percent(value)


def figure(value: float | None, *, digits: int = 0, sign: bool = False) -> str:
    """Return a number as shown: rounded, thousands apart, a dash where it is unknown."""
    if value is None or not math.isfinite(value):
        return DASH
    rounded = round(value, digits) + 0.0  # no negative zero
    return f"{rounded:+,.{digits}f}" if sign and rounded else f"{rounded:,.{digits}f}"


def points(change: float) -> str:
    """Return a change of a share in percentage points, with its sign."""
    return figure(100 * change, digits=1, sign=True)


def kind_name(kind: FacilityType, lang: Language) -> str:
    """Return a facility type's name."""
    return kind.name_zh if lang == "zh" else kind.name_en


def whole(value: float) -> int | None:
    """Return people as shown: rounded here and nowhere before (convention 6); None where unknown."""
    return round(value) if math.isfinite(value) else None


def _plain(value: object) -> object:
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        frame = value.drop(columns="geometry", errors="ignore")
        return [_plain(row) for row in frame.reset_index().to_dict("records")]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | pd.Index | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)
