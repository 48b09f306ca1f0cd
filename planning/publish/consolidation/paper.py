"""What the papers of a consolidation are drawn from, and how its figures are said."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

import geopandas as gpd
import pandas as pd

from layers.consolidation import ConsolidationTask
from layers.texts import say
from planning.publish.sheet import Sheet
from planning.publish.wording import demand_group, number, percent
from planning.siting.consolidation import FATES, WHOLE, ConsolidationPlan


class Deed(Protocol):
    """A row of the deeds, see :func:`planning.siting.consolidation.tables.deeds_table`."""

    Index: str
    number: int
    name: str
    to: str
    township_name: str
    action: str
    into: str
    into_name: str
    beds_before: float
    beds_after: float
    care_before: float
    care_after: float
    residents_before: float
    residents_after: float
    coming: float
    way: float
    once: float
    running_before: float
    running_after: float
    x: float
    y: float
    lon: float
    lat: float


class Transfer(Protocol):
    """A row of the moves, see :func:`planning.siting.consolidation.tables.moves_table`."""

    Index: str
    number: int
    name: str
    township_name: str
    into: str
    into_number: int
    into_name: str
    into_township_name: str
    residents: float
    way: float
    straight: float
    x: float
    y: float
    into_x: float
    into_y: float
    lon: float
    lat: float
    into_lon: float
    into_lat: float


@dataclass(frozen=True)
class ConsolidationSheet:
    """One consolidation as it is published.

    Attributes
    ----------
    sheet : Sheet
        County, imprint, the type's evaluations by the task's limit, before and after.
    task : ConsolidationTask
    plan : ConsolidationPlan
        One that has deeds.
    deeds, moves, balance
        As :mod:`planning.siting.consolidation.tables` makes them.
    money : mapping
    places : int
        Candidate places where new homes could open.
    """

    sheet: Sheet
    task: ConsolidationTask
    plan: ConsolidationPlan
    deeds: gpd.GeoDataFrame
    moves: pd.DataFrame
    balance: pd.DataFrame
    money: Mapping[str, float]
    places: int = 0

    def __post_init__(self) -> None:
        if not self.plan.deeds:
            raise ValueError("there is no plan to publish")

    def say(self, code: str, /, **values: object) -> str:
        """Return a text of ``consolidated`` in the sheet's language."""
        return say(f"consolidated.{code}", self.sheet.imprint.lang, **values)

    def each_deed(self) -> Iterator[Deed]:
        """Go through the homes in the order of their numbers."""
        return cast("Iterator[Deed]", self.deeds.itertuples())

    def each_move(self) -> Iterator[Transfer]:
        """Go through the moves in the order of the homes that end."""
        return cast("Iterator[Transfer]", self.moves.itertuples())

    @property
    def mode(self) -> str:
        """Means of travel."""
        return self.sheet.say(f"mode.{self.task.mode}")

    def way(self, cost: float) -> str:
        """Return a way (seconds or metres) in words: minutes or km with one digit."""
        return self.length(cost / self.task.factor, 1)

    def length(self, value: float, digits: int | None = None) -> str:
        """Return a length in the task's unit in words."""
        shown = f"{value:g}" if digits is None else number(value, digits)
        return self.say("minutes" if self.task.unit == "min" else "kilometres", value=shown)

    @property
    def limit(self) -> str:
        """The limit that nobody may fall beyond, in words."""
        return self.length(self.task.limit)

    def goes(self, deed: Deed, *, far: bool = True) -> str:
        """Return where a home's residents go, or how many come; in full also how ``far``, and what it becomes where not all become the same."""
        if deed.action == "merge":
            into, people = int(self.deeds["number"][deed.into]), number(deed.residents_before)
            return self.say("goes", number=into, people=people, way=self.way(deed.way)) if far else self.say("goes_near", number=into, people=people)
        parts = [self.say("takes", people=number(deed.coming))] if deed.coming else []
        if deed.action == "convert" and len(self.converted) > 1 and far:
            parts.append(self.say("converts", kind=self.sheet.kind_name(deed.to)))
        return self.sheet.say("join").join(parts)

    @property
    def converted(self) -> tuple[str, ...]:
        """Types that homes become, in the order of their numbers."""
        return tuple(dict.fromkeys(self.deeds.loc[self.deeds["action"] == "convert", "to"]))

    def fates(self) -> list[tuple[str, str, int]]:
        """Return the fates that occur with their names and counts; a single type that homes become is part of the name."""
        counts = self.deeds["action"].value_counts()
        told = []
        for action in (fate for fate in FATES if fate in counts.index):
            name = self.say(f"action.{action}")
            if action == "convert" and len(self.converted) == 1:
                name = self.say("converts", kind=self.sheet.kind_name(self.converted[0]))
            told.append((action, name, int(counts[action])))
        return told

    def change(self, before: float, after: float) -> str:
        """Return a number before and after; one number where it stays."""
        return number(before) if before == after else self.say("beds_change", before=number(before), after=number(after))

    def figures(self) -> list[tuple[str, str, str]]:
        """Return the figures before and after as rows of name, present and planned."""
        row = {str(name): float(values[WHOLE]) for name, values in self.balance.drop(columns="name").items()}
        group = demand_group(self.sheet, self.sheet.main.demand_group)
        told = [
            ("homes", number(row["homes_before"]), number(row["homes_after"])),
            ("beds", number(row["beds_before"]), number(row["beds_after"])),
            ("care", *(_share(row[f"care_beds_{when}"], row[f"beds_{when}"]) for when in ("before", "after"))),
            ("residents", number(row["residents_before"]), number(row["residents_after"])),
            ("occupancy", *(_share(row[f"residents_{when}"], row[f"beds_{when}"]) for when in ("before", "after"))),
            ("served", number(row["served_before"]), number(row["served_after"])),
            ("running", number(self.money["running_before"], 1), number(self.money["running_after"], 1)),
            ("cost", number(self.money["cost_before"], 1), number(self.money["cost"], 1)),
        ]
        values = {"limit": self.limit, "group": group, "years": f"{self.money['years']:g}"}
        return [(self.say(f"figure_row.{code}", **values), before, after) for code, before, after in told]

    def sentences(self) -> list[tuple[str, str]]:
        """Return what is paid once, who moves how far, and how good the plan is: head and text."""
        told = [("once", self.say("money_amount", value=number(self.money["once"], 1)) + self.say("paid_by", source=self.task.prices.source))]
        figures = self.plan.figures
        if figures is not None and figures.moved:
            told.append(("moved", self.say("residents", value=number(figures.moved))))
            mean = figures.resident_travel / figures.moved
            told.append(("ways", self.say("move_sentence", farthest=self.way(figures.farthest), mean=self.way(mean), mode=self.mode)))
        else:
            told.append(("moved", self.say("nobody_moves")))
        told.append(("proof", self.plan.say(self.sheet.imprint.lang)))
        return [(self.say(f"figure_row.{code}"), text) for code, text in told]


def _share(over: float, under: float) -> str:
    return percent(over / under) if under > 0 and not math.isnan(over) else "—"
