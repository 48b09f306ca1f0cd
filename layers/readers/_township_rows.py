"""Rows of a table of townships: which township each is of, and which sum others up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from layers.checking.population_rows import LAYER
from layers.checking.population_size import LARGEST
from layers.checking.population_totals import Total, TotalTable
from layers.county import County
from layers.errors import Fault, PlanningError
from layers.outlines import Outlines
from layers.readers._columns import find_columns, number, text, total_of
from layers.readers._files import read_table
from layers.readers.outlines import township_code


@dataclass(frozen=True)
class TownshipRows:
    """Rows of a table by what they are of; every row is in one of them.

    Attributes
    ----------
    of : mapping
        Row by the code of the township.
    whole : tuple of int
        Rows that sum up the whole county.
    parts : tuple of int
        Rows that sum up some others.
    left : tuple of int
        Rows that cannot be used, each with a finding.
    """

    of: Mapping[str, int]
    whole: tuple[int, ...]
    parts: tuple[int, ...]
    left: tuple[int, ...]


def township_rows(townships: pd.Series, file: str, outlines: Outlines, county: County, faults: list[Fault]) -> TownshipRows:
    """Tell which township each row is of.

    Parameters
    ----------
    townships : Series
        Townships as written; the rows of the file as index, the head as name.
    file : str
        Named in findings.
    outlines : Outlines
    county : County
        Whose name in place of a township is the sum of all.
    faults : list of Fault
        Takes rows of an unknown township and of one that stood before, as errors: they are left out.
    """
    of: dict[str, int] = {}
    whole: list[int] = []
    parts: list[int] = []
    left: list[int] = []
    head = str(townships.name)
    for row, cell in zip(map(int, townships.index), townships, strict=True):
        name = text(cell)
        code = township_code(outlines, name)
        if total_of([name]) or (name == county.name and not code):
            (parts if "小计" in name or "subtotal" in name.lower() else whole).append(row)
        elif not code or code in of:
            known = {"other_row": of[code]} if code else {}
            told = "population.township_twice" if code else "population.township_unknown"
            faults.append(Fault("error", told, LAYER, file, row=row, field=head, value=name, values=known))
            left.append(row)
        else:
            of[code] = row
    return TownshipRows(of, tuple(whole), tuple(parts), tuple(left))


def read_totals(folder: Path, county: County, file: str, outlines: Outlines, faults: list[Fault]) -> TotalTable:
    """Read the residents of townships, and report the rows that cannot be used.

    Raises
    ------
    PlanningError
        When the file cannot be read or lacks a column.
    """
    table = read_table(folder, file, "population_totals")
    columns = find_columns(table.columns, "totals", {}, file=file, layer="population_totals")
    for needed in ("township", "people"):
        if needed not in columns:
            raise PlanningError("table.needs_column", file=file, layer="population_totals", column=needed, heads="、".join(table.columns))
    people, names = table[columns["people"]], table[columns["township"]]
    read = {row: number(cell) for row, cell in zip(map(int, people.index), people, strict=True)}
    numbers = {row: value for row, value in read.items() if value is not None and 0 <= value <= LARGEST}
    rows = township_rows(names, file, outlines, county, faults)
    bad = [row for row in (*rows.of.values(), *rows.whole) if row not in numbers]
    faults.extend(Fault("error", "population.total_bad", LAYER, file, row=row, field=columns["people"], value=text(people[row])) for row in bad)
    faults.extend(left_out(rows.parts, names, file))
    summed = [*rows.of.values(), *rows.left]
    faults.append(row_count(file, len(table), sum(row in numbers for row in rows.of.values())))
    return TotalTable(
        file,
        columns["township"],
        columns["people"],
        {code: Total(row, text(names[row]), numbers[row]) for code, row in rows.of.items() if row in numbers},
        [Total(row, text(names[row]), numbers[row]) for row in rows.whole if row in numbers],
        unread=any(row not in numbers for row in summed),
        every=sum(numbers.get(row, 0.0) for row in summed),
    )


def row_count(file: str, read: int, kept: int) -> Fault:
    """Return the note that counts the rows of a table of townships."""
    return Fault("note", "table.rows", LAYER, file, values={"read": read, "kept": kept, "excluded": read - kept})


def left_out(parts: Iterable[int], names: pd.Series, file: str) -> Iterator[Fault]:
    """Yield a note for each row that sums up some others."""
    for row in parts:
        yield Fault("note", "population.part_row", LAYER, file, row=row, field=str(names.name), value=text(names[row]))
