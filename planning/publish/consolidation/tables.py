"""The tables annexed to a consolidation, as one Excel workbook: homes, moves, before and after, money, and what they rest on."""

from __future__ import annotations

import math

from layers.types import Ratio, Reach, Size, sources
from planning.publish.consolidation.paper import ConsolidationSheet
from planning.publish.consolidation.terms import prices, rules
from planning.publish.wording import crs_sentence, number
from planning.publish.workbook import Column, Table, Value, excel
from planning.siting.consolidation import WHOLE

Rows = list[tuple[Value, ...]]


def tables(paper: ConsolidationSheet) -> tuple[Table, ...]:
    """Return the annexed tables."""
    return (_homes(paper), _moves(paper), _balance(paper), _money(paper), _notes(paper))


def workbook(paper: ConsolidationSheet) -> bytes:
    """Return the tables as an Excel workbook; the same sheet gives the same bytes."""
    sheet = paper.sheet
    return excel(tables(paper), title=sheet.heading, author=sheet.compiled_by, date=sheet.imprint.date)


def _table(paper: ConsolidationSheet, key: str, columns: list[tuple[str, str]], rows: Rows) -> Table:
    sheet, name = paper.sheet, paper.say(f"table.{key}")
    values = {"limit": paper.limit, "mode": paper.mode}
    heads = tuple(Column(paper.say(f"head.{code}", **values), shown) for code, shown in columns)
    title = sheet.say("table_title", county=sheet.county_name, title=sheet.imprint.title, table=name)
    note = sheet.say("table_note", compiled_by=sheet.compiled_by, month=sheet.month, permission=sheet.permission)
    return Table(name, title, note, heads, tuple(rows))


def _homes(paper: ConsolidationSheet) -> Table:
    """机构处置一览表: what becomes of each home, numbered as on the plate."""
    way = "way_min" if paper.task.unit == "min" else "way_km"
    columns = [
        ("number", "count"), ("name", "text"), ("township", "text"), ("action", "text"), ("type_after", "text"), ("into_number", "count"),
        ("into", "text"), (way, "number"), ("beds_before", "count"), ("beds_after", "count"), ("care_before", "count"), ("care_after", "count"),
        ("residents_before", "count"), ("coming", "count"), ("residents_after", "count"), ("occupancy_before", "share"),
        ("occupancy_after", "share"), ("once", "number"), ("running_before", "number"), ("running_after", "number"), ("facility", "text"),
    ]  # fmt: skip
    rows: Rows = []
    for deed in paper.each_deed():
        into = int(paper.deeds["number"][deed.into]) if deed.into else None
        becomes = paper.sheet.kind_name(deed.to) if deed.action == "convert" else ""
        rows.append((
            deed.number, deed.name, deed.township_name, paper.say(f"action.{deed.action}"), becomes, into, deed.into_name,
            deed.way / paper.task.factor, deed.beds_before, deed.beds_after, deed.care_before, deed.care_after, deed.residents_before, deed.coming,
            deed.residents_after, _ratio(deed.residents_before, deed.beds_before), _ratio(deed.residents_after, deed.beds_after), deed.once,
            deed.running_before, deed.running_after, deed.Index,
        ))  # fmt: skip
    return _table(paper, "homes", columns, rows)


def _moves(paper: ConsolidationSheet) -> Table:
    """在院老人转移一览表: who moves where, and how far."""
    way = "way_min" if paper.task.unit == "min" else "way_km"
    columns = [
        ("from_number", "count"), ("from", "text"), ("from_township", "text"), ("to_number", "count"), ("to", "text"), ("into_township", "text"),
        ("moving", "count"), (way, "number"), ("straight_km", "number"),
    ]  # fmt: skip
    rows: Rows = [
        (move.number, move.name, move.township_name, move.into_number, move.into_name, move.into_township_name, move.residents,
         move.way / paper.task.factor, move.straight / 1000.0)
        for move in paper.each_move()
    ]  # fmt: skip
    return _table(paper, "moves", columns, rows)


def _balance(paper: ConsolidationSheet) -> Table:
    """分乡镇前后对照表: homes, beds, residents and people served, present and planned; the county first."""
    names = ("homes_before", "homes_after", "converted_after", "beds_before", "beds_after", "care_beds_before", "care_beds_after",
             "residents_before", "residents_after", "people", "served_before", "served_after")  # fmt: skip
    heads = {"converted_after": "converted", "care_beds_before": "care_before", "care_beds_after": "care_after"}
    columns = [("township", "text"), *((heads.get(name, name), "count") for name in names)]
    table = paper.balance
    rows: Rows = []
    for at, code in enumerate(table.index):
        told = str(table["name"].iloc[at]) or paper.sheet.say("unknown")
        area = paper.say("county") if code == WHOLE else told
        rows.append((area, *(float(table[name].iloc[at]) for name in names)))
    return _table(paper, "balance", columns, rows)


def _money(paper: ConsolidationSheet) -> Table:
    """费用测算表: what is paid once, what running costs, and both over the years, in 万元."""
    money, years = paper.money, f"{paper.money['years']:g}"
    rows: Rows = [(paper.say(f"money.{code}"), None, money[code], None) for code in ("building", "converting", "reducing", "ending", "once")]
    for code, before, after in (("running", "running_before", "running_after"), ("cost", "cost_before", "cost")):
        rows.append((paper.say(f"money.{code}", years=years), money[before], money[after], money[after] - money[before]))
    columns = [("item", "text"), ("present_money", "number"), ("planned_money", "number"), ("difference_money", "number")]
    return _table(paper, "money", columns, rows)


def _notes(paper: ConsolidationSheet) -> Table:
    """说明: rules, norms, prices and their source, proof, assumptions and inputs."""
    from planning import __version__

    sheet, imprint = paper.sheet, paper.sheet.imprint
    rows: Rows = [
        (sheet.say("note_head.county"), sheet.county_name), (paper.say("note.task"), f"{imprint.title} ({paper.task.key})"),
        (sheet.say("note_head.scenario"), imprint.scenario), (sheet.say("note_head.compiled_by"), sheet.compiled_by),
        (sheet.say("note_head.date"), imprint.date.isoformat()), (sheet.say("note_head.permission"), sheet.permission),
    ]  # fmt: skip
    rows += [(paper.say("note.rule"), text) for text in rules(paper)]
    rows += _norms(paper)
    rows += [(paper.say("note.price"), text) for text in prices(paper)]
    rows.append((paper.say("note.price_source"), paper.task.prices.source))
    rows.append((paper.say("note.proof"), paper.plan.say(imprint.lang)))
    rows.append((paper.say("note.proof"), paper.say("note.bound", value=number(paper.plan.value, 2), bound=number(paper.plan.bound, 2))))
    rows.append((paper.say("note.assumed"), paper.say("note.assumed_text")))
    rows += [
        (sheet.say("note_head.crs"), crs_sentence(sheet)), (sheet.say("note_head.boundaries"), sheet.say("boundaries")),
        (sheet.say("note_head.data"), sheet.sources), (sheet.say("note_head.software"), f"Buju {__version__}"),
    ]  # fmt: skip
    rows += [(sheet.say("note_head.input", file=file), f"sha256 {digest}") for file, digest in sorted(sheet.facts.inputs.items())]
    return _table(paper, "notes", [("item", "text"), ("content", "text")], rows)


def _norms(paper: ConsolidationSheet) -> Rows:
    """Return what norms say of the type's reach, size and care beds: to compare the task's own settings with."""
    zh, known = paper.sheet.imprint.lang == "zh", sources()
    rows: Rows = []
    for item in paper.sheet.main.requirements:
        if not isinstance(item, Reach | Size | Ratio):
            continue
        told = [(known[key].zh if zh else known[key].en) if key in known else key for key in item.source]
        confidence = paper.sheet.say(f"confidence.{item.confidence}")
        text = (item.note_zh if zh else item.note_en).rstrip("。.")
        values = {"source": paper.sheet.say("join").join(told), "confidence": confidence}
        rows.append((paper.say("note.norm", id=item.id), paper.say("note.norm_text", text=text, **values)))
    return rows


def _ratio(over: float, under: float) -> float:
    return over / under if under > 0 else math.nan
