"""Every sentence a person reads, in Chinese and English, under one code.

Each ``*.toml`` beside this module holds entries with the keys ``zh`` and ``en`` and, for what a planner can repair, ``repair_zh`` and
``repair_en``. Nested tables join their names with dots: ``[stage] streets = {zh = "…", en = "…"}`` is the code ``stage.streets``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal

Language = Literal["zh", "en"]


def say(code: str, lang: Language = "zh", /, **values: object) -> str:
    """Return the sentence of a code with its values filled in.

    Parameters
    ----------
    code : str
        Key of the catalogue.
    lang : {"zh", "en"}
        Language of the sentence.
    **values : object
        Named values of the sentence.

    Returns
    -------
    str
        The sentence; never empty.

    Raises
    ------
    ValueError
        When the code is not in the catalogue or a value is missing.
    """
    return _fill(code, lang, values)


def repair(code: str, lang: Language = "zh", /, **values: object) -> str:
    """Return how to repair what a code names, or an empty text where nothing is said."""
    if f"repair_{lang}" not in _entry(code):
        return ""
    return _fill(code, f"repair_{lang}", values)


def codes() -> frozenset[str]:
    """Return all codes of the catalogue."""
    return frozenset(_catalogue())


def _fill(code: str, key: str, values: dict[str, object]) -> str:
    template = _entry(code)[key]
    try:
        return template.format(**values)
    except (KeyError, IndexError) as error:
        raise ValueError(f"text {code!r} needs the value {error}") from error


def _entry(code: str) -> dict[str, str]:
    try:
        return _catalogue()[code]
    except KeyError:
        raise ValueError(f"no text has the code {code!r}") from None


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = {}
    folder = resources.files(__name__)
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".toml"):
            _collect(tomllib.loads(file.read_text("utf-8")), "", entries)
    return entries


def _collect(table: dict[str, Any], prefix: str, entries: dict[str, dict[str, str]]) -> None:
    for name, value in table.items():
        code = prefix + name
        if not isinstance(value, dict):
            raise TypeError(f"text {code!r} is not a table with zh and en")
        if isinstance(value.get("zh"), str):
            if code in entries or not isinstance(value.get("en"), str):
                raise ValueError(f"text {code!r} stands twice or lacks its English")
            entries[code] = value
        else:
            _collect(value, f"{code}.", entries)
