"""Siting with proof: ``python -m benchmarks.siting FILE…`` or ``--cells N --sites M --p P --cover C --seed S``; one JSON line per instance.

Files: OR-Library p-median, spopt's cost tables, TSPLIB (with ``--p``), lines of ``x y weight`` (with ``--p --reach``). ``--stop`` cancels as a
planner does; ``--peer`` runs the same instances by another code in the same run and ends with how many times longer that took.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import siting_peers
from benchmarks.siting_instances import Instance, generated, read
from benchmarks.timing import MB, peak, start_peak
from layers.errors import Cancelled
from planning.siting import LSCP, MCLP, CapacitatedCover, CapacitatedMedian, PCenter, PMedian, SitingPlan, SitingProblem, propose
from planning.siting.model import Model
from planning.siting.value import covered_people
from planning.workbench.warming import ask_for_least_travel, ask_for_nearly_everybody


class Asked(NamedTuple):
    """What a model is asked with; each takes what it needs."""

    p: int
    reach: float
    share: float


MODELS: dict[str, Callable[[Asked], Model]] = {
    "mclp": lambda asked: MCLP(asked.p, asked.reach),
    "lscp": lambda asked: LSCP(asked.reach, asked.share, "coverable"),
    "pmedian": lambda asked: PMedian(asked.p),
    "pcenter": lambda asked: PCenter(asked.p, asked.share),
    "capcover": lambda asked: CapacitatedCover(asked.p, asked.reach),
    "capmedian": lambda asked: CapacitatedMedian(asked.p),
}
WITHOUT_P, WITHOUT_REACH = {"lscp"}, {"pmedian", "pcenter", "capmedian"}
WITH_PLACES = {"capcover", "capmedian"}


def main(words: list[str] | None = None) -> None:
    asked = _asked(words)
    ours, theirs = [], []
    ready: set[str] = set()
    for instance in _instances(asked):
        model = asked.model or instance.model
        if model not in ready:
            _load(model)
            ready.add(model)
        plan, line = _solved(instance, model, asked)
        print(json.dumps(line), flush=True)
        if asked.peer:
            peer = siting_peers.run(asked.peer, instance, model, asked.limit)
            print(json.dumps(_line(instance, model, peer.value) | {"peer": asked.peer, "proven": peer.proven, "seconds": round(peer.seconds, 3)}))
            if plan.status == "proven" and peer.proven and not math.isclose(plan.value, peer.value, rel_tol=1e-7):
                raise SystemExit(f"{instance.name}: {plan.value} and {peer.value} cannot both be proven.")
            ours.append(line["seconds"])
            theirs.append(peer.seconds)
    if asked.peer:
        print(f"ratio {sum(theirs) / sum(ours):.1f}")


def _asked(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.siting", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--model", choices=MODELS)
    parser.add_argument("--p", type=int)
    parser.add_argument("--reach", type=float, help="distance within which a site covers")
    parser.add_argument("--share", type=float, default=1.0, help="share of the people to cover (lscp, pcenter)")
    parser.add_argument("--slack", type=float, default=1.2, help="places of p sites together, as a multiple of all people (capcover, capmedian)")
    parser.add_argument("--cells", type=int)
    parser.add_argument("--sites", type=int)
    parser.add_argument("--cover", type=float, default=20.0, help="sites that cover a generated cell, on average")
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--limit", type=float, default=60.0, help="seconds per instance")
    parser.add_argument("--gap", type=float, default=0.0, help="share at which the search may end")
    parser.add_argument("--stop", type=float, help="cancel after so many seconds")
    parser.add_argument("--peer", choices=["spopt", "highs"])
    asked = parser.parse_args(words)
    if not asked.files and not (asked.cells and asked.sites):
        parser.error("name files, or --cells and --sites of a generated instance")
    if asked.peer and asked.model in {"pcenter", *WITH_PLACES}:
        parser.error("no peer is asked for p-center and models with places")
    return asked


def _instances(asked: argparse.Namespace) -> Iterator[Instance]:
    for path in asked.files:
        yield read(path, asked.p, asked.reach)
    if asked.cells and asked.sites:
        for seed in asked.seed:
            yield generated(asked.cells, asked.sites, asked.p, asked.cover, seed, every_trip=asked.model in WITHOUT_REACH)


def _model(instance: Instance, model: str, share: float) -> Model:
    if model not in WITHOUT_P and instance.p is None:
        raise SystemExit(f"{instance.name}: {model} needs --p, the number of sites.")
    if model not in WITHOUT_REACH and instance.reach is None:
        raise SystemExit(f"{instance.name}: {model} needs --reach, the distance within which a site covers.")
    return MODELS[model](Asked(instance.p or 0, instance.reach or 0.0, share))


def _load(model: str) -> None:
    """Load the compiled loops, as the app does before a planner asks: they are in no peer's time either."""

    def stop(*_: object, **__: object) -> None:
        raise Cancelled

    small = generated(400, 30, 4, 8.0, 1, every_trip=model in WITHOUT_REACH)
    problem = _with_places(small, 1.2) if model in WITH_PLACES else small.problem
    question = _model(small, model, 1.0)
    propose(problem, question)
    propose(problem, question, progress=stop)
    if model == "pmedian":
        ask_for_least_travel(PMedian(4))
    if model == "mclp":
        ask_for_nearly_everybody()


def _solved(instance: Instance, model: str, asked: argparse.Namespace) -> tuple[SitingPlan, dict[str, object]]:
    question = _model(instance, model, asked.share)
    problem = _with_places(instance, asked.slack) if model in WITH_PLACES else instance.problem
    start_peak()
    begun = time.monotonic()

    def note(stage: str, done: float, total: float, **more: float) -> None:
        del stage, done, total, more
        if asked.stop is not None and time.monotonic() - begun >= asked.stop:
            raise Cancelled

    plan = propose(problem, question, progress=note, time_limit=asked.limit, gap=asked.gap)
    seconds = time.monotonic() - begun
    line = _line(instance, model, plan.value) | {"bound": _number(plan.bound), "gap": _number(plan.gap), "status": plan.status}
    line |= {"nodes": plan.nodes, "seconds": round(seconds, 3), "peak_mb": round(peak() / MB)}
    if instance.generated:
        covered = covered_people(instance.problem, plan.opened, instance.reach or 0.0)
        line |= {"pairs": instance.pairs, "covered": round(covered / float(np.sum(instance.problem.people)), 6)}
    return plan, line


def _with_places(instance: Instance, slack: float) -> SitingProblem:
    """Return a problem in which all sites have as many places: ``slack`` x all people / p, rounded up."""
    places = math.ceil(slack * float(np.sum(instance.problem.people)) / (instance.p or 1))
    return replace(instance.problem, capacity=dict.fromkeys(instance.problem.status, float(places)))


def _line(instance: Instance, model: str, value: float) -> dict[str, object]:
    return {"instance": instance.name, "model": model, "p": None if model in WITHOUT_P else instance.p, "value": _number(value)}


def _number(value: float) -> float | None:
    """Return a number as JSON knows it: it has neither NaN nor infinity."""
    return value if math.isfinite(value) else None


if __name__ == "__main__":
    main(sys.argv[1:])
