"""Demand groups as sums of age columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from layers.ages import age_span
from layers.errors import PlanningError

# What the facility types serve: from an age (inclusive) to an age (exclusive).
GUESSED: dict[str, tuple[float, float]] = {"elders": (60, float("inf")), "minors": (0, 18), "residents": (0, float("inf"))}
_WHOLE = ("residents", "total")


def demand_groups(columns: Sequence[str], stated: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the columns that add up to each demand group.

    What county.toml states wins. Otherwise a group is guessed only where age columns meet without gap or overlap: ``elders`` from 60 up,
    ``minors`` from 0 to 17, ``residents`` from 0 up or a single column ``total`` or ``residents``. A group that cannot be had so is absent:
    types that serve it are then 未评价, never 0.

    Parameters
    ----------
    columns : sequence of str
        Columns of people: ``60_64``, ``80_plus``, ``total`` …
    stated : mapping
        ``demand_groups`` of county.toml.

    Raises
    ------
    PlanningError
        When a stated group names a column that was not read.
    """
    for group, names in stated.items():
        unknown = [name for name in names if name not in columns]
        if unknown or not names:
            raise PlanningError("population.unknown_group", group=group, columns="、".join(unknown) or "-", known="、".join(columns))
    guessed = {group: _tiling(columns, *span) for group, span in GUESSED.items()}
    whole = next((name for name in _WHOLE if name in columns), None)
    if whole is not None:
        guessed["residents"] = (whole,)
    found = {group: names for group, names in guessed.items() if names}
    return {**found, **{group: tuple(names) for group, names in stated.items()}}


def read_groups(columns: Sequence[str], stated: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the demand groups that some columns alone add up to, leaving out stated ones that need others."""
    return demand_groups(columns, {group: names for group, names in stated.items() if names and set(names) <= set(columns)})


def _tiling(columns: Sequence[str], start: float, end: float) -> tuple[str, ...]:
    """Return the fewest columns that cover [start, end) once, in order of age; empty where there are none."""
    spans = {column: span for column in columns if (span := age_span(column)) is not None}
    paths: dict[float, tuple[str, ...]] = {start: ()}
    for at in sorted({start, *(span[0] for span in spans.values())}):
        if at not in paths:
            continue
        for column, (low, high) in spans.items():
            if low == at and high <= end and (high not in paths or len(paths[at]) + 1 < len(paths[high])):
                paths[high] = (*paths[at], column)
    return paths.get(end, ())
