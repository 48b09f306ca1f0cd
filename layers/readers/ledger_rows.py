"""Rows of a ledger that are no facilities and no totals: notes at the foot, headings between blocks, heads repeated on each page."""

from __future__ import annotations

import re
import unicodedata

from layers.readers._columns import plain, text
from layers.readers.ledger_grids import Grid
from layers.readers.ledger_heads import Heads

_FOOT = re.compile(
    r"(备注|注|说明|附注)\d*[:：].*|(填表|填报|制表|编制|审核|复核|统计|联系|负责|报送|经办)(人|单位|日期|时间|电话|部门).*|单位[（(]?(负责人|盖章).*|数据(来源|截至).*"
)


def parted_rows(grid: Grid, heads: Heads) -> tuple[dict[int, list[object]], dict[int, str]]:
    """Return the rows below the heads that hold entries, by row: those that may be facilities or totals, and the code of what the others are."""
    body: dict[int, list[object]] = {}
    others: dict[int, str] = {}
    for row, cells in enumerate(grid.rows[heads.bottom :], start=heads.bottom + 1):
        if all(cell is None for cell in cells) and not any(at == row for at, _ in grid.no_value):
            continue
        code = _other(grid, heads, row, cells)
        if code:
            others[row] = code
        else:
            body[row] = cells
    return body, others


def _other(grid: Grid, heads: Heads, row: int, cells: list[object]) -> str:
    entries = [text(cell) for cell in cells if cell is not None]
    if entries and _FOOT.fullmatch(re.sub(r"\s+", "", unicodedata.normalize("NFKC", entries[0]))):
        return "ledger.foot_row"
    if len(entries) == 1 and grid.is_wide(row) and isinstance(next(cell for cell in cells if cell is not None), str):
        return "ledger.heading_row"
    named = [plain(cell) for cell in cells if cell is not None]
    over = [[plain(part) for part in name.split("/")] for name, cell in zip(heads.names, cells, strict=False) if cell is not None]
    if len(named) > 2 and len(over) == len(named) and all(word in parts for word, parts in zip(named, over, strict=True)):
        return "ledger.head_repeats"
    return ""
