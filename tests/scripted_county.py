"""The demo county with a script, a link, a formula or markup in place of every text that a person may write."""

from __future__ import annotations

import layers  # isort: skip  # noqa: F401 -- before pyogrio, which would register all drivers

import csv
import io
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import tomli_w

from layers.demo import write_demo

ELSEWHERE = "http://192.0.2.1"  # an address that is nobody's (RFC 5737)
TEXTS = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "javascript:alert(1)",
    "[点我](javascript:alert(1))",
    f"![]({ELSEWHERE}/canary.png)",
    r"$\frac{x$ $$\color{red}y$$",
    f'=HYPERLINK("{ELSEWHERE}/","x")',
    "+cmd|' /C calc'!A1",
    "@SUM(1,1)",
    "</script><script>alert(1)</script>",
    "{{7*7}} ${7*7} {name} %(x)s",
    "';alert(1);//`${alert(1)}`",
    ":red[甲] :material/delete: **乙** ~~丙~~ <b>丁</b>",
    '" onmouseover="alert(1)" x="',
    f'<iframe src="{ELSEWHERE}"></iframe>',
    "--><svg onload=alert(1)>",
    "]]><style>*{display:none}</style>&lt;b&gt;",
    f"<a href='{ELSEWHERE}'>甲</a> {ELSEWHERE}/x",
)
CONTROLS = "\x1b]0;owned\x07\x1b[31m\x00\x9b2J\u202e"  # what a terminal obeys, and turns the reading direction
LEDGER = "<img src=x onerror=alert(1)>.xlsx"
COUNTY = f"县{TEXTS[0]}"
NAMES = {"设施名称", "名称", "村名", "备注"}
TOWNSHIPS = {"所属乡镇", "乡镇"}


class Texts:
    """Gives out the texts in turn, each with a number so that no two are the same."""

    def __init__(self) -> None:
        self.count = 0
        self.given: dict[str, str] = {}

    def __call__(self, old: object) -> str:
        """Return the text that stands for another, the same for the same."""
        key = str(old)
        if key not in self.given:
            self.count += 1
            self.given[key] = f"{TEXTS[self.count % len(TEXTS)]}{self.count}"
        return self.given[key]


def write_scripted(folder: Path, *, cells: int = 1000) -> None:
    """Write the county into a new folder."""
    write_demo(folder, seed=1, cells=cells)
    texts = Texts()
    for path in sorted((folder / "layers").iterdir()):
        if path.suffix in WRITERS:
            WRITERS[path.suffix](path, texts)
    (folder / "layers" / "养老服务设施台账.xlsx").rename(folder / "layers" / LEDGER)
    told = tomllib.loads((folder / "county.toml").read_text("utf-8"))
    told |= {"name": COUNTY, "name_en": COUNTY, "compiled_by": TEXTS[1], "attribution": [TEXTS[4], TEXTS[17]]}
    told["facilities"][0]["file"] = f"layers/{LEDGER}"
    told["facilities"][0]["sheet"] = "<img src=x onerror=alert(2)>"
    for task in (*told["plan"], *told["consolidate"]):
        task.update({key: texts(task[key]) for key in ("title", "title_en") if key in task})
    told["consolidate"][0]["prices"]["source"] = TEXTS[5]
    (folder / "county.toml").write_text(tomli_w.dumps(told), "utf-8")
    for path in sorted(folder.glob("*/*.toml")):
        _document(path, texts)
    (folder / "scenarios" / "优化整合方案.toml").replace(folder / "scenarios" / "<img src=x onerror=alert(3)>.toml")
    (folder / "county.toml").write_text(
        (folder / "county.toml").read_text("utf-8").replace('"优化整合方案"', '"<img src=x onerror=alert(3)>"'), "utf-8"
    )


def _document(path: Path, texts: Texts) -> None:
    """Spoil a scenario or a project, whose edits name facilities as the ledger does."""
    told = tomllib.loads(path.read_text("utf-8"))
    for item in (told, *told.get("edits", ())):
        item.update({key: texts(item[key]) for key in ("title", "note", "author", "name") if key in item})
    told["note"] = told.get("note", "") + CONTROLS
    path.write_text(tomli_w.dumps(told), "utf-8")


def _changed(row: dict[str, Any], texts: Texts) -> dict[str, Any]:
    return {head: texts(cell) if head in NAMES | TOWNSHIPS and isinstance(cell, str) and cell else cell for head, cell in row.items()}


def _workbook(path: Path, texts: Texts) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    sheet.title = "<img src=x onerror=alert(2)>"
    heads = [cell.value for cell in sheet[2]]
    for row in sheet.iter_rows(min_row=3):
        told = _changed(dict(zip(heads, (cell.value for cell in row), strict=True)), texts)
        for cell, head in zip(row, heads, strict=True):
            if cell.value != told[head]:
                cell.value, cell.data_type = told[head], "s"
    for head, text in (("床位数（张）", TEXTS[0]), ("设施类型", TEXTS[1]), ("建成年份", TEXTS[6])):  # findings that quote what they found
        cell = sheet.cell(sheet.max_row + 1, heads.index(head) + 1)
        for other, value in (("编号", f"坏{head}"), ("设施名称", text), ("设施类型", "老年养护院"), (head, text)):
            put = sheet.cell(cell.row, heads.index(other) + 1, value)
            put.data_type = "s"
    book.save(path)


def _csv(path: Path, texts: Texts) -> None:
    content = path.read_bytes()
    encoding = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "gb18030"
    rows = list(csv.DictReader(io.StringIO(content.decode(encoding))))
    held = io.StringIO()
    writer = csv.DictWriter(held, list(rows[0]))
    writer.writeheader()
    changed = [_changed(row, texts) for row in rows]
    changed[-1] |= {head: CONTROLS + changed[-1][head] for head in NAMES & set(changed[-1])}
    writer.writerows(changed)
    path.write_bytes(held.getvalue().encode(encoding))


def _geojson(path: Path, texts: Texts) -> None:
    told = json.loads(path.read_text("utf-8"))
    for feature in told["features"]:
        feature["properties"] = _changed(feature["properties"], texts)
    path.write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def _geopackage(path: Path, texts: Texts) -> None:
    table = pyogrio.read_dataframe(path)
    for head in set(table.columns) & (NAMES | TOWNSHIPS):
        table[head] = [texts(cell) if isinstance(cell, str) and cell else cell for cell in table[head]]
    path.unlink()
    pyogrio.write_dataframe(table, path, layer=path.stem)


WRITERS: dict[str, Callable[[Path, Texts], None]] = {".xlsx": _workbook, ".csv": _csv, ".geojson": _geojson, ".gpkg": _geopackage}
