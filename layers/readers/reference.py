"""Write ``docs/county.md``, the reference of county.toml, from its schema.

Run ``python -m layers.readers.reference`` after the schema has changed; a test compares.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from layers.county import County

TARGET = Path(__file__).resolve().parents[2] / "docs" / "county.md"
HEAD = """\
# county.toml

What each key of a county's `county.toml` means. Unknown keys are refused. Written by `python -m layers.readers.reference` from the schema in
`layers/county.py`; do not edit by hand.

A path is relative to the county's folder and has forward slashes. A layer that is not listed is absent; a layer that is listed but missing or empty
is an error. The smallest file that works:

```toml
name = "示例县"

[[population]]
file = "layers/people_60_plus.tif"
group = "60_plus"

[streets]
file = "layers/streets.osm.pbf"
```

How ledgers of facilities are read and checked, in words for the clerk who keeps them, is told in [ledgers.md](ledgers.md); how people are read,
checked, scaled to totals and split by age in [population.md](population.md).
"""


def reference() -> str:
    """Return the page: one section per table of county.toml, one row per key."""
    sections = [HEAD]
    for path, model in _tables("", County):
        lines = [f"## {path or 'Top level'}", "", *_summary(model), "| key | value | default | meaning |", "|---|---|---|---|"]
        lines += [_row(name, field) for name, field in model.model_fields.items()]
        sections.append("\n".join(lines) + "\n")
    return "\n".join(sections)


def main() -> None:
    """Write the page."""
    TARGET.write_text(reference(), "utf-8", newline="\n")


def _summary(model: type[BaseModel]) -> list[str]:
    lines = (model.__doc__ or "").strip().splitlines()
    return [lines[0], ""] if lines else []


def _tables(path: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    yield path, model
    for name, field in model.model_fields.items():
        inner, many = _inner(field.annotation)
        if inner is not None:
            below = f"{path.strip('[]`')}.{name}" if path else name
            named = f"{below}.<name>" if get_origin(field.annotation) is dict else below
            yield from _tables(f"`[[{named}]]`" if many else f"`[{named}]`", inner)


def _inner(annotation: Any) -> tuple[type[BaseModel] | None, bool]:  # noqa: ANN401 -- any annotation
    """Return the model inside an annotation, and whether there is a list of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for part in get_args(annotation):
        inner, _ = _inner(part)
        if inner is not None:
            return inner, get_origin(annotation) is tuple
    return None, False


def _row(name: str, field: FieldInfo) -> str:
    limits = [
        f"{sign} {getattr(limit, key)}"
        for limit in field.metadata
        for key, sign in (("gt", ">"), ("ge", "≥"), ("lt", "<"), ("le", "≤"))
        if hasattr(limit, key)
    ]
    value = _value(field.annotation) + (f", {', '.join(limits)}" if limits else "")
    return f"| `{name}` | {value} | {_default(field)} | {field.description or ''} |".replace("  ", " ")


def _value(annotation: Any) -> str:  # noqa: ANN401
    """Return in words what a key may hold."""
    inner, many = _inner(annotation)
    if inner is not None:
        return "tables" if many else "table"
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(parts[0])
    if origin in {Union, types.UnionType}:
        return " or ".join(_value(part) for part in parts if part is not type(None))
    containers = {tuple: ("list of", 0), dict: ("table of", 1)}
    if origin in containers:
        words, which = containers[origin]
        return f"{words} {_value(parts[which])}"
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    return {str: "text", float: "number", int: "whole number", bool: "true or false"}.get(annotation, "value")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.default
    if default is PydanticUndefined or default is None or isinstance(default, BaseModel) or default in ("", (), {}):
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return ", ".join(f"`{part}`" for part in default)
    return f"`{default}`"


if __name__ == "__main__":
    main()
