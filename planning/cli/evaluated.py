"""Evaluations as tables at a terminal: coverage, capacity against need, and the requirements that are not met."""

from __future__ import annotations

import math
from typing import Any

from layers import texts
from layers.texts import Language, say
from layers.types import CapacityDeaths, CapacityPer, PerArea, Reach, Requirement, Size, sources
from planning import workbench
from planning.cli.showing import DASH, figure, kind_name, print_line, print_table, share, whole

STATES = ("covered", "uncovered", "unreachable", "not_located")
AREAS_NAMED = 4


def print_coverage(title: str, found: dict[str, workbench.Evaluation], lang: Language) -> None:
    """Print people by state: one row per type, everybody in exactly one state, people beyond the county apart."""
    rows: list[tuple[object, ...]] = []
    for evaluation in found.values():
        name, coverage = kind_name(evaluation.kind, lang), evaluation.coverage
        if coverage is None:
            why = say("cli.not_evaluated", lang) if evaluation.reason else say("cli.no_reach", lang)
            rows.append((name, why, *[None] * 7))
            continue
        states = [coverage.totals[state] for state in STATES]
        people = (whole(sum(states)), *map(whole, states), share(coverage.covered_share), whole(coverage.outside))
        rows.append((name, workbench.standard_text(evaluation.requirement, lang), *people))
    print_table(title, _heads(("type", "standard", "people", *STATES, "share", "outside"), lang), rows)


def print_capacity(found: dict[str, workbench.Evaluation], lang: Language) -> None:
    """Print what stands and what it holds against what is needed: one row per type; unknown capacities are counted, not taken as 0."""
    rows = []
    for evaluation in found.values():
        county, standing = evaluation.county, evaluation.facilities
        off = int((standing["position"] != "located").sum())
        unit = say(f"publish.unit.{evaluation.kind.capacity_unit}", lang)
        count, unknown = int(county["facilities"]), int(county["capacity_unknown"])
        known = None if count and unknown == count else county["capacity"]
        need = (figure(county["needed"]), figure(county["available"]), figure(county["balance"], sign=True))
        rows.append((kind_name(evaluation.kind, lang), count, off, unit, figure(known), unknown, *need))
    names = ("type", "facilities", "off_street", "unit", "known_capacity", "capacity_unknown", "needed", "available", "balance")
    print_table(say("cli.capacity_title", lang), _heads(names, lang), rows)
    print_line(say("cli.capacity_note", lang))


def print_townships(evaluation: workbench.Evaluation, lang: Language) -> None:
    """Print one type by township; the county's row first, and the others add up to it."""
    rows = []
    for code, row in evaluation.townships.iterrows():
        people = (*(whole(row[name]) for name in ("people", *STATES)), share(row["covered_share"]))
        sizes = (row["facilities"], capacity_text(row), figure(row["needed"]), figure(row["available"]), figure(row["balance"], sign=True))
        rows.append((area_name(str(code), str(row["name"]), lang), *people, *sizes))
    names = ("area", "people", *STATES, "share", "facilities", "capacity", "needed", "available", "balance")
    unit = say(f"publish.unit.{evaluation.kind.capacity_unit}", lang)
    print_table(say("cli.townships", lang, type=kind_name(evaluation.kind, lang), unit=unit), _heads(names, lang), rows)


def print_unmet(found: dict[str, workbench.Evaluation], lang: Language) -> None:
    """Print every requirement that the county or an area does not meet or of which it cannot be told, why, and where it comes from."""
    rows: list[tuple[object, ...]] = []
    cited: dict[str, None] = {}
    for evaluation in found.values():
        for item in evaluation.kind.requirements:
            row = _unmet_row(evaluation, item, lang)
            if row:
                rows.append((kind_name(evaluation.kind, lang), *row))
                cited.update(dict.fromkeys(item.source))
    if not rows:
        print_line(say("cli.all_met", lang))
        return
    print_table(say("cli.unmet_title", lang), _heads(("type", "requirement_head", "now", "target", "verdict", "unmet_areas", "source"), lang), rows)
    known = sources()
    for key in sorted(cited):
        if key in known:
            print_line(f"  {key}  {known[key].zh if lang == 'zh' else known[key].en}")


def _unmet_row(evaluation: workbench.Evaluation, item: Requirement, lang: Language) -> tuple[object, ...]:
    """Return requirement, value, target, verdict with its reason, areas that fail it, and its source; nothing where all is met."""
    table = evaluation.requirements
    asked = table.loc[table["id"] == item.id]
    judged = asked.loc[asked["level"] == "county"].to_dict("records")
    failing = asked.loc[(asked["level"] != "county") & (asked["met"] == "unmet") & (asked["reason"] == "")]
    if not judged or (judged[0]["met"] == "met" and failing.empty):
        return ()
    county = judged[0]
    why = str(county["reason"])
    verdict = say(f"evaluation.met.{county['met']}", lang) + (say("cli.colon", lang) + say(why, lang) if why in texts.codes() else "")
    names = say("cli.comma", lang).join(str(name) for name in failing["area_name"].head(AREAS_NAMED))
    if len(failing) > AREAS_NAMED:
        names = say("cli.and_more", lang, names=names, count=len(failing))
    source = f"{item.id} ({say('cli.comma', lang).join(item.source)}; {say(f'publish.confidence.{item.confidence}', lang)})"
    unit = str(county["unit"])
    return (
        requirement_text(evaluation, item, lang),
        _amount(county["value"], unit, lang),
        _amount(county["target"], unit, lang),
        verdict,
        names,
        source,
    )


def requirement_text(evaluation: workbench.Evaluation, item: Requirement, lang: Language) -> str:
    """Return what a requirement asks for, in words."""
    unit = say(f"publish.unit.{evaluation.kind.capacity_unit}", lang)
    match item:
        case Reach():
            return workbench.standard_text(item, lang)
        case CapacityPer():
            return say("cli.requirement.capacity", lang, per=item.per_1000, unit=unit)
        case CapacityDeaths():
            return say("app.requirement.deaths", lang, rate=item.death_rate * 1000, years=item.years)
        case PerArea():
            return say("app.requirement.per_area", lang, area=say(f"app.area.{item.area}", lang), count=item.at_least)
        case Size():
            of = say(f"app.size.{item.of}", lang)
            least = "" if item.lo is None else say("cli.requirement.at_least", lang, lo=item.lo)
            most = "" if item.hi is None else say("cli.requirement.at_most", lang, hi=item.hi)
            bounds = say("cli.comma", lang).join(bound for bound in (least, most) if bound)
            return say("cli.requirement.size", lang, of=of, bounds=f"{bounds} {unit if item.of == 'capacity' else ''}".rstrip())
    of, over = (say(f"app.size.{name}", lang) for name in (item.numerator, item.denominator))
    return say("app.requirement.ratio", lang, over=of, under=over, least=item.at_least)


def capacity_text(row: Any) -> str:  # noqa: ANN401 - a row of a table
    """Return a capacity as it is known: at least so much where facilities of unknown capacity stand beside, a dash where none is known."""
    if not row["capacity_unknown"]:
        return figure(row["capacity"])
    return DASH if row["capacity_unknown"] == row["facilities"] else f"≥ {figure(row['capacity'])}"


def area_name(code: str, name: str, lang: Language) -> str:
    """Return a row's area: the township's name, or that it is the whole county or belongs to no township."""
    return name or say("evaluation.county" if code == "" else "evaluation.unassigned", lang)


def _amount(value: float, unit: str, lang: Language) -> str:
    if unit == "share":
        return share(value)
    if unit == "ratio":
        return figure(value, digits=2)
    return figure(value) if math.isnan(value) else f"{figure(value)} {say(f'publish.unit.{unit}', lang)}"


def _heads(names: tuple[str, ...], lang: Language) -> list[str]:
    return [say(f"cli.{name}", lang) for name in names]
