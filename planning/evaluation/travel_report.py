"""The travel report: who reaches the streets, how far it is to them, and which streets are cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.crs import from_metric
from layers.facts import Facts
from layers.readers.outlines import townships_of
from layers.types import FacilityType, Mode, Reach
from planning.coverage import STATES, Coverage
from planning.evaluation.result import COUNTY, UNASSIGNED, Evaluation
from planning.evaluation.setting import Setting
from planning.travel.parts import MAIN, Parts
from planning.travel.snapping import Snapped

DISTANCES = (25.0, 50.0, 100.0, 150.0, 200.0, 300.0, 400.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0)
TOWNSHIP_COLUMNS = (
    "name", "people", *STATES, "not_located", "cells", "access_median", "access_95", "access_largest", "beyond_snap",
)  # fmt: skip


@dataclass(frozen=True)
class TravelReport:
    """Travel of one demand group in one mode.

    Attributes
    ----------
    kind : FacilityType
    reach : Reach
        The standard by which people are covered or not.
    snap_m : float
        Farthest way to the nearest usable street, in m.
    components : {"main", "all"}
        Whether trips use the main part alone or all parts.
    townships : DataFrame
        Index ``township`` as in :class:`planning.evaluation.result.Evaluation`, the county first; columns :data:`TOWNSHIP_COLUMNS`: people by
        state, which add up to ``people``; ``cells`` where people of the group live; the straight way to the street in m, weighted by people, of
        those within ``snap_m`` (NaN where there are none): ``access_median`` and ``access_95``, the smallest distance within which at least half,
        and 95 %, of them live, and ``access_largest``; ``beyond_snap``: people farther from a street than ``snap_m``. These are the *unreachable*
        except where an imported table knows a way.
    distances : DataFrame
        Index ``upto`` in m, the last ``snap_m``; column ``people``: those whose way to the street is at most so long and longer than the one before.
    parts : Parts
        Connected parts of the streets of the mode.
    others : DataFrame
        Parts beside the main one that have a street, those with most people cut off first, then the longest; index ``part``; columns ``points``,
        ``metres``, ``lon``, ``lat`` (WGS 84), ``township``, ``township_name``, ``people`` (whose nearest street belongs to the part) and
        ``cut_off`` (of these, people farther than ``snap_m`` from any street in use: joining the part to the others would put them on it).

    Notes
    -----
    The weighted quantile is the inverse of the weighted distribution function: R. J. Hyndman & Y. Fan (1996), Sample quantiles in statistical
    packages, The American Statistician 50, definition 1, as numpy's ``inverted_cdf``.
    """

    kind: FacilityType
    reach: Reach
    snap_m: float
    components: Literal["main", "all"]
    townships: pd.DataFrame
    distances: pd.DataFrame
    parts: Parts
    others: pd.DataFrame

    @property
    def mode(self) -> Mode:
        """Means of travel."""
        return self.reach.mode

    @property
    def county(self) -> pd.Series[float]:
        """The county's row of :attr:`townships`."""
        return cast("pd.Series[float]", self.townships.loc[COUNTY])

    @property
    def streets(self) -> dict[str, float]:
        """How the streets hang together.

        ``parts`` with a street (of both directions or a circuit), ``main_points``, ``main_km``, ``other_points``, ``other_km`` (of the other
        parts with a street), ``loose_points`` (points on one-way streets that lead in or out only, each by itself) and ``between_km`` (of these
        streets).
        """
        table = self.parts.table
        others = table.drop(index=MAIN, errors="ignore")
        loose = others["metres"] == 0
        main = table.loc[table.index == MAIN]
        return {
            "parts": float(len(main) + (~loose).sum()),
            "main_points": float(main["points"].sum()),
            "main_km": float(main["metres"].sum()) / 1000,
            "other_points": float(others["points"][~loose].sum()),
            "other_km": float(others["metres"].sum()) / 1000,
            "loose_points": float(others["points"][loose].sum()),
            "between_km": self.parts.between_m / 1000,
        }


def report_travel(evaluation: Evaluation, facts: Facts, cells: Snapped, parts: Parts) -> TravelReport:
    """Report the travel of one evaluation.

    Parameters
    ----------
    evaluation : Evaluation
        With coverage.
    facts : Facts
        Its county.
    cells : Snapped
        Cells of the population, snapped to the streets in use in the mode of the evaluation's reach.
    parts : Parts
        Of the same streets and mode.

    Raises
    ------
    ValueError
        When the evaluation has no coverage, or mode or cells differ.
    """
    coverage, reach = evaluation.coverage, evaluation.requirement
    if coverage is None or reach is None:
        raise ValueError(f"{evaluation.kind.key} was not evaluated by a reach")
    if parts.mode != reach.mode or not cells.index.equals(coverage.people.index) or len(parts.nearest) != len(cells.index):
        raise ValueError("evaluation, cells and parts must be of one mode and of the same cells")
    snap_m = facts.county.travel.snap_m
    people: NDArray[np.float64] = np.asarray(coverage.people, dtype=np.float64)
    areas = Setting(evaluation.kind, facts.population, facts.outlines, facts.facilities).cell_area
    return TravelReport(
        kind=evaluation.kind,
        reach=reach,
        snap_m=snap_m,
        components=facts.county.travel.components,
        townships=_townships(evaluation.townships, coverage, areas, cells.access),
        distances=_distances(people, cells.access, snap_m),
        parts=parts,
        others=_others(facts, people, cells, parts),
    )


def _townships(known: pd.DataFrame, coverage: Coverage, areas: pd.Series[str], access: NDArray[np.float64]) -> pd.DataFrame:
    table = known[["name", "people", *STATES, "not_located"]].copy()
    people = coverage.people.to_numpy()
    rows = []
    for code in table.index:
        here = (people > 0) & (np.ones(len(people), dtype=bool) if code == COUNTY else (areas == code).to_numpy())
        near = here & ~np.isnan(access)
        beyond = float(people[here & np.isnan(access)].sum())
        rows.append((int(here.sum()), *_quantiles(access[near], people[near]), beyond))
    table[["cells", "access_median", "access_95", "access_largest", "beyond_snap"]] = rows
    # The last row of an evaluation stands where people or facilities belong to no township; a report is of people alone.
    lost = UNASSIGNED in table.index and table.loc[UNASSIGNED, "people"] == 0
    return (table.drop(index=UNASSIGNED) if lost else table)[list(TOWNSHIP_COLUMNS)].astype({"cells": "int64"})


def _quantiles(values: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the weighted median, the weighted 95 % quantile and the largest of some values; NaN where there are none."""
    if not len(values):
        return np.nan, np.nan, np.nan
    median, most = np.quantile(values, [0.5, 0.95], weights=weights, method="inverted_cdf")
    return float(median), float(most), float(values.max())


def _distances(people: NDArray[np.float64], access: NDArray[np.float64], snap_m: float) -> pd.DataFrame:
    edges = np.array([*(edge for edge in DISTANCES if edge < snap_m), snap_m])
    near = ~np.isnan(access)
    # To 1 mm, as costs are compared (convention 4); what is equal to an edge is within it.
    bin_ = np.searchsorted(edges, np.round(access[near], 3), side="left")
    sums = np.bincount(np.minimum(bin_, len(edges) - 1), people[near], len(edges))
    return pd.DataFrame({"people": sums}, index=pd.Index(edges, name="upto"))


def _others(facts: Facts, people: NDArray[np.float64], cells: Snapped, parts: Parts) -> pd.DataFrame:
    table = parts.table.loc[(parts.table.index != MAIN) & (parts.table["metres"] > 0)].copy()
    x, y = table.pop("x").to_numpy(), table.pop("y").to_numpy()
    table["lon"], table["lat"] = from_metric(x, y, "WGS84", facts.crs)
    table["township"] = townships_of(facts.outlines, x, y)[0]
    table["township_name"] = [facts.outlines.township_name(str(code)) for code in table["township"]]
    near = parts.nearest >= 0
    cut = near & ~cells.reachable
    size = len(parts.table)
    table["people"] = np.bincount(parts.nearest[near], people[near], size)[table.index]
    table["cut_off"] = np.bincount(parts.nearest[cut], people[cut], size)[table.index]
    return table.sort_values(["cut_off", "metres"], ascending=False, kind="stable")
