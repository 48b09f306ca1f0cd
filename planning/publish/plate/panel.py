"""The panel beside the map: coverage before and after, the list of sites, and the title block."""

from __future__ import annotations

import math

from planning.coverage import Coverage
from planning.evaluation import COUNTY, UNASSIGNED
from planning.publish import cells
from planning.publish.plate.page import GREY, INK, RULE, Page, fit, smaller, width_mm, wrap
from planning.publish.sheet import Sheet
from planning.publish.sites import each
from planning.publish.wording import demand_group, number, percent, plan_sentence, reach_sentence, reason, size_change

ROWS = (4.1, 5.2)  # least and greatest height of a row in mm
BAR = 32.0
MOST_TYPES = 3
Place = tuple[float, float, float]


def coverage(page: Page, sheet: Sheet, place: Place) -> float:
    """Draw people by state before and after, for each evaluated type; return where the part ends."""
    x, y, width = place
    y = page.heading(x, y, width, sheet.say("coverage_heading")) - 1.0
    columns = [x + 13 + BAR, x + 13 + BAR + 14.5, x + 13 + BAR + 34, x + 13 + BAR + 51, x + width - 0.5]
    for column, code in zip(columns[1:], ("share", "state.covered", "short.uncovered", "short.unreachable"), strict=True):
        page.write(column, y - 2, sheet.say(code), 6.5, color=GREY, ha="right")
    y -= 4.2
    for kind in sheet.kinds[:MOST_TYPES]:
        before, after = sheet.evaluations_before.get(kind.key), sheet.evaluations_after.get(kind.key)
        reach = next((item.requirement for item in (after, before) if item is not None and item.requirement is not None), kind.reach)
        title = sheet.say("coverage_of", kind=sheet.kind_name(kind.key), reach=reach_sentence(sheet, reach))
        page.write(x + 0.5, y - 2, fit(title, width - 1, 7), 7)
        y -= 4.4
        if after is None or after.coverage is None:
            page.write(x + 2, y - 2, fit(sheet.say("not_evaluated", reason=reason(sheet, after)), width - 4, 7), 7, color=GREY)
            y -= 4.6
            continue
        for code, evaluation in (("before", before), ("after", after)):
            if evaluation is not None and evaluation.coverage is not None:
                _bar(page, sheet.say(code), evaluation.coverage, (x, y - 2.2), columns)
                y -= 4.6
        y -= 0.6
    return _notes(page, sheet, (x, y, width))


def _bar(page: Page, label: str, found: Coverage, at: tuple[float, float], columns: list[float]) -> None:
    x, y = at
    totals = found.totals
    given = sum(totals.values())
    page.write(x + 1, y, label, 7)
    left = x + 13
    for state, colour in (("covered", "#5FA777"), ("uncovered", cells.UNCOVERED[1]), ("unreachable", cells.UNREACHABLE), ("not_located", "#C8C8C8")):
        length = BAR * totals[state] / given if given else 0.0
        page.box(left, y - 1.5, length, 3.0, facecolor=colour, edgecolor="none")
        left += length
    page.box(x + 13, y - 1.5, BAR, 3.0, edgecolor=GREY, linewidth=0.3)
    shown = (percent(found.covered_share), *(number(totals[state]) for state in ("covered", "uncovered", "unreachable")))
    for column, text in zip(columns[1:], shown, strict=True):
        page.write(column, y, text, 7, ha="right")


def _notes(page: Page, sheet: Sheet, place: Place) -> float:
    """Write what adds up to what, and how the proposal was found."""
    x, y, width = place
    lines: list[str] = []
    found = sheet.coverage
    if found is not None:
        totals = found.totals
        values = {key: number(value) for key, value in totals.items()}
        group = demand_group(sheet, sheet.main.demand_group)
        lines.append(sheet.say("adds_up", group=group, given=number(sum(totals.values())), outside=number(found.outside), **values))
    lines.append(plan_sentence(sheet))
    for text in lines:
        # A line that is only a little too long is set smaller rather than broken.
        size = smaller(text, width - 2, 6.3, 5.8)
        for line in wrap(text, width - 2, size):
            page.write(x + 1, y - 1.8, line, size, color="#444444")
            y -= 3.3
    return y - 1.2


def sites(page: Page, sheet: Sheet, place: Place, bottom: float) -> float:
    """List sites by number, as many as fit above ``bottom``, the rest stands in the annexed tables; return where the list ends."""
    x, y, width = place
    rows = sheet.sites
    y = page.heading(x, y, width, sheet.say("list_heading", count=len(rows)))
    several = len(sheet.kinds) > 1
    shares = {"no": 0.065, "name": 0.325, "type": 0.19, "township": 0.13, "action_head": 0.09, "size": 0.2} if several else {
        "no": 0.065, "name": 0.40, "township": 0.175, "action_head": 0.1, "size": 0.26}  # fmt: skip
    edges = [x + width * sum(list(shares.values())[:i]) for i in range(len(shares) + 1)]
    row = min(ROWS[1], max(ROWS[0], (y - bottom) / (len(rows) + 1)))
    row_of(page, y - row / 2, [sheet.say(f"column.{head}") for head in shares], edges, GREY)
    page.rule(x, x + width, y - row, color=INK, linewidth=0.5)
    y -= row
    room = max(0, int((y - bottom) / row))
    shown = rows if len(rows) <= room else rows.iloc[: max(0, room - 1)]
    for site in each(shown):
        kind = [sheet.kind_name(site.type)] if several else []
        name = site.name or sheet.say("nameless")
        texts = [str(site.number), name, *kind, site.township_name, sheet.say(f"action.{site.action}"), size_change(sheet, site)]
        row_of(page, y - row / 2, texts, edges, INK)
        page.rule(x, x + width, y - row, linewidth=0.25)
        y -= row
    if len(shown) < len(rows):
        page.write(x + width / 2, y - row / 2, sheet.say("see_tables", count=len(rows) - len(shown)), 6.4, ha="center", color=GREY)
        y -= row
    return y - 1.5


def townships(page: Page, sheet: Sheet, place: Place, bottom: float) -> None:
    """List people and coverage of the main type by township where all of them fit above ``bottom``; the annexed tables have them anyway."""
    x, y, width = place
    before, after = sheet.evaluations_before.get(sheet.main.key), sheet.evaluations_after.get(sheet.main.key)
    if before is None or after is None or before.coverage is None or after.coverage is None:
        return
    table = after.townships.loc[[code for code in after.townships.index if code not in {COUNTY, UNASSIGNED}]]
    if table.empty or y - 5.2 - ROWS[0] * (len(table) + 1) < bottom:
        return
    y = page.heading(x, y, width, sheet.say("townships_heading", kind=sheet.kind_name(sheet.main.key)))
    row = min(ROWS[1], (y - bottom) / (len(table) + 1))
    edges = [x, x + 2, *(x + width * share for share in (0.34, 0.5, 0.67, 0.83, 1.0))]
    heads = [sheet.say(f"short.{code}") for code in ("township", "people", "before", "after", "uncovered_after")]
    row_of(page, y - row / 2, ["", *heads], edges, GREY)
    page.rule(x, x + width, y - row, color=INK, linewidth=0.5)
    for code, now in table.iterrows():
        y -= row
        old = float(before.townships["covered_share"].to_dict().get(code, math.nan))
        figures = [number(now["people"]), _share(old), _share(now["covered_share"]), number(now["uncovered"])]
        row_of(page, y - row / 2, ["", str(now["name"]), *figures], edges, INK)
        page.rule(x, x + width, y - row, linewidth=0.25)


def _share(value: float) -> str:
    return "—" if math.isnan(value) else percent(value)


def row_of(page: Page, y: float, texts: list[str], edges: list[float], colour: str, *, named: frozenset[int] = frozenset({1})) -> None:
    """Write a row: the name (second) from the left, or the columns ``named`` instead, everything else centred."""
    for column, (left, right, text) in enumerate(zip(edges[:-1], edges[1:], texts, strict=True)):
        at, align = (left + 0.8, "left") if column in named else ((left + right) / 2, "center")
        size = smaller(text, right - left - 0.8, 6.4, 5.2)
        page.write(at, y, fit(text, right - left - 0.8, size), size, ha=align, color=colour)


def title_block(page: Page, sheet: Sheet, place: Place, height: float) -> None:
    """Draw who compiled the sheet, when, under which number, and who may see it."""
    x, y, width = place
    imprint = sheet.imprint
    cells_ = [
        ("compiled_by", sheet.compiled_by), ("date", sheet.month),
        ("scenario", imprint.scenario or "—"), ("period", imprint.period or "—"),
        ("permission", sheet.permission), ("number", imprint.number or "—"),
    ]  # fmt: skip
    row, first = height / 3, width * 0.64
    indent = 2.5 + max(width_mm(sheet.say(f"block.{code}"), 6.5) for code, _ in cells_)
    page.box(x, y, width, height, linewidth=0.6)
    for position, (code, text) in enumerate(cells_):
        left, wide = (x, first) if position % 2 == 0 else (x + first, width - first)
        top = y + height - (position // 2) * row
        page.box(left, top - row, wide, row, edgecolor=RULE, linewidth=0.4)
        page.write(left + 1, top - row / 2, sheet.say(f"block.{code}"), 6.5, color=GREY)
        colour = "#A8071A" if code == "permission" and imprint.secrecy != "公开" else INK
        size = smaller(text, wide - indent - 1, 7.5)
        page.write(left + indent, top - row / 2, fit(text, wide - indent - 1, size), size, color=colour)
