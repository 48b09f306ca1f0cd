"""The tables annexed to a plan (附表), as one Excel workbook.

Heads follow the usual tables of layout plans; columns that no ledger of the county fills are left empty for the bureau to fill in, and the sheet 说明
says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from layers.texts import codes, say
from layers.types import sources
from planning.evaluation import COUNTY, UNASSIGNED, Evaluation
from planning.publish.roads import roads
from planning.publish.rows import LedgerRow, RequirementRow
from planning.publish.sheet import Sheet
from planning.publish.sites import each, located
from planning.publish.wording import crs_sentence, demand_group, number, percent, plan_sentence, reach_sentence, reason, size_change, unit
from planning.publish.workbook import Column, Table, Value, comma_separated, excel

WGS84 = CRS.from_epsg(4326)
Rows = list[tuple[Value, ...]]
LAND = {"elder": "080701", "child": "080702", "burial": "1506", "community": "0702/0704"}


def tables(sheet: Sheet) -> tuple[Table, ...]:
    """Return the annexed tables: present and planned facilities, townships, requirements, consolidation, changed streets, what they rest on."""
    streets = (_streets(sheet),) if sheet.state.streets else ()
    return (_present(sheet), _planned(sheet), _townships(sheet), _requirements(sheet), _consolidation(sheet), *streets, _notes(sheet))


def workbook(sheet: Sheet) -> bytes:
    """Return the tables as an Excel workbook; the same sheet gives the same bytes."""
    return excel(tables(sheet), title=sheet.heading, author=sheet.compiled_by, date=sheet.imprint.date)


def csv_files(sheet: Sheet) -> dict[str, bytes]:
    """Return the tables as CSV files by file name, for programs that read no workbook."""
    return {f"{table.name}.csv": comma_separated(table) for table in tables(sheet)}


def _table(sheet: Sheet, key: str, columns: Iterable[tuple[str, str]], rows: Rows) -> Table:
    heads = tuple(Column(sheet.say(f"head.{code}"), shown) for code, shown in columns)
    title = sheet.say("table_title", county=sheet.county_name, title=sheet.imprint.title, table=sheet.say(f"table.{key}"))
    note = sheet.say("table_note", compiled_by=sheet.compiled_by, month=sheet.month, permission=sheet.permission)
    return Table(sheet.say(f"table.{key}"), title, note, heads, tuple(rows))


def _degrees(table: gpd.GeoDataFrame) -> dict[str, tuple[float, float]]:
    """Return longitude and latitude by facility; NaN where one has no position."""
    points = located(table).geometry.to_crs(WGS84)
    known = dict(zip(points.index.astype(str), zip(points.x.astype(float), points.y.astype(float), strict=True), strict=True))
    return {facility: known.get(facility, (np.nan, np.nan)) for facility in table.index.astype(str)}


def _present(sheet: Sheet) -> Table:
    """现状设施一览表: what stands today, in the order of the ledger."""
    columns = [
        ("serial", "count"), ("name", "text"), ("type", "text"), ("level", "text"), ("township", "text"), ("address", "text"), ("lon", "degrees"),
        ("lat", "degrees"), ("capacity", "count"), ("unit", "text"), ("care_beds", "count"), ("residents", "count"), ("occupancy", "share"),
        ("floor_area", "count"), ("land_area", "count"), ("year", "year"), ("ownership", "text"), ("operation", "text"), ("remark", "text"),
        ("source", "text"),
    ]  # fmt: skip
    keys = {kind.key for kind in sheet.kinds} | set(sheet.sites["type_before"])
    table = sheet.state.origin.table
    rows = table.loc[table["type"].isin(keys) & (table["status"] != "closed")]
    where = _degrees(rows)
    told: Rows = []
    for serial, site in enumerate(cast("Iterator[LedgerRow]", rows.itertuples()), start=1):
        lon, lat = where[site.Index]
        told.append((
            serial, site.name, sheet.kind_name(site.type), site.level, sheet.facts.outlines.township_name(site.township), None, lon, lat,
            site.capacity, unit(sheet, site.type), site.care_beds, site.residents, _ratio(site.residents, site.capacity), site.floor_area,
            site.land_area, site.year, site.ownership, None, site.remark, _origin(site),
        ))  # fmt: skip
    return _table(sheet, "present", columns, told)


def _origin(site: LedgerRow) -> str:
    return f"{site.source_file}:{site.source_row}" if site.source_file else ""


def _ratio(over: float, under: float) -> float:
    return over / under if under and under > 0 else np.nan


def _planned(sheet: Sheet) -> Table:
    """规划设施一览表: every site with what becomes of it, numbered as on the plate."""
    columns = [
        ("number", "count"), ("name", "text"), ("type", "text"), ("township", "text"), ("action", "text"), ("capacity_before", "count"),
        ("capacity_after", "count"), ("unit", "text"), ("change", "text"), ("floor_area", "count"), ("land_area", "count"), ("land_code", "text"),
        ("service_area", "text"), ("served", "count"), ("phase", "text"), ("lon", "degrees"), ("lat", "degrees"), ("note", "text"),
    ]  # fmt: skip
    where = _degrees(sheet.sites)
    land = {kind.key: LAND[kind.domain] for kind in sheet.kinds}
    told: Rows = []
    for site in each(sheet.sites):
        lon, lat = where[site.Index]
        given_up = site.action == "merge"
        evaluation = sheet.evaluations_after.get(site.type)
        reach = "" if given_up or evaluation is None or evaluation.requirement is None else reach_sentence(sheet, evaluation.requirement)
        told.append((
            site.number, site.name, sheet.kind_name(site.type), site.township_name, sheet.say(f"action.{site.action}"), site.capacity_before,
            0.0 if given_up else site.capacity, unit(sheet, site.type), size_change(sheet, site), site.floor_area, site.land_area,
            "" if given_up else land.get(site.type, ""), reach, _assigned(evaluation, site.Index), None, lon, lat, site.note,
        ))  # fmt: skip
    return _table(sheet, "planned", columns, told)


def _assigned(evaluation: Evaluation | None, facility: str) -> float:
    if evaluation is None or facility not in evaluation.facilities.index:
        return np.nan
    return float(evaluation.facilities["assigned"][facility])


def _townships(sheet: Sheet) -> Table:
    """分乡镇覆盖与需求表: people by state, present and planned, with the balance of capacity."""
    pairs = [("covered", "count"), ("covered_share", "share"), ("uncovered", "count"), ("facilities", "count"), ("capacity", "count"),
             ("capacity_unknown", "count"), ("available", "count"), ("balance", "count"), ("access_per_1000", "number")]  # fmt: skip
    single = [("people", "count"), ("unreachable", "count"), ("not_located", "count"), ("needed", "count")]
    columns = [("type", "text"), ("township", "text"), ("group", "text"), *single]
    columns += [(f"{code}_{when}", shown) for code, shown in pairs for when in ("before", "after")]
    told: Rows = []
    for kind in sheet.kinds:
        before, after = sheet.evaluations_before.get(kind.key), sheet.evaluations_after.get(kind.key)
        latest = after or before
        if latest is None:
            continue
        group = demand_group(sheet, kind.demand_group)
        for code, name in latest.townships["name"].items():
            values: list[Value] = [sheet.kind_name(kind.key), _area_name(sheet, str(code), str(name)), group]
            values += [_at(latest, code, column) for column, _ in single]
            for column, _ in pairs:
                values += [_at(before, code, column), _at(after, code, column)]
            told.append(tuple(values))
    return _table(sheet, "townships", columns, told)


def _area_name(sheet: Sheet, code: str, name: str) -> str:
    special = {COUNTY: "county", UNASSIGNED: "unassigned"}
    return say(f"evaluation.{special[code]}", sheet.imprint.lang) if code in special else name or code


def _at(evaluation: Evaluation | None, code: object, column: str) -> float:
    if evaluation is None or code not in evaluation.townships.index:
        return np.nan
    return float(evaluation.townships[column].to_dict()[code])


def _requirements(sheet: Sheet) -> Table:
    """规划指标表: each requirement by area, present and planned, with its source and how sure it is."""
    columns = [
        ("type", "text"), ("requirement", "text"), ("area", "text"), ("unit", "text"), ("target", "number"), ("value_before", "number"),
        ("value_after", "number"), ("met_before", "text"), ("met_after", "text"), ("reason", "text"), ("norm", "text"), ("confidence", "text"),
    ]  # fmt: skip
    told: Rows = []
    for kind in sheet.kinds:
        before, after = sheet.evaluations_before.get(kind.key), sheet.evaluations_after.get(kind.key)
        latest = after or before
        if latest is None:
            continue
        notes = {item.id: item.note_zh if sheet.imprint.lang == "zh" else item.note_en for item in latest.kind.requirements}
        old, new = _by_area(before), _by_area(after)
        for key, row in _by_area(latest).items():
            told.append((
                sheet.kind_name(kind.key), notes.get(row.id) or row.id, _area_name(sheet, row.area, row.area_name), _unit(sheet, row.unit),
                _figure(row.target, row.unit), *(_figure(table[key].value, row.unit) if key in table else np.nan for table in (old, new)),
                *(_met(sheet, table[key].met) if key in table else "" for table in (old, new)),
                _sentence(sheet, row.reason), _norms(sheet, row.source), sheet.say(f"confidence.{row.confidence}"),
            ))  # fmt: skip
    return _table(sheet, "requirements", columns, told)


def _by_area(evaluation: Evaluation | None) -> dict[tuple[str, str, str], RequirementRow]:
    """Return the rows of an evaluation's requirements by requirement, level and area."""
    if evaluation is None:
        return {}
    rows = cast("Iterator[RequirementRow]", evaluation.requirements.itertuples(index=False))
    return {(row.id, row.level, row.area): row for row in rows}


def _figure(value: float, unit_: str) -> float:
    """Return a figure as it is shown: shares as per cent."""
    return 100 * value if unit_ == "share" else value


def _met(sheet: Sheet, met: str) -> str:
    return say(f"evaluation.met.{met}", sheet.imprint.lang)


def _sentence(sheet: Sheet, code: str) -> str:
    return say(code, sheet.imprint.lang) if code in codes() else code


def _unit(sheet: Sheet, key: str) -> str:
    return sheet.say(f"unit.{key}") if f"publish.unit.{key}" in codes() else key


def _norms(sheet: Sheet, ids: str) -> str:
    """Return what source ids stand for."""
    known = sources()
    told = [(known[key].zh if sheet.imprint.lang == "zh" else known[key].en) if key in known else key for key in ids.split(";")]
    return sheet.say("join").join(told)


def _consolidation(sheet: Sheet) -> Table:
    """撤并整合一览表: what is given up, converted or moved, who lives there, and where they go."""
    columns = [
        ("number", "count"), ("name", "text"), ("type_before", "text"), ("township", "text"), ("capacity_before", "count"), ("residents", "count"),
        ("action", "text"), ("goes_to", "text"), ("distance", "metres"), ("treatment", "text"), ("note", "text"),
    ]  # fmt: skip
    sites = sheet.sites
    places = {other.Index: other.geometry for other in each(sites)}
    told: Rows = []
    for site in each(sites.loc[sites["action"].isin(["merge", "convert", "move"])]):
        goes_to, distance = "", np.nan
        if site.action == "merge" and site.into in sites.index:
            goes_to, distance = str(sites["name"][site.into]), _apart(site.geometry, places[site.into])
        elif site.action == "move":
            goes_to, distance = sheet.say("new_place"), _apart(site.origin, site.geometry)
        treatment = sheet.say("given_up") if site.action == "merge" and not goes_to else size_change(sheet, site)
        told.append((
            site.number, site.name, sheet.kind_name(site.type_before), site.township_name, site.capacity_before, site.residents_before,
            sheet.say(f"action.{site.action}"), goes_to, distance, treatment, site.note,
        ))  # fmt: skip
    return _table(sheet, "consolidation", columns, told)


def _streets(sheet: Sheet) -> Table:
    """道路变动一览表: what is closed and what is built, in the order of the scenario; costs are those of these streets."""
    columns = [
        ("number", "count"),
        ("road_action", "text"),
        ("name", "text"),
        ("road_class", "text"),
        ("road_modes", "text"),
        ("road_length", "metres"),
        ("note", "text"),
    ]
    told: Rows = [
        (road.number, sheet.say(f"ground.{road.action}"), road.name, road.highway, road.modes, road.length, road.note) for road in roads(sheet)
    ]
    return _table(sheet, "streets", columns, told)


def _apart(one: shapely.Point | None, other: shapely.Point | None) -> float:
    return np.nan if one is None or other is None or one.is_empty or other.is_empty else float(one.distance(other))


def _notes(sheet: Sheet) -> Table:
    """说明: what the tables rest on."""
    from planning import __version__

    imprint, facts = sheet.imprint, sheet.facts
    told: list[tuple[str, str]] = [
        ("county", sheet.county_name), ("plan", imprint.title), ("scenario", imprint.scenario), ("compiled_by", sheet.compiled_by),
        ("date", imprint.date.isoformat()), ("period", imprint.period), ("permission", sheet.permission), ("crs", crs_sentence(sheet)),
        ("boundaries", sheet.say("boundaries")), ("data", sheet.sources), ("method", sheet.say("method")), ("blank", sheet.say("blank")),
        ("land_codes", sheet.say("land_codes")),
    ]  # fmt: skip
    rows: Rows = [(sheet.say(f"note_head.{code}"), text) for code, text in told if text]
    rows += [(sheet.say("note_head.standard"), text) for text in _standards(sheet)]
    if facts.population.estimated_groups:
        rows.append((sheet.say("note_head.estimated"), sheet.say("estimated", groups="、".join(facts.population.estimated_groups))))
    if sheet.plan is not None:
        rows.append((sheet.say("note_head.siting"), plan_sentence(sheet)))
    rows += [(_parameter(sheet, name), str(value)) for name, value in (sheet.parameters or {}).items() if value not in {None, ""}]
    errors, warnings = (sum(fault.severity == severity for fault in facts.faults) for severity in ("error", "warning"))
    rows.append((sheet.say("note_head.faults"), sheet.say("faults", errors=errors, warnings=warnings)))
    rows.append((sheet.say("note_head.software"), f"Buju {__version__}"))
    rows += [(sheet.say("note_head.input", file=file), f"sha256 {digest}") for file, digest in sorted(facts.inputs.items())]
    return _table(sheet, "notes", [("item", "text"), ("content", "text")], rows)


def _parameter(sheet: Sheet, name: str) -> str:
    """Return what a setting is called; its key where it has no name."""
    return sheet.say(f"parameter.{name}") if f"publish.parameter.{name}" in codes() else name


def _standards(sheet: Sheet) -> list[str]:
    told = []
    for kind in sheet.kinds:
        evaluation = sheet.evaluations_after.get(kind.key) or sheet.evaluations_before.get(kind.key)
        if evaluation is None or evaluation.coverage is None:
            told.append(f"{sheet.kind_name(kind.key)}: {sheet.say('not_evaluated', reason=reason(sheet, evaluation))}")
            continue
        totals = {key: number(value) for key, value in evaluation.coverage.totals.items()}
        share = percent(evaluation.coverage.covered_share)
        reach = reach_sentence(sheet, evaluation.requirement)
        told.append(sheet.say("standard_line", kind=sheet.kind_name(kind.key), reach=reach, share=share, **totals))
    return told
