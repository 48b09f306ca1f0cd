"""数据核查: every finding in the county's files, and that no row has disappeared."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from layers.errors import Fault, PlanningError
from layers.facts import RowCount
from planning.app import session, tables, words
from planning.app.pages import _common, _street_check
from planning.app.words import t
from planning.workbench import faults_workbook


def page() -> None:
    """Draw the page: of the county that is open, or of the one that could not be opened."""
    refused = st.session_state.get("refused")
    if session.desk() is None and isinstance(refused, PlanningError):
        st.header(t("page.check"), anchor=False)
        st.error(tables.plain(refused.say(words.lang())), icon=":material/error:")
        _findings(refused.faults, ())
        return
    desk = _common.opened("check")
    if desk is not None:
        rows, faults = desk.bench.facts.rows, desk.bench.faults
        _numbers(faults, rows)
        _rows(rows)
        _findings(faults, rows)
        _street_check.part(desk)


def _numbers(faults: Sequence[Fault], rows: Sequence[RowCount]) -> None:
    cells = st.columns(6)
    for cell, severity in zip(cells, tables.SEVERITIES, strict=False):
        cell.metric(
            tables.severity_name(severity), words.whole(sum(fault.severity == severity for fault in faults)), help=t(f"check.{severity}_help")
        )
    for cell, name in zip(cells[3:], ("read", "kept", "excluded"), strict=True):
        cell.metric(t(f"column.{name}"), words.whole(sum(getattr(row, name) for row in rows)))


def _rows(rows: Sequence[RowCount]) -> None:
    st.subheader(t("check.rows"), anchor=False)
    st.caption(t("check.rows_intro"))
    tables.show(tables.rows(rows), columns=tables.counts("read", "kept", "excluded"))


def _findings(faults: Sequence[Fault], rows: Sequence[RowCount]) -> None:
    st.subheader(t("check.findings"), anchor=False)
    if not faults:
        st.success(t("check.none"), icon=":material/check_circle:")
        return
    layers = list(dict.fromkeys(fault.layer for fault in faults))
    first, second, third = st.columns([2, 3, 1], vertical_alignment="bottom")
    graded = first.multiselect(
        t("column.severity"), tables.SEVERITIES, format_func=tables.severity_name, key="in_check_severity", placeholder=t("choose.all")
    )
    named = second.multiselect(t("column.layer"), layers, format_func=tables.layer_name, key="in_check_layer", placeholder=t("choose.all"))
    third.download_button(
        t("check.download"), faults_workbook(faults, rows, words.lang()), file_name=t("check.file"), icon=":material/download:", width="stretch"
    )
    chosen = [fault for fault in faults if (not graded or fault.severity in graded) and (not named or fault.layer in named)]
    st.caption(t("check.shown", shown=len(chosen), all=len(faults)))
    tables.show(tables.faults(chosen), height=560 if len(chosen) > 15 else "content", columns=_widths())


def _widths() -> dict[str, object]:
    text = st.column_config.TextColumn
    pixels = {"severity": 60, "layer": 90, "message": 560, "repair": 360, "file": 190, "sheet": 90, "field": 90, "value": 100}
    return {
        **{t(f"column.{name}"): text(width=width) for name, width in pixels.items()},
        t("column.row"): st.column_config.NumberColumn(width=60, format="plain"),
    }
