"""Why no plan keeps every rule: each rule is loosened by itself as little as possible, and where none is enough all of them together."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from layers.errors import Cancelled
from planning.siting.consolidation.answer import WayOut
from planning.siting.consolidation.problem import Consolidation, Rules
from planning.siting.consolidation.program import RULES, Array, Column, Program, program_of
from planning.siting.consolidation.solver import Integers, solve
from planning.siting.consolidation.value import figures_of


def ways_out(problem: Consolidation, rules: Rules, look: Callable[[], None], left: Callable[[], float]) -> tuple[WayOut, ...]:
    """Return the rules that alone stand in the way, each with the least by which it would have to give way; or the least of all together.

    Parameters
    ----------
    problem : Consolidation
        One that no plan answers.
    rules : Rules
    look : callable
        May raise Cancelled; what was found so far is then the answer.
    left : callable
        Seconds that are left.
    """
    program = program_of(problem, rules, every_cell=True)
    found: list[WayOut] = []
    try:
        for loosened in [*((rule,) for rule in RULES), RULES]:
            if len(loosened) > 1 and found:
                break
            look()
            way = _loosened(problem, rules, program, loosened, (look, left))
            found += [way] if way is not None else []
    except Cancelled:
        pass
    return tuple(found)


def _loosened(
    problem: Consolidation, rules: Rules, program: Program, loosened: Collection[str], clock: tuple[Callable[[], None], Callable[[], float]]
) -> WayOut | None:  # fmt: skip
    """Return the least by which some rules would have to give way; None where that is not enough."""
    free = [np.inf if rule in loosened else 0.0 for rule in program.slack_rule]
    most = np.array([float(column.bars <= set(loosened)) for column in program.columns] + free)
    weight = np.concatenate([[_weight(column) for column in program.columns], program.slack_weight])
    question = Integers(weight, program.rows, program.low, program.high, np.zeros(len(most)), most, len(program.columns))
    answer = solve(question, clock[1](), clock[0])
    return None if answer.state != "solved" or answer.x is None else _named(problem, rules, program, answer.x)


def _weight(column: Column) -> float:
    """Return what a deed counts: a home where its size or end is barred, each resident where they move beyond the limit."""
    return float(bool(column.bars & {"size", "stay"})) + (column.home.residents if "far" in column.bars else 0.0)


def _named(problem: Consolidation, rules: Rules, program: Program, x: Array) -> WayOut:
    columns = [column for column, taken in zip(program.columns, x, strict=False) if taken > 0.5]
    slack = x[len(program.columns) :]
    lacking = np.array(program.slack_rule, dtype=str)
    amount = {rule: float(slack[lacking == rule].sum()) for rule in ("changes", "budget", "care", "beds")}
    for rule in ("size", "stay"):
        amount[rule] = float(sum(rule in column.bars for column in columns))
    amount["far"] = float(sum(column.home.residents for column in columns if "far" in column.bars))
    figures = figures_of(problem, rules, [column.deed for column in columns])
    amount["cells"] = float(problem.people[figures.lost].sum())
    homes = {column.deed.site for column in columns if column.bars} | set(_short(columns))
    given = tuple(rule for rule in RULES if amount[rule] > 1e-6)
    return WayOut(given, {rule: amount[rule] for rule in given}, tuple(sorted(homes)), tuple(problem.costs.cells[figures.lost].tolist()))


def _short(columns: list[Column]) -> list[str]:
    """Return the homes that have more residents than beds."""
    living = {column.deed.site: column.home.residents if column.option else 0.0 for column in columns}
    for column in columns:
        if column.deed.into:
            living[column.deed.into] += column.home.residents
    return [column.deed.site for column in columns if column.option and living[column.deed.site] > column.option.beds + 1e-6]
