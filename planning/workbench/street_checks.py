"""The check-up of a county's streets, made once per content of its files and kept in its cache."""

from __future__ import annotations

from layers.cache import key_of, made_by
from planning.evaluation.street_check import StreetCheck, check_streets
from planning.workbench.bench import Workbench


def street_check(bench: Workbench) -> StreetCheck:
    """Return what is wrong with the streets of a county that is open, with people and place."""
    facts = bench.facts
    key = key_of(made_by("layers", "planning.travel", "planning.evaluation"), dict(facts.inputs))
    return bench.columns.cache.kept("street_check", key, lambda: check_streets(facts), StreetCheck)
