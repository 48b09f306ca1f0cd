"""What the pages say, in the language the planner has chosen."""

from __future__ import annotations

import math
from typing import cast

import streamlit as st

from layers import texts
from layers.texts import Language
from layers.types import FacilityType, Reach
from planning.workbench import percent

LANGUAGES: dict[Language, str] = {"zh": "中文", "en": "English"}
DASH = "—"


def lang() -> Language:
    """Return the language of this session; Chinese at first."""
    return cast("Language", st.session_state.get("in_language", "zh"))


def t(code: str, /, **values: object) -> str:
    """Return a sentence of ``app`` in the language of this session."""
    return texts.say(f"app.{code}", lang(), **values)


def said(code: str, /, **values: object) -> str:
    """Return any sentence of the catalogue in the language of this session, with its repair."""
    return texts.say(code, lang(), **values) + texts.repair(code, lang(), **values)


def stage(code: str) -> str:
    """Return what slow work says it is doing; the code itself is never shown."""
    return texts.say(code, lang()) if code in texts.codes() else t("job.working")


def kind_name(kind: FacilityType) -> str:
    """Return a facility type's name."""
    return kind.name_zh if lang() == "zh" else kind.name_en


def group(name: str) -> str:
    """Return a demand group's name, as the plate prints it."""
    code = f"publish.group.{name}"
    return texts.say(code, lang()) if code in texts.codes() else name


def whole(value: float) -> str:
    """Return a count as people read it, a dash where it is unknown."""
    return DASH if _missing(value) else f"{value:,.0f}"


def change(value: float) -> str:
    """Return a change of a count with its sign."""
    return DASH if _missing(value) else f"{value:+,.0f}"


def delta(value: float) -> str | None:
    """Return a change as a metric shows it beside its arrow; None where nothing changes or nobody knows."""
    return None if _missing(value) or round(value) == 0 else change(value)


def share(value: float) -> str:
    """Return a share as a percentage."""
    return DASH if _missing(value) else percent(value)


def share_delta(value: float) -> str | None:
    """Return a change of a share in percentage points as a metric shows it; None where nothing changes or nobody knows."""
    return None if _missing(value) or round(value, 4) == 0 else t("unit.points", value=value * 100)


def reach_name(reach: Reach) -> str:
    """Return a service standard in words: mode, threshold, and the time beside a radius."""
    mode = t(f"mode.{reach.mode}")
    if reach.radius_m is None:
        return t("reach.time", mode=mode, minutes=reach.time_min)
    if reach.time_min is None:
        return t("reach.radius", mode=mode, metres=reach.radius_m)
    return t("reach.both", mode=mode, metres=reach.radius_m, minutes=reach.time_min)


def unit(kind: FacilityType) -> str:
    """Return the unit of a type's capacity."""
    return t(f"unit.{kind.capacity_unit}")


def _missing(value: float | None) -> bool:
    return value is None or math.isnan(value)
