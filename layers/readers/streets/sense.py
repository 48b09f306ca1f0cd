"""What makes no sense in a street file: tags that say nothing, streets of no length, streets drawn twice; each named by its row.

Nothing is left out or mended here: a warning says what the rules of ``docs/travel.md`` make of the street instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.county import Streets
from layers.errors import Fault
from layers.readers.streets import rules, speeds
from layers.readers.streets.drawn import Drawn

NAMED = 50
"""Streets that are named one by one for each kind of fault; the others are told by their number and their commonest values."""

Lines = NDArray[np.int64]
Said = Callable[[int], Mapping[str, object]]


def odd_tags(read: Drawn, spec: Streets, file: str) -> list[Fault]:
    """Return warnings of classes, speeds and directions that make no sense.

    Parameters
    ----------
    read : Drawn
        With the classes in force.
    spec : Streets
        The county's word: what it names is known.
    file : str
    """
    kinds = read.kinds
    like = Fault("warning", "streets.unknown_class", "streets", file, field="highway")
    known = kinds["highway"].isin([*rules.classes(), *rules.UNUSED, *spec.speeds_kmh, *spec.classes]).to_numpy(bool)
    found = [] if spec.walkable == "all" else _tagged(read, ~known, like)
    reason, used = speeds.odd_speeds(kinds, spec), {"kmh": [f"{kmh:g}" for kmh in (speeds.driving_speed(kinds, spec) * 3.6).round(1)]}
    for name in speeds.REASONS:
        found += _tagged(read, reason == name, replace(like, code=f"streets.{name}_speed", field="maxspeed"), used)
    meaningless = ~kinds["oneway"].isin(rules.DIRECTIONS).to_numpy(bool)
    return found + _tagged(read, meaningless, replace(like, code="streets.odd_oneway", field="oneway"))


def odd_lines(read: Drawn, file: str) -> list[Fault]:
    """Return warnings of streets without length, and of those that lie where another lies from end to end, whichever way they are drawn."""
    places, rows = _places(read), read.streets["row"].to_numpy()
    drawn, longer = _longer_than_a_point(read, places)
    lines, others = _twice(read, places, longer)
    other = dict(zip(lines.tolist(), rows[others].tolist(), strict=True))
    like = Fault("warning", "streets.no_length", "streets", file, field="geometry")
    return [
        *named_each(like, rows, np.flatnonzero(drawn & ~longer)),
        *named_each(replace(like, code="streets.drawn_twice"), rows, lines, lambda line: {"other": other[line], "others": [other[line]]}),
    ]


def named_each(like: Fault, rows: Lines, lines: Lines, said: Said | None = None, values: pd.Series[str] | None = None) -> list[Fault]:
    """Return a finding for each of the first :data:`NAMED` lines, and one of the others together.

    Parameters
    ----------
    like : Fault
        The finding without row and value.
    rows : int64, shape (all lines,)
        Row in the file.
    lines : int64, shape (lines,)
        Those that are at fault.
    said : callable, optional
        Returns more that the sentence of a line names.
    values : Series of str, shape (all lines,), optional
        What stands in the field.
    """
    told = pd.Series("", index=range(len(rows)), dtype="str") if values is None else values
    count, rest = len(lines), lines[NAMED:]
    faults = [
        replace(like, row=int(rows[line]), value=str(told.iloc[line]), values={"count": count, **(said(line) if said else {})})
        for line in lines[:NAMED].tolist()
    ]
    if len(rest):
        common = "、".join(told.iloc[rest].value_counts().index[:5])
        more = {"count": count, "named": NAMED, "rest": len(rest), "like": like.code, "rows": rows[rest].tolist()}
        faults.append(replace(like, code="streets.more_like_it", value=common, values=more))
    return faults


def _tagged(read: Drawn, kinds: NDArray[np.bool_], like: Fault, used: Mapping[str, list[str]] | None = None) -> list[Fault]:
    """Return findings of the lines of some kinds, with their value of a tag and what counts instead, told by kind."""
    if not kinds.any():
        return []
    values = read.kinds[like.field].take(read.kind).reset_index(drop=True)

    def said(line: int) -> dict[str, object]:
        return {name: texts[int(read.kind[line])] for name, texts in (used or {}).items()}

    return named_each(like, read.streets["row"].to_numpy(), np.flatnonzero(kinds[read.kind]), said, values)


def _places(read: Drawn) -> NDArray[np.int64]:
    """Return for each vertex the number of its place, -1 where it has none: several points of a file may lie at one place."""
    lost = ~(np.isfinite(read.x) & np.isfinite(read.y))
    place = pd.factorize(np.where(lost, 0, read.x) + 1j * np.where(lost, 0, read.y))[0].astype(np.int64)
    return np.where(lost, -1, place)[read.point]


def _longer_than_a_point(read: Drawn, places: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which lines have a place at all, and which have two."""
    begin = read.start[:-1]
    most = np.maximum.reduceat(places, begin)
    least = np.minimum.reduceat(np.where(places < 0, np.iinfo(np.int64).max, places), begin)
    return most >= 0, (most >= 0) & (least < most)


def _twice(read: Drawn, places: NDArray[np.int64], longer: NDArray[np.bool_]) -> tuple[Lines, Lines]:
    """Return the lines that repeat an earlier one, and that one."""
    # Whole numbers that do not depend on the direction sort out almost all; overflow does no harm, it is the same for the same line.
    with np.errstate(over="ignore"):
        square = np.add.reduceat(places * places, read.start[:-1])
    summed = pd.DataFrame({"count": np.diff(read.start), "sum": np.add.reduceat(places, read.start[:-1]), "square": square})
    alike = np.flatnonzero(summed.duplicated(keep=False).to_numpy() & longer)
    shapes: dict[tuple[int, ...], int] = {}
    found = []
    for each in alike.tolist():
        shape = tuple(places[read.start[each] : read.start[each + 1]].tolist())
        first = shapes.setdefault(min(shape, shape[::-1]), each)
        if first != each:
            found.append((each, first))
    pairs = np.array(found, np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
