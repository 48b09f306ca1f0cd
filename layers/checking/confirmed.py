"""Warnings that a person has looked into and found true: they become notes that say so, for as long as the row says the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field

from layers.errors import Fault
from layers.keys import Frozen, Text

Contents = Mapping[tuple[str, str, int], str]


class Mark(Frozen):
    """One warning found true.

    Attributes
    ----------
    key : str
        :func:`key_of` of the finding; it changes as soon as the row or what is found in it does.
    """

    code: Text = Field(description="Code of the finding.")
    file: str = Field(default="", description="File of the finding.")
    sheet: str = Field(default="", description="Sheet of the finding.")
    row: int | None = Field(default=None, description="Row when it was marked; rows may have moved since.")
    key: Text = Field(description="Which finding it is: made from what the row says and what was found in it.")
    said: str = Field(default="", description="The finding in words, when it was marked.")
    why: str = Field(default="", description="What the person knew.")
    by: str = Field(default="", description="Who.")
    when: str = Field(default="", description="Local time, ISO 8601.")


class Marks(Frozen):
    """The file ``checked.toml``."""

    format: Literal[1] = Field(default=1, description="Version of this format.")
    checked: tuple[Mark, ...] = Field(default=(), description="Warnings found true.")


def key_of(fault: Fault, contents: Contents) -> str:
    """Return what tells a finding from others: its code, place and words, and what its row says, but no row number.

    Parameters
    ----------
    fault : Fault
    contents : mapping
        What rows say, by file, sheet and row (:attr:`layers.readers.trace.Seen.contents`).
    """
    content = contents.get((fault.file, fault.sheet, fault.row), "") if fault.row is not None else ""
    words = sorted(value for value in fault.values.values() if isinstance(value, str) and any(letter.isalpha() for letter in value))
    told = [fault.code, fault.layer, fault.file, fault.sheet, fault.field, fault.value, content, words]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode("utf-8")).hexdigest()[:24]


def confirmed(faults: Iterable[Fault], contents: Contents, marks: Iterable[Mark]) -> tuple[Fault, ...]:
    """Return findings, the warnings among them that were found true as notes; an error stays an error whatever is marked."""
    known = {mark.key: mark for mark in marks}
    if not known:
        return tuple(faults)
    return tuple(_noted(fault, known.get(key_of(fault, contents))) if fault.severity == "warning" else fault for fault in faults)


def _noted(fault: Fault, mark: Mark | None) -> Fault:
    if mark is None:
        return fault
    told = {"said": fault.say(), "said_en": fault.say("en"), "of": fault.code, "key": mark.key}
    told |= {"by": mark.by or "—", "when": mark.when.replace("T", " ")[:16], "why": mark.why}
    code = "checked.confirmed_why" if mark.why else "checked.confirmed"
    return Fault("note", code, fault.layer, fault.file, fault.sheet, fault.row, fault.field, fault.value, told)
