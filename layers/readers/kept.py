"""Streets read once per file: from the second time on they come from the county's cache."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from pyproj import CRS

from layers.cache import FOLDER, Cache, key_of, made_by
from layers.county import County, Streets
from layers.errors import Fault
from layers.progress import Progress, silent
from layers.readers.streets import read_streets
from layers.streets import StreetNetwork

_CODE = ("layers.readers.streets", "layers.crs", "layers.streets")


def cache_of(folder: Path, county: County) -> Cache:
    """Return the cache in a county's folder, as large as county.toml allows; none where that is 0."""
    size = county.travel.cache_mb * 1_000_000
    return Cache(folder / FOLDER, size) if size else Cache()


def kept_streets(
    path: Path, spec: Streets, crs: CRS | None, digests: Mapping[str, str], *, cache: Cache, progress: Progress = silent
) -> tuple[StreetNetwork, tuple[Fault, ...]]:
    """Return what :func:`layers.readers.streets.read_streets` does, from the cache where the same files were read in the same way.

    Parameters
    ----------
    path : Path
        The street file.
    spec : Streets
        The county's word on it.
    crs : CRS or None
        The county's metric CRS; chosen from the streets where None.
    digests : mapping
        sha256 by path relative to the county's folder, of every file that the reading may depend on; others in it do not matter.
    cache : Cache
    progress : Progress
        Called while the file is read.
    """
    told = spec.model_dump(mode="json")
    content = {name: digest for name, digest in sorted(digests.items()) if _concerns(name, told)}
    key = key_of(made_by(*_CODE), content, told, "" if crs is None else crs.to_wkt())
    return cache.kept("streets", key, lambda: read_streets(path, spec, crs, progress=progress), tuple[StreetNetwork, tuple[Fault, ...]])


def _concerns(name: str, told: object) -> bool:
    """Return whether a file is named in what county.toml tells of the streets, or lies beside one that is, as the parts of a shapefile do."""
    path = PurePosixPath(name)
    return any(named.with_suffix("") == path.with_suffix("") for named in _named(told))


def _named(told: object) -> Iterator[PurePosixPath]:
    if isinstance(told, str) and told:
        yield PurePosixPath(told)
    elif isinstance(told, dict):
        for value in told.values():
            yield from _named(value)
    elif isinstance(told, list):
        for value in told:
            yield from _named(value)
