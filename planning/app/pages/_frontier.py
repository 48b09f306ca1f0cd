"""The frontier as a curve: a click on a level shows its plan, which may be taken into the scenario."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from planning.app import session, tables, words
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import TaskFrontier, proposal_at

CHART = "frontier_chart"
LINE, CHOSEN = "#1f6f6b", "#d0021b"
HEIGHT = 260


def curve(desk: Desk, found: TaskFrontier) -> None:
    """Draw the curve with its table, and listen to clicks on both."""
    lang = words.lang()
    st.markdown(f"**{tables.plain(found.question.task.title)}** :gray[{t('frontier.title', model=t(f'model.{found.question.task.model}'))}]")
    st.caption(t("frontier.nested_note" if found.curve.nested else "frontier.free_note"))
    told = found.table[found.table["value"].notna()].reset_index()
    if told.empty:
        st.info(t("frontier.nothing"))
        return
    levels = [float(level) for level in told["level"]]
    rows = [
        {
            "level": level, "value": value, "level_text": found.level_text(level, lang), "value_text": found.aim.amount(value, lang),
            "bound": bound, "gap_text": f"{gap:.2%}",
        }
        for level, value, bound, gap in zip(levels, told["value"], told["bound"], told["gap"], strict=True)
    ]  # fmt: skip
    st.vega_lite_chart(
        pd.DataFrame(rows), _spec(found), width="stretch", key=CHART, on_select=lambda: _clicked(desk, found), selection_mode="level", theme=None
    )
    picked = st.select_slider(
        t("frontier.pick"), levels, format_func=lambda level: found.level_text(level, lang), key="in_frontier_level", help=t("frontier.pick_help")
    )
    st.button(
        t("frontier.show", level=found.level_text(picked, lang)), key="show_level", icon=":material/location_on:", on_click=_show,
        args=(desk, found, picked),
    )  # fmt: skip


def _spec(found: TaskFrontier) -> dict[str, Any]:
    """Return the chart: values as a line with points that can be clicked, bounds as a thin dashed line."""
    lang = words.lang()
    x = {"field": "level", "type": "quantitative", "title": t(f"frontier.axis_{found.curve.varies}"), "axis": {"tickMinStep": 1, "grid": False}}
    if found.curve.varies == "share":
        x["axis"] = {"format": "%", "grid": False}
    y = {"field": "value", "type": "quantitative", "title": found.aim.title(lang), "scale": {"zero": False}}
    tips = [{"field": field, "title": t(f"frontier.{field}")} for field in ("level_text", "value_text", "gap_text")]
    select = {"name": "level", "select": {"type": "point", "fields": ["level"], "on": "click", "nearest": True}}
    shown = {"condition": {"param": "level", "empty": False, "value": CHOSEN}, "value": LINE}
    bound = {"mark": {"type": "line", "strokeDash": [4, 3], "color": "#9aa5a1", "strokeWidth": 1}, "encoding": {"x": x, "y": {**y, "field": "bound"}}}
    line = {"mark": {"type": "line", "color": LINE, "strokeWidth": 2}, "encoding": {"x": x, "y": y}}
    point = {"type": "point", "filled": True, "size": 110, "opacity": 1, "cursor": "pointer"}
    points = {"params": [select], "mark": point, "encoding": {"x": x, "y": y, "color": shown, "tooltip": tips}}
    return {"height": HEIGHT, "background": "transparent", "layer": [bound, line, points]}


def _clicked(desk: Desk, found: TaskFrontier) -> None:
    told = st.session_state[CHART]["selection"].get("level") or []
    if told and "level" in told[0]:
        level = float(told[0]["level"])
        st.session_state["in_frontier_level"] = min((float(known) for known in found.table.index), key=lambda known: abs(known - level))
        _show(desk, found, st.session_state["in_frontier_level"])


def _show(desk: Desk, found: TaskFrontier, level: float) -> None:
    with session.acting():
        st.session_state["proposal"] = proposal_at(desk.bench, found, level)
