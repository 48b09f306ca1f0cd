"""Texts of others as they may be shown: without letters that command a terminal or turn the reading direction instead of showing something."""

from __future__ import annotations

import re

# Control letters but tabulator and line break, surrogates, what overrides the reading direction, and what XML has no place for.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def shown(text: str) -> str:
    """Return a text without them."""
    return _COMMANDS.sub("", text)
