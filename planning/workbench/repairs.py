"""Repaired copies of a county's ledgers: what the check-up can repair with certainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from layers.checking.ledger_repairs import certain_repairs, repaired
from layers.errors import Fault, PlanningError
from layers.readers import read_county_toml
from layers.saving import refused, write_whole


@dataclass(frozen=True)
class RepairedFile:
    """A repaired copy.

    Attributes
    ----------
    file : str
        The ledger, relative to the county's folder.
    path : Path
        Its copy.
    cells, rows : int
        Cells changed and rows removed.
    """

    file: str
    path: Path
    cells: int
    rows: int


def repair_ledgers(folder: Path, faults: Sequence[Fault], out: Path) -> tuple[RepairedFile, ...]:
    """Write a repaired copy of every ledger in which something can be repaired with certainty; the county's own files stay as they are.

    Parameters
    ----------
    folder : Path
        The county's folder.
    faults : sequence of Fault
        Findings and notes of its check-up.
    out : Path
        Folder for the copies, each at the path of the ledger; never a file that exists.

    Raises
    ------
    PlanningError
        When a copy would stand where a file is, or cannot be written.
    """
    written: list[RepairedFile] = []
    for file, stated in {spec.file: spec.encoding for spec in read_county_toml(folder).facilities}.items():
        repairs = certain_repairs(faults, file)
        if not repairs:
            continue
        found = next((str(fault.values["encoding"]) for fault in faults if fault.code == "ledger.encoding_found" and fault.file == file), "utf-8")
        path = out / PurePosixPath(file)
        _make_room(path)
        write_whole(path, repaired(folder / PurePosixPath(file), repairs, encoding=stated or found))
        cells, rows = (sum(len(part) for part in parts) for parts in zip(*((each.cells, each.removed) for each in repairs.values()), strict=True))
        written.append(RepairedFile(file, path, cells, rows))
    return tuple(written)


def _make_room(path: Path) -> None:
    if path.exists():
        raise PlanningError("ledger.copy_exists", path=path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(path.parent, error) from error
