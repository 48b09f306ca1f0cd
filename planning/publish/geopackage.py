"""The plan as a GeoPackage that opens in QGIS with its styles: sites, townships, county, cells and exclusions."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from planning.publish import cells, qml
from planning.publish.plate import ground
from planning.publish.plate.legend import class_names
from planning.publish.roads import ACTIONS as ACTED
from planning.publish.roads import COLOURS, roads
from planning.publish.sheet import Sheet
from planning.publish.sites import ACTIONS, NUMBERS, located
from planning.publish.symbols import SIGNS

# The table in which QGIS itself keeps the styles of a GeoPackage.
STYLES = """CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
    f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
    ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"""
MARKER_MM = 3.2


def content(sheet: Sheet, more: Mapping[str, tuple[gpd.GeoDataFrame, str]] | None = None) -> bytes:
    """Return the GeoPackage.

    Layers are named in English and ordered as they should lie, sites on top; numbers are not rounded. The same sheet gives the same bytes with the
    same version of GDAL.

    Parameters
    ----------
    sheet : Sheet
    more : mapping of name to (layer, style), optional
        Further layers, above all others.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.gpkg"
        layers = {name: layer for name, (layer, _) in (more or {}).items()}
        layers |= {"sites": _sites(sheet), "changed_streets": _streets(sheet), "townships": _townships(sheet), "county": _county(sheet)}
        layers |= {"exclusions": _exclusions(sheet), "cells": _cells(sheet)}
        styles = {**{name: style for name, (_, style) in (more or {}).items()}, **_styles(sheet)}
        kept = {name: layer for name, layer in layers.items() if len(layer)}
        for name, layer in kept.items():
            layer.to_file(
                path, layer=name, driver="GPKG", engine="pyogrio", dataset_options={"VERSION": "1.2"}, layer_options={"GEOMETRY_NAME": "geom"}
            )
        with _database(path) as database:
            _add_styles(database, {name: style for name, style in styles.items() if name in kept}, sheet.imprint.date)
        with _database(path) as database:
            database.execute("VACUUM")
        return path.read_bytes()


@contextlib.contextmanager
def _database(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        yield database
        database.commit()


def _add_styles(database: sqlite3.Connection, styles: dict[str, str], date: dt.date) -> None:
    """Add the styles QGIS applies when it opens the file, and put a fixed date where GDAL stamped today's clock."""
    moment = f"{date.isoformat()}T00:00:00.000Z"
    database.execute(STYLES)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) VALUES ('layer_styles', 'attributes', 'layer_styles', '')"
    )
    for name, style in styles.items():
        database.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD, "
            "useAsDefault, description, owner, update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, 'Buju', '', ?)",
            (name, name, style, moment),
        )
    database.execute("UPDATE gpkg_contents SET last_change = ?", (moment,))


def _sites(sheet: Sheet) -> gpd.GeoDataFrame:
    rows = located(sheet.sites)
    columns = ["number", "name", "type", "type_before", "action", "into", "township", "township_name", "level", "ownership", "year", "note"]
    columns += [name for number in NUMBERS for name in (f"{number}_before", number)]
    table = gpd.GeoDataFrame(rows[[*columns, "geometry"]].reset_index(), geometry="geometry", crs=rows.crs)
    table.insert(4, "type_name", [sheet.kind_name(key) for key in table["type"]])
    table.insert(7, "action_name", [sheet.say(f"action.{action}") for action in table["action"]])
    return table


def _streets(sheet: Sheet) -> gpd.GeoDataFrame:
    known = roads(sheet)
    columns = ["number", "action", "name", "highway", "modes", "length", "note", "geometry"]
    return gpd.GeoDataFrame([road._asdict() for road in known], columns=columns, geometry="geometry", crs=sheet.facts.crs)


def _townships(sheet: Sheet) -> gpd.GeoDataFrame:
    known = located(sheet.facts.outlines.townships).rename_axis("township")
    table = pd.DataFrame({"name": known["name"]})
    for suffix, found in (("before", sheet.evaluations_before), ("after", sheet.evaluations_after)):
        evaluation = found.get(sheet.main.key)
        if evaluation is not None:
            figures = evaluation.townships.drop(columns="name").add_suffix(f"_{suffix}")
            table = table.join(figures)
    return gpd.GeoDataFrame(table.reset_index(), geometry=known.geometry.to_numpy(), crs=sheet.facts.crs)


def _county(sheet: Sheet) -> gpd.GeoDataFrame:
    outline = sheet.facts.outlines.county
    rows = [] if outline is None else [{"name": sheet.county_name, "geometry": outline}]
    return gpd.GeoDataFrame(rows, columns=["name", "geometry"], geometry="geometry", crs=sheet.facts.crs)


def _exclusions(sheet: Sheet) -> gpd.GeoDataFrame:
    table = sheet.facts.exclusions.table
    shown = pd.DataFrame(table[["name", "rule", "kind", "buffer", "source"]])
    shown["domains"] = [",".join(domains) for domains in table["domains"]]
    return gpd.GeoDataFrame(shown, geometry=table.geometry.to_numpy(), crs=sheet.facts.crs)


def _cells(sheet: Sheet) -> gpd.GeoDataFrame:
    """Return cells with people, size and state as points; QGIS draws them as squares of their size, which keeps 10^5 of them a small file."""
    coverage = sheet.coverage
    if coverage is None:
        return gpd.GeoDataFrame(columns=["cell", "geometry"], geometry="geometry", crs=sheet.facts.crs)
    table = coverage.cells.copy()
    where = sheet.facts.population.cells.loc[table.index]
    table["people"], table["township"] = coverage.people, where["township"]
    table["class"] = cells.shade(coverage, sheet.facts.population).colour.astype(int)
    if sheet.coverage_before is not None:
        table["state_before"] = sheet.coverage_before.cells["state"]
    table["size"] = where["size"]
    return gpd.GeoDataFrame(table.reset_index(), geometry=where.geometry.to_numpy(), crs=sheet.facts.crs)


def _styles(sheet: Sheet) -> dict[str, str]:
    styles = {
        "sites": qml.categorized("action", (_site_category(sheet, action) for action in ACTIONS), label="number"),
        "changed_streets": qml.categorized("action", (
            qml.Category(action, sheet.say(f"ground.{action}"), qml.line(COLOURS[action], 1.2, dots=action == "closed")) for action in ACTED
        ), label="name"),
        "townships": qml.single(qml.area(None, ground.TOWNSHIP_LINE, 0.3, dash=True), label="name"),
        "county": qml.single(qml.area(None, ground.COUNTY_LINE, 0.5)),
        "exclusions": qml.categorized("kind", (
            qml.Category(kind, sheet.say(f"ground.{kind}"), qml.hatched(line, dots=kind == "avoid")) for kind, (_, line) in ground.HATCHES.items()
        )),
    }  # fmt: skip
    coverage = sheet.coverage
    if coverage is not None:
        styles["cells"] = qml.categorized("class", _cell_categories(sheet, cells.shade(coverage, sheet.facts.population)))
    return styles


def _site_category(sheet: Sheet, action: str) -> qml.Category:
    sign = SIGNS[action]
    return qml.Category(action, sheet.say(f"action.{action}"), qml.marker(sign.qgis, sign.colour, MARKER_MM * sign.size, sign.turn))


def _cell_categories(sheet: Sheet, shading: cells.Shading) -> Iterator[qml.Category]:
    side = cells.usual_size(sheet.facts.population.cells)
    names = [sheet.say("state.covered"), sheet.say("state.unreachable"), *class_names(sheet, shading)]
    for number, (name, fill) in enumerate(zip(names, shading.palette, strict=True)):
        yield qml.Category(str(number), name, qml.square(fill, side))
