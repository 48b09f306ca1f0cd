"""Standards in words, and where each comes from (convention 11)."""

from __future__ import annotations

from collections.abc import Mapping

from layers.types import CapacityDeaths, CapacityPer, PerArea, Ratio, Reach, Requirement, Size, Source, sources
from planning.app import tables, words
from planning.app.words import t


def source_line(requirement: Requirement) -> str:
    """Return where a standard comes from: its id, its sources, how sure it is, and that it must be confirmed where it is not."""
    known = sources()
    names = "；".join(_source(known, name) for name in requirement.source)
    note = requirement.note_zh if words.lang() == "zh" else requirement.note_en
    line = t("source.line", id=requirement.id, names=names, confidence=t(f"confidence.{requirement.confidence}"), note=note)
    return tables.plain(line)


def requirement_name(requirement: Requirement) -> str:
    """Return what a requirement asks for, in words."""
    match requirement:
        case Reach():
            return words.reach_name(requirement)
        case CapacityPer():
            return t("requirement.capacity", per=requirement.per_1000)
        case CapacityDeaths():
            return t("requirement.deaths", rate=requirement.death_rate * 1000, years=requirement.years)
        case PerArea():
            return t("requirement.per_area", area=t(f"area.{requirement.area}"), count=requirement.at_least)
        case Size():
            return t("requirement.size", what=t(f"size.{requirement.of}"))
        case Ratio():
            return t(
                "requirement.ratio", over=t(f"size.{requirement.numerator}"), under=t(f"size.{requirement.denominator}"), least=requirement.at_least
            )


def _source(known: Mapping[str, Source], name: str) -> str:
    entry = known.get(name)
    if entry is None:
        return name
    return f"{name} {entry.zh if words.lang() == 'zh' else entry.en}"
