"""The county under repair: what is known of its ledgers, and the check after each change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import cast

import streamlit as st

from layers.county import FacilityLedger
from layers.errors import Cancelled, PlanningError
from layers.probation.trial import view_ledger
from layers.progress import Progress
from layers.readers.ledger_views import SheetView
from planning.app import session, tables, words
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench.surveys import Survey, survey_folder, survey_of

LARGE = 1_500_000
"""Bytes from which on looking into a ledger may take longer than a click, and is done beside the page."""


def survey_open(desk: Desk) -> Survey:
    """Return what is known of the ledgers of the county that is open."""
    kept = st.session_state.get("surveyed")
    if kept is None or kept[0] is not desk:
        kept = st.session_state["surveyed"] = (desk, survey_of(desk.bench))
    return cast("Survey", kept[1])


def survey_shut(folder: Path) -> Survey | None:
    """Return what is known of the ledgers of a county that could not be opened; None while it is being read, or could not be."""
    found = cast("Survey | None", st.session_state.get("survey"))
    if found is None and session.job() is None and st.session_state.get("survey_begun") != str(folder):
        begin_survey(folder)
        st.rerun()
    return found


def begin_survey(folder: Path) -> None:
    """Read a county that could not be opened, ledger by ledger, as slow work."""
    st.session_state["survey_begun"] = str(folder)
    session.start(t("job.check", folder=folder.name), lambda progress: survey_folder(folder, progress=progress), _surveyed)


def recheck(folder: Path, said: str, *, anew: bool = False) -> None:
    """Check a county whose files have just been changed; it is closed until that has been done.

    Parameters
    ----------
    folder : Path
    said : str
        What was done, told together with what the check finds.
    anew : bool
        Whether findings are counted from here on, as the files are others.
    """
    if anew:
        counts().pop(str(folder), None)
    session.get_up(folder)
    session.keep_shut(folder)
    st.session_state["survey_begun"] = str(folder)

    def work(progress: Progress) -> Desk | Survey:
        try:
            return session.lay_out(folder, progress)
        except Cancelled:
            raise
        except PlanningError:
            return survey_folder(folder, progress=progress)

    session.start(t("job.check", folder=folder.name), work, partial(_rechecked, said))


def _rechecked(said: str, found: Desk | Survey) -> None:
    session.tell(said)
    if isinstance(found, Desk):
        session.sit_down(found)
    else:
        _surveyed(found)


def _surveyed(survey: Survey) -> None:
    st.session_state["survey"] = survey


@contextmanager
def saving(part: str) -> Iterator[None]:
    """Like :func:`planning.app.session.acting`; what is refused is shown beside the button, and a conflict says what to do about it on this page.

    Parameters
    ----------
    part : str
        Where :func:`show_refused` shows it.
    """
    with session.acting():
        try:
            yield
        except PlanningError as error:
            clash = error.code == "saving.conflict"
            st.session_state["desk_refused"] = part, PlanningError("desk.conflict", faults=error.faults, **error.values) if clash else error


def show_refused(part: str) -> None:
    """Show once what was refused in this part of the page."""
    told = st.session_state.get("desk_refused")
    if told is not None and told[0] == part:
        st.session_state.pop("desk_refused")
        st.error(tables.plain(told[1].say(words.lang())), icon=":material/error:")


def counts() -> dict[str, list[int]]:
    """Return the numbers of errors and warnings that checks have found, by folder, the first check first."""
    return cast("dict[str, list[int]]", st.session_state.setdefault("check_counts", {}))


def count(survey: Survey) -> list[int]:
    """Take note of how many errors and warnings a county has, once for each check, and return all numbers."""
    known = counts().setdefault(str(survey.folder), [])
    if st.session_state.get("counted") is not survey:
        st.session_state["counted"] = survey
        known.append(survey.serious)
    return known


def views(survey: Survey, ledger: int, changes: Mapping[str, object] | None = None) -> tuple[SheetView, ...] | None:
    """Return the sheets of a ledger, also as other settings would have it read; None while a large one is being looked into.

    Raises
    ------
    PlanningError
        When the file cannot be opened as what it is.
    """
    spec = survey.county.facilities[ledger].model_copy(update=dict(changes or {}))
    key = hashlib.sha256(f"{survey.folder}|{survey.inputs.get(spec.file)}|{spec!r}".encode()).hexdigest()
    kept: dict[str, tuple[SheetView, ...] | PlanningError] = st.session_state.setdefault("ledger_views", {})
    if key not in kept:
        look = _looking(survey.folder, spec)
        path = survey.folder / spec.file
        if path.is_file() and path.stat().st_size > LARGE:
            if session.job() is None:
                session.start(t("job.look", file=path.name), lambda _: look(), partial(_looked, key))
                st.rerun()
            return None
        _looked(key, look())
    found = kept[key]
    if isinstance(found, PlanningError):
        raise found
    return found


def _looking(folder: Path, spec: FacilityLedger) -> Callable[[], tuple[SheetView, ...] | PlanningError]:
    def look() -> tuple[SheetView, ...] | PlanningError:
        try:
            return view_ledger(folder, spec)
        except PlanningError as error:
            return error

    return look


def _looked(key: str, found: tuple[SheetView, ...] | PlanningError) -> None:
    kept = st.session_state["ledger_views"]
    while len(kept) >= 6:
        kept.pop(next(iter(kept)))
    kept[key] = found
