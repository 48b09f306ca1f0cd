"""One entry of county.toml changed in its own words: comments, order and everything else stay as they are."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from typing import Any

import tomli_w

from layers.errors import PlanningError
from layers.revising.toml_text import Entry, Table, items, tables

Path = tuple[str | int, ...]


def with_settings(text: str, path: Path, changes: Mapping[str, Any]) -> str:
    """Return a TOML text in which some keys of one table have other values.

    Parameters
    ----------
    text : str
        A valid document.
    path : tuple
        The table: names, and the place from 0 in a list of tables, such as ``("facilities", 1)``.
    changes : mapping
        Values by key; None takes the key out.

    Raises
    ------
    PlanningError
        ``revising.by_hand`` when the text is written in a way that this cannot be done in; nothing else in it may change.
    """
    wanted = _applied(tomllib.loads(text), path, changes)
    try:
        for key, value in changes.items():
            text = _with_key(text, path, key, value)
    except (ValueError, IndexError, KeyError, StopIteration) as error:
        raise PlanningError("revising.by_hand", entry=_said(path)) from error
    return _checked(text, wanted, path)


def with_entry(text: str, name: str, entry: Mapping[str, Any]) -> str:
    """Return a TOML text with one more entry at the end of a list of tables, such as ``facilities``; errors as of :func:`with_settings`."""
    wanted = tomllib.loads(text)
    wanted[name] = [*wanted.get(name, []), dict(entry)]
    try:
        changed = _appended(text, name, entry)
    except (ValueError, IndexError, KeyError) as error:
        raise PlanningError("revising.by_hand", entry=name) from error
    return _checked(changed, wanted, (name,))


def _appended(text: str, name: str, entry: Mapping[str, Any]) -> str:
    found = tables(text)
    listed = found[()].entries.get(name)
    if listed is not None:
        return _in_brackets(text, listed, entry)
    block = f"[[{name}]]\n" + "".join(f"{_key(key)} = {_value(value)}\n" for key, value in entry.items())
    own = [table for path, table in found.items() if path[:1] == (name,)]
    at = max((table.end for table in own), default=len(text))
    before = text[:at] if not text[:at] or text[:at].endswith("\n") else text[:at] + "\n"
    return f"{before}\n{block}{text[at:]}"


def _in_brackets(text: str, listed: Entry, entry: Mapping[str, Any]) -> str:
    held = items(text, listed.value)
    new = _value(dict(entry))
    if not held:
        return text[: listed.value[0]] + f"[\n    {new},\n]" + text[listed.value[1] :]
    end = held[-1][1][1]
    return f"{text[:end]},\n    {new}{text[end:]}"


def _with_key(text: str, path: Path, key: str, value: object) -> str:
    own = [table for at, table in tables(text).items() if at[: len(path) + 1] == (*path, key) and not table.braces]
    for table in sorted(own, key=lambda table: -table.start):  # with a head of its own, such as [facilities.columns]: in its place one in braces
        text = text[: table.start] + text[table.end :]
    table = tables(text)[path]
    entry = table.entries.get(key)
    if value is None:
        return text if entry is None else _without(text, table, entry)
    if entry is not None:
        return text[: entry.value[0]] + _value(value) + text[entry.value[1] :]
    if table.braces:
        return _into_braces(text, table, f"{_key(key)} = {_value(value)}")
    before = text[: table.end] if text[: table.end].endswith("\n") or not table.end else text[: table.end] + "\n"
    return f"{before}{_key(key)} = {_value(value)}\n{text[table.end :]}"


def _into_braces(text: str, table: Table, said: str) -> str:
    if not table.entries:
        return f"{text[: table.start]}{{ {said} }}{text[table.end + 1 :]}"
    end = max(entry.value[1] for entry in table.entries.values())
    return f"{text[:end]}, {said}{text[end:]}"


def _without(text: str, table: Table, entry: Entry) -> str:
    end = entry.value[1]
    if not table.braces:
        line = text.find("\n", end)
        return text[: entry.start] + (text[line + 1 :] if line >= 0 else "")
    later = [other.start for other in table.entries.values() if other.start > entry.start]
    if later:
        return text[: entry.start] + text[min(later) :]
    before = max((other.value[1] for other in table.entries.values() if other.start < entry.start), default=None)
    return text[: entry.start] + text[end:] if before is None else text[:before] + text[end:]


def _applied(document: dict[str, Any], path: Path, changes: Mapping[str, Any]) -> dict[str, Any]:
    wanted = copy.deepcopy(document)
    table: Any = wanted
    for part in path:
        table = table[part]
    for key, value in changes.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
    return wanted


def _checked(text: str, wanted: dict[str, Any], path: Path) -> str:
    """Return the text if it says what is wanted and nothing else."""
    try:
        says = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanningError("revising.by_hand", entry=_said(path)) from error
    if says != wanted:
        raise PlanningError("revising.by_hand", entry=_said(path))
    return text


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(key))} = {_value(inner)}" for key, inner in value.items()) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _value(key)


def _said(path: Path) -> str:
    """Return ``facilities[2]``: entries of lists are counted from 1."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
