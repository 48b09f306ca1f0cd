"""What a ledger's columns were taken for, its sheet and the row of its heads; each can be changed, and is kept in county.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from layers.errors import PlanningError
from layers.readers.ledger_views import SheetView
from planning.app import tables, words
from planning.app.pages import _check_state
from planning.app.words import t
from planning.workbench import ledger_settings
from planning.workbench.surveys import Survey

FOUND, FIRST_SHEET, ALL = 0, "", "*"
PER_LINE = 3
SHOWN_ROWS = 15


def part(survey: Survey, ledger: int, views: Sequence[SheetView]) -> None:
    """Draw what a ledger's columns were taken for."""
    spec = survey.county.facilities[ledger]
    st.caption(t("clerk.columns_intro"))
    changes: dict[str, Any] = {}
    if any(view.title for view in views):
        changes = _where(spec.sheet, spec.header_row, views, ledger)
    lost = sorted({head for view in views for head in view.lost})
    if lost:
        st.warning(t("clerk.lost", heads=tables.plain("、".join(lost))), icon=":material/warning:")
    looked_at = _check_state.views(survey, ledger, {**changes, **({"columns": {}} if lost else {})})
    if looked_at is None:
        return
    chosen = [view for view in looked_at if view.chosen]
    view = chosen[0]
    if len(chosen) > 1:
        view = st.selectbox(t("column.sheet"), chosen, format_func=lambda each: each.title, key=f"columns_sheet_{ledger}")
    if view.top:
        st.caption(t("clerk.heads_found", top=view.top, bottom=view.bottom, rows=len(view.rows)))
    with st.container(key="columns"):
        picked = _pick(view, f"{ledger}_{survey.inputs.get('county.toml', '')[:8]}_{view.title}_{view.top}")
    _saving(survey, ledger, (view, looked_at), (changes, picked))


def _where(sheet: str | None, row: int | None, views: Sequence[SheetView], ledger: int) -> dict[str, Any]:
    """Let the clerk choose the sheet and the row of the heads, and return what differs from county.toml."""
    left, right = st.columns(2)
    sheets = [FIRST_SHEET, *([ALL] if len(views) > 1 else []), *(view.title for view in views)]
    chosen = left.selectbox(
        t("clerk.sheet"), sheets, index=sheets.index(sheet or FIRST_SHEET) if (sheet or FIRST_SHEET) in sheets else 0,
        format_func=lambda name: _sheet_name(name, views), key=f"sheet_of_{ledger}",
    )  # fmt: skip
    shown = next((view for view in views if view.title == chosen), next((view for view in views if view.chosen), views[0]))
    rows = [FOUND, *range(1, min(len(shown.first_rows), SHOWN_ROWS) + 1)]
    head = right.selectbox(
        t("clerk.header_row"), rows, index=rows.index(row) if row in rows else 0, format_func=lambda number: _row_name(number, shown),
        key=f"header_row_of_{ledger}_{chosen}",
    )  # fmt: skip
    told = {"sheet": chosen or None, "header_row": head or None}
    stands = {"sheet": sheet, "header_row": row}
    return {key: value for key, value in told.items() if value != stands[key]}


def _sheet_name(name: str, views: Sequence[SheetView]) -> str:
    if name == ALL:
        return t("clerk.all_sheets", count=len(views))
    return t("clerk.first_sheet", name=views[0].title) if name == FIRST_SHEET else name


def _row_name(number: int, view: SheetView) -> str:
    if number == FOUND:
        return t("clerk.row_found")
    cells = [str(cell) for cell in view.first_rows[number - 1] if cell is not None]
    return t("clerk.row_said", row=number, said="、".join(cells)[:60] or words.DASH)


def _pick(view: SheetView, key: str) -> dict[str, str]:
    """Let the clerk say what each column is, and return the fields by head."""
    options = ["", *ledger_settings.fields()]
    picked: dict[str, str] = {}
    lines = ledger_settings.heads_of(view)
    for start in range(0, len(lines), PER_LINE):
        for place, line in zip(st.columns(PER_LINE), lines[start : start + PER_LINE], strict=False):
            samples = " · ".join(sample[:16] for sample in line.samples) or words.DASH
            place.markdown(t("clerk.head", head=tables.plain(line.head), samples=tables.plain(samples)))
            picked[line.head] = place.selectbox(
                line.head, options, index=options.index(line.field), format_func=_field_name, key=f"column_{key}_{line.head}",
                label_visibility="collapsed",
            )  # fmt: skip
    return picked


def _field_name(field: str) -> str:
    return t(f"field.{field}") if field else t("clerk.unused")


def _saving(survey: Survey, ledger: int, looked: tuple[SheetView, Sequence[SheetView]], chosen: tuple[dict[str, Any], Mapping[str, str]]) -> None:
    view, views = looked
    changes, picked = chosen
    spec = survey.county.facilities[ledger]
    try:
        stated = ledger_settings.column_settings(spec, view, picked)
        ledger_settings.check_everywhere(views, stated)
    except PlanningError as error:
        st.warning(tables.plain(error.say(words.lang())), icon=":material/warning:")
        return
    if stated != spec.columns:
        changes["columns"] = stated or None
    _check_state.show_refused("columns")
    text, button = st.columns([4, 1], vertical_alignment="center")
    text.caption(t("clerk.settings_changed", keys="、".join(changes)) if changes else t("clerk.settings_same"))
    button.button(
        t("clerk.save_columns"), key="save_columns", type="primary", icon=":material/save:", width="stretch", disabled=not changes,
        on_click=partial(_save, survey, ledger, changes),
    )  # fmt: skip


def _save(survey: Survey, ledger: int, changes: Mapping[str, Any]) -> None:
    with _check_state.saving("columns"):
        ledger_settings.save_settings(survey, ledger, changes)
        _check_state.recheck(survey.folder, t("clerk.settings_saved"))
