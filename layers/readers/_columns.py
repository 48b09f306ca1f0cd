"""Finding the columns of a table by field, and what its cells say."""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from itertools import product
from typing import Any

from layers.errors import PlanningError
from layers.untrusted.letters import shown

_PARENTHESES = re.compile(r"\(([^)]*)\)|\[([^\]]*)\]")
_NUMBER = re.compile(r"([-+]?\d+(?:\.\d+)?)(?:张|个|人|位|座|处|年|平方米|平米|m2|㎡|万元|%)?", re.IGNORECASE)
_TOTAL = re.compile(r"(.{0,12}?(镇|乡|街道|县|市|区|本页))?(合计|小计|总计|共计|total|subtotal|sum)[:：]?", re.IGNORECASE)


_CUT = 10  # bytes of a name in a DBF table


def plain(head: object) -> str:
    """Return a head without case, spaces, full-width forms and parentheses."""
    return _PARENTHESES.sub("", _folded(head))


def unit_factor(head: str, quantity: str) -> float:
    """Return what numbers under a head are multiplied by, from the unit in its parentheses; 1 where it names none."""
    found = _PARENTHESES.search(_folded(head))
    unit = (found.group(1) or found.group(2) or "") if found else ""
    return float(_data()["units"][quantity].get(unit, 1.0))


def find_columns(
    heads: Iterable[str],
    kind: str,
    stated: Mapping[str, str],
    *,
    more: Mapping[str, Iterable[str]] | None = None,
    file: str = "",
    layer: str = "",
) -> dict[str, str]:
    """Return the head of each field a table has.

    Parameters
    ----------
    heads : iterable of str
        Heads as the file writes them.
    kind : str
        Table of ``columns.toml``.
    stated : mapping
        Heads by field from county.toml; they win. An empty one: the table has no such column, whatever its heads are.
    more : mapping, optional
        Further aliases by field.
    file, layer : str
        Named in errors.

    Raises
    ------
    PlanningError
        When a stated head is not in the file.
    """
    by_plain: dict[str, str] = {}
    for head in heads:
        by_plain.setdefault(plain(head), head)
    found = {}
    for field, aliases in {**dict.fromkeys(stated, ()), **_data()[kind]}.items():
        names = [stated[field]] if field in stated else [*aliases, *(more or {}).get(field, ())]
        match = next((by_plain[plain(name)] for name in names if plain(name) in by_plain), None)
        if stated.get(field) == "":
            continue
        if match is not None:
            found[field] = match
        elif field in stated:
            raise PlanningError("table.no_column", file=file, layer=layer, column=stated[field], heads="、".join(by_plain.values()))
    return found


def find_cut_columns(heads: Iterable[str], known: Mapping[str, Iterable[str]], found: Mapping[str, str]) -> dict[str, str]:
    """Return, for fields not found otherwise, heads that are the first ten bytes of aliases of one field alone, as DBF tables cut them.

    Parameters
    ----------
    heads : iterable of str
        Heads as the file writes them.
    known : mapping
        Aliases by field; their bytes are taken in gb18030 and in UTF-8.
    found : mapping
        Heads found already, by field.
    """
    by_plain = {plain(head): head for head in heads}
    meant: dict[str, set[str]] = {}
    for field, aliases in known.items():
        for alias, encoding in product(aliases, ("gb18030", "utf-8")):
            whole = plain(alias).encode(encoding)
            if len(whole) > _CUT:
                meant.setdefault(whole[:_CUT].decode(encoding, "ignore"), set()).add(field)
    cut = {head: name for head, name in by_plain.items() if head in meant and name not in found.values()}
    only = {next(iter(meant[head])): name for head, name in reversed(cut.items()) if len(meant[head]) == 1}
    return {field: head for field, head in only.items() if field not in found}


def known_aliases(kind: str, more: Mapping[str, Iterable[str]] | None = None) -> dict[str, tuple[str, ...]]:
    """Return the aliases of each field of a table of ``columns.toml``, and further ones."""
    return {field: (*aliases, *(more or {}).get(field, ())) for field, aliases in _data()[kind].items()}


def text(cell: object) -> str:
    """Return a cell as text: empty for nothing, whole numbers without decimals."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return shown(str(cell)).strip()


def number(cell: object) -> float | None:
    """Return a cell as a number: NaN for nothing, None where it is no number.

    A unit after the number and separators of thousands are understood, ranges and estimates are not: they are no numbers.
    """
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell)
    written = text(cell)
    if written in {"", "-", "—", "/", "无", "不详", "未知"}:
        return math.nan
    matched = _NUMBER.fullmatch(_folded(written).replace(",", ""))
    return float(matched.group(1)) if matched else None


def year(cell: object) -> float | None:
    """Return the year of a date, of ``2015年6月`` or of a number; NaN for nothing, None where there is none."""
    if isinstance(cell, dt.date):
        return float(cell.year)
    matched = re.match(r"(\d{4})(?!\d)", _folded(cell)) if isinstance(cell, str) else None
    return float(matched.group(1)) if matched else number(cell)


def is_total(cells: Iterable[object]) -> bool:
    """Return whether the first entries of a row say that it sums others up."""
    return total_of(cells) is not None


def total_of(cells: Iterable[object]) -> str | None:
    """Return the entry that says so, without spaces and full-width forms; None where the row is no total."""
    return next((_folded(cell) for cell in cells if isinstance(cell, str) and _TOTAL.fullmatch(_folded(cell))), None)


def _folded(value: object) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(value))).lower()


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("columns.toml").read_text("utf-8"))
