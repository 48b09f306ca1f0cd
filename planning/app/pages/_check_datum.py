"""Which datum coordinates have: the evidence in a small table, what is proposed and how surely, and the question."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from planning.app import tables, words
from planning.app.pages import _check_state
from planning.app.words import t
from planning.workbench import datum_desk, ledger_settings
from planning.workbench.datum_desk import ASKED, DatumLine, DatumQuestion
from planning.workbench.surveys import Survey

_ICONS = {"sure": ":material/verified:", "likely": ":material/help:", "open": ":material/question_mark:"}


def of_ledger(survey: Survey, ledger: int, question: DatumQuestion | None) -> None:
    """Draw what is known of a ledger's datum, and let it be stated."""
    if question is not None:
        _question(survey, question)
        return
    spec = survey.county.facilities[ledger]
    st.caption(t("clerk.no_evidence"))
    _check_state.show_refused("datum")
    options = list(dict.fromkeys([spec.datum, *ASKED]))
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    datum = left.selectbox(t("clerk.datum"), options, format_func=_datum_name, key=f"datum_of_{ledger}")
    right.button(
        t("clerk.save_datum"), key="save_datum", width="stretch", disabled=datum == spec.datum, on_click=partial(_state, survey, ledger, datum)
    )


def of_others(survey: Survey, questions: Sequence[DatumQuestion]) -> None:
    """Draw the questions on layers that are no ledgers, such as outlines; nothing where there is none."""
    others = [question for question in questions if question.path[0] != "facilities"]
    asking = [question for question in others if question.asks]
    if not others:
        return
    title = t("clerk.others_ask", count=len(asking)) if asking else t("clerk.others", count=len(others))
    with st.expander(title, expanded=bool(asking), icon=":material/explore:"):
        for question in asking or others:
            with st.container(border=True):
                _question(survey, question)


def _question(survey: Survey, question: DatumQuestion) -> None:
    st.markdown(t("clerk.datum_of", layer=tables.layer_name(question.layer), file=tables.plain(question.file), stated=_datum_name(question.stated)))
    sentence = _proposal(question)
    if question.asks:
        st.warning(sentence, icon=_ICONS[question.sureness])
    else:
        st.caption(sentence)
    number = st.column_config.NumberColumn
    whole = {t(f"column.{name}"): number(format="%.0f") for name in ("street_m", "home_m", "cells_outside")}
    people = {t("column.people_outside"): number(format="%.1f")}
    tables.show(_evidence(question), columns=tables.shares("near_share") | whole | people)
    if question.best.swapped and not question.heads:
        st.info(t("clerk.turned_file"), icon=":material/info:")
    _ask(survey, question)


def _proposal(question: DatumQuestion) -> str:
    best, name = question.best, _answer_name((question.best.datum, question.best.swapped))
    if not question.asks and not (best.stated or best.datum == question.stated):
        return t("clerk.left_standing", stated=_datum_name(question.stated))
    if not question.asks:
        return t("clerk.agrees", stated=_datum_name(question.stated))
    asked = t("clerk.unstated") if not question.stated else t("clerk.doubted", stated=_datum_name(question.stated))
    if question.sureness == "sure":
        return asked + t("clerk.sure", best=name)
    return asked + (t("clerk.likely", best=name) if question.sureness == "likely" else t("clerk.open", best=name))


def _evidence(question: DatumQuestion) -> pd.DataFrame:
    outline = not question.places
    rows = [
        _outline_row(line) if outline else _table_row(line) for line in question.lines if outline or line.near_share > 0 or line.stated or line.best
    ]
    frame = pd.DataFrame(rows)
    return tables.headed(frame, list(frame.columns))


def _outline_row(line: DatumLine) -> dict[str, object]:
    return {"datum": _line_name(line), "cells_outside": line.cells, "people_outside": line.people}


def _table_row(line: DatumLine) -> dict[str, object]:
    return {
        "datum": _line_name(line),
        "near_share": line.near_share,
        "street_m": line.street_m,
        "home_m": line.home_m,
        "in_township": t("clerk.of", part=line.in_township, whole=line.township_rows) if line.township_rows else words.DASH,
    }


def _line_name(line: DatumLine) -> str:
    marks = [t("clerk.is_best")] * line.best + [t("clerk.is_stated")] * line.stated
    name = _answer_name((line.datum, line.swapped))
    return t("clerk.marked_name", name=name, marks=t("list.mark").join(marks)) if marks else name


def _ask(survey: Survey, question: DatumQuestion) -> None:
    options = list(question.answers())
    stands = (question.stated, False)
    key = "_".join(map(str, question.path))
    index = options.index(stands) if stands in options and not question.asks else None if question.sureness == "open" and question.asks else 0
    # The browser knows a choice by its words: in another language the question is asked anew.
    answer = st.radio(
        t("clerk.ask"), options, index=index, format_func=lambda each: _option_name(each, question), horizontal=True,
        key=f"datum_{key}_{question.stated}_{words.lang()}",
    )  # fmt: skip
    if question.asks:
        st.caption(t("clerk.ask_help"))
    _check_state.show_refused(key)
    given = answer or ("", False)
    nothing = answer is None or (given == stands and not question.asks) or (given[1] and not question.heads)
    st.button(
        t("clerk.save_datum"), key=f"save_datum_{key}", type="primary" if question.asks else "secondary", icon=":material/save:", disabled=nothing,
        on_click=partial(_answer, survey, question, given),
    )  # fmt: skip


def _option_name(answer: tuple[str, bool], question: DatumQuestion) -> str:
    name = _answer_name(answer)
    if question.asks and answer == (question.best.datum, question.best.swapped):
        return t("clerk.proposed", name=name)
    return t("clerk.as_stated", name=name) if answer == (question.stated, False) else name


def _answer_name(answer: tuple[str, bool]) -> str:
    return t("clerk.turned", name=_datum_name(answer[0])) if answer[1] else _datum_name(answer[0])


def _datum_name(datum: str) -> str:
    known = {"GCJ-02": "gcj02", "BD-09": "bd09", "WGS84": "wgs84", "CGCS2000": "cgcs2000", "file": "file", "": "unknown"}
    return t(f"clerk.datum_name.{known[datum]}") if datum in known else datum


def _answer(survey: Survey, question: DatumQuestion, answer: tuple[str, bool]) -> None:
    with _check_state.saving("_".join(map(str, question.path))):
        by = str(st.session_state.get("in_check_by", "")).strip()
        datum_desk.answer_datum(survey, question, answer[0], swapped=answer[1], by=by)
        _check_state.recheck(survey.folder, t("clerk.datum_saved", file=question.file, datum=_answer_name(answer)))


def _state(survey: Survey, ledger: int, datum: str) -> None:
    with _check_state.saving("datum"):
        ledger_settings.save_settings(survey, ledger, {"datum": datum})
        file = survey.county.facilities[ledger].file
        _check_state.recheck(survey.folder, t("clerk.datum_saved", file=file, datum=_datum_name(datum)))
