"""Scenarios side by side at a terminal: by type, by township, and facility by facility."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from layers.texts import Language, say
from planning import workbench
from planning.cli.evaluated import area_name, capacity_text
from planning.cli.showing import figure, kind_name, points, print_table, share, whole


def print_county(bench: workbench.Workbench, found: workbench.Comparison, lang: Language) -> None:
    """Print one row per type and scenario: people covered, share, size and what is not met, with the differences to the first."""
    names = ("type", "scenario", "covered", "difference", "share", "share_change", "facilities", "capacity", "balance", "unmet", "unknown")
    rows = []
    for row in found.county.reset_index().to_dict("records"):
        sizes = (row["facilities"], capacity_text(row), figure(row["balance"], sign=True), row["unmet_count"], row["unknown_count"])
        rows.append((kind_name(bench.kind(row["type"]), lang), row["scenario"], *_people(row, found.titles[0]), *sizes))
    print_table(say("cli.compared", lang, first=found.titles[0]), [say(f"cli.{name}", lang) for name in names], rows)


def print_townships(bench: workbench.Workbench, found: workbench.Comparison, lang: Language) -> None:
    """Print one row per township and scenario for every type."""
    names = ("area", "scenario", "people", "covered", "difference", "share", "share_change", "uncovered", "facilities", "capacity")
    heads = [say(f"cli.{name}", lang) for name in names]
    for key, table in found.townships.groupby(level="type", sort=False):
        rows = []
        order = dict.fromkeys(table.index.get_level_values("township"))
        by_area = {area: table.xs(area, level="township", drop_level=False) for area in order}
        for row in (row for part in by_area.values() for row in part.reset_index().to_dict("records")):
            sizes = (whole(row["uncovered"]), row["facilities"], capacity_text(row))
            area = area_name(row["township"], row["name"], lang)
            rows.append((area, row["scenario"], whole(row["people"]), *_people(row, found.titles[0]), *sizes))
        print_table(say("cli.compared_townships", lang, type=kind_name(bench.kind(str(key)), lang)), heads, rows)


def print_facilities(bench: workbench.Workbench, found: workbench.Comparison, lang: Language) -> None:
    """Print the facilities that differ from the first scenario."""
    rows = []
    for row in found.facilities.reset_index().to_dict("records"):
        sizes = (figure(row["capacity_before"]), figure(row["capacity_after"]))
        change = say(f"cli.change.{row['change']}", lang)
        rows.append((kind_name(bench.kind(row["type"]), lang), row["name"], row["scenario"], change, *sizes))
    if rows:
        heads = [say(f"cli.{name}", lang) for name in ("type", "name", "scenario", "changed", "capacity_before", "capacity_after")]
        print_table(say("cli.compared_facilities", lang), heads, rows)


def record(found: workbench.Comparison) -> dict[str, object]:
    """Return a comparison for machines."""
    return {"scenarios": found.titles, "county": found.county, "townships": found.townships, "facilities": found.facilities}


def _people(row: Mapping[Any, Any], first: str) -> Iterable[object]:
    """Return people covered and their share, each with its difference; the first scenario differs from nothing."""
    same = row["scenario"] == first or math.isnan(row["covered_change"])
    change = "" if same else figure(row["covered_change"], sign=True)
    return whole(row["covered"]), change, share(row["covered_share"]), "" if same else points(row["covered_share_change"])
