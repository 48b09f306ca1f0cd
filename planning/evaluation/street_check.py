"""The check-up of the streets: every fault in them with its place, its rows in the street file, and the people who live at it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from layers.errors import Fault
from layers.facts import Facts
from layers.population import PopulationGrid
from layers.types import Mode
from planning.evaluation.street_pieces import SOMEBODY, Lived, StreetFault, merged, piece_faults, said
from planning.travel.breaks import Broken, broken
from planning.travel.parts import NOWHERE

FAR_SHARE: Final = 0.05
FAR_TOWNSHIP_SHARE: Final = 0.5
"""Shares of the county's people, and of a township's, beyond the snap distance of every street: above these, streets are probably missing."""


@dataclass(frozen=True)
class StreetCheck:
    """What was found in the streets of a county.

    Attributes
    ----------
    found : tuple of StreetFault
        What the reading found first, then pieces that trips cannot use, then who lives too far from every street.
    group : str
        Demand group whose people are counted: the largest of the population, empty where it has none.
    """

    found: tuple[StreetFault, ...]
    group: str

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The findings alone."""
        return tuple(item.fault for item in self.found)


def check_streets(facts: Facts) -> StreetCheck:
    """Check the streets of a county, walking and driving.

    Parameters
    ----------
    facts : Facts
        The findings of their reading, those of the layer ``streets``, are among what is returned, with place and people.
    """
    group = _largest(facts.population)
    people = np.asarray(facts.population.demand(group), np.float64) if group else np.zeros(len(facts.population.cells))
    lived, cells, snap_m = Lived(facts, people), facts.population.cells.geometry, facts.county.travel.snap_m
    known = broken(facts.streets, "walk", cells, snap_m), broken(facts.streets, "drive", cells, snap_m)
    of_reading = _placed(lived, (fault for fault in facts.faults if fault.layer == "streets"), known)
    return StreetCheck((*of_reading, *piece_faults(lived, merged(known)), *_far(lived, known)), group)


def _largest(population: PopulationGrid) -> str:
    sums = {name: float(population.demand(name).sum()) for name in population.groups}
    return max(sums, key=lambda name: sums[name], default="")


def _placed(lived: Lived, faults: Iterable[Fault], known: Sequence[Broken]) -> list[StreetFault]:
    """Return findings of the reading with the people whose nearest street they are about, where they are about some."""
    streets = lived.facts.streets
    row = streets.streets["row"].to_numpy()
    nearest = [np.where(each.nearest == NOWHERE, NOWHERE, streets.street[each.nearest]) for each in known]
    found = []
    for fault in faults:
        rows = np.array([*([fault.row] if fault.row else []), *(fault.values.get("rows", ()))], np.int64)  # type: ignore[misc]
        meant = np.isin(row, rows)
        # Whose nearest street is drawn twice has two of them. The last is that of nowhere.
        near = np.append(meant | np.isin(row, np.array(fault.values.get("others", ()), np.int64)), False)
        at = np.logical_or.reduce([near[street] for street in nearest])
        segments = np.flatnonzero(meant[streets.street])
        told: dict[str, object] = {}
        if len(segments):
            ends = [streets.tail[segments[len(segments) // 2]], streets.head[segments[len(segments) // 2]]]
            told = lived.place(float(streets.x[ends].mean()), float(streets.y[ends].mean()))
            told |= {"rows": rows.tolist(), "people": float(lived.people[at].sum()), "metres": lived.metres(segments)}
        found.append(StreetFault(replace(fault, values={**fault.values, **told}), segments))
    return found


def _far(lived: Lived, known: Sequence[Broken]) -> list[StreetFault]:
    """Return who lives beyond the snap distance of every street, by mode; of both at once where they are the same."""
    walk, drive = ((each.nearest == NOWHERE) & (lived.people > 0) for each in known)
    both = np.array_equal(walk, drive)
    asked: list[tuple[tuple[Mode, ...], NDArray[np.bool_]]]
    asked = [(("walk", "drive"), walk)] if both else [(("walk",), walk), (("drive",), drive)]
    return [_beyond(lived, modes, cells) for modes, cells in asked if lived.people[cells].sum() >= SOMEBODY]


def _beyond(lived: Lived, modes: Sequence[Mode], cells: NDArray[np.bool_]) -> StreetFault:
    facts, people = lived.facts, lived.people
    codes = facts.population.cells["township"].astype(str).to_numpy()
    township, of_cell = np.unique(codes, return_inverse=True)
    whole, far = np.bincount(of_cell, people), np.bincount(of_cell[cells], people[cells], len(township))
    order = [place for place in np.lexsort((township, -far)).tolist() if far[place] >= SOMEBODY]
    share = float(people[cells].sum() / people.sum())
    grave = share > FAR_SHARE or any(far[place] > FAR_TOWNSHIP_SHARE * whole[place] for place in order)
    values = {
        "people": float(people[cells].sum()), "share": share, "cells": int(cells.sum()), "snap_m": facts.county.travel.snap_m, **said(modes),
        "townships": {str(township[place]): float(far[place]) for place in order},
        "places": "、".join(f"{facts.outlines.township_name(str(township[place]))} {far[place]:,.0f}" for place in order),
    }  # fmt: skip
    fault = Fault("warning" if grave else "note", "streets.far", "streets", facts.county.streets.file, field="geometry", values=values)
    return StreetFault(fault, cells=np.flatnonzero(cells))
