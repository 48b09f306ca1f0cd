"""An evaluation as tables that can stand before a panel: units, what is unknown, and where each standard comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from layers import texts
from layers.types import FacilityType, Requirement
from planning.app import standards, tables, words
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import Evaluation

# Rows of an evaluation's township table that are no township.
COUNTY, UNASSIGNED = "", "-"
PEOPLE = ("people", "covered", "uncovered", "unreachable")
SUPPLY = ("facilities", "capacity", "capacity_unknown", "available", "needed", "balance")


@dataclass(frozen=True)
class Change:
    """The county's sums of an evaluation, and how they differ from another's."""

    share: float
    share_change: float
    covered: float
    covered_change: float
    uncovered: float
    uncovered_change: float
    facilities: float
    facilities_change: float
    capacity: float
    capacity_change: float


def change(before: Evaluation, now: Evaluation) -> Change:
    """Return the county's sums now and their change; NaN where coverage was not evaluated."""
    unknown = {"covered": np.nan, "uncovered": np.nan}
    was = unknown if before.coverage is None else before.coverage.totals
    totals = unknown if now.coverage is None else now.coverage.totals
    share_was = np.nan if before.coverage is None else before.coverage.covered_share
    share = np.nan if now.coverage is None else now.coverage.covered_share
    first, last = before.county, now.county
    return Change(
        share, share - share_was,
        totals["covered"], totals["covered"] - was["covered"],
        totals["uncovered"], totals["uncovered"] - was["uncovered"],
        float(last["facilities"]), float(last["facilities"]) - float(first["facilities"]),
        float(last["capacity"]), float(last["capacity"]) - float(first["capacity"]),
    )  # fmt: skip


def township_change(before: Evaluation, now: Evaluation) -> None:
    """Show covered people and shares by township before and after, the county's sum first."""
    if now.coverage is None or before.coverage is None:
        st.caption(why_not(now))
        return
    last = now.townships
    first = before.townships.reindex(last.index)
    rows = pd.DataFrame(
        {
            "name": area_names(last),
            "people": counted(last["people"]),
            "covered_before": counted(first["covered"]),
            "covered_after": counted(last["covered"]),
            "covered_change": counted(last["covered"] - first["covered"]),
            "share_before": first["covered_share"],
            "share_after": last["covered_share"],
        }
    )
    whole = tables.counts("people", "covered_before", "covered_after", "covered_change")
    tables.show(tables.headed(rows, rows.columns), columns={**whole, **tables.shares("share_before", "share_after")})


def percent(share: float) -> float:
    """Return a share as a percentage, as forms ask for it."""
    return share * 100.0


def from_percent(value: object) -> float:
    """Return a percentage as a share."""
    return float(value) / 100.0  # type: ignore[arg-type]


def head(name: str, kind: FacilityType) -> str:
    """Return a column's head with the unit of the type's capacity where it has one."""
    if name in {"capacity", "available", "needed", "balance"}:
        return t("column.with_unit", name=t(f"column.{name}"), unit=words.unit(kind))
    return t(f"column.{name}")


def attribution(desk: Desk) -> str:
    """Return the data sources named on every map."""
    county = desk.bench.facts.county
    named = "；".join(county.sources(words.lang()))
    return f"{t('fictional')} {named}".strip() if county.fictional else named


def why_not(evaluation: Evaluation) -> str:
    """Return why a type was not evaluated."""
    names = {"type": words.kind_name(evaluation.kind), "group": evaluation.kind.demand_group}
    reason = texts.say(evaluation.reason, words.lang(), **names) if evaluation.reason in texts.codes() else evaluation.reason
    return t("measure.not_evaluated", reason=reason)


def townships(evaluation: Evaluation) -> None:
    """Show coverage and supply by township, the county's sum first."""
    frame = evaluation.townships
    people = [*PEOPLE, "not_located"] if evaluation.coverage is not None else ["people"]
    whole = [*people, *SUPPLY]
    shown = frame.assign(name=area_names(frame), **{name: counted(frame[name]) for name in whole})
    chosen = ["name", *people[:2], "covered_share", *people[2:], *SUPPLY] if evaluation.coverage is not None else ["name", *whole]
    if evaluation.access is not None:
        chosen.append("access_per_1000")
    heads = {name: head(name, evaluation.kind) for name in chosen}
    column = st.column_config
    numbers: dict[str, object] = {heads[name]: column.NumberColumn(format="localized") for name in whole}
    if "covered_share" in heads:
        numbers[heads["covered_share"]] = column.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)
    if "access_per_1000" in heads:
        numbers[heads["access_per_1000"]] = column.NumberColumn(format="%.1f", help=t("measure.access_help"))
    tables.show(shown[chosen].rename(columns=heads), columns=numbers)
    st.caption(t("measure.townships_note"))


def requirements(evaluation: Evaluation) -> None:
    """Show each requirement with its value, its target, whether it is met, and how sure its source is; the county first."""
    frame = evaluation.requirements
    if frame.empty:
        st.caption(t("measure.no_requirements"))
        return
    known = {item.id: item for item in evaluation.kind.requirements}
    levels = [level for level in ("county", "township", "village") if (frame["level"] == level).any()]
    level = st.radio(t("measure.level"), levels, format_func=lambda key: t(f"area.{key}"), horizontal=True, key="in_measure_level")
    chosen = frame.loc[frame["level"] == level]
    rows = pd.DataFrame(
        {
            "met": [t(f"met.{met}") for met in chosen["met"]],
            "requirement": [_named(known, str(name)) for name in chosen["id"]],
            "area": [name or t("area.county") for name in chosen["area_name"]],
            "value": [_number(value, unit) for value, unit in zip(chosen["value"], chosen["unit"], strict=True)],
            "target": [_number(value, unit) for value, unit in zip(chosen["target"], chosen["unit"], strict=True)],
            "reason": [_reason(str(reason), evaluation) for reason in chosen["reason"]],
            "standard": list(chosen["id"]),
            "source": [str(source).replace(";", t("list.mark")) for source in chosen["source"]],
            "confidence": [t(f"confidence.{sure}") for sure in chosen["confidence"]],
        }
    )
    tables.show(tables.headed(rows, rows.columns), height=420 if len(rows) > 11 else "content")
    for name in dict.fromkeys(frame["id"]):
        if name in known:
            st.caption(standards.source_line(known[name]))


def verdicts(evaluation: Evaluation) -> None:
    """Show the county's verdict on each requirement, the unmet first."""
    st.markdown(f"**{t('measure.verdicts')}**")
    frame = evaluation.requirements
    county = frame.loc[frame["level"] == "county"]
    if county.empty:
        st.caption(t("measure.no_requirements"))
    known = {item.id: item for item in evaluation.kind.requirements}
    for row in county.iloc[county["met"].map({"unmet": 0, "unknown": 1, "met": 2}).argsort(kind="stable")].to_dict("records"):
        colour = {"unmet": "red", "unknown": "gray", "met": "green"}[row["met"]]
        sure = f" :orange-badge[{t('confidence.L')}]" if row["confidence"] == "L" else ""
        asked = tables.plain(_named(known, str(row["id"])))
        value = t("measure.of_target", value=_number(row["value"], row["unit"]), target=_number(row["target"], row["unit"]))
        why = f"  \n:gray[{tables.plain(_reason(str(row['reason']), evaluation))}]" if row["reason"] else ""
        verdict, source = t(f"met.{row['met']}"), str(row["source"]).replace(";", t("list.mark"))
        st.markdown(f":{colour}-badge[{verdict}] {asked}{sure}  \n:gray[{tables.plain(value)} · {row['id']} · {source}]{why}")


def facilities(evaluation: Evaluation) -> None:
    """Show each facility with its size, its use, and the people nearest to it."""
    frame = evaluation.facilities
    if frame.empty:
        st.caption(t("measure.no_facilities"))
        return
    whole = ["capacity", "care_beds", "residents", "floor_area", "assigned", "beyond"]
    shown = frame.assign(
        **{name: counted(frame[name]) for name in whole},
        position=[t(f"position.{position}") for position in frame["position"]],
        size=[t(f"met.{met}") if met else words.DASH for met in frame["size"]],
    )
    chosen = ["name", "township_name", "capacity", "care_beds", "residents", "occupancy", "floor_area", "assigned", "beyond", "size", "position"]
    heads = {name: head(name, evaluation.kind) for name in chosen}
    column = st.column_config
    numbers: dict[str, object] = {heads[name]: column.NumberColumn(format="localized") for name in whole}
    numbers[heads["occupancy"]] = column.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)
    tables.show(shown[chosen].rename(columns=heads), height=460 if len(shown) > 12 else "content", columns=numbers)


def area_names(frame: pd.DataFrame) -> list[str]:
    """Return the names of the areas of a township table: the county, its townships, and what belongs to none."""
    special = {COUNTY: t("area.county"), UNASSIGNED: t("area.unassigned")}
    return [special.get(str(code), str(name)) for code, name in zip(frame.index, frame["name"], strict=True)]


def counted(values: pd.Series[float]) -> pd.Series[float]:
    """Return counts rounded to whole ones for showing; unknown stays unknown."""
    return values.astype(float).round().replace([np.inf, -np.inf], np.nan).astype("Int64")  # type: ignore[return-value]


def _named(known: Mapping[str, Requirement], name: str) -> str:
    return standards.requirement_name(known[name]) if name in known else name


def _number(value: float, unit: str) -> str:
    if pd.isna(value):
        return words.DASH
    if unit == "share":
        return words.share(float(value))
    number = f"{float(value):,.2f}".rstrip("0").rstrip(".") if unit == "ratio" else words.whole(float(value))
    return number if unit == "ratio" else t("unit.number", number=number, unit=t(f"unit.{unit}"))


def _reason(code: str, evaluation: Evaluation) -> str:
    return texts.say(code, words.lang(), type=words.kind_name(evaluation.kind), group=evaluation.kind.demand_group) if code else ""


def facility(row: pd.Series[Any], kind: FacilityType, desk: Desk) -> None:
    """Show what is known of one facility; unknown stands as a dash, never as 0."""
    township = desk.bench.facts.outlines.township_name(str(row["township"]))
    action = t(f"action.{row['action']}")
    st.markdown(f"**{tables.plain(str(row['name']))}** · {tables.plain(township)} · {action}")
    numbers = [(head("capacity", kind), row["capacity"]), *((t(f"column.{name}"), row[name]) for name in ("care_beds", "residents", "floor_area"))]
    known = " · ".join(f"{name} {words.whole(float(value))}" for name, value in numbers)
    year = row["year"]
    st.caption(f"{known} · {t('column.year')} {words.DASH if pd.isna(year) else int(year)}")
