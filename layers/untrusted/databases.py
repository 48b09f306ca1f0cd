"""GeoPackages are SQLite databases: tables are data, while views and computed columns are programs that run when they are read."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from layers.errors import PlanningError
from layers.untrusted import opening

MAX_OBJECTS = 5_000
# Modules of virtual tables that keep their content in the same file: spatial index and full-text search.
_MODULES = re.compile(r"\bUSING\s+\"?(rtree|rtree_i32|fts3|fts4|fts5)\b", re.IGNORECASE)
_COMPUTED = re.compile(r"\bGENERATED\b|\bAS\s*\(", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]")


def check_geopackage(path: Path, file: str, layer: str) -> None:
    """Refuse a GeoPackage that would run something when it is read. Triggers stay: they run only when something is written, and nothing is.

    GDAL gives SQL functions that open files and ask servers, so SQL of a stranger is not run: no views, no virtual tables but indices, no columns
    that are computed. Only the list of what the database holds is read here.

    Raises
    ------
    PlanningError
    """
    with opening(path, "file.unreadable", file=file, layer=layer):
        address = f"file:{quote(path.resolve().as_posix())}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=2.0)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            held = database.execute("SELECT type, name, sql FROM sqlite_master LIMIT ?", (MAX_OBJECTS + 1,)).fetchall()
    if len(held) > MAX_OBJECTS:
        raise PlanningError("untrusted.many_tables", file=file, layer=layer, limit=MAX_OBJECTS)
    for kind, name, sql in held:
        if _runs(str(kind), str(sql or "")):
            raise PlanningError("untrusted.runs_sql", file=file, layer=layer, name=str(name)[:60])


def _runs(kind: str, sql: str) -> bool:
    if kind == "view":
        return True
    if kind != "table":
        return False
    if re.match(r"\s*CREATE\s+VIRTUAL\b", sql, re.IGNORECASE):
        return not _MODULES.search(sql)
    return bool(_COMPUTED.search(_QUOTED.sub("x", sql)))
