"""Heads of a ledger: in which row they stand, and what two rows of them say together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from layers.readers._columns import known_aliases, plain, text
from layers.readers.ledger_grids import Grid

_FIRST_ROWS = 15
_WHOLE = {"总数", "合计", "总计", "小计", "总量", "数量"}
_KNOWN = 2


@dataclass(frozen=True)
class Heads:
    """Heads of a sheet.

    Attributes
    ----------
    top, bottom : int
        Rows of the heads, from 1; equal where one row has them all.
    names : list of str
        Head of each column; empty where it has none. Two rows are joined by ``/``.
    aliases : mapping
        Joined heads by the field they mean.
    known : int
        Fields recognised.
    """

    top: int
    bottom: int
    names: list[str]
    aliases: Mapping[str, tuple[str, ...]]
    known: int


def find_heads(grid: Grid, aliases: Mapping[str, Iterable[str]], row: int | None = None) -> Heads:
    """Return the heads of a sheet: in the row stated, or in the one of the first fifteen that has the most known heads.

    Where none has two known ones, the first row is taken.

    Parameters
    ----------
    grid : Grid
        The sheet.
    aliases : mapping
        Further aliases by field, besides those of ``columns.toml``.
    row : int, optional
        Row of the heads as county.toml states it.
    """
    fields = {plain(alias): name for name, names in known_aliases("facility", aliases).items() for alias in reversed(list(names))}
    counts = [_fields(cells, fields) for cells in grid.rows[:_FIRST_ROWS]]
    best = row if row is not None else counts.index(max(counts)) + 1 if counts and max(counts) >= _KNOWN else 1
    if best > len(grid.rows):
        return Heads(best, best, [], {}, 0)
    top, bottom = _extent(grid, best)
    parts = _parts(grid, top, bottom)
    meant: dict[str, tuple[str, ...]] = {}
    for words in parts:
        field = next((fields[word] for word in _variants(words) if word in fields), None) if len(words) > 1 else None
        if field is not None:
            meant[field] = (*meant.get(field, ()), "/".join(words))
    names = ["/".join(words) for words in parts]
    return Heads(top, bottom, names, meant, _fields(names, fields) + len(meant))


def _fields(cells: Iterable[object], fields: Mapping[str, str]) -> int:
    return len({fields[plain(text(cell))] for cell in cells if plain(text(cell)) in fields})


def _extent(grid: Grid, row: int) -> tuple[int, int]:
    """Return the rows of the heads around the one that was found: cells merged over rows hold them together, or groups of heads above them."""
    tall = [(top, bottom) for top, _, bottom, _ in grid.spans if top <= row <= bottom and bottom > top]
    if tall:
        return min(top for top, _ in tall), max(bottom for _, bottom in tall)
    if _is_group_row(grid, row) and row < len(grid.rows) and all(isinstance(cell, str | None) for cell in grid.rows[row]):
        return row, row + 1
    return (row - 1, row) if row > 1 and _is_group_row(grid, row - 1) else (row, row)


def _is_group_row(grid: Grid, row: int) -> bool:
    entries = [cell for cell in grid.rows[row - 1] if cell is not None]
    return len(entries) > 1 and any(top == row == bottom and right > left for top, left, bottom, right in grid.spans)


def _parts(grid: Grid, top: int, bottom: int) -> list[list[str]]:
    """Return the words over each column, from above; a cell merged over columns stands over each."""
    width = max(len(cells) for cells in grid.rows[top - 1 : bottom])
    found: list[list[str]] = [[] for _ in range(width)]
    for row in range(top, bottom + 1):
        cells = [*grid.rows[row - 1], *([None] * (width - len(grid.rows[row - 1])))]
        for first, left, last, right in grid.spans:
            if first <= row <= last and bottom > top:
                cells[left - 1 : right] = [grid.rows[first - 1][left - 1]] * (right - left + 1)
        for words, cell in zip(found, cells, strict=False):
            word = "".join(text(cell).split())
            if word and word not in words:
                words.append(word)
    return found


def _variants(words: list[str]) -> list[str]:
    """Return what joined heads may be written as in one row: 床位/护理型 as 床位护理型, 护理型床位 or 护理型; 床位/总数 as 床位."""
    if plain(words[-1]) in _WHOLE:
        return [plain("".join(words)), plain(words[0])]
    return [plain("".join(words)), plain("".join(reversed(words))), plain(words[-1])]
