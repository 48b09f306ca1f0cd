"""What a model is: a question put to a siting problem, framed so that one search answers all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from planning.siting.aggregate import Look, nothing
from planning.siting.bound import Goal
from planning.siting.problem import SitingProblem
from planning.siting.purse import ROUNDING
from planning.siting.reduce import Reduced
from planning.siting.sites import choosable, of_status, prices

if TYPE_CHECKING:
    from planning.siting.capacitated.answer import CapacityFrame
    from planning.siting.counted_search import CountedFrame


@dataclass(frozen=True)
class Frame:
    """A question that the search can answer.

    Attributes
    ----------
    reduced : Reduced
    goal : Goal
    shown : callable
        Turns a cost of the search into the value the planner knows.
    value : callable
        Recomputes that value of the sites chosen (new ones, and existing ones that may close and stay) from the raw problem; NaN when they break a
        condition of the model.
    """

    reduced: Reduced
    goal: Goal
    shown: Callable[[float], float]
    value: Callable[[Iterable[str]], float]

    def at(self, most: int | None) -> Self:
        """Return the same question for another number of free sites: the reduction does not depend on it."""
        return replace(self, goal=replace(self.goal, most=most))


@dataclass(frozen=True)
class Blocked:
    """Why no plan exists, known before any search: a code of layers.texts, its values, and the cells that make it so."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)
    cells: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Halted:
    """A question that the planner stopped before it was framed: a plan that opens only what must open, and what is certain of every plan.

    Attributes
    ----------
    value : float
        Of that plan, recomputed from the raw problem; NaN where it is none, or it would take long to say.
    bound : float
        No plan is better.
    left_out : bool, shape (cells,)
        Cells with people that no usable site serves.
    more : bool
        The value is to be large.
    second, second_bound : float
        The same of the second aim; NaN where there is none.
    """

    value: float
    bound: float
    left_out: NDArray[np.bool_]
    more: bool
    second: float = math.nan
    second_bound: float = math.nan

    def shown(self, cost: float) -> float:
        """Turn a cost into the value the planner knows."""
        return -cost if self.more else cost

    def at(self, most: int | None) -> Self:
        """Return the same for another number of free sites, not a greater one."""
        del most
        return self


class Model(Protocol):
    """A frozen dataclass of a model's own parameters."""

    key: ClassVar[str]

    def frame(self, problem: SitingProblem, look: Look = nothing) -> Frame | CountedFrame | CapacityFrame | Halted | Blocked:
        """Frame the question, or say why it has no answer.

        ``look`` is called on the way and may raise Cancelled: what is known by then is said by the reduction
        (:class:`~planning.siting.survey.Survey`), or by the model where there is none.
        """


def refuse_conflicts(problem: SitingProblem, key: str) -> None:
    """Refuse sites that exclude each other, for a model that does not know them.

    Raises
    ------
    ValueError
    """
    if problem.conflicts:
        raise ValueError(f"{key} does not know sites that exclude each other; the cover models do")


def free_sites(problem: SitingProblem, sites: int | None) -> int | Blocked | None:
    """Return how many sites may be chosen freely when ``sites`` count; those that must open count too. None: as many as are wanted."""
    if sites is None:
        return None
    required, candidates = len(of_status(problem, "must_open")), len(choosable(problem))
    if required > sites:
        return Blocked("siting.infeasible.too_many_required", {"required": required, "sites": sites})
    if sites - required > candidates:
        return Blocked("siting.infeasible.too_few_candidates", {"candidates": candidates, "sites": sites, "required": required})
    return sites - required


def money_left(problem: SitingProblem, budget: float | None) -> float | Blocked:
    """Return what a budget leaves once the sites are paid that are open in any case, rounding included; inf without a budget."""
    if budget is None:
        return math.inf
    needed = math.fsum(prices(problem, of_status(problem, "kept", "must_open")).tolist())
    left = budget * (1 + ROUNDING) - needed
    if left < 0:
        return Blocked("siting.infeasible.over_budget", {"budget": budget, "needed": needed, "over": needed - budget})
    return left
