"""What a consolidation costs and whether it keeps the rules, recomputed from the raw problem.

Nothing here is shared with the program that is solved, so that an error there cannot hide.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from planning.siting.consolidation.problem import Consolidation, Deed, Home, Option, Rules
from planning.travel.costs import within


@dataclass(frozen=True)
class Figures:
    """A plan in figures.

    Attributes
    ----------
    cost : float
        What is paid once, and the running cost of all years.
    once, running : float
        What is paid once; running cost per year.
    resident_travel : float
        Sum of residents x travel cost of those who move.
    farthest : float
        Largest travel cost of a transfer; 0 when nobody moves.
    moved, residents : float
        Residents who move, and all.
    beds, care_beds : float
        Of all homes afterwards.
    homes, changes : int
        Homes that stand afterwards; homes and sites that do not stay as they are.
    lost : bool, shape (cells,)
        Cells with people who are served today and would not be.
    broken : tuple of str
        Rules that the plan breaks: ``home``, ``beds``, ``size``, ``stay``, ``far``, ``cells``, ``care``, ``changes``, ``budget``.
    """

    cost: float
    once: float
    running: float
    resident_travel: float
    farthest: float
    moved: float
    residents: float
    beds: float
    care_beds: float
    homes: int
    changes: int
    lost: NDArray[np.bool_] = field(repr=False, compare=False)
    broken: tuple[str, ...] = ()


def figures_of(problem: Consolidation, rules: Rules, deeds: Sequence[Deed]) -> Figures:
    """Return the figures of a plan, and the rules it breaks.

    Raises
    ------
    ValueError
        When the deeds are not one per home, or name what is not there.
    """
    by_site = {deed.site: deed for deed in deeds}
    if len(by_site) != len(deeds) or set(by_site) != {home.site for home in problem.homes}:
        raise ValueError("a plan says of every home once what becomes of it")
    states = {home.site: _state(home, by_site[home.site]) for home in problem.homes}
    moves = [(home, by_site[home.site].into, _way(problem, home.site, by_site[home.site].into)) for home in problem.homes if by_site[home.site].into]
    standing = [state for state in states.values() if state is not None and state.action != "leave"]
    once = math.fsum([*(state.cost for state in standing), *(home.ending_cost for home in problem.homes if states[home.site] is None)])
    running = math.fsum(state.running for state in standing)
    changed = sum(1 for state in states.values() if state is None or state.action not in {"keep", "leave"})
    lost = _lost(problem, rules, states)
    figures = Figures(
        cost=once + rules.years * running,
        once=once,
        running=running,
        resident_travel=math.fsum(home.residents * way for home, _, way in moves),
        farthest=max((way for *_, way in moves), default=0.0),
        moved=math.fsum(home.residents for home, *_ in moves),
        residents=math.fsum(home.residents for home in problem.homes),
        beds=math.fsum(state.beds for state in standing),
        care_beds=math.fsum(state.care_beds for state in standing),
        homes=len(standing),
        changes=changed,
        lost=lost,
    )
    return _judged(figures, rules, _homes_broken(problem, rules, states, moves))


def _state(home: Home, deed: Deed) -> Option | None:
    if deed.option is None:
        return None
    if deed.into:
        raise ValueError(f"{home.site} goes on and is merged at once")
    return home.options[deed.option]


def _way(problem: Consolidation, source: str, target: str) -> float:
    order = [home.site for home in problem.homes]
    if target not in order or target == source:
        raise ValueError(f"{source} is merged into what is no other home: {target!r}")
    return float(problem.transfers[order.index(source), order.index(target)])


def _lost(problem: Consolidation, rules: Rules, states: Mapping[str, Option | None]) -> NDArray[np.bool_]:
    """Tell which inhabited cells have a home within the limit today, and none afterwards."""
    today, after = (np.full(len(problem.people), np.inf) for _ in range(2))
    for home in problem.homes:
        cells, costs = problem.costs.column(home.site)
        state = states[home.site]
        if not home.new:
            today[cells] = np.minimum(today[cells], costs)
        if state is not None and state.serves and state.action != "leave":
            after[cells] = np.minimum(after[cells], costs)
    lost: NDArray[np.bool_] = (problem.people > 0) & within(today, rules.limit) & ~within(after, rules.limit)
    return lost


def _homes_broken(
    problem: Consolidation, rules: Rules, states: Mapping[str, Option | None], moves: Sequence[tuple[Home, str, float]]
) -> set[str]:  # fmt: skip
    broken = set()
    for home in problem.homes:
        state = states[home.site]
        coming = [source.residents for source, into, _ in moves if into == home.site]
        if state is None or state.action == "leave":
            placed = any(source is home for source, *_ in moves)
            broken |= {"home"} if coming or placed != (home.residents > 0) or (state is None and home.new) else set()
            broken |= {"stay"} if home.stays else set()
            continue
        broken |= {"beds"} if math.fsum([home.residents, *coming]) > state.beds + 1e-9 else set()
        broken |= {"home"} if coming and not state.receives else set()
        broken |= {"size"} if state.action != "convert" and not rules.least_beds <= state.beds <= rules.most_beds else set()
    if any(not within(np.array([way]), rules.transfer_limit)[0] for *_, way in moves):
        broken.add("far")
    return broken


def _judged(figures: Figures, rules: Rules, broken: set[str]) -> Figures:
    if figures.lost.any():
        broken.add("cells")
    if figures.care_beds < rules.care_share * figures.beds - 1e-9 * max(figures.beds, 1.0):
        broken.add("care")
    if rules.changes is not None and figures.changes > rules.changes:
        broken.add("changes")
    if rules.budget is not None and figures.once > rules.budget + 1e-9 * max(abs(rules.budget), 1.0):
        broken.add("budget")
    return replace(figures, broken=tuple(sorted(broken)))
