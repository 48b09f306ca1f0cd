"""Totals and subtotals of a ledger compared with the rows they sum up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from layers.checking.origins import written


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a sheet, for summing.

    Attributes
    ----------
    row : int
        Row as the file's own program counts it.
    kind : {"row", "part", "whole"}
        A facility, a subtotal (小计), or a total (合计).
    township : str
        Township as written; of a subtotal the one it names, or nothing.
    numbers : mapping
        Numbers by field as written, before any unit; None where the cell holds something that is no number. Empty cells are absent.
    """

    row: int
    kind: Literal["row", "part", "whole"]
    township: str
    numbers: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class WrongSum:
    """A total that is not the sum of its rows."""

    row: int
    field: str
    given: float
    summed: float


def find_wrong_sums(lines: Sequence[Line], fields: Sequence[str]) -> Iterator[WrongSum]:
    """Yield totals that differ from what they sum.

    A subtotal sums the rows of the township it names, or else those since the subtotal before, or those up to the next one where it stands above
    them. A total sums all rows of the sheet. Nothing is said where a cell among the rows is no number, as that cell has a finding of its own.
    """
    for at, line in enumerate(lines):
        if line.kind == "row":
            continue
        for field in fields:
            given = line.numbers.get(field)
            sums = [_sum(rows, field) for rows in _summed(lines, at)]
            known = [each for each in sums if each is not None]
            if given is not None and known and not any(_equal(given, each) for each in known):
                yield WrongSum(line.row, field, given, known[0])


def _summed(lines: Sequence[Line], at: int) -> list[list[Line]]:
    """Return the sets of rows that a total may mean, the likeliest first."""
    total = lines[at]
    rows = [line for line in lines if line.kind == "row"]
    of_township = [line for line in rows if total.township and line.township == total.township]
    if total.kind == "whole" and not of_township:
        return [rows]
    if of_township:
        return [of_township]
    above = _up_to_a_total(reversed(lines[:at]))
    return [above] if above else [_up_to_a_total(iter(lines[at + 1 :]))]


def _up_to_a_total(lines: Iterator[Line]) -> list[Line]:
    found = []
    for line in lines:
        if line.kind != "row":
            break
        found.append(line)
    return found


def _sum(rows: Sequence[Line], field: str) -> float | None:
    values = [line.numbers.get(field, 0.0) for line in rows]
    return None if not rows or any(value is None for value in values) else float(sum(value for value in values if value is not None))


def _equal(given: float, summed: float) -> bool:
    """Return whether a total is the sum, rounded as the total is written."""
    _, _, decimals = written(given).partition(".")
    return abs(given - summed) <= 0.5000001 * 10.0 ** -len(decimals)
