"""XML without document types, and JSON no deeper and no larger than maps are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from layers.errors import PlanningError

HEAD_BYTES = 64 << 10
# An element of a workbook has a dozen attributes at most; parsers compare each with all others.
MAX_ATTRIBUTES = 5_000
MAX_JSON_BYTES = 512 << 20
MAX_JSON_DEPTH = 64
MAX_JSON_NAMES = 1_000  # different names of properties
_CHUNK = 1 << 20
# What may stand before the root element: declaration or processing instruction, comment, blanks.
_PROLOG = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_NAME = re.compile(rb'"([^"\\]{0,200})"\s*:')
# The member that states a coordinate system, however it is spelt: GDAL does not mind case, escapes and the kind of quotation marks.
_SYSTEM = re.compile(rb"""["'](?:c|\\u00[46]3)(?:r|\\u00[57]2)(?:s|\\u00[57]3)["']""", re.IGNORECASE)
_SYSTEM_BYTES = 4_096
# What may follow: it is no name of a member, or no object follows, or one that gives a name or a code and no address.
_STATED = re.compile(
    rb"""\s*(?: [^\s:/] | :\s*(?: [^\s{/] | \{\s*(?:
        "type"\s*:\s*"(?:name|EPSG)"\s*,\s*"properties"\s*:\s*\{\s*"(?:name|code)"\s*:\s*(?:"[^"\\]{0,300}"|\d{1,9})\s*\}\s*
      | "properties"\s*:\s*\{\s*"(?:name|code)"\s*:\s*(?:"[^"\\]{0,300}"|\d{1,9})\s*\}\s*,\s*"type"\s*:\s*"(?:name|EPSG)"\s*
    )\} ))""",
    re.VERBOSE,
)
_ROOT = re.compile(rb"<[A-Za-z_:\x80-\xff]")


def check_xml(head: bytes, file: str, layer: str) -> None:
    """Refuse XML that declares a document type, and so might define entities or name other files, or is not in an ASCII-like encoding.

    A document type can only stand before the root element, so the first bytes are all that need be seen.

    Parameters
    ----------
    head : bytes
        The first :data:`HEAD_BYTES` of the document; the root element must begin within them.
    file, layer : str
        For the error.

    Raises
    ------
    PlanningError
    """
    content = head.removeprefix(b"\xef\xbb\xbf")
    if len(head) < HEAD_BYTES and not content.strip():
        return  # an empty file, which is not hostile; its reader says so
    at = prolog.end() if (prolog := _PROLOG.match(content)) else 0
    if content[at : at + 2] == b"<!":
        raise PlanningError("untrusted.document_type", file=file, layer=layer)
    if not _ROOT.match(content, at):
        raise PlanningError("untrusted.no_xml", file=file, layer=layer)


def attributes(stream: IO[bytes]) -> Iterator[int]:
    """Yield, piece by piece of an XML document, how many attributes at most an element has had until there.

    Pairs of quotation marks between one ``<`` and the next are counted, so that text after an element may count as well.
    """
    most = begun = 0
    while piece := stream.read(_CHUNK):
        letters = np.frombuffer(piece, np.uint8)
        quotes = np.cumsum((letters == ord('"')) | (letters == ord("'")))
        # What stands before each element, and at the end of the piece.
        stops = np.concatenate([quotes[np.flatnonzero(letters == ord("<"))], quotes[-1:]])
        each = np.diff(stops, prepend=0)
        each[0] += begun
        most, begun = max(most, int(each.max())), int(each[-1])
        yield most // 2


def check_json(path: Path, file: str, layer: str) -> None:
    """Refuse JSON that is too large to be parsed as a whole, or nested deeper than any map is.

    Raises
    ------
    PlanningError
    """
    size = path.stat().st_size
    if size > MAX_JSON_BYTES:
        raise PlanningError("file.too_large", file=file, layer=layer, size=size >> 20, limit=MAX_JSON_BYTES >> 20)
    if json_names(path, stop=MAX_JSON_NAMES) > MAX_JSON_NAMES:
        raise PlanningError("untrusted.names", file=file, layer=layer, limit=MAX_JSON_NAMES)
    if names_address(path):
        raise PlanningError("untrusted.crs_link", file=file, layer=layer)
    if json_depth(path, stop=MAX_JSON_DEPTH) > MAX_JSON_DEPTH:
        raise PlanningError("untrusted.deep", file=file, layer=layer, limit=MAX_JSON_DEPTH)


def names_address(path: Path) -> bool:
    """Return whether GeoJSON states a coordinate system other than by a name: GDAL asks the server that a link names, wherever it stands."""
    held = b""
    with path.open("rb") as stream:
        while True:
            piece = stream.read(_CHUNK)
            held += piece
            sure = max(len(held) - _SYSTEM_BYTES, 0) if piece else len(held)
            if any(found.end() <= sure and not _STATED.match(held, found.end()) for found in _SYSTEM.finditer(held)):
                return True
            if not piece:
                return False
            held = held[max(sure - _SYSTEM_BYTES, 0) :]


def json_names(path: Path, *, stop: int) -> int:
    """Return how many different names JSON gives to values, without those that two pieces of the file share; counting ends after ``stop``."""
    names: set[bytes] = set()
    with path.open("rb") as stream:
        while (piece := stream.read(_CHUNK)) and len(names) <= stop:
            names.update(found[1] for found in _NAME.finditer(piece))
    return len(names)


def json_depth(path: Path, *, stop: int) -> int:
    """Return how deep brackets outside of texts are nested, piece by piece and without recursion; at least ``stop`` + 1 where it is more."""
    deepest = depth = 0
    inside, rest = False, b""
    with path.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            piece, rest = _whole_escapes(rest + piece)
            letters = np.frombuffer(re.sub(rb"\\.", b"..", piece, flags=re.DOTALL), np.uint8)
            quoted = (np.cumsum(letters == ord('"')) + inside) % 2 == 1
            step = np.isin(letters, (ord("["), ord("{"))).astype(np.int64) - np.isin(letters, (ord("]"), ord("}")))
            level = depth + np.cumsum(np.where(quoted, 0, step))
            if len(level):
                deepest, depth, inside = max(deepest, int(level.max())), int(level[-1]), bool(quoted[-1])
            if deepest > stop:
                break
    return deepest


def _whole_escapes(piece: bytes) -> tuple[bytes, bytes]:
    """Split off a backslash at the end whose letter is still to come."""
    slashes = len(piece) - len(piece.rstrip(b"\\"))
    return (piece[:-1], b"\\") if slashes % 2 else (piece, b"")
