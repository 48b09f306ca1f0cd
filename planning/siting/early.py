"""The answer to a stop that comes before anything is merged: a plan and a bound from the raw costs alone."""

from __future__ import annotations

import math

import numpy as np

from planning.siting.model import Frame
from planning.siting.radius import RadiusFrame
from planning.siting.sites import of_status
from planning.siting.survey import First, Survey, first_plan
from planning.siting.watch import Watch


class EarlySearch:
    """What is known of a question whose reduction the planner stopped; it stands in its watch.

    Parameters
    ----------
    frame : Frame
        Its ``reduced`` holds a survey.
    survey : Survey
    watch : Watch
        Stopped: nothing here asks it.
    """

    def __init__(self, frame: Frame, survey: Survey, watch: Watch) -> None:
        self.frame, self.watch, self._survey = frame, watch, survey
        self.greedy, self.greedy_cost, self.nodes = np.zeros(len(survey.saved), dtype=bool), math.inf, 0
        watch.shown = frame.shown

    def run(self) -> bool:
        """Offer a plan that keeps all conditions, where one is found, and the bound; return that the search was stopped."""
        goal = self.frame.goal
        first = first_plan(self._survey, len(self.greedy) if goal.most is None else goal.most, goal.budget or 0.0, goal.purse)
        self.greedy, self.greedy_cost = first.opened, self._cost(first)
        self.watch.offer(self.greedy, self.greedy_cost)
        self.watch.raise_bound(self._bound(first))
        return True

    def _cost(self, first: First) -> float:
        goal, frame = self.frame.goal, self.frame
        if isinstance(frame, RadiusFrame):
            radius = frame.value([*(frame.reduced.sites[index] for index in np.flatnonzero(first.opened)), *of_status(frame.problem, "must_open")])
            return radius if math.isfinite(radius) else math.inf
        if goal.budget is None:
            return first.cost
        return float(first.opened.sum()) if first.cost <= goal.budget else math.inf

    def _bound(self, first: First) -> float:
        survey = self._survey
        if isinstance(self.frame, RadiusFrame):
            return float(np.round(survey.least[survey.people > 0], 3).max(initial=0.0)) if self.frame.needed is None else 0.0
        return float(first.fewest) if self.frame.goal.counts_sites else first.bound
