"""How numbers and sentences are shown on plates, maps and in tables; rounding happens here and nowhere before (convention 6)."""

from __future__ import annotations

import math

from layers.texts import Language, codes, say
from layers.types import Reach
from planning.evaluation import Evaluation
from planning.publish.aims import aim_of, is_weighted, second_aim_of
from planning.publish.sheet import Sheet
from planning.publish.sites import Site


def number(value: float, digits: int = 0) -> str:
    """Return a number with thousands separated; a dash where it is unknown."""
    return "—" if math.isnan(value) else f"{value:,.{digits}f}"


def percent(share: float, digits: int = 1) -> str:
    """Return a share as per cent; never 100 % while somebody is left out, never 0 % while somebody is served."""
    shown = round(100 * share, digits)
    least = 10.0**-digits
    if share < 1 and shown >= 100:
        shown = 100 - least
    if share > 0 and shown <= 0:
        shown = least
    return f"{shown:.{digits}f}%"


def unit(sheet: Sheet, key: str) -> str:
    """Return the capacity unit of a facility type of the sheet, empty for an unknown type."""
    from layers.types import facility_types

    kind = facility_types().get(key)
    return "" if kind is None else sheet.say(f"unit.{kind.capacity_unit}")


def demand_group(sheet: Sheet, group: str) -> str:
    """Return a demand group's name; its key where it has none."""
    return sheet.say(f"group.{group}") if f"publish.group.{group}" in codes() else group


def reach_sentence(sheet: Sheet, reach: Reach | None) -> str:
    """Return a service standard as a planner reads it."""
    return sheet.say("no_reach") if reach is None else standard(reach, sheet.imprint.lang)


def standard(reach: Reach, lang: Language) -> str:
    """Return a reach in words: mode and radius or minutes."""
    mode = say(f"publish.mode.{reach.mode}", lang)
    if reach.unit == "m":
        return say("publish.reach_m", lang, mode=mode, radius=number(reach.threshold))
    return say("publish.reach_min", lang, mode=mode, minutes=f"{reach.threshold / 60:g}")


def reason(sheet: Sheet, evaluation: Evaluation | None) -> str:
    """Return why a type was not evaluated."""
    if evaluation is None:
        return sheet.say("not_asked")
    if not evaluation.reason:
        return sheet.say("no_reach")
    return say(evaluation.reason, sheet.imprint.lang) if evaluation.reason in codes() else evaluation.reason


def plan_sentence(sheet: Sheet) -> str:
    """Return how the proposal was found and how good it is known to be; empty without one."""
    plan = sheet.plan
    if plan is None:
        return ""
    lang = sheet.imprint.lang
    reach = None if sheet.main.key not in sheet.evaluations_after else sheet.evaluations_after[sheet.main.key].requirement
    unit_ = "m" if reach is None else reach.unit
    aim, second = aim_of(plan.model, unit_, weighted=is_weighted(plan)), second_aim_of(plan.model, unit_)
    status = sheet.say(f"status.{plan.status}", gap=percent(plan.gap, 2) if math.isfinite(plan.gap) else "—")
    told = sheet.say("plan_second", aim=second.title(lang), value=second.amount(plan.second_value, lang)) if second else ""
    values = {"model": say(f"siting.model.{plan.model}", lang), "aim": aim.title(lang), "value": aim.amount(plan.value, lang)}
    return sheet.say("plan", **values, second=told, status=status, opened=len(plan.opened), greedy=aim.amount(plan.greedy_value, lang))


def size_change(sheet: Sheet, site: Site) -> str:
    """Return a site's capacity, with the present one where it changes, and what it becomes or goes into."""
    before, after = float(site.capacity_before), float(site.capacity)
    name = unit(sheet, site.type)
    if site.action == "merge":
        number_ = sheet.sites["number"].get(site.into)
        goes = sheet.say("given_up") if number_ is None else sheet.say("into_number", number=number_)
        return f"{_size(before, sheet)} {name} {goes}"
    if site.action == "convert":
        return sheet.say("becomes", kind=sheet.kind_name(site.type))
    if site.action == "new" or before == after or (math.isnan(before) and math.isnan(after)):
        return f"{_size(after, sheet)} {name}" if not math.isnan(after) else _area(site, sheet)
    return f"{_size(before, sheet)} → {_size(after, sheet)} {name}"


def _area(site: Site, sheet: Sheet) -> str:
    """Return the floor area of a site whose capacity is unknown: norms of many types speak of nothing else."""
    return _size(float(site.floor_area), sheet) if math.isnan(float(site.floor_area)) else f"{number(float(site.floor_area))} m²"


def _size(value: float, sheet: Sheet) -> str:
    return sheet.say("unknown") if math.isnan(value) else number(value)


def crs_sentence(sheet: Sheet) -> str:
    """Return coordinate system and height datum as a sheet notes them."""
    crs = sheet.facts.crs
    authority = crs.to_authority()
    code = ":".join(authority) if authority else ""
    name = crs.name
    if authority and authority[0] == "EPSG" and 4534 <= int(authority[1]) <= 4554:
        return sheet.say("crs_china", meridian=75 + 3 * (int(authority[1]) - 4534), code=code)
    return sheet.say("crs_other", name=name, code=code)
