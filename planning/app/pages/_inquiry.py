"""The card of a population cell: its people, the facility they go to, how far it is, and the second choice."""

from __future__ import annotations

import math

import streamlit as st

from layers.types import Reach
from planning.app import tables, words
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import Inquiry, Trip

COLOURS = {"covered": "green", "uncovered": "orange", "unreachable": "violet"}
CHOICES = ("nearest", "second")


def card(desk: Desk, inquiry: Inquiry | None, reach: Reach) -> None:
    """Draw the card of a cell; where none lies, say so."""
    if inquiry is None:
        st.caption(t("inquiry.no_cell"))
        return
    township = desk.bench.facts.outlines.township_name(inquiry.township) if inquiry.township else t("area.unassigned")
    colour, state = COLOURS[inquiry.state], t(f"state.{inquiry.state}")
    with st.container(border=True, key="cell_card"):
        st.markdown(f"**{t('inquiry.cell', cell=inquiry.cell)}** · {tables.plain(township)} :{colour}-badge[{state}]")
        st.caption(" · ".join(_people(inquiry)))
        for name, trip in zip(CHOICES, inquiry.trips, strict=False):
            st.markdown(_trip(name, trip, reach))
        st.caption(_below(inquiry))


def _people(inquiry: Inquiry) -> list[str]:
    """Return the people of the demand group first, then the others."""
    groups = sorted(inquiry.groups, key=lambda group: group != inquiry.group)
    return [tables.plain(t("inquiry.people", group=words.group(group), people=f"{inquiry.groups[group]:,.1f}")) for group in groups]


def _trip(name: str, trip: Trip, reach: Reach) -> str:
    """Return a choice in words; the nearest beside the standard."""
    mode = t(f"mode.{reach.mode}")
    line = t("inquiry.cost", mode=mode, cost=cost(trip.cost, reach))
    if name == "nearest":
        inside = round(trip.cost, 3) <= round(reach.threshold, 3)
        line = f"{line} · {t('inquiry.inside' if inside else 'inquiry.beyond', threshold=cost(reach.threshold, reach))}"
    return f"{t(f'inquiry.{name}')} **{tables.plain(trip.name)}**  \n{tables.plain(line)}"


def _below(inquiry: Inquiry) -> str:
    if inquiry.reason == "far":
        return t("inquiry.far", access=math.ceil(inquiry.access), snap=inquiry.snap_m)
    if inquiry.reason:
        return t(f"inquiry.{inquiry.reason}")
    drawn = all(trip.line for trip in inquiry.trips)
    said = t("inquiry.access", access=inquiry.access) if drawn else t("inquiry.told")
    return said if len(inquiry.trips) > 1 else f"{t('inquiry.no_second')} {said}"


def cost(value: float, reach: Reach) -> str:
    """Return a cost in metres or minutes, with as many digits as it takes to see on which side of the standard it is."""
    scale, digits = (1.0, 0) if reach.unit == "m" else (60.0, 1)
    while digits < 4 and round(value / scale, digits) == round(reach.threshold / scale, digits) and round(value, 3) != round(reach.threshold, 3):
        digits += 1
    return t("inquiry.metres" if reach.unit == "m" else "inquiry.minutes", number=f"{value / scale:,.{digits}f}".removesuffix(".0"))
