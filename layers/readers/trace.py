"""What stood in a county's files, gathered while they are read: for the check of datums, and for whoever repairs them."""

from __future__ import annotations

from dataclasses import dataclass, field

from layers.readers._cells import Cells
from layers.readers.datum_judging import Judgement
from layers.readers.datum_outlines import OutlineJudgement
from layers.readers.datum_rows import Origin, Written


@dataclass(frozen=True)
class Judged:
    """How the datum of a table or an outline was judged.

    Attributes
    ----------
    origin : Origin
        Where it stands, with the datum as stated.
    heads : tuple of str
        Heads of the columns of longitude and latitude, or of the one column with both; none where positions are shapes.
    judgement : Judgement or OutlineJudgement
    doubted : bool
        Whether it speaks against the stated datum.
    """

    origin: Origin
    heads: tuple[str, ...]
    judgement: Judgement | OutlineJudgement
    doubted: bool


@dataclass(frozen=True)
class Seen:
    """What the files have, as they have it.

    Attributes
    ----------
    tables : list of Written
        Positions of tables of points.
    cells : list of Cells
        Cells of the population.
    contents : dict
        What a ledger's row with a finding says, by file, sheet and row.
    judged : list of Judged
    """

    tables: list[Written] = field(default_factory=list)
    cells: list[Cells] = field(default_factory=list)
    contents: dict[tuple[str, str, int], str] = field(default_factory=dict)
    judged: list[Judged] = field(default_factory=list)
