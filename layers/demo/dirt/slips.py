"""Faults of several cells that tables of places share: places that are swapped, lost or all the same, rows that stand twice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from layers.demo.dirt.ground import Ground
from layers.demo.dirt.planted import Row, Sheet, number, said
from layers.demo.names import COUNTY

EAST = 0.0005
"""Degrees, about 50 m: a second entry of one facility, not the very same point."""
FAR = 0.9
"""Degrees: well beyond a county."""


@dataclass(frozen=True)
class Heads:
    """Heads of a table of places: id, name, township, longitude and latitude."""

    id: str
    name: str
    township: str
    lon: str
    lat: str


def placed(heads: Heads, row: Row) -> bool:
    """Return whether a row has a place."""
    return bool(said(row[heads.lon])) and bool(said(row[heads.lat]))


def deep(heads: Heads, ground: Ground, datum: str, row: Row) -> bool:
    """Return whether a row lies well inside the township that it names."""
    return placed(heads, row) and ground.deep_in(row[heads.lon], row[heads.lat], datum) == row[heads.township]


def swap(sheet: Sheet, heads: Heads, count: int) -> None:
    """Write latitude and longitude into each other's columns."""
    for row in sheet.take(count, partial(placed, heads)):
        cells = sheet.rows[row]
        lon = cells[heads.lon]
        sheet.plant("swapped", row, heads.lon, cells[heads.lat], before=_place(cells, heads))
        cells[heads.lat] = lon


def lose(sheet: Sheet, heads: Heads, count: int) -> None:
    """Leave the place blank."""
    for row in sheet.take(count, partial(placed, heads)):
        sheet.plant("no_position", row, heads.lon, None, before=_place(sheet.rows[row], heads))
        sheet.rows[row][heads.lat] = None


def zero(sheet: Sheet, heads: Heads, count: int) -> None:
    """Write 0 for both coordinates, as databases do for nothing."""
    for row in sheet.take(count, partial(placed, heads)):
        sheet.plant("zero_position", row, heads.lon, 0, before=_place(sheet.rows[row], heads))
        sheet.rows[row][heads.lat] = 0


def send_far(sheet: Sheet, heads: Heads, count: int) -> None:
    """Put a row far beyond the county."""
    for row in sheet.take(count, partial(placed, heads)):
        sheet.plant("outside", row, heads.lon, round(number(sheet.rows[row][heads.lon]) + FAR, 6))


def gather(sheet: Sheet, heads: Heads, ground: Ground, datum: str) -> None:
    """Put three rows of one township at one point, as an address search does with what it does not find."""
    for first in sheet.take(1, partial(deep, heads, ground, datum)):
        model = dict(sheet.rows[first])
        place = round(number(model[heads.lon]) + EAST / 5, 6), round(number(model[heads.lat]) + EAST / 5, 6)
        for row in [first, *sheet.take(2, partial(_of_township, heads, model[heads.township]))]:
            sheet.plant("shared_point", row, heads.lon, place[0], before=_place(sheet.rows[row], heads))
            sheet.rows[row][heads.lat] = place[1]


def _of_township(heads: Heads, township: object, row: Row) -> bool:
    return row[heads.township] == township and placed(heads, row)


def enter_twice(sheet: Sheet, heads: Heads, ground: Ground, datum: str, names: tuple[str, ...]) -> None:
    """Enter facilities again, 50 m away, under an id and with a name that differ; in ``names`` a star stands for the old name."""
    for count, pattern in enumerate(names, start=1):
        for row in sheet.take(1, lambda row: deep(heads, ground, datum, row) and not said(row[heads.name]).startswith(COUNTY)):
            old = sheet.rows[row]
            again = {**old, heads.id: f"{said(old[heads.id])}-{count}", heads.name: pattern.replace("*", said(old[heads.name]))}
            again[heads.lon] = round(number(old[heads.lon]) + EAST, 6)
            sheet.append("twice", again, heads.name, f"{said(old[heads.name])}（{row}）")


def repeat(sheet: Sheet) -> None:
    """Enter a row again as it is."""
    for row in sheet.take(1):
        sheet.append("row_repeats", dict(sheet.rows[row]), "", f"（{row}）")


def share_id(sheet: Sheet, head: str) -> None:
    """Give a row the id of the one above it."""
    above = {row: first for first, row in pairwise(sheet.rows) if first not in sheet.untouched}
    free = [row for row in above if row not in sheet.untouched]
    for row in sheet.rng.permutation(free)[:1].tolist():
        sheet.untouched.update((row, above[row]))
        sheet.plant("id_repeats", row, head, sheet.rows[above[row]][head])


def _place(row: Row, heads: Heads) -> str:
    return f"{said(row[heads.lon])}, {said(row[heads.lat])}"
