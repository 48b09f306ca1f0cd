"""The file of a ledger: brought, exchanged, taken away, and its versions."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath
from typing import Any

import pandas as pd
import streamlit as st

from layers.errors import PlanningError
from layers.history import Version
from layers.types import facility_types
from planning.app import tables, words
from planning.app.pages import _check_state
from planning.app.words import t
from planning.workbench import ledger_desk, ledger_files
from planning.workbench.datum_desk import ASKED
from planning.workbench.surveys import Survey

FORMATS = [suffix.lstrip(".") for suffix in ledger_files.FORMATS]


def adding(survey: Survey) -> None:
    """Draw where a further ledger is brought."""
    with st.popover(t("clerk.add"), icon=":material/add:", width="stretch"):
        st.caption(t("clerk.add_intro"))
        _check_state.show_refused("add")
        file = st.file_uploader(t("clerk.upload"), type=[*FORMATS, "xls"], key=f"add_ledger_{len(survey.county.facilities)}")
        datum = st.selectbox(
            t("clerk.datum"), ["", *ASKED], format_func=lambda name: name or t("clerk.judge"), key="in_add_datum", help=t("clerk.judge_help")
        )  # fmt: skip
        kinds = facility_types()
        kind = st.selectbox(
            t("clerk.type"), ["", *kinds], format_func=lambda key: words.kind_name(kinds[key]) if key else t("clerk.type_column"), key="in_add_type"
        )  # fmt: skip
        st.button(
            t("clerk.add_button"), key="add_ledger", type="primary", disabled=file is None, width="stretch",
            on_click=partial(_add, survey, file, (datum, kind)),
        )  # fmt: skip


def part(survey: Survey, ledger: int) -> None:
    """Draw the file of a ledger, what may take its place, and its versions."""
    spec = survey.county.facilities[ledger]
    path = ledger_desk.file_of(survey, ledger)
    _check_state.show_refused("files")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(t("clerk.file_is", file=tables.plain(spec.file)))
        if path.is_file():
            st.download_button(t("clerk.download"), path.read_bytes, file_name=path.name, icon=":material/download:", key="download_ledger")
    with right:
        file = st.file_uploader(t("clerk.replace"), type=[*FORMATS, "xls"], key=f"replace_{ledger}_{survey.inputs.get(spec.file, '')[:8]}")
        st.caption(t("clerk.replace_intro"))
        st.button(
            t("clerk.replace_button"), key="replace_ledger", icon=":material/swap_horiz:", disabled=file is None,
            on_click=partial(_replace, survey, ledger, file),
        )  # fmt: skip
    _versions(survey, ledger)
    _changes(survey, spec.file)


def _versions(survey: Survey, ledger: int) -> None:
    kept = {version.number: version for version in reversed(ledger_desk.ledger_versions(survey, ledger))}
    st.markdown(t("clerk.versions"))
    if not kept:
        st.caption(t("clerk.no_versions"))
        return
    choice, restore, download = st.columns([4, 1, 1], vertical_alignment="bottom")
    number = choice.selectbox(
        t("shelf.version"), list(kept), format_func=lambda number: _version(kept[number]), key=f"ledger_version_{ledger}_{len(kept)}"
    )  # fmt: skip
    now = survey.inputs.get(survey.county.facilities[ledger].file) == kept[number].sha256
    restore.button(
        t("clerk.restore"), key="restore_ledger", icon=":material/history:", disabled=now, width="stretch",
        on_click=partial(_restore, survey, ledger, number), help=t("clerk.restore_help"),
    )  # fmt: skip
    name = PurePosixPath(survey.county.facilities[ledger].file)
    try:
        content = ledger_desk.ledger_version(survey, ledger, number)
    except PlanningError as error:
        st.caption(tables.plain(error.say(words.lang())))
        return
    download.download_button(
        t("clerk.download_version"), content, file_name=f"{name.stem}-{number}{name.suffix}", key="download_version", width="stretch"
    )  # fmt: skip


def _version(version: Version) -> str:
    return t("shelf.version_line", number=version.number, when=version.shown_when, user=version.user, kind=words.said(f"saving.kind.{version.kind}"))


def _changes(survey: Survey, file: str) -> None:
    told = [
        [version.number, change.sheet, change.row, change.head or t("clerk.whole_row"), change.before, change.after, change.why, version.shown_when]
        for named, change, version in ledger_desk.changes_of(survey)
        if named == file
    ]
    if told:
        st.markdown(t("clerk.changes"))
        names = ["version", "sheet", "row", "head", "before", "after", "why", "when"]
        frame = pd.DataFrame(reversed(told), columns=names)
        tables.show(
            tables.headed(frame, [name for name in names if name != "sheet" or frame["sheet"].any()]), height=240 if len(told) > 6 else "content"
        )


def _add(survey: Survey, file: Any, said: tuple[str, str]) -> None:  # noqa: ANN401 - an uploaded file, whose type Streamlit keeps to itself
    with _check_state.saving("add"):
        brought = ledger_files.add_ledger(survey, file.name, file.getvalue(), datum=said[0], type=said[1])
        _check_state.recheck(survey.folder, t("clerk.added", file=brought.file), anew=True)


def _replace(survey: Survey, ledger: int, file: Any) -> None:  # noqa: ANN401 - as above
    with _check_state.saving("files"):
        brought = ledger_files.replace_ledger(survey, ledger, file.name, file.getvalue())
        said = t("clerk.replaced", file=brought.file, number=brought.version.number)
        if brought.changes:
            said += t("clerk.dropped", keys="、".join(brought.changes))
        _check_state.recheck(survey.folder, said, anew=True)


def _restore(survey: Survey, ledger: int, number: int) -> None:
    with _check_state.saving("files"):
        ledger_desk.restore_ledger(survey, ledger, number)
        _check_state.recheck(survey.folder, t("clerk.restored", number=number))
