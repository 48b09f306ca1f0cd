"""The curve of a frontier: what each further site, unit of money or share brings, drawn and as a table."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from layers.texts import Language, say
from planning.publish.aims import Aim
from planning.publish.plate import SETTINGS, drawing
from planning.publish.plate.page import ACCENT, GREY, INK, RULE, font
from planning.publish.workbook import Column, Table, excel

Format = Literal["png", "svg"]
SIZE = (7.2, 4.6)
DPI = 200
# Labels of points are left out where there are more: the table has them.
LABELLED = 15
_COLUMNS = (
    ("level", "number"), ("new_sites", "count"), ("closed", "count"), ("value", "number"), ("bound", "number"), ("gap", "share"), ("status", "text"),
    ("change", "number"), ("second_value", "number"), ("covered", "count"), ("covered_share", "share"), ("spent", "number"), ("step_gap", "share"),
)  # fmt: skip
_VALUES = {"value", "bound", "change"}


@dataclass(frozen=True)
class Curve:
    """A frontier as it is published.

    Attributes
    ----------
    title, subtitle, axis : str
        County and task; model and whether levels are nested; what the levels are.
    aim : Aim
        What the values are.
    table : DataFrame
        As :class:`planning.workbench.frontiers.TaskFrontier` has it.
    nested : bool
    date : date
    author : str
    lang : {"zh", "en"}
    """

    title: str
    subtitle: str
    axis: str
    aim: Aim
    table: pd.DataFrame
    nested: bool
    date: dt.date
    author: str
    lang: Language = "zh"


def render(curve: Curve, formats: Iterable[Format] = ("png", "svg")) -> dict[str, bytes]:
    """Draw a frontier: a point per level, the range up to its bound, and the same bytes for the same frontier."""
    with drawing, mpl.rc_context(SETTINGS):
        figure = Figure(figsize=SIZE, layout="constrained")
        FigureCanvasAgg(figure)
        _draw(figure.add_subplot(), curve)
        figure.suptitle(curve.title, fontproperties=font(12), color=INK, x=0.02, ha="left")
        return {suffix: _saved(figure, curve, suffix) for suffix in formats}


def workbook(curve: Curve) -> bytes:
    """Return the levels as an Excel workbook; times are in minutes, as shown."""
    unit = curve.aim.head(curve.lang)
    shares = _VALUES if curve.aim.unit == "share" else set()
    heads = tuple(
        Column(say(f"frontier.head.{code}", curve.lang, axis=curve.axis, aim=unit), "share" if code in shares else shown) for code, shown in _COLUMNS
    )
    rows = tuple(tuple(_cell(curve, row, code) for code, _ in _COLUMNS) for row in curve.table.reset_index().to_dict("records"))
    note = f"{curve.subtitle} {say('frontier.note_nested' if curve.nested else 'frontier.note', curve.lang)}"
    table = Table(say("frontier.sheet", curve.lang), curve.title, note, heads, rows)
    return excel([table], title=curve.title, author=curve.author, date=curve.date)


def _cell(curve: Curve, row: dict[Any, Any], code: str) -> Any:  # noqa: ANN401 - what a cell may hold
    if code == "status":
        return say(f"frontier.status.{row['status']}", curve.lang)
    return curve.aim.scaled(float(row[code])) if code in _VALUES else float(row[code])


def _draw(axes: Axes, curve: Curve) -> None:
    known = curve.table[np.isfinite(curve.table["value"])]
    levels = known.index.to_numpy(dtype=float)
    values, bounds = ([curve.aim.scaled(value) for value in known[name]] for name in ("value", "bound"))
    finite = np.where(np.isfinite(bounds), bounds, values)
    if not np.array_equal(values, finite):
        axes.vlines(levels, values, finite, color=GREY, linewidth=4, alpha=0.45, label=say("frontier.open_gap", curve.lang))
    axes.plot(levels, values, color=ACCENT, linewidth=1.4, drawstyle="steps-post" if curve.nested else "default", zorder=2)
    for proven, face in ((True, ACCENT), (False, "white")):
        here = (known["status"] == "proven").to_numpy() == proven
        told = say(f"frontier.{'proven' if proven else 'not_proven'}", curve.lang)
        if here.any():
            axes.scatter(levels[here], np.asarray(values)[here], s=26, facecolor=face, edgecolor=ACCENT, zorder=3, label=told)
    if len(levels) <= LABELLED:
        _label(axes, curve, known, values)
    _frame(axes, curve)


def _label(axes: Axes, curve: Curve, known: pd.DataFrame, values: list[float]) -> None:
    side, where = ("right", (-3, 5)) if values[-1] >= values[0] else ("left", (3, 5))  # above the line, where it is not
    for level, shown, value in zip(known.index, values, known["value"], strict=True):
        text = curve.aim.amount(float(value), curve.lang)
        axes.annotate(text, (float(level), shown), xytext=where, textcoords="offset points", ha=side, fontproperties=font(6.5), color=INK)


def _frame(axes: Axes, curve: Curve) -> None:
    axes.set_title(curve.subtitle, fontproperties=font(8), color=GREY, loc="left")
    axes.set_xlabel(curve.axis, fontproperties=font(9), color=INK)
    axes.set_ylabel(curve.aim.head(curve.lang), fontproperties=font(9), color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12) if (curve.table.index % 1 == 0).all() else MaxNLocator(nbins=10))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}" if curve.aim.unit == "share" else f"{value:,.6g}"))
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(font(7.5))
    axes.margins(x=0.09, y=0.12)
    axes.grid(axis="y", color=RULE, linewidth=0.4)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(prop=font(7), frameon=False, loc="best")


def _saved(figure: Figure, curve: Curve, suffix: Format) -> bytes:
    metadata: dict[Format, dict[str, object]] = {
        "svg": {"Title": curve.title, "Creator": "Buju", "Date": curve.date.isoformat()},
        "png": {"Title": curve.title, "Author": curve.author, "Software": "Buju"},
    }
    file = io.BytesIO()
    figure.savefig(file, format=suffix, dpi=DPI, metadata=metadata[suffix])
    return file.getvalue()
