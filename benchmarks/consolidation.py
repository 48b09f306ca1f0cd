"""Consolidations of twelve homes beside every assignment of actions there is: ``python -m benchmarks.consolidation``.

Prints one JSON line; the exit code is 1 if any plan differs, home by home.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from planning.siting.consolidation import consolidate
from tests.consolidation_drawings import best_of_many, drawn


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--homes", type=int, default=12)
    parser.add_argument("--instances", type=int, default=50, help="with at least two homes that close; others are compared too, but not counted")
    asked = parser.parse_args()
    spent, tried, closing, infeasible, differing = {"consolidate": 0.0, "enumerate": 0.0}, 0, 0, 0, []
    while closing < asked.instances and tried < 10 * asked.instances:
        problem, rules = drawn(tried, asked.homes, tight=False)
        begun = time.perf_counter()
        plan = consolidate(problem, rules)
        between = time.perf_counter()
        best = best_of_many(problem, rules)
        spent["consolidate"] += between - begun
        spent["enumerate"] += time.perf_counter() - between
        if (best.deeds if best else ()) != plan.deeds or plan.status != ("proven" if best else "infeasible"):
            differing.append(tried)
        infeasible += best is None
        closing += best is not None and sum(deed.option is None for deed in best.deeds) >= 2
        tried += 1
    counts = {"homes": asked.homes, "tried": tried, "two_or_more_close": closing, "infeasible": infeasible, "differing": differing}
    print(json.dumps({**counts, "seconds": {name: round(seconds, 1) for name, seconds in spent.items()}}))
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main())
