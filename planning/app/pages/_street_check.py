"""路网核查: every fault of the streets with its place, rows and people, in a table and on a map."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd
import streamlit as st

from planning.app import figures, session, tables, words
from planning.app.map import component, faults
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import StreetCheck, StreetFault, Workbench, street_check

MAP = "street_check_map"
KEPT = "street_check"
TABLE = "in_check_streets"


@st.fragment
def part(desk: Desk) -> None:
    """Draw the part of the page; choosing a fault redraws nothing else."""
    st.subheader(t("street_check.title"), anchor=False)
    with session.guarded():
        check = _check(desk.bench)
        found = listed(check)
        st.caption(t("street_check.intro", group=words.group(check.group)))
        if not found:
            st.success(t("street_check.none"), icon=":material/check_circle:")
            return
        left, right = st.columns([5, 4], gap="medium")
        with left:
            chosen = _table(found)
        with right:
            options = {"chosen": chosen, "send_ground": session.must_send(desk.ground), "attribution": figures.attribution(desk), "height": 560}
            component.show(MAP, faults.data(desk.bench.facts, desk.raster, desk.ground, found, options), _heard)
        if chosen:
            _told(found[chosen - 1], chosen)


def listed(check: StreetCheck) -> list[StreetFault]:
    """Return the faults that have a place or people, the gravest first; their numbers are their places in the list."""
    shown = [item for item in check.found if "people" in item.fault.values]
    return sorted(shown, key=lambda item: tables.SEVERITIES.index(item.fault.severity))


def _check(bench: Workbench) -> StreetCheck:
    """Return the check-up, kept for the next redraw of the same county."""
    kept = cast("tuple[Workbench, StreetCheck] | None", st.session_state.get(KEPT))
    if kept is None or kept[0] is not bench:
        with st.spinner(t("street_check.working")):
            kept = (bench, street_check(bench))
        st.session_state[KEPT] = kept
    return kept[1]


def _table(found: list[StreetFault]) -> int:
    """Show the faults; return the number of the one that is chosen, 0 for none."""
    rows = [_row(number, item) for number, item in enumerate(found, 1)]
    columns = ["number", "severity", "fault", "township", "rows", "metres", "here"]
    frame = pd.DataFrame(rows, columns=columns)
    frame = frame.assign(**{name: figures.counted(frame[name]) for name in ("metres", "here")})
    shown = tables.headed(frame, columns)
    widths: dict[str, Any] = {t(f"column.{name}"): st.column_config.TextColumn(width=width) for name, width in _WIDTHS.items()}
    narrow = {column: {**config, "width": _COUNT} for column, config in tables.counts("metres", "here").items()}
    numbers = {**narrow, t("column.number"): st.column_config.NumberColumn(width=40)}
    state = st.dataframe(
        shown, hide_index=True, width="stretch", height=560 if len(shown) > 14 else "content", column_config={**widths, **numbers},
        on_select="rerun", selection_mode="single-row", key=TABLE, placeholder=words.DASH,
    )  # fmt: skip
    picked = cast("dict[str, Any]", state).get("selection", {}).get("rows", [])
    return int(picked[0]) + 1 if picked and picked[0] < len(found) else 0


_WIDTHS = {"severity": 60, "fault": 156, "township": 70, "rows": 86}
_COUNT = 70


def _row(number: int, item: StreetFault) -> dict[str, Any]:
    known, fault = item.fault.values, item.fault
    rows = cast("list[int]", known.get("rows", []))
    first = fault.row or next(iter(rows), "")
    kind = t(f"street_check.kind.{item.kind}")
    return {
        "number": number,
        "severity": tables.severity_name(fault.severity),
        "fault": t("street_check.valued", kind=kind, value=fault.value) if fault.value else kind,
        "township": known.get("township_name", ""),
        "rows": f"{first} (+{len(rows) - 1})" if len(rows) > 1 else str(first),
        "metres": known.get("metres"),
        "here": known["people"],
    }


def _told(item: StreetFault, number: int) -> None:
    """Say all of the chosen fault, with what to do."""
    fault = item.fault
    text = t("street_check.told", number=number, kind=t(f"street_check.kind.{item.kind}"), text=fault.say(words.lang()))
    st.info(tables.plain(f"{text} {fault.repair(words.lang())}"), icon=":material/pin_drop:")


def _heard() -> None:
    session.heard(MAP)
