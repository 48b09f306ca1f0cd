"""Spoil files of every kind and read them: a result, findings or a PlanningError may come of it, within a limit of time and memory.

Usage: ``python -m benchmarks.hostile --seed 1 --count 5000 [--reader xlsx] [--case 17] [--keep DIR]``. The files of all readers take turns;
the same seed spoils the same files in the same way. Each is read in a child process, by a whole county that lists it. The child is ended
after 10 s of processor time (or a minute by the clock) or when it holds more than 1 GB of memory, and replaced. The exit code is 1 when any
file did worse.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.hostile_mutations import spoilt
from benchmarks.hostile_seeds import READERS, county_toml, write_seeds
from layers.probation.child import Child, Ended, Limits

LIMITS = Limits(seconds=10.0, resident=1 << 30, wait=60.0)


@dataclass(frozen=True)
class Case:
    """One spoilt file: its number, reader, file, and how it was spoilt."""

    number: int
    reader: str
    file: str
    way: str


def sound(answer: Ended) -> bool:
    """Return whether a planner would have been answered."""
    return answer.kind in {"read", "refused"}


def prepare(case: int, seed: int, readers: tuple[str, ...], seeds: Path, folder: Path) -> Case:
    """Write the county of a case into an empty folder."""
    reader = readers[case % len(readers)]
    chance = np.random.default_rng([seed, case, list(READERS).index(reader)])
    target = str(chance.choice(READERS[reader][1]))
    for path in seeds.iterdir():
        if path.suffix != ".toml":
            shutil.copyfile(path, folder / path.name)
    (folder / "scenarios").mkdir()
    shutil.copyfile(seeds / "a.toml", folder / "scenarios" / "a.toml")
    (folder / "county.toml").write_text(county_toml(reader), "utf-8", newline="\n")
    path = folder / target
    others = {other.name: other.read_bytes() for other in sorted(seeds.iterdir()) if other.suffix != path.suffix}
    way, content = spoilt(path.read_bytes(), path.suffix, others, chance)
    path.write_bytes(content)
    return Case(case, reader, target, way)


def run(seed: int, cases: range, readers: tuple[str, ...], keep: Path | None = None) -> list[tuple[Case, Ended]]:
    """Read all cases; ``keep`` takes the counties of those that did worse than a PlanningError."""
    found = []
    child = Child("benchmarks.hostile_reading")
    try:
        with tempfile.TemporaryDirectory() as work:
            seeds = Path(work) / "seeds"
            write_seeds(seeds)
            for number in cases:
                folder = Path(work) / "county"
                folder.mkdir()
                case = prepare(number, seed, readers, seeds, folder)
                answer = child.ask({"folder": str(folder), "file": case.file}, LIMITS, lambda _: None)
                if not sound(answer) and keep is not None:
                    shutil.copytree(folder, keep / f"{number}-{case.reader}", dirs_exist_ok=True)
                shutil.rmtree(folder)
                found.append((case, answer))
    finally:
        child.end()
    return found


def report(found: list[tuple[Case, Ended]]) -> str:
    """Return a table of what became of the files, by reader, and each that did worse."""
    kinds = ("read", "refused", "failed", "hung", "grew", "died")
    lines = [f"| reader | files | {' | '.join(kinds)} | longest | most memory |", "|---" * (len(kinds) + 4) + "|"]
    for reader in dict.fromkeys(case.reader for case, _ in found):
        answers = [answer for case, answer in found if case.reader == reader]
        count = Counter(answer.kind for answer in answers)
        figures = " | ".join(str(count[kind]) for kind in kinds)
        longest, most = max(answer.seconds for answer in answers), max(answer.resident for answer in answers)
        lines.append(f"| {reader} | {len(answers)} | {figures} | {longest:.2f} s | {most / 1e6:.0f} MB |")
    lines += [f"\n{case.number} {case.reader} {case.file} [{case.way}]: {answer.kind}\n{answer.said}" for case, answer in found if not sound(answer)]
    return "\n".join(lines)


def main() -> int:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--reader", choices=sorted(READERS))
    parser.add_argument("--case", type=int, help="only this one, with what was said of it")
    parser.add_argument("--keep", type=Path, help="folder for the counties that did worse than a PlanningError")
    given = parser.parse_args()
    readers = (given.reader,) if given.reader else tuple(READERS)
    cases = range(given.count) if given.case is None else range(given.case, given.case + 1)
    began = time.perf_counter()
    found = run(given.seed, cases, readers, given.keep)
    print(report(found))
    print(f"\n{len(found)} files in {time.perf_counter() - began:.0f} s")
    if given.case is not None:
        print(found[0])
    return 0 if all(sound(answer) for _, answer in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
