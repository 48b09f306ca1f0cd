"""The rows of a ledger in which something was found, to be corrected, struck out or found true."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeAlias

import pandas as pd
import streamlit as st

from layers.errors import Fault, PlanningError
from layers.readers.ledger_views import SheetView
from layers.revising import EDITABLE, Revision
from layers.revising.changes import shown
from planning.app import repairing, tables, words
from planning.app.pages import _check_state
from planning.app.words import t
from planning.workbench import ledger_desk, ledger_marks
from planning.workbench.ledger_desk import ProblemRow
from planning.workbench.surveys import Survey

GRADES = ("error", "warning", "note")
LINE, WRAPPED, MOST = 36, 72, 620
Marked: TypeAlias = Sequence[tuple[Sequence[Fault], str]]


def part(survey: Survey, ledger: int, views: Sequence[SheetView]) -> None:
    """Draw what was found in a ledger and how it can be repaired."""
    faults = survey.faults_of(ledger)
    counted = survey.rows_of(ledger)
    st.caption(t("clerk.counted", read=counted.read, kept=counted.kept, excluded=counted.excluded))
    editable = survey.county.facilities[ledger].file.lower().endswith(EDITABLE)
    if editable:
        _certain(survey, ledger, views, faults)
    grades = _grades(survey, ledger)
    chosen = [fault for fault in faults if fault.severity in grades]
    rows = ledger_desk.problem_rows(chosen, views)
    _of_the_file(survey, ledger_desk.without_row(chosen, rows))
    if not rows:
        st.success(t("clerk.no_rows"), icon=":material/check_circle:")
        return
    if not editable:
        st.info(t("clerk.not_editable"), icon=":material/info:")
    _grids(survey, ledger, views, rows)


def _grades(survey: Survey, ledger: int) -> list[str]:
    counts = {grade: survey.count_of(ledger, grade) for grade in GRADES}
    serious = [grade for grade in GRADES[:2] if counts[grade]]
    return st.pills(
        t("column.severity"), GRADES, selection_mode="multi", default=serious, key=f"check_grades_{ledger}_{'_'.join(serious)}",
        format_func=lambda grade: t("clerk.part_count", part=tables.severity_name(grade), count=counts[grade]), label_visibility="collapsed",
    )  # fmt: skip


def _certain(survey: Survey, ledger: int, views: Sequence[SheetView], faults: Sequence[Fault]) -> None:
    revision = ledger_desk.certain_revision(faults, views, survey.county.facilities[ledger].file, t("clerk.repeats"))
    if not revision:
        return
    with st.container(border=True, key="certain"):
        text, button = st.columns([4, 1], vertical_alignment="center")
        text.markdown(t("clerk.certain", cells=len(revision.cells), rows=len(revision.struck)))
        button.button(
            t("clerk.certain_button"), key="certain_repairs", icon=":material/auto_fix_high:", width="stretch",
            on_click=partial(_save, survey, ledger, (revision, ()), views, "certain"),
        )  # fmt: skip
        _check_state.show_refused("certain")
        few = len(revision.cells) + len(revision.struck) <= 6
        number = st.column_config.NumberColumn(width=60, format="plain")
        tables.show(_before_after(revision), height="content" if few else 240, columns={t("column.row"): number})


def _before_after(revision: Revision) -> pd.DataFrame:
    told = [[change.sheet, change.row, change.head, shown(change.before), shown(change.after)] for change in revision.cells]
    told += [[strike.sheet, strike.row, t("clerk.whole_row"), strike.said, t("clerk.struck")] for strike in revision.struck]
    frame = pd.DataFrame(told, columns=["sheet", "row", "head", "before", "after"])
    return tables.headed(frame, [name for name in frame.columns if name != "sheet" or frame["sheet"].any()])


def _of_the_file(survey: Survey, faults: Sequence[Fault]) -> None:
    """Show findings that belong to no row; a warning may be found true where it stands."""
    _check_state.show_refused("mark")
    for number, fault in enumerate(fault for fault in faults if fault.severity != "note"):
        text, button = st.columns([5, 1], vertical_alignment="center")
        tell = text.error if fault.severity == "error" else text.warning
        tell(tables.plain(fault.say(words.lang()) + fault.repair(words.lang())))
        if fault.severity == "warning":
            button.button(t("clerk.checked"), key=f"mark_{number}", on_click=partial(_mark, survey, [fault]), width="stretch")
    notes = [fault for fault in faults if fault.severity == "note"]
    if notes:
        tables.show(tables.headed(pd.DataFrame({"message": [fault.say(words.lang()) for fault in notes]}), ["message"]))


def _grids(survey: Survey, ledger: int, views: Sequence[SheetView], rows: Sequence[ProblemRow]) -> None:
    st.caption(t("clerk.how"))
    groups = repairing.sheet_groups(rows)
    title = next(iter(groups))
    if len(groups) > 1:
        title = st.selectbox(
            t("column.sheet"), list(groups), format_func=lambda name: t("clerk.part_count", part=name, count=len(groups[name])),
            key=f"check_sheet_{ledger}",
        )  # fmt: skip
    here = groups[title]
    before = repairing.grid(here, words.lang())
    key = f"grid_{survey.inputs.get(survey.county.facilities[ledger].file, '')[:12]}_{title}_{len(here)}_{words.lang()}"
    editable = survey.county.facilities[ledger].file.lower().endswith(EDITABLE)
    after = st.data_editor(
        before, hide_index=True, key=key, row_height=WRAPPED, height=min(LINE + 2 + WRAPPED * len(here), MOST), width="stretch",
        column_config=_columns(here, before), placeholder=words.DASH,
        disabled=[repairing.ROW, repairing.PROBLEM, *([] if editable else [str(name) for name in before.columns[4:]])],
    )  # fmt: skip
    _saving(survey, ledger, views, (here, before, after))


def _columns(rows: Sequence[ProblemRow], grid: pd.DataFrame) -> dict[str, Any]:
    acts = {repairing.STRIKE: t("clerk.strike"), repairing.CHECKED: t("clerk.checked")}
    text = st.column_config.TextColumn
    faulty = set().union(*(row.faulty() for row in rows))
    cells = repairing.cells_of(rows)
    return {
        repairing.ROW: st.column_config.NumberColumn(t("column.row"), width=46, format="plain", pinned=True),
        repairing.PROBLEM: text(t("column.message"), width=360, pinned=True),
        repairing.ACT: st.column_config.SelectboxColumn(
            t("clerk.act"), options=list(acts), format_func=lambda act: acts.get(str(act), ""), width=92, help=t("clerk.act_help")
        ),
        repairing.WHY: text(t("clerk.why"), width=92, help=t("clerk.why_help")),
        **{
            f"c{column}": text(
                t("clerk.faulty", head=head) if column in faulty else head, width=116 if repairing.is_short(grid, f"c{column}") else 150
            )
            for head, column in cells
        },
    }


def _saving(survey: Survey, ledger: int, views: Sequence[SheetView], grid: tuple[Sequence[ProblemRow], pd.DataFrame, pd.DataFrame]) -> None:
    rows, before, after = grid
    revision, refused = Revision(), None
    checked: dict[int, str] = {}
    try:
        changes, checked = repairing.entered(before, after)
        revision = ledger_desk.revision_of(rows, changes)
    except PlanningError as error:
        refused = error
    _check_state.show_refused("rows")
    left, middle, right = st.columns([2, 3, 1], vertical_alignment="bottom")
    left.text_input(t("clerk.by"), key="in_check_by", placeholder=t("clerk.by_hint"))
    if refused is not None:
        middle.warning(tables.plain(refused.say(words.lang())))
    else:
        middle.caption(t("clerk.pending", cells=len(revision.cells), rows=len(revision.struck), marks=len(checked)))
    marked = [(rows[place].faults, why) for place, why in checked.items()]
    idle = refused is not None or not (revision or checked)
    right.button(
        t("clerk.save"), key="save_ledger", type="primary", icon=":material/save:", width="stretch", disabled=idle,
        on_click=partial(_save, survey, ledger, (revision, marked), views),
    )  # fmt: skip


def _save(survey: Survey, ledger: int, what: tuple[Revision, Marked], views: Sequence[SheetView], part: str = "rows") -> None:
    revision, marked = what
    said = []
    with _check_state.saving(part):
        if marked:
            said.append(t("clerk.marked", count=_mark_all(survey, marked)))
        if revision:
            version = ledger_desk.save_revision(survey, ledger, revision, views)
            said.append(t("clerk.saved", number=version.number, cells=len(revision.cells), rows=len(revision.struck)))
    if said:
        _check_state.recheck(survey.folder, " ".join(said))


def _mark(survey: Survey, faults: Sequence[Fault]) -> None:
    with _check_state.saving("mark"):
        count = _mark_all(survey, [(faults, "")])
        _check_state.recheck(survey.folder, t("clerk.marked", count=count))


def _mark_all(survey: Survey, marked: Marked) -> int:
    return len(ledger_marks.mark_checked(survey, marked, by=str(st.session_state.get("in_check_by", "")).strip()))
