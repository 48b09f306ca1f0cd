"""Trips read once as rows, or, where that was stopped, left unread: what a first plan needs is then looked up site by site."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.errors import Cancelled
from planning.siting.problem import SitingProblem
from planning.siting.reduce import Reduced
from planning.siting.sites import choosable, of_status
from planning.siting.survey import Survey
from planning.siting.trip_rows import Array, Look, TripRows, deterrent, exact, trip_rows


def read(problem: SitingProblem, beyond: float, look: Look) -> tuple[Reduced, TripRows | None]:
    """Return the sites of a problem and its rows; where ``look`` raises Cancelled no rows, but what a first plan needs, as ``unmerged``."""
    try:
        rows = trip_rows(problem, beyond, look)
    except Cancelled:
        return _unread(problem, beyond), None
    return rows.reduced(), rows


def _unread(problem: SitingProblem, beyond: float) -> Reduced:
    """Return who can be served at all; what each site saves is found out when a plan asks for it."""
    costs, known, names = problem.costs, np.zeros(len(problem.people), bool), choosable(problem)

    def column(name: str) -> tuple[NDArray[np.int32], Array]:
        cells, cost = costs.column(name)
        return cells.astype(np.int32), exact(cost)

    fallback = np.full(len(known), beyond)
    for name in of_status(problem, "kept", "must_open"):
        cells, cost = column(name)
        fallback[cells], known[cells] = np.minimum(fallback[cells], cost), True
    for name in names:
        if known.all():
            break
        known[costs.column(name)[0]] = True
    nothing, people = np.zeros(len(known)), np.where(known, problem.people, 0.0)
    price = deterrent(float(costs.cost.max(initial=0.0)))
    survey = Survey(people, fallback, nothing, np.full(len(names), np.inf), price, lambda site: column(names[site]))
    start, nobody = np.zeros(2, np.int64), np.empty(0, np.int32)
    lacking = (problem.people > 0) & ~known
    return Reduced(tuple(names), np.array([people.sum()]), np.array([beyond]), start, nobody, np.empty(0), 0.0, 0.0, lacking, unmerged=survey)
