"""Figures along streets that have just been changed: on a large network they are worked out beside the page, which does not wait."""

from __future__ import annotations

import streamlit as st

from layers.progress import Progress
from planning.app import session
from planning.app.drafting import Draft
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import Evaluation
from scenarios.state import State

LARGE = 40_000
"""Segments from which on searching a changed network anew takes longer than a click may."""


def awaited(desk: Desk, draft: Draft, state: State, key: str, requirement: str | None) -> bool:
    """Return whether the figures of a scenario are still being worked out along its changed streets.

    The work is started where it has not been; once it has ended, or the planner has stopped it, the page asks for the figures as for any others.
    """
    if not state.streets or len(desk.bench.facts.streets.tail) < LARGE:
        return False
    begun = st.session_state.get("streets_job")
    if begun is not None and begun[0] == (state.streets, key, requirement):
        return session.job() is begun[1]
    if session.job() is not None:
        return False
    _begin(desk, draft, state, key, requirement)
    return True


def _begin(desk: Desk, draft: Draft, state: State, key: str, requirement: str | None) -> None:
    def work(progress: Progress) -> Evaluation:
        return desk.bench.measure_type(key, draft.scenario, requirement=requirement, state=state, progress=progress)

    session.start(t("job.streets"), work, lambda _: None)
    st.session_state["streets_job"] = ((state.streets, key, requirement), session.job())
    st.rerun()  # all of the page, which then shows how far the work is
