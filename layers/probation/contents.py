"""What a county's folder holds that would be read: its files by content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from layers.county import County
from layers.readers._files import digest, inside
from layers.readers.marks import MARKS


@dataclass(frozen=True)
class Contents:
    """Files before they are read.

    Attributes
    ----------
    files : mapping
        sha256 by path relative to the county's folder.
    size : int
        Bytes of all of them.
    """

    files: dict[str, str]
    size: int


def listed(folder: Path, county: County) -> Contents:
    """Return county.toml, the marks beside it, each file it names, and those beside them under their names, which libraries open by themselves."""
    named = [PurePosixPath("county.toml"), PurePosixPath(MARKS), *(PurePosixPath(text) for text in _texts(county.model_dump(mode="json")))]
    return _contents(folder, (other for path in named for other in _beside(folder, path)))


def of_file(folder: Path, file: str) -> Contents:
    """Return a file and those beside it under its name."""
    return _contents(folder, _beside(folder, PurePosixPath(file)))


def laid(folder: Path) -> Contents:
    """Return all files in a folder's ``layers/``."""
    return _contents(folder, (path.relative_to(folder).as_posix() for path in sorted((folder / "layers").rglob("*"))))


def _contents(folder: Path, files: Iterable[str]) -> Contents:
    found: dict[str, str] = {}
    for file in files:
        # No pipe, and nothing that a link leads to elsewhere: readers refuse it.
        if file not in found and (folder / file).is_file() and inside(folder, file):
            found[file] = digest(folder / file)
    return Contents(found, sum((folder / file).stat().st_size for file in found))


def _beside(folder: Path, path: PurePosixPath) -> Iterator[str]:
    try:
        if inside(folder, str(path)) and (folder / path).is_file():
            yield from (str(path.with_name(other.name)) for other in (folder / path).parent.iterdir() if other.name.startswith(path.stem))
    except (OSError, ValueError):
        return  # a text that names no file


def _texts(told: object) -> Iterator[str]:
    if isinstance(told, str) and told:
        yield told
    elif isinstance(told, dict | list):
        for value in told.values() if isinstance(told, dict) else told:
            yield from _texts(value)
