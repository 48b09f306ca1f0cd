"""Where things stand in the text of a TOML document, so that one value can be changed and every comment and blank stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

Span = tuple[int, int]
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_LINE_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|$)")
_TEXTS = ('"""', "'''", '"', "'")
_PART = re.compile(r"[ \t]*(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|([\w\-]+))[ \t]*")


@dataclass
class Entry:
    """A key and its value.

    Attributes
    ----------
    start : int
        Where the key begins.
    value : (int, int)
        Where the value begins and ends.
    """

    start: int
    value: Span


@dataclass
class Table:
    """A table of the document, under a head of its own (``[a.b]``, ``[[a]]``) or in braces.

    Attributes
    ----------
    path : tuple
        Names, and for lists of tables the place from 0: ``("facilities", 1, "columns")``.
    start, head_end : int
        Where its head begins, and where the first line after the head does; of a table in braces both are its value's.
    end : int
        Where the line after its last entry begins; of a table in braces where it closes.
    entries : mapping
        By key; keys with dots are not taken apart and not listed.
    braces : bool
    """

    path: tuple[str | int, ...]
    start: int
    head_end: int
    end: int
    entries: dict[str, Entry] = field(default_factory=dict)
    braces: bool = False


def tables(text: str) -> dict[tuple[str | int, ...], Table]:
    """Return all tables of a valid TOML text by path, and the lists of tables in brackets' places under the path of the list itself."""
    found: dict[tuple[str | int, ...], Table] = {(): Table((), 0, 0, 0)}
    counts: dict[tuple[str | int, ...], int] = {}
    here, at = found[()], 0
    while (at := _after_blanks(text, at)) < len(text):
        if text[at] == "[":
            here, at = _head(text, at, counts)
            found[here.path] = here
            continue
        key, value = _key(text, at)
        end = value_end(text, value)
        if key is not None:
            here.entries[key] = Entry(at, (value, end))
            found.update({table.path: table for table in _inner(text, (value, end), (*here.path, key))})
        at = here.end = _line_end(text, end)
    return found


def value_end(text: str, at: int) -> int:
    """Return where the value that begins at a place ends."""
    quote = next((quote for quote in _TEXTS if text.startswith(quote, at)), None)
    if quote is not None:
        return _text_end(text, at, quote)
    if text[at] in "[{":
        *_, last = (at + 1, *(end for _, (_, end) in _items(text, at)))
        return text.index("]" if text[at] == "[" else "}", _after_separators(text, last)) + 1
    found = re.compile(r"[^,\]}#\r\n]+").match(text, at)
    return at + len(found[0].rstrip()) if found else at


def items(text: str, span: Span) -> list[tuple[int, Span]]:
    """Return the entries of a list or of a table in braces: where each begins, and its value."""
    return list(_items(text, span[0]))


def _items(text: str, at: int) -> Iterator[tuple[int, Span]]:
    named, closing = text[at] == "{", "}" if text[at] == "{" else "]"
    at = _after_separators(text, at + 1)
    while text[at] != closing:
        begin = at
        if named:
            _, at = _key(text, at)
        end = value_end(text, at)
        yield begin, (at, end)
        at = _after_separators(text, end)


def _inner(text: str, span: Span, path: tuple[str | int, ...]) -> Iterator[Table]:
    """Yield the tables in braces that a value is or holds."""
    if text[span[0]] == "{":
        table = Table(path, span[0], span[0], span[1] - 1, braces=True)
        for begin, value in _items(text, span[0]):
            key, _ = _key(text, begin)
            if key is not None:
                table.entries[key] = Entry(begin, value)
                yield from _inner(text, value, (*path, key))
        yield table
    elif text[span[0]] == "[":
        for number, (_, value) in enumerate(_items(text, span[0])):
            yield from _inner(text, value, (*path, number))


def _head(text: str, at: int, counts: dict[tuple[str | int, ...], int]) -> tuple[Table, int]:
    many = text.startswith("[[", at)
    inside, names = at + (2 if many else 1), []
    while text[inside] != "]":
        part = _PART.match(text, inside)
        if part is None:
            raise ValueError(f"no name of a table at {inside}")
        names.append(next(name for name in part.groups() if name is not None))
        inside = part.end() + (text[part.end()] == ".")
    path: tuple[str | int, ...] = ()
    for depth, name in enumerate(names, start=1):
        path = (*path, name)
        if many and depth == len(names):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    end = _line_end(text, inside + (2 if many else 1))
    return Table(path, at, end, end), end


def _key(text: str, at: int) -> tuple[str | None, int]:
    """Return a key, None where it has dots, and where its value begins."""
    names = []
    while True:
        part = _PART.match(text, at)
        if part is None:
            raise ValueError(f"no key at {at}")
        names.append(next(name for name in part.groups() if name is not None))
        at = part.end() + 1
        if text[part.end()] != ".":
            break
    while text[at] in " \t":
        at += 1
    return (names[0] if len(names) == 1 else None), at


def _text_end(text: str, at: int, quote: str) -> int:
    end = at + len(quote)
    while not text.startswith(quote, end):
        end += 2 if text[end] == "\\" and quote[0] == '"' else 1
    end += len(quote)
    while len(quote) == 3 and text.startswith(quote[0], end):  # a text may end in quotation marks of its own
        end += 1
    return end


def _after_blanks(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _after_separators(text: str, at: int) -> int:
    at = _after_blanks(text, at)
    return _after_blanks(text, at + 1) if text[at] == "," else at


def _line_end(text: str, at: int) -> int:
    found = _LINE_END.match(text, at)
    return found.end() if found else at
