"""What is slow and pure is kept by content in a county's folder ``.cache/``, which may be deleted at any time (convention 12).

An entry is a folder: ``meta.json``, which begins with its own checksum, and files of plain numbers, whose lengths and CRC-32 it holds. It is written
beside its place and renamed into it, so that an entry is there whole or not at all; what a power cut leaves is found by its checksums, and what
is damaged is made anew. Arrays are mapped into memory, not read. Where the folder cannot be written, the work goes on and nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache as memo
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeVar

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from layers.errors import Fault
from layers.packing import Array, Tree, fingerprint, pack, shape_of, unpack
from layers.saving import PATIENCE_S

FORMAT: Final = 1
FOLDER: Final = ".cache"
LIMIT_BYTES: Final = 5_000_000_000
_META = "meta.json"
_DATA = "data.bin"
_ALIGNED = 64
_STALE_S = 86_400.0
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# What Buju computed for this county and can compute again. May be deleted at any time.\n"
_DAMAGE = (OSError, ValueError, KeyError, TypeError, IndexError)
T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """One kept value, with files of numbers that were streamed beside it."""

    folder: Path
    meta: Tree

    def value(self, hint: Any) -> Any:  # noqa: ANN401 - whatever the type says
        """Return the value, its arrays mapped.

        Copy-on-write and not read-only: compiled searches would otherwise be compiled once for arrays from here and once for fresh ones. What
        anybody wrote would stay in memory; the file cannot be changed through it.
        """
        data = _mapped(self.folder / _DATA, "c")
        arrays = [np.ndarray(shape, kind, data, begin) if np.prod(shape) else np.empty(shape, kind) for begin, kind, shape in self.meta["arrays"]]
        return unpack(self.meta["tree"], arrays, hint)

    def stream(self, file: str, kind: type[np.generic]) -> Array:
        """Return a file that was streamed as one array, mapped read-only.

        Raises
        ------
        OSError, ValueError
            When it is missing or other than it was written; the whole file is read once for that.
        """
        self.check(file)
        return _mapped(self.folder / file, "r").view(kind)

    def check(self, file: str) -> None:
        """Read a file once.

        Raises
        ------
        OSError, ValueError
            When it is missing, shorter, longer or other than it was written.
        """
        with (self.folder / file).open("rb") as stream:
            found, length = 0, 0
            while part := stream.read(1 << 20):
                found, length = zlib.crc32(part, found), length + len(part)
        if [length, found] != self.meta["files"][file]:
            raise ValueError(f"{file} is damaged")


@dataclass
class Writing:
    """An entry on the way: numbers are appended to its files, then it is put in its place."""

    folder: Path
    place: Path
    files: dict[str, list[int]] = field(default_factory=dict)

    def append(self, file: str, array: Array) -> None:
        """Write the numbers of an array at the end of a file of the entry."""
        content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        size, crc = self.files.get(file, (0, 0))
        with (self.folder / file).open("ab") as stream:
            stream.write(content)
        self.files[file] = [size + len(content), zlib.crc32(content, crc)]

    def finish(self, value: object) -> None:
        """Write the value itself and put the entry in place; where it stands already, the one that stands remains."""
        tree, arrays = pack(value)
        places = []
        for array in arrays:
            places.append([self.files.get(_DATA, (0, 0))[0], array.dtype.str, list(array.shape)])
            self.append(_DATA, array)
            self.append(_DATA, np.zeros(-array.nbytes % _ALIGNED, np.uint8))
        if not arrays:
            self.append(_DATA, np.empty(0, np.uint8))
        meta = json.dumps({"format": FORMAT, "tree": tree, "arrays": places, "files": self.files}, ensure_ascii=False)
        (self.folder / _META).write_text(f"{_checksum(meta)}\n{meta}", "utf-8")
        self._put_in_place()

    def _put_in_place(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.folder.rename(self.place)
            except OSError as error:
                if (self.place / _META).is_file():
                    return
                if not isinstance(error, PermissionError) or time.monotonic() >= until:
                    raise
                time.sleep(0.1)  # on Windows a virus scanner holds what was just written
            else:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Cache:
    """A folder of kept values with a limit on its size; safe to share between threads and processes.

    Parameters
    ----------
    folder : Path or None
        Made when something is first kept; its parent must exist. None: nothing is kept.
    limit_bytes : int
        When a new entry exceeds it, the entries that were used longest ago leave.
    """

    folder: Path | None = None
    limit_bytes: int = LIMIT_BYTES
    _refusals: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def notes(self) -> tuple[Fault, ...]:
        """Why something could not be kept, where it could not: results are the same, the next start is slower."""
        return tuple(Fault("note", "cache.not_kept", "cache", FOLDER, values={"why": why}) for why in self._refusals)

    def kept(self, kind: str, key: str, make: Callable[[], T], hint: Any = None) -> T:  # noqa: ANN401 - a type, or a generic alias
        """Return the kept value of a key, or make and keep it.

        Parameters
        ----------
        kind : str
            What it is, for whoever looks into the folder.
        key : str
            From :func:`key_of`: everything that the value depends on.
        make : callable
        hint : type
            Of the value.
        """
        name = f"{kind}-{key_of(shape_of(hint), key)}"
        found: T | None = self._value(name, hint)
        if found is None:
            made = make()
            self._write(name, made)
            found = self._value(name, hint)
            return made if found is None else found
        return found

    def entry(self, name: str) -> Entry | None:
        """Return an entry, None where there is none; a damaged one is removed. What was streamed is checked when it is asked for."""
        if self.folder is None:
            return None
        place = self.folder / name
        try:
            checksum, _, meta = (place / _META).read_text("utf-8").partition("\n")
            if checksum != _checksum(meta):
                raise ValueError(f"{_META} is damaged")
            entry = Entry(place, json.loads(meta))
            if any((place / file).stat().st_size != size for file, (size, _) in entry.meta["files"].items()):
                raise ValueError(f"{name} is damaged")
            entry.check(_DATA)
        except (FileNotFoundError, NotADirectoryError):
            if place.is_dir():
                self.remove(name)
            return None
        except _DAMAGE:
            self.remove(name)
            return None
        with contextlib.suppress(OSError):
            os.utime(place / _META)
        return entry

    def names(self, prefix: str) -> list[str]:
        """Return the names of the entries that begin so, sorted."""
        return sorted(path.name for path in self._entries() if path.name.startswith(prefix))

    def remove(self, name: str) -> None:
        """Remove an entry; on Windows one that is mapped stays until its program ends."""
        if self.folder is None:
            return
        place = self.folder / name
        with contextlib.suppress(OSError):
            place = place.rename(self._aside(name))
        shutil.rmtree(place, ignore_errors=True)

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[Writing]:
        """Write an entry piece by piece; without ``finish`` nothing is kept.

        Raises
        ------
        OSError
            When the folder cannot be written, or the disk is full; the reason is then among :attr:`notes`.
        """
        try:
            if self.folder is None:
                raise FileNotFoundError(FOLDER)
            self.folder.mkdir(exist_ok=True)
            (self.folder / "CACHEDIR.TAG").write_text(_TAG, "utf-8")
            aside = self._aside(name)
            aside.mkdir()
            with Writing(aside, self.folder / name) as writing:
                yield writing
        except OSError as error:
            if self.folder is not None:
                self._refusals[error.strerror or str(error)] = name
            raise
        self._keep_within_limit(name)

    def _aside(self, name: str) -> Path:
        return (self.folder or Path()) / f".{name}.{uuid.uuid4().hex[:12]}"

    def _value(self, name: str, hint: Any) -> Any:  # noqa: ANN401 - whatever the type says
        entry = self.entry(name)
        if entry is None:
            return None
        try:
            return entry.value(hint)
        except _DAMAGE:
            self.remove(name)
            return None

    def _write(self, name: str, value: object) -> None:
        with contextlib.suppress(OSError), self.writing(name) as writing:
            writing.finish(value)

    def _entries(self) -> list[Path]:
        try:
            return [path for path in self.folder.iterdir() if path.is_dir()] if self.folder else []
        except OSError:
            return []

    def _keep_within_limit(self, newest: str) -> None:
        known, total = [], 0
        for path in self._entries():
            with contextlib.suppress(OSError):
                size = sum(file.stat().st_size for file in path.iterdir())
                used = (path / _META if (path / _META).is_file() else path).stat().st_mtime
                # What has no name yet is being written, or was left by a program that died.
                if not path.name.startswith("."):
                    known.append((used, path.name, size))
                    total += size
                elif used < time.time() - _STALE_S:
                    shutil.rmtree(path, ignore_errors=True)
        for _, name, size in sorted(known):
            if total <= self.limit_bytes:
                return
            if name != newest:
                self.remove(name)
                total -= size


def key_of(*parts: object) -> str:
    """Return a key of everything a value depends on; the parts are what :func:`layers.packing.pack` can take apart."""
    return fingerprint(*parts)


@memo
def made_by(*modules: str) -> str:
    """Return a key of the program text of modules and of the libraries whose answers it passes on: another version keeps apart."""
    digest = hashlib.blake2b(digest_size=16)
    for module in modules:
        spec = find_spec(module)
        folders = list(spec.submodule_search_locations or ()) if spec else []
        files = [path for folder in folders for path in Path(folder).rglob("*") if path.suffix in {".py", ".toml"}]
        files += [Path(spec.origin)] if spec and spec.origin and not folders else []
        for path in sorted(files):
            digest.update(path.name.encode() + path.read_bytes())
    versions = (np.__version__, pd.__version__, shapely.__version__, shapely.geos_version_string, pyproj.__version__, pyproj.proj_version_str)
    digest.update(" ".join(versions).encode())
    return digest.hexdigest()


def _checksum(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _mapped(path: Path, mode: Literal["r", "c"]) -> NDArray[np.uint8]:
    if not path.stat().st_size:
        return np.empty(0, np.uint8)
    return np.asarray(np.memmap(path, np.uint8, mode))
