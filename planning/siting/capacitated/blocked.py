"""Why not everybody can have a place: what lacks, and where."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from planning.siting.capacitated.flow import Flow, flow_of
from planning.siting.capacitated.units import FITS, Flags, Source, Units
from planning.siting.model import Blocked
from planning.siting.problem import SitingProblem

_NAMED = 5


def obvious(problem: SitingProblem, units: Units, most: int, source: Source) -> Blocked | None:
    """Return what can be seen without a search: places that lack on the whole, and units that are too large for every site."""
    people = float(units.weight.sum())
    free = np.sort(units.capacity[~units.fixed])[::-1][:most]
    places = float(units.capacity[units.fixed].sum() + free.sum())
    if people > places * (1 + FITS):
        values: dict[str, object] = {"people": people, "places": places, "lacking": people - places, "sites": int(units.fixed.sum()) + len(free)}
        return Blocked("siting.infeasible.places", values)
    nowhere = np.diff(units.start) == 0
    if units.whole and nowhere.any():
        cells = (units.unit >= 0) & nowhere[np.maximum(units.unit, 0)]
        towns = [] if source == "cell" or problem.towns is None else sorted(set(np.asarray(problem.towns, dtype=object)[cells].tolist()))
        largest = float(units.weight[nowhere].max())
        named = {"named": _list(towns), "units": int(nowhere.sum()), "people": float(units.weight[nowhere].sum()), "largest": largest}
        return Blocked(f"siting.infeasible.too_large_{source}", {**named, "places": float(units.capacity.max(initial=0.0))}, cells)
    return None


def short(problem: SitingProblem, units: Units, best: Flow | None, most: int, look: Callable[[], None]) -> Blocked:
    """Return where places lack, once it is known that no plan of so many sites has a place for everybody.

    If not even all usable sites together have, it names the cells around which places lack and the sites that they can go to; else the cells that the
    plan leaves which places most people.
    """
    every = flow_of(units, np.ones(len(units.sites), bool), look)
    if every.left.sum() > FITS * units.weight.sum():
        # At such prices one person more here is one person left: all sites in reach are full of people who cannot go elsewhere. Without it, a price
        # is at most a detour over all sites, which is less than half of what leaving somebody costs.
        around = every.price >= units.beyond / 2
        sites = np.unique(units.site[around[units.row]])
        values = _of_cells(problem, units, around) | {"places": float(units.capacity[sites].sum()), "lacking": float(every.left.sum())}
        return Blocked("siting.infeasible.places_near", {**values, "sites": _list([units.sites[site] for site in sites])}, _cells(units, around))
    left = np.zeros(len(units.weight), bool) if best is None else best.left > 0
    values = _of_cells(problem, units, left) | {"sites": most + int(units.fixed.sum())}
    values["people"] = 0.0 if best is None else float(best.left.sum())
    return Blocked("siting.infeasible.no_placing", values, _cells(units, left))


def _of_cells(problem: SitingProblem, units: Units, which: Flags) -> dict[str, object]:
    cells = _cells(units, which)
    return {"cells": int(cells.sum()), "people": float(problem.people[cells].sum())}


def _cells(units: Units, which: Flags) -> Flags:
    """Return the cells of some units."""
    mine: Flags = (units.unit >= 0) & which[np.maximum(units.unit, 0)] if len(which) else units.unit >= 0
    return mine


def _list(names: Sequence[str]) -> str:
    return "、".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
