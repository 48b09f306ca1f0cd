"""TOML as people write it: small, shallow, with numbers that a computer can hold."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from layers.errors import PlanningError

MAX_TOML_BYTES = 1 << 20
MAX_DEPTH, MAX_VALUES = 24, 50_000
# The parser takes quadratic time over names of thousands of parts.
_LONG_NAME = re.compile(r"(?<![\w\-\"'])(?:[\w\-\"']++[ \t]*+\.[ \t]*+){24}")


def load_toml(text: str, file: str) -> dict[str, Any]:
    """Return the table a TOML text describes.

    Raises
    ------
    PlanningError
        When it is too large, too deep, has too many values, or a whole number of more than 64 bits, which TOML does not know.
    TOMLDecodeError
        When it is no TOML.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_TOML_BYTES:
        raise PlanningError("untrusted.toml_size", file=file, size=-(-size >> 10), limit=MAX_TOML_BYTES >> 10)
    if _LONG_NAME.search(text):
        raise PlanningError("untrusted.toml_depth", file=file, depth=MAX_DEPTH, values=MAX_VALUES)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError as error:
        raise PlanningError("untrusted.toml_depth", file=file, depth=MAX_DEPTH, values=MAX_VALUES) from error
    except ValueError as error:  # dates that do not exist, numbers of thousands of digits
        raise PlanningError("untrusted.toml_number", file=file) from error
    _check(content, file)
    return content


def _check(content: dict[str, Any], file: str) -> None:
    """Walk through all values level by level, without recursion."""
    level: list[object] = [content]
    seen = 0
    for _ in range(MAX_DEPTH):
        seen += len(level)
        if any(isinstance(value, int) and not -(2**63) <= value < 2**63 for value in level):
            raise PlanningError("untrusted.toml_number", file=file)
        inner = [value.values() if isinstance(value, dict) else value for value in level if isinstance(value, dict | list)]
        level = [value for values in inner for value in values]
        if not level or seen > MAX_VALUES:
            break
    if level:
        raise PlanningError("untrusted.toml_depth", file=file, depth=MAX_DEPTH, values=MAX_VALUES)
