"""The table of who has a place where (名额分配表), as an Excel workbook."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from layers.texts import Language, say
from planning.publish.workbook import Column, Table, excel

_COLUMNS = (
    ("facility", "text"), ("name", "text"), ("capacity", "count"), ("placed", "number"), ("occupancy", "share"), ("township_name", "text"),
    ("people", "number"), ("mean_cost", "number"), ("farthest_cost", "number"),
)  # fmt: skip
_COSTS = frozenset({"mean_cost", "farthest_cost"})


@dataclass(frozen=True)
class AssignmentHead:
    """What stands above the table.

    Attributes
    ----------
    title : str
        County and task.
    need : str
        How many places people need.
    author : str
    timed : bool
        Costs are seconds, shown in minutes; else metres.
    """

    title: str
    need: str
    author: str
    timed: bool


def assignment_book(table: pd.DataFrame, head: AssignmentHead, date: dt.date, lang: Language = "zh") -> bytes:
    """Return the workbook: one row per site and township, as :func:`planning.workbench.places.assignment` tells them."""
    unit = say(f"assignment.unit.{'min' if head.timed else 'm'}", lang)
    columns = tuple(Column(say(f"assignment.head.{name}", lang, unit=unit), shown) for name, shown in _COLUMNS)
    scale = 60.0 if head.timed else 1.0
    shown = table.assign(**{name: table[name] / scale for name in _COSTS})
    rows = tuple(tuple(row[name] for name, _ in _COLUMNS) for row in shown.to_dict("records"))
    note = say("assignment.note", lang, need=head.need)
    sheet = Table(say("assignment.sheet", lang), f"{head.title}{say('assignment.title', lang)}", note, columns, rows)
    return excel([sheet], title=head.title, author=head.author, date=date)
