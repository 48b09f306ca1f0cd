"""The panel beside the map of a consolidation: figures before and after, and what becomes of each home."""

from __future__ import annotations

from planning.publish.consolidation.paper import ConsolidationSheet, Deed
from planning.publish.plate.page import GREY, INK, Page, fit, smaller, width_mm, wrap
from planning.publish.plate.panel import row_of
from planning.publish.wording import number

Place = tuple[float, float, float]
ROWS = (3.7, 5.2)
SHARES = {"no": 0.06, "name": 0.215, "township": 0.13, "action": 0.085, "beds": 0.115, "residents": 0.105, "goes": 0.29}
LEFT = frozenset({1, 6})
SHORT = {"no": 0.1, "name": 0.32, "action": 0.12, "beds": 0.18, "goes": 0.28}
SHORT_ROW = 3.6


MOVES = {"from": 0.36, "into": 0.36, "people": 0.1, "way": 0.18}


def figures(page: Page, paper: ConsolidationSheet, place: Place) -> float:
    """Set the figures before and after, and the sentences below; return where the part ends."""
    x, y, width = place
    y = page.heading(x, y, width, paper.say("figures_heading")) - 0.6
    columns = (x + 0.76 * width, x + width - 1)
    for column, code in zip(columns, ("before", "after"), strict=True):
        page.write(column, y - 2, paper.sheet.say(code), 6.8, color=GREY, ha="right")
    y -= 4.0
    for name, before, after in paper.figures():
        size = smaller(name, 0.6 * width, 7)
        page.write(x + 1, y - 2, fit(name, 0.6 * width, size), size)
        for column, told in zip(columns, (before, after), strict=True):
            page.write(column, y - 2, told, 7.2, ha="right")
        y -= 4.0
        page.rule(x, x + width, y, linewidth=0.25)
    return _sentences(page, paper, (x, y - 0.6, width))


def _sentences(page: Page, paper: ConsolidationSheet, place: Place) -> float:
    x, y, width = place
    told = paper.sentences()
    indent = 3 + max(width_mm(head, 6.6) for head, _ in told)
    for head, text in told:
        page.write(x + 1, y - 1.8, head, 6.6, color=GREY)
        for line in wrap(text, width - indent - 1, 6.6):
            page.write(x + indent, y - 1.8, line, 6.6)
            y -= 3.5
    return y - 1.2


def homes(page: Page, paper: ConsolidationSheet, place: Place, bottom: float) -> float:
    """List the homes by number above ``bottom``: in full, in two short columns where there are many, the rest stands in the annexed tables.

    Returns where the list ends.
    """
    x, y, width = place
    deeds = list(paper.each_deed())
    y = page.heading(x, y, width, paper.say("list_heading", count=len(deeds)))
    least = ROWS[0] * (len(deeds) + 1)
    if least > y - bottom:
        return _short(page, paper, deeds, (x, y, width), bottom)
    below = 5.2 + ROWS[0] * (len(paper.moves) + 1) + 2.5 if len(paper.moves) else 0.0
    room = y - bottom - below if least + below <= y - bottom else y - bottom
    row = min(ROWS[1], room / (len(deeds) + 1))
    edges = _edges(x, width, SHARES)
    row_of(page, y - row / 2, [paper.say(f"column.{head}") for head in SHARES], edges, GREY, named=LEFT)
    page.rule(x, x + width, y - row, color=INK, linewidth=0.5)
    for deed in deeds:
        y -= row
        ends = deed.action in {"merge", "close"}
        texts = [
            str(deed.number), deed.name, deed.township_name, paper.say(f"action.{deed.action}"), _beds(paper, deed),
            number(deed.residents_before) if ends else paper.change(deed.residents_before, deed.residents_after), paper.goes(deed),
        ]  # fmt: skip
        row_of(page, y - row / 2, texts, edges, INK, named=LEFT)
        page.rule(x, x + width, y - row, linewidth=0.25)
    return y - row - 2.0


def _short(page: Page, paper: ConsolidationSheet, deeds: list[Deed], place: Place, bottom: float) -> float:
    x, y, width = place
    half, row = (width - 2) / 2, SHORT_ROW
    room = int((y - bottom) / row + 1e-6) - 2
    shown = deeds if len(deeds) <= 2 * room else deeds[: 2 * room]
    lines = min(room, (len(shown) + 1) // 2)
    for column in range(2):
        left = x + column * (half + 2)
        edges = _edges(left, half, SHORT)
        row_of(page, y - row / 2, [paper.say(f"column.{head}") for head in SHORT], edges, GREY, named=frozenset({1, 4}))
        page.rule(left, left + half, y - row, color=INK, linewidth=0.5)
        for line, deed in enumerate(shown[column * lines : (column + 1) * lines], start=1):
            texts = [str(deed.number), deed.name, paper.say(f"action.{deed.action}"), _beds(paper, deed), paper.goes(deed, far=False)]
            row_of(page, y - line * row - row / 2, texts, edges, INK, named=frozenset({1, 4}))
            page.rule(left, left + half, y - (line + 1) * row, linewidth=0.25)
    y -= (lines + 1) * row
    if len(shown) < len(deeds):
        page.write(x + width / 2, y - row / 2, paper.say("rest", count=len(deeds) - len(shown)), 6.4, ha="center", color=GREY)
        y -= row
    return y - 2.0


def _beds(paper: ConsolidationSheet, deed: Deed) -> str:
    return number(deed.beds_before) if deed.action in {"merge", "close"} else paper.change(deed.beds_before, deed.beds_after)


def _edges(x: float, width: float, shares: dict[str, float]) -> list[float]:
    return [x + width * sum(list(shares.values())[:at]) for at in range(len(shares) + 1)]


def moves(page: Page, paper: ConsolidationSheet, place: Place, bottom: float) -> None:
    """List who moves where by name where all of it fits above ``bottom``; the list of homes and the annexed tables tell it anyway."""
    x, y, width = place
    told = list(paper.each_move())
    if not told or y - 5.2 - ROWS[0] * (len(told) + 1) < bottom:
        return
    people = number(sum(move.residents for move in told))
    y = page.heading(x, y, width, paper.say("moves_heading", count=len(told), people=people))
    row = min(ROWS[1], (y - bottom) / (len(told) + 1))
    edges = _edges(x, width, MOVES)
    row_of(page, y - row / 2, [paper.say(f"column.{head}") for head in MOVES], edges, GREY, named=frozenset({0, 1}))
    page.rule(x, x + width, y - row, color=INK, linewidth=0.5)
    for move in told:
        y -= row
        names = (f"{move.number} {move.name}", f"{move.into_number} {move.into_name}")
        row_of(page, y - row / 2, [*names, number(move.residents), paper.way(move.way)], edges, INK, named=frozenset({0, 1}))
        page.rule(x, x + width, y - row, linewidth=0.25)
