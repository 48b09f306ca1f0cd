"""Why a search found that there is no plan: the cells that the best try leaves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.siting.counted_search import CountedFrame
from planning.siting.model import Blocked, Frame, Model
from planning.siting.problem import SitingProblem
from planning.siting.radius import RadiusFrame
from planning.siting.sites import of_status
from planning.siting.value import nearest_cost


def excluded(frame: CountedFrame, chosen: NDArray[np.bool_]) -> Blocked:
    """Name the cells left by the plan that reaches most people when no plan of sites that agree reaches as many as asked for."""
    first, _ = frame.rows.covered(chosen)
    lacking = frame.rows.missed(chosen)
    wanted = 0.0 if frame.aim.floor is None else float(frame.aim.floor.sum())
    values = {"pairs": len(frame.rows.excluding), "reached": float(first.sum()), "wanted": wanted, "cells": int(lacking.sum())}
    return Blocked("siting.infeasible.exclusions", values, lacking)


def unserved(problem: SitingProblem, model: Model, frame: Frame, greedy: NDArray[np.bool_]) -> Blocked:
    """Name the cells that the greedy plan leaves when no plan of so many sites serves every cell that must be served."""
    opened = [frame.reduced.sites[index] for index in np.flatnonzero(greedy)] + of_status(problem, "must_open")
    lacking = (problem.people > 0) & ~np.isfinite(nearest_cost(problem, opened)) & ~frame.reduced.left_out
    sites, budget = getattr(model, "sites", None), getattr(model, "budget", None)
    values = {"sites": sites, "budget": budget, "share": getattr(model, "share", 1.0), "limit": problem.costs.limit, "cells": int(lacking.sum())}
    code = "siting.infeasible.no_radius" if isinstance(frame, RadiusFrame) else "siting.infeasible.unserved"
    if budget is not None:
        code = "siting.infeasible.unserved_budget" if sites is None else "siting.infeasible.unserved_sites_budget"
    return Blocked(code, {**values, "people": float(problem.people[lacking].sum())}, lacking)
