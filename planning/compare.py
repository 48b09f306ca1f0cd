"""Compare: scenarios side by side, with their differences to the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planning.evaluation import COUNTY, Evaluation
from planning.evaluation.result import TOWNSHIP_COLUMNS
from scenarios.state import MOVED_M

MEASURES = (*(name for name in TOWNSHIP_COLUMNS if name not in {"name", "available_unknown"}), "unmet_count", "unknown_count")
Evaluations = Mapping[str, Mapping[str, Evaluation]]


@dataclass(frozen=True)
class Comparison:
    """Scenarios side by side.

    Attributes
    ----------
    titles : tuple of str
        Scenarios; differences are to the first.
    county : DataFrame
        Index ``type``, ``scenario``; columns ``status``, :data:`MEASURES` (as in the township table of an evaluation; ``unmet_count`` and
        ``unknown_count`` count its requirements) and each with ``_change``: the difference to the first scenario, NaN where either is unknown.
    townships : DataFrame
        Index ``type``, ``township``, ``scenario``; columns ``name``, the measures and their changes.
    facilities : DataFrame
        Index ``type``, ``facility``, ``scenario``: facilities that differ from the first scenario. Columns ``name``, ``change`` (``new``, ``close``,
        ``convert``, ``move``, ``enlarge``, ``reduce``, or ``other`` where a size is unknown on one side), ``capacity_before``, ``capacity_after``.
    """

    titles: tuple[str, ...]
    county: pd.DataFrame
    townships: pd.DataFrame
    facilities: pd.DataFrame


def compare(evaluations: Evaluations) -> Comparison:
    """Compare scenarios by county, township and facility.

    Parameters
    ----------
    evaluations : mapping of title to mapping of type to Evaluation
        The first scenario is the one the others are compared with; all have the same types.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        When there is no scenario, or they differ in their types.
    """
    titles = tuple(evaluations)
    if not titles:
        raise ValueError("nothing to compare")
    types = list(evaluations[titles[0]])
    if any(set(found) != set(types) for found in evaluations.values()):
        raise ValueError("the scenarios must be evaluated for the same types")
    measured = [_measured(evaluations[title][key], key, title) for key in types for title in titles]
    changed = _changed(pd.concat(measured).set_index(["type", "township", "scenario"]), titles[0]) if measured else _empty()
    whole = changed.index.get_level_values("township") == COUNTY
    county = changed.loc[whole].droplevel("township").drop(columns="name")
    townships = changed.loc[~whole].drop(columns=["status", *_counts()])
    return Comparison(titles, county, townships, _facilities(evaluations))


def _counts() -> list[str]:
    return [name + end for name in ("unmet_count", "unknown_count") for end in ("", "_change")]


def _empty() -> pd.DataFrame:
    index = pd.MultiIndex.from_arrays([[], [], []], names=["type", "township", "scenario"])
    return pd.DataFrame(columns=["status", "name", *MEASURES, *(f"{name}_change" for name in MEASURES)], index=index, dtype=float)


def _measured(evaluation: Evaluation, key: str, title: str) -> pd.DataFrame:
    table = evaluation.townships.reset_index()
    county = table["township"] == COUNTY
    table["unmet_count"] = np.where(county, float(len(evaluation.unmet)), np.nan)
    table["unknown_count"] = np.where(county, float((evaluation.requirements["met"] == "unknown").sum()), np.nan)
    table["type"], table["scenario"], table["status"] = key, title, evaluation.status
    return table[["type", "township", "scenario", "status", "name", *MEASURES]]


def _changed(whole: pd.DataFrame, first: str) -> pd.DataFrame:
    """Add differences to the first scenario; an area it lacks has nobody and nothing there."""
    measures = whole[list(MEASURES)]
    base = measures.xs(first, level="scenario")
    keys = pd.MultiIndex.from_arrays([whole.index.get_level_values("type"), whole.index.get_level_values("township")])
    before = base.reindex(keys, fill_value=0.0)
    before.loc[~keys.isin(base.index), ["covered_share", "access_per_1000"]] = np.nan
    changes = pd.DataFrame(measures.to_numpy() - before.to_numpy(), index=whole.index, columns=[f"{name}_change" for name in MEASURES])
    return whole.join(changes)


def _facilities(evaluations: Evaluations) -> pd.DataFrame:
    first, *others = evaluations
    rows = [
        {"type": key, "facility": facility, "scenario": title, **row}
        for key in evaluations[first]
        for title in others
        for facility, row in _differences(evaluations[first], evaluations[title], key)
    ]
    columns = ["type", "facility", "scenario", "name", "change", "capacity_before", "capacity_after"]
    return pd.DataFrame(rows, columns=columns).set_index(columns[:3])


def _differences(before: Mapping[str, Evaluation], after: Mapping[str, Evaluation], key: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the facilities of a type that differ between two scenarios, by id."""
    old, new = before[key].facilities, after[key].facilities
    for facility in old.index.union(new.index):
        one = old.loc[facility] if facility in old.index else None
        other = new.loc[facility] if facility in new.index else None
        if one is None or other is None:
            elsewhere = after if other is None else before
            converted = any(facility in found.facilities.index for found in elsewhere.values())
            change = "convert" if converted else ("close" if other is None else "new")
        else:
            change = _change(one, other)
        if change:
            shown = one if other is None else other
            sizes = {"capacity_before": _capacity(one), "capacity_after": _capacity(other)}
            yield str(facility), {"name": "" if shown is None else shown["name"], "change": change, **sizes}


def _capacity(row: pd.Series[float] | None) -> float:
    return float("nan") if row is None else float(row["capacity"])


def _change(one: pd.Series[float], other: pd.Series[float]) -> str:
    if np.hypot(other["x"] - one["x"], other["y"] - one["y"]) > MOVED_M:
        return "move"
    for size in ("capacity", "floor_area", "care_beds"):
        before, after = one[size], other[size]
        if np.isnan(before) != np.isnan(after):
            return "other"
        if not np.isnan(before) and before != after:
            return "enlarge" if after > before else "reduce"
    return ""
