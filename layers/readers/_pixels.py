"""The people in a band of a raster, and what is found in pixels that count nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray

from layers.checking.population_rows import LAYER, NAMED, named
from layers.checking.population_size import LARGEST
from layers.county import PopulationFile
from layers.errors import Fault, PlanningError
from layers.untrusted.rasters import strips

MAX_CELLS = 2_000_000  # pixels in which anybody lives
_DISTINCT = 1_000  # values below zero that are told apart
# What programs write where they know nothing; GHS-POP has -200, WorldPop -99999, ESRI the least number of the pixel's type.
_MARKERS = (-99.0, -200.0, -999.0, -9999.0, -99999.0, -999999.0, -32768.0)
_LEAST = -1e6  # nobody mistypes a count so far
# No data as the greatest number of the pixel's type is usual; another positive one may be a count.
_USUAL = (127.0, 255.0, 32767.0, 65535.0, 2147483647.0, 4294967295.0)
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass
class _Tally:
    """Pixels that count nobody although something stands in them, by what stands there; the first pixels of each value are remembered."""

    counts: dict[float, int] = field(default_factory=dict)
    pixels: dict[float, list[int]] = field(default_factory=dict)
    others: int = 0

    def add(self, values: Floats, numbers: Rows) -> None:
        for value, count in zip(*(part.tolist() for part in np.unique(values, return_counts=True)), strict=True):
            if value not in self.counts and len(self.counts) >= _DISTINCT:
                self.others += count
                continue
            kept = self.pixels.setdefault(value, [])
            kept.extend((numbers[values == value][: NAMED - len(kept)] + 1).tolist())
            self.counts[value] = self.counts.get(value, 0) + count

    def each(self) -> Iterator[tuple[int, float]]:
        """Yield pixel and value, in the order of pixels."""
        yield from sorted((pixel, value) for value, pixels in self.pixels.items() for pixel in pixels)


@dataclass
class _Band:
    """What was found in a band."""

    numbers: list[Rows] = field(default_factory=lambda: [np.empty(0, np.int64)])
    people: list[Floats] = field(default_factory=lambda: [np.empty(0)])
    below: _Tally = field(default_factory=_Tally)
    beyond: _Tally = field(default_factory=_Tally)
    unknown: list[int] = field(default_factory=lambda: [0, 0])  # how many are NaN, and the first
    declared: int = 0  # pixels with the value that the file declares to be no data


def inhabited(source: rasterio.DatasetReader, spec: PopulationFile, faults: list[Fault]) -> pd.Series[float]:
    """Return the people of the pixels in which anybody lives, indexed by pixel number.

    Parameters
    ----------
    source : DatasetReader
        Open and checked.
    spec : PopulationFile
        Its group and band.
    faults : list of Fault
        Takes what is found: values that only stand for no data, negative and impossible ones; none of them counts anybody.

    Raises
    ------
    PlanningError
        When people live in more pixels than can be planned for.
    """
    band, found = _Band(), 0
    for first, values, masked in strips(source, spec.band):
        found += _take(band, first, values, masked)
        if found > MAX_CELLS:
            raise PlanningError("raster.too_large", file=spec.file, width=source.width, height=source.height)
    faults.extend(_findings(band, spec, source.nodatavals[spec.band - 1]))
    people = pd.Series(np.concatenate(band.people), index=pd.Index(np.concatenate(band.numbers), name="cell"))
    told = {"group": spec.group, "cells": len(people)}
    faults.append(Fault("note", "population.read", LAYER, spec.file, value=f"{people.sum():.1f}", values=told))
    return people


def _take(band: _Band, first: int, values: Floats, masked: NDArray[np.bool_]) -> int:
    """Sort the pixels of a strip into those with people and those with something else; return how many have people."""
    nan = np.isnan(values)
    unknown = np.flatnonzero(nan & ~masked)
    if len(unknown):
        band.unknown = [band.unknown[0] + len(unknown), band.unknown[1] or int(unknown[0]) + first + 1]
    band.declared += int((masked & ~nan).sum())
    known = ~masked & ~nan
    for tally, flags in ((band.below, known & (values < 0)), (band.beyond, known & (values > LARGEST))):
        odd = np.flatnonzero(flags)
        if len(odd):
            tally.add(values[odd], odd + first)
    cells = np.flatnonzero(known & (values > 0) & (values <= LARGEST))
    band.numbers.append(cells + first)
    band.people.append(values[cells])
    return len(cells)


def _findings(band: _Band, spec: PopulationFile, nodata: float | None) -> Iterator[Fault]:
    group, stated = str(spec.group), "-" if nodata is None else f"{nodata:g}"
    markers = {value: count for value, count in band.below.counts.items() if _is_marker(value, count)}
    for value, count in sorted(markers.items()):
        yield _marker(spec, f"{value:g}", count, band.below.pixels[value][0], stated)
    if band.unknown[0]:
        yield _marker(spec, "nan", band.unknown[0], band.unknown[1], stated)
    if nodata is not None and 0 < nodata <= LARGEST and nodata not in _USUAL and band.declared:
        told = {"count": band.declared, "group": group}
        yield Fault("warning", "raster.nodata_positive", LAYER, spec.file, field=group, value=stated, values=told)
    negative = [(pixel, value) for pixel, value in band.below.each() if value not in markers]
    total = sum(band.below.counts.values()) + band.below.others - sum(markers.values())
    yield from named((_pixel("raster.negative", spec, *each) for each in negative), total)
    impossible = list(band.beyond.each())
    total = sum(band.beyond.counts.values()) + band.beyond.others
    yield from named((_pixel("raster.impossible", spec, *each) for each in impossible), total)


def _is_marker(value: float, count: int) -> bool:
    """Return whether a value below zero only says that nothing is known: a usual one, one beyond all counts, or a round one in several pixels."""
    return value in _MARKERS or value < _LEAST or (value <= -99 and value.is_integer() and count > 1)


def _marker(spec: PopulationFile, value: str, count: int, pixel: int, stated: str) -> Fault:
    row = pixel if count == 1 else None
    told = {"count": count, "group": spec.group, "declared": stated, "first": pixel}
    return Fault("warning", "raster.undeclared", LAYER, spec.file, row=row, field=str(spec.group), value=value, values=told)


def _pixel(code: str, spec: PopulationFile, pixel: int, value: float) -> Fault:
    return Fault("error", code, LAYER, spec.file, row=pixel, field=str(spec.group), value=f"{value:g}", values={"group": spec.group})
