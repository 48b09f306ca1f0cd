"""Fair races: contenders of the same work, warm, in turns, with the time and memory each takes."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
MB = 2**20


@dataclass(frozen=True)
class Timed:
    """What one contender took: seconds of the clock and of the processor per run, bytes of memory in its warm-up."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]
    peak: int
    more: int

    def __str__(self) -> str:
        memory = f"peak {self.peak / MB:6,.0f} MB, {self.more / MB:+6,.0f} MB of its own" if self.peak else "peak not measured"
        return f"processor {_spread(self.cpu)}   clock {_spread(self.wall)}   {memory}"


def race(contenders: Mapping[str, Callable[[], Any]], repeats: int) -> tuple[dict[str, Timed], dict[str, Any]]:
    """Run each contender once to warm up, then all in turns; return what each took and what its warm-up returned."""
    results, peaks = {}, {}
    for name, run in contenders.items():
        before = start_peak()
        results[name] = run()
        peaks[name] = (peak(), max(0, peak() - before))
    laps: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, run in contenders.items():
            laps[name].append(clocked(run))
    return {name: Timed(tuple(wall for wall, _ in laps[name]), tuple(cpu for _, cpu in laps[name]), *peaks[name]) for name in contenders}, results


def clocked(run: Callable[[], Any]) -> tuple[float, float]:
    """Run once; return seconds of the clock and of all the process's threads, without the collection of garbage of others."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - cpu


def print_times(timed: Mapping[str, Timed]) -> None:
    width = max(map(len, timed))
    for name, one in timed.items():
        print(f"{name:{width}}  {one}")


def print_ratio(peer: Timed, ours: Timed, *, by_clock: bool = False) -> None:
    """Print peer median / our median, the last line of a comparison.

    On a computer shared with other work the clock counts their time too; processor time decides, except where threads are compared.
    """
    wall, cpu = (np.median(getattr(peer, kind)) / np.median(getattr(ours, kind)) for kind in ("wall", "cpu"))
    print(f"medians by the clock {wall:.2f}, by processor time {cpu:.2f}; {'the clock' if by_clock else 'processor time'} decides")
    print(f"ratio {wall if by_clock else cpu:.1f}")


def _spread(seconds: tuple[float, ...]) -> str:
    middle = float(np.median(seconds))
    unit, scale = ("s ", 1.0) if middle >= 1 else ("ms", 1e3)
    return f"{middle * scale:8.2f} {unit} [{min(seconds) * scale:.2f}–{max(seconds) * scale:.2f}]"


def start_peak() -> int:
    """Forget the largest memory so far where the system can (Linux); return it in bytes."""
    gc.collect()
    if _CLEAR.exists():
        with contextlib.suppress(OSError, AttributeError):  # what making the input has freed goes back to the system (glibc)
            ctypes.CDLL(None).malloc_trim(0)
    if _CLEAR.exists():
        _CLEAR.write_text("5")
    return peak()


def peak() -> int:
    """Return the largest memory so far in bytes."""
    if _STATUS.exists():
        return next(int(line.split()[1]) * 1024 for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    memory = psutil.Process().memory_info()
    return int(getattr(memory, "peak_wset", memory.rss))  # Windows keeps the largest so far
