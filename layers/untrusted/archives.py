"""Workbooks are zip archives of XML: how many members, how far they unpack, where they would lie, what their XML declares."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from layers.errors import PlanningError
from layers.untrusted import opening
from layers.untrusted.markup import HEAD_BYTES, MAX_ATTRIBUTES, attributes, check_xml

MAX_MEMBERS = 2_000
MAX_UNPACKED = 512 << 20
# A member may unpack to so many times its size, as in Apache POI; small ones to more, as a page of blanks does.
MAX_RATIO, RATIO_FROM = 100, 4 << 20


def check_workbook(path: Path, file: str, layer: str) -> None:
    """Refuse a workbook that would unpack to too much or to elsewhere, whose XML declares a document type, or has elements of endless attributes.

    Raises
    ------
    PlanningError
    """
    with opening(path, "file.unreadable", file=file, layer=layer), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _check_sizes(members, file, layer)
        for member in members:
            if _leads_out(member.filename):
                raise PlanningError("untrusted.member_path", file=file, layer=layer, member=member.filename[:60])
            if member.filename.lower().endswith((".xml", ".rels", ".vml")) and member.file_size:
                with archive.open(member) as stream:
                    check_xml(stream.read(HEAD_BYTES), file, layer)
                    stream.seek(0)
                    if any(most > MAX_ATTRIBUTES for most in attributes(stream)):
                        raise PlanningError("untrusted.attributes", file=file, layer=layer, limit=MAX_ATTRIBUTES)


def _check_sizes(members: list[zipfile.ZipInfo], file: str, layer: str) -> None:
    """Look at stated sizes; zipfile reads no more of a member than is stated."""
    unpacked = sum(member.file_size for member in members)
    dense = any(member.file_size > max(RATIO_FROM, MAX_RATIO * member.compress_size) for member in members)
    if dense or unpacked > MAX_UNPACKED or len(members) > MAX_MEMBERS:
        limits = {"limit": MAX_UNPACKED >> 20, "ratio": MAX_RATIO, "members": MAX_MEMBERS}
        raise PlanningError("untrusted.unpacks", faults=(), file=file, layer=layer, size=unpacked >> 20, **limits)


def _leads_out(name: str) -> bool:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    return posix.is_absolute() or bool(windows.drive or windows.root) or ".." in (*posix.parts, *windows.parts)
