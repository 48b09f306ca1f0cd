"""Review: vetoes first, then points item by item; missing evidence earns none and is listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from layers.readers.outlines import townships_of
from layers.texts import Language
from planning.review.context import Context
from planning.review.evidence import Evidence
from planning.review.measures import MEASURES
from planning.review.project import Project
from planning.review.rubric import Band, Item, Rubric, Veto, rubric
from planning.review.vetoes import VETOES, VetoFinding

WEIGHT_CHANGE = 0.2


@dataclass(frozen=True)
class Scored:
    """One item with its evidence and its points."""

    item: Item
    evidence: Evidence

    @property
    def points(self) -> float:
        """Points earned."""
        return self.item.max * self.evidence.share


@dataclass(frozen=True)
class Review:
    """A reviewed project.

    Attributes
    ----------
    vetoes : tuple of (Veto, VetoFinding)
        Every veto that concerns the project's domain, hit or not.
    scored : tuple of Scored
        Every item of the rubric, in its order.
    """

    project: Project
    type_zh: str
    type_en: str
    township: str
    rubric: Rubric
    vetoes: tuple[tuple[Veto, VetoFinding], ...]
    scored: tuple[Scored, ...]

    @property
    def points(self) -> float:
        """Points earned of 100."""
        return sum(scored.points for scored in self.scored)

    @property
    def assessable(self) -> float:
        """Points that could be earned on the evidence at hand."""
        return sum(scored.item.max for scored in self.scored if scored.evidence.state != "missing")

    @property
    def missing(self) -> tuple[Scored, ...]:
        """Items without evidence."""
        return tuple(scored for scored in self.scored if scored.evidence.state == "missing")

    @property
    def hits(self) -> tuple[tuple[Veto, VetoFinding], ...]:
        """Vetoes that hold."""
        return tuple((veto, finding) for veto, finding in self.vetoes if finding.state == "hit")

    @property
    def provisional(self) -> bool:
        """Whether evidence is missing, so that the band may change (暂定)."""
        return bool(self.missing) or any(finding.state == "unknown" for _, finding in self.vetoes)

    @property
    def band(self) -> Band:
        """The outcome: the lowest band where a veto holds, else that of the points."""
        return self.rubric.band(0.0 if self.hits else self.points)

    def criterion_points(self) -> dict[str, float]:
        """Return points by criterion id."""
        by_id = {scored.item.id: scored.points for scored in self.scored}
        return {criterion.id: sum(by_id[item.id] for item in criterion.items) for criterion in self.rubric.criteria}

    def fiscal_points(self) -> dict[str, float]:
        """Return the points regrouped to the fiscal form: 20 x points / max of each group."""
        by_id = {scored.item.id: scored for scored in self.scored}
        groups = {name: [by_id[item] for item in ids] for name, ids in self.rubric.fiscal.items()}
        return {name: 20 * sum(s.points for s in group) / sum(s.item.max for s in group) for name, group in groups.items()}


def review(context: Context) -> Review:
    """Review a project in its context.

    Parameters
    ----------
    context : Context
        From :func:`planning.review.context.assemble`.

    Returns
    -------
    Review
    """
    rules = rubric()
    vetoes = tuple((veto, VETOES[veto.id](context)) for veto in rules.vetoes if context.kind.domain in veto.domains)
    scored = tuple(Scored(item, MEASURES[item.id](context)) for item in rules.items.values())
    return Review(context.project, context.kind.name_zh, context.kind.name_en, _township(context), rules, vetoes, scored)


def rank(reviews: Iterable[Review], lang: Language = "zh") -> pd.DataFrame:
    """Order projects: those without a veto first, then by points, then by key.

    Returns
    -------
    DataFrame
        Index ``rank`` from 1; columns ``key``, ``name``, ``type``, ``vetoes``, ``points``, ``assessable``, ``band``, ``provisional``, ``best_rank``,
        ``worst_rank``: the ranks it would have with any one criterion weighted 20 % more or less.
    """
    ordered = sorted(reviews, key=lambda review: (bool(review.hits), -review.points, review.project.key))
    spans = _rank_spans(ordered)
    rows = [
        {
            "key": review.project.key,
            "name": review.project.name,
            "type": review.type_zh if lang == "zh" else review.type_en,
            "vetoes": "、".join(veto.id for veto, _ in review.hits),
            "points": review.points,
            "assessable": review.assessable,
            "band": review.band.name(lang),
            "provisional": review.provisional,
            "best_rank": spans[review.project.key][0],
            "worst_rank": spans[review.project.key][1],
        }
        for review in ordered
    ]
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="rank"))


def _rank_spans(reviews: list[Review]) -> dict[str, tuple[int, int]]:
    places: dict[str, list[int]] = {review.project.key: [] for review in reviews}
    if not reviews:
        return {}
    for criterion in (None, *reviews[0].rubric.criteria):
        for change in (1 - WEIGHT_CHANGE, 1 + WEIGHT_CHANGE):
            weighted = {}
            for review in reviews:
                extra = 0.0 if criterion is None else (change - 1) * review.criterion_points()[criterion.id]
                weighted[review.project.key] = (bool(review.hits), -(review.points + extra), review.project.key)
            for place, key in enumerate(sorted(weighted, key=lambda key: weighted[key]), start=1):
                places[key].append(place)
    return {key: (min(found), max(found)) for key, found in places.items()}


def _township(context: Context) -> str:
    if context.point is None or not context.inside:
        return ""
    codes, _ = townships_of(context.facts.outlines, np.array([context.point.x]), np.array([context.point.y]))
    return context.facts.outlines.township_name(str(codes[0]))
