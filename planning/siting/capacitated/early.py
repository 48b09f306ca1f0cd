"""The answer to a stop that comes while the units are still being made: a bound from the raw costs alone, and where it needs no search a plan."""

from __future__ import annotations

import math

import numpy as np

from planning.siting.capacitated.units import FITS
from planning.siting.counted import reachable
from planning.siting.model import Halted
from planning.siting.problem import SitingProblem
from planning.siting.sites import choosable, of_status
from planning.siting.survey import survey_costs


def nobody_placed(problem: SitingProblem, most: int, threshold: float) -> Halted:
    """Return what is certain of a cover: that nobody has a place is a plan, and nobody has one out of reach, or beyond all places there can be.

    Parameters
    ----------
    problem : SitingProblem
        Competitors are as kept sites (:func:`~planning.siting.sites.allied`).
    most : int
        Free sites to open at most.
    threshold : float
    """
    reached, places = reachable(problem, threshold), problem.capacity
    free = sorted((places[site] for site in choosable(problem)), reverse=True)[:most]
    together = math.fsum([*(places[site] for site in of_status(problem, "kept", "must_open")), *free]) * (1 + FITS)
    left_out = (problem.people > 0) & ~reached
    return Halted(0.0, min(float(problem.people[reached].sum()), together), left_out, more=True, second=0.0)


def nothing_known(problem: SitingProblem) -> Halted:
    """Return what is certain of a median: no plan is known, as places may lack, but nobody has a shorter trip than to the nearest usable site.

    Parameters
    ----------
    problem : SitingProblem
        Competitors are as kept sites.
    """
    survey, left_out = survey_costs(problem, math.inf)
    return Halted(math.nan, float(np.sum(survey.people * survey.least)) * (1 - FITS), left_out, more=False)
