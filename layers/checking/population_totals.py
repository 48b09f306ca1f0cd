"""People of a grid against the totals of its townships."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from layers.checking.origins import written
from layers.checking.population_rows import LAYER
from layers.errors import Fault

# A grid of ten years ago differs by that much from today's total where people have come or gone by 2.2 % every year; more is hardly growth.
FACTORS = (0.8, 1.25)
_ROUNDING = 1.0  # people by which a sum may differ from its rows


@dataclass(frozen=True)
class Total:
    """The total of a township, or of the whole county.

    Attributes
    ----------
    row : int
        Row of the file.
    name : str
        Township as written.
    people : float
    """

    row: int
    name: str
    people: float


@dataclass(frozen=True)
class TotalTable:
    """A table of totals as it was read.

    Attributes
    ----------
    file : str
    township, people : str
        Heads of its columns.
    totals : mapping
        By the code of the township.
    whole : sequence of Total
        Rows that sum all others up.
    unread : bool
        Whether a row could not be read, so that the sum of the others says nothing.
    every : float
        Sum of all rows with a number that sum up nothing.
    """

    file: str
    township: str
    people: str
    totals: Mapping[str, Total]
    whole: Sequence[Total]
    unread: bool
    every: float


def check_totals(table: TotalTable, residents: Mapping[str, float], names: Mapping[str, str]) -> tuple[dict[str, float], list[Fault]]:
    """Return what the people of each township are multiplied by so that its residents meet the total, and what is found.

    Parameters
    ----------
    table : TotalTable
    residents : mapping
        Residents of the cells by the code of the township.
    names : mapping
        Names of townships by code.

    Returns
    -------
    dict
        Factor by the code of the township; those without total or without residents have none.
    list of Fault
        The factor of each township, as a note, and a warning where it is far from 1; a total that nobody can take and residents without total.
    """
    factors: dict[str, float] = {}
    faults: list[Fault] = []
    for code, total in table.totals.items():
        now = residents.get(code, 0.0)
        if not now > 0:
            if total.people > 0:
                faults.append(_told("error", "population.total_nobody", table, total))
            continue
        factors[code] = total.people / now
        factor = f"{factors[code]:.6g}"
        told = {"factor": factor, "now": f"{now:.1f}", "people": written(total.people), "low": FACTORS[0], "high": FACTORS[1]}
        if not FACTORS[0] <= factors[code] <= FACTORS[1]:
            faults.append(_told("warning", "population.factor_far", table, total, **told))
        faults.append(Fault("note", "population.scaled", LAYER, table.file, row=total.row, field=table.people, value=total.name, values=told))
    faults.extend(_without_total(table, residents, names))
    faults.extend(_sums(table))
    return factors, faults


def _without_total(table: TotalTable, residents: Mapping[str, float], names: Mapping[str, str]) -> Iterator[Fault]:
    for code, now in residents.items():
        if now > 0 and code not in table.totals:
            told = {"people": f"{now:.1f}"}
            name = names.get(code, code) or "-"
            yield Fault("warning", "population.total_missing", LAYER, table.file, field=table.township, value=name, values=told)


def _sums(table: TotalTable) -> Iterator[Fault]:
    """Yield what is found of rows that sum others up: they were left out, and are compared with the sum where every row has a number."""
    for total in table.whole:
        differs = not table.unread and abs(total.people - table.every) > _ROUNDING
        if differs:
            yield _told("warning", "population.total_sum", table, total, summed=written(round(table.every, 6)))
        else:
            yield _told("note", "population.total_row", table, total)


def _told(severity: str, code: str, table: TotalTable, total: Total, **values: object) -> Fault:
    told = {"township": total.name, **values}
    return Fault(severity, code, LAYER, table.file, row=total.row, field=table.people, value=written(total.people), values=told)  # type: ignore[arg-type]
