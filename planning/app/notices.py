"""What the planner is told once: at the head of the page, or inside a part that is redrawn by itself."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from layers.errors import PlanningError
from planning.app import session, tables, words

_ICONS = {"error": ":material/error:", "warning": ":material/warning:", "success": ":material/check_circle:"}


def show() -> None:
    """Show what has been told since the last time, with the findings behind an error."""
    kinds: dict[str, Callable[..., object]] = {"error": st.error, "warning": st.warning, "success": st.success}
    for kind, told in session.notices():
        sentence = told.say(words.lang()) if isinstance(told, PlanningError) else told
        kinds[kind](tables.plain(sentence), icon=_ICONS[kind])
        if isinstance(told, PlanningError) and told.faults:
            tables.show(tables.faults(told.faults), height=240)
