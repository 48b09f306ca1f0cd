"""What a consolidation answers: what becomes of each home, who moves where and how far, and where nothing is feasible what stands in the way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from layers import texts
from layers.texts import Language
from planning.siting.consolidation.problem import Deed
from planning.siting.consolidation.value import Figures
from planning.siting.problem import PlanStatus

_NAMED = 12
"""Homes that a sentence names; the others are in :attr:`WayOut.homes`."""


@dataclass(frozen=True)
class Move:
    """Residents of one home who move into another, and the travel cost of the way."""

    site: str
    into: str
    residents: float
    way: float


@dataclass(frozen=True)
class WayOut:
    """A rule that stands in the way, and the least by which it would have to give way.

    Attributes
    ----------
    rules : tuple of str
        The rules loosened together; one wherever one is enough.
    amount : mapping of str to float
        By rule: further changes, money, care beds or beds that are lacking; homes of another size (``size``) or that may not stay
        (``stay``); residents moved beyond the limit (``far``); people beyond it (``cells``).
    homes : tuple of str
        Homes in the way, sorted by id.
    cells : tuple of int
        Cells in the way, in the order of the problem.
    """

    rules: tuple[str, ...]
    amount: Mapping[str, float]
    homes: tuple[str, ...] = ()
    cells: tuple[int, ...] = ()

    def say(self, lang: Language = "zh", names: Mapping[str, str] | None = None) -> str:
        """Return what would have to give way, as sentences; homes by their names where these are given."""
        named = [*((names or {}).get(home, home) for home in self.homes[:_NAMED]), *(["…"] if len(self.homes) > _NAMED else [])]
        homes = ("、" if lang == "zh" else ", ").join(named)
        values = {"homes": homes or "—", "cells": len(self.cells)}
        return "".join(texts.say(f"consolidation.lacks.{rule}", lang, amount=self.amount[rule], **values) for rule in self.rules)


@dataclass(frozen=True)
class ConsolidationPlan:
    """The answer of a consolidation.

    Attributes
    ----------
    deeds : tuple of Deed
        One per home, by id; empty where there is no plan.
    figures : Figures or None
        Recomputed from the raw problem; None where there is no plan.
    moves : tuple of Move
        Who moves where, by id.
    value, bound, gap : float
        Cost, the least that any plan can cost, and the share between them. NaN where there is no plan; the gap is inf while nothing is known.
    status : {"proven", "within_gap", "heuristic", "infeasible", "cancelled"}
    stopped_by : str
        ``proof``, ``gap``, ``time``, ``cancel`` or ``consolidation.infeasible``.
    ties_broken : bool
        Of all plans that cost as little, this is the one with the least travel of residents, then the most preferred deeds by id. False when the time
        was up before that was known; the cost may be proven all the same.
    ways_out : tuple of WayOut
        When infeasible: each rule that stands in the way, and would not if it alone gave way; or all together that have to.
    seconds : float
        Time used; stands only in run.toml under ``[made]``.
    """

    deeds: tuple[Deed, ...]
    figures: Figures | None
    moves: tuple[Move, ...]
    value: float
    bound: float
    gap: float
    status: PlanStatus
    stopped_by: str
    ties_broken: bool = False
    ways_out: tuple[WayOut, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    def say(self, lang: Language = "zh", names: Mapping[str, str] | None = None) -> str:
        """Return how good the plan is, or what stands in its way, as sentences; homes by their names where these are given."""
        if self.status == "infeasible":
            head = texts.say("consolidation.infeasible", lang)
            alone = all(len(way.rules) == 1 for way in self.ways_out)
            kind = "none" if not self.ways_out else "alone" if alone else "together"
            return head + texts.say(f"consolidation.ways.{kind}", lang) + _ended("".join(way.say(lang, names) for way in self.ways_out), lang)
        if math.isnan(self.value):
            return texts.say("consolidation.nothing_found", lang)
        shown = "?" if math.isinf(self.gap) else f"{self.gap:.2%}"
        return texts.say(f"consolidation.status.{self.status}", lang, gap=shown, stopped_by=texts.say(f"siting.stopped.{self.stopped_by}", lang))


def _ended(text: str, lang: Language) -> str:
    """Return sentences that are told one after the other with a full stop at the end."""
    return text if not text else text.rstrip("；;。. ") + ("。" if lang == "zh" else ".")
