"""Everything the app says stands in both languages under its code."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from layers import texts
from layers.types import facility_types

APP = Path(__file__).resolve().parent.parent / "planning" / "app"
FILES = sorted(APP.rglob("*.py"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def asked() -> Iterator[str]:
    """Yield every code that a page asks for by ``t("…")``; parts that vary are a star."""
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", getattr(node.func, "attr", "")) == "t":
                told = node.args[0]
                if isinstance(told, ast.Constant):
                    yield str(told.value)
                elif isinstance(told, ast.JoinedStr):
                    yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in told.values)


@pytest.mark.parametrize("code", sorted(set(asked())))
def test_code_has_a_text(code: str) -> None:
    pattern = re.compile(re.escape(f"app.{code}").replace(r"\*", r"[\w内部送审公开]+") + "$")
    assert any(pattern.match(known) for known in texts.codes())


def test_every_text_is_asked_for() -> None:
    patterns = [re.compile(re.escape(f"app.{code}").replace(r"\*", r"[\w内部送审公开]+") + "$") for code in set(asked())]
    idle = [known for known in texts.codes() if known.startswith("app.") and not any(pattern.match(known) for pattern in patterns)]
    assert not [code for code in idle if not code.startswith("app.column.")]


def test_both_languages_name_the_same_values() -> None:
    for code in texts.codes():
        if code.startswith("app."):
            entry = texts._catalogue()[code]
            fields = [{name for _, name, _, _ in string.Formatter().parse(entry[lang]) if name} for lang in ("zh", "en")]
            assert fields[0] == fields[1], code


def test_pages_hold_no_sentences() -> None:
    """Chinese stands in the catalogue, not in the pages: only docstrings, punctuation and the status of a sheet may hold it."""
    for file in FILES:
        tree = ast.parse(file.read_text("utf-8"))
        documented = (node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef))
        docstrings = {id(node.body[0].value) for node in documented if isinstance(node.body[0], ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                assert not CHINESE.search(node.value) or node.value in {"内部", "送审", "公开", "中文"}, f"{file.name}: {node.value}"


def test_every_type_has_a_unit() -> None:
    for kind in facility_types().values():
        assert texts.say(f"app.unit.{kind.capacity_unit}")
