"""A ledger's rows with findings as a grid that is filled in, and what was filled in: plain functions, tested without a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from layers.errors import PlanningError
from layers.revising.changes import shown
from layers.texts import Language
from planning.workbench.ledger_desk import ProblemRow, RowChange, brief

ROW, PROBLEM, ACT, WHY = "row", "problem", "act", "why"
SHORT = 11
STRIKE, CHECKED = "strike", "checked"
Cell = tuple[str, int]
"""A column of the grid that is one of the file: its name, and its place in the file from 0."""


def cells_of(rows: Sequence[ProblemRow]) -> list[Cell]:
    """Return the columns of one sheet's rows in the order shown: those that findings name, then the rest as in the file."""
    if not rows:
        return []
    heads = rows[0].view.heads
    columns = [column for column, head in enumerate(heads) if head]
    faulty = set().union(*(row.faulty() for row in rows))
    order = sorted(columns, key=lambda column: (column not in faulty, column))
    return [(heads[column], column) for column in order]


def grid(rows: Sequence[ProblemRow], lang: Language) -> pd.DataFrame:
    """Return rows as the grid shows them at first; every cell is text."""
    cells = cells_of(rows)
    told = [
        {
            ROW: row.row,
            PROBLEM: " ".join([*_named(row, lang), *(brief(fault, lang) for fault in row.faults)]),
            ACT: None,
            WHY: "",
            **{f"c{column}": shown(row.cells[column]) if column < len(row.cells) else "" for _, column in cells},
        }
        for row in rows
    ]
    return pd.DataFrame(told, columns=[ROW, PROBLEM, ACT, WHY, *(f"c{column}" for _, column in cells)])


def _named(row: ProblemRow, lang: Language) -> list[str]:
    """Return the facility's name, where the row has one."""
    head = row.view.columns.get("name", "")
    name = shown(row.cells[row.view.heads.index(head)]) if head in row.view.heads else ""
    return [f"【{name}】" if lang == "zh" else f"[{name}]"] if name else []


def is_short(before: pd.DataFrame, name: str) -> bool:
    """Return whether all texts of a column are so short that it may be narrow."""
    return bool((before[name].str.len() <= SHORT).all())


def entered(before: pd.DataFrame, after: pd.DataFrame) -> tuple[dict[int, RowChange], dict[int, str]]:
    """Return what a person has filled in: changes by place of the row, and the reason by place for rows found true.

    Raises
    ------
    PlanningError
        When a row is both changed and found true.
    """
    changes: dict[int, RowChange] = {}
    checked: dict[int, str] = {}
    cells = [name for name in before.columns if name not in {ROW, PROBLEM, ACT, WHY}]
    for place in range(len(before)):
        old, new = before.iloc[place], after.iloc[place]
        texts = {int(name[1:]): _text(new[name]) for name in cells if _text(new[name]).strip() != _text(old[name])}
        act, why = new[ACT], _text(new[WHY])
        if act == STRIKE:
            changes[place] = RowChange({}, strike=True, why=why)
        elif act == CHECKED and texts:
            raise PlanningError("desk.mark_or_change", row=int(old[ROW]))
        elif act == CHECKED:
            checked[place] = why
        elif texts:
            changes[place] = RowChange(texts)
    return changes, checked


def sheet_groups(rows: Sequence[ProblemRow]) -> Mapping[str, list[ProblemRow]]:
    """Return rows by the sheet they stand in, as heads differ between sheets."""
    found: dict[str, list[ProblemRow]] = {}
    for row in rows:
        found.setdefault(row.view.title or row.view.sheet, []).append(row)
    return found


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 - what an emptied cell comes back as
