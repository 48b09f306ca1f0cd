"""数据核查: every finding in the county's files, that no row has disappeared, and the repair of its ledgers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from layers.errors import Fault, PlanningError
from layers.facts import RowCount
from planning.app import session, tables, words
from planning.app.pages import _check_datum, _check_ledgers, _check_state, _common, _street_check
from planning.app.words import t
from planning.workbench import faults_workbook
from planning.workbench.datum_desk import datum_questions
from planning.workbench.ledger_desk import changes_of
from planning.workbench.surveys import Survey, file_lines


def page() -> None:
    """Draw the page: of the county that is open, or of the one that could not be opened."""
    folder = session.shut()
    if folder is not None:
        _shut(folder)
        return
    if session.desk() is None and isinstance(st.session_state.get("refused"), PlanningError):
        _refused()
        return
    desk = _common.opened("check")
    if desk is not None:
        _survey(_check_state.survey_open(desk))
        _street_check.part(desk)


def _shut(folder: Path) -> None:
    """Draw what can be repaired of a county that is not open."""
    st.header(t("page.check"), anchor=False)
    survey = _check_state.survey_shut(folder)
    if survey is not None:
        if survey.broken:
            files = t("list.mark").join(survey.county.facilities[ledger].file for ledger in survey.broken)
            st.error(t("clerk.shut_ledgers", folder=tables.plain(folder.name), files=tables.plain(files)), icon=":material/lock:")
        elif survey.failure is not None:
            st.error(t("clerk.shut", folder=tables.plain(folder.name), why=tables.plain(survey.failure.say(words.lang()))), icon=":material/lock:")
        _survey(survey)
    elif session.job() is not None:
        st.caption(t("clerk.checking"))
    else:
        if isinstance(st.session_state.get("refused"), PlanningError):
            _refused()
        st.button(t("clerk.check_again"), key="check_again", icon=":material/refresh:", on_click=partial(_check_state.begin_survey, folder))


def _refused() -> None:
    refused: PlanningError = st.session_state["refused"]
    if session.shut() is None:
        st.header(t("page.check"), anchor=False)
    st.error(tables.plain(refused.say(words.lang())), icon=":material/error:")
    _findings(refused.faults, ())


def _survey(survey: Survey) -> None:
    _progress(survey)
    _numbers(survey.faults, survey.rows)
    questions = datum_questions(survey)
    _check_ledgers.part(survey, questions)
    _check_datum.of_others(survey, questions)
    _files(survey)
    _findings(survey.faults, survey.rows, survey)


def _progress(survey: Survey) -> None:
    """Say how the list has shrunk since the first check."""
    first, *later = _check_state.count(survey)
    if later and not later[-1]:
        st.success(t("clerk.all_clean", first=first), icon=":material/task_alt:")
    elif later:
        st.info(t("clerk.shrunk", first=first, now=later[-1], last=[first, *later][-2]), icon=":material/trending_down:")


def _numbers(faults: Sequence[Fault], rows: Sequence[RowCount]) -> None:
    cells = st.columns(6)
    for cell, severity in zip(cells, tables.SEVERITIES, strict=False):
        cell.metric(
            tables.severity_name(severity), words.whole(sum(fault.severity == severity for fault in faults)), help=t(f"check.{severity}_help")
        )
    for cell, name in zip(cells[3:], ("read", "kept", "excluded"), strict=True):
        cell.metric(t(f"column.{name}"), words.whole(sum(getattr(row, name) for row in rows)))


def _files(survey: Survey) -> None:
    st.subheader(t("check.rows"), anchor=False)
    st.caption(t("check.rows_intro"))
    lines = [
        [tables.layer_name(line.layer), line.file, line.sheet, line.errors, line.warnings, line.notes, line.read, line.kept, line.excluded]
        for line in file_lines(survey)
    ]
    names = ["layer", "file", "sheet", "errors", "warnings", "notes", "read", "kept", "excluded"]
    frame = pd.DataFrame(lines, columns=names).astype(dict.fromkeys(names[6:], "Int64"))
    shown = [name for name in names if name != "sheet" or frame["sheet"].any()]
    tables.show(tables.headed(frame, shown), columns=tables.counts(*names[3:]))


def _findings(faults: Sequence[Fault], rows: Sequence[RowCount], survey: Survey | None = None) -> None:
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
    changes = () if survey is None else changes_of(survey)
    third.download_button(
        t("check.download"),
        partial(faults_workbook, faults, rows, words.lang(), changes),
        file_name=t("check.file"),
        icon=":material/download:",
        width="stretch",
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
