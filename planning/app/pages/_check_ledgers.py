"""The ledgers of a county: one is chosen, repaired, set up, asked about, exchanged."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath

import streamlit as st

from layers.errors import PlanningError
from planning.app import tables, words
from planning.app.pages import _check_columns, _check_datum, _check_files, _check_rows, _check_state
from planning.app.words import t
from planning.workbench.datum_desk import DatumQuestion
from planning.workbench.surveys import Survey

PARTS = ("rows", "columns", "datum", "files")


def part(survey: Survey, questions: tuple[DatumQuestion, ...]) -> None:
    """Draw the part on ledgers."""
    st.subheader(t("clerk.ledgers"), anchor=False)
    ledgers = list(range(len(survey.county.facilities)))
    left, middle, right = st.columns([5, 1, 1], vertical_alignment="bottom")
    middle.button(
        t("clerk.check_again"), key="check_again", icon=":material/refresh:", width="stretch", help=t("clerk.check_again_help"),
        on_click=partial(_check_state.recheck, survey.folder, t("clerk.checked_again")),
    )  # fmt: skip
    with right:
        _check_files.adding(survey)
    if not ledgers:
        left.caption(t("clerk.no_ledgers"))
        return
    worst = max(ledgers, key=lambda ledger: (ledger in survey.broken, survey.count_of(ledger)))
    chosen = left.selectbox(
        t("clerk.which"), ledgers, index=worst, format_func=lambda ledger: _name(survey, ledger), key=f"in_check_ledger_{len(ledgers)}"
    )  # fmt: skip
    with st.container(border=True, key="ledger"):
        question = next((each for each in questions if each.path == ("facilities", chosen)), None)
        _ledger(survey, chosen, question)


def _ledger(survey: Survey, ledger: int, question: DatumQuestion | None) -> None:
    if ledger in survey.broken and ledger not in survey.unstated:
        st.error(tables.plain(survey.broken[ledger].say(words.lang())), icon=":material/block:")
    names = {name: _part_name(name, survey, ledger, question) for name in PARTS}
    begin = "datum" if ledger in survey.unstated else "columns" if ledger in survey.broken else "rows"
    key = f"check_part_{ledger}"
    if st.session_state.get(key) not in names:
        st.session_state[key] = begin
    shown = st.segmented_control(t("clerk.parts"), list(names), format_func=names.__getitem__, key=key, label_visibility="collapsed", required=True)
    if shown == "files":
        _check_files.part(survey, ledger)
        return
    if shown == "datum":
        _check_datum.of_ledger(survey, ledger, question)
        return
    try:
        views = _check_state.views(survey, ledger)
    except PlanningError as error:
        st.warning(tables.plain(error.say(words.lang())), icon=":material/warning:")
        return
    if views is not None:
        (_check_columns if shown == "columns" else _check_rows).part(survey, ledger, views)


def _part_name(name: str, survey: Survey, ledger: int, question: DatumQuestion | None) -> str:
    count = survey.count_of(ledger)
    if name == "rows" and count:
        return t("clerk.part_count", part=t("clerk.part.rows"), count=count)
    if name == "datum" and question is not None and question.asks:
        return t("clerk.part_asks", part=t("clerk.part.datum"))
    return t(f"clerk.part.{name}")


def _name(survey: Survey, ledger: int) -> str:
    spec = survey.county.facilities[ledger]
    name = PurePosixPath(spec.file).name + (t("clerk.sheet_of", sheet=spec.sheet) if spec.sheet and spec.sheet != "*" else "")
    if ledger in survey.broken:
        return t("clerk.named_broken", name=name)
    errors, warnings = survey.count_of(ledger, "error"), survey.count_of(ledger, "warning")
    return t("clerk.named", name=name, errors=errors, warnings=warnings) if errors or warnings else t("clerk.named_clean", name=name)
