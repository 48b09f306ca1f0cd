"""方案比较: two or more scenarios by the same measure, by county, township and facility."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from layers.progress import Progress
from layers.types import facility_types
from planning.app import figures, session, tables, words
from planning.app.pages import _common
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import Comparison
from scenarios.document import Scenario

COUNTS = ("covered", "uncovered", "unreachable", "facilities", "capacity", "available", "needed", "balance")
COLOURS = ("#9aaba7", "#1f6f6b", "#d98032", "#6d5aa8", "#2b6cb0")
INDICATORS = ("covered_share", *COUNTS, "access_per_1000")


def page() -> None:
    """Draw the page."""
    desk = _common.opened("compare")
    if desk is None:
        return
    _asked(desk)
    comparison = st.session_state.get("comparison")
    if not isinstance(comparison, Comparison):
        st.info(t("compare.none"), icon=":material/compare_arrows:")
        return
    st.subheader(t("compare.county"), anchor=False)
    _county(comparison)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _townships(comparison)
    with right:
        _chart(comparison)
    _facilities(comparison)


def _asked(desk: Desk) -> None:
    names = _common.scenario_names(desk)
    left, middle, right = st.columns([4, 4, 1.2], vertical_alignment="bottom")
    kept = [name for name in st.session_state.get("in_compare_scenarios", names[:2]) if name in names]
    st.session_state["in_compare_scenarios"] = kept
    chosen = left.multiselect(
        t("compare.scenarios"), names, format_func=_common.scenario_title, key="in_compare_scenarios", placeholder=t("choose.scenario")
    )
    present = desk.bench.present_types()
    planned = list(dict.fromkeys(task.type for task in desk.bench.facts.county.plan))
    types = middle.multiselect(
        t("compare.types"), present, default=planned or present[:1], format_func=_kind_name, key="in_compare_types", placeholder=t("choose.type"),
    )  # fmt: skip
    ready = len(chosen) > 1 and bool(types) and session.job() is None
    right.button(
        t("compare.button"), key="compare", type="primary", width="stretch", disabled=not ready,
        on_click=_start, args=(desk, list(chosen), list(types)),
    )  # fmt: skip


def _start(desk: Desk, names: list[str], types: list[str]) -> None:
    with session.acting():
        scenarios: dict[str, Scenario | None] = {_common.scenario_title(name): _common.scenario_named(desk, name) for name in names}

        def work(progress: Progress) -> Comparison:
            return desk.bench.compare(scenarios, types, progress=progress)

        session.start(t("job.compare"), work, _keep)


def _keep(comparison: Comparison) -> None:
    st.session_state["comparison"] = comparison


def _county(comparison: Comparison) -> None:
    frame = _named(comparison.county.reset_index())
    shown = frame.assign(**{name: figures.counted(frame[name]) for count in COUNTS for name in (count, f"{count}_change")})
    shares = ["covered_share", "covered_share_change"]
    supply = ["facilities", "capacity", "available", "needed", "balance", "unmet_count"]
    chosen = ["type", "scenario", *shares, "covered", "covered_change", "uncovered", *supply]
    tables.show(_headed(shown, chosen), columns=_formats(chosen))


def _chart(comparison: Comparison) -> None:
    frame = _named(comparison.county.reset_index())[["type", "scenario", "covered_share"]].dropna()
    spec: dict[str, Any] = {
        "height": {"step": 16},
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "y": {"field": "type", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 220}},
            "yOffset": {"field": "scenario", "sort": None},
            "x": {
                "field": "covered_share",
                "type": "quantitative",
                "title": t("compare.chart"),
                "axis": {"format": ".0%"},
                "scale": {"domain": [0, 1]},
            },
            "color": {
                "field": "scenario",
                "type": "nominal",
                "title": None,
                "sort": None,
                "scale": {"range": list(COLOURS)},
                "legend": {"orient": "top", "labelLimit": 320},
            },
            "tooltip": [
                {"field": "type", "title": t("column.type")},
                {"field": "scenario", "title": t("column.scenario")},
                {"field": "covered_share", "title": t("column.covered_share"), "format": ".1%"},
            ],
        },
    }
    st.vega_lite_chart(frame, spec, width="stretch")


def _townships(comparison: Comparison) -> None:
    st.subheader(t("compare.townships"), anchor=False)
    types = list(dict.fromkeys(comparison.townships.index.get_level_values("type")))
    left, right = st.columns(2)
    key = left.selectbox(t("compare.which_type"), types, format_func=_kind_name, key="in_compare_which")
    indicator = right.selectbox(t("compare.which_indicator"), INDICATORS, format_func=lambda name: t(f"column.{name}"), key="in_compare_indicator")
    tables.show(township_table(comparison, key, indicator), columns=_township_formats(comparison, indicator))


def township_table(comparison: Comparison, key: str, indicator: str) -> pd.DataFrame:
    """Return one indicator of one type: a row for each township, a column for each scenario and for each difference to the first."""
    chosen = comparison.townships.xs(key, level="type")
    codes = list(dict.fromkeys(chosen.index.get_level_values("township")))
    names = chosen["name"].groupby(level="township").first()
    table = pd.DataFrame({t("column.township"): [names[code] or t("area.unassigned") for code in codes]}, index=codes)
    for number, title in enumerate(comparison.titles):
        rows = chosen.xs(title, level="scenario").reindex(codes)
        for end, head in (("", title), ("_change", _change_head(title)))[: 2 if number else 1]:
            table[head] = figures.counted(rows[indicator + end]) if indicator in COUNTS else rows[indicator + end]
    return table


def _township_formats(comparison: Comparison, indicator: str) -> dict[str, object]:
    heads = [*comparison.titles, *(_change_head(title) for title in comparison.titles[1:])]
    return {head: st.column_config.NumberColumn(format=_format(indicator)) for head in heads}


def _facilities(comparison: Comparison) -> None:
    if comparison.facilities.empty:
        return
    st.subheader(t("compare.facilities"), anchor=False)
    frame = _named(comparison.facilities.reset_index())
    frame["change"] = [t(f"change.{change}") for change in frame["change"]]
    chosen = ["scenario", "type", "name", "change", "capacity_before", "capacity_after"]
    numbers = {t(f"column.{name}"): st.column_config.NumberColumn(format="localized") for name in ("capacity_before", "capacity_after")}
    tables.show(tables.headed(frame, chosen), height=360 if len(frame) > 9 else "content", columns=numbers)


def _kind_name(key: str) -> str:
    return words.kind_name(facility_types()[key])


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(type=[_kind_name(key) for key in frame["type"]])


def _headed(frame: pd.DataFrame, chosen: list[str]) -> pd.DataFrame:
    return frame[chosen].rename(columns={name: _head(name) for name in chosen})


def _head(name: str) -> str:
    return _change_head(t(f"column.{name.removesuffix('_change')}")) if name.endswith("_change") else t(f"column.{name}")


def _change_head(title: str) -> str:
    return t("compare.change", name=title)


def _formats(chosen: list[str]) -> dict[str, object]:
    return {_head(name): st.column_config.NumberColumn(format=_format(name.removesuffix("_change"))) for name in chosen[2:]}


def _format(name: str) -> str:
    return {"covered_share": "percent", "access_per_1000": "%.1f"}.get(name, "localized")
