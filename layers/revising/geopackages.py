"""GeoPackages changed in a copy: only the statements written here run, never a trigger that came with the file."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pyogrio

from layers import check_gdal
from layers.errors import PlanningError
from layers.revising.changes import Revision

_NUMBERS = ("INT", "REAL", "DOUBLE", "FLOAT")


def revised_geopackage(path: Path, revision: Revision, *, file: str, layer: str | None = None) -> bytes:
    """Return the new version of a GeoPackage that was read before; rows are its features in their order, from 1.

    Raises
    ------
    PlanningError
        When a text is to stand in a column of numbers.
    KeyError, IndexError
        When a row or column is not there.
    """
    check_gdal()
    table = layer or _table(path)
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "copy.gpkg"
        copy.write_bytes(path.read_bytes())
        with closing(sqlite3.connect(copy)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            _change(database, table, revision, file)
            database.execute("VACUUM")
        return copy.read_bytes()


def _table(path: Path) -> str:
    names = [str(name) for name, geometry in pyogrio.list_layers(path) if geometry is not None]
    return path.stem if path.stem in names else names[0]


def _change(database: sqlite3.Connection, table: str, revision: Revision, file: str) -> None:
    named = _quoted(table)
    kinds = {str(name): str(kind).upper() for _, name, kind, *_ in database.execute(f"PRAGMA table_info({named})")}
    rows = [int(row) for (row,) in database.execute(f"SELECT rowid FROM {named} ORDER BY rowid")]  # noqa: S608 - quoted
    triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        database.execute(f"DROP TRIGGER {_quoted(str(name))}")
    for change in revision.kept_cells():
        if change.head not in kinds:
            raise KeyError(change.head)
        if isinstance(change.after, str) and kinds[change.head].startswith(_NUMBERS):
            raise PlanningError("revising.number_only", file=file, head=change.head, value=change.after)
        statement = f"UPDATE {named} SET {_quoted(change.head)} = ? WHERE rowid = ?"  # noqa: S608 - quoted
        database.execute(statement, (change.after, rows[change.row - 1]))
    for strike in revision.struck:
        _take_out(database, table, rows[strike.row - 1])
    for _, statement in triggers:
        database.execute(str(statement))
    database.commit()


def _take_out(database: sqlite3.Connection, table: str, row: int) -> None:
    """Take out a feature, and what its triggers would have: its place in the spatial index and in the count of features."""
    tables = {str(name) for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    database.execute(f"DELETE FROM {_quoted(table)} WHERE rowid = ?", (row,))  # noqa: S608 - quoted
    for index in (name for name in tables if name.startswith(f"rtree_{table}_") and not name.endswith(("_node", "_parent", "_rowid"))):
        database.execute(f"DELETE FROM {_quoted(index)} WHERE id = ?", (row,))  # noqa: S608 - quoted
    if "gpkg_ogr_contents" in tables:
        database.execute("UPDATE gpkg_ogr_contents SET feature_count = feature_count - 1 WHERE table_name = ?", (table,))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
