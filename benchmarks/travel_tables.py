"""Run all races of docs/performance.md, each in a process of its own, and print them as a table.

Usage: ``python -m benchmarks.travel_tables DATA [--only WORD]``. DATA holds wuhan/streets.parquet, porto_alegre/streets.osm.pbf and
reykjavik/streets.osm.pbf. The exit code is 1 when any costs disagree.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

WUHAN, PORTO_ALEGRE, REYKJAVIK = "wuhan/streets.parquet", "porto_alegre/streets.osm.pbf", "reykjavik/streets.osm.pbf"
RACES = (
    *((file, f"--sites 1000 --reach 1km --peer {peer}") for file in (WUHAN, REYKJAVIK) for peer in ("scipy", "pandana")),
    *((file, "--sites 100 --reach 30min --peer scipy") for file in (WUHAN, PORTO_ALEGRE, REYKJAVIK)),
    *((file, f"--task nearest --sites 1000 --reach 1km --peer {peer}") for file in (WUHAN, REYKJAVIK) for peer in ("scipy", "pandana")),
    *((file, "--task knearest --k 5 --sites 1000 --reach 1km --peer pandana") for file in (WUHAN, REYKJAVIK)),
    *((file, f"--sites {sites} --reach 1km --threads 2") for file, sites in ((WUHAN, 20000), (REYKJAVIK, 5000))),
    *((file, "--sites 300 --reach 30min --threads 2") for file in (WUHAN, REYKJAVIK)),
    *((REYKJAVIK, f"--task reading --reach {reach}") for reach in ("1km", "30min")),
)
TIMES = re.compile(r"^(.+?) +processor +([\d.]+ \w+).+?clock +([\d.]+ \w+)", re.MULTILINE)


def row(data: Path, file: str, options: str) -> tuple[str, bool]:
    """Return a row of the table and whether costs agreed."""
    command = [sys.executable, "-m", "benchmarks.travel", "--streets", str(data / file), *options.split()]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    times = TIMES.findall(done.stdout)
    if not times:
        return f"| {file} {options} | {done.stderr.strip().splitlines()[-1]} | | |", False
    by_clock = "the clock decides" in done.stdout
    figures = [f"{name} {wall if by_clock else cpu}" for name, cpu, wall in times]
    ratio = done.stdout.split()[-1]
    return f"| {Path(file).parent} `{options}` | {figures[0]} | {'; '.join(figures[1:])} | {ratio} |", done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", default="", help="races whose file or options hold this text")
    given = parser.parse_args()
    print("| race | Buju | others | ratio |\n|---|---|---|---|")
    agreed = True
    for file, options in RACES:
        if given.only in f"{file} {options}":
            text, same = row(given.data, file, options)
            agreed &= same
            print(text, flush=True)
    return 0 if agreed else 1


if __name__ == "__main__":
    raise SystemExit(main())
