"""Faults planted in a generated county, so that a check-up can be tried out, taught and tested.

The files of a clean county are edited as a person would edit them, and every fault is written down with its place. Nothing here knows how files are
checked: what is planted is what clerks do, not what a check looks for.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from layers.demo.dirt import areas, choices, community, elder, features, outlines, people, streets, tables
from layers.demo.dirt.ground import Ground
from layers.demo.dirt.planted import Planted
from layers.texts import say

__all__ = ["LIST", "Planted", "plant_faults"]

LIST = "planted.csv"
_PLANTERS: Mapping[str, Callable[[Path, Ground, np.random.Generator], list[Planted]]] = {
    "elder": elder.plant,
    "community": community.plant,
    "burial": features.plant_burial,
    "child": features.plant_child,
    "totals": tables.plant_totals,  # of the people as they were
    "people": people.plant,
    "streets": streets.plant,
    "county": outlines.plant_county,
    "townships": outlines.plant_townships,
    "times": tables.plant_times,
    "villages": outlines.plant_villages,
    "exclusions": areas.plant_exclusions,
    "candidates": areas.plant_candidates,
    "scenarios": choices.plant_scenarios,
    "projects": choices.plant_projects,
}
"""By name: each has random numbers of its own, so that a change in one leaves the others as they were."""
_HEADS = ("kind", "差错", "fault", "layer", "file", "sheet", "row", "field", "value", "before")


def plant_faults(folder: Path, seed: int) -> tuple[Planted, ...]:
    """Plant faults in the files of a clean generated county and write their list beside them.

    Parameters
    ----------
    folder : Path
        As :func:`layers.demo.write_demo` leaves it.
    seed : int
        The same seed plants the same faults in the same county.

    Returns
    -------
    tuple of Planted
        As in ``planted.csv``, in its order.
    """
    ground = Ground.of(folder)
    planted: list[Planted] = []
    for name, plant in _PLANTERS.items():
        planted += plant(folder, ground, np.random.default_rng([seed, zlib.crc32(name.encode())]))
    (folder / LIST).write_bytes(_list(planted).encode("utf-8-sig"))
    note = folder / "说明.txt"
    text = note.read_text("utf-8") + "\n" + "\n".join(say("dirt.note", lang, count=len(planted), file=LIST) for lang in ("zh", "en")) + "\n"
    note.write_text(text, "utf-8", newline="\n")
    return tuple(planted)


def _list(planted: Sequence[Planted]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_HEADS)
    for fault in planted:
        sentences = [say(f"dirt.kind.{fault.kind}", lang) for lang in ("zh", "en")]
        place = (fault.layer, fault.file, fault.sheet, "" if fault.row is None else fault.row, fault.field)
        writer.writerow((fault.kind, *sentences, *place, _as_text(fault.value), _as_text(fault.before)))
    return text.getvalue()


def _as_text(value: str) -> str:
    """Return a value that Excel shows instead of calculating it."""
    return f"'{value}" if value.startswith("=") else value
